"""Periods of sales on a database: made ahead, and closed, some orders at a time: tiers, ranks, bars and messages."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Statements, Transaction
from ccore.ordering.commission.counting import (
    Order,
    Sold,
    Volume,
    counting_states,
    earned_by,
    figures,
    rules_of,
    teams_of,
    with_tiers,
)
from ccore.ordering.commission.ledger import PATIENCE_S, POSTINGS
from ccore.ordering.commission.months import spans
from ccore.ordering.commission.postings import Entry
from ccore.ordering.elimination import Fate, Judged, Policy, judged
from ccore.ordering.ranking import Contender, Figures
from ccore.settling import Periods as Settings

log = structlog.get_logger()

AHEAD = timedelta(days=100)  # periods are there for so long: a bar needs the next one
# Orders count as they were so long ago: what was written then is committed by now, so who counts again gets the same.
SETTLED = timedelta(seconds=60)
AT_ONCE = (
    2000  # orders counted and booked in one transaction: nobody confirms or ends these meanwhile, for half a second
)
BROKEN_OFF = timedelta(hours=1)  # a million orders take minutes
OPENING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

OpenOrders = Literal["count", "leave-out"]
# A period goes on, is just over, waits for one before it or for the next to be made, is to be closed, is being, is.
Stage = Literal["runs", "settles", "after-another", "no-next", "ready", "closing", "closed"]
Through = tuple[datetime, int]  # when an order was placed, and its number: all up to it


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a period is not closed, for people."""

    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a period came to."""

    name: str
    ranked: int
    barred: int
    tiers: int
    tiers_fen: int


class Periods:
    """The periods of a site in ``zone``."""

    def __init__(self, database: Database, settings: Settings, zone: ZoneInfo) -> None:
        self._database = database
        self._settings = settings
        self._zone = zone

    async def make_ahead(self) -> int:
        """See to it that there are periods from the first sale until some months from now; how many were made."""
        now = utc_now()
        row = await self._database.fetch_row("periods.ahead", now)
        assert row is not None, "there is always a first moment"
        since = row["since"] if row["until"] is None else max(row["until"], row["since"])
        wanted = spans(since, now + AHEAD, self._settings.length, self._zone)
        made = sum([await self._database.execute("periods.make", each.name, each.begins, each.ends) for each in wanted])
        if made:
            log.info("sales_periods_made", count=made)
        return made

    async def listed(self, before: datetime | None, most: int) -> list[Record]:
        """Periods, the newest first."""
        return await self._database.fetch("periods.list", before, most)

    async def named(self, name: str) -> Record | None:
        """One of them, with the number of the next and whether one before it is open."""
        return await self._database.fetch_row("periods.named", name)

    async def running(self, now: datetime) -> Record | None:
        """The one that ``now`` lies in."""
        return await self._database.fetch_row("periods.running", now)

    async def to_close(self) -> list[str]:
        """The names of those that are over and not closed."""
        return [row["name"] for row in await self._database.fetch("periods.ended", utc_now())]

    async def broken_off(self) -> list[str]:
        """The names of those that somebody began to close so long ago that nobody can be at it."""
        rows = await self._database.fetch("periods.closing", utc_now() - BROKEN_OFF)
        return [row["name"] for row in rows]

    async def results(
        self,
        period_id: int,
        employee_id: int | None,
        department_id: int | None,
        after: int,
        most: int,
        fate: Fate | None = None,
    ) -> list[Record]:
        """Ranks of a closed period; of those alone of whom ``fate`` came, if it is given."""
        return await self._database.fetch("periods.ranks", period_id, employee_id, department_id, after, most, fate)

    async def came_to(self, period_id: int) -> Record:
        """How many a closed period ``ranked``, how many it ``barred``, and how many of these were ``lifted``."""
        row = await self._database.fetch_row("periods.came_to", period_id)
        assert row is not None, "counts are always there"
        return row

    async def lift(self, employee_id: int, period_id: int, by: str, why: str) -> bool:
        """Let somebody claim after all who came last in a period; False: they are not barred."""
        return await self._database.fetch_value("periods.lift", employee_id, period_id, by, why) is not None

    async def close(self, name: str, by: str, open_orders: OpenOrders | None) -> Closed | Refused:
        """Close a period for good. ``open_orders`` says whether those count that are not active yet, if there are any.

        One that waits to be confirmed counts in no case: nobody has earned by it. What was broken off goes on where it
        was, and is told what open orders do no more.
        """
        period = await self._database.fetch_row("periods.named", name)
        now = utc_now()
        if period is None:
            return Refused(f"there is no period {name}")
        if refusal := _refusal(period, now, open_orders):
            return Refused(refusal)
        if period["closing_since"] is None:
            if refused := await self._begin(period, now - SETTLED, by, open_orders):
                return refused
            period = await self._database.fetch_row("periods.named", name)
            assert period is not None, "periods are never deleted"
        try:
            return await _Closing(self._database, period).close(by)
        except _OvertakenError:
            return Refused("somebody else closes it at present")

    async def _begin(
        self, period: Record, counted_at: datetime, by: str, open_orders: OpenOrders | None
    ) -> Refused | None:
        """From now on it is settled what counts, whoever goes on with it."""
        waiting = await self._database.fetch_value("periods.open_orders", period["begins"], period["ends"], counted_at)
        if waiting and open_orders is None:
            return Refused(f"{waiting} of its orders are still open: wait, or say whether they count")
        settled = counted_at, open_orders or "count", self._settings.model_dump(mode="json")
        await self._database.execute("periods.begin_closing", period["period_id"], by, *settled)
        return None


class _OvertakenError(Exception):
    """Somebody else has gone on with this period meanwhile."""


class _Closing:
    """One period being closed: tiers some orders at a time, each in a transaction that says how far it is."""

    def __init__(self, database: Database, period: Record) -> None:
        self._database = database
        self._period = period
        self._settings = Settings.model_validate(period["policy"])
        self._span = period["begins"], period["ends"]
        self._as_they_were = period["counted_at"], counting_states(with_open=period["open_orders"] == "count")
        self._through = _through(period)

    async def close(self, by: str) -> Closed:
        added = await self._book_tiers()
        async with self._alone() as (transaction, period):
            sellers = await contenders(transaction, self._span, *self._as_they_were, added, self._settings)
            found = judged(sellers, policy_of(self._settings), self._period["ends"])
            closed = Closed(
                period["name"], len(found), await self._rank(transaction, found), period["tiers"], period["tiers_fen"]
            )
            await transaction.execute("periods.close", period["period_id"], by, asdict(closed))
        log.info("sales_period_closed", by=by, **asdict(closed))
        return closed

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[tuple[Transaction, Record]]:
        """A transaction in which nobody else settles, and the period as it is. Raises _OvertakenError."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            await transaction.execute("commission.settle_alone")
            await transaction.execute("commission.balance_at_once")
            period = await transaction.fetch_row("periods.held", self._period["period_id"])
            assert period is not None, "periods are never deleted"
            if period["closed_at"] is not None or _through(period) != self._through:
                raise _OvertakenError
            yield transaction, period

    async def _book_tiers(self) -> Counter[int]:
        """Book what volume adds, but for what was booked before; what it adds in all to what each person sold."""
        added: Counter[int] = Counter()
        async for through, orders in tiers_of_period(self._database, self._span, *self._as_they_were):
            added.update(earned_by(entry for _, entries in orders for entry in entries))  # += forgets what is below 0
            if orders and through > self._through:
                await self._book(through, orders)
        return added

    async def _book(self, through: Through, orders: Sequence[tuple[int, Sequence[Entry]]]) -> None:
        owed = [(order, *each.holder, each.fen) for order, entries in orders for each in entries if each.holder]
        number, columns = self._period["period_id"], map(list, zip(*owed, strict=True))
        async with self._alone() as (transaction, _):
            await transaction.execute("periods.lock_orders", [order for order, _ in orders])
            row = await transaction.fetch_row("periods.book_tiers", number, *columns)
            assert row is not None, "counts are always there"
            await transaction.execute("periods.booked", number, *through, row["orders"], row["fen"])
        POSTINGS.labels("tier").inc(row["orders"])
        self._through = through

    async def _rank(self, transaction: Transaction, found: Sequence[Judged]) -> int:
        """Write down who came where, bar who came last, and tell everybody; how many may not claim."""
        number, name = self._period["period_id"], self._period["name"]
        await transaction.execute_many("periods.result", (_result_row(number, each) for each in found))
        policy = self._settings.model_dump(mode="json")
        barred: int = await transaction.fetch_value("periods.bar", number, self._period["next_id"], policy)
        rows = await transaction.fetch("periods.earned_by_all", number, *self._span)
        earned = {row["employee_id"]: row["fen"] for row in rows}
        await transaction.execute("periods.tell_results", number, name, list(earned), list(earned.values()))
        await transaction.execute("periods.tell_commission", name, list(earned), list(earned.values()))
        return barred


