"""Judges a choice of app_queue some seconds later, by what was true when it chose."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ccore.centre.lines import OWN_LINE, queue_of, weight_of
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.queues.choosing import (
    Candidate,
    Judgement,
    Limits,
    Rosters,
    candidate,
    doubted,
    judge,
    limits,
    unready,
)
from ccore.queues.counts import Counts
from ccore.queues.history import History
from ccore.queues.model import Agent, Presence

KEPT_S = 60.0
BEFORE_S = 0.01  # the moment before the ringing, which makes the agent a ringing one
# app_queue may still have known of what changed less than this before; what it was told is true of it by then.
SETTLED_S = 3.0
CLAIMED_S = 0.5  # between taking an agent for one of two callers who come at once, and the ringing
LATE_S = 1.0  # facts bear Asterisk's clock, presences ours, and each is some milliseconds late


@dataclass(frozen=True, slots=True)
class Rung:
    """A line rang an agent at a moment, in epoch seconds of Asterisk's clock; ccore hears ``lag_s`` late."""

    node: str
    line: str
    agent: str
    at: float
    lag_s: float = 0.0


@dataclass(slots=True)
class Wait:
    """Somebody waits in a line, epoch seconds."""

    since: float
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class Stay:
    """The caller's stay in the line until then: epoch seconds of coming (all the waiting) and of joining the line.

    ``sticky`` is whom they wait for in the line of head starts. ``tried`` were rung before in the same attempt, which
    began at ``attempt_at``: app_queue looks only once at who is free.
    """

    came_at: float
    joined_at: float
    sticky: str = ""
    tried: frozenset[str] = frozenset()
    attempt_at: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement, with what it was made of: ``free_since`` (epoch seconds) is the agent's, if that is known."""

    judgement: Judgement
    limits: Limits
    penalty: int | None
    free_since: float | None


