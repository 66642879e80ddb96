"""Refuses a dialplan that would hurt callers, or let them hurt the site, before Asterisk ever sees it."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ccore.errors import Fault
from ccore.pbx import (
    answers,
    confread,
    lint_agi,
    lint_calls,
    lint_campaign,
    lint_desk,
    lint_heard,
    lint_outside,
    lint_patterns,
    lint_tolls,
)
from ccore.pbx.expressions import Unbalanced, references, split
from ccore.pbx.extensions import Dialplan, Step, Surroundings, build
from ccore.pbx.flow import acts
from ccore.pbx.vocabulary import (
    APPLICATIONS,
    FORBIDDEN_APPLICATIONS,
    FORBIDDEN_FUNCTIONS,
    FORBIDDEN_PREFIXES,
    FUNCTIONS,
    known,
)

Rule = Callable[[Dialplan, Surroundings], Iterable[Fault]]

OWN_FAMILY = "ccore/"  # the part of Asterisk's database that a dialplan may write

_APPLICATIONS = {name.lower(): name for name in known(APPLICATIONS)}
_FORBIDDEN = {name.lower(): reason for name, reason in FORBIDDEN_APPLICATIONS.items()}
_FUNCTIONS = frozenset(known(FUNCTIONS))


def lint(files: Mapping[Path, str], around: Surroundings) -> list[Fault]:
    """Every fault of the dialplan that ``files`` (path → text) make together, sorted; empty means it may be loaded."""
    faults: list[Fault] = []
    lines = [line for path in sorted(files) for line in confread.read(path, files[path], faults)]
    dialplan = build(lines, faults)
    empty = files.keys() - {line.file for line in lines}
    faults += [Fault(path, 0, "DP216", "holds nothing: the numbers that were in it get 404") for path in empty]
    for rule in RULES:
        faults.extend(rule(dialplan, around))
    return sorted(set(faults))


def read_dialplan(files: Mapping[Path, str]) -> Dialplan:
    """The dialplan of ``files`` without judging it."""
    return build([line for path in sorted(files) for line in confread.read(path, files[path], [])], [])


def _brackets(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for step in _steps(dialplan):
        try:
            references(step.arguments)
        except Unbalanced as error:
            yield step.fault("DP212", f"{error} in {step.application}({step.arguments}): Asterisk reads it otherwise")


def _labels(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for context in dialplan.values():
        for extension, steps in context.extensions.items():
            labels = [step.label for step in steps]
            for place, step in enumerate(steps):
                if step.label and step.label in labels[:place]:
                    message = f"label {step.label} is in {extension} already: calls jump to the first of them only"
                    yield step.fault("DP215", message)


def _empty_contexts(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for context in dialplan.values():
        if not context.extensions and not context.includes:
            message = f"[{context.name}] holds no extension: callers sent here are cut off"
            yield Fault(context.file, context.line, "DP216", message)


def _applications(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for act in _acts(dialplan):
        name = act.application.lower()
        if name in _FORBIDDEN:
            yield act.fault("DP301", f"{act.application} is not allowed here: it {_FORBIDDEN[name]}")
        elif name and name not in _APPLICATIONS:
            near = _near(name, _APPLICATIONS)
            message = f"there is no application {act.application}{near}: callers who get here are cut off with 603"
            yield act.fault("DP213", message)


def _functions(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for step in _steps(dialplan):
        written = _written(step)
        called = [reference.name for reference in step.references() if reference.arguments is not None]
        for name in {name for name in (*called, written and written[0]) if name}:
            if reason := FORBIDDEN_FUNCTIONS.get(name) or _forbidden_prefix(name):
                yield step.fault("DP303", f"{name}() is not allowed here: it {reason}")
            elif name not in _FUNCTIONS:
                near = _near(name.lower(), {function.lower(): function for function in _FUNCTIONS})
                yield step.fault("DP214", f"there is no function {name}(){near}: it gives nothing, whatever is asked")


def _database(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for step in _steps(dialplan):
        written = _written(step)
        keys = [written[1]] if written and written[0] == "DB" else []
        keys += [ref.arguments or "" for ref in step.references() if ref.name == "DB_DELETE"]
        for key in keys:
            if not key.strip().startswith(OWN_FAMILY):
                message = f"changes {key.strip()!r} in Asterisk's database, where SIP and queues keep theirs: "
                yield step.fault("DP304", message + f"use a key that begins with {OWN_FAMILY}")


def _recording_commands(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    for act in _acts(dialplan):
        if act.application.lower() == "mixmonitor" and len(split(act.arguments)) > 2:
            yield act.fault("DP305", "MixMonitor's third argument runs a command of the operating system: leave it out")


def _recordings(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    recorded = {answers.RECORDING, answers.SAYING}
    for act in _acts(dialplan):
        if act.application.lower() == "record" and split(act.arguments)[0] not in recorded:
            message = f"Record writes files of this machine: only {answers.RECORDING}, which ccore takes in, is allowed"
            yield act.fault("DP307", message)


def _forbidden_prefix(name: str) -> str | None:
    return next((reason for prefix, reason in FORBIDDEN_PREFIXES.items() if name.startswith(prefix)), None)


def _written(step: Step) -> tuple[str, str] | None:
    """Function and arguments that ``Set(FUNCTION(arguments)=…)`` writes, if it writes one."""
    target = step.arguments.partition("=")[0]
    if step.application.lower() != "set" or "(" not in target:
        return None
    name, _, arguments = target.strip().partition("(")
    return name.strip(), arguments.removesuffix(")")


def _near(name: str, words: Mapping[str, str]) -> str:
    found = difflib.get_close_matches(name, words, n=1, cutoff=0.7)
    return f" (did you mean {words[found[0]]}?)" if found else ""


def _steps(dialplan: Dialplan) -> Iterator[Step]:
    for context in dialplan.values():
        yield from context.steps()


def _acts(dialplan: Dialplan) -> Iterator[Step]:
    for step in _steps(dialplan):
        yield from acts(step)


RULES: tuple[Rule, ...] = (
    _brackets,
    _labels,
    _empty_contexts,
    _applications,
    _functions,
    _database,
    _recording_commands,
    _recordings,
    *lint_calls.RULES,
    *lint_patterns.RULES,
    *lint_outside.RULES,
    *lint_tolls.RULES,
    *lint_campaign.RULES,
    *lint_desk.RULES,
    *lint_agi.RULES,
    *lint_heard.RULES,
)