async def tiers_of_period(
    statements: Statements, span: tuple[datetime, datetime], counted_at: datetime, states: Sequence[str]
) -> AsyncIterator[tuple[Through, list[tuple[int, Sequence[Entry]]]]]:
    """Orders of a period to which volume adds something, and what, some at a time, in the order of their placing.

    Each time with the last order that was looked at. Whoever asks again gets the same.
    """
    rules = await statements.fetch("periods.rules")
    volume = Volume(rules_of(rules), teams_of(await statements.fetch("periods.teams")))
    products = with_tiers(rules)
    after = (OPENING, 0)
    while rows := await statements.fetch("periods.tiered", *span, products, counted_at, states, *after, AT_ONCE):
        after = rows[-1]["placed_at"], rows[-1]["order_id"]
        yield after, await asyncio.to_thread(_added, volume, rows)  # calls go on meanwhile


async def contenders(
    statements: Statements,
    span: tuple[datetime, datetime],
    counted_at: datetime,
    states: Sequence[str],
    added: Counter[int],
    settings: Settings,
) -> list[Contender]:
    """Who is ranked in a period, with what they sold; ``added`` is what volume adds to what was booked at once."""
    sold = await sold_in(statements, span, counted_at, states, added)
    rows = await statements.fetch("periods.contenders", *span, settings.among == "everybody")
    return [
        Contender(row["employee_id"], row["department"], row["kind"], row["joined_at"],
                  sold.get(row["employee_id"], Figures()))
        for row in rows
    ]  # fmt: skip


