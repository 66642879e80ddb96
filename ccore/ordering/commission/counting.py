"""What orders come to for those who sold them: whose they are, how many they are, what volume adds to them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from ccore.ordering.commission.postings import Entries, Entry, tier
from ccore.ordering.commission.rules import Rule, tiers_of
from ccore.ordering.commission.shares import divided
from ccore.ordering.model import FlatCommission, PercentCommission, Seller
from ccore.ordering.ranking import ORDER_BP, Figures

OPEN = ("received", "pending_confirm", "confirmed", "activating")  # nobody knows yet what comes of it
ENDED = frozenset({"rejected", "expired", "cancelled"})
SOLD = frozenset({"confirmed", "activating", "active"})  # somebody earns by it

Members = Mapping[int, Sequence[Seller]]  # of a team, by its version


class Row(Protocol):
    """A row of the database."""

    def __getitem__(self, key: str, /) -> Any:
        """A column."""


class Order(NamedTuple):
    """What of an order counts: its product and rule, its price, and whose it is. ``version`` is that of the team."""

    order_id: int
    product_id: int
    rule_id: int | None
    price_fen: int
    employee_id: int | None
    team_id: int | None
    department_id: int | None
    version: int | None


class Run(NamedTuple):
    """So many orders that are alike, one after the other."""

    order: Order
    times: int


class Sold(NamedTuple):
    """Orders of one person, or of one version of a team at one price."""

    employee_id: int | None
    version: int | None
    price_fen: int | None
    orders: int
    sales_fen: int


class Volume:
    """How many orders of each product every holder has had in a period so far."""

    def __init__(self, rules: Mapping[int, Rule], teams: Members) -> None:
        self._rules = rules
        self._teams = teams
        self._counted: Counter[tuple[int | None, int | None, int | None, int]] = Counter()

    def adds(self, order: Order, *, released: bool = False) -> Entries:
        """What volume adds to the next order, which must come in the order of their placing; often nothing."""
        holder = _holder(order)
        self._counted[*holder, order.product_id] += 1
        rule, ordinal = self._rules.get(order.rule_id or 0), self._counted[*holder, order.product_id]
        if rule is None or not rule.tiers or ordinal < rule.tiers[0].start:
            return ()
        return tier(rule, order.price_fen, ordinal, sellers(order, self._teams), order.department_id, released=released)

    def earns(self, run: Run) -> Counter[int]:
        """What volume gives each person for a run of orders: what ``adds`` gives for one after the other."""
        order, earned = run.order, Counter[int]()
        key = (*_holder(order), order.product_id)
        first, rule = self._counted[key] + 1, self._rules.get(order.rule_id or 0)
        self._counted[key] += run.times
        if rule is None or not rule.tiers:
            return earned
        end = first + run.times
        steps = sorted({first, end, *(step.start for step in rule.tiers if first < step.start < end)})
        for begins, ends in pairwise(steps):
            each = tier(rule, order.price_fen, begins, sellers(order, self._teams), order.department_id, released=False)
            for employee, fen in earned_by(each).items():
                earned[employee] += fen * (ends - begins)
        return earned


def counting_states(*, with_open: bool) -> list[str]:
    """The states in which an order counts as sold; ``with_open``: also while its provider has not switched it on."""
    return sorted(SOLD) if with_open else ["active"]


def _holder(order: Order) -> tuple[int | None, int | None, int | None]:
    """Who holds its claim: a person, a team, or a department."""
    if order.employee_id is not None or order.team_id is not None:
        return order.employee_id, order.team_id, None
    return None, None, order.department_id


def sellers(order: Order, teams: Members) -> Sequence[Seller]:
    """Who earns by the order."""
    if order.version is not None:
        return teams[order.version]
    return (Seller(order.employee_id, ORDER_BP),)


def figures(sold: Iterable[Sold], commission: Mapping[int, int], teams: Members) -> dict[int, Figures]:
    """What each person sold: of a team's orders their share."""
    found: defaultdict[int, Figures] = defaultdict(Figures)
    for some in sold:
        for employee, one in _parts(some, teams):
            found[employee] = found[employee].plus(one)
    for employee, fen in commission.items():
        found[employee] = found[employee].plus(Figures(commission_fen=fen))
    return dict(found)


def sold_of(runs: Iterable[Run]) -> list[Sold]:
    """The same as they count for those who sold them."""
    return [
        Sold(order.employee_id, None, None, times, times * order.price_fen)
        if order.version is None
        else Sold(None, order.version, order.price_fen, times, times * order.price_fen)
        for order, times in runs
    ]


def orders_of(sold: Iterable[Sold]) -> int:
    """How many orders somebody had a part in."""
    return sum(some.orders for some in sold)


def earned_by(entries: Iterable[Entry]) -> Counter[int]:
    """What entries give each person."""
    sums: Counter[int] = Counter()
    for entry in entries:
        if entry.holder is not None and entry.holder.employee_id is not None:
            sums[entry.holder.employee_id] += entry.fen
    return sums


def rules_of(rows: Iterable[Row]) -> dict[int, Rule]:
    """Rules by their number, of rows of ``periods.rules``."""
    return {row["rule_id"]: rule_of(row) for row in rows}


def rule_of(row: Row) -> Rule:
    """A rule as its row has it."""
    rate = FlatCommission(row["fen"]) if row["kind"] == "flat" else PercentCommission(row["basis_points"])
    hold, clawback = (timedelta(hours=24 * row[name]) for name in ("hold_days", "clawback_days"))
    return Rule(rate, tiers_of(row["tiers"]), hold, clawback)


def teams_of(rows: Iterable[Row]) -> dict[int, list[Seller]]:
    """Members by version of a team, of rows of ``periods.teams``."""
    return {row["version_id"]: list(map(Seller, row["employees"], row["shares"])) for row in rows}


def with_tiers(rows: Iterable[Row]) -> list[int]:
    """Products of which some version of the rule has tiers."""
    return sorted({row["product_id"] for row in rows if row["tiers"]})


def _parts(some: Sold, teams: Members) -> Iterator[tuple[int, Figures]]:
    if some.version is None:
        if some.employee_id is not None:
            yield some.employee_id, Figures(some.orders * ORDER_BP, some.sales_fen)
        return
    members = teams[some.version]
    assert some.price_fen is not None, "a team's orders are counted by their price"
    each = divided(some.price_fen, [member.basis_points for member in members])
    for member, part in zip(members, each, strict=True):
        if member.employee_id is not None:
            yield member.employee_id, Figures(some.orders * member.basis_points, some.orders * part)
