"""Customers who wait are given an agent the moment one is free; and when Asterisk takes an agent for free."""

from datetime import UTC, datetime, timedelta

from ccore.calls.model import Channel
from ccore.dialer.handing import lines_of_callers, to_nudge
from ccore.dialer.live import Live
from ccore.dialer.live_pace import Seat
from ccore.dialer.model import State
from ccore.dialer.pacing import AgentState

ENDED = datetime(2026, 11, 22, 10, 0, 0, 700_000, tzinfo=UTC)


def waits(number: int, since: float, state: State = State.ANSWERED) -> Live:
    return Live(number, "spring", "node1", f"attempt-{number}", state, answered_at=since)


def nudged(lives: list[Live], free: int, now: float) -> list[int]:
    return [live.attempt for live in to_nudge(lives, free, now)]


def test_who_has_waited_longest_is_first_and_nobody_without_an_agent() -> None:
    lives = [waits(1, 10.0), waits(2, 9.0), waits(3, 9.5)]
    assert nudged(lives, 0, 11.0) == []
    assert nudged(lives, 2, 11.0) == [2, 3]


def test_nobody_is_nudged_who_looks_by_themselves_or_was_nudged_just_now() -> None:
    lives = [waits(1, 10.0)]
    assert nudged(lives, 1, 10.05) == []
    assert nudged(lives, 1, 10.2) == [1]
    assert nudged(lives, 1, 10.25) == []
    assert nudged(lives, 1, 10.35) == [1]


def test_only_who_waits_is_nudged() -> None:
    talks, rings, told, gone = (
        waits(1, 9.0, State.CONNECTED),
        waits(2, 9.0, State.RINGING),
        waits(3, 9.0),
        waits(4, 9.0),
    )
    told.abandoned, gone.gone_at = True, 10.0
    assert nudged([talks, rings, told, gone], 9, 11.0) == []


def test_agents_for_whom_callers_wait_are_theirs() -> None:
    caller = Channel("1", "PJSIP/trunk-a-1", "1", "Up", ENDED, queue="sales")
    customer = Channel("2", "PJSIP/trunk-far-2", "attempt-7", "Up", ENDED, queue="outbound")
    agent = Channel("3", "PJSIP/phone-2001-3", "1", "Ringing", ENDED, queue="care", member="1001")
    assert lines_of_callers([caller, customer, agent]) == {"sales"}


def test_a_wrap_up_lasts_until_the_whole_second_after_it() -> None:
    free = Seat("1", "node1", AgentState.IDLE, idle_since=ENDED)
    for after_s, state in ((5.0, AgentState.WRAP), (5.2, AgentState.WRAP), (5.31, AgentState.IDLE)):
        assert free.seen(5, ENDED + timedelta(seconds=after_s)).state is state
    assert free.seen(0, ENDED).state is AgentState.IDLE
    talks = Seat("1", "node1", AgentState.TALK, idle_since=ENDED)
    assert talks.seen(5, ENDED) is talks
    assert Seat("1", "node1", AgentState.IDLE).seen(5, ENDED).state is AgentState.IDLE
