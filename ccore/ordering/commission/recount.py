"""What the books of commission ought to say, counted again from orders, rules, teams and moves."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ccore.ordering.commission import postings
from ccore.ordering.commission.counting import (
    ENDED,
    SOLD,
    Members,
    Order,
    Row,
    Sold,
    Volume,
    counting_states,
    earned_by,
    figures,
    sellers,
)
from ccore.ordering.commission.postings import Entry, Holder
from ccore.ordering.commission.rules import Rule
from ccore.ordering.elimination import Fate, Policy, judged
from ccore.ordering.model import FlatCommission, Seller
from ccore.ordering.ranking import Contender, Figures

LATE = timedelta(hours=2)  # what is due so long and not released is a difference
SLACK = timedelta(seconds=5)  # between the statements of one move, each of which has its own time
_ACTIVE = frozenset({"active"})
NEVER = Rule(FlatCommission(0))  # of an order that was placed without a rule


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it ought to be."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting as it stands in the books."""

    posting_id: int
    kind: str
    rule_id: int | None
    period_id: int | None
    booked_at: datetime
    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, row: Row) -> "Booked":
        """As its row has it."""
        return cls(row["posting_id"], row["kind"], row["rule_id"], row["period_id"], row["booked_at"], entries_of(row))


@dataclass(frozen=True, slots=True)
class Move:
    """An order went from one state to another."""

    was: str
    became: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """An order with all that happened to it."""

    order: Order
    placed_at: datetime
    called_at: datetime
    state: str
    state_at: datetime
    flagged: bool
    moves: Sequence[Move]
    booked: Sequence[Booked]

    def was_in(self, states: frozenset[str]) -> bool:
        """Whether it ever was in one of the states."""
        seen = {self.state, *(move.was for move in self.moves), *(move.became for move in self.moves)}
        return not seen.isdisjoint(states)

    def state_at_time(self, at: datetime) -> str:
        """Its state then."""
        if self.state_at <= at or not self.moves:
            return self.state
        before = [move.became for move in self.moves if move.at <= at]
        return before[-1] if before else self.moves[0].was

    @property
    def active_at(self) -> datetime:
        """When it became active; of one that never was, when it was placed."""
        return next((move.at for move in reversed(self.moves) if move.became == "active"), self.placed_at)

    def of(self, kind: str) -> list[Booked]:
        """Its postings of a kind."""
        return [each for each in self.booked if each.kind == kind]


@dataclass(frozen=True, slots=True)
class Period:
    """A closed period: its orders count as they were at ``counted_at``, in one of ``states``."""

    period_id: int
    name: str
    begins: datetime
    ends: datetime
    counted_at: datetime
    states: Sequence[str]
    policy: Policy

    @classmethod
    def of(cls, row: Row, policy: Policy) -> "Period":
        """As its row has it."""
        states = counting_states(with_open=row["open_orders"] == "count")
        return cls(row["period_id"], row["name"], row["begins"], row["ends"], row["counted_at"], states, policy)


@dataclass(frozen=True, slots=True)
class Version:
    """Of a rule or a team: from when until when it held."""

    number: int
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it did then."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class World:
    """What orders are counted by: rules by number, which of them a product had when, and the same of teams.

    ``closing`` are the periods of which some tiers are booked, and not all.
    """

    rules: Mapping[int, Rule]
    of_products: Mapping[int, Sequence[Version]]
    teams: Members
    of_teams: Mapping[int, Sequence[Version]]
    closing: Collection[int] = ()


def versions(rows: Iterable[Row], of: str, number: str) -> dict[int, list[Version]]:
    """Versions by what they are of."""
    found: defaultdict[int, list[Version]] = defaultdict(list)
    for row in rows:
        found[row[of]].append(Version(row[number], row["since"], row["until"]))
    return dict(found)


def entries_of(row: Row) -> tuple[Entry, ...]:
    """The entries of a posting, of a row that has them as lists."""
    columns = zip(row["accounts"], row["employees"], row["departments"], row["fens"], strict=True)
    return tuple(
        Entry(account, None if account == "expense" else Holder(employee, department), fen)
        for account, employee, department, fen in columns
        if account is not None
    )


