"""Queues as Asterisk's app_queue carries them: lines by language, and by how long callers have waited, and rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice

from ccore.centre.lines import is_aged, most_penalty, rule_of, weight_of
from ccore.centre.lines import lines as lines_of
from ccore.centre.queue import Queue
from ccore.pbx.extensions import KEYS

_STRATEGIES = {
    "longest-idle": "leastrecent",
    "fewest-calls": "fewestcalls",
    "in-turn": "rrmemory",
    "in-order": "linear",
    "at-random": "random",
}

Setting = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One ``[name]`` of queues.conf, beyond what all of them have."""

    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``[name]`` of queuerules.conf: from which second of waiting on which penalty is the highest taken."""

    name: str
    changes: tuple[tuple[int, int], ...]


def lines(queues: Mapping[str, Queue]) -> Iterator[Line]:
    """Every line of ``queues``."""
    for queue_name, queue in sorted(queues.items()):
        settings = (*_settings(queue), ("defaultrule", queue_name))
        for name in lines_of(queue_name, queues):
            most = 0 if is_aged(name) else queue.capacity  # nobody is turned away who has waited so long: 0 is no limit
            yield Line(name, (*settings, ("weight", weight_of(name, queues)), ("maxlen", most)))


def rules(queues: Mapping[str, Queue]) -> Iterator[Rule]:
    """The rules of each queue: NAME for callers who come, NAME-1 for who enters again at its stage 1, and so on.

    app_queue counts from each entering anew. Penalties are absolute: nobody is taken further by coming again.
    """
    for name, queue in sorted(queues.items()):
        for begin, (begins_s, _) in enumerate(queue.stages):
            later = enumerate(queue.stages[begin + 1 :], begin + 1)
            changes = tuple((after_s - begins_s, most_penalty(stage)) for stage, (after_s, _) in later)
            yield Rule(rule_of(name, begin), changes)


def _settings(queue: Queue) -> Iterator[Setting]:
    yield "strategy", _STRATEGIES[queue.strategy]
    yield "timeout", queue.ring_s
    # app_queue counts whole seconds since the call's end, and takes the last of them for over as it begins.
    yield "wrapuptime", queue.wrap_up_s and queue.wrap_up_s + 1
    yield "servicelevel", queue.service_level.within_s
    yield "announce-frequency", queue.comfort.every_s if queue.comfort.position else 0
    yield "announce-position", "yes" if queue.comfort.position else "no"
    if said := _said(queue):
        yield "periodic-announce", ",".join(f"ccore/{prompt}" for prompt in said)
        yield "periodic-announce-frequency", _every_s(queue)
    if queue.offer is not None:
        yield "context", KEYS


def _said(queue: Queue) -> tuple[str, ...]:
    """What is said one after the other, and then again: so many prompts of comfort that the offer comes in its time."""
    comfort, offer = queue.comfort.prompts, queue.offer.prompt if queue.offer else ()
    if queue.offer is None or not comfort:
        return offer or comfort
    between = max(1, -(-queue.offer.after_s // queue.comfort.every_s) - 1)
    turns = iter(cycle(comfort))
    return tuple(prompt for _ in comfort for prompt in (*islice(turns, between), *offer))


def _every_s(queue: Queue) -> int:
    alone = queue.offer is not None and not queue.comfort.prompts
    return queue.offer.after_s if alone and queue.offer is not None else queue.comfort.every_s
