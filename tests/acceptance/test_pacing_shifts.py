"""The promised figures of pacing, in whole shifts of all shipped scenarios with all their seeds: CCORE_FULL=1."""

import pytest

from ccore.dialer.simulation import Journal, run, scenarios
from ccore.dialer.simulation.comparison import Row, made, times
from ccore.dialer.simulation.log import logged
from ccore.dialer.simulation.replay import replayed
from tests.acceptance.test_pacing_figures import STUDIED, WORST_ABANDONMENT, as_studied, seen

pytestmark = pytest.mark.figures
MEAN_ABANDONMENT = 0.030
LEAST_TALKING = {  # % of the time agents were there to talk, of all seeds together
    "a5-steady": 76.1,
    "a20-steady": 87.7,
    "a100-steady": 96.1,
    "a500-steady": 99.2,
    "a20-step": 89.0,
    "a100-step": 96.4,
    "a50-drift": 93.4,
    "a50-bursty": 92.8,
    "a50-channels": 77.9,
    "a50-long-tail": 93.6,
    "a100-half-leave": 95.2,
    "a50-detection": 91.6,
    "a50-low": 92.0,
}
LEAST_TIMES_MANUAL, LEAST_TIMES_PROGRESSIVE = 1.9, 1.4  # calls per agent-hour, at a hundred agents
MOST_MS = {"a100-steady": 0.5, "a500-steady": 2.0}  # a decision, of CPU


@pytest.mark.parametrize("name", LEAST_TALKING)
def test_agents_talk_and_the_limit_holds(name: str) -> None:
    scenario = scenarios()[name]
    row = seen(scenario, "predictive")["predictive"]
    assert row.abandonment <= MEAN_ABANDONMENT
    assert row.worst_abandonment <= WORST_ABANDONMENT
    assert round(100 * row.utilisation, 1) >= LEAST_TALKING[name]
    assert all(each.p95_wait_s <= 2.0 for each in row.runs) or scenario.detection
    cost = row.mean("decide_mean_ms")
    assert cost is not None
    assert cost <= MOST_MS.get(name, 2.0)


def test_a_hundred_agents_have_nearly_twice_the_calls() -> None:
    scenario = scenarios()["a100-steady"]
    rows = seen(scenario, "manual", "progressive", "predictive", "oracle")
    assert (times(rows["predictive"], rows["manual"]) or 0) >= LEAST_TIMES_MANUAL
    assert (times(rows["predictive"], rows["progressive"]) or 0) >= LEAST_TIMES_PROGRESSIVE
    assert rows["oracle"].calls_per_agent_hour >= rows["predictive"].calls_per_agent_hour


@pytest.mark.parametrize("name", STUDIED)
def test_baselines_give_what_the_study_saw(name: str) -> None:
    as_studied(name)


@pytest.mark.parametrize("name", ["a20-steady", "a50-bursty"])
def test_a_campaigns_replay_says_what_others_would_have_given(name: str) -> None:
    """Logged under our own pacer, which hangs up what rings: within 2 points of talking, half a one of abandonment."""
    world = scenarios()[name]
    journal = Journal(world)
    run(world, 7, made("predictive", world), journal=journal)
    replay = replayed(logged(journal.rows), name)
    for pacer in ("progressive", "predictive"):
        known = Row(pacer, tuple(run(world, seed, made(pacer, world)) for seed in (7, 8, 9)))
        told = Row(pacer, tuple(run(replay, seed, made(pacer, replay)) for seed in (1, 2, 3)))
        assert told.utilisation == pytest.approx(known.utilisation, abs=0.02)
        assert told.abandonment == pytest.approx(known.abandonment, abs=0.005)
        assert told.mean("connects_h") == pytest.approx(known.mean("connects_h"), rel=0.05)
