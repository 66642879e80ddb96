"""The books of commission: what is given back, released when its hold is over, adjusted and paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore import workbooks
from ccore.clock import utc_now
from ccore.db.pool import Database, Statements
from ccore.money import yuan
from ccore.ordering.commission.postings import Holder, payout

log = structlog.get_logger()

POSTINGS = Counter("ccore_commission_postings", "Postings of commission made beside orders, by kind", ["kind"])

RELEASED_AT_ONCE = 500  # orders of one transaction: cancellations wait for it
PATIENCE_S = 600.0  # of what goes through all the books, and no caller waits for
MOST_ADJUSTED_FEN = 100_000_000  # a million yuan: more is a slip of the hand
LATE = timedelta(hours=1)  # what was due so long ago is not being released


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who sells, by their number, with what is needed to tell them."""

    employee_id: int
    number: str
    name: str
    phone: str
    language: str
    department: str

    @classmethod
    def of(cls, row: Record) -> Self:
        """As their row has them."""
        return cls(*(row[name] for name in cls.__slots__))


@dataclass(frozen=True, slots=True)
class Paid:
    """A payout that was made: its number, how many it pays, and how much in all, in fen."""

    payout_id: int
    payees: int
    fen: int


async def claw_back(
    statements: Statements, order_id: int, ended_at: datetime, was: str, by: str = "ccore", why: str = ""
) -> int:
    """Give back what an order earned that has ended from state ``was``; how much, in fen: nothing once it is too late.

    To be called in the transaction that ends the order, or, in SQL, ``claw_back(order_id, ended_at, was, by, why)``
    within the statement that does.
    """
    fen: int = await statements.fetch_value("commission.claw_back", order_id, ended_at, was, by, why)
    return fen


class Ledger:
    """The books on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def release_some(self) -> int:
        """Make payable what is held no longer, of some orders; how many were looked at."""
        async with self._database.transaction() as transaction:
            if not await transaction.fetch_value("commission.may_release"):
                return 0
            row = await transaction.fetch_row("commission.release", utc_now(), RELEASED_AT_ONCE)
        assert row is not None, "counts are always there"
        if released := row["released"]:
            POSTINGS.labels("release").inc(released)
            log.info("commission_released", orders=released)
        looked_at: int = row["looked_at"]
        return looked_at

    async def overdue(self) -> int:
        """How many orders wait to be released that should not."""
        count: int = await self._database.fetch_value("commission.overdue", LATE)
        return count

    async def employee(self, number: str) -> Employee | None:
        """Who has this number."""
        row = await self._database.fetch_row("commission.employee", number)
        return None if row is None else Employee.of(row)

    async def adjust(self, employee: Employee, fen: int, note: str, by: str) -> int | str:
        """Give the employee so much more, or take it; the posting's number, or why not."""
        if not 0 < abs(fen) <= MOST_ADJUSTED_FEN:
            return "an adjustment is of a fen to a million yuan, given or taken"
        if not note.strip():
            return "say why, in a note"
        posting: int = await self._database.fetch_value(
            "commission.adjust", employee.employee_id, fen, note.strip(), by
        )
        POSTINGS.labels("adjustment").inc()
        log.info("commission_adjusted", employee=employee.number, fen=fen, by=by, posting=posting)
        return posting

    async def pay(self, by: str, least_fen: int = 1) -> Paid | None:
        """Pay all that is payable to everybody who is owed at least so much; None: nobody is."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            await transaction.execute("commission.settle_alone")
            await transaction.execute("commission.balance_at_once")
            owed = {
                Holder(row["employee_id"], row["department_id"]): row["fen"]
                for row in await transaction.fetch("commission.payable", least_fen)
            }
            paid = {holder: entries[-1].fen for holder, entries in payout(owed, least_fen).items()}
            if not paid:
                return None
            columns = [each.employee_id for each in paid], [each.department_id for each in paid], list(paid.values())
            number = await transaction.fetch_value("commission.pay", by, least_fen, *columns)
        POSTINGS.labels("payout").inc(len(paid))
        log.info("commission_paid", payout=number, payees=len(paid), fen=sum(paid.values()), by=by)
        return Paid(number, len(paid), sum(paid.values()))

    async def to_pay(self, least_fen: int = 1) -> tuple[int, int]:
        """How many a payout would pay now, and how much in all."""
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            rows = await transaction.fetch("commission.payable", least_fen)
        return len(rows), sum(row["fen"] for row in rows)

    async def payouts(self, before: int | None, most: int) -> list[Record]:
        """Payouts, the newest first."""
        return await self._database.fetch("commission.payouts", before, most)

    async def payees(self, payout_id: int) -> list[Record]:
        """Whom a payout pays, and how much: nobody, if there is no such payout."""
        return await self._database.fetch("commission.payees", payout_id)

    async def statement(
        self,
        employee: Employee,
        since: datetime,
        until: datetime,
        before: int | None,
        most: int,
        order: int | None = None,
    ) -> list[Record]:
        """What was booked for the employee within a time, of one order if it is given; the newest first."""
        wanted = employee.employee_id, since, until, before, most, order
        return await self._database.fetch("commission.statement", *wanted)


def payout_file(payout_id: int, payees: Sequence[Record]) -> bytes:
    """A payout as CSV for whoever transfers the money: yuan with two decimals, and nothing a spreadsheet calculates."""
    heads = ["payout", "posting", "employee", "name", "department", "yuan"]
    rows = (
        [payout_id, row["posting_id"], row["number"] or "", row["name"], row["department"], yuan(row["fen"])]
        for row in payees
    )
    return workbooks.as_bytes("csv", "", heads, rows)
