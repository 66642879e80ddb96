"""The dialplan as contexts, extensions and steps, read from its .conf lines; every line it cannot place is a fault."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ccore.errors import Fault
from ccore.pbx.confread import Section, Setting
from ccore.pbx.expressions import Reference, Unbalanced, references

OWN_PATTERN = "_"  # an extension that begins so is a pattern
KEYS = "queue-keys"  # the context to which app_queue sends a caller who presses a key (queues.conf)


@dataclass(frozen=True, slots=True)
class Step:
    """One ``exten =>`` or ``same =>`` line; ``application`` is empty where the line could not be read."""

    file: Path
    line: int
    context: str
    extension: str
    priority: int
    label: str
    application: str
    arguments: str

    def references(self) -> list[Reference]:
        """Every ``${…}`` of its arguments; none where brackets do not close, which is a fault of its own."""
        try:
            return references(self.arguments)
        except Unbalanced:
            return []

    def fault(self, code: str, message: str) -> Fault:
        """A fault of this step."""
        return Fault(self.file, self.line, code, message)


@dataclass(frozen=True, slots=True)
class Include:
    """One ``include =>`` line."""

    file: Path
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Context:
    """One context with its extensions in the file's order."""

    file: Path
    line: int
    name: str
    includes: list[Include] = field(default_factory=list)
    extensions: dict[str, list[Step]] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """Every step of every extension."""
        for steps in self.extensions.values():
            yield from steps


Dialplan = Mapping[str, Context]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a dialplan leans on and meets: names it may use, and where strangers' calls come in.

    ``trunks`` are channel names of outbound lines, such as ``trunk-local``; ``routes`` what FastAGI serves;
    ``scripts`` the files Asterisk itself may run; ``prompts`` the names under ``ccore/``, None if they are not
    known; ``results`` the values of CCORE_RESULT that each route may answer with.
    """

    prompts: frozenset[str] | None
    routes: frozenset[str]
    scripts: frozenset[str] = frozenset({"order_fallback.py"})
    results: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trunks: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset({"service"})  # of queues/*.toml
    trunk_contexts: tuple[str, ...] = ("from-trunk",)
    phone_contexts: tuple[str, ...] = ("from-phones",)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Where calls from trunks can be without the dialplan having sent them there."""
        return (*self.trunk_contexts, KEYS)


_GENERATED = frozenset({"general", "globals", "ccore-transfers", "ccore-desk", "ccore-outside", "campaign-trunk"})
_STEP = re.compile(r"([^,]*),([^,]*),(.*)")
_PRIORITY = re.compile(r"(n|[1-9][0-9]*)\s*(?:\(([A-Za-z][A-Za-z0-9_-]*)\))?")
_CALL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s*(?:\((.*)\))?")
_LITERAL = re.compile(r"[A-Za-z0-9*#+][A-Za-z0-9*#+_-]*")
_PATTERN = re.compile(r"_(?=.)(?:[0-9XZNxzn*#+A-D]|\[[0-9*#-]+\])*[.!]?")
_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*"}
_FORGOTTEN_UNDERSCORE = re.compile(r"[0-9]+[XZN.!\[].*|[XZN]{2,}[.!]?")


def build(lines: Iterable[Section | Setting], faults: list[Fault]) -> Dialplan:
    """The dialplan that ``lines`` of all files, in the order Asterisk loads them, make together."""
    reading = _Reading(faults)
    for line in lines:
        if isinstance(line, Section):
            reading.section(line)
        else:
            reading.setting(line)
    return reading.contexts


def matches(extension: str, number: str) -> bool:
    """Whether dialling ``number`` reaches ``extension``, a literal or a pattern."""
    if not extension.startswith(OWN_PATTERN):
        return extension == number
    parts = re.findall(r"\[[^\]]*\]|.", extension[1:].upper())
    expression = "".join(_CLASSES.get(part, part if "[" in part else re.escape(part)) for part in parts)
    return bool(re.fullmatch(expression, number))


