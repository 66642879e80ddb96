"""Rules on what callers hear: prompts that exist, queues that exist and end, no long silence."""

import difflib
from collections.abc import Collection, Iterator

from ccore.errors import Fault
from ccore.pbx import answers
from ccore.pbx.expressions import constant, split
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts

LONGEST_SILENCE_S = 3  # promise P4 of reliability.md
OWN_PROMPTS = "ccore/"
_PROMPT_ARGUMENT = {"playback": 0, "background": 0, "read": 1}


def prompts(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Every prompt is in the catalogue."""
    if around.prompts is None:
        return
    for act in _acts(dialplan):
        place = _PROMPT_ARGUMENT.get(act.application.lower())
        arguments = split(act.arguments)
        if place is not None and len(arguments) > place:
            for prompt in split(arguments[place], "&"):
                if prompt.strip() in answers.PROMPTS:
                    continue  # ccore names those of the menus, which are checked by themselves
                yield from _prompt(act, prompt.strip(), around.prompts)


def _prompt(act: Step, prompt: str, known: Collection[str]) -> Iterator[Fault]:
    name = prompt.removeprefix(OWN_PROMPTS)
    if not prompt.startswith(OWN_PROMPTS):
        message = (
            f"{prompt!r} is not of prompts/*.toml (those begin with {OWN_PROMPTS}), so not sure to be there to hear"
        )
        yield act.fault("DP702", message)
    elif constant(name) and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {OWN_PROMPTS}{near[0]}?)" if near else ""
        yield act.fault("DP701", f"there is no prompt {prompt}{hint}: callers would hear nothing")
    elif not constant(name):
        beginning = name.partition("$")[0]
        if not beginning or not any(other.startswith(beginning) for other in known):
            yield act.fault("DP701", f"no prompt begins with {OWN_PROMPTS}{beginning}: callers would hear nothing")


def queues(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Every queue exists, and lets go of callers in the end."""
    for act in _acts(dialplan):
        if act.application.lower() == "queue":
            arguments = [argument.strip() for argument in split(act.arguments)]
            if arguments[0] not in around.queues | answers.QUEUES:
                offer = ", ".join(sorted(around.queues))
                yield act.fault(
                    "DP704", f"there is no queue {arguments[0]!r} (there is: {offer}): callers are not served"
                )
            if len(arguments) < 5 or not (arguments[4].isdigit() or arguments[4] in answers.WAITS):
                message = "needs a time limit, the fifth argument, in seconds: without, callers wait for ever"
                yield act.fault("DP705", message)


def silence(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Nobody waits in silence."""
    for act in _acts(dialplan):
        if act.application.lower() == "wait" and not _short(act.arguments):
            message = (
                f"Wait({act.arguments}) keeps the caller in silence: at most {LONGEST_SILENCE_S} s, or play something"
            )
            yield act.fault("DP703", message)


def _short(seconds: str) -> bool:
    try:
        return float(seconds) <= LONGEST_SILENCE_S
    except ValueError:
        return False


def _acts(dialplan: Dialplan) -> Iterator[Step]:
    for context in dialplan.values():
        for step in context.steps():
            yield from acts(step)


RULES = (prompts, queues, silence)
