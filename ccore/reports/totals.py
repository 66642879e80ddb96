"""Totals at each level of a report, and its lines in the order people read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

Measure = Literal["orders", "live", "active", "sales_fen", "commission_fen"]
MEASURES: tuple[Measure, ...] = ("orders", "live", "active", "sales_fen", "commission_fen")


@dataclass(frozen=True, slots=True)
class Sums:
    """Orders placed, those of them not rejected, expired or cancelled (``live``), those switched on (``active``), the
    price of the live ones, and what all of them earned, less what was given back, in fen."""

    orders: int = 0
    live: int = 0
    active: int = 0
    sales_fen: int = 0
    commission_fen: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(  # written out: a report adds up a hundred thousand
            self.orders + other.orders,
            self.live + other.live,
            self.active + other.active,
            self.sales_fen + other.sales_fen,
            self.commission_fen + other.commission_fen,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``keys`` of the first columns; the fewer, the higher the total, none being the total of all."""

    keys: tuple[str, ...]
    sums: Sums

    @property
    def level(self) -> int:
        """How many columns it is told apart by."""
        return len(self.keys)

    def cells(self, columns: int) -> list[object]:
        """Its keys, blank where it is a total of several, and its sums: a row under ``columns`` and MEASURES."""
        return [*self.keys, *[""] * (columns - self.level), *(getattr(self.sums, name) for name in MEASURES)]


def lines(leaves: Iterable[Line], columns: int, order: Measure | None = None) -> list[Line]:
    """All totals and ``leaves`` (with keys of all ``columns``; equal ones are added): each total before its parts.

    Parts of a total stand by their keys, or by ``order``, the largest first.
    """
    sums = _summed(leaves, columns)
    parts: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for keys in sums:
        if keys:
            parts.setdefault(keys[:-1], []).append(keys)
    found: list[Line] = []
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        keys = waiting.pop()
        found.append(Line(keys, sums[keys]))
        waiting.extend(reversed(_ordered(parts.get(keys, []), sums, order)))
    return found


def _summed(leaves: Iterable[Line], columns: int) -> dict[tuple[str, ...], Sums]:
    """The sums of every total by its keys: each level is made of the one below."""
    sums: dict[tuple[str, ...], Sums] = {}
    for leaf in leaves:
        known = sums.get(leaf.keys)
        sums[leaf.keys] = leaf.sums if known is None else known + leaf.sums
    below = sums
    for level in reversed(range(columns)):
        totals: dict[tuple[str, ...], Sums] = {}
        for keys, each in below.items():
            known = totals.get(keys[:level])
            totals[keys[:level]] = each if known is None else known + each
        sums, below = sums | totals, totals
    return {(): Sums()} | sums


def ranked(leaves: Sequence[Line], order: Measure, most: int) -> list[tuple[int, Line]]:
    """The ``most`` largest with their ranks; equal ones share a rank, and the last rank is told whole."""
    measure = attrgetter(order)
    largest = sorted(leaves, key=lambda line: (-measure(line.sums), line.keys))
    ranks: list[tuple[int, Line]] = []
    for place, line in enumerate(largest, 1):
        same = ranks and measure(ranks[-1][1].sums) == measure(line.sums)
        if place > most and not same:
            break
        ranks.append((ranks[-1][0] if same else place, line))
    return ranks


def _ordered(
    keys: list[tuple[str, ...]], sums: dict[tuple[str, ...], Sums], order: Measure | None
) -> list[tuple[str, ...]]:
    if order is None:
        return sorted(keys)
    return sorted(keys, key=lambda each: (-getattr(sums[each], order), each))