class _Reading:
    """Where the reader stands: the context and extension that the next line belongs to."""

    def __init__(self, faults: list[Fault]) -> None:
        self.contexts: dict[str, Context] = {}
        self._faults = faults
        self._file: Path | None = None
        self._context: Context | None = None
        self._extension = ""

    def section(self, line: Section) -> None:
        self._file, self._extension = line.file, ""
        known = self.contexts.get(line.name)
        if line.name in _GENERATED:
            self._fault(line, "DP201", f"[{line.name}] is in a file that ccore generates: remove it")
        elif line.options not in {"", "+"}:
            self._fault(line, "DP201", f"templates ({line.options}) hide what a caller meets: write the lines out")
        elif line.options == "+" and not known:
            message = "is begun in no file before this one (they are read in the order of their names)"
            self._fault(line, "DP202", f"[{line.name}](+) adds to a context that {message}: Asterisk reads no further")
        elif known and line.options != "+":
            message = f"[{line.name}] is already in {known.file.name}:{known.line}, and Asterisk would mix the two: "
            self._fault(line, "DP202", message + f"rename one, or write [{line.name}](+) if they are meant as one")
        self._context = self.contexts.setdefault(line.name, Context(line.file, line.line, line.name))

    def setting(self, line: Setting) -> None:
        if self._context is None or line.file != self._file:
            self._context = None
            message = f"{line.key} stands before the first [context] of its file: Asterisk adds it to the file before"
            self._fault(line, "DP203", message)
            return
        if line.key == "exten":
            self._exten(self._context, line)
        elif line.key == "same":
            self._same(self._context, line)
        elif line.key == "include":
            self._context.includes.append(Include(line.file, line.line, line.value.strip()))
        else:
            self._other(line)

    def _other(self, line: Setting) -> None:
        if line.key in {"switch", "lswitch", "eswitch"}:
            message = f"{line.key} takes extensions from elsewhere, where nobody checks them: write them here"
            self._fault(line, "DP302", message)
        else:
            message = f"{line.key!r} is no word of a dialplan, and Asterisk ignores the line: exten, same or include"
            self._fault(line, "DP204", message)

    def _exten(self, context: Context, line: Setting) -> None:
        if not (match := _STEP.fullmatch(line.value)):
            self._extension = ""
            message = "is not `exten => NUMBER,PRIORITY,Application(…)`: Asterisk drops it, and callers stop above it"
            self._fault(line, "DP205", message)
            return
        self._extension = match[1].strip()
        self._name(line, self._extension)
        self._step(context, line, match[2].strip(), match[3].strip())

    def _same(self, context: Context, line: Setting) -> None:
        priority, comma, call = line.value.partition(",")
        if not self._extension:
            self._fault(line, "DP206", "`same` needs an `exten` line above it in its context: no caller reaches it")
        elif not comma:
            self._fault(line, "DP205", "is not `same => n,Application(…)`: Asterisk drops it, and callers miss it")
        else:
            self._step(context, line, priority.strip(), call.strip())

    def _name(self, line: Setting, name: str) -> None:
        if _FORGOTTEN_UNDERSCORE.fullmatch(name):
            message = f"{name} is a pattern only with an underscore before it: as it is, callers get 404"
            self._fault(line, "DP207", message)
        elif not (_PATTERN if name.startswith(OWN_PATTERN) else _LITERAL).fullmatch(name):
            message = f"{name!r} is neither a number, a name nor a pattern such as _10086XXXXX: no call meets it"
            self._fault(line, "DP207", message)

    def _step(self, context: Context, line: Setting, priority: str, call: str) -> None:
        steps = context.extensions.setdefault(self._extension, [])
        position, parts = _PRIORITY.fullmatch(priority), _CALL.fullmatch(call)
        if not position:
            message = f"priority {priority!r} is neither n nor a number from 1, with a (label) at most"
            self._fault(line, "DP208", message + ": Asterisk drops the line")
        if not parts:
            message = f"{call!r} is no Application(…): brackets do not close, or something stands after the last one"
            self._fault(line, "DP209", message)
        number = self._number(line, steps, position[1] if position else "n")
        label = (position and position[2]) or ""
        application, arguments = (parts[1], parts[2] or "") if parts else ("", "")
        name = self._extension
        steps.append(Step(line.file, line.line, context.name, name, number, label, application, arguments))

    def _number(self, line: Setting, steps: list[Step], priority: str) -> int:
        expected = steps[-1].priority + 1 if steps else 1
        number = expected if priority == "n" else int(priority)
        if not steps and priority != "1":
            self._fault(
                line, "DP210", f"the first step of {self._extension} must have priority 1: callers would get 404"
            )
        elif number < expected:
            self._fault(line, "DP211", f"{self._extension} has priority {number} already: Asterisk drops this line")
        elif number > expected:
            self._fault(line, "DP210", f"{self._extension} has no priority {expected}: calls end there; write n")
        return max(number, expected)

    def _fault(self, line: Section | Setting, code: str, message: str) -> None:
        self._faults.append(Fault(line.file, line.line, code, message))
