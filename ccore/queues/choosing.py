"""Whom app_queue has to choose for a caller, of the members of a line: its rules, as plain functions."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from ccore.centre.lines import OWN_LINE, lines, queue_of
from ccore.centre.queue import Queue, Strategy
from ccore.queues.membership import penalty
from ccore.queues.model import Agent, Presence, State
from ccore.queues.routing import max_penalty, stage

_TIER = 1_000_000  # app_queue's: a penalty goes before any rest or number of calls
_REST = 1_000_000  # what it takes the seconds of rest from
CLOCK_S = 1  # app_queue counts whole seconds, and tells of them a moment later


@dataclass(frozen=True, slots=True)
class Count:
    """What app_queue counts of a member: epoch seconds of the end of the last call (0: none) and of joining, calls.

    ``rest_s`` is the wrap-up of the queue of that last call, as app_queue has it.
    """

    last_call: int = 0
    calls: int = 0
    joined_at: int = 0
    rest_s: int = 0


class Candidate(NamedTuple):  # of each choice there is one for every member: at a third of what a dataclass costs
    """A member of a line. ``why_not`` they cannot be rung, in words; empty if they can.

    ``unsure``: that changed at about the moment of the choice, so app_queue may have seen it otherwise.
    """

    agent: str
    penalty: int
    why_not: str = ""
    counted: Count = Count()
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The penalties a caller accepts; ``next_maximum`` if a rule raised it at about the moment of the choice."""

    maximum: int
    minimum: int = 0
    next_maximum: int | None = None

    def accept(self, penalty: int) -> bool:
        """Whether such a member may be rung."""
        return self.minimum <= penalty <= self.maximum

    def may_accept(self, penalty: int) -> bool:
        """Whether app_queue may have thought so."""
        return self.accept(penalty) or (self.next_maximum is not None and self.minimum <= penalty <= self.next_maximum)


def limits(queue: Queue, waited_before_s: float, in_line_s: float) -> Limits:
    """What a caller accepts who came into the line after so much waiting and has been there for ``in_line_s``.

    app_queue counts the seconds in the line, from the stage that the caller came in at: ``lines.rule_of``.
    """
    begins_s, _ = queue.stages[stage(queue, waited_before_s)]
    waited_s = begins_s + in_line_s
    now, soon = max_penalty(queue, waited_s), max_penalty(queue, waited_s + CLOCK_S)
    return Limits(now, next_maximum=soon if soon != now else None)


@dataclass(frozen=True, slots=True)
class Best:
    """``chosen``: any one of them, nobody else; empty: nobody can be rung. ``because`` says of each of them why,
    ``others`` of each other member why not.
    """

    chosen: frozenset[str] = frozenset()
    because: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether app_queue chose as it has to. ``exact``: even without allowing for what is known to a second only.

    ``objection`` says what is wrong, empty if ``agreed``.
    """

    agreed: bool
    exact: bool
    best: Best
    objection: str = ""


class Rosters:
    """The penalties of all who may serve a line, signed in or not: worked out when asked for after a change."""

    def __init__(self, agents: Callable[[], Mapping[str, Agent]]) -> None:
        self._agents = agents
        self._queues: Mapping[str, Queue] = {}
        self._known: Mapping[str, Agent] = {}  # of whom the rosters are
        self._rosters: dict[str, Mapping[str, int]] = {}

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These are the queues from now on."""
        self._queues, self._rosters = queues, {}

    def of(self, line: str) -> Mapping[str, int]:
        """Agent → penalty; nobody if there is no such line."""
        if self._known is not self._agents():
            self._known, self._rosters = self._agents(), {}
        if line not in self._rosters:
            self._rosters[line] = roster(line, self._known, self._queues)
        return self._rosters[line]


def roster(line: str, agents: Mapping[str, Agent], queues: Mapping[str, Queue]) -> Mapping[str, int]:
    """The penalty of every agent who may serve the line."""
    if line == OWN_LINE:
        return {agent.number: agent.own_penalty for agent in agents.values()}
    if not (name := queue_of(line, queues)):
        return {}
    besides = lines(name, queues).get(line)
    if besides is None:  # of a file that was changed: whoever waits there is asked about soon
        return {}
    found = {agent.number: penalty(agent, queues[name], besides) for agent in agents.values()}
    return {agent: number for agent, number in found.items() if number is not None}


def best(
    queue: Queue,
    waited_s: float,
    members: Mapping[str, int],
    presences: Mapping[str, Presence],
    now: datetime,
    counts: Mapping[str, Count] | None = None,
) -> Best:
    """Whom a caller gets now who has waited so long in a line with these ``members`` (agent → penalty)."""
    known, seconds = counts or {}, int(now.timestamp())
    found = (
        candidate(agent, number, presences.get(agent), known.get(agent, Count()), seconds)
        for agent, number in members.items()
    )
    return choose(queue.strategy, Limits(max_penalty(queue, waited_s)), found, seconds)


def candidate(agent: str, number: int, presence: Presence | None, count: Count, now: int) -> Candidate:
    """A member with the penalty ``number`` as far as they are known at ``now``, in epoch seconds."""
    why_not = unready(presence)
    left_s = count.last_call + count.rest_s - now
    if not why_not and count.last_call and left_s > 0:
        why_not = f"wraps up for {left_s} s more"
    return Candidate(agent, number, why_not, count)


