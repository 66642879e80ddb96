"""Who goes first, by which line and with whom a caller may speak: ccore's decisions that app_queue carries out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccore.centre.lines import equal_from_s, is_aged, line_of, lines, most_penalty, rule_of, weight_of, young_line
from ccore.centre.queue import Queue
from ccore.queues.model import Agent, Caller, Presence, State

REACHABLE = frozenset({State.READY, State.RINGING, State.TALKING, State.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One who waits now. ``priority`` is what app_queue knows; ``came_at`` counts all the waiting."""

    call_key: str
    line: str
    queue: str
    tier: str
    menu_priority: int
    came_at: datetime
    priority: int


@dataclass(frozen=True, slots=True)
class Entry:
    """How a caller enters: the variables of Queue(), and why they are so.

    ``rule`` is the one of queuerules.conf that relaxes what is wanted from here on. ``sticky`` is the agent who has a
    head start of ``head_start_s``, or ""; ``sticky_why`` says why so or why not. ``position`` is the place in the line,
    from 1; ``ahead`` go before, in this line and in that of the same callers who have waited longer. ``reasons`` are
    sentences.
    """

    queue: str
    line: str
    priority: int
    max_penalty: int
    rule: str
    sticky: str
    head_start_s: int
    sticky_why: str
    position: int
    ahead: int
    reasons: tuple[str, ...]


