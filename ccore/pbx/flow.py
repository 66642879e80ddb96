"""Where calls go in a dialplan: what a step does, where it jumps, and which contexts a call can get to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ccore.pbx.expressions import split
from ccore.pbx.extensions import Dialplan, Step, matches

JUMPS = frozenset({"goto", "gosub"})
CONDITIONAL_JUMPS = frozenset({"gotoif", "gosubif", "gotoiftime"})
_GOSUB_ARGUMENTS = re.compile(r"\(.*\)$")
_PREDIAL = re.compile(r"b\(([^^()]+)\^([^^()]+)\^([^^()]+)\)")
_NESTED = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*(?:\((.*)\))?")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a step jumps to, as written and completed from its own place; ``priority`` is a label or digits."""

    step: Step
    context: str
    extension: str
    priority: str


def acts(step: Step) -> Iterator[Step]:
    """The step itself; of an ``ExecIf`` its condition, and the one or two steps it may run, as if they stood there."""
    if step.application.lower() != "execif":
        yield step
        return
    yield replace(step, arguments=split(step.arguments, "?")[0])
    for branch in _branches(step.arguments):
        if found := _NESTED.fullmatch(branch.strip()):
            yield replace(step, application=found[1], arguments=found[2] or "")


def targets(step: Step) -> list[Target]:
    """Where ``step`` may jump to, besides going on to the next one."""
    found: list[Target] = []
    for act in acts(step):
        name = act.application.lower()
        if name in JUMPS:
            found.append(_target(act, act.arguments))
        elif name in CONDITIONAL_JUMPS:
            found += [_target(act, branch) for branch in _branches(act.arguments) if branch.strip()]
        elif name == "dial":
            found += _local_channels(act)
        elif name == "queue":
            found += _of_agents(act)
    return found


def goes_on(step: Step) -> bool:
    """Whether a call can go from ``step`` to the one below it."""
    name = step.application.lower()
    if name in CONDITIONAL_JUMPS - {"gosubif"}:
        return sum(bool(branch.strip()) for branch in _branches(step.arguments)) < 2
    return name not in {"goto", "hangup", "return", "busy", "congestion"}


def find(dialplan: Dialplan, context: str, extension: str) -> list[Step] | None:
    """The steps a call at ``extension`` of ``context`` meets: its own or an included context's."""
    for name in reading_order(dialplan, context):
        for own, steps in dialplan[name].extensions.items():
            if own == extension or matches(own, extension):
                return steps
    return None


def reading_order(dialplan: Dialplan, context: str) -> list[str]:
    """``context`` and those it includes, near ones first, each once; missing ones left out."""
    order: list[str] = []
    waiting = [context]
    while waiting:
        name = waiting.pop(0)
        if name in dialplan and name not in order:
            order.append(name)
            waiting += [include.name for include in dialplan[name].includes]
    return order


def reachable(dialplan: Dialplan, start: Iterable[str]) -> list[str]:
    """The contexts calls can be in that begin in one of ``start``, those first."""
    order: list[str] = []
    waiting = list(start)
    while waiting:
        name = waiting.pop(0)
        if name in dialplan and name not in order:
            order.append(name)
            waiting += [target.context for step in steps_within(dialplan, name) for target in targets(step)]
    return order


def steps_within(dialplan: Dialplan, context: str) -> Iterator[Step]:
    """Every step a call in ``context`` may run without leaving it, included contexts' too."""
    for name in reading_order(dialplan, context):
        yield from dialplan[name].steps()


def _branches(arguments: str) -> list[str]:
    """``yes`` and ``no`` of ``condition?yes:no``."""
    question = split(arguments, "?")
    return split("?".join(question[1:]), ":") if len(question) > 1 else []


def _target(step: Step, text: str) -> Target:
    parts = [part.strip() for part in split(_GOSUB_ARGUMENTS.sub("", text.strip()))]
    context, extension, priority = ([step.context, step.extension][: 3 - len(parts)] + parts)[:3]
    return Target(step, context, extension, priority)


def _of_agents(step: Step) -> list[Target]:
    """What a Queue has an agent's phone do: before it rings, by option b, and when it answers, the seventh argument."""
    arguments = [argument.strip() for argument in split(step.arguments)]
    before = _PREDIAL.search(arguments[1]) if len(arguments) > 1 else None
    found = [Target(step, before[1], before[2], before[3])] if before else []
    return found + ([Target(step, arguments[6], "s", "1")] if len(arguments) > 6 and arguments[6] else [])


def _local_channels(step: Step) -> list[Target]:
    destinations = split(split(step.arguments)[0], "&")
    found = [re.fullmatch(r"Local/([^@/]+)@([^/]+)(?:/[a-z]*)?", destination.strip()) for destination in destinations]
    return [Target(step, match[2], match[1], "1") for match in found if match]
