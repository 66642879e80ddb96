"""Text messages: their life, when they are tried, whether they may go, how long they are, and what they say."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from ccore import throttle
from ccore.centre.messages import KINDS, OWN_TEXT, MessageTemplate, completed, ruling
from ccore.messaging import backoff
from ccore.messaging.encoding import decoded, length, parts
from ccore.messaging.kannel_files import Ports, Settings, rendered
from ccore.messaging.life import ENDS, MOVES, comes_from, meaning
from ccore.messaging.model import State, Word
from ccore.messaging.rules import QUIET_LOOK, Caps, Facts, Never, Send, Verdict, Wait, judged
from ccore.messaging.wording import Unwritable, written
from ccore.shipped import shipped

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CAPS = Caps(per_hour=5, per_day=20)


def test_every_state_has_its_moves_and_delivered_is_the_end() -> None:
    assert MOVES.keys() == set(State)
    assert MOVES[State.DELIVERED] == frozenset()
    assert {State.DELIVERED, State.FAILED, State.GIVEN_UP} < ENDS


def test_statements_make_no_move_that_the_table_has_not() -> None:
    text = (shipped("sql") / "queries/messaging.sql").read_text(encoding="utf-8")
    statements = dict(re.findall(r"-- name: (\w+)\n(.*?)(?=\n-- name|\Z)", text, re.DOTALL))
    fixed = {
        "claim": ({"queued", "sending"}, {"sending"}),
        "failed": ({"sending"}, {"failed"}),
        "again": ({"sending"}, {"queued", "given_up"}),
        "wait": ({"sending"}, {"queued"}),
        "never": ({"sending"}, {"expired", "withheld"}),
        "give_up": ({"queued"}, {"given_up"}),
        "cancel": ({"queued"}, {"cancelled"}),
    }
    for name, (before, after) in fixed.items():
        assert all(f"'{state}'" in statements[name] for state in before), name
        assert all(State(new) in MOVES[State(old)] for old in before for new in after), name


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", Word)
def test_a_receipt_never_undoes_a_delivery(state: State, word: Word) -> None:
    became = meaning(word)
    moves = state in comes_from(became)
    assert not (state is State.DELIVERED and moves)
    assert moves or word is not Word.DELIVERED or state is State.DELIVERED


def test_pauses_grow_from_a_second_to_ten_minutes() -> None:
    pauses = [backoff.pause(tries, 0).total_seconds() for tries in range(1, 14)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_chance_takes_at_most_a_quarter_of_a_pause(tries: int, spread: float) -> None:
    whole, drawn = backoff.pause(tries, 0), backoff.pause(tries, spread)
    assert whole * 0.749 <= drawn <= whole <= timedelta(seconds=600)


def facts(**given_: object) -> Facts:
    known: dict[str, object] = {
        "purpose": "marketing", "not_after": None, "queued_at": NOW, "expires_after_s": None, **given_,
    }  # fmt: skip
    return Facts(**known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        (facts(), Send()),
        (facts(within_hour=4, within_day=19), Send()),
        (facts(within_hour=5, within_day=5, hour_again_at=NOW + timedelta(minutes=7)),
         Wait(NOW + timedelta(minutes=7), "cap-per-hour")),
        (facts(within_hour=5, within_day=20, day_again_at=NOW + timedelta(hours=9)),
         Wait(NOW + timedelta(hours=9), "cap-per-day")),
        (facts(quiet=True), Wait(NOW + QUIET_LOOK, "quiet-hours")),
        (facts(barred=True, quiet=True), Never("do-not-call")),
        (facts(consented=False), Never("no-consent")),
        (facts(purpose="service", quiet=True, barred=True, consented=False), Send()),
        (facts(not_after=NOW), Never("of no use any more", expired=True)),
        (facts(expires_after_s=60, queued_at=NOW - timedelta(seconds=60)), Never("of no use any more", expired=True)),
        (facts(expires_after_s=60, queued_at=NOW - timedelta(seconds=59), not_after=NOW + timedelta(days=9)), Send()),
    ],
)  # fmt: skip
def test_whether_a_message_goes(known: Facts, verdict: Verdict) -> None:
    assert judged(known, CAPS, NOW) == verdict


@given(st.floats(0.5, 1000), st.lists(st.floats(0, 5), min_size=1, max_size=50))
def test_no_more_go_than_the_contract_has(per_s: float, rests: list[float]) -> None:
    now, went = 100.0, 0
    most = max(per_s, 1)
    state = throttle.Throttle(most, now)
    for rest in rests:
        now += rest
        state = throttle.refilled(state, per_s, most, now)
        count = int(state.left)
        state, went = throttle.spent(state, count), went + count
    assert went <= most + per_s * (now - 100) + 1e-6


@pytest.mark.parametrize(
    ("text", "gsm", "parts"),
    [
        ("", True, 1), ("a" * 160, True, 1), ("a" * 161, True, 2), ("a" * 306, True, 2), ("a" * 307, True, 3),
        ("€" * 80, True, 1), ("€" * 81, True, 2), ("a" * 152 + "€" + "a" * 151, True, 2),
        ("a" * 152 + "€" + "a" * 152, True, 3), ("中" * 70, False, 1), ("中" * 71, False, 2), ("中" * 135, False, 3),
        ("😀" * 35, False, 1), ("😀" * 36, False, 2), ("“quoted”", False, 1), ("¥12.50", True, 1),
    ],
)  # fmt: skip
def test_how_many_parts_a_text_has(text: str, gsm: bool, parts: int) -> None:
    found = length(text)
    assert (found.gsm, found.parts, bool(found.outside)) == (gsm, parts, not gsm)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_parts_hold_the_whole_text(text: str) -> None:
    made = parts(text)
    whole = b"".join(made)
    found = length(text)
    assert len(made) == found.parts
    assert (decoded(whole) if found.gsm else whole.decode("utf-16-be")) == text
    assert all(len(part) <= (160 if found.gsm else 140) for part in made)
    assert len(made) == 1 or all(len(part) <= (153 if found.gsm else 134) for part in made)


PARAMS: Mapping[str, JsonValue] = {
    "product_zh": "畅享包", "product_en": "Data pack", "price_fen": 1990, "called_at": "2026-11-22T16:30:00+00:00",
    "until": "2026-11-23T04:00:00+00:00", "since": "2026-11-01T00:00:00+08:00", "outcome": "unknown-code",
    "dialled": "1008610999", "reason": "timeout", "amount_fen": -50, "period": "2026-11", "rank": 3, "of": 40,
    "barred": False, "orders": 12, "sales_fen": 23880, "commission_fen": 4800, "code": "482913", "employee": "李芳",
    "intro": "每月5GB。", "number": "1008610001",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_shipped_message_can_be_written_of_what_its_kind_knows(kind: str, language: str) -> None:
    known = {name: PARAMS[name] for name in KINDS[kind]}
    text = written(completed({})[kind], known, language, SHANGHAI)  # type: ignore[arg-type]
    assert text
    assert not re.search(r"[{}]|_fen|None", text)


def test_money_times_and_codes_are_written_for_people() -> None:
    templates = completed({})
    zh = written(templates["order-not-possible"], PARAMS, "zh", SHANGHAI)
    assert zh == "您于11月23日00:30拨打1008610999的订购未能办理：没有该订购代码。如需帮助，请致电10086。"
    en = written(templates["period-result"], PARAMS, "en", SHANGHAI)
    assert en == ("This period you rank 3 of 40, with a commission of -¥0.50. "
                  "You can claim again in the next period.")  # fmt: skip
    odd = {**PARAMS, "outcome": "something-new"}
    assert "暂时无法办理" in written(templates["order-not-possible"], odd, "zh", SHANGHAI)


@pytest.mark.parametrize(
    ("kind", "text", "zh", "en"),
    [
        ("money", "12345", "123.45元", "¥123.45"), ("date", "2027-02-17", "2月17日", "17 Feb"),
        ("month", "2027-02", "2027年2月", "Feb 2027"), ("time", "09:30", "09:30", "09:30"),
        ("data", "1500000000", "1.50GB", "1.50GB"), ("data", "3000000", "3MB", "3MB"),
        ("minutes", "5", "5分钟", "5 min"), ("seconds", "9", "9秒", "9 s"), ("digits", "0123", "0123", "0123"),
    ],
)  # fmt: skip
def test_values_that_menus_give_are_written_by_their_kind(kind: str, text: str, zh: str, en: str) -> None:
    params: dict[str, JsonValue] = {"text": "<{it}>", "values": {"it": {"kind": kind, "text": text}}}
    assert written(MessageTemplate(), params, "zh", SHANGHAI) == f"<{zh}>"
    assert written(MessageTemplate(), params, "en", SHANGHAI) == f"<{en}>"


def test_text_of_its_own_is_not_taken_for_a_template() -> None:
    assert written(MessageTemplate(), {"text": "queue {sales}\x00 waits"}, "zh", SHANGHAI) == "queue {sales}  waits"


@pytest.mark.parametrize(
    ("template", "params"),
    [
        (MessageTemplate(), {}), (MessageTemplate(zh="{code}"), {}),
        (MessageTemplate(zh="{price_fen}"), {"price_fen": "x"}),
        (MessageTemplate(zh="{until}"), {"until": "soon"}), (MessageTemplate(), {"text": "{a}", "values": {"b": {}}}),
        (MessageTemplate(), {"text": "{a}", "values": {"a": {"kind": "money", "text": "much"}}}),
    ],
)  # fmt: skip
def test_what_lacks_something_is_not_written(template: MessageTemplate, params: dict[str, JsonValue]) -> None:
    with pytest.raises(ValueError, match=r"."):
        written(template, params, "zh", SHANGHAI)


def test_a_language_without_words_gets_the_other() -> None:
    assert written(MessageTemplate(zh="你好"), {}, "en", SHANGHAI) == "你好"
    with pytest.raises(Unwritable):
        written(MessageTemplate(), {}, "en", SHANGHAI)


def test_menus_share_the_rules_of_one_template() -> None:
    assert ruling("menu-quick-numbers") == "menu"
    assert ruling("order-accepted") == "order-accepted"
    assert completed({}).keys() == KINDS.keys() | OWN_TEXT
    own = MessageTemplate(zh="自己")
    assert completed({"help": own})["help"] is own


SETTINGS = Settings(
    Ports(1, 2, 3, 4, 5), "ccore", "secret", "other", "10086", "http://127.0.0.1:18080/sms/incoming?key=k"
)


def test_kannels_file_lets_in_nobody_but_this_machine() -> None:
    groups = rendered(SETTINGS).split("group = ")[1:]
    assert [group.split("\n")[0] for group in groups] == [
        "core", "smsc", "smsc", "smsbox", "sendsms-user", "sms-service",
    ]  # fmt: skip
    core, network, phones, smsbox, user, *_ = groups
    for group in (core, user):
        assert 'deny-ip = "*.*.*.*"' in group
        assert 'allow-ip = "127.0.0.1"' in group
    for group in (core, smsbox):
        assert 'interface = "127.0.0.1"' in group
    for group in (network, phones):
        assert 'connect-allow-ip = "127.0.0.1"' in group


def test_a_site_that_names_its_carriers_has_no_simulated_network() -> None:
    own = replace(SETTINGS, smsc="group = smsc\nsmsc = smpp\n")
    text = rendered(own)
    assert "smsc = smpp" in text
    assert "fake" not in text
