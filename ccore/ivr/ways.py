"""The ways between nodes: where a caller of a hotline can go from each, by what, and what is known from then on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ccore.ivr.menu import (
    AGAIN,
    BACK,
    CONVENTIONS,
    HANG_UP,
    PEOPLE,
    START,
    Announce,
    Ask,
    Choose,
    Hotline,
    LookUp,
    Menu,
    Node,
    Order,
    Queue,
    Text,
)
from ccore.ivr.menus import Menus
from ccore.tomlfiles import Place

RECORDING = "recording"  # the value that the step ``recorded`` of an announcement makes
END = ""  # a target: the call is over
ON = ("then", "missing", "failed")  # the keys by which nodes name where to go on


@dataclass(frozen=True, slots=True)
class Way:
    """From ``source`` (a node; "" for the hotline itself) to ``target``: as written, or a node or END.

    ``by`` is what takes a caller there, in words; ``makes`` are the values known from then on. ``silent``: it is
    taken without a key. ``returns``: to where the caller has been, with all that was known there.
    """

    source: str
    target: str
    by: str
    place: Place
    makes: frozenset[str] = frozenset()
    silent: bool = True
    returns: bool = False


def written(menus: Menus, name: str) -> Iterator[Way]:
    """The ways out of a node as its author wrote or left them."""
    node, here = menus.nodes[name], ("node", name)
    if isinstance(node, Menu):
        yield from _keys(name, node)
    if isinstance(node, Choose):
        chosen = frozenset({node.of} if node.by == "value" and node.of else ())
        for case, target in node.cases.items():
            yield Way(name, target, case, (*here, "cases", case), chosen)
        yield Way(name, node.otherwise, "otherwise", (*here, "otherwise"))
    if isinstance(node, Ask) and node.terminator != "*":
        yield Way(name, BACK, "key *", here, silent=False)
    keyed = isinstance(node, Ask)
    for way in ON:
        if hasattr(node, way):
            makes = _made(menus, node) if way == "then" else frozenset[str]()
            target = getattr(node, way) or (node.then if isinstance(node, Text) else PEOPLE)
            yield Way(name, target, way, (*here, way), makes, silent=way != "then" or not keyed)
    if isinstance(node, Queue) and node.after:
        yield Way(name, node.after, "after", (*here, "after"))
    if isinstance(node, Order) and "{" in node.code:  # what was keyed is no code
        yield Way(name, PEOPLE, "failed", here)


def _keys(name: str, node: Menu) -> Iterator[Way]:
    for key, target in node.keys.items():
        yield Way(name, target, f"key {key}", ("node", name, "keys", key), silent=False)
    for key, target in CONVENTIONS.items():
        if node.conventions and key not in node.keys:
            yield Way(name, target, f"key {key}", ("node", name), silent=False)


def _made(menus: Menus, node: Node) -> frozenset[str]:
    """The values known once the node has done what it is for."""
    if isinstance(node, Ask):
        return frozenset({node.into})
    if isinstance(node, LookUp) and (adapter := menus.adapters.get(node.adapter)):
        return frozenset(adapter.fields)
    if isinstance(node, Announce) and node.step == "recorded":
        return frozenset({RECORDING})
    return frozenset()


@dataclass(frozen=True, slots=True)
class Net:
    """All ways of one hotline, resolved: ``out`` of each node a caller can be at, the nearest first.

    ``steps`` are how many nodes a caller has walked at least who is at a node, this one with them.
    """

    hotline: Hotline
    begins: tuple[Way, ...]
    out: Mapping[str, tuple[Way, ...]]
    steps: Mapping[str, int]

    def ways(self) -> Iterator[Way]:
        """Every way, the hotline's own first."""
        yield from self.begins
        for ways in self.out.values():
            yield from ways


def net(menus: Menus, hotline: Hotline) -> Net:
    """The ways a caller of ``hotline`` can take. Those to nodes that are not there are left out; one that could not be
    read is where they end."""
    begins = tuple(_begins(menus, hotline))
    out: dict[str, list[Way]] = {}
    steps = {END: 0}
    waiting = list(begins)
    for way in waiting:  # it grows on the way
        if way.target in steps or way.target == BACK:
            continue
        steps[way.target] = steps[way.source] + 1
        ways = [known for way in written(menus, way.target) for known in _resolved(menus, hotline, way)]
        out[way.target] = ways
        waiting += ways
    before = _menus_before(menus, begins, [way for ways in out.values() for way in ways])
    whole = {name: tuple(_with_back(menus, begins, ways, before)) for name, ways in out.items()}
    return Net(hotline, begins, whole, steps)


def _begins(menus: Menus, hotline: Hotline) -> Iterator[Way]:
    for by, target in (("start", hotline.start), ("closed", hotline.closed), ("people", hotline.people)):
        if target in menus.nodes:
            assert target is not None
            yield Way("", target, by, ("hotline", hotline.number, by))


def _resolved(menus: Menus, hotline: Hotline, way: Way) -> Iterator[Way]:
    """The way with its word for a node replaced, but for ``back``: what that is shows when all others are known."""
    if way.target == AGAIN:
        yield replace(way, target=way.source, returns=True)
    elif way.target == PEOPLE and way.by == "failed" and way.source == hotline.people:
        yield replace(way, target=END)  # people who fail cannot fail to themselves
    elif way.target == START:
        for begin in _begins(menus, hotline):
            if begin.by != "people":
                yield replace(way, target=begin.target)
    else:
        target = {PEOPLE: hotline.people, HANG_UP: END}.get(way.target, way.target)
        if target in menus.nodes or target in {END, BACK}:
            yield replace(way, target=target)
        elif ("node", target) in menus.places:
            yield replace(way, target=END)


def _menus_before(menus: Menus, begins: Iterable[Way], ways: Iterable[Way]) -> Mapping[str, frozenset[str]]:
    """For each node the menus a caller there may have passed last, which ``back`` leads to; "" if there may be none."""
    forward = [way for way in ways if way.target not in {BACK, END} and not way.returns]
    before = {way.target: frozenset({""}) for way in begins if way.by != "people"}
    changed = True
    while changed:
        changed = False
        for way in forward:
            there = before.get(way.target, frozenset())
            passes = isinstance(menus.nodes[way.source], Menu) and not way.silent
            passed = frozenset({way.source}) if passes else before.get(way.source, frozenset())
            if not passed <= there:
                before[way.target] = there | passed
                changed = True
    return before


def _with_back(
    menus: Menus, begins: Iterable[Way], ways: Iterable[Way], before: Mapping[str, frozenset[str]]
) -> Iterator[Way]:
    """The ways with ``back`` replaced; before the first menu there is only that menu, or the beginning."""
    beginning = {way.target for way in begins if way.by != "people"}
    for way in ways:
        if way.target != BACK:
            yield way
            continue
        first = {way.source} if isinstance(menus.nodes[way.source], Menu) else beginning
        passed = before.get(way.source, frozenset()) - {way.source}
        for target in sorted(passed - {""} | (set() if passed and "" not in passed else first)):
            yield replace(way, target=target, returns=True)
