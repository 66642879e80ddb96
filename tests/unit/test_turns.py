"""Whose turn it is to be called back, and what has become of those who were called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccore.calls.model import Channel
from ccore.centre.queue import Queue
from ccore.queues.model import Presence, State
from ccore.queues.routing import Waiting
from ccore.queues.turns import Due, became, free_agents, outcome, turns
from ccore.subscriber import national

NOW = datetime(2027, 3, 1, 2, tzinfo=UTC)
QUEUE = Queue.model_validate({"priority": {"classes": {"gold": 20}}, "relax": [{"after_s": 60}], "wants": {"dsl": 5}})


def due(number: int, ago_s: int, tier: str = "") -> Due:
    return Due(number, "+8613812345678", "sales", tier, "zh", 0, NOW - timedelta(seconds=ago_s), "node1")


def waiting(ago_s: int, priority: int) -> Waiting:
    return Waiting("node1!1.1", "sales", "sales", "", 0, NOW - timedelta(seconds=ago_s), priority)


@pytest.mark.parametrize(
    ("there", "free", "called"),
    [
        ([], 0, []),
        ([], 1, [1]),
        ([], 2, [1, 2]),
        ([], 9, [1, 2]),
        ([waiting(600, 40)], 1, []),  # who waits on the line came before both
        ([waiting(600, 40)], 2, [1]),
        ([waiting(60, 4)], 1, [1]),  # came after them
    ],
)
def test_the_next_ones_are_called(there: list[Waiting], free: int, called: list[int]) -> None:
    found = turns({"sales": QUEUE}, [due(2, 250), due(1, 300)], there, free, NOW)
    assert [each.number for each in found] == called


def test_who_has_waited_so_long_goes_before_whoever_has_not() -> None:
    queues = {"sales": QUEUE.model_copy(update={"equal_after_s": 200}), "vip": Queue(weight=1)}
    aged, young = replace(waiting(250, 16), line="sales-aged"), waiting(150, 30)
    asked = [due(1, 100, "gold"), due(2, 220)]
    assert [each.number for each in turns(queues, asked, [aged, young], 1, NOW)] == []
    assert [each.number for each in turns(queues, asked, [aged, young], 2, NOW)] == [2]
    assert [each.number for each in turns(queues, asked, [young], 1, NOW)] == [2]
    assert [each.number for each in turns({"sales": QUEUE}, asked, [], 1, NOW)] == [1]


def test_the_class_goes_before_the_wait() -> None:
    assert [each.number for each in turns({"sales": QUEUE}, [due(1, 200), due(2, 100, "gold")], [], 1, NOW)] == [2]


def test_free_agents_are_those_who_may_serve_them() -> None:
    def does(state: State, **more: object) -> Presence:
        return replace(Presence("2001", state, NOW), **more)  # type: ignore[arg-type]

    roster = {"1": 0, "2": 10, "3": 0, "4": 0, "5": 0, "6": 0}
    presences = {
        "1": does(State.READY),
        "2": does(State.READY),
        "3": does(State.WRAP_UP, wrap_up_until=NOW + timedelta(seconds=9)),
        "4": does(State.WRAP_UP, wrap_up_until=NOW + timedelta(seconds=60)),
        "5": does(State.WRAP_UP, wrap_up_until=NOW, paused=True),
    }
    assert free_agents(QUEUE, 10, roster, presences, NOW) == {"1", "3"}
    assert free_agents(QUEUE, 60, roster, presences, NOW) == {"1", "2", "3"}


def test_what_has_become_of_a_call() -> None:
    ringing = Channel("c.1", "PJSIP/trunk-local-1", "c.1", "Ringing", NOW)
    up = ringing._replace(state="Up")
    assert became("dialling", ringing) is None
    assert became("dialling", up) == "asked"
    assert became("asked", up) is None
    assert became("asked", up._replace(queue="sales")) == "accepted"
    assert became("accepted", up._replace(queue="sales")) is None
    assert became("dialling", up._replace(bridge="b")) == "connected"
    assert became("accepted", None) == "gone"
    assert outcome("dialling", answered=False) == "no-answer"
    assert outcome("dialling", answered=True) == outcome("asked", answered=True) == "not-accepted"
    assert outcome("accepted", answered=True) == "hung-up"


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("+8613812345678", "13812345678"), ("+862088886666", "02088886666"), ("+8675512345678", "075512345678")],
)
def test_numbers_are_dialled_as_within_the_country(number: str, dialled: str) -> None:
    assert national(number) == dialled
