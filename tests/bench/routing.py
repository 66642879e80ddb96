"""What it takes to decide for a caller at 1,000 agents with 50 skills, beside the obvious way in the same run.

**Load.** 20 queues that want up to three skills of 50 each, at three levels of relaxation, some with a language that
needs a skill of its own; 1,000 agents with 10 skills each, in all states; 200 callers wait. A decision is all that is
decided for a call: how it enters its queue (``routing.entry``), and whom it gets now (``choosing.best``).

**Baseline.** Every agent's memberships of that queue worked out from their skills at each call, as one would write it
down first. Rounds of both alternate. Times are of the CPU: a decision waits for nothing, and what else the machine does
is no part of it, nor what PostgreSQL takes.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ccore.centre.lines import lines
from ccore.centre.queue import Priority, Queue, Relaxation, Sticky
from ccore.queues.choosing import Best, Count, Rosters, best, roster
from ccore.queues.model import Agent, Caller, Device, Presence, State
from ccore.queues.routing import Entry, Waiting, entry
from tests.bench import Figure

AGENTS, SKILLS, QUEUES, WAITING = 1000, 50, 20, 200
CALLS = 400
ROUNDS = 3
GOAL_P99_MS = 5.0
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Centre:
    """All that decisions are made of."""

    queues: Mapping[str, Queue]
    agents: Mapping[str, Agent]
    presences: Mapping[str, Presence]
    counts: Mapping[str, Count]
    waiting: list[Waiting]
    callers: list[tuple[str, Caller]]


def run() -> list[Figure]:
    """Both ways in turn."""
    centre = _centre(random.Random(5))
    began = time.perf_counter()
    known = Rosters(lambda: centre.agents)
    known.use(centre.queues)
    every = [line for name in centre.queues for line in lines(name, centre.queues)]
    for line in every:
        known.of(line)
    made_ms = (time.perf_counter() - began) * 1000 / len(every)
    sides: list[tuple[Callable[[str, Caller, Entry], Best], list[float]]] = [
        (lambda name, caller, entered: _best(centre, known.of(entered.line), name, caller), []),
        (lambda name, caller, entered: _best(centre, _recomputed(centre, entered.line), name, caller), []),
    ]
    for _ in range(ROUNDS):
        for choose, took in sides:
            took.extend(_round(centre, choose))
    return _figures(sides[0][1], sides[1][1], made_ms)


def _round(centre: Centre, choose: Callable[[str, Caller, Entry], Best]) -> list[float]:
    took = []
    for name, caller in centre.callers:
        began = time.thread_time()
        entered = entry(centre.queues, name, caller, centre.agents, centre.presences, centre.waiting, NOW)
        choose(name, caller, entered)
        took.append((time.thread_time() - began) * 1000)
    return took


def _best(centre: Centre, roster: Mapping[str, int], name: str, caller: Caller) -> Best:
    waited_s = (NOW - caller.came_at).total_seconds()
    return best(centre.queues[name], waited_s, roster, centre.presences, NOW, centre.counts)


def _recomputed(centre: Centre, line: str) -> Mapping[str, int]:
    return roster(line, centre.agents, centre.queues)


def _figures(ours: list[float], plain: list[float], made_ms: float) -> list[Figure]:
    name = f"a decision at {AGENTS} agents x {SKILLS} skills"
    worst, worst_plain = (sorted(took)[int(len(took) * 0.99)] for took in (ours, plain))
    return [
        Figure(f"{name}, median", statistics.median(ours), "ms", statistics.median(plain), "reported only", None),
        Figure(f"{name}, p99", worst, "ms", worst_plain, f"at most {GOAL_P99_MS:.0f} ms", worst <= GOAL_P99_MS),
        Figure(f"{name}, a line's members after a change", made_ms, "ms", None, "reported only", None),
    ]


def _centre(dice: random.Random) -> Centre:
    skills = [f"skill-{number}" for number in range(SKILLS)]
    queues = {f"queue-{number}": _queue(dice, skills) for number in range(QUEUES)}
    agents = {
        str(2000 + number): Agent(
            str(2000 + number), "", {skill: dice.randint(1, 9) for skill in dice.sample(skills, 10)}, own_penalty=number
        )
        for number in range(AGENTS)
    }
    states = [State.READY, State.READY, State.TALKING, State.TALKING, State.WRAP_UP, State.PAUSED]
    presences = {
        number: Presence(number, dice.choice(states), NOW - timedelta(seconds=30), Device("phone", number, "node1"))
        for number in agents
    }
    second = int(NOW.timestamp())
    counts = {number: Count(second - dice.randint(15, 900), dice.randint(0, 40), second, 11) for number in agents}
    callers = [(dice.choice(list(queues)), _caller(dice, number)) for number in range(CALLS)]
    waiting = [
        Waiting(f"node1!{number}", name, name, "", 0, caller.came_at, dice.randint(0, 40))
        for number, (name, caller) in enumerate(callers[:WAITING])
    ]
    return Centre(queues, agents, presences, counts, waiting, callers)


def _queue(dice: random.Random, skills: list[str]) -> Queue:
    wants = {skill: dice.randint(2, 6) for skill in dice.sample(skills, dice.randint(1, 3))}
    fewer = {skill: max(level - 1, 1) for skill, level in list(wants.items())[:1]}
    return Queue(
        wants=wants,
        relax=(Relaxation(after_s=20, wants=fewer), Relaxation(after_s=60)),
        languages={"en": dice.choice(skills)},
        best_first=True,
        sticky=Sticky(),
        priority=Priority(classes={"gold": 20}),
    )


def _caller(dice: random.Random, number: int) -> Caller:
    return Caller(
        f"node1!{number}",
        "+8613800138000",
        dice.choice(["", "gold"]),
        dice.choice(["zh", "zh", "en"]),
        NOW - timedelta(seconds=dice.choice([0, 0, 0, 30, 90])),
        sticky=str(2000 + dice.randrange(AGENTS)),
    )
