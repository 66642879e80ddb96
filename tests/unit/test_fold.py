"""Calls fold into the right record, from whatever rows there are, in whatever order they come."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.cdr.fold import fold
from ccore.cdr.model import Call, Event, Leg, State
from tests.support.asterisk_logs import FIRST_CALL_AT, NAMES, recorded

HOUR = timedelta(hours=1)
LONG_AFTER = FIRST_CALL_AT + 240 * HOUR

# Each recording with what a person who listened would say of it.
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "order": [{"disposition": "answered", "caller": "13800138000", "caller_name": "张三", "dialled": "1008610001",
               "context": "from-trunk", "trunk": "trunk", "channel": "PJSIP/trunk-00000003", "duration_ms": 1703,
               "billed_ms": 1502, "talk_ms": 0, "hangup_cause": 16, "hangup_source": "dialplan/builtin", "legs": 1}],
    "answered": [{"disposition": "answered", "dialled": "300", "legs": 2, "talk_ms": 1507,
                  "hangup_source": "PJSIP/trunk-00000004"}],
    "hangup_by_callee": [{"disposition": "answered", "dialled": "300", "legs": 2, "billed_ms": 695}],
    "unanswered": [{"disposition": "no-answer", "answered_at": None, "billed_ms": 0, "duration_ms": 2003, "cdrs": 2}],
    "cancelled": [{"disposition": "no-answer", "hangup_cause": 127, "hangup_source": "PJSIP/trunk-0000001f"}],
    "cancelled_order": [{"disposition": "no-answer", "dialled": "1008610999", "legs": 1}],
    "busy": [{"disposition": "busy", "hangup_cause": 17, "legs": 2}],
    "busy_app": [{"disposition": "busy", "legs": 1}],
    "congestion": [{"disposition": "congestion", "hangup_cause": 34, "legs": 2}],
    "congestion_app": [{"disposition": "congestion", "legs": 1}],
    "unavailable": [{"disposition": "failed", "hangup_cause": 3, "legs": 1}],
    "local": [{"disposition": "answered", "dialled": "310", "legs": 2, "cdrs": 2}],
    "local_kept": [{"disposition": "answered", "dialled": "311", "legs": 2, "cdrs": 2}],
    "two_phones": [{"disposition": "answered", "dialled": "320", "legs": 3, "cdrs": 2}],
    "blind_transfer": [{"disposition": "answered", "dialled": "300", "legs": 3, "transferred": True, "talk_ms": 2937}],
    "attended_transfer": [{"disposition": "answered", "dialled": "370", "legs": 2, "transferred": True, "cdrs": 6}],
    "parked": [{"disposition": "answered", "dialled": "360", "legs": 1}],
    "withheld": [{"disposition": "answered", "caller": "anonymous", "caller_name": "Anonymous"}],
    "hostile": [{"disposition": "answered", "caller": '138\n"node1","x', "dialled": "1008610001",
                 "caller_name": "=cmd|'/c calc'!A1 \\\"q\\\" ; DROP"}],
    "bad_bytes": [{"disposition": "answered", "caller_name": "����"}],
    "forked_invite": [{"disposition": "answered", "legs": 1, "call_keys": ["node1!node1-1795333745.1"]},
                      {"disposition": "answered", "legs": 1, "call_keys": ["node1!node1-1795333745.2"]}],
    "originated": [{"disposition": "answered", "dialled": "1008610001", "call_keys": ["node1!cc-1-2-3"]}],
    "originate_busy": [{"disposition": "busy", "dialled": ""}],
    # Two calls joined by a bridge: the second goes on as part of the first, but its order stays its own.
    "merged": [{"caller": "13800138000", "legs": 2, "cdrs": 2, "talk_ms": 1011,
                "call_keys": ["node1!node1-1795333777.11"]},
               {"caller": "13900139000", "cdrs": 0, "hangup_cause": None, "call_keys": ["node1!node1-1795333778.12"]}],
    "interrupted": [{"state": "open", "disposition": "answered", "ended_at": None, "duration_ms": None, "legs": 1},
                    {"state": "open", "disposition": "answered", "ended_at": None, "duration_ms": None, "legs": 2}],
    "after_restart": [{"disposition": "answered", "channel": "PJSIP/trunk-00000000"}],
}  # fmt: skip


def folded(name: str, booted_at: datetime | None = None) -> list[Call]:
    """The records of a recording, in the order of their LinkedIDs."""
    calls = [fold("node1", linkedid, *rows, booted_at) for linkedid, rows in sorted(recorded(name).items())]
    return [call for call in calls if call is not None]


def one(name: str) -> tuple[str, list[Event], list[Leg]]:
    """The first call of a recording."""
    linkedid, (events, legs) = sorted(recorded(name).items())[0]
    return linkedid, events, legs


@pytest.mark.parametrize("name", NAMES)
def test_what_asterisk_wrote_folds_into_what_happened(name: str) -> None:
    calls = folded(name)
    expected = [{"state": "ended", "transferred": False, "clock_suspect": False} | wanted for wanted in EXPECTED[name]]
    assert [
        {key: getattr(call, key) for key in wanted} for call, wanted in zip(calls, expected, strict=True)
    ] == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_rows_and_rows_twice_change_nothing(name: str) -> None:
    for linkedid, (events, legs) in recorded(name).items():
        whole = fold("node1", linkedid, events, legs)
        for seed in range(20):
            dice = random.Random(seed)
            some_twice = events + dice.sample(events, len(events) // 2)
            mixed, mixed_legs = dice.sample(some_twice, len(some_twice)), dice.sample(legs, len(legs))
            assert fold("node1", linkedid, mixed, mixed_legs + mixed_legs[:1]) == whole


@given(st.data())
def test_any_part_of_a_call_folds_into_a_sound_record(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    linkedid, events, legs = one(name)
    some = data.draw(st.lists(st.sampled_from(events), unique=True))
    some_legs = data.draw(st.lists(st.sampled_from(legs), unique=True)) if legs else []
    booted_at = data.draw(st.sampled_from([None, FIRST_CALL_AT, LONG_AFTER]))
    assert_sound(fold("node1", linkedid, some, some_legs, booted_at), some, some_legs, booted_at)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.integers(0, 86_400_000).map(lambda ms: FIRST_CALL_AT + timedelta(milliseconds=ms))
kinds = st.sampled_from(
    ["CHAN_START", "CHAN_END", "ANSWER", "HANGUP", "BRIDGE_ENTER", "BRIDGE_EXIT", "LINKEDID_END", "BLINDTRANSFER", "?"]
)
extras = st.one_of(
    texts,
    st.sampled_from(
        ["[" * 100_000, '{"hangupcause": 1e999}', '{"hangupcause": -1}', '{"hangupcause": true}', "[1]", "0"]
    ),
    st.sampled_from(
        ['{"hangupcause": 99999999999999999999, "hangupsource": "\\ud800\\u0000", "dialstatus": ["BUSY"]}']
    ),
)
ids = st.sampled_from(["l1", "u2", "u3"])
any_events = st.lists(
    st.builds(Event, moments, kinds, ids, texts, texts, texts, texts, texts, texts, extras, st.booleans())
)
any_legs = st.lists(
    st.builds(
        Leg, moments, st.none() | moments, moments, ids, st.integers(0, 9), texts, texts, texts, texts, texts,
        st.sampled_from(["ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION", "?"]), st.booleans(),
    ),
    max_size=3,
)  # fmt: skip


@given(any_events, any_legs, st.none() | moments)
def test_no_rows_whatever_break_the_fold(events: list[Event], legs: list[Leg], booted_at: datetime | None) -> None:
    call = fold("node1", "l1", events, legs, booted_at)
    assert_sound(call, events, legs, booted_at)
    assert call == fold("node1", "l1", events[::-1], legs[::-1], booted_at)


def assert_sound(call: Call | None, events: list[Event], legs: list[Leg], booted_at: datetime | None) -> None:
    """What the constraints of the table demand, and a little more."""
    if not events and not legs:
        assert call is None
        return
    assert call is not None
    assert (call.state == State.OPEN) == (call.ended_at is None) == (call.duration_ms is None)
    assert call.state == State.OPEN or call.disposition is not None
    assert call.answered_at is None or call.answered_at >= call.started_at
    if call.ended_at is not None:
        assert call.duration_ms is not None
        assert call.billed_ms is not None
        assert call.talk_ms is not None
        assert call.ended_at >= call.started_at
        assert 0 <= call.billed_ms <= call.duration_ms
        assert 0 <= call.talk_ms <= call.duration_ms
    if call.state == State.INTERRUPTED:
        assert booted_at is not None
    assert "\0" not in call.hangup_source
    call.hangup_source.encode()
    assert call.hangup_cause is None or 0 <= call.hangup_cause < 2**31


def test_a_call_cut_by_the_death_of_its_asterisk_ends_at_its_last_sign_of_life() -> None:
    for call, (events, _) in zip(folded("interrupted", LONG_AFTER), recorded("interrupted").values(), strict=True):
        assert (call.state, call.disposition) == (State.INTERRUPTED, "answered")
        assert call.ended_at == max(event.at for event in events)
        assert not call.clock_suspect


def test_a_call_cut_before_the_answer_is_neither_answered_nor_refused() -> None:
    linkedid, events, _ = one("interrupted")
    call = fold("node1", linkedid, [event for event in events if event.kind == "CHAN_START"], [], LONG_AFTER)
    assert call is not None
    assert (call.state, call.disposition, call.billed_ms) == ("interrupted", "interrupted", 0)


def test_a_call_of_the_asterisk_that_runs_now_is_open() -> None:
    linkedid, events, _ = one("interrupted")
    call = fold("node1", linkedid, events, [], events[0].at - HOUR)
    assert call is not None
    assert (call.state, call.disposition) == ("open", "answered")


def test_the_end_counts_though_asterisk_was_started_anew_since() -> None:
    assert folded("answered", LONG_AFTER) == folded("answered")


def test_a_late_end_makes_an_interrupted_call_an_ended_one() -> None:
    linkedid, events, legs = one("answered")
    before = fold("node1", linkedid, events[:9], [], LONG_AFTER)
    assert before is not None
    assert before.state == "interrupted"
    assert fold("node1", linkedid, events, legs, LONG_AFTER) == folded("answered")[0]


def test_a_call_whose_last_event_was_lost_has_ended_when_all_its_channels_have() -> None:
    linkedid, events, legs = one("answered")
    without = [event for event in events if event.kind != "LINKEDID_END"]
    assert fold("node1", linkedid, without, legs) == folded("answered")[0]
    still_one = [event for event in without if (event.kind, event.uniqueid) != ("CHAN_END", linkedid)]
    call = fold("node1", linkedid, still_one, legs)
    assert call is not None
    assert call.state == "open"


@pytest.mark.parametrize("name", ["order", "answered", "unanswered", "busy", "congestion", "unavailable", "two_phones"])
def test_cdr_rows_alone_give_nearly_the_same_record(name: str) -> None:
    linkedid, _, legs = one(name)
    [whole] = folded(name)
    call = fold("node1", linkedid, [], legs)
    assert call is not None
    same = ("state", "disposition", "started_at", "caller", "dialled", "context", "channel", "trunk", "legs", "cdrs")
    assert [getattr(call, key) for key in same] == [getattr(whole, key) for key in same]
    assert abs((call.billed_ms or 0) - (whole.billed_ms or 0)) <= 2


def test_a_clock_set_back_in_a_call_is_noted_and_clamped() -> None:
    linkedid, events, legs = one("order")
    back = [event if event.kind == "CHAN_START" else replace(event, at=event.at - HOUR) for event in events]
    call = fold("node1", linkedid, back, legs)
    assert call is not None
    assert (call.clock_suspect, call.duration_ms, call.billed_ms, call.state) == (True, 0, 0, "ended")


def test_a_clock_set_back_by_less_than_the_call_lasted_is_noted() -> None:
    linkedid, events, legs = one("attended_transfer")
    end = max(event.at for event in events)
    turn = end - timedelta(seconds=2)
    back = [event if event.at < turn else replace(event, at=event.at - timedelta(seconds=8)) for event in events]
    call = fold("node1", linkedid, back, legs)
    assert call is not None
    assert call.clock_suspect


def test_a_clock_ahead_of_ours_is_noted() -> None:
    linkedid, events, legs = one("order")
    call = fold("node1", linkedid, [*events[:-1], replace(events[-1], ahead=True)], legs)
    assert call is not None
    assert call.clock_suspect


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [
        ("PJSIP/carrier-a-0000002a", "carrier-a"),
        ("PJSIP/carrier-0000002a<ZOMBIE>", "carrier"),
        ("DAHDI/i1/13800138000-5", "i1"),
        ("Local/300@from-trunk-00000000;1", ""),
        ("", ""),
    ],
)
def test_the_trunk_stands_in_the_name_of_the_channel(channel: str, trunk: str) -> None:
    call = fold("node1", "u", [Event(FIRST_CALL_AT, "CHAN_START", "u", channel)], [])
    assert call is not None
    assert call.trunk == trunk
