"""Files of sales and orders that people asked for: made in the background, with their progress, and kept for a day."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import IO, Any, Literal

import asyncpg
import structlog
from asyncpg import Record
from pydantic import TypeAdapter

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import CcoreError
from ccore.log import mask_number
from ccore.people import audit
from ccore.reports.headings import Language, cells, headings
from ccore.reports.question import Question
from ccore.reports.service import Reports, TooMuch, filters
from ccore.reports.totals import MEASURES, Measure
from ccore.workbooks import Format, Sheets, written_to

log = structlog.get_logger()

Kind = Literal["sales", "orders"]
LOOK_EVERY_S = 0.5
FORGET_EVERY_S = 600.0
PAGE = 5000  # orders read at once
PART_BYTES = 1_000_000
IN_MEMORY_BYTES = 8_000_000  # more of one file stands on the disk while it is made
KEPT = timedelta(days=1)
TOO_LONG = timedelta(minutes=10)  # without a page more: whoever made it is gone
ORDER_HEADS = ("order", "placed", "product", "product name", "claim", "subscriber", "channel", "state", "employee",
               "team", "department", "price fen", "commission fen")  # fmt: skip
_QUESTION = TypeAdapter(Question)


@dataclass(frozen=True, slots=True)
class Look:
    """How a file looks: with names and headings for people in ``language``, and money in yuan (None: as the API names
    them, and in fen); the parts of a total by ``order``, the largest first (None: by their names)."""

    language: Language | None = None
    order: Measure | None = None


PLAIN = Look()
_LOOK = TypeAdapter(Look)


@dataclass(frozen=True, slots=True)
class Export:
    """One file: ``state`` is waiting, making, ready, failed or gone; ``rows_all`` is None until it is known."""

    number: int
    asked_by: str
    kind: Kind
    format: Format
    state: str
    rows_done: int
    rows_all: int | None
    trouble: str
    bytes: int | None


class Exports:
    """Of one database. ``zone`` is the site's: times in files are local."""

    def __init__(self, database: Database, reports: Reports, zone: str) -> None:
        self.trouble = Trouble("exports_waited")
        self._database = database
        self._reports = reports
        self._zone = zone

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        return {"exports": self._run, "old exports": self._run_forgetting}

    async def ask(self, kind: Kind, form: Format, question: Question, by: str, look: Look = PLAIN) -> int:
        """Have a file made; its number. That somebody asked is in the audit."""
        asked = {**_QUESTION.dump_python(question, mode="json"), **_LOOK.dump_python(look)}
        async with self._database.transaction() as transaction:
            number: int = await transaction.fetch_value("reports.ask_export", by, kind, form, asked)
            detail = {"kind": kind, "format": form, "question": asked}
            await audit.note(transaction, by, "export-asked", f"export:{number}", detail)
        return number

    async def find(self, number: int, by: str | None) -> Export | None:
        """How it stands; ``by`` None: whoever asked for it."""
        row = await self._database.fetch_row("reports.export", number, by)
        return None if row is None else _export(row)

    async def parts(self, number: int) -> AsyncIterator[bytes]:
        """The content of one that is ready."""
        part = 0
        while (content := await self._database.fetch_value("reports.export_part", number, part)) is not None:
            yield content
            part += 1

    async def _run(self) -> None:
        await self.trouble.every(LOOK_EVERY_S, self.make_waiting)

    async def _run_forgetting(self) -> None:
        await self.trouble.every(FORGET_EVERY_S, self.forget_old)

    async def forget_old(self) -> None:
        """The content of old ones goes."""
        await self._database.execute("reports.forget_exports", KEPT)

    async def make_waiting(self) -> None:
        """Make all that wait."""
        while (row := await self._database.fetch_row("reports.begin_export", TOO_LONG)) is not None:
            await self._make(row)

    async def _make(self, row: Record) -> None:
        number = row["export_id"]
        try:
            with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
                await self._write(row, file)
                await self._keep(number, file)
        except TooMuch as error:
            await self._database.execute("reports.fail_export", number, str(error))
        except (CcoreError, asyncpg.PostgresError):
            raise  # it stays begun, and is begun anew by whoever sees that nothing comes
        except Exception as error:  # whatever it is about this one file, the others are made
            log.exception("export_failed", export=number)
            await self._database.execute("reports.fail_export", number, type(error).__name__)
        else:
            log.info("export_made", export=number, kind=row["kind"])

    async def _write(self, row: Record, file: IO[bytes]) -> None:
        question, look = _QUESTION.validate_json(row["question"]), _LOOK.validate_json(row["question"])
        sheets = written_to(file, row["format"])
        if row["kind"] == "sales":
            await self._write_sales(row["export_id"], question, look, sheets)
        else:
            await self._write_orders(row["export_id"], question, look, sheets)
        await asyncio.to_thread(sheets.close)

    async def _write_sales(self, number: int, question: Question, look: Look, sheets: Sheets) -> None:
        report = await self._reports.sales(question, look.language or "zh", look.order)
        heads = [*report.heads, *MEASURES]
        rows = [_looking(heads, line.cells(len(report.heads)), look) for line in report.lines]
        await self._database.execute("reports.progress", number, 0, len(rows))
        sheets.begin("sales", _headed(heads, look))
        await asyncio.to_thread(sheets.add, rows)
        await self._database.execute("reports.progress", number, len(rows), len(rows))

    async def _write_orders(self, number: int, question: Question, look: Look, sheets: Sheets) -> None:
        wanted = [self._zone, question.since, question.until, *await filters(self._database, question)]
        everything = await self._database.fetch_value("reports.count_orders", *wanted)
        sheets.begin("orders", _headed(ORDER_HEADS, look))
        done, last = 0, 0
        while rows := await self._database.fetch("reports.orders", *wanted, last, PAGE):
            await asyncio.to_thread(
                sheets.add, [_looking(ORDER_HEADS, _order(row, look.language or "zh"), look) for row in rows]
            )
            done, last = done + len(rows), rows[-1]["order_id"]
            await self._database.execute("reports.progress", number, done, everything)

    async def _keep(self, number: int, file: IO[bytes]) -> None:
        size = file.tell() if file.seek(0, 2) else 0
        file.seek(0)
        async with self._database.transaction() as transaction:
            await transaction.execute("reports.forget_parts", number)
            part = 0
            while content := await asyncio.to_thread(file.read, PART_BYTES):
                await transaction.execute("reports.add_part", number, part, content)
                part += 1
            await transaction.execute("reports.end_export", number, size)


def _export(row: Record) -> Export:
    return Export(*(row[field.name] for field in fields(Export)))


def _headed(heads: Sequence[str], look: Look) -> Sequence[str]:
    return heads if look.language is None else headings(heads, look.language)


def _looking(heads: Sequence[str], row: Sequence[object], look: Look) -> Sequence[object]:
    return row if look.language is None else cells(heads, row, look.language)


def _order(row: Record, language: Language) -> Sequence[object]:
    """A subscriber's number is not for everybody who may see sales: masked, as in the logs."""
    return [
        row["order_id"], row["placed_at"], row["code"], row[f"name_{language}"], row["claim"],
        mask_number(row["subscriber"]), row["channel"], row["state"], row["employee"] or "", row["team"] or "",
        row["department"] or "", row["price_fen"], row["commission_fen"],
    ]  # fmt: skip
