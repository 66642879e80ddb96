"""Simulated campaigns: a pacer is tried in a world that is the same for each, before it dials anybody."""

from ccore.dialer.simulation.baselines import ByHand
from ccore.dialer.simulation.byhand import ManualWorld
from ccore.dialer.simulation.journal import Journal
from ccore.dialer.simulation.oracle import Oracle
from ccore.dialer.simulation.pacer import Pacer
from ccore.dialer.simulation.result import Result, Sample
from ccore.dialer.simulation.scenario import Scenario, load, scenarios
from ccore.dialer.simulation.world import Clock, World

__all__ = ["Journal", "Pacer", "Result", "Sample", "Scenario", "load", "run", "scenarios"]


def run(
    scenario: Scenario, seed: int, pacer: Pacer, clock: Clock | None = None, journal: Journal | None = None
) -> Result:
    """One run of a scenario: the same for the same seed and the same pacer, which has to be a fresh one.

    With a ``clock`` (seconds) the result says what decisions cost; a ``journal`` keeps the log of the campaign.
    """
    if isinstance(pacer, ByHand):  # an agent on the line hears what has answered: nothing is detected
        by_ear = scenario.model_copy(update={"detection": None})
        return ManualWorld(by_ear, seed, pacer, clock, journal).run()
    world = World(scenario, seed, pacer, clock, journal)
    if isinstance(pacer, Oracle):
        pacer.sees(world)
    return world.run()
