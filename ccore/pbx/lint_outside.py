"""Rules on data from outside: what a caller's exchange sends is looked at by name, compared, and only then used.

``${…}`` is replaced before the application or function around it reads its arguments. So a number such as ``1):0:1(``
changes what ``${LEN(${CALLERID(num)})}`` and ``${FILTER(0-9,${CALLERID(num)})}`` mean, a ``&`` dials a second phone,
a quotation mark turns a condition around, and a line break forges lines of AGI and AMI. Functions that take a
variable's *name* (REPLACE, FIELDQTY …) never see such text as anything but text.

A variable is proved once these two lines stand before its use, and no label between:
``Set(REST=${REPLACE(NAME,0123456789)})`` and ``GotoIf(${FIELDQTY(REST,x)}?elsewhere)``.
"""

import re
from collections.abc import Collection, Iterator

from ccore.errors import Fault
from ccore.pbx.expressions import Reference, Unbalanced, references, split
from ccore.pbx.extensions import Dialplan, Step, Surroundings
from ccore.pbx.flow import acts

# Functions of data from outside, and those of their arguments whose values Asterisk makes up itself.
SOURCES: dict[str, frozenset[str]] = {
    "CALLERID": frozenset({"pres", "num-pres", "name-pres", "num-plan"}),
    "CDR": frozenset(
        {"uniqueid", "linkedid", "start", "answer", "end", "duration", "billsec", "disposition", "sequence"}
    ),
    "CHANNEL": frozenset(
        {"language", "state", "channeltype", "name", "uniqueid", "linkedid", "musicclass", "tonezone"}
    ),
    "CONNECTEDLINE": frozenset({"pres", "num-pres"}),
    "PJSIP_HEADER": frozenset(),
    "PJSIP_HEADERS": frozenset(),
    "PJSIP_RESPONSE_HEADER": frozenset(),
    "PJSIP_RESPONSE_HEADERS": frozenset(),
    "REDIRECTING": frozenset({"reason", "count"}),
}
SOURCE_VARIABLES = frozenset(
    {
        "EXTEN",
        "INVALID_EXTEN",
        "DNID",
        "RDNIS",
        "CALLERIDNUM",
        "CALLERIDNAME",
        "CALLERANI",
        "BLINDTRANSFER",
        "SIPDOMAIN",
    }
    | {"DIALEDPEERNUMBER", "DIALEDPEERNAME", "CDR", "HINTNAME"}
)
TAKE_NAMES = frozenset({"REPLACE", "STRREPLACE", "CUT", "SORT", "LISTFILTER", "STRBETWEEN"})
COUNT_BY_NAME = frozenset({"FIELDQTY", "FIELDNUM"})

SETS_UNSEEN = frozenset({"gosub", "gosubif", "agi", "read"})  # what was proved before may be something else after

_REMAINDER = re.compile(r"(\w+)=\$\{REPLACE\((\w+),[+*#0-9]+\)\}")
_GUARD = re.compile(r"\$\{FIELDQTY\((\w+),[^,()]\)\}\?[^:?]+")
_VARIABLE = re.compile(r"\s*\w+\s*|\s*LOCAL\(\w+\)\s*")
_SOURCE_TEXT = re.compile(r"(\w+)(?:\((.*)\))?")

_ADVICE = 'check it first as README.md shows under "Data from outside", and use the checked variable'


def unchecked(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Data from outside is only set into variables, looked at by name, or used after its proof."""
    stained = stained_variables(dialplan)
    for step, proved in with_proofs(dialplan):
        for act in acts(step):
            for reference in act.references():
                if _is_outside(reference, stained - proved):
                    yield from _judged(act, reference)


def _judged(act: Step, reference: Reference) -> Iterator[Fault]:
    name = reference.name if reference.arguments is None else f"{reference.name}({reference.arguments})"
    if "$[" in reference.around:
        message = f"${{{name}}} inside $[ ] lets a caller turn the condition around with a quotation mark: {_ADVICE}"
        yield act.fault("DP402", message)
    elif reference.around:
        function = reference.around[-1].removeprefix("${")
        message = f"${{{name}}} inside {function}() lets a caller change what is asked with a bracket: {_ADVICE}"
        yield act.fault("DP403", message)
    elif act.application.lower() != "set":
        message = (
            f"${{{name}}} in {act.application} is whatever a caller's exchange sends, even & or a line break: {_ADVICE}"
        )
        yield act.fault("DP401", message)
    elif not _VARIABLE.fullmatch(target := act.arguments.partition("=")[0]):
        message = f"${{{name}}} goes into {target}, where nobody sees any more that it is unchecked: {_ADVICE}"
        yield act.fault("DP404", message)


def stained_variables(dialplan: Dialplan) -> frozenset[str]:
    """Variables that hold, somewhere, data from outside which was not proved before it was set."""
    stained: frozenset[str] = frozenset()
    while True:
        more = stained | {
            name
            for step, proved in with_proofs(dialplan)
            for act in acts(step)
            for name, value in _assignments(act)
            if any(_is_outside(reference, stained - proved) for reference in _references(value))
        }
        if more == stained:
            return stained
        stained = more


def with_proofs(dialplan: Dialplan) -> Iterator[tuple[Step, frozenset[str]]]:
    """Each step with the variables that are proved whenever a call gets there."""
    for context in dialplan.values():
        for steps in context.extensions.values():
            proved: frozenset[str] = frozenset()
            previous: Step | None = None
            for step in steps:
                if step.label:
                    proved, previous = frozenset(), None
                yield step, proved
                proved -= {name for act in acts(step) for name, _ in _assignments(act)}
                proved |= _proof(previous, step)
                if any(act.application.lower() in SETS_UNSEEN for act in acts(step)):
                    proved = frozenset()
                previous = step


def _proof(remainder: Step | None, guard: Step) -> frozenset[str]:
    """The variable that a ``Set(REST=…)`` and the ``GotoIf`` below it prove together."""
    if remainder is None or remainder.application.lower() != "set" or guard.application.lower() != "gotoif":
        return frozenset()
    first, second = _REMAINDER.fullmatch(remainder.arguments), _GUARD.fullmatch(guard.arguments)
    return frozenset({first[2]}) if first and second and first[1] == second[1] else frozenset()


def _assignments(act: Step) -> list[tuple[str, str]]:
    """Variable and value that the step sets."""
    if act.application.lower() != "set":
        return []
    name, _, value = act.arguments.partition("=")
    name = name.strip().lstrip("_")
    return [(name.removeprefix("LOCAL(").removesuffix(")"), value)]


def _references(text: str) -> list[Reference]:
    try:
        return references(text)
    except Unbalanced:
        return []


def _is_outside(reference: Reference, stained: Collection[str]) -> bool:
    if reference.name is None or reference.name in COUNT_BY_NAME:
        return reference.name is None  # a name put together at call time may be any
    if reference.name in TAKE_NAMES:
        first = split(reference.arguments or "")[0].strip()
        if not (found := _SOURCE_TEXT.fullmatch(first)):
            return True
        return _is_outside(Reference(found[1], found[2], ()), stained)
    if reference.arguments is not None:
        harmless = SOURCES.get(reference.name)
        return harmless is not None and reference.arguments.strip() not in harmless
    return reference.name in SOURCE_VARIABLES or reference.name in stained


RULES = (unchecked,)
