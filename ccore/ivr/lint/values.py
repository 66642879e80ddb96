"""Rules on values: whatever is said, asked or ordered with is known by then, whichever way the caller came."""

import re
from collections.abc import Iterator, Mapping, Set
from functools import reduce

from ccore.errors import Fault
from ccore.ivr.lint import heard
from ccore.ivr.lint.linted import Linted, near
from ccore.ivr.menu import GIVEN, Announce, Ask, CallBack, Choose, LookUp, Order, Text
from ccore.ivr.menus import Menus
from ccore.ivr.ways import RECORDING, Net, Way
from ccore.tomlfiles import Place

Known = Mapping[str, Set[str]]  # by node: the values that every caller who gets there has
Use = tuple[Place, str, str]  # where a value is named, at which node, and the value

ANNOUNCING = {"sign-in": ("employee", "pin"), "mount": ("hours",)}  # values the steps of Announce go by
_IN_BRACES = re.compile(r"\{([^{}]*)\}")


def values(linted: Linted) -> Iterator[Fault]:
    """Every value that a node names is known to every caller who gets there."""
    found = [(net, known(net)) for net in linted.nets]
    made = _made(linted.menus)
    for place, name, value in uses(linted.menus):
        without = (way for net, at in found for way in net.ways() if way.target == name and _lacks(way, at, value))
        if value not in made:
            if not linted.values_unread:
                message = f"nothing makes a value {value}{near(value, made)}: callers do not hear it, or go nowhere"
                yield linted.fault(place, "IV401", message)
        elif way := next(without, None):
            message = f"{value} is not known to every caller here: not to those who come {_whence(way)}"
            yield linted.fault(place, "IV402", f"{message}; ask or look it up before, on every way")


def known(net: Net) -> Known:
    """The values known at each node by whichever way a caller came; those who come back knew them before."""
    ways: dict[str, list[Way]] = {}
    for way in net.ways():
        if not way.returns:
            ways.setdefault(way.target, []).append(way)
    everything = GIVEN.union(*(way.makes for way in net.ways()))
    found: dict[str, Set[str]] = {"": GIVEN, **dict.fromkeys(net.out, everything)}
    changed = True
    while changed:
        changed = False
        for name in net.out:
            fewer = reduce(lambda common, way: common & (found[way.source] | way.makes), ways[name], everything)
            changed, found[name] = changed or fewer != found[name], fewer
    return found


def uses(menus: Menus) -> Iterator[Use]:
    """Every place at which a node goes by a value."""
    for name, place, part, _ in heard.parts(menus):
        for value in _IN_BRACES.findall(part):
            yield place, name, value
    for name, node in menus.nodes.items():
        named: Mapping[str, object] = {}
        match node:
            case Order():
                named = {"code": node.code}
            case LookUp():
                named = {"ask": " ".join(node.ask.values())}
            case CallBack(number=str()):
                named = {"number": f"{{{node.number}}}"}
            case Text() if template := menus.texts.get(node.text):
                named = {"text": template.zh + template.en}
            case Announce():
                named = {"step": " ".join(f"{{{value}}}" for value in ANNOUNCING.get(node.step, ()))}
        for key, text in named.items():
            for value in dict.fromkeys(_IN_BRACES.findall(str(text))):
                yield ("node", name, key), name, value


def chosen_by(linted: Linted) -> Iterator[Fault]:
    """What is chosen by is known to some callers at least; the others go on at ``otherwise``."""
    made = _made(linted.menus)
    for name, node in linted.menus.nodes.items():
        if not isinstance(node, Choose) or node.by != "value":
            continue
        if node.of is None:
            yield linted.fault(("node", name), "IV401", "by = value needs `of`, the value's name: all go to otherwise")
        elif node.of not in made and not linted.values_unread:
            message = f"nothing makes a value {node.of}{near(node.of, made)}: every caller goes to otherwise"
            yield linted.fault(("node", name, "of"), "IV401", message)


def _made(menus: Menus) -> Set[str]:
    """All values that anything makes."""
    asked = {node.into for node in menus.nodes.values() if isinstance(node, Ask)}
    found = {name for adapter in menus.adapters.values() for name in adapter.fields}
    return GIVEN | asked | found | {RECORDING}


def _lacks(way: Way, at: Known, value: str) -> bool:
    return not way.returns and value not in at[way.source] | way.makes


def _whence(way: Way) -> str:
    return f"from {way.source} by {way.by}" if way.source else f"as the hotline's {way.by}"


RULES = (values, chosen_by)
