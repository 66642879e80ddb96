"""The expected wait, against queues played event by event: nearer the truth than what is told elsewhere."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ccore.calls.feed import Feed
from ccore.calls.model import Fact, Kind
from ccore.centre.queue import Queue, Relaxation
from ccore.queues.choosing import Rosters
from ccore.queues.estimate import LEAST_TALKS, Situation, expected_wait
from ccore.queues.estimates import Estimates
from ccore.queues.model import Agent, Device, Presence, State
from tests.support.simulated_queue import SCENARIOS, Scenario, compare, play

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TALKS = [60.0] * 20


def test_who_finds_more_free_agents_than_callers_before_them_does_not_wait() -> None:
    assert expected_wait(Situation((), free=1, busy=(), ahead=0)) == 0
    assert expected_wait(Situation(TALKS, free=2, busy=(10.0,), ahead=1)) == 0


def test_nothing_is_said_that_is_not_known_well() -> None:
    assert expected_wait(Situation(TALKS[: LEAST_TALKS - 1], free=0, busy=(5.0,), ahead=0)) is None
    assert expected_wait(Situation(TALKS, free=0, busy=(), ahead=0)) is None


@pytest.mark.parametrize(
    ("busy", "ahead", "expected"),
    [((20.0,), 0, 40), ((20.0,), 1, 100), ((20.0, 50.0), 0, 10), ((20.0, 50.0), 1, 40), ((20.0, 50.0), 2, 70)],
)
def test_talks_that_are_all_alike_leave_nothing_to_chance(busy: tuple[float, ...], ahead: int, expected: int) -> None:
    assert expected_wait(Situation(TALKS, free=0, busy=busy, ahead=ahead)) == expected


def test_agents_who_also_serve_others_take_longer() -> None:
    alone = expected_wait(Situation(TALKS, free=0, busy=(0.0,) * 4, ahead=20))
    shared = expected_wait(Situation(TALKS, free=0, busy=(0.0,) * 4, ahead=20, others=5, others_per_s=0.1))
    assert alone is not None
    assert shared is not None
    assert 1.6 < shared / alone < 2.6


@pytest.mark.parametrize("scenario", [SCENARIOS[2], SCENARIOS[4]], ids=lambda each: each.name)
def test_it_is_nearer_the_truth_than_app_queues_average_and_less_one_sided_than_the_place(scenario: Scenario) -> None:
    """All figures are in the bench; the same seeds give the same ones on every machine."""
    told = [each for seed in (1, 2) for each in play(scenario, seed)]
    ours, average, naive = (compare(told, each) for each in ("ours", "moving_average", "position_times_talk"))
    assert ours.callers > 100
    assert ours.median_error < 0.8 * average.median_error
    assert ours.median_error < 1.1 * naive.median_error
    assert abs(ours.bias) < max(abs(naive.bias), 10)


def fact(kind: Kind, at_s: float, channel: str = "a", **details: Any) -> Fact:
    at = NOW + timedelta(seconds=at_s)
    return Fact("node1", 1, 1, at, kind, "call", channel, peer=f"{channel}-agent", **details)


def learning(queues: Mapping[str, Queue], agents: Mapping[str, Agent], presences: Mapping[str, Presence]) -> Estimates:
    rosters = Rosters(lambda: agents)
    rosters.use(queues)
    estimates = Estimates(Feed(), rosters, lambda: presences, list)
    estimates.use(queues)
    return estimates


def test_talk_times_are_learnt_from_what_happens() -> None:
    agents = {"2001": Agent("2001", "Li", {}), "2002": Agent("2002", "Wang", {})}
    device = Device("phone", "2001", "node1")
    presences = {name: Presence(name, State.WRAP_UP, NOW - timedelta(seconds=10), device) for name in agents}
    estimates = learning({"sales": Queue(wrap_up_s=10)}, agents, presences)
    assert estimates.expected("sales", 1, NOW) is None
    for number in range(LEAST_TALKS):
        estimates.heard(fact(Kind.CONNECTED, 100 * number, queue="sales", member="2001"))
        estimates.heard(fact(Kind.DISCONNECTED, 100 * number + 50))
    assert estimates.expected("sales", 1, NOW) == timedelta(seconds=50)
    assert estimates.expected("sales", 3, NOW) == timedelta(seconds=110)
    assert estimates.expected("other", 1, NOW) is None
    presences["2002"] = Presence("2002", State.READY, NOW, device)
    assert estimates.expected("sales", 1, NOW) == timedelta(0)
    presences["2002"] = Presence("2002", State.READY, NOW, device, paused=True)
    assert estimates.expected("sales", 1, NOW) == timedelta(seconds=50)


def test_calls_between_agents_are_no_talks_of_a_queue() -> None:
    estimates = learning({"sales": Queue()}, {}, {})
    estimates.heard(fact(Kind.CONNECTED, 0))
    estimates.heard(fact(Kind.DISCONNECTED, 5))
    assert estimates.expected("sales", 1, NOW) is None


def test_agents_who_may_serve_only_later_are_waited_for_that_long() -> None:
    queue = Queue(wants={"sales": 5}, relax=(Relaxation(after_s=30),), languages={"en": "english"})
    agents = {"2001": Agent("2001", "", {"sales": 5, "english": 1}), "2002": Agent("2002", "", {})}
    device = Device("phone", "2001", "node1")
    presences = {
        "2001": Presence("2001", State.TALKING, NOW, device),
        "2002": Presence("2002", State.READY, NOW, device),
    }
    estimates = learning({"sales": queue}, agents, presences)
    for number in range(LEAST_TALKS):
        estimates.heard(fact(Kind.CONNECTED, 1000 * number, queue="sales", member="2001"))
        estimates.heard(fact(Kind.DISCONNECTED, 1000 * number + 90))
    assert estimates.expected("sales", 1, NOW) == timedelta(seconds=30)
    assert estimates.expected("sales", 1, NOW, waited_s=25) == timedelta(seconds=5)
    assert estimates.expected("sales-en", 1, NOW) == timedelta(seconds=100)
    assert estimates.expected("sales-fr", 1, NOW) is None
