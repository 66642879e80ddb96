"""Simulated worlds for tests: small ones, and a pacer that watches over what another is told."""

import math
from collections import Counter
from collections.abc import Sequence

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation import Journal, Pacer, Result, Scenario, run
from ccore.dialer.simulation.log import AgentLog, AttemptLog
from ccore.dialer.simulation.pacer import Agent, Call, Start
from ccore.dialer.simulation.scenario import AnswerRate

# What may be told of a call after what; "" is before it was placed.
LEGAL = {
    "": {"placed"},
    "placed": {"ringing", "failed"},
    "ringing": {"picked_up", "answered", "failed"},
    "picked_up": {"answered", "failed"},
    "answered": {"connected", "abandoned"},
    "connected": {"ended"},
    "ended": set(),
    "abandoned": set(),
    "failed": set(),
}
CAUSES = {"noanswer", "busy", "invalid", "machine", "cancelled"}


def small(agents: int = 20, hours: float = 1.0, rate: float = 0.3, **others: object) -> Scenario:
    """A world like the shipped ones."""
    return Scenario.model_validate(
        {"title": "small", "agents": agents, "hours": hours, "answers": AnswerRate(rate=rate), **others}
    )


def logged(scenario: Scenario, pacer: Pacer, seed: int = 1) -> tuple[Result, list[AttemptLog], list[AgentLog]]:
    """A run, its attempts in the order they were placed, and its agents' states in time."""
    journal = Journal(scenario)
    result = run(scenario, seed, pacer, journal=journal)
    attempts = sorted((row for row in journal.rows if isinstance(row, AttemptLog)), key=lambda row: row.placed_at)
    return result, attempts, [row for row in journal.rows if isinstance(row, AgentLog)]


class Watched:
    """Passes everything on to a pacer, and fails if what it is told cannot be."""

    def __init__(self, pacer: Pacer, lag_s: float = 0.0) -> None:
        self._pacer = pacer
        self._lag_s = lag_s
        self._newest, self._decided = -math.inf, 0.0
        self._calls: dict[Call, str] = {}
        self._states: dict[Agent, AgentState] = {}
        self.told: Counter[str] = Counter()
        self.placed_at: list[float] = []
        self.leaving: set[Agent] = set()

    def placed(self, at: float, call: Call) -> None:
        self._calls[call] = self._next("", "placed")
        self.placed_at.append(at)
        self._pacer.placed(at, call)

    def ringing(self, at: float, call: Call) -> None:
        self._tell(at, call, "ringing")
        self._pacer.ringing(at, call)

    def picked_up(self, at: float, call: Call) -> None:
        self._tell(at, call, "picked_up")
        self._pacer.picked_up(at, call)

    def answered(self, at: float, call: Call) -> None:
        self._tell(at, call, "answered")
        self._pacer.answered(at, call)

    def connected(self, at: float, call: Call, agent: Agent) -> None:
        self._tell(at, call, "connected")
        assert self._states[agent] is AgentState.TALK
        self._pacer.connected(at, call, agent)

    def ended(self, at: float, call: Call) -> None:
        self._tell(at, call, "ended")
        self._pacer.ended(at, call)

    def abandoned(self, at: float, call: Call) -> None:
        self._tell(at, call, "abandoned")
        assert AgentState.IDLE not in self._states.values()
        self._pacer.abandoned(at, call)

    def failed(self, at: float, call: Call, cause: str) -> None:
        assert cause in CAUSES
        self._tell(at, call, "failed")
        self.told[cause] += 1
        self._pacer.failed(at, call, cause)

    def agent(self, at: float, agent: Agent, state: AgentState) -> None:
        self._time(at)
        before = self._states.get(agent, AgentState.OUT)
        assert state is not before
        assert state is not AgentState.TALK or before is AgentState.IDLE
        assert state is not AgentState.WRAP or before is AgentState.TALK
        self._states[agent] = state
        self._pacer.agent(at, agent, state)

    def agent_leaving(self, at: float, agent: Agent) -> None:
        self._time(at)
        assert self._states[agent] in {AgentState.TALK, AgentState.WRAP}
        self.leaving.add(agent)
        self._pacer.agent_leaving(at, agent)

    def decide(self, at: float, free_channels: int) -> Start:
        assert at >= self._decided
        assert self._newest <= at - self._lag_s + 1e-9
        assert free_channels >= 0
        self._decided = at
        return self._pacer.decide(at, free_channels)

    def _tell(self, at: float, call: Call, what: str) -> None:
        self._time(at)
        self._calls[call] = self._next(self._calls[call], what)

    def _next(self, before: str, what: str) -> str:
        assert what in LEGAL[before], f"{what} after {before}"
        self.told[what] += 1
        return what

    def _time(self, at: float) -> None:
        assert at >= self._newest
        self._newest = at


def busiest_second(times: Sequence[float]) -> int:
    """The most of these times (in ascending order) that are within one second."""
    most = first = 0
    for index, at in enumerate(times):
        while times[first] < at - 1.0:
            first += 1
        most = max(most, index - first + 1)
    return most
