"""``ccore commission verify``: goes through all orders and the books, page by page, and says what does not agree."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.ordering.commission.closing import OPENING, policy_of
from ccore.ordering.commission.counting import Order, rules_of, teams_of
from ccore.ordering.commission.recount import (
    Booked,
    Difference,
    Life,
    Move,
    Period,
    Recount,
    Version,
    World,
    of_no_order,
    versions,
)
from ccore.settling import Periods as Settings

log = structlog.get_logger()

AT_ONCE = 1000  # orders of a page: some 4 MB with all that belongs to them
PATIENCE = 30  # times that a page is asked for once more, a second later each, while PostgreSQL does not answer
AHEAD = timedelta(days=2)  # by which the clock of whoever placed an order may be fast

Span = tuple[datetime, datetime]
ByOrder = Mapping[int, Sequence[Record]]
_Page = tuple[list[Record], ByOrder, ByOrder]  # orders, with their postings and their moves


@dataclass(slots=True)
class Looked:
    """How much was looked at so far."""

    orders: int = 0
    postings: int = 0
    periods: int = 0


class Verification:
    """One look at the books of a database; ``looked`` is how far it is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.looked = Looked()

    async def differences(self) -> AsyncIterator[Difference]:
        """All that does not agree, in the order of the orders. Raises Unavailable."""
        now = utc_now()
        world, recount = await self._world(now)
        for span, period in stretches(await self._closed(), now + AHEAD):
            recount.period(period)
            async for life in self._lives(world, span):
                for difference in recount.of(life):
                    yield difference
            if period is not None:
                self.looked.periods += 1
                rows = await self._database.fetch("commission.verify_results", period.period_id)
                for difference in recount.result(rows):
                    yield difference
        async for row in self._of_no_order():
            for difference in of_no_order(row):
                yield difference

    async def _world(self, now: datetime) -> tuple[World, Recount]:
        rules, teams = await self._database.fetch("periods.rules"), await self._database.fetch("periods.teams")
        of_products, of_teams = versions(rules, "product_id", "rule_id"), versions(teams, "team_id", "version_id")
        closing = await self._database.fetch("commission.verify_closing")
        world = World(rules_of(rules), of_products, teams_of(teams), of_teams, {row["period_id"] for row in closing})
        return world, Recount(world, now)

    async def _closed(self) -> list[Period]:
        rows = await self._database.fetch("commission.verify_periods")
        return [Period.of(row, policy_of(Settings.model_validate(row["policy"]))) for row in rows]

    async def _lives(self, world: World, span: Span) -> AsyncIterator[Life]:
        begins, ends = span
        after = (begins, 0)
        while page := await self._patiently(after, ends):
            orders, booked, moves = page
            after = orders[-1]["placed_at"], orders[-1]["order_id"]
            self.looked.orders += len(orders)
            for row in orders:
                yield _life(row, world, booked.get(row["order_id"], ()), moves.get(row["order_id"], ()))

    async def _patiently(self, after: tuple[datetime, int], ends: datetime) -> _Page | None:
        for _ in range(PATIENCE):
            try:
                return await self._page(after, ends)
            except Unavailable as error:
                log.warning("verification_waits", reason=str(error))
                await asyncio.sleep(1)
        return await self._page(after, ends)

    async def _page(self, after: tuple[datetime, int], ends: datetime) -> _Page | None:
        """Orders with their postings and moves, all of one moment; None: there are no more."""
        async with self._database.transaction() as transaction:
            await transaction.execute("commission.one_moment")
            orders = await transaction.fetch("commission.verify_orders", *after, ends, AT_ONCE)
            if not orders:
                return None
            numbers = [row["order_id"] for row in orders]
            booked = await transaction.fetch("commission.verify_postings", numbers)
            moves = await transaction.fetch("commission.verify_moves", numbers)
        self.looked.postings += len(booked)
        return orders, _by_order(booked), _by_order(moves)

    async def _of_no_order(self) -> AsyncIterator[Record]:
        after = 0
        while rows := await self._database.fetch("commission.verify_others", after, AT_ONCE):
            after = rows[-1]["posting_id"]
            self.looked.postings += len(rows)
            for row in rows:
                yield row


def stretches(closed: Sequence[Period], until: datetime) -> Iterator[tuple[Span, Period | None]]:
    """All the time until then, cut where a closed period begins and ends; None: what is not closed."""
    begins = OPENING
    for period in closed:
        yield (begins, period.begins), None
        yield (period.begins, period.ends), period
        begins = period.ends
    yield (begins, until), None


def _by_order(rows: Sequence[Record]) -> ByOrder:
    found: defaultdict[int, list[Record]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(row)
    return found


def _life(row: Record, world: World, booked: Sequence[Record], moves: Sequence[Record]) -> Life:
    version = None if row["team_id"] is None else _then(world.of_teams[row["team_id"]], row["called_at"])
    whose = row["employee_id"], row["team_id"], row["department_id"], version
    order = Order(row["order_id"], row["product_id"], row["rule_id"], row["price_fen"], *whose)
    moved = [Move(each["was"], each["became"], each["at"]) for each in moves]
    state = row["state"], row["state_at"], row["flagged"]
    return Life(order, row["placed_at"], row["called_at"], *state, moved, list(map(Booked.of, booked)))


def _then(of: Sequence[Version], at: datetime) -> int | None:
    return next((each.number for each in of if each.holds(at)), None)
