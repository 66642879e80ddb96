"""Keeps the counts of sales and of tries to order true to the orders, seconds behind them, each counted once."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from ccore.db.pool import Database
from ccore.db.trouble import Trouble, until_none
from ccore.ordering.model import OrderCode
from ccore.ordering.number import NumberPlan, parse

PAUSE_S = 1.0
BATCH = 2000
PATIENCE_S = 60.0
SHOWN = 20
REBUILD_S = 3600.0  # some 100,000 orders a second


@dataclass(frozen=True, slots=True)
class Difference:
    """Orders of a day, claim and state (of a month where ``what`` is a coarser count) as they are and as counted."""

    day: date
    claim_id: int | None
    what: str
    orders: int
    counted: int


class Counting:
    """The counts of one database, in days of ``zone``; ``plan`` may be changed at any time."""

    def __init__(self, database: Database, zone: str, plan: NumberPlan) -> None:
        self.trouble = Trouble("sales_counting_waited")
        self._database = database
        self._zone = zone
        self.plan = plan

    async def run(self) -> None:
        """Count what has come, for ever; while PostgreSQL is away, it waits."""
        await self.trouble.every(PAUSE_S, self.count_due)

    async def count_due(self) -> None:
        """Count all that waits. Raises Unavailable or OutcomeUnknown, after which it may be called again."""
        await until_none(self._count_orders)
        await until_none(self._count_tries)

    async def differences(self) -> list[Difference]:
        """Where the counts are not what the orders say: nothing, unless somebody changed them by hand."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            rows = await transaction.fetch("reports.recounted", self._zone, SHOWN)
        return [Difference(*row) for row in rows]

    async def rebuild(self) -> None:
        """Count every order anew: after a change of the site's zone, or of the counts by hand."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(REBUILD_S)
            await transaction.execute("reports.alone")
            await transaction.execute("reports.rebuild_forget")
            await transaction.execute("reports.rebuild_months", self._zone)
            await transaction.execute("reports.rebuild_counted", self._zone)
            for counts in ("claim_days", "claim_months", "group_days", "group_months"):
                await transaction.execute(f"reports.rebuild_{counts}")

    async def _count_orders(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            await transaction.execute("reports.alone")
            await transaction.execute("reports.make_months", self._zone)
            counted: int = await transaction.fetch_value("reports.count", self._zone, BATCH)
        return counted

    async def _count_tries(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.execute("reports.alone")
            rows = await transaction.fetch("reports.tries_due", self._zone, BATCH)
            tries: Counter[tuple[date, str, str, str, str]] = Counter()
            for row in rows:
                product, claim = self._code(row["dialled"])
                tries[row["day"], product, claim, row["channel"], row["outcome"]] += row["attempts"]
            await transaction.execute_many("reports.add_tries", [(*key, count) for key, count in sorted(tries.items())])
        return len(rows)

    def _code(self, dialled: str) -> tuple[str, str]:
        """Product and claim code; empty if it is no order code."""
        number = parse(self.plan, dialled)
        return (number.product, number.claim) if isinstance(number, OrderCode) else ("", "")
