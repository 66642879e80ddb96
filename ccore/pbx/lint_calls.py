"""Rules on where calls go: every jump arrives, every path ends, and a call that is cut off anywhere is caught."""

from collections.abc import Iterator

from ccore.errors import Fault
from ccore.pbx import answers
from ccore.pbx.expressions import constant
from ccore.pbx.extensions import OWN_PATTERN, Context, Dialplan, Surroundings
from ccore.pbx.flow import Target, find, goes_on, reachable, reading_order, targets

CATCHES = {
    "h": "what is left to do when the caller hangs up is not done",
    "T": "a call whose time is up ends without a word",
    "i": "a call sent to a number that is not there ends without a word",
}


def entrances(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Trunks need their context."""
    for name in around.trunk_contexts:
        if name not in dialplan:
            file = next(iter(dialplan.values())).file if dialplan else None
            if file is not None:
                message = f"no file holds [{name}], into which trunks send their calls: every caller would get 404"
                yield Fault(file.parent, 0, "DP222", message)


def includes(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Included contexts exist."""
    for context in dialplan.values():
        for include in context.includes:
            if include.name not in dialplan:
                message = f"there is no [{include.name}] to include: its numbers get 404"
                yield Fault(include.file, include.line, "DP217", message)


def jumps(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Goto, Gosub and Local channels arrive somewhere, known beforehand."""
    for context in dialplan.values():
        for step in context.steps():
            for target in targets(step):
                yield from _arrival(dialplan, target)


def _arrival(dialplan: Dialplan, target: Target) -> Iterator[Fault]:
    if (target.context, target.extension, target.priority) in {answers.TRANSFERS, answers.CALLS_OUT}:
        return
    place = f"{target.context},{target.extension},{target.priority}"
    if not constant(place):
        message = f"jumps to {place}, which is chosen at call time: nobody can prove where callers end up"
        yield target.step.fault("DP306", message)
        return
    if target.context not in dialplan:
        yield target.step.fault("DP218", f"there is no [{target.context}]: callers who get here are cut off")
        return
    steps = find(dialplan, target.context, target.extension)
    if steps is None:
        message = f"[{target.context}] has no {target.extension}: callers who get here are cut off"
        yield target.step.fault("DP218", message)
    elif target.priority.isdigit():
        if target.priority != "1":
            message = f"jumps to priority {target.priority}, which moves whenever a line is added: use a (label)"
            yield target.step.fault("DP219", message)
    elif not any(step.label == target.priority for step in steps):
        message = (
            f"{target.extension} in [{target.context}] has no ({target.priority}): callers who get here are cut off"
        )
        yield target.step.fault("DP218", message)


def ends(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """No extension runs off its last line."""
    for context in dialplan.values():
        for extension, steps in context.extensions.items():
            if extension != "h" and steps[-1].application and goes_on(steps[-1]):
                message = f"{extension} ends without Hangup, Goto or Return: the caller is cut off, billed as answered"
                yield steps[-1].fault("DP220", message)


def catches(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Every context a caller can be in has h, T and i; trunks and phones send calls on before anything happens."""
    for name in reachable(dialplan, (*around.strangers, *around.phone_contexts)):
        if name in {*around.trunk_contexts, *around.phone_contexts}:
            continue
        there = {extension for own in reading_order(dialplan, name) for extension in dialplan[own].extensions}
        for extension, loss in CATCHES.items():
            if extension not in there:
                message = f"[{name}] has no {extension} extension: {loss}; include a context that has it"
                yield Fault(dialplan[name].file, dialplan[name].line, "DP221", message)


def front_doors(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Where strangers call in there are numbers of a known length only, and each call is sent on at once."""
    for name in (*around.trunk_contexts, *around.phone_contexts):
        for own in reading_order(dialplan, name):
            yield from _dialled(dialplan[own])
            yield from _lingering(dialplan[own])


def _dialled(context: Context) -> Iterator[Fault]:
    for extension, steps in context.extensions.items():
        if extension.startswith(OWN_PATTERN) and extension[-1] in ".!":
            message = (
                f"{extension} lets anyone dial anything of any length, hidden line breaks too: "
                "write one X for each digit of the number plan"
            )
            yield steps[0].fault("DP405", message)
        elif not extension.startswith(OWN_PATTERN) and not extension.isdigit():
            message = f"strangers can dial {extension} by its name: only numbers may stand here; use another context"
            yield steps[0].fault("DP406", message)


def _lingering(context: Context) -> Iterator[Fault]:
    for step in context.steps():
        if step.application and step.application.lower() not in {"set", "goto"}:
            message = (
                f"{step.application} keeps the call where nothing catches it: Goto another context, and do it there"
            )
            yield step.fault("DP407", message)


RULES = (entrances, includes, jumps, ends, catches, front_doors)
