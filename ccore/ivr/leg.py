"""One leg of a caller's walk: from what came from the telephone to the next thing to do, node after node."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ccore.hours import is_open
from ccore.ivr.menu import AGAIN, BACK, HANG_UP, PEOPLE, START, HangUp, Hotline, Menu
from ccore.ivr.menus import Menus
from ccore.ivr.model import End, Facts, Mark, Part, Play, Prompt, State, Step, Value, Values, Walked
from ccore.ivr.states import MOST_BACK
from ccore.prompts.kinds import Kind

MOST_VALUE_CHARACTERS = 200  # of one value: what is longer is nothing to say on a telephone
_VALUE = re.compile(r"\{([a-z][a-z0-9_]{0,30})\}")


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg so far. As an action's answer: the caller goes on to ``target``, a node or one of the words for nodes.

    ``heard`` is played before whatever comes next; ``passed`` are the nodes entered in this leg. ``fresh``: this node
    was not come back to; ``again``: it was asked for once more.
    """

    menus: Menus
    hotline: Hotline
    facts: Facts
    state: State
    target: str = ""
    heard: tuple[Part, ...] = ()
    marks: tuple[Mark, ...] = ()
    passed: frozenset[str] = frozenset()
    fresh: bool = True
    again: bool = False


Going = Leg | Walked  # on to a node, or an answer


def beginning(menus: Menus, hotline: Hotline, facts: Facts) -> str:
    """Where callers of the hotline begin now."""
    hours = menus.hours.get(hotline.hours or "")
    if hotline.closed and hours and is_open(hours, menus.calendar, facts.now) != "open":
        return hotline.closed
    return hotline.start


def known(leg: Leg) -> Values:
    """All values of the call: those every call has, and those it came by."""
    given = {"caller": leg.facts.caller, "dialled": leg.state.hotline}
    return {name: Value(Kind.DIGITS, text) for name, text in given.items() if text} | dict(leg.state.values)


def hear(leg: Leg, parts: Iterable[str]) -> Leg:
    """Have prompts and values played next; a value that is not known is left out."""
    return replace(leg, heard=leg.heard + spoken_parts(leg, parts))


def spoken_parts(leg: Leg, parts: Iterable[str]) -> tuple[Part, ...]:
    """Prompts by name and values by their names in braces, as what is heard."""
    values = known(leg)
    found = (values.get(part[1:-1]) if part.startswith("{") else Prompt(part) for part in parts)
    return tuple(Prompt(part.text) if isinstance(part, Value) and part.kind == Kind.PROMPT else part
                 for part in found if part is not None)  # fmt: skip


def filled(leg: Leg, text: str) -> str | None:
    """``text`` with its values in braces filled in; None if one is not known."""
    values = known(leg)
    if any(name not in values for name in _VALUE.findall(text)):
        return None
    return _VALUE.sub(lambda match: values[match[1]].text, text)


def keep(leg: Leg, values: Values) -> Leg:
    """Keep values for the rest of the call, the newest last."""
    short = {name: replace(value, text=value.text[:MOST_VALUE_CHARACTERS]) for name, value in values.items()}
    older = {name: value for name, value in leg.state.values.items() if name not in short}
    return replace(leg, state=replace(leg.state, values={**older, **short}))


def mark(leg: Leg, outcome: str, key: str = "", target: str = "") -> Leg:
    """Write a line of the path log about the node the caller is at."""
    return replace(leg, marks=(*leg.marks, Mark(leg.state.node, outcome, key, target)))


def go(leg: Leg, target: str, outcome: str, key: str = "") -> Leg:
    """On to ``target``, because of ``outcome``."""
    return replace(mark(leg, outcome, key, named(leg, target)), target=target)


def anew(leg: Leg) -> Leg:
    """Into the node where the caller is, as if they came to it now: for input that does not fit it."""
    return replace(leg, target=leg.state.node)


def fail(leg: Leg, target: str | None) -> Leg:
    """On to where failures of this node lead: without a ``target`` to the hotline's people, who cannot fail to them."""
    there = leg.state.node == leg.hotline.people
    return go(leg, target or (HANG_UP if there else PEOPLE), "failed")


def stop(leg: Leg, step: Step) -> Walked:
    """The answer: do ``step``, which plays what is to be heard."""
    return Walked(leg.state, step, leg.marks)


def silently(leg: Leg, step: Step) -> Walked:
    """The answer: do ``step``, which plays nothing itself, once what is to be heard has been played."""
    return stop(leg, Play(leg.heard) if leg.heard else step)


def hang_up(leg: Leg, parts: Iterable[str] | None = None) -> Walked:
    """The answer: end the call, with ``parts`` or a plain goodbye."""
    leg = hear(leg, HangUp(do="hang-up").prompt if parts is None else parts)
    return stop(mark(leg, "left", target=HANG_UP), End(leg.heard))


def named(leg: Leg, target: str) -> str:
    """The node a word for a node stands for now; hang-up stays itself."""
    match target:
        case "again":
            return leg.state.node
        case "start":
            return beginning(leg.menus, leg.hotline, leg.facts)
        case "people":
            return leg.hotline.people
        case "back" if leg.state.back:
            return leg.state.back[-1]
        case "back":  # before the first menu there is only the beginning
            here = isinstance(leg.menus.nodes.get(leg.state.node), Menu)
            return leg.state.node if here else beginning(leg.menus, leg.hotline, leg.facts)
    return target


def arrived(leg: Leg) -> Leg:
    """The caller at the node that ``target`` stands for, with menus passed in a circle forgotten."""
    name, back = named(leg, leg.target), leg.state.back
    fresh = leg.target not in {AGAIN, BACK, START} and name not in back
    if name in back:
        back = back[: back.index(name)]
    state = replace(leg.state, node=name, back=back, tries=0, question=0)
    return replace(leg, state=state, fresh=fresh, again=leg.target == AGAIN)


def passing(leg: Leg) -> Leg:
    """Keep the menu the caller is at, to come back to."""
    back = (*leg.state.back, leg.state.node)[-MOST_BACK:]
    return replace(leg, state=replace(leg.state, back=back))