class Hindsight:
    """Keeps what was true for a minute: what agents did, and who waited where."""

    def __init__(self, agents: Callable[[], Mapping[str, Agent]], rosters: Rosters, counts: Counts) -> None:
        self._agents = agents
        self._rosters = rosters
        self._counts = counts
        self._presences: History[str, Presence] = History(KEPT_S)
        self._waits: dict[tuple[str, str], dict[str, Wait]] = {}  # by node and line, and caller
        self._rang: dict[str, float] = {}  # agents, and when they were rung last
        self._queues: Mapping[str, Queue] = {}

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These are the queues from now on."""
        self._queues = queues

    def presence_changed(self, before: Presence, after: Presence) -> None:
        """An agent does something else."""
        if self._presences.now(after.agent) is None:
            self._presences.note(after.agent, before.since.timestamp(), before)
        moment = after.since if after.state is not before.state else utc_now()
        self._presences.note(after.agent, moment.timestamp(), after)

    def known(self, presences: Mapping[str, Presence]) -> None:
        """What agents do of whom nothing has changed yet."""
        for agent, presence in presences.items():
            if self._presences.now(agent) is None:
                self._presences.note(agent, presence.since.timestamp(), presence)

    def rings(self, agent: str, at: float) -> None:
        """A line rings an agent."""
        self._rang[agent] = at

    def came(self, node: str, line: str, caller: str, at: float) -> None:
        """A caller waits in a line."""
        waits = self._waits.setdefault((node, line), {})
        waits[caller] = Wait(at)
        while (oldest := next(iter(waits.items())))[1].until < at - KEPT_S:
            del waits[oldest[0]]

    def left(self, node: str, line: str, caller: str, at: float) -> None:
        """A caller waits there no more."""
        if wait := self._waits.get((node, line), {}).get(caller):
            wait.until = at

    def verdict(self, rung: Rung, stay: Stay) -> Verdict:
        """Whether that was the right agent."""
        allowed = self._limits(rung, stay)
        members = tuple(self._members(rung, stay))
        strategy = "in-order" if rung.line == OWN_LINE else self._queue(rung.line).strategy
        one = next((each for each in members if each.agent == rung.agent), None)
        presence = self._presences.at(rung.agent, rung.at - BEFORE_S)
        return Verdict(
            judge(strategy, allowed, members, rung.agent, int(rung.at)),
            allowed,
            one.penalty if one else None,
            presence.since.timestamp() if presence and not unready(presence) else None,
        )

    def _limits(self, rung: Rung, stay: Stay) -> Limits:
        if rung.line == OWN_LINE:
            own = self._agents()[stay.sticky].own_penalty if stay.sticky in self._agents() else -1
            return Limits(own, own)
        return limits(self._queue(rung.line), stay.joined_at - stay.came_at, rung.at - stay.joined_at)

    def _queue(self, line: str) -> Queue:
        return self._queues.get(queue_of(line, self._queues)) or Queue()

    def _members(self, rung: Rung, stay: Stay) -> Iterator[Candidate]:
        for agent, penalty in self._rosters.of(rung.line).items():
            presence = self._presences.at(agent, rung.at - BEFORE_S)
            if presence is None or presence.device is None or presence.device.node != rung.node:
                presence = None
            elif agent in stay.tried and agent != rung.agent:
                yield Candidate(agent, penalty, "was rung just before, in vain", unsure=True)
                continue
            count = self._counts.at(rung.node, rung.line, agent, rung.at - BEFORE_S)
            member = candidate(agent, penalty, presence, count, int(rung.at))
            if agent != rung.agent and not self._counts.knows(rung.node, rung.line, agent):
                member = member._replace(why_not=member.why_not or "not in Asterisk's line yet", unsure=True)
            if agent != rung.agent and abs(self._rang.get(agent, 0.0) - rung.at) < CLAIMED_S:
                member = member._replace(why_not=member.why_not or "rung for another caller", unsure=True)
            if kept := self._kept_for(rung, agent):
                member = member._replace(why_not=member.why_not or f"kept for {kept}", unsure=True)
            yield doubted(member) if self._is_unsure(rung, stay, agent, member) else member

    def _is_unsure(self, rung: Rung, stay: Stay, agent: str, member: Candidate) -> bool:
        """Whether app_queue may have seen them otherwise: because something of them changed at about that moment."""
        late_s = LATE_S + rung.lag_s
        settled = (SETTLED_S if agent != rung.agent else LATE_S) + rung.lag_s
        begin = min(rung.at - settled, stay.attempt_at - late_s if stay.attempt_at else rung.at)
        seen = {bool(unready(each)) for each in self._presences.during(agent, begin, rung.at + late_s)}
        rests = member.counted.last_call + member.counted.rest_s - rung.at if member.counted.last_call else -settled
        counted = self._counts.calls_changed(rung.node, rung.line, agent, begin, rung.at + late_s)
        return len(seen) > 1 or counted or -settled < rests < late_s + 1

    def _kept_for(self, rung: Rung, agent: str) -> str:
        """The line with more weight that has no fewer callers than free agents: app_queue keeps its members for it.

        It looks at that while it chooses, so what was true at any time about then may have been what it saw.
        """
        begin, end = rung.at - SETTLED_S - rung.lag_s, rung.at + LATE_S + rung.lag_s
        for node, line in self._waits:
            weighs = node == rung.node and weight_of(line, self._queues) > weight_of(rung.line, self._queues)
            if rung.line != OWN_LINE and weighs and agent in (roster := self._rosters.of(line)):
                free = sum(not any(map(unready, self._presences.during(each, begin, end))) for each in roster)
                if (callers := self._callers(rung.node, line, begin, end)) and callers >= free:
                    return line
        return ""

    def _callers(self, node: str, line: str, begin: float, end: float) -> int:
        return sum(wait.since <= end and begin < wait.until for wait in self._waits[node, line].values())
