"""Who talked in a recording, from channel events: through transfers, Local channels, conferences and holds."""

import json
from datetime import UTC, datetime, timedelta

from ccore.recording.segments import Event, segments, within

BEGAN = datetime(2026, 11, 22, 7, tzinfo=UTC)
CALLER = ("PJSIP/trunk-local-00000000", "n-1.0")
ONE = ("PJSIP/phone-2001-00000001", "n-1.1")
OTHER = ("PJSIP/phone-2002-00000002", "n-1.2")
FIRST_HALF = ("Local/1003@ccore-outside-00000000;1", "n-1.3")
SECOND_HALF = ("Local/1003@ccore-outside-00000000;2", "n-1.4")
MOBILE = ("PJSIP/trunk-local-00000005", "n-1.5")
SEATS = {"2001": "1001", "2002": "1002"}


def at(seconds: float) -> datetime:
    """So long after the beginning."""
    return BEGAN + timedelta(seconds=seconds)


def event(seconds: float, kind: str, who: tuple[str, str], **extra: str) -> Event:
    """A row of CEL."""
    return Event(at(seconds), kind, *who, json.dumps(extra) if extra else "")


def enter(seconds: float, who: tuple[str, str], bridge: str, technology: str = "simple_bridge") -> Event:
    """Somebody comes into a bridge."""
    return event(seconds, "BRIDGE_ENTER", who, bridge_id=bridge, bridge_technology=technology)


def leave(seconds: float, who: tuple[str, str], bridge: str) -> Event:
    """Somebody leaves it."""
    return event(seconds, "BRIDGE_EXIT", who, bridge_id=bridge, bridge_technology="simple_bridge")


def talks(events: list[Event]) -> list[tuple[str, float, float | None]]:
    """Agent, from, until: in seconds."""
    return [
        (
            each.agent,
            (each.began_at - BEGAN).total_seconds(),
            None if each.ended_at is None else (each.ended_at - BEGAN).total_seconds(),
        )
        for each in segments(events, CALLER[1], SEATS)
    ]


def test_a_call_that_was_transferred_has_a_part_for_each_agent() -> None:
    events = [
        enter(1, ONE, "b"), enter(1.1, CALLER, "b"), leave(5, CALLER, "b"), leave(5, ONE, "b"),
        enter(7, OTHER, "c"), enter(7, CALLER, "c"), event(9, "CHAN_END", CALLER),
    ]  # fmt: skip
    assert talks(events) == [("1001", 1.1, 5), ("1002", 7, 9)]


def test_while_agents_consult_the_caller_talks_with_nobody() -> None:
    events = [
        enter(1, ONE, "b"), enter(1, CALLER, "b"), leave(3, ONE, "b"), enter(4, ONE, "x"), enter(4, OTHER, "x"),
        leave(6, OTHER, "x"), enter(6, OTHER, "b"), leave(8, CALLER, "b"),
    ]  # fmt: skip
    assert talks(events) == [("1001", 1, 3), ("1002", 6, 8)]


def test_three_who_talk_are_two_parts() -> None:
    events = [
        enter(1, CALLER, "b"),
        enter(1, ONE, "b"),
        enter(3, OTHER, "b"),
        leave(4, ONE, "b"),
        leave(6, CALLER, "b"),
    ]
    assert talks(events) == [("1001", 1, 4), ("1002", 3, 6)]


def test_an_agent_outside_is_known_by_their_answer() -> None:
    events = [
        event(0, "CHAN_START", CALLER), event(0, "CHAN_START", FIRST_HALF), event(0, "CHAN_START", SECOND_HALF),
        enter(1, SECOND_HALF, "x"), enter(1, MOBILE, "x"),
        event(2, "CCORE_QUEUE", FIRST_HALF, extra="answered sales sales 1003 n-1.0"),
        enter(2, FIRST_HALF, "b"), enter(2, CALLER, "b"), leave(5, MOBILE, "x"),
    ]  # fmt: skip
    assert talks(events) == [("1003", 2, 5)]


def test_who_answered_counts_before_whose_phone_it_is() -> None:
    events = [
        event(1, "CCORE_QUEUE", ONE, extra="answered sales sales 1009 n-1.0"),
        enter(1, ONE, "b"),
        enter(1, CALLER, "b"),
    ]
    assert talks(events) == [("1009", 1, None)]


def test_nobody_is_talked_with_in_a_parking_lot() -> None:
    assert talks([enter(1, CALLER, "p", "holding_bridge"), enter(1, ONE, "p", "holding_bridge")]) == []


def test_events_of_nothing_are_no_talk() -> None:
    odd = Event(at(1), "BRIDGE_ENTER", *ONE, "{not json")
    assert talks([odd, leave(2, ONE, "never"), event(3, "CHAN_END", CALLER)]) == []


def test_what_is_heard_of_a_part() -> None:
    (part,) = segments([enter(1, ONE, "b"), enter(1, CALLER, "b"), leave(5, ONE, "b")], CALLER[1], SEATS)
    assert within(part, at(0.5), at(10)) == (500, 4500)
    assert within(part, at(2), at(3)) == (0, 1000)
    assert within(part, at(6), at(8)) is None
