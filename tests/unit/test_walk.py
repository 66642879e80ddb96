"""What callers hear and where they get, action by action, in menus as an operator writes them."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from ccore.ivr import walk as walk_module
from ccore.ivr.menu import Node
from ccore.ivr.model import (
    Announcement,
    Customer,
    End,
    Enqueue,
    Listen,
    Play,
    Played,
    Prompt,
    Said,
    Sound,
    Value,
)
from ccore.ivr.walk import begin, walk
from ccore.prompts.kinds import Kind
from tests.support.menus import A_MONDAY, ASK, FACTS, HOTLINE, heard, menus_of, one_node, outcomes, walked

MAIN = """
[main]
do = "menu"
opening = "welcome"
prompt = "main-menu"
keys = { 1 = "bill", 2 = "faults", 12 = "secret" }
tries = 2

[bill]
do = "say"
prompt = ["bill-is", "{caller}"]
then = "back"

[faults]
do = "menu"
prompt = "faults-menu"
keys = { 9 = "main", 1 = "bill" }

[secret]
do = "hang-up"
prompt = "secret-bye"
"""
WELCOME, MENU, BYE = Prompt("welcome"), Prompt("main-menu"), Prompt("goodbye")


# Menus


def test_a_menu_opens_once_and_waits_for_as_many_digits_as_its_longest_key(tmp_path: Path) -> None:
    found = walked(menus_of(tmp_path, MAIN), [])
    assert found.step == Listen((WELCOME,), (MENU,), most=2, terminator="", timeout_s=5)
    assert outcomes(found) == [("main", "entered", "", "")]
    for keys in (["#"], ["*"], ["2", "*"], ["2", "9"]):
        assert heard(walked(menus_of(tmp_path, MAIN), keys)) == ["main-menu"]


def test_what_is_said_on_the_way_is_heard_whole_before_the_next_question(tmp_path: Path) -> None:
    found = walked(menus_of(tmp_path, MAIN), ["1"])
    assert found.step == Listen((Prompt("bill-is"), Value(Kind.DIGITS, "13800138000")), (MENU,), 2, "", 5)
    assert [line[:2] for line in outcomes(found)] == [("main", "key"), ("bill", "entered"), ("main", "entered")]


@pytest.mark.parametrize(
    ("keys", "node"),
    [
        (["2"], "faults"),
        (["2", "*"], "main"),
        (["2", "9", "*"], "main"),  # main was come back to: there is nothing before it
        (["2", "1"], "faults"),  # `back` of what was only said is the menu it was chosen in
        (["0"], "people"),
        (["2", "#", "#"], "faults"),
        (["*"], "main"),
    ],
)
def test_keys_lead_where_they_are_written_and_by_the_conventions(tmp_path: Path, keys: list[str], node: str) -> None:
    assert walked(menus_of(tmp_path, MAIN), keys).state.node == node


def test_a_key_of_two_digits_is_another_than_its_first(tmp_path: Path) -> None:
    assert walked(menus_of(tmp_path, MAIN), ["12"]).step == End((Prompt("secret-bye"),))


@pytest.mark.parametrize(("key", "outcome", "said"), [("7", "invalid", "key-invalid"), ("", "silent", "key-missing")])
def test_wrong_keys_and_silence_lead_to_people_after_all_tries(
    tmp_path: Path, key: str, outcome: str, said: str
) -> None:
    menus = menus_of(tmp_path, MAIN)
    once, twice = walked(menus, [key]), walked(menus, [key, key])
    assert heard(once) == [said, "main-menu"]
    assert outcomes(once) == [("main", outcome, key, "")]
    assert outcomes(twice)[:2] == [("main", outcome, key, ""), ("main", "failed", "", "people")]
    assert isinstance(twice.step, Enqueue)


def test_tries_are_those_of_one_visit(tmp_path: Path) -> None:
    assert heard(walked(menus_of(tmp_path, MAIN), ["7", "2", "*", "7"])) == ["key-invalid", "main-menu"]


def test_without_conventions_their_keys_are_keys_like_others(tmp_path: Path) -> None:
    text = '[main]\ndo = "menu"\nprompt = "m"\nconventions = false\nkeys = { 1 = "again" }\n'.replace('"m"', '"mm"')
    assert [line[1] for line in outcomes(walked(menus_of(tmp_path, text), ["0"]))] == ["invalid"]


def test_words_count_as_the_key_they_stand_for(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN.replace("tries = 2", 'tries = 2\nspeech = { 2 = ["故障"] }'))
    assert walked(menus, []).step == Listen((WELCOME,), (MENU,), 2, "", 5, True, {"2": ("故障",)})
    assert walked(menus, [Said("2")]).state.node == "faults"


def test_who_was_not_understood_is_asked_for_a_key_and_has_keys_alone(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN.replace("tries = 2", 'tries = 2\nspeech = { 2 = ["故障"] }'))
    unheard = walked(menus, [Said("")])
    assert heard(unheard) == ["keys-please", "main-menu"]
    assert outcomes(unheard) == [("main", "invalid", "", "")]
    assert isinstance(unheard.step, Listen)
    assert not unheard.step.speech
    assert walked(menus, [Said(""), "2"]).state.node == "faults"


def test_people_who_cannot_be_reached_by_a_failing_people_menu_end_politely(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, '[main]\ndo = "menu"\nprompt = "mm"\ntries = 1\nkeys = { 1 = "again" }\n',
                     HOTLINE.replace('people = "people"', 'people = "main"'))  # fmt: skip
    assert walked(menus, [""]).step == End((BYE,))


# Asking


def test_digits_are_asked_for_checked_and_kept(tmp_path: Path) -> None:
    menus = one_node(tmp_path, ASK + 'check = "mobile"\nterminator = "#"\n')
    assert walked(menus, []).step == Listen((), (Prompt("ask-it"),), 11, "#", 8)
    assert heard(walked(menus, ["123"])) == ["digits-invalid", "ask-it"]
    found = walked(menus, ["123", "13912345678"])
    assert found.state.values == {"it": Value(Kind.DIGITS, "13912345678")}
    assert outcomes(found)[0] == ("main", "key", "13912345678", "good")
    assert heard(walked(menus, ["", "", ""])) == ["got-bad"]


def test_a_secret_is_kept_and_not_told(tmp_path: Path) -> None:
    menus = one_node(tmp_path, ASK + "secret = true\nleast = 4\n")
    found = walked(menus, ["4711"])
    assert found.state.values["it"] == Value(Kind.DIGITS, "4711", secret=True)
    assert "4711" not in repr(found.marks)
    assert "47" not in repr(walked(menus, ["47"]).marks)


def test_star_leads_out_of_a_question(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN.replace('1 = "bill", 2', '3 = "ask", 2') + ASK.replace("main", "ask").replace(
        '"good"', '"again"').replace('"bad"', '"again"'))  # fmt: skip
    assert walked(menus, ["3", "*"]).state.node == "main"


# Choosing


@pytest.mark.parametrize(
    ("by", "cases", "expected"),
    [
        ('by = "class"', 'gold = "good"', "good"),
        ('by = "tag"', '5g = "bad", vip = "good"', "good"),
        ('by = "language"', 'en = "bad", zh = "good"', "good"),
        ('by = "hours"\nof = "office"', 'closed = "bad", open = "good"', "good"),
        ('by = "hour"', '"0-9" = "bad", "10" = "good"', "good"),
        ('by = "hour"', '"22-5" = "bad", "11+" = "bad"', "ugly"),
        ('by = "weekday"', 'sun = "bad", sat-mon = "good"', "good"),
        ('by = "waiting"\nof = "vip"', '"0-4" = "bad", "5+" = "good"', "good"),
        ('by = "agents"', '"1+" = "bad", 0 = "good"', "good"),
        ('by = "value"\nof = "caller"', '13800138000 = "good"', "good"),
        ('by = "value"\nof = "nobody"', 'x = "bad"', "ugly"),
    ],
)
def test_the_first_case_that_holds_is_chosen(tmp_path: Path, by: str, cases: str, expected: str) -> None:
    node = f'[main]\ndo = "choose"\n{by}\ncases = {{ {cases} }}\notherwise = "ugly"\n'
    menus = one_node(tmp_path, node, hours='[hours.office]\nworkdays = ["09:00-12:00"]\n')
    facts = replace(FACTS, customer=Customer(tier="gold", tags=frozenset({"vip", "old"})), waiting={"vip": 5})
    assert heard(walked(menus, [], facts)) == [f"got-{expected}"]


def test_outside_its_hours_a_hotline_begins_elsewhere(tmp_path: Path) -> None:
    hotline = HOTLINE + 'hours = "office"\nclosed = "night"\n'
    night = '[night]\ndo = "say"\nprompt = "we-are-closed"\nthen = "start"\n'
    menus = menus_of(tmp_path, MAIN + night, hotline, hours='[hours.office]\nworkdays = ["09:00-12:00"]\n')
    assert begin(menus, 1, "10086", FACTS).node == "main"
    assert begin(menus, 1, "10086", replace(FACTS, now=A_MONDAY + timedelta(hours=5))).node == "night"


def test_a_customer_is_spoken_to_in_their_own_language(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN)
    assert begin(menus, 1, "10086", replace(FACTS, customer=Customer(language="en"))).language == "en"
    assert begin(menus, 1, "10086", replace(FACTS, customer=Customer(language="fr"))).language == "zh"


# Announcements


def test_an_announcement_plays_first_at_its_node_but_not_again(tmp_path: Path) -> None:
    facts = replace(FACTS, announcements={"main": Announcement("heard/7", "故障")})
    menus = menus_of(tmp_path, MAIN)
    assert heard(walked(menus, [], facts)) == ["heard/7", "welcome", "main-menu"]
    assert heard(walked(menus, ["#"], facts)) == ["main-menu"]


def test_an_announcement_can_divert(tmp_path: Path) -> None:
    facts = replace(FACTS, announcements={"faults": Announcement("heard/7", "故障", divert="people")})
    found = walked(menus_of(tmp_path, MAIN), ["2"], facts)
    assert found.step == Enqueue((Sound("heard/7", "故障"),), "service", 120, 0)
    assert ("faults", "diverted", "", "people") in outcomes(found)


# Budget and circles


def test_an_exhausted_budget_leads_to_people(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN, HOTLINE + "steps = 5\n")
    found = walked(menus, ["#"] * 5)
    assert isinstance(found.step, Enqueue)
    assert ("main", "exhausted", "", "people") in outcomes(found)


def test_a_circle_that_only_plays_is_played_and_ends_with_people(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, '[main]\ndo = "say"\nprompt = "music"\nthen = "again"\n', HOTLINE + "steps = 5\n")
    found = walked(menus, [])
    for _ in range(5):
        assert found.step == Play((Prompt("music"),))
        found = walk(menus, found.state, Played(), FACTS)
    assert isinstance(found.step, Enqueue)


def test_a_circle_that_plays_nothing_is_left_at_once(tmp_path: Path) -> None:
    node = '[{}]\ndo = "choose"\nby = "class"\ncases = {{ gold = "people" }}\notherwise = "{}"\n'
    menus = menus_of(tmp_path, node.format("main", "other") + node.format("other", "main"))
    found = walked(menus, [])
    assert isinstance(found.step, Enqueue)
    assert [line[:2] for line in outcomes(found)].count(("main", "entered")) == 1
    assert ("main", "exhausted", "", "people") not in outcomes(found)  # it is noticed at the other node
    assert ("other", "exhausted", "", "people") in outcomes(found)


def test_a_circle_on_the_way_to_people_ends_the_call(tmp_path: Path) -> None:
    node = '[{}]\ndo = "choose"\nby = "class"\ncases = {{ gold = "main" }}\notherwise = "{}"\n'
    hotline = HOTLINE.replace('people = "people"', 'people = "round"')
    menus = menus_of(tmp_path, node.format("main", "round") + node.format("round", "main"), hotline)
    assert walked(menus, []).step == End((BYE,))


def test_a_target_that_is_not_there_leads_to_people(tmp_path: Path) -> None:
    menus = menus_of(tmp_path, MAIN.replace('2 = "faults"', '2 = "gone"'))
    assert isinstance(walked(menus, ["2"]).step, Enqueue)


# The grammar of actions


def test_every_action_has_a_case_of_its_own_and_a_line_for_operators() -> None:
    source = Path(walk_module.__file__).read_text(encoding="utf-8")
    guide = (Path(__file__).parents[2] / "dialplan" / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| `menu` \|.*\n(?:^\|.*\n)*", guide, re.MULTILINE)
    assert table
    for action in get_args(get_args(Node)[0]):
        word = get_args(action.model_fields["do"].annotation)[0]
        assert len(re.findall(rf"^        case {action.__name__}\(\):$", source, re.MULTILINE)) == 1, action
        rows = re.findall(rf"^\| `{word}` \|", table[0], re.MULTILINE)
        assert len(rows) == 1, f"dialplan/README.md has {len(rows)} rows for `{word}` in its table of actions"
