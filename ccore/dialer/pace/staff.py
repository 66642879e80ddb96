"""The agents as last reported: who is idle, talks, wraps up, and since when."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum

from ccore.dialer.pace.cohorts import Cohorts

TALK_STEP_S = 5  # ages of talks are told apart by so much


class AgentState(IntEnum):
    """What an agent does."""

    OUT = 0
    IDLE = 1
    TALK = 2
    WRAP = 3
    PAUSE = 4


@dataclass(slots=True)
class Agent:
    """One agent: in ``state`` ``since`` then, with ``call``; ``leaving``: will not take another."""

    state: AgentState
    since: float
    leaving: bool = False
    call: Hashable = None


class Staff:
    """All agents who are logged in; those who talk or wrap up and stay, counted by age."""

    __slots__ = ("_known", "_numbers", "_staying_idle", "cohorts")

    def __init__(self) -> None:
        self._known: dict[Hashable, Agent] = {}
        self._numbers = dict.fromkeys(AgentState, 0)
        self._staying_idle = 0
        self.cohorts = {AgentState.TALK: Cohorts(TALK_STEP_S), AgentState.WRAP: Cohorts(1.0)}

    @property
    def idle(self) -> int:
        """How many wait for a call and stay."""
        return self._staying_idle

    @property
    def busy(self) -> int:
        """How many talk or wrap up."""
        return self._numbers[AgentState.TALK] + self._numbers[AgentState.WRAP]

    @property
    def working(self) -> int:
        """How many are idle or busy."""
        return self._numbers[AgentState.IDLE] + self.busy

    def get(self, key: Hashable) -> Agent | None:
        return self._known.get(key)

    def move(self, key: Hashable, state: AgentState, at: float) -> None:
        """The agent is in ``state`` from now on; whoever is out is forgotten."""
        agent = self._known.get(key)
        if agent is not None:
            self._count(agent, -1)
        if state == AgentState.OUT:
            self._known.pop(key, None)
            return
        staying = state in {AgentState.IDLE, AgentState.PAUSE}  # a leave that was announced has been taken, or not
        leaving = agent.leaving and not staying if agent else False
        call = agent.call if agent and state == AgentState.TALK else None
        self._known[key] = moved = Agent(state, at, leaving, call)
        self._count(moved, 1)

    def takes(self, key: Hashable, call: Hashable) -> None:
        """The agent has that call."""
        self._known[key].call = call

    def leaves(self, agent: Agent) -> None:
        """The agent will take no other call."""
        self._count(agent, -1)
        agent.leaving = True
        self._count(agent, 1)

    def _count(self, agent: Agent, by: int) -> None:
        self._numbers[agent.state] += by
        if agent.leaving:
            return
        if agent.state == AgentState.IDLE:
            self._staying_idle += by
        elif agent.state in self.cohorts:
            cohort = self.cohorts[agent.state]
            (cohort.join if by > 0 else cohort.leave)(agent.since)
