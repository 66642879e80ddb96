"""The agents of a simulated world: when they come, go and pause, and how long they were in each state."""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.scenario import Breaks, Presence, Scenario


class Move(NamedTuple):
    """What an agent does at a time: ``to`` IDLE is to log in or to come back.

    A pause of ``for_s`` is as long whenever it begins; without it, the agent comes back at a move of its own.
    """

    at: float
    agent: int
    to: AgentState
    for_s: float | None = None
    notice: bool = False  # whether the pacer is told, if they are in a call


class Agent:
    """One agent, and the seconds they have been in each state."""

    __slots__ = (
        "dialling", "free_at", "leaves_at", "leaving_for_s", "leaving_to", "number", "seconds", "since", "state",
        "turn",
    )  # fmt: skip

    def __init__(self, number: int, leaves_at: tuple[float, ...]) -> None:
        self.number = number
        self.leaves_at = leaves_at  # known to the oracle alone
        self.state = AgentState.OUT
        self.since = 0.0
        self.seconds = [0.0] * len(AgentState)  # by state
        self.turn = 0  # counts changes of state: a place in the line of idle agents is worth nothing after one
        self.free_at = 0.0  # when the call they are in, and its wrap-up, are over
        self.leaving_to: AgentState | None = None  # after this call
        self.leaving_for_s: float | None = None
        self.dialling = False  # by hand

    def turn_to(self, at: float, state: AgentState) -> None:
        """Count the state that ends, and begin another."""
        self.seconds[self.state] += at - self.since
        self.state, self.since = state, at
        self.turn += 1

    def leaves(self, to: AgentState, for_s: float | None) -> None:
        """They mean to, after this call; of two pauses they had meant to make since, both are made."""
        both = self.leaving_for_s is not None and for_s is not None and to is AgentState.PAUSE
        self.leaving_to = to
        self.leaving_for_s = (self.leaving_for_s or 0.0) + (for_s or 0.0) if both else for_s

    def stays(self) -> None:
        """They mean to leave no more."""
        self.leaving_to = self.leaving_for_s = None

    def next_leave(self, after: float) -> float:
        """When they leave next."""
        index = bisect_right(self.leaves_at, after)
        return self.leaves_at[index] if index < len(self.leaves_at) else math.inf


def moves(scenario: Scenario, seed: int) -> tuple[Move, ...]:
    """All that the agents of a scenario mean to do, whatever calls come."""
    dice = random.Random(seed * 104_729 + 3)  # noqa: S311 - dice, no secret
    staff, agents = scenario.staff, range(scenario.agents)
    if staff.measured:
        return tuple(move for agent in agents for move in _seen(agent, staff.measured[agent % len(staff.measured)]))
    leavers = range(int(scenario.agents * staff.leave.share)) if staff.leave else range(0)
    planned = [Move(dice.random() * staff.log_in_within_s, agent, AgentState.IDLE) for agent in agents]
    if staff.leave is not None:
        planned += [Move(staff.leave.at_s, agent, AgentState.OUT, notice=staff.leave.notice) for agent in leavers]
    if staff.breaks is not None:
        planned += _breaks(scenario, staff.breaks, dice)
    if staff.leave is not None:  # who has gone home does not come back from a break
        planned = [move for move in planned if move.agent not in leavers or move.at <= staff.leave.at_s]
    return tuple(planned)


def staffed(scenario: Scenario, planned: tuple[Move, ...]) -> tuple[Agent, ...]:
    """The agents, still at home."""
    leaves: list[list[float]] = [[] for _ in range(scenario.agents)]
    for move in planned:
        if move.to is not AgentState.IDLE:
            leaves[move.agent].append(move.at)
    return tuple(Agent(number, tuple(sorted(times))) for number, times in enumerate(leaves))


def _breaks(scenario: Scenario, breaks: Breaks, dice: random.Random) -> Iterator[Move]:
    least_s, most_s = breaks.lengths_s
    at = breaks.first_s
    while at < scenario.length_s:
        for agent in range(scenario.agents):
            if dice.random() < breaks.share:
                leaves_at = at + breaks.within_s * dice.random()
                yield Move(leaves_at, agent, AgentState.PAUSE, notice=True)
                yield Move(leaves_at + least_s + (most_s - least_s) * dice.random(), agent, AgentState.IDLE)
        at += breaks.every_s
    for agent in range(scenario.agents):
        yield from _alone(scenario, breaks, dice, agent)


def _alone(scenario: Scenario, breaks: Breaks, dice: random.Random, agent: int) -> Iterator[Move]:
    at = breaks.alone_first_s + dice.expovariate(1 / breaks.alone_every_s)
    while at < scenario.length_s:
        yield Move(at, agent, AgentState.PAUSE, notice=True)
        length_s = breaks.alone_least_s + dice.expovariate(1 / breaks.alone_more_s)
        yield Move(at + length_s, agent, AgentState.IDLE)
        at += length_s + dice.expovariate(1 / breaks.alone_every_s)


def _seen(agent: int, day: tuple[Presence, ...]) -> Iterator[Move]:
    for presence in day:
        yield Move(presence.from_s, agent, AgentState.IDLE)
        for at, for_s in presence.pauses_s:
            yield Move(at, agent, AgentState.PAUSE, for_s)
        yield Move(presence.to_s, agent, AgentState.OUT)
