"""What people do not agree with, their result of a period or what an order earned them, and all that is said of it."""

import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.ordering.commission.ledger import Employee

log = structlog.get_logger()

LONGEST_NOTE = 2000  # characters


class Disputes:
    """Disputes on a database: open → answered ⇄ open → closed; each step with a note that stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, employee: Employee, period: str | None, order_id: int | None, note: str, by: str) -> int | str:
        """Dispute the employee's result of a period, or one order of theirs; the dispute's number, or why not."""
        if complaint := _complaint(note):
            return complaint
        if (period is None) == (order_id is None):
            return "a dispute is about a period, or about an order"
        row = None if period is None else await self._database.fetch_row("periods.named", period)
        if period is not None and row is None:
            return f"there is no period {period}"
        if order_id is not None and not await self._database.fetch_value(
            "commission.order_of", order_id, employee.employee_id
        ):
            return f"order {order_id} does not count for {employee.number}"
        dispute: int = await self._database.fetch_value(
            "commission.open_dispute", employee.employee_id, row and row["period_id"], order_id, by, note.strip()
        )
        log.info("commission_dispute_opened", dispute=dispute, employee=employee.number, by=by)
        return dispute

    async def note(self, dispute_id: int, became: str, note: str, by: str) -> str:
        """Add a note, by which the dispute becomes open, answered or closed; "" or why not."""
        if complaint := _complaint(note):
            return complaint
        moved = await self._database.fetch_value("commission.note_dispute", dispute_id, became, by, note.strip())
        if moved is None:
            return f"there is no dispute {dispute_id} that is not closed"
        log.info("commission_dispute_noted", dispute=dispute_id, became=became, by=by)
        return ""

    async def listed(
        self, before: int | None, employee_id: int | None, department_id: int | None, state: str | None, most: int
    ) -> list[Record]:
        """Disputes, the newest first."""
        return await self._database.fetch("commission.disputes", before, employee_id, department_id, state, most)

    async def one(self, dispute_id: int) -> Record | None:
        """A dispute."""
        return await self._database.fetch_row("commission.dispute", dispute_id)

    async def notes(self, dispute_id: int) -> list[Record]:
        """What was said in it."""
        return await self._database.fetch("commission.dispute_notes", dispute_id)


def _complaint(note: str) -> str:
    return "" if 1 <= len(note.strip()) <= LONGEST_NOTE else f"say why, in a note of {LONGEST_NOTE} characters at most"