class Recount:
    """Goes through lives in the order of their placing; ``of`` says what is wrong with each, ``result`` with periods.

    It keeps sums of the period it is in, and nothing of single orders.
    """

    def __init__(self, world: World, now: datetime) -> None:
        self._world = world
        self._now = now
        self._period: Period | None = None
        self._begin(None)

    def period(self, period: Period | None) -> None:
        """The lives that come next are of this period; None: of none that is closed."""
        if period != self._period:
            self._begin(period)

    def _begin(self, period: Period | None) -> None:
        self._period = period
        self._volume = Volume(self._world.rules, self._world.teams)
        self._sold: Counter[tuple[int | None, int | None, int | None]] = Counter()
        self._sales: Counter[tuple[int | None, int | None, int | None]] = Counter()
        self._commission: Counter[int] = Counter()

    def of(self, life: Life) -> Iterator[Difference]:
        """What is wrong with what was booked for an order."""
        where = f"order {life.order.order_id}"
        for what in self._wrong(life):
            yield Difference(where, what)

    def _wrong(self, life: Life) -> Iterator[str]:
        rule_id = _at(self._world.of_products.get(life.order.product_id, ()), life.called_at)
        if life.order.rule_id != rule_id:
            yield f"placed by rule {life.order.rule_id}, when rule {rule_id} was valid"
        for each in life.booked:
            if postings.balance(each.entries) or not each.entries:
                yield f"the entries of posting {each.posting_id} sum to {postings.balance(each.entries)} fen"
            if each.rule_id != life.order.rule_id:
                yield f"posting {each.posting_id} names rule {each.rule_id}"
        kinds = Counter(each.kind for each in life.booked)
        yield from (f"{count} postings of kind {kind}" for kind, count in kinds.items() if count > 1)
        yield from (f"a posting of kind {kind}" for kind in kinds.keys() - {"sale", "tier", "release", "clawback"})
        yield from self._sale(life)
        yield from self._tier(life)
        yield from self._release(life)
        yield from self._clawback(life)

    def _sellers(self, life: Life) -> Sequence[Seller]:
        return sellers(life.order, self._world.teams)

    def _sale(self, life: Life) -> Iterator[str]:
        expected: Sequence[Entry] = ()
        if life.was_in(SOLD):
            expected = postings.sale(
                self._rule(life), life.order.price_fen, self._sellers(life), life.order.department_id
            )
        yield from _compared("sale", expected, _entries(life.of("sale")))

    def _tier(self, life: Life) -> Iterator[str]:
        booked = life.of("tier")
        if self._period is None and booked and all(each.period_id in self._world.closing for each in booked):
            return
        if self._period is None or life.state_at_time(self._period.counted_at) not in self._period.states:
            yield from _compared("tier", (), _entries(booked))
            return
        released = any(r.posting_id < t.posting_id for t in booked for r in life.of("release"))
        expected = self._volume.adds(life.order, released=released)
        self._count(life, expected)
        if not booked and life.of("clawback"):
            return  # given back before the period was closed: there was nothing to add to
        yield from _compared("tier", expected, _entries(booked))
        yield from (f"the tier is of period {t.period_id}" for t in booked if t.period_id != self._period.period_id)

    def _count(self, life: Life, tier: Iterable[Entry]) -> None:
        order = life.order
        if order.employee_id is None and order.team_id is None:
            return
        key = order.employee_id, order.version, None if order.version is None else order.price_fen
        self._sold[key] += 1
        self._sales[key] += order.price_fen
        self._commission.update(earned_by(entry for each in life.of("sale") for entry in each.entries))
        self._commission.update(earned_by(tier))

    def _release(self, life: Life) -> Iterator[str]:
        due_at = life.active_at + self._rule(life).hold
        for each in life.of("release"):
            before = [e for other in life.booked if other.posting_id < each.posting_id for e in other.entries]
            yield from _compared("release", postings.release(before), each.entries)
            if not life.was_in(_ACTIVE) or each.booked_at < due_at - SLACK:
                yield "released before its hold was over"
        if life.was_in(_ACTIVE) and not life.flagged and due_at + LATE < self._now:
            held = (e for e in postings.totals(_entries(life.booked)) if e.account == "held" and e.fen)
            yield from (f"release: {e.fen} fen are still held{_whose(e.holder)}" for e in held)

    def _clawback(self, life: Life) -> Iterator[str]:
        before = [entry for each in life.booked if each.kind != "clawback" for entry in each.entries]
        expected: Sequence[Entry] = ()
        if life.state in ENDED and _earned(before):
            was, ended_at = (life.moves[-1].was, life.moves[-1].at) if life.moves else ("active", life.state_at)
            until = postings.given_back_until(self._rule(life), life.placed_at, life.active_at)
            if was == "active" and abs(ended_at - until) < SLACK:
                return
            if was != "active" or ended_at < until:
                expected = postings.clawback(before)
        yield from _compared("clawback", expected, _entries(life.of("clawback")))

    def _rule(self, life: Life) -> Rule:
        return self._world.rules.get(life.order.rule_id or 0, NEVER)

    def result(self, rows: Iterable[Row]) -> Iterator[Difference]:
        """What is wrong with the results of the period whose lives have all been counted."""
        assert self._period is not None, "there are results of closed periods alone"
        rows, where = list(rows), f"period {self._period.name}"
        sold = (Sold(*key, count, self._sales[key]) for key, count in self._sold.items())
        found = figures(sold, self._commission, self._world.teams)
        contenders = [_contender(row, found.get(row["employee_id"], Figures()), self._period) for row in rows]
        expected = {each.ranked.contender.employee_id: each for each in _judged(contenders, self._period)}
        for row in rows:
            one = expected[row["employee_id"]]
            counted = one.ranked.contender.figures
            says = Figures(row["orders_bp"], row["sales_fen"], row["commission_fen"])
            if says != counted:
                yield Difference(where, f"employee {row['employee_id']} has {says}, counted {counted}")
            place = (one.ranked.rank, one.ranked.of, one.seats, one.fate.value)
            if (row["rank"], row["of"], row["seats"], row["fate"]) != place:
                yield Difference(where, f"employee {row['employee_id']} is not rank {one.ranked.rank}, {one.fate}")
            if row["barred"] != (row["fate"] == Fate.BARRED):
                yield Difference(where, f"employee {row['employee_id']} is {row['fate']}, and the bar says else")


