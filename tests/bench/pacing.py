"""What a decision of the pacer takes with 100 and with 500 agents at work.

**Load.** The shipped scenarios of 100 and 500 agents, simulated from a cold start, past the first minutes: the pacer is
asked after every event, as live, and each of its decisions is timed, those that work its tables out anew among them.
Times are of the CPU: a decision waits for nothing, and what else the machine does is no part of it.
"""

import statistics
import time

from ccore.dialer import simulation
from ccore.dialer.pacing import Decision, Pacer
from ccore.dialer.simulation import scenarios
from ccore.dialer.simulation.comparison import policy
from tests.bench import Figure

LOADS = (("a100-steady", 0.2, 0.5), ("a500-steady", 0.1, 2.0))  # hours simulated, goal in ms
BEGINNING_S = 120.0  # agents log in
SEED = 41


class Timed(Pacer):
    """A pacer that notes what its decisions took, in ms."""

    took: list[float]

    def decide(self, at: float, free_channels: int) -> Decision:
        began = time.process_time_ns()
        decision = super().decide(at, free_channels)
        if at > BEGINNING_S:
            self.took.append((time.process_time_ns() - began) / 1e6)
        return decision


def measured(name: str, hours: float) -> list[float]:
    """What each decision took, in ms."""
    scenario = scenarios()[name].model_copy(update={"hours": hours})
    pacer = Timed(policy(scenario))
    pacer.took = []
    simulation.run(scenario, SEED, pacer)
    return pacer.took


def run() -> list[Figure]:
    """The median and the 99th of a hundred."""
    figures = []
    for name, hours, goal_ms in LOADS:
        took = measured(name, hours)
        agents = name.removeprefix("a").removesuffix("-steady")
        p99 = statistics.quantiles(took, n=100)[-1]
        goal = f"99 of 100 decisions within {goal_ms:g} ms"
        figures += [
            Figure(f"pacing: a decision with {agents} agents, median", statistics.median(took), "ms", None, "", None),
            Figure(f"pacing: a decision with {agents} agents, p99", p99, "ms", None, goal, p99 <= goal_ms),
            Figure(f"pacing: a decision with {agents} agents, longest", max(took), "ms", None, "", None),
        ]
    return figures
