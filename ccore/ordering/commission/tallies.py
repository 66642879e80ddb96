"""Adds up what each who sells has sold and is owed, and tells it: the same work for a few orders as for a million."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from asyncpg import Record

from ccore.db.pool import Database
from ccore.db.trouble import until_none
from ccore.ordering.commission.counting import Order, Run

AT_ONCE = 5000  # changes added up in one go
AGAIN_S = 3600.0  # for every order and entry there is
SHOWN = 20  # differences: where there are more, all is tallied anew

Span = tuple[datetime, datetime]


class Tallies:
    """The tallies of a database, in days of ``zone``."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    async def add_up(self) -> None:
        """Add up all changes that wait. Raises Unavailable or OutcomeUnknown, after which it may be called again."""
        await until_none(lambda: self._add_some("sold"))
        await until_none(lambda: self._add_some("owed"))

    async def again(self) -> None:
        """Tally everything anew: after a change of the site's zone, or of the tallies by hand."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(AGAIN_S)
            await transaction.fetch("tallies.alone")
            await transaction.fetch("tallies.again")
        await self.add_up()

    async def differences(self) -> list[Record]:
        """Where the tallies are not what orders and books say: nothing, unless somebody changed them by hand."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(AGAIN_S)
            return await transaction.fetch("tallies.differences", SHOWN)

    async def owed(self, employee: int) -> Record:
        """What the employee is owed, ``held`` and ``payable``, and was ``paid``."""
        row = await self._database.fetch_row("tallies.owed", employee)
        assert row is not None, "sums are always there"
        return row

    async def earned_fen(self, employee: int, span: Span) -> int:
        """What the employee earned within ``span``, less what was given back."""
        whole, edges = split(span, self._zone)
        fen: int = await self._database.fetch_value("tallies.earned", employee, *whole)
        for edge in edges:
            fen += await self._database.fetch_value("tallies.earned_between", employee, *edge)
        return fen

    async def sold(self, employee: int, span: Span, tiered: Sequence[int]) -> list[Run]:
        """What counts for the employee within ``span``, alone or in a team, in the order of its placing.

        ``tiered`` are the products for which it matters which of several unlike orders of a day was the first.
        """
        whole, edges = split(span, self._zone)
        rows = await self._database.fetch("tallies.sold", employee, *whole, self._zone.key)
        unlike = _unlike(rows, tiered)
        singly = [*edges, *unlike.items()]
        found = [row for row in rows if row["day"] not in unlike]
        for some in singly:
            found += await self._database.fetch("tallies.sold_between", employee, *some)
        return [_run(row) for row in sorted(found, key=lambda row: row["day"])]

    async def _add_some(self, what: Literal["sold", "owed"]) -> int:
        async with self._database.transaction() as transaction:
            await transaction.fetch("tallies.alone")
            added: int = await transaction.fetch_value(f"tallies.add_{what}", self._zone.key, AT_ONCE)
        return added


def split(span: Span, zone: ZoneInfo) -> tuple[Span, list[Span]]:
    """The whole days of ``zone`` in a time, and what is left of it before and after them."""
    begins, ends = span
    first, last = _midnight(begins, zone), _midnight(ends, zone)
    if first < begins:
        first = _midnight(first, zone, days=1)
    if first >= last:
        return (begins, begins), [span]
    return (first, last), [edge for edge in ((begins, first), (last, ends)) if edge[0] < edge[1]]


def _midnight(moment: datetime, zone: ZoneInfo, days: int = 0) -> datetime:
    """When the day of ``moment`` begins, or one some days later."""
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _unlike(rows: Sequence[Record], tiered: Sequence[int]) -> dict[datetime, datetime]:
    """The days (until the next) on which some holder had unlike orders of a product of which volume counts."""
    kinds = Counter((row["day"], row["employee_id"], row["team_id"], row["product_id"]) for row in rows)
    days = {day for (day, *_, product), count in kinds.items() if count > 1 and product in tiered}
    return {row["day"]: row["next_day"] for row in rows if row["day"] in days}


def _run(row: Record) -> Run:
    return Run(Order(*(row[name] for name in Order._fields)), row["orders"])