def unready(presence: Presence | None) -> str:
    """Why an agent cannot be rung, in words; empty if they can."""
    if presence is None or presence.state is State.SIGNED_OUT:
        return "signed out"
    if presence.state is State.READY:
        return ""
    if presence.state is State.PAUSED or presence.paused:
        return f"paused ({presence.reason})" if presence.reason else "paused"
    return {State.RINGING: "being rung", State.WRAP_UP: "wraps up"}.get(presence.state, presence.state.value)


def choose(strategy: Strategy, limits: Limits, candidates: Iterable[Candidate], now: int) -> Best:
    """The rules of app_queue: of those who can be rung the least penalty, then what the strategy says."""
    members = tuple(candidates)
    able = [each for each in members if not each.why_not and limits.accept(each.penalty)]
    if not able:
        return Best(others=dict(_others(strategy, limits, members, None, now)))
    metrics = [metric(strategy, each, now) for each in able]
    least = min(metrics)
    first = [each for each, one in zip(able, metrics, strict=True) if one == least]
    chosen = frozenset(each.agent for each in first)
    because = {each.agent: _because(strategy, each, len(first), now) for each in first}
    left = (each for each in members if each.agent not in chosen)
    return Best(chosen, because, dict(_others(strategy, limits, left, first[0], now)))


def metric(strategy: Strategy, member: Candidate, now: int) -> int:
    """What app_queue compares members by; the least is rung. In turn and at random it only knows penalties for us."""
    tier = member.penalty * _TIER
    match strategy:
        case "longest-idle":
            return tier + (_REST - (now - member.counted.last_call) if member.counted.last_call else 0)
        case "fewest-calls":
            return tier + member.counted.calls
        case "in-order":
            return tier + min(max(member.counted.joined_at - now + _REST // 2, 0), _TIER - 1)
    return tier


def judge(strategy: Strategy, limits: Limits, candidates: Iterable[Candidate], rung: str, now: int) -> Judgement:
    """Whether app_queue, which rang ``rung``, chose as it has to.

    It is wrong if whoever it rang surely could not be rung, or if somebody else surely could and surely goes before:
    by more than the second that times are known to. Of an ``unsure`` member nothing is sure.
    """
    members = tuple(candidates)
    found = choose(strategy, limits, members, now)
    if rung in found.chosen:
        return Judgement(True, True, found)
    objection = _objection(strategy, limits, members, rung, now)
    return Judgement(not objection, False, found, objection)


def _objection(strategy: Strategy, limits: Limits, members: tuple[Candidate, ...], rung: str, now: int) -> str:
    one = next((each for each in members if each.agent == rung), None)
    if one is None:
        return f"{rung} is no member of the line"
    if one.why_not and not one.unsure:
        return f"{rung} cannot be rung: {one.why_not}"
    if not limits.may_accept(one.penalty):
        return f"{rung} may not serve this caller yet: penalty {one.penalty}, up to {limits.maximum}"
    slack = CLOCK_S if strategy in {"longest-idle", "in-order"} else 0
    for other in members:
        sure = not other.why_not and not other.unsure and limits.accept(other.penalty)
        if sure and metric(strategy, other, now) + slack < metric(strategy, one, now):
            return f"{other.agent} goes before {rung}, who {_versus(strategy, other, one, now)}"
    return ""


def doubted(member: Candidate) -> Candidate:
    """The same, of whom nothing is sure."""
    return member._replace(unsure=True)


def _because(strategy: Strategy, member: Candidate, equals: int, now: int) -> str:
    tier = f"penalty {member.penalty} is the least of all who can be rung"
    measure = _measure(strategy, member, now)
    among = f"one of {equals} who are alike" if equals > 1 else "before all others"
    return f"{tier}; {measure}, {among}" if measure else f"{tier}, {among}"


def _measure(strategy: Strategy, member: Candidate, now: int) -> str:
    match strategy:
        case "longest-idle":
            last = member.counted.last_call
            return f"has rested for {now - last} s" if last else "has had no call since signing in"
        case "fewest-calls":
            return f"has had {member.counted.calls} calls since signing in"
        case "in-order":
            return f"signed in {now - member.counted.joined_at} s ago" if member.counted.joined_at else ""
    return ""


def _others(
    strategy: Strategy, limits: Limits, members: Iterable[Candidate], first: Candidate | None, now: int
) -> Iterator[tuple[str, str]]:
    for each in members:
        if each.why_not:
            yield each.agent, each.why_not
        elif not limits.accept(each.penalty):
            when = "not yet for this caller" if each.penalty > limits.maximum else "not for this caller"
            yield each.agent, f"{when}: penalty {each.penalty}"
        elif first is not None:
            yield each.agent, _versus(strategy, first, each, now)


def _versus(strategy: Strategy, first: Candidate, other: Candidate, now: int) -> str:
    """Why ``other`` is behind ``first``."""
    if other.penalty > first.penalty:
        return f"is less skilled: penalty {other.penalty}, not {first.penalty}"
    return _measure(strategy, other, now) or "not in turn"
