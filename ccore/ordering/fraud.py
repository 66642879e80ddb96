"""The fraud desk: orders that look wrong, what is decided about them, and a nightly look at what many show together."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from asyncpg import Record
from prometheus_client import Gauge

from ccore import selling
from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.ordering.lives import cancel
from ccore.people.audit import note

log = structlog.get_logger()

OPEN = Gauge("ccore_fraud_flags_open", "Flags on orders that wait for the fraud desk, at the last look")

LOOK_EVERY_S = 60.0
NIGHTS = 7
PATIENCE_S = 300.0  # for all the orders of a week
LATE = timedelta(days=3)  # commission that is held for longer is asked after


class Desk:
    """Flags on orders; ``zone`` is the site's, whose nights are looked through."""

    def __init__(self, database: Database, rules: selling.Fraud, zone: ZoneInfo) -> None:
        self._database = database
        self.rules = rules
        self._zone = zone
        self._open = 0
        self._looked_at: date | None = None
        self._oldest: datetime | None = None
        self.trouble = Trouble("fraud_not_looked_at")

    def health(self) -> Mapping[str, object]:
        """For /health."""
        return {"open": self._open}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._oldest is not None and utc_now() - self._oldest > LATE:
            yield f"{self._open} flags on orders wait for the fraud desk, the oldest since {self._oldest:%Y-%m-%d}"

    async def flags(
        self,
        state: str | None = "open",
        reason: str | None = None,
        order_id: int | None = None,
        before: int | None = None,
        most: int = 100,
        employee: str | None = None,
    ) -> list[Record]:
        """Flags, the newest first, with their orders; None: any."""
        return await self._database.fetch("ordering_fraud.flags", state, reason, order_id, before, most, employee)

    async def waiting(self) -> list[Record]:
        """By reason: open flags, orders, oldest_at, held_fen; reason None: of all together."""
        return await self._database.fetch("ordering_fraud.waiting")

    async def clear(self, flag_id: int, by: str, why: str) -> bool:
        """A flag was nothing; False if it is not open."""
        async with self._database.transaction() as transaction:
            order_id = await transaction.fetch_value("ordering_fraud.clear", flag_id, by, why)
            if order_id is None:
                return False
            await note(transaction, by, "fraud-cleared", f"order:{order_id}", {"flag": flag_id, "why": why})
        return True

    async def uphold(self, flag_id: int, by: str, why: str) -> bool:
        """A flag was right, and with it every other of its order, which is cancelled; all that it earned is given back.

        False if the flag is not open.
        """
        async with self._database.transaction() as transaction:
            row = await transaction.fetch_row("ordering_fraud.flagged_order", flag_id)
            if row is None:
                return False
            ended = await cancel(transaction, row["order_id"], by, row["reason"])
            # However long ago it was, and whoever has ended it before.
            await transaction.execute("ordering_life.claw_back", row["order_id"], "fraud", by, row["reason"])
            if not await transaction.execute("ordering_fraud.uphold", row["order_id"], by, why):
                return False  # somebody else was quicker, and has done all this
            detail = {"flag": flag_id, "why": why, "order": ended.value}
            await note(transaction, by, "fraud-upheld", f"order:{row['order_id']}", detail)
        return True

    async def watch(self) -> None:
        """Count what waits, and look through the day before once it is over, for ever."""
        await self.trouble.every(LOOK_EVERY_S, self._look)

    async def _look(self) -> None:
        now = utc_now().astimezone(self._zone)
        if now.hour >= self.rules.nightly_at and self._looked_at != now.date():
            for back in range(NIGHTS, 0, -1):  # nobody may have looked for some days
                await self.night(now.date() - timedelta(days=back))
            self._looked_at = now.date()
        row = await self._database.fetch_row("ordering_fraud.open_flags")
        assert row is not None, "a count always gives one row"
        self._open, self._oldest = row["open"], row["oldest"]
        OPEN.set(self._open)

    async def night(self, day: date) -> int | None:
        """Look through one day, once; how many flags that made, None if it was done before."""
        begins, ends = (datetime.combine(day + timedelta(days=n), time(), self._zone) for n in (0, 1))
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            if await transaction.fetch_value("ordering_fraud.begin_night", day) is None:
                return None
            flagged = await self._flagged(transaction, begins, ends)
            await transaction.execute("ordering_fraud.end_night", day, flagged)
        log.info("fraud_night_looked_at", day=day.isoformat(), count=flagged)
        return flagged

    async def _flagged(self, transaction: Transaction, begins: datetime, ends: datetime) -> int:
        rules, flagged = self.rules, 0
        if rules.busiest.effect != "off":
            args = (begins, ends, rules.busiest.orders, rules.busiest.times)
            flagged += await transaction.execute("ordering_fraud.busiest", *args)
        if rules.few_numbers.effect != "off":
            since = ends - timedelta(days=rules.few_numbers.days)
            args = (since, ends, rules.few_numbers.orders, rules.few_numbers.percent)
            flagged += await transaction.execute("ordering_fraud.few_numbers", *args)
        if rules.former_staff.effect != "off":
            since = ends - timedelta(days=rules.former_staff.days)
            args_of_tries = (begins, ends, rules.former_staff.tries, since)
            flagged += await transaction.execute("ordering_fraud.former_staff", *args_of_tries)
        return flagged
