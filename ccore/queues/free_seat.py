"""A browser phone for whoever comes without one: which is free, and where fewest others are."""

from collections import Counter
from collections.abc import Collection, Iterable

from ccore.centre.phones import Phones
from ccore.queues.model import Device


def free_seat(
    ranges: Iterable[Phones], nodes: Collection[str], taken: Iterable[Device], number: str | None, node: str | None
) -> Device | None:
    """A browser phone that nobody of ``taken`` has, of ``nodes``; ``number`` and ``node`` if they are given."""
    possible = _possible(ranges, nodes, taken, number, node)
    return _device(min(possible)) if possible else None


def free_beside(ranges: Iterable[Phones], taken: Iterable[Device], node: str) -> Device | None:
    """One at ``node`` for somebody who takes no calls: the last, as agents begin with the first."""
    possible = _possible(ranges, (node,), taken, None, node)
    return _device(max(possible)) if possible else None


def _possible(
    ranges: Iterable[Phones], nodes: Collection[str], taken: Iterable[Device], number: str | None, node: str | None
) -> list[tuple[int, int, str, str]]:
    seated = [device for device in taken if device.kind == "browser"]
    numbers, here = {device.number for device in seated}, Counter(device.node for device in seated)
    return [
        (here[place], int(each), each, place)
        for phones in ranges
        if phones.kind == "browser"
        for each in phones.numbers
        if (number is None or each == number) and each not in numbers
        for place in (nodes if phones.nodes is None else phones.nodes)
        if place in nodes and (node is None or place == node)
    ]


def _device(found: tuple[int, int, str, str]) -> Device:
    *_, number, node = found
    return Device("browser", number, node)