def priority(queue: Queue, tier: str, menu_priority: int, waited_s: float) -> int:
    """What app_queue sorts callers by, who have waited so long in all; the highest is served first.

    Nobody's grows beyond what the best customer begins with or ``ceiling``, whichever is more: so everybody gets
    as far, and whoever has got there is overtaken by nobody who comes after.
    """
    most = most_priority(queue)
    return min(min(_first(queue, tier, menu_priority), most) + int(max(waited_s, 0)) // queue.priority.ageing_s, most)


def most_priority(queue: Queue) -> int:
    """As far as waiting, or being anybody, takes a caller of this queue."""
    return max(queue.priority.ceiling, *queue.priority.classes.values(), 0)


def _first(queue: Queue, tier: str, menu_priority: int) -> int:
    return queue.priority.classes.get(tier, 0) + menu_priority


def stage(queue: Queue, waited_s: float) -> int:
    """Up to which of ``Queue.stages`` agents may serve a caller who has waited so long."""
    return sum(after_s <= waited_s for after_s, _ in queue.stages[1:])


def max_penalty(queue: Queue, waited_s: float) -> int:
    """QUEUE_MAX_PENALTY after so much waiting: a stage's agents have ten penalties."""
    return most_penalty(stage(queue, waited_s))


def entry(
    queues: Mapping[str, Queue],
    name: str,
    caller: Caller,
    agents: Mapping[str, Agent],
    presences: Mapping[str, Presence],
    waiting: Iterable[Waiting],
    now: datetime,
) -> Entry:
    """How ``caller`` enters the queue ``name``, or comes back to it after a wait elsewhere."""
    queue, waited_s = queues[name], (now - caller.came_at).total_seconds()
    line = line_of(name, queues, caller.language, waited_s)
    number = priority(queue, caller.tier, caller.menu_priority, waited_s)
    besides = lines(name, queues)[line]
    sticky, why = _sticky(queue, besides, caller, agents, presences)
    there = [each for each in waiting if young_line(each.line) == young_line(line)]
    before = sum(_before(each, number, caller.came_at) for each in there if each.line == line)
    aged = sum(is_aged(each.line) for each in there) if not is_aged(line) else 0
    return Entry(
        queue=name,
        line=line,
        priority=number,
        max_penalty=max_penalty(queue, waited_s),
        rule=rule_of(name, stage(queue, waited_s)),
        sticky=sticky,
        head_start_s=queue.sticky.head_start_s if queue.sticky and sticky else 0,
        sticky_why=why,
        position=before + 1,
        ahead=before + aged,
        reasons=tuple(_reasons(queues, name, line, caller, number, waited_s)),
    )


def _reasons(
    queues: Mapping[str, Queue], name: str, line: str, caller: Caller, number: int, waited_s: float
) -> Iterable[str]:
    queue, besides = queues[name], " and ".join(lines(name, queues)[line])
    yield f"line {line}" + (f": callers in {caller.language} need {besides} besides" if besides else "")
    if is_aged(line):
        yield f"has waited for {equal_from_s(name, queues)} s: no queue of more weight goes before"
    first = _first(queue, caller.tier, caller.menu_priority)
    of = f"class {caller.tier}" if queue.priority.classes.get(caller.tier) else "no class with a priority"
    menu = f" and {caller.menu_priority} from the menu" if caller.menu_priority else ""
    aged = f", with {waited_s:.0f} s of waiting" if number > min(first, most_priority(queue)) else ""
    yield f"priority {number}: {of}{menu}{aged}"
    wants = " and ".join(f"{skill} {level}" for skill, level in queue.stages[stage(queue, waited_s)][1].items())
    yield f"agents with {wants}" if wants else "any agent"


def _sticky(
    queue: Queue,
    besides: Mapping[str, int],
    caller: Caller,
    agents: Mapping[str, Agent],
    presences: Mapping[str, Presence],
) -> tuple[str, str]:
    """The agent who has a head start and why, or "" and why nobody has."""
    if queue.sticky is None:
        return "", "the queue keeps no agent for a caller"
    if not caller.sticky:
        return "", f"nobody of this queue has talked with this caller within {queue.sticky.within_days} days"
    agent, presence = agents.get(caller.sticky), presences.get(caller.sticky)
    if agent is None:
        return "", f"agent {caller.sticky} served them last and is no agent any more"
    if why := _away(presence, caller.call_key.partition("!")[0]):
        return "", f"agent {caller.sticky} served them last and is {why}"
    wants = {**queue.stages[-1][1], **besides}
    if short := [skill for skill, level in wants.items() if agent.skills.get(skill, 0) < level]:
        return "", f"agent {caller.sticky} served them last and has not enough {' and '.join(short)} any more"
    return caller.sticky, f"agent {caller.sticky} served them last"


def _away(presence: Presence | None, node: str) -> str:
    """Why an agent cannot come to a caller at ``node``; "" if they can, now or soon."""
    if presence is None or presence.device is None or presence.state is State.SIGNED_OUT:
        return "signed out"
    if presence.device.node != node:
        return f"at another node, {presence.device.node}"
    if presence.paused or presence.state is State.PAUSED:
        return f"paused ({presence.reason})" if presence.reason else "paused"
    return "" if presence.state in REACHABLE else presence.state.value


def _before(other: Waiting, number: int, came_at: datetime) -> bool:
    """app_queue puts a caller behind those of the same priority; ccore puts who comes back where his waiting is."""
    return (-other.priority, other.came_at) <= (-number, came_at)


def next_caller(waiting: Sequence[Waiting], queues: Mapping[str, Queue]) -> frozenset[str]:
    """Whom an agent gets next who may serve all of ``waiting``, by call key; more than one where nothing decides.

    Each line offers its first caller: the highest priority, then the longest wait. Between lines their weight decides;
    of those alike app_queue takes whichever asks first.
    """
    firsts: dict[str, Waiting] = {}
    for each in sorted(waiting, key=lambda each: (-each.priority, each.came_at)):
        firsts.setdefault(each.line, each)
    weights = {each.call_key: weight_of(each.line, queues) for each in firsts.values()}
    return frozenset(key for key, weight in weights.items() if weight == max(weights.values()))


def first_of_equals(waiting: Sequence[Waiting], queues: Mapping[str, Queue]) -> Waiting | None:
    """Of those whom ``next_caller`` leaves to chance who has waited longest; None if nothing is left to it.

    Who has waited so long that the weight of the queue counts no more has waited since then: as one who came to a queue
    of the highest weight at that moment.
    """
    alike = next_caller(waiting, queues)
    found = [each for each in waiting if each.call_key in alike]
    return min(found, key=lambda each: _equal_since(each, queues)) if len(found) > 1 else None


def _equal_since(caller: Waiting, queues: Mapping[str, Queue]) -> datetime:
    equal_s = equal_from_s(caller.queue, queues) if is_aged(caller.line) else None
    return caller.came_at + timedelta(seconds=equal_s or 0)