def _added(volume: Volume, rows: Sequence[Record]) -> list[tuple[int, Sequence[Entry]]]:
    return [(order.order_id, entries) for order in map(order_of, rows) if (entries := volume.adds(order))]


async def sold_in(
    statements: Statements,
    span: tuple[datetime, datetime],
    counted_at: datetime,
    states: Sequence[str],
    added: Counter[int],
) -> dict[int, Figures]:
    """What each person sold in a period; ``added`` is what volume adds to what was booked at once."""
    sold = [Sold(*row) for row in await statements.fetch("periods.sold", *span, counted_at, states)]
    booked = await statements.fetch("periods.sale_commission", *span, counted_at, states)
    commission = Counter({row["employee_id"]: row["fen"] for row in booked})
    commission.update(added)
    return figures(sold, commission, teams_of(await statements.fetch("periods.teams")))


def order_of(row: Record) -> Order:
    """An order as its row has it."""
    return Order(*(row[name] for name in Order._fields))


def policy_of(settings: Settings) -> Policy:
    """Who is barred, as the configuration says."""
    return Policy(
        settings.measure,
        settings.last_percent,
        settings.ties,
        timedelta(days=settings.newcomer_days),
        settings.least_group,
        settings.groups,
    )


def stage_of(period: Record, now: datetime) -> Stage:
    """How it is with a period, as ``named`` has it."""
    if period["closed_at"] is not None:
        return "closed"
    if period["closing_since"] is not None:
        return "closing"
    if period["ends"] > now - SETTLED:
        return "runs" if period["ends"] > now else "settles"
    if period["open_before"] is not None:
        return "after-another"
    return "ready" if period["next_id"] is not None else "no-next"


def _refusal(period: Record, now: datetime, open_orders: OpenOrders | None) -> str:
    """Why the period cannot be closed yet, or any more; "" if it can."""
    match stage_of(period, now):
        case "closed":
            return "it is closed"
        case "closing":
            was: OpenOrders = period["open_orders"]
            return "" if open_orders in {None, was} else f"it is being closed, and that open orders {was} is settled"
        case "runs" | "settles":
            return f"it is not over, or not for {SETTLED.seconds} s"
        case "after-another":
            return f"close {period['open_before']} first"
        case "no-next":
            return "there is no period after it yet: a running ccore makes them ahead"
        case "ready":
            return ""


def _through(period: Record) -> Through:
    """Up to which order tiers are booked."""
    return period["tiers_through_at"] or OPENING, period["tiers_through_order"] or 0


def _result_row(period_id: int, one: Judged) -> tuple[object, ...]:
    place, sold = one.ranked, one.ranked.contender.figures
    return (
        period_id, place.contender.employee_id, place.group, sold.orders_bp, sold.sales_fen, sold.commission_fen,
        place.rank, place.of, one.seats, one.fate.value,
    )  # fmt: skip
