"""The lines of app_queue that queues are: names, weights, rules and penalties, for routing and Asterisk alike."""

from collections.abc import Mapping

from ccore.centre.queue import Queue

OWN_LINE = "ccore-own"  # of head starts: every agent is in it, with the penalty that is theirs alone
STAGE_PENALTY = 10  # an agent who is asked from stage 2 on has 20 to 29
_AGED = "-aged"  # ends the line of those who have waited so long that no weight is higher than theirs


def lines(name: str, queues: Mapping[str, Queue]) -> Mapping[str, Mapping[str, int]]:
    """The lines of app_queue that the queue ``name`` is, each with the skills its callers need besides."""
    of_languages = {_line(name, language): {skill: 1} for language, skill in sorted(queues[name].languages.items())}
    young: Mapping[str, Mapping[str, int]] = {name: {}, **of_languages}
    aged = {} if equal_from_s(name, queues) is None else {f"{line}{_AGED}": young[line] for line in young}
    return {**young, **aged}


def line_of(name: str, queues: Mapping[str, Queue], language: str, waited_s: float) -> str:
    """The line where callers of a language wait who have waited so long in all: their own if that needs a skill."""
    line = _line(name, language) if language in queues[name].languages else name
    equal_s = equal_from_s(name, queues)
    return line if equal_s is None or waited_s < equal_s else f"{line}{_AGED}"


def equal_from_s(name: str, queues: Mapping[str, Queue]) -> int | None:
    """From how many seconds of all their waiting on callers of the queue go on equal terms with those of most weight.

    Not before the last stage: app_queue keeps an agent for the callers of a line with more weight, also one whom none
    of these may have yet. None: never, or they do from the beginning.
    """
    queue = queues[name]
    if not queue.equal_after_s or queue.weight == _most_weight(queues):
        return None
    return max(queue.equal_after_s, queue.stages[-1][0])


def queue_of(line: str, queues: Mapping[str, Queue]) -> str:
    """The queue that ``line`` belongs to, or did until its weight became the highest; "" if it is none of them."""
    if line in queues:
        return line
    young = young_line(line)
    name, _, language = young.rpartition("-")
    of_language = name in queues and language in queues[name].languages
    return young if young in queues else name if of_language else ""


def young_line(line: str) -> str:
    """Where callers of ``line`` were, or will be, who have not waited so long."""
    return line.removesuffix(_AGED)


def is_aged(line: str) -> bool:
    """Whether a line is for those who have waited so long, or its name is like one's."""
    return line.endswith(_AGED)


def weight_of(line: str, queues: Mapping[str, Queue]) -> int:
    """Which line goes first with agents of several, as app_queue has it: the higher."""
    queue = queues.get(queue_of(line, queues))
    return 0 if queue is None else _most_weight(queues) if is_aged(line) else queue.weight


def rule_of(name: str, begin: int) -> str:
    """The rule of queuerules.conf for callers who enter at stage ``begin``: app_queue counts from each entry anew."""
    return f"{name}-{begin}" if begin else name


def most_penalty(stage: int) -> int:
    """The highest penalty of the agents who may serve at ``stage`` of a queue."""
    return STAGE_PENALTY * (stage + 1) - 1


def _line(name: str, language: str) -> str:
    return f"{name}-{language}"


def _most_weight(queues: Mapping[str, Queue]) -> int:
    return max(queue.weight for queue in queues.values())
