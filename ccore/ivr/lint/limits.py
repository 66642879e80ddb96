"""Rules on limits: questions that can be answered, cases that can hold, hours that open."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from ccore.errors import Fault
from ccore.ivr.choosing import WEEKDAYS, is_among, makes_sense
from ccore.ivr.lint.linted import Linted
from ccore.ivr.menu import Ask, Choose, Order, Survey

# How many digits can be right, by check; `any` takes what `least` and `most` say.
LENGTHS: Mapping[str, Set[int]] = {
    "any": set(range(1, 33)),
    "mobile": {11},
    "phone": set(range(7, 17)),
    "luhn": set(range(2, 33)),
    "date": {4, 8},
    "month": {2, 6},
}
_EXPECTED = {
    "hours": "open, closed and holiday",
    "language": "zh and en",
    "weekday": "mon to sun, and mon-fri",
    "hour": "8, 8-11 and 20+, up to 23",
}


def questions(linted: Linted) -> Iterator[Fault]:
    """Every question has an answer that is taken."""
    for name, node in linted.menus.nodes.items():
        if isinstance(node, Ask):
            if node.least > node.most:
                message = f"least is {node.least} and most is {node.most}: no caller can answer, all go to failed"
                yield linted.fault(("node", name, "least"), "IV601", message)
            elif not _taken(node):
                lengths = ", ".join(map(str, sorted(LENGTHS[node.check])))
                message = (
                    f"check {node.check} takes {lengths} digits, and {node.least} to {node.most} may be keyed: "
                    "no caller can answer, all go to failed"
                )
                yield linted.fault(("node", name, "check"), "IV601", message)
        elif isinstance(node, Survey):
            for index, question in enumerate(node.question):
                if question.least >= question.most:
                    message = f"{question.name} takes keys from {question.least} to {question.most}: it asks nothing"
                    yield linted.fault(("node", name, "question", str(index), "least"), "IV602", message)


def _taken(node: Ask) -> set[int]:
    """The numbers of digits with which an answer can be right."""
    return {length for length in LENGTHS[node.check] if node.least <= length <= node.most}


def order_codes(linted: Linted) -> Iterator[Fault]:
    """A code that callers key can have as many digits as codes have."""
    codes = linted.around.codes or {}
    asks = [node for node in linted.menus.nodes.values() if isinstance(node, Ask)]
    for name, node in linted.menus.nodes.items():
        if isinstance(node, Order) and (width := codes.get(node.access)):
            keyed = [_taken(ask) for ask in asks if f"{{{ask.into}}}" == node.code]
            if keyed and not any(width in lengths for lengths in keyed):
                message = f"codes of {node.access} have {width} digits, which no caller can key for {node.code}"
                yield linted.fault(("node", name, "code"), "IV508", message + ": nobody can order here")


def cases(linted: Linted) -> Iterator[Fault]:
    """Every case can hold, and none is taken by those before it."""
    for name, node in linted.menus.nodes.items():
        if not isinstance(node, Choose):
            continue
        domain, before = _domain(node), set[int]()
        for case in node.cases:
            place = ("node", name, "cases", case)
            held = {number for number in domain if _holds(node.by, number, case)}
            if not makes_sense(node.by, case) or (domain and not held):
                expected = _EXPECTED.get(node.by, "3, 1-4 and 5+")
                message = f"case {case} of {node.by} never holds: no caller goes there; cases are {expected}"
                yield linted.fault(place, "IV603", message)
            elif domain and held <= before:
                message = f"the cases before {case} take all that it could hold for: no caller goes there; put it first"
                yield linted.fault(place, "IV603", message)
            before |= held


def _domain(node: Choose) -> Sequence[int]:
    """The numbers of which cases are, as far as they make a difference; empty where cases are words."""
    match node.by:
        case "hour":
            return range(24)
        case "weekday":
            return range(7)
        case "waiting" | "agents":
            named = [int(number) for case in node.cases for number in re.findall(r"\d{1,9}", case)]
            return sorted({0, *(number + more for number in named for more in (-1, 0, 1))})
    return ()


def _holds(by: str, number: int, case: str) -> bool:
    if by == "weekday":
        days = case.split("-", 1)
        case = "-".join(str(WEEKDAYS.index(day)) for day in days if day in WEEKDAYS)
    return is_among(number, case)


def openings(linted: Linted) -> Iterator[Fault]:
    """Hours open some time, and what is named for the time outside them is used."""
    for name, hours in linted.menus.hours.items():
        spans = [value for key, value in hours if key != "dates"] + list(hours.dates.values())
        if not any(spans):
            message = 'never opens: callers are always told that it is closed; write workdays = ["09:00-18:00"]'
            yield linted.fault(("hours", name), "IV604", message)
    for number, hotline in linted.menus.hotlines.items():
        if hotline.closed and not hotline.hours:
            message = f"closed without `hours`: it never closes, and no caller gets to {hotline.closed}"
            yield linted.fault(("hotline", number, "closed"), "IV605", message)
    for net in linted.nets:
        if net.hotline.hours and not net.hotline.closed and not any(_goes_by_hours(linted, name) for name in net.out):
            message = "hours without `closed`, and no node chooses by them: callers wait for people who have gone home"
            yield linted.fault(("hotline", net.hotline.number, "hours"), "IV605", message)


def _goes_by_hours(linted: Linted, name: str) -> bool:
    node = linted.menus.nodes[name]
    return isinstance(node, Choose) and node.by == "hours" and node.of is None


RULES = (questions, order_codes, cases, openings)
