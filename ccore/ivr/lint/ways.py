"""Rules on where callers go: every target is there, every node is met, and nobody goes round for ever."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ccore.errors import Fault
from ccore.ivr.lint.linted import Linted, near
from ccore.ivr.menu import WORDS, Ask, Menu, Queue, Survey, Transfer, Voicemail
from ccore.ivr.ways import END, Net, Way, written
from ccore.tomlfiles import Place

WAITS = (Menu, Ask, Survey)  # nodes at which a caller can key
HOLDS = (Queue, Transfer, Voicemail)  # nodes at which a caller is with people, or speaks: going round there is waiting


def targets(linted: Linted) -> Iterator[Fault]:
    """Whatever is named as a target is there."""
    nodes = linted.menus.nodes.keys()
    for name in nodes:
        for way in written(linted.menus, name):
            yield from _there(linted, way.place, way.target, nodes | WORDS)
        for key in ("at", "divert"):
            if target := getattr(linted.menus.nodes[name], key, None):
                yield from _there(linted, ("node", name, key), target, nodes)
    for number, hotline in linted.menus.hotlines.items():
        for key in ("start", "closed", "people"):
            if target := getattr(hotline, key):
                yield from _there(linted, ("hotline", number, key), target, nodes)


def _there(linted: Linted, place: Place, target: str, names: Collection[str]) -> Iterator[Fault]:
    if target not in names and not linted.unread("node", target):
        message = f"there is no node {target}{near(target, names)}: callers sent there come to people instead"
        yield linted.fault(place, "IV101", message)


def unreachable(linted: Linted) -> Iterator[Fault]:
    """Every node is met by callers of some hotline."""
    menus = linted.menus
    if linted.nodes_unread or linted.hotlines_unread:
        return
    ways = {name: [way.target for way in written(menus, name)] for name in menus.nodes}
    met = {name for net in linted.nets for name in net.out}
    met |= {name for divert in _diverted_to(linted) for name in _behind(ways, divert)}
    lost = menus.nodes.keys() - met
    led_to = {target for name in lost for target in ways[name] if target != name}
    told = set(met)
    for name in sorted(lost, key=lambda name: (name in led_to, menus.place("node", name))):
        if name not in told:
            behind = _behind(ways, name) - told
            told |= behind
            yield _lost(linted, name, len(behind) - 1)


def _behind(ways: Mapping[str, Sequence[str]], name: str) -> set[str]:
    """The node and those to which ways lead from it."""
    found = [name]
    for each in found:  # it grows on the way
        found += set(ways.get(each, ())) & ways.keys() - set(found)
    return set(found)


def _lost(linted: Linted, name: str, behind: int) -> Fault:
    place = ("node", name)
    if name in WORDS:
        message = f"{name} is a word for another place in every target, so nothing leads here: give it another name"
        return linted.fault(place, "IV107", message)
    more = f" and the {behind} nodes behind it" if behind > 1 else " and the node behind it" if behind else ""
    message = f"no caller gets to {name}{more}: no key and no hotline leads to it; name it as a target, or remove it"
    return linted.fault(place, "IV102", message)


def _diverted_to(linted: Linted) -> set[str]:
    """Where announcements made by phone may send callers."""
    return {divert for node in linted.menus.nodes.values() if (divert := getattr(node, "divert", None))}


def circles(linted: Linted) -> Iterator[Fault]:
    """Whoever keys nothing comes to an end, or to people."""
    for net in linted.nets:
        silent = {
            name: [way for way in ways if way.silent]
            for name, ways in net.out.items()
            if not isinstance(linted.menus.nodes[name], HOLDS)
        }
        for circle in _circles(silent):
            yield _circle(linted, net, circle)


def _circle(linted: Linted, net: Net, circle: Sequence[Way]) -> Fault:
    names = [way.source for way in circle]
    round_trip = " > ".join([*names, names[0]])
    if any(isinstance(linted.menus.nodes[name], WAITS) for name in names):
        message = (
            f"whoever keys nothing goes round {round_trip} until their {net.hotline.steps} steps are used up: "
            "let one of them fail to people or hang-up"
        )
        return linted.fault(circle[-1].place, "IV104", message)
    message = f"callers go round {round_trip}, where no key is asked: they hear it over and over and cannot get out"
    return linted.fault(circle[-1].place, "IV103", message)


def _circles(ways: Mapping[str, Sequence[Way]]) -> Iterator[Sequence[Way]]:
    """Circles of ways, none of which shares a node with another; each begins at the node met first."""
    done: set[str] = set()
    for name in ways:
        if name not in done and (path := _path(ways, name, {name}, done)):
            done |= {way.source for way in path}
            yield path


def _path(
    ways: Mapping[str, Sequence[Way]], start: str, goals: Collection[str], avoided: Collection[str]
) -> Sequence[Way] | None:
    """The shortest way from ``start`` to one of ``goals``, if there is one."""
    paths: list[tuple[Way, ...]] = [(way,) for way in ways.get(start, ())]
    seen: set[str] = set()
    for path in paths:  # it grows on the way
        target = path[-1].target
        if target in goals:
            return path
        if target not in seen and target not in avoided:
            seen.add(target)
            paths += [(*path, way) for way in ways.get(target, ())]
    return None


def ends(linted: Linted) -> Iterator[Fault]:
    """From everywhere there is a way to people or to an end, whatever it takes."""
    for net in linted.nets:
        out: set[str] = {END}
        while more := {name for name, ways in net.out.items() if name not in out and _out(linted, name, ways, out)}:
            out |= more
        lost = [name for name in net.out if name not in out]
        for name in lost[:1]:  # the others lead here, or from here
            message = (
                f"from {name} no key and no failure leads to people, to anything done or to an end: callers of "
                f"{net.hotline.number} can only hang up; let a key lead to people or hang-up"
            )
            yield linted.fault(("node", name), "IV105", message)


def _out(linted: Linted, name: str, ways: Sequence[Way], out: Collection[str]) -> bool:
    served = isinstance(linted.menus.nodes[name], HOLDS) or not ways
    return served or any(way.target in out for way in ways)


def budgets(linted: Linted) -> Iterator[Fault]:
    """Every node can be got to within the steps of its hotline."""
    for net in linted.nets:
        furthest = max(net.steps, key=lambda name: net.steps[name])
        if net.steps[furthest] > net.hotline.steps:
            message = (
                f"{furthest} is {net.steps[furthest]} nodes from the beginning, and calls have {net.hotline.steps}: "
                "everybody is sent to people before they get there; raise steps"
            )
            yield linted.fault(("hotline", net.hotline.number, "steps"), "IV106", message)


RULES = (targets, unreachable, circles, ends, budgets)