def of_no_order(row: Row) -> Iterator[Difference]:
    """What is wrong with a payout or an adjustment."""
    where, entries = f"posting {row['posting_id']}", entries_of(row)
    owed = {entry.account: entry for entry in entries}
    if postings.balance(entries) or len(entries) != 2:
        yield Difference(where, f"its entries sum to {postings.balance(entries)} fen")
    elif row["kind"] == "payout":
        paid = owed.get("paid", Entry("paid", None, 0))
        if paid.fen <= 0 or owed.get("payable") != Entry("payable", paid.holder, -paid.fen):
            yield Difference(where, "pays out what is not payable")
    elif row["kind"] != "adjustment" or owed.keys() != {"payable", "expense"} or not row["note"]:
        yield Difference(where, "is neither a payout nor an adjustment with a note")


def _at(of: Sequence[Version], at: datetime) -> int | None:
    return next((each.number for each in of if each.holds(at)), None)


def _entries(booked: Iterable[Booked]) -> list[Entry]:
    return [entry for each in booked for entry in each.entries]


def _earned(entries: Iterable[Entry]) -> int:
    return -sum(entry.fen for entry in entries if entry.account == "expense")


def _compared(what: str, expected: Iterable[Entry], found: Iterable[Entry]) -> Iterator[str]:
    """What people have by it; entries of nothing make no difference."""
    expected, found = tuple(expected), tuple(found)
    if expected == found:
        return
    wanted, there = ({e for e in postings.totals(entries) if e.fen} for entries in (expected, found))
    for entry in sorted(wanted ^ there, key=str):
        says = "ought to be booked" if entry in wanted else "ought not to be booked"
        yield f"{what}: {entry.fen} fen {says} on {entry.account}{_whose(entry.holder)}"


def _whose(holder: Holder | None) -> str:
    if holder is None:
        return ""
    return f" of employee {holder.employee_id}" if holder.employee_id else f" of department {holder.department_id}"


def _contender(row: Row, sold: Figures, period: Period) -> Contender:
    """As it was then: the group by its name, newcomers by what came of them."""
    joined: Any = period.ends if row["fate"] == Fate.NEWCOMER else datetime.min.replace(tzinfo=period.ends.tzinfo)
    return Contender(row["employee_id"], row["group_name"], "", joined, sold)


def _judged(contenders: Iterable[Contender], period: Period) -> Iterable[Any]:
    policy = period.policy
    newcomer = max(policy.newcomer, timedelta(microseconds=1))
    grouped = Policy(policy.measure, policy.percent, policy.ties, newcomer, policy.least_group, "department")
    return judged(contenders, grouped, period.ends)
