"""Who did what, over HTTP: entries of the audit, and whether its chain holds."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from aiohttp import web
from asyncpg import Record
from pydantic import AwareDatetime, Field

from ccore.db.pool import Database
from ccore.people import audit
from ccore.web.bodies import Page, Said
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.workbooks import written_to

MOST_EXPORTED = 100_000  # entries of one file
_PIECE = 1 << 18
_HEADS = ("number", "at", "who", "action", "subject", "detail")
Outcome = Literal["done", "refused", "failed"]
Word = Annotated[str, Field(min_length=1, max_length=200)]


class Exported(Said):
    """Which entries: of whom, of what kind, about what (``person:`` is about any of them), when, with ``find`` in who,
    subject or detail, and what became of it.
    """

    who: Word | None = None
    action: Word | None = None
    subject: Word | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    find: Word | None = None
    outcome: Outcome | None = None


class Searched(Exported, Page):
    """A page of them."""


class Head(Said):
    """An earlier end of the chain, of ``audit_sealed`` in a log, which must be in it still."""

    head: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


class AuditEntry(Told):
    """One thing somebody did, or wanted to. ``who`` is ``?`` where nobody has proved who they are."""

    number: int
    at: datetime
    who: str
    action: str
    outcome: Outcome
    subject: str
    detail: dict[str, Any]


class AuditEntries(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    entries: list[AuditEntry]
    before: int | None


class Chain(Told):
    """What a look at every seal found."""

    holds: bool
    seals: int
    head: str
    faults: list[str]


class _Audit:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._looking = asyncio.Lock()

    async def search(self, asked: Asked[None, Searched]) -> AuditEntries:
        want = asked.query
        rows = await audit.noted(self._database, _wanted(want, want.before), want.size)
        entries = [
            AuditEntry(
                number=row["audit_id"],
                at=row["at"],
                who=row["actor"],
                action=row["action"],
                outcome=cast(Outcome, audit.outcome_of(row["action"])),
                subject=row["subject"],
                detail=row["detail"],
            )
            for row in rows
        ]
        return AuditEntries(entries=entries, before=entries[-1].number if len(entries) == want.size else None)

    async def export(self, asked: Asked[None, Exported]) -> web.StreamResponse:
        """That somebody has the audit as a file is in the audit."""
        want = asked.query
        with tempfile.TemporaryFile() as file:
            sheet = written_to(file, "csv")
            sheet.begin("audit", _HEADS)
            async for rows in self._found(want):
                await asyncio.to_thread(sheet.add, [_line(row) for row in rows])
            sheet.close()
            which = want.model_dump(mode="json", exclude_none=True)
            await audit.note(self._database, asked.person.login, "audit-exported", "audit", which)
            length = file.tell()
            file.seek(0)
            response = web.StreamResponse(headers={"Content-Disposition": 'attachment; filename="audit.csv"'})
            response.content_type, response.charset, response.content_length = "text/csv", "utf-8", length
            await response.prepare(asked.request)
            while piece := await asyncio.to_thread(file.read, _PIECE):
                await response.write(piece)
        return response

    async def _found(self, want: Exported) -> AsyncIterator[list[Record]]:
        before = None
        for _ in range(MOST_EXPORTED // audit.AT_ONCE):
            rows = await audit.noted(self._database, _wanted(want, before), audit.AT_ONCE)
            yield rows
            if len(rows) < audit.AT_ONCE:
                return
            before = rows[-1]["audit_id"]

    async def verify(self, asked: Asked[None, Head]) -> Chain:
        if self._looking.locked():
            raise web.HTTPConflict(text="somebody looks at the chain just now")
        async with self._looking:
            found = await audit.verify(self._database, asked.query.head)
        return Chain(holds=not found.faults, seals=found.seals, head=found.head, faults=list(found.faults))


def operations(database: Database) -> list[Operation[Any, Any]]:
    """For admins: search, a file of what is found, and a look at the whole chain."""
    on = _Audit(database)
    nobody_else = frozenset[Any]()
    return [
        Operation("GET", "/audit", "Who did what", nobody_else, on.search, query=Searched, answer=AuditEntries),
        Operation("GET", "/audit/file", "Who did what, as CSV", nobody_else, on.export, query=Exported,
                  media=("text/csv",)),
        Operation("GET", "/audit/chain", "Was it changed?", nobody_else, on.verify, query=Head, answer=Chain),
    ]  # fmt: skip


def _wanted(want: Exported, before: int | None) -> audit.Wanted:
    about = want.who, want.action, want.subject, want.since
    return audit.Wanted(*about, before, want.until, want.find, want.outcome)


def _line(row: Record) -> tuple[object, ...]:
    detail = json.dumps(row["detail"], ensure_ascii=False)
    return row["audit_id"], row["at"].isoformat(), row["actor"], row["action"], row["subject"], detail
