"""What an agent does next: the table, and what holds after any sequence of events at any times."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.queues.model import Device, Presence, State
from ccore.queues.presence import MISSED, TABLE, Event, Happened, Policy, after, pause_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = Policy(wrap_up_s=10, wrap_up_most_s=60, missed_most=2)
PHONE, OTHER = Device("phone", "2001", "node1"), Device("phone", "2002", "node1")
OUT = Presence("1001", State.SIGNED_OUT, NOON)
SIGN_IN = Event(Happened.SIGN_IN, device=PHONE)
RANG = Event(Happened.RANG, queue="sales", call="c1")
TALKED = Event(Happened.TALKED, queue="sales", call="c1")
ENDED = Event(Happened.ENDED)
LUNCH = Event(Happened.PAUSE, reason="lunch")


def at(second: float) -> datetime:
    """Seconds after noon."""
    return NOON + timedelta(seconds=second)


def run(*events: Event | tuple[float, Event]) -> Presence:
    """What an agent who was signed out does after these, each at its second (none: noon)."""
    presence = OUT
    for each in events:
        second, event = each if isinstance(each, tuple) else (0.0, each)
        presence = after(presence, event, POLICY, at(second)) or pytest.fail(f"{event.what} in {presence.state}")
    return presence


def test_every_state_has_its_row_and_sign_in_is_the_only_way_in() -> None:
    assert TABLE.keys() == set(State)
    assert TABLE[State.SIGNED_OUT].keys() == {Happened.SIGN_IN}
    assert all(row[Happened.SIGN_OUT] is State.SIGNED_OUT for state, row in TABLE.items() if state != "signed-out")


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], State.READY),
        ([RANG], State.RINGING),
        ([RANG, Event(Happened.STOPPED)], State.READY),
        ([RANG, TALKED], State.TALKING),
        ([RANG, TALKED, ENDED], State.WRAP_UP),
        ([RANG, TALKED, ENDED, (9.9, Event(Happened.TIME))], State.WRAP_UP),
        ([RANG, TALKED, ENDED, (10, Event(Happened.TIME))], State.READY),
        ([RANG, TALKED, ENDED, Event(Happened.END_WRAP_UP)], State.READY),
        ([RANG, TALKED, LUNCH], State.TALKING),
        ([RANG, TALKED, LUNCH, ENDED], State.WRAP_UP),
        ([RANG, TALKED, LUNCH, ENDED, (10, Event(Happened.TIME))], State.PAUSED),
        ([RANG, TALKED, LUNCH, Event(Happened.RESUME), ENDED, (10, Event(Happened.TIME))], State.READY),
        ([LUNCH], State.PAUSED),
        ([LUNCH, Event(Happened.RESUME)], State.READY),
        ([Event(Happened.LOST)], State.UNREACHABLE),
        ([Event(Happened.LOST), Event(Happened.FOUND)], State.READY),
        ([LUNCH, Event(Happened.LOST), Event(Happened.FOUND)], State.PAUSED),
        ([Event(Happened.LOST), LUNCH, Event(Happened.FOUND)], State.PAUSED),
        ([TALKED, Event(Happened.LOST)], State.TALKING),
        ([TALKED, Event(Happened.LOST), ENDED], State.UNREACHABLE),
        ([TALKED, Event(Happened.LOST), ENDED, (5, Event(Happened.FOUND))], State.WRAP_UP),
        ([TALKED, Event(Happened.LOST), ENDED, (15, Event(Happened.FOUND))], State.READY),
        ([Event(Happened.TALKED, call="own"), ENDED], State.READY),
        ([RANG, Event(Happened.MISSED)], State.READY),
        ([RANG, Event(Happened.MISSED), RANG, Event(Happened.MISSED)], State.PAUSED),
        ([RANG, Event(Happened.MISSED), RANG, TALKED, ENDED, (10, RANG), (11, Event(Happened.MISSED))], State.READY),
        ([Event(Happened.SIGN_IN, device=OTHER)], State.READY),
        ([TALKED, Event(Happened.SIGN_OUT)], State.SIGNED_OUT),
    ],
)
def test_what_comes_of_events(events: Sequence[Event | tuple[float, Event]], state: State) -> None:
    assert run(SIGN_IN, *events).state is state


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        ([], LUNCH),
        ([SIGN_IN], Event(Happened.END_WRAP_UP)),
        ([SIGN_IN], Event(Happened.EXTEND, until=at(60))),
        ([SIGN_IN, TALKED], Event(Happened.SIGN_IN, device=OTHER)),
        ([SIGN_IN, TALKED], RANG),
    ],
)
def test_what_cannot_be(events: Sequence[Event], refused: Event) -> None:
    assert after(run(*events), refused, POLICY, NOON) is None


def test_who_misses_calls_in_a_row_is_paused_for_that_until_they_say_otherwise() -> None:
    paused = run(SIGN_IN, RANG, Event(Happened.MISSED), RANG, Event(Happened.MISSED))
    assert (paused.reason, paused.missed) == (MISSED, 2)
    ready = after(paused, Event(Happened.RESUME), POLICY, NOON)
    assert ready is not None
    assert (ready.state, ready.missed) == (State.READY, 0)


def test_a_wrap_up_is_extended_as_long_as_the_queue_allows_and_app_queue_is_told() -> None:
    wrap_up = run(SIGN_IN, RANG, TALKED, ENDED)
    assert (wrap_up.wrap_up_until, pause_of(wrap_up)) == (at(10), "")
    longer = after(wrap_up, Event(Happened.EXTEND, until=at(35)), POLICY, at(5))
    assert longer is not None
    assert (longer.wrap_up_until, pause_of(longer)) == (at(35), "wrap-up")
    longest = after(longer, Event(Happened.EXTEND, until=at(500)), POLICY, at(5))
    assert longest is not None
    assert longest.wrap_up_until == at(60)
    assert after(longest, Event(Happened.EXTEND, until=at(20)), POLICY, at(5)) is longest


def test_a_call_keeps_its_queue_through_what_is_told_without_one() -> None:
    talking = run(SIGN_IN, RANG, Event(Happened.TALKED, call="merged"))
    assert (talking.queue, talking.call) == ("sales", "c1")
    over = run(SIGN_IN, RANG, TALKED, ENDED)
    assert (over.queue, over.call) == ("sales", "c1"), "what a disposition is written for"
    ready = after(over, Event(Happened.TIME), POLICY, at(10))
    assert ready is not None
    assert (ready.queue, ready.call) == ("", "")


EVENTS = st.builds(
    Event,
    st.sampled_from(Happened),
    device=st.sampled_from([PHONE, OTHER]),
    reason=st.sampled_from(["lunch", "training"]),
    queue=st.sampled_from(["sales", ""]),
    call=st.sampled_from(["c1", "c2"]),
    until=st.integers(0, 200).map(at),
    unprotected=st.booleans(),
)


@given(st.lists(st.tuples(st.integers(0, 20), EVENTS), max_size=40))
def test_after_anything_an_agent_is_in_one_state_and_rests_as_long_as_they_may(
    events: list[tuple[int, Event]],
) -> None:
    presence, now = OUT, NOON
    ends: datetime | None = None  # of the wrap-up, by a count of our own
    for seconds, event in events:
        now += timedelta(seconds=seconds)
        before, presence = presence, after(presence, event, POLICY, now) or presence
        taken = presence is not before
        if taken and event.what is Happened.ENDED and before.queue:
            ends = now + timedelta(seconds=POLICY.wrap_up_s)
        elif taken and event.what in {Happened.END_WRAP_UP, Happened.SIGN_OUT}:
            ends = None
        assert presence.version == before.version + taken
        assert (presence.state is State.SIGNED_OUT) == (presence.device is None)
        idle = presence.state not in {State.RINGING, State.TALKING}
        if ends is not None and now < ends and idle:
            assert presence.state in {State.WRAP_UP, State.UNREACHABLE}, "no ring within one's own wrap-up"
        if presence.state is State.READY:
            assert not any([presence.paused, presence.lost, presence.extended, presence.queue, presence.call])
        if presence.extended and presence.wrap_up_until and presence.wrap_up_until > now:
            assert pause_of(presence), "app_queue is told of what it cannot know"
        if presence.paused:
            assert presence.reason
        if presence.state in {State.RINGING, State.TALKING}:
            assert presence.call


@given(st.lists(EVENTS, max_size=20), EVENTS)
def test_what_is_asked_twice_is_done_once(events: list[Event], last: Event) -> None:
    presence = OUT
    for event in events:
        presence = after(presence, event, POLICY, NOON) or presence
    once = after(presence, last, POLICY, NOON)
    if once is not None and last.what is not Happened.MISSED:
        assert after(once, last, POLICY, NOON) in {once, None}
