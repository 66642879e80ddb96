"""Other ways to pace, to measure ours against: one line per idle agent, a fixed ratio, and an adaptive level."""

from collections import deque
from typing import Literal, NamedTuple

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.pacer import Agent, Call


class Wanted(NamedTuple):
    """A baseline's decision."""

    start: int
    hang_up: tuple[Call, ...] = ()


NOTHING = Wanted(0)


class Counting:
    """Counts what it is told, as every baseline does."""

    def __init__(self) -> None:
        self._states: dict[Agent, AgentState] = {}
        self._agents = [0] * len(AgentState)
        self._open: set[Call] = set()  # neither answered nor failed yet
        self.waiting = 0
        self.talks = 0
        self.attempts = self.answers = self.abandonments = 0

    @property
    def idle(self) -> int:
        """Agents who wait for a call."""
        return self._agents[AgentState.IDLE]

    @property
    def open(self) -> int:
        """Calls nobody has answered yet."""
        return len(self._open)

    def in_state(self, *states: AgentState) -> int:
        """Agents in these."""
        return sum(self._agents[state] for state in states)

    def placed(self, _at: float, call: Call) -> None:
        self._open.add(call)
        self.attempts += 1

    def ringing(self, _at: float, call: Call) -> None:
        """Baselines do not look at how far a call is."""

    def picked_up(self, _at: float, call: Call) -> None:
        """Nor at whether a machine is being looked for."""

    def answered(self, _at: float, call: Call) -> None:
        self._open.discard(call)
        self.waiting += 1
        self.answers += 1

    def connected(self, _at: float, call: Call, agent: Agent) -> None:
        self.waiting -= 1
        self.talks += 1

    def ended(self, _at: float, call: Call) -> None:
        self.talks -= 1

    def abandoned(self, _at: float, call: Call) -> None:
        self.waiting -= 1
        self.abandonments += 1

    def failed(self, _at: float, call: Call, cause: str) -> None:
        self._open.discard(call)

    def agent(self, _at: float, agent: Agent, state: AgentState) -> None:
        self._agents[self._states.get(agent, AgentState.OUT)] -= 1
        self._states[agent] = state
        self._agents[state] += 1

    def agent_leaving(self, _at: float, agent: Agent) -> None:
        """Baselines do not know of it."""

    def decide(self, at: float, free_channels: int) -> Wanted:
        """Nothing, unless a baseline says more."""
        return NOTHING


class ByHand(Counting):
    """Nobody paces: each agent looks numbers up and dials them (see ``byhand.py``)."""


class Progressive(Counting):
    """One line for each idle agent."""

    def decide(self, at: float, free_channels: int) -> Wanted:
        return Wanted(self.idle - self.open - self.waiting)


class FixedRatio(Counting):
    """So many lines for each idle agent."""

    def __init__(self, ratio: float) -> None:
        super().__init__()
        self._ratio = ratio

    def decide(self, at: float, free_channels: int) -> Wanted:
        return Wanted(int(self._ratio * self.idle) - self.open - self.waiting)


Method = Literal["hard-limit", "average", "tapered"]


class AdaptiveLevel(Counting):
    """Lines by a level that follows the agents who are ready, as VICIdial publishes it, with its default settings.

    Each 2.5 s: as many lines as the level times the agents who are ready or in a call. Each 15 s the level follows the
    agents who were ready, less the calls that waited, on average of the agents; above the day's limit it is cut.
    """

    DIAL_EVERY_S = 2.5
    SAMPLE_EVERY_S = 1.0
    SAMPLES = 15
    LEVEL_EVERY_S = 15.0
    DROPS_EVERY_S = 60.0
    LEAST_CALLS = 50  # before the day's drops count
    LEAST_LAST_MINUTE = 20

    def __init__(
        self, length_s: float, limit: float = 0.03, most: float = 3.0, method: Method = "tapered",
        ready_only: bool = False, target: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self._length_s, self._limit, self._most = length_s, limit, most
        self._method, self._ready_only, self._target = method, ready_only, target
        self.level = 1.0
        self._samples: deque[tuple[int, int]] = deque(maxlen=self.SAMPLES)  # ready less waiting, and all agents
        self._sample_at = self._drops_at = self._dial_at = 0.0
        self._level_at = self.LEVEL_EVERY_S
        self._over_limit = False
        self._minute = (0, 0)  # attempts and abandonments until the last
        self._half_dropped = False

    def decide(self, at: float, free_channels: int) -> Wanted:
        if at >= self._sample_at:
            self._sample_at = at + self.SAMPLE_EVERY_S
            staff = self.in_state(AgentState.IDLE, AgentState.TALK, AgentState.WRAP, AgentState.PAUSE)
            self._samples.append((self.idle - self.waiting, staff))
        if at >= self._drops_at:
            self._drops_at = at + self.DROPS_EVERY_S
            self._look_at_drops()
        if at >= self._level_at and self._samples:
            self._level_at = at + self.LEVEL_EVERY_S
            self.level = self._next_level(at)
        if at < self._dial_at:
            return NOTHING
        self._dial_at = at + self.DIAL_EVERY_S
        return Wanted(self._goal() - self.open - self.waiting - self.talks)

    def _goal(self) -> int:
        if self._ready_only:
            return int(self.level * max(0, self.idle) + self.talks + 0.5)
        return int(self.level * max(0, self.in_state(AgentState.IDLE, AgentState.TALK) + self._target) + 0.5)

    def _look_at_drops(self) -> None:
        rate = self.abandonments / max(self.answers, 1)
        self._over_limit = self.attempts > self.LEAST_CALLS and rate > self._limit
        attempts, drops = self.attempts - self._minute[0], self.abandonments - self._minute[1]
        self._half_dropped = attempts > self.LEAST_LAST_MINUTE and drops > 0.5 * attempts
        self._minute = (self.attempts, self.abandonments)

    def _next_level(self, at: float) -> float:
        ready = sum(sample[0] for sample in self._samples) / len(self._samples) + self._target
        staff = sum(sample[1] for sample in self._samples) / len(self._samples)
        level = max(1.0, min(self._most, self.level * (1.0 + (ready / staff if staff else 0.0))))
        level /= 2 if self._half_dropped else 1
        if self._over_limit:
            level = self._cut(level, at)
        return max(level, 1.0)

    def _cut(self, level: float, at: float) -> float:
        if self._method == "hard-limit":
            return 1.0
        if self._method == "average":
            return level / 2
        hundredths = (self._length_s - at) / 36.0  # of hours left, as its clock arithmetic has it
        return level if hundredths > 1000 else level * hundredths / 1000.0
