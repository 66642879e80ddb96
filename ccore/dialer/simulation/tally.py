"""Counts what happens in a simulated world, and makes the result of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.result import (
    SAMPLED_EVERY_S,
    STRETCH_S,
    Result,
    Sample,
    at_share,
    rate_between,
    worst_rolling,
)
from ccore.dialer.simulation.scenario import Scenario
from ccore.dialer.simulation.staff import Agent

if TYPE_CHECKING:
    from ccore.dialer.simulation.pacer import Start

Decide = Callable[[float, int], "Start"]


class Tally:
    """What was counted so far. ``clock`` (s) tells what decisions cost."""

    def __init__(self, clock: Callable[[], float] | None) -> None:
        self.attempts = self.connected = self.cancelled = 0
        self.answered: list[float] = []  # when, as those of the next two
        self.abandoned: list[float] = []
        self.waits: list[float] = []
        self.decisions = 0
        self.people_taken_for_machines = 0
        self.sampled_until = 0.0
        self._samples: list[Sample] = []
        self._clock = clock
        self._costs: list[float] = []
        self._most_channels = 0
        self._channel_s = 0.0
        self._channels_since = 0.0

    def clocked(self, decide: Decide) -> Decide:
        """The same, but what it costs is noted."""
        if (clock := self._clock) is None:
            return decide
        costs = self._costs

        def noted(at: float, free_channels: int) -> "Start":
            before = clock()
            decision = decide(at, free_channels)
            costs.append(clock() - before)
            return decision

        return noted

    def channels(self, now: float, used: int) -> None:
        """So many were used until now."""
        self._channel_s += used * (now - self._channels_since)
        self._channels_since = now
        self._most_channels = max(self._most_channels, used)

    def taken_for_machine(self, answered_at: float, now: float, grace_s: float) -> None:
        """A person answered and was hung up on: they count as abandoned."""
        self.people_taken_for_machines += 1
        self.answered.append(answered_at)
        self.abandoned.append(now)
        self.waits.append(grace_s)

    def sample(self, sample: Sample) -> None:
        """One moment of the timeline."""
        self._samples.append(sample)
        self.sampled_until = sample.at + SAMPLED_EVERY_S

    def result(self, scenario: Scenario, agents: tuple[Agent, ...]) -> Result:
        """All of it."""
        answered, abandoned, costs = sorted(self.answered), sorted(self.abandoned), sorted(self._costs)
        length_s, change = scenario.length_s, scenario.changes_at_s
        seconds = [sum(agent.seconds[state] for agent in agents) for state in AgentState]
        return Result(
            hours=scenario.hours,
            attempts=self.attempts,
            answered=len(answered),
            abandoned=len(abandoned),
            connected=self.connected,
            cancelled=self.cancelled,
            talk_s=seconds[AgentState.TALK],
            ready_s=seconds[AgentState.IDLE],
            wrap_s=seconds[AgentState.WRAP],
            pause_s=seconds[AgentState.PAUSE],
            p95_wait_s=at_share(sorted(self.waits), 0.95),
            first_abandonment=rate_between(answered, abandoned, 0.0, STRETCH_S),
            changed_abandonment=None
            if change is None
            else rate_between(answered, abandoned, change, change + STRETCH_S),
            worst_rolling=worst_rolling(answered, abandoned, length_s),
            most_channels=self._most_channels,
            mean_channels=self._channel_s / length_s,
            people_taken_for_machines=self.people_taken_for_machines,
            decisions=self.decisions,
            decide_mean_ms=1000.0 * sum(costs) / len(costs) if costs else None,
            decide_p99_ms=1000.0 * at_share(costs, 0.99) if costs else None,
            timeline=tuple(self._samples),
        )
