"""The table of attempts: what follows what, what came of them, and that no order of telling changes it."""

import itertools

import pytest

from ccore.dialer.attempt import MOVES, UNDER_WAY, Ending, Event, Witnessed, fold, follows, outcome
from ccore.dialer.model import Outcome, State

IN_ORDER = list(State)


def test_attempts_only_go_on() -> None:
    for (state, _), after in MOVES.items():
        assert IN_ORDER.index(after) > IN_ORDER.index(state)


def test_only_the_gate_lets_one_be_dialled_and_it_does_so_once() -> None:
    into = [(state, event) for (state, event), after in MOVES.items() if after is State.DIALLING]
    assert into == [(State.CLAIMED, Event.ALLOWED)]
    assert all(follows(state, Event.ALLOWED) is None for state in IN_ORDER[1:])


def test_every_attempt_can_end_and_what_is_over_stays_so() -> None:
    assert {state for state in UNDER_WAY if follows(state, Event.ENDED) is State.OVER} == UNDER_WAY
    assert not [event for event in Event if follows(State.OVER, event)]


@pytest.mark.parametrize(
    ("state", "ending", "expected"),
    [
        (State.CLAIMED, Ending(status="BUSY", cause=17), Outcome.NOT_SENT),
        (State.DIALLING, Ending(), Outcome.LOST),
        (State.DIALLING, Ending(status="BUSY", cause=17, sip=486), Outcome.BUSY),
        (State.RINGING, Ending(status="NOANSWER", cause=19), Outcome.NO_ANSWER),
        (State.DIALLING, Ending(status="CONGESTION", cause=1, sip=404), Outcome.INVALID),
        (State.RINGING, Ending(cancelled=True), Outcome.CANCELLED),
        (State.DIALLING, Ending(status="FULL"), Outcome.CONGESTION),
        (State.PICKED_UP, Ending(), Outcome.HUNG_UP),
        (State.PICKED_UP, Ending("machine"), Outcome.MACHINE),
        (State.PICKED_UP, Ending("fax", cancelled=True), Outcome.FAX),
        (State.ANSWERED, Ending(waited_s=0.4), Outcome.HUNG_UP),
        (State.ANSWERED, Ending(waited_s=0.6), Outcome.ABANDONED),
        (State.ANSWERED, Ending("abandoned"), Outcome.ABANDONED),
        (State.CONNECTED, Ending("abandoned", cancelled=True), Outcome.TALKED),
    ],
)
def test_what_came_of_it(state: State, ending: Ending, expected: Outcome) -> None:
    assert outcome(state, ending) is expected


WORDS = ("picked-up 7", "answered 7", "abandoned 7", "ended 7 ANSWER 16 200")


def test_no_order_of_words_and_no_repetition_changes_what_is_known() -> None:
    expected = fold(State.DIALLING, Ending(), Witnessed(WORDS, answered=True, over=True))
    assert expected == (State.ANSWERED, Ending("abandoned", "ANSWER", 16, 200))
    for words in itertools.permutations(WORDS):
        for doubled in (words, words + words):
            assert fold(State.DIALLING, Ending(), Witnessed(doubled, answered=True, over=True)) == expected
    assert fold(*expected, Witnessed(WORDS, answered=True, over=True)) == expected


@pytest.mark.parametrize(
    ("witnessed", "expected"),
    [
        (Witnessed(), State.DIALLING),
        (Witnessed(answered=True), State.PICKED_UP),
        (Witnessed(("machine 7 LONGGREETING-1-2",)), State.PICKED_UP),
        (Witnessed(("answered 7",), answered=True, connected=True), State.CONNECTED),
        (Witnessed(("ended 7 BUSY 17 486",)), State.DIALLING),
        (Witnessed(("shouted 7", "ended", "", "ended 7 BUSY x x")), State.DIALLING),
    ],
)
def test_how_far_it_came_by_the_channel_events(witnessed: Witnessed, expected: State) -> None:
    assert fold(State.CLAIMED, Ending(), witnessed)[0] in {expected, State.CLAIMED}
    assert fold(State.DIALLING, Ending(), witnessed)[0] is expected


def test_what_is_no_number_is_none() -> None:
    _, ending = fold(State.DIALLING, Ending(), Witnessed(("ended 7 BUSY 9999 ４８６",)))
    assert (ending.status, ending.cause, ending.sip) == ("BUSY", 0, 0)
