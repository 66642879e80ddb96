"""How far off the expected wait is: ccore's, beside app_queue's moving average and place times talk by agents.

Queues are played event by event (``tests/support/simulated_queue.py``); of everybody who has to wait the three guesses
made at their coming are compared with what came. The error is the median of how far off, the bias the median of the
difference: above 0 the guesses were too long. No agents' pauses are played, which place times talk does not know of.
"""

import random
import statistics
import time
from collections.abc import Iterator

from ccore.queues.estimate import Situation, expected_wait
from tests.bench import Figure
from tests.support.simulated_queue import SCENARIOS, Scenario, Told, compare, play

SEEDS = (1, 2, 3)
GOAL_MS = 5.0


def run() -> list[Figure]:
    """Every scenario, and what an answer costs."""
    return [*(figure for scenario in SCENARIOS for figure in _figures(scenario)), _cost()]


def _figures(scenario: Scenario) -> Iterator[Figure]:
    told: list[Told] = [each for seed in SEEDS for each in play(scenario, seed)]
    ours, average, naive = (compare(told, each) for each in ("ours", "moving_average", "position_times_talk"))
    waited = statistics.median(each.actual for each in told)
    yield Figure(f"wait, {scenario.name}, median", waited, "s", None, f"{len(told)} callers", None)
    goal = "nearer than app_queue's moving average"
    met = ours.median_error < average.median_error
    yield Figure(f"wait, {scenario.name}, error", ours.median_error, "s", average.median_error, goal, met)
    yield Figure(f"wait, {scenario.name}, error", ours.median_error, "s", naive.median_error, "by place x talk", None)
    yield Figure(f"wait, {scenario.name}, bias", ours.bias, "s", naive.bias, "by place x talk", None)


def _cost() -> Figure:
    """Of an answer to the last of 200 callers before 200 agents."""
    dice = random.Random(1)
    talks = sorted(dice.lognormvariate(5, 0.8) for _ in range(200))
    took = []
    for number in range(200):
        now = Situation(talks, free=0, busy=[dice.uniform(0, 300) for _ in range(200)], ahead=number)
        began = time.perf_counter()
        expected_wait(now)
        took.append((time.perf_counter() - began) * 1000)
    value = sorted(took)[int(len(took) * 0.99)]
    return Figure("wait, an answer, 200 agents, p99", value, "ms", None, f"at most {GOAL_MS:.0f} ms", value <= GOAL_MS)
