"""Queues as Asterisk carries them: lines, rules, and what is said when."""

from pathlib import Path

from ccore.centre.centre import load_centre
from ccore.centre.lines import OWN_LINE, STAGE_PENALTY
from ccore.centre.lines import lines as lines_of
from ccore.centre.phones import Phones, endpoint, password
from ccore.centre.queue import Comfort, Offer, Queue, Relaxation
from ccore.config import Config, Paths, Secrets
from ccore.pbx import lines, outside, render
from ccore.pbx.transfers import used
from ccore.shipped import shipped

RELAXED = Queue(wants={"sales": 5}, relax=(Relaxation(after_s=30, wants={"sales": 2}), Relaxation(after_s=90)))
SECRETS = Secrets(
    ami_events_secret="events-secret-1234", ami_actions_secret="actions-secret-5678", phone_secret="phone-secret-12345"
)


def settings(queue: Queue) -> dict[str, object]:
    (line,) = lines.lines({"q": queue})
    return dict(line.settings)


def test_the_lines_asterisk_has_are_those_agents_are_members_of() -> None:
    queues = load_centre(shipped("dialplan")).queues
    there = [line.name for line in lines.lines(queues)]
    assert sorted(there) == sorted(line for name in queues for line in lines_of(name, queues))
    assert (OWN_LINE, STAGE_PENALTY) == ("ccore-own", 10)


def test_a_rule_lets_in_the_next_stage_in_its_time_from_where_a_caller_enters() -> None:
    assert [(rule.name, rule.changes) for rule in lines.rules({"q": RELAXED})] == [
        ("q", ((30, 19), (90, 29))),
        ("q-1", ((60, 29),)),
        ("q-2", ()),
    ]


def test_after_a_call_an_agent_rests_at_least_as_long_as_the_queue_says() -> None:
    assert settings(Queue(wrap_up_s=10))["wrapuptime"] == 11  # app_queue counts whole seconds
    assert settings(Queue(wrap_up_s=0))["wrapuptime"] == 0


def test_nobody_is_turned_away_from_the_line_of_those_who_have_waited_long() -> None:
    made = {line.name: dict(line.settings) for line in lines.lines({"q": RELAXED, "vip": Queue(weight=7)})}
    assert [(made[name]["weight"], made[name]["maxlen"]) for name in ("q", "q-aged", "vip")] == [
        (0, 200), (7, 0), (7, 200)
    ]  # fmt: skip
    assert made["q-aged"] == {**made["q"], "weight": 7, "maxlen": 0}


def said(every_s: int, comfort: tuple[str, ...], offer: Offer | None) -> tuple[str, object]:
    found = settings(Queue(comfort=Comfort(every_s=every_s, prompts=comfort), offer=offer))
    return str(found.get("periodic-announce", "")).replace("ccore/", ""), found.get("periodic-announce-frequency")


def test_the_offer_comes_in_its_time_between_what_comforts() -> None:
    offer = Offer(after_s=60, prompt=("offer",))
    assert said(30, ("one",), offer) == ("one,offer", 30)
    assert said(20, ("one", "two"), offer) == ("one,two,offer,one,two,offer", 20)
    assert said(45, ("one", "two", "three"), offer) == ("one,offer,two,offer,three,offer", 45)
    assert said(90, ("one",), offer) == ("one,offer", 90)
    assert said(45, (), offer) == ("offer", 60)
    assert said(45, ("one", "two"), None) == ("one,two", 45)
    assert said(45, (), None) == ("", None)


def test_keys_leave_the_line_only_where_something_is_offered() -> None:
    assert settings(Queue())["context"] == "queue-keys"
    assert "context" not in settings(Queue(offer=None))


def test_every_phone_has_a_password_of_its_own_that_the_secret_alone_makes() -> None:
    numbers = list(Phones(first="2001", last="2020").numbers)
    assert len(numbers) == 20
    made = {password("a secret", number) for number in numbers}
    assert len(made) == 20
    assert all(len(each) == 24 and each.isalnum() for each in made)
    assert made.isdisjoint(password("another secret", number) for number in numbers)


def phones_file(tmp_path: Path, phones: str, node: str = "node1", secrets: Secrets = SECRETS) -> str:
    (tmp_path / "phones.toml").write_text(phones, encoding="utf-8")
    config = Config(paths=Paths(dialplan=tmp_path))
    return render.render(config, node, secrets)["pjsip_phones.conf"]


def test_phones_register_where_they_are_and_nowhere_without_a_secret(tmp_path: Path) -> None:
    text = '[[phones]]\nfirst = "2001"\nlast = "2002"\nnodes = ["node1"]\n[[phones]]\nfirst = "3001"\nlast = "3001"\n'
    made = phones_file(tmp_path, text.replace("node1", "node2"))
    assert endpoint("3001") in made
    assert endpoint("2001") not in made
    made = phones_file(tmp_path, text)
    assert f"[{endpoint('2002')}](phone-sip)" in made
    assert f"password = {password('phone-secret-12345', '2002')}" in made
    nobody = SECRETS.model_copy(update={"phone_secret": None})
    assert "phone-" not in phones_file(tmp_path, text, secrets=nobody)


def test_a_phone_has_no_context_but_its_own_and_one_place() -> None:
    made = render.render(Config(), "node1", SECRETS)["pjsip_phones.conf"]
    assert made.count("context =") == made.count("context = from-phones") == 1
    assert "max_contacts = 1\nremove_existing = yes" in made
    assert "allow_transfer = no" in made


def test_agents_outside_are_called_by_their_trunk_and_counted_against_its_channels() -> None:
    config = Config()
    made = outside.dialplan("local", config.trunks["local"])
    assert (
        made.count("Dial(")
        == made.count("Dial(PJSIP/${CCORE_NUMBER}@trunk-local,60,b(ccore-outside-line^s^1)U(ccore-outside-accept^s^1))")
        == 1
    )
    assert made.count(f"GotoIf($[{used('local')} >= 1000]?refused)") == 1
    assert made.index("Set(GROUP(taking)=local)") < made.index(f"GotoIf($[{used('local')} > 1000]?refused)")
