"""Today's orders as those see them who sold them, or oversee it: whose each is, and all of one audience together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccore.web.live.topics import ALL, LiveSale, LiveSales

MOST_SHOWN = 200  # of one audience's, the newest; all of them count
WAITING = frozenset({"received", "pending_confirm"})
LOST = frozenset({"rejected", "expired", "cancelled"})
EMPLOYEE, DEPARTMENT = "employee", "department"  # begin the names of audiences
TODAY = "today"  # the key of all of them together


@dataclass(frozen=True, slots=True)
class Sold:
    """One order. ``sellers`` by employee number; ``departments``: its own and those above it; ``earned``: by number."""

    order: int
    state: str
    at: datetime
    caller: str
    price_fen: int
    product: str
    name_zh: str
    name_en: str
    employee: str
    sellers: tuple[str, ...]
    departments: tuple[int, ...]
    earned: Mapping[str, int]

    def commission(self, audience: str) -> int:
        """What it earned them: an employee, or all that it earned anybody."""
        kind, _, number = audience.partition(" ")
        return self.earned.get(number, 0) if kind == EMPLOYEE else sum(self.earned.values())

    def audiences(self) -> set[str]:
        """Who sees it."""
        sellers = {f"{EMPLOYEE} {number}" for number in self.sellers}
        return sellers | {f"{DEPARTMENT} {number}" for number in self.departments} | {ALL}


@dataclass(slots=True)
class Till:
    """All of one audience's orders of today, and what they come to."""

    audience: str
    _orders: dict[int, Sold] = field(default_factory=dict)
    _shown: list[int] = field(default_factory=list)  # the newest last
    _sums: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])

    def take(self, sold: Sold) -> set[str]:
        """Have this order, or have it anew; the keys that change by that."""
        keys = {TODAY, str(sold.order)}
        if before := self._orders.get(sold.order):
            self._count(before, -1)
        else:
            self._shown = sorted([*self._shown, sold.order])
            if len(self._shown) > MOST_SHOWN:
                keys.add(str(self._shown.pop(0)))
        self._orders[sold.order] = sold
        self._count(sold, 1)
        return keys

    def begin_day(self, midnight: datetime) -> set[str]:
        """Orders of before are of another day; the keys that change by that."""
        over = [order for order, sold in self._orders.items() if sold.at < midnight]
        for order in over:
            self._count(self._orders.pop(order), -1)
        self._shown = [order for order in self._shown if order in self._orders]
        return {TODAY, *map(str, over)} if over else set()

    def entry(self, key: str) -> LiveSale | LiveSales | None:
        """What is told under this key; None: nothing."""
        if key == TODAY:
            orders, waiting, lost, price, commission = self._sums
            return LiveSales(orders=orders, waiting=waiting, lost=lost, price_fen=price, commission_fen=commission)
        order = int(key)
        is_shown = order in self._orders and bool(self._shown) and order >= self._shown[0]
        return _sale(self._orders[order], self.audience) if is_shown else None

    def told(self) -> Iterable[str]:
        """The keys of all that is told."""
        return [TODAY, *map(str, self._shown)]

    def _count(self, sold: Sold, by: int) -> None:
        lost, good = sold.state in LOST, sold.state not in LOST
        values = good, sold.state in WAITING, lost, sold.price_fen * good, sold.commission(self.audience) * good
        self._sums = [total + by * int(value) for total, value in zip(self._sums, values, strict=True)]


def _sale(sold: Sold, audience: str) -> LiveSale:
    return LiveSale(
        product=sold.product,
        name_zh=sold.name_zh,
        name_en=sold.name_en,
        state=sold.state,
        at=sold.at,
        caller=sold.caller,
        employee=sold.employee,
        price_fen=sold.price_fen,
        commission_fen=sold.commission(audience),
    )
