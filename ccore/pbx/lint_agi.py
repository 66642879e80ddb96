"""Rules on AGI: ccore may be away, hung or killed in the middle, and the caller must still be served within seconds.

Asterisk has no time limit for an AGI answer, and says SUCCESS when the other side dies (reliability.md F4). So each
AGI step stands in a fixed frame of other steps, and only a variable that ccore itself sets is believed.
"""

import re
from collections.abc import Iterator, Sequence, Set
from itertools import takewhile

from ccore.errors import Fault
from ccore.pbx import answers
from ccore.pbx.expressions import split
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts, targets

LONGEST_WAIT_S = 20
_FAST_AGI = re.compile(r"\$\{CCORE_AGI(?:_STANDBY)?\}/([A-Za-z0-9_]+)")
_BY_RESULT = re.compile(r"^ccore/([a-z-]+)\$\{CCORE_RESULT\}$")
_WORD = re.compile(r"[a-z][a-z-]*")
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def frame(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """The steps before and after each AGI."""
    for context in dialplan.values():
        for steps in context.extensions.values():
            for place, step in enumerate(steps):
                if _is_agi(step):
                    yield from _before(dialplan, step, _straight(steps, place))
                    yield from _after(step, steps[place + 1 :])


def called(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """AGI asks a route of ccore, or runs a script of ccore, and nothing else."""
    for context in dialplan.values():
        for act in (act for step in context.steps() for act in acts(step)):
            if act.application.lower() == "agi":
                program = split(act.arguments)[0].strip()
                route = _FAST_AGI.fullmatch(program)
                if (route and route[1] not in around.routes) or (not route and program not in around.scripts):
                    offer = ", ".join(
                        ["${CCORE_AGI}/" + name for name in sorted(around.routes)] + sorted(around.scripts)
                    )
                    yield act.fault("DP606", f"{program} is nothing ccore answers to; there is: {offer}")


def status(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """AGISTATUS is not believed."""
    for context in dialplan.values():
        for step in context.steps():
            if "AGISTATUS" in step.arguments:
                message = "AGISTATUS is SUCCESS even when ccore died in mid-call: test CCORE_RESULT instead"
                yield step.fault("DP607", message)


def results(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """Every answer of ccore is told to the caller."""
    for context in dialplan.values():
        for steps in context.extensions.values():
            for place, step in enumerate(steps):
                for route in _routes(step):
                    results = around.results.get(route, frozenset())
                    if route in answers.SAID_BY_NAME:
                        yield from _unsaid(step, _prompts_by_result(steps), results, around.prompts or results)
                    else:
                        yield from _untold(step, steps[place + 2 :], results)


def told(dialplan: Dialplan, around: Surroundings) -> Iterator[Fault]:
    """What ccore tells in menus and queues is told by nobody else, and used where it was asked."""
    for context in dialplan.values():
        for steps in context.extensions.values():
            before = takewhile(lambda step: answers.ROUTES.isdisjoint(_routes(step)), steps)
            if context.name not in answers.TOLD_BEFORE:
                yield from (fault for step in before for act in acts(step) for fault in _unasked(act))
            yield from (fault for step in steps for act in acts(step) for fault in _made_up(act, around))


def _unasked(act: Step) -> Iterator[Fault]:
    if names := answers.used(act):
        message = f"{', '.join(sorted(names))} is what ccore says in a menu, and nobody has asked it here: "
        yield act.fault("DP610", message + "callers get what was meant for another moment")


def _made_up(act: Step, around: Surroundings) -> Iterator[Fault]:
    name, value = _set(act) if act.application.lower() == "set" else (split(act.arguments)[0].strip(), None)
    if value == "" or (name == "CCORE_QUEUE" and value in around.queues):
        return  # forgets what was said, or begins a visit to a queue
    if act.application.lower() in {"set", "read"} and name in answers.VARIABLES:
        yield act.fault("DP611", f"{name} is what ccore says, in menus that were checked: use a name of your own")


def _routes(step: Step) -> list[str]:
    """The route of ccore that the step asks, if it asks one."""
    asked = [_FAST_AGI.match(act.arguments) for act in acts(step) if act.application.lower() == "agi"]
    return [found[1] for found in asked if found]


def _prompts_by_result(steps: Sequence[Step]) -> str:
    """How the prompts begin that are named after ccore's answer, if the extension plays such."""
    played = [_BY_RESULT.search(step.arguments) for step in steps if step.application.lower() == "playback"]
    return next((found[1] for found in played if found), "")


def _unsaid(asking: Step, beginning: str, results: Set[str], prompts: Set[str]) -> Iterator[Fault]:
    for result in sorted(results):
        if f"{beginning}{result}" not in prompts:
            message = f"ccore may answer {result}, and there is no prompt {beginning}{result} that says so"
            yield asking.fault("DP608", message)


def _untold(asking: Step, after: Sequence[Step], results: Set[str]) -> Iterator[Fault]:
    told = {word for test in takewhile(_tests_result, after) for word in _WORD.findall(test.arguments)}
    for result in sorted(results - told):
        message = (
            f"ccore may answer {result}, and no GotoIf on ${{CCORE_RESULT}} after it knows it: "
            "the caller is told otherwise"
        )
        yield asking.fault("DP608", message)


def _is_agi(step: Step) -> bool:
    return any(act.application.lower() == "agi" for act in acts(step))


def _straight(steps: Sequence[Step], place: int) -> Sequence[Step]:
    """The steps that every call surely ran before ``place``: back to the nearest label."""
    start = max((index for index in range(place + 1) if steps[index].label), default=0)
    return steps[start:place]


def _before(dialplan: Dialplan, agi: Step, before: Sequence[Step]) -> Iterator[Fault]:
    sets = dict(_set(step) for step in before)
    if sets.get("AGIEXITONHANGUP") != "yes":
        message = (
            "needs Set(AGIEXITONHANGUP=yes) before it: without, a caller who hangs up leaves a stuck channel behind"
        )
        yield agi.fault("DP601", message)
    if not _in_time(dialplan, sets.get("TIMEOUT(absolute)", "")):
        message = (
            f"needs Set(TIMEOUT(absolute)=n) before it, n from 1 to {LONGEST_WAIT_S} s: "
            "without, a caller waits in silence for as long as ccore hangs"
        )
        yield agi.fault("DP602", message)
    if sets.get("CCORE_RESULT") != "":
        message = "needs Set(CCORE_RESULT=) before it: an old answer would be taken for this one"
        yield agi.fault("DP603", message)


def _after(agi: Step, after: Sequence[Step]) -> Iterator[Fault]:
    if len(after) < 1 or _set(after[0]) != ("TIMEOUT(absolute)", "0"):
        message = "needs Set(TIMEOUT(absolute)=0) on the next line: without, the call is cut off while it is served"
        yield agi.fault("DP604", message)
    elif len(after) < 2 or not _tests_result(after[1]):
        message = "needs a GotoIf on ${CCORE_RESULT} two lines below: whether ccore answered is known by nothing else"
        yield agi.fault("DP605", message)
    else:
        yield from _otherwise(after[1:])


def _otherwise(steps: Sequence[Step]) -> Iterator[Fault]:
    """What happens to a call whose CCORE_RESULT no test at the head of ``steps`` knows."""
    tests = list(takewhile(_tests_result, steps))
    told = {target.priority for test in tests for target in targets(test)}
    for step in steps[len(tests) : len(tests) + 1]:
        if step.label in told:
            message = f"callers whom ccore did not answer fall into ({step.label}): put a Goto before it"
            yield step.fault("DP609", message)


def _tests_result(step: Step) -> bool:
    return step.application.lower() == "gotoif" and "${CCORE_RESULT}" in step.arguments


def _set(step: Step) -> tuple[str, str]:
    if step.application.lower() != "set":
        return "", ""
    name, _, value = step.arguments.partition("=")
    return name.strip().lstrip("_"), value.strip()


def _in_time(dialplan: Dialplan, value: str) -> bool:
    """Whether ``value`` is such a number of seconds, or a variable that is never set to anything else."""
    if variable := _VARIABLE.fullmatch(value):
        steps = (step for context in dialplan.values() for step in context.steps())
        values = [text for name, text in map(_set, steps) if name == variable[1]]
        return bool(values) and all(_in_time({}, text) for text in values)
    return value.isdigit() and 1 <= int(value) <= LONGEST_WAIT_S


RULES = (frame, called, status, results, told)
