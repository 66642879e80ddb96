"""Choosing a way by what is known of the call: which case of a ``choose`` node holds."""

import re
from collections.abc import Callable, Mapping

from ccore.hours import is_open
from ccore.ivr.leg import Going, Leg, go, known
from ccore.ivr.menu import Choose

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = re.compile(r"^(\d{1,9})(?:(\+)|-(\d{1,9}))?$")

Holds = Callable[[str], bool]


def chosen(leg: Leg, node: Choose) -> Going:
    """On to the first case that holds, in the order of the file, else otherwise."""
    holds = _HOLDS[node.by](leg, node)
    for case, target in node.cases.items():
        if holds(case):
            return go(leg, target, "chose", case)
    return go(leg, node.otherwise, "chose", "otherwise")


def makes_sense(by: str, case: str) -> bool:
    """Whether a case can ever hold for what is chosen ``by``."""
    match by:
        case "hours":
            return case in {"open", "closed", "holiday"}
        case "language":
            return case in {"zh", "en"}
        case "weekday":
            return set(case.split("-", 1)) <= set(WEEKDAYS)
        case "hour" | "waiting" | "agents":
            return bool(_NUMBERS.match(case))
    return True


def is_among(number: int, case: str) -> bool:
    """Whether ``number`` is of the case ``8``, ``8-11`` or ``20+``; ``22-5`` goes round, past midnight."""
    found = _NUMBERS.match(case)
    if not found:
        return False
    first, more, last = int(found[1]), found[2], int(found[3] or found[1])
    if more:
        return number >= first
    return first <= number <= last if first <= last else number >= first or number <= last


def _by_class(leg: Leg, _node: Choose) -> Holds:
    return lambda case: case == leg.facts.customer.tier


def _by_tag(leg: Leg, _node: Choose) -> Holds:
    return lambda case: case in leg.facts.customer.tags


def _by_language(leg: Leg, _node: Choose) -> Holds:
    return lambda case: case == leg.state.language


def _by_hours(leg: Leg, node: Choose) -> Holds:
    hours = leg.menus.hours.get(node.of or leg.hotline.hours or "")
    verdict = is_open(hours, leg.menus.calendar, leg.facts.now) if hours else ""
    return lambda case: case == verdict


def _by_hour(leg: Leg, _node: Choose) -> Holds:
    return lambda case: is_among(leg.facts.now.hour, case)


def _by_weekday(leg: Leg, _node: Choose) -> Holds:
    today = leg.facts.now.weekday()
    numbers = {day: str(number) for number, day in enumerate(WEEKDAYS)}
    return lambda case: is_among(today, "-".join(numbers.get(day, "") for day in case.split("-", 1)))


def _by_waiting(leg: Leg, node: Choose) -> Holds:
    waiting = leg.facts.waiting.get(node.of or leg.hotline.queue, 0)
    return lambda case: is_among(waiting, case)


def _by_agents(leg: Leg, node: Choose) -> Holds:
    free = leg.facts.agents.get(node.of or leg.hotline.queue, 0)
    return lambda case: is_among(free, case)


def _by_value(leg: Leg, node: Choose) -> Holds:
    value = known(leg).get(node.of or "")
    text = value.text if value else ""
    number = int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None
    return lambda case: case == text or (number is not None and is_among(number, case))


_HOLDS: Mapping[str, Callable[[Leg, Choose], Holds]] = {
    "class": _by_class,
    "tag": _by_tag,
    "language": _by_language,
    "hours": _by_hours,
    "hour": _by_hour,
    "weekday": _by_weekday,
    "waiting": _by_waiting,
    "agents": _by_agents,
    "value": _by_value,
}
