"""Files of contacts over HTTP: sent once, watched while they are read, and their reports."""

import re
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field, Json

from ccore.dialer.lists.contacts import Lists
from ccore.dialer.lists.sheet_model import Wanted, What
from ccore.dialer.lists.sheet_report import heading, lines, loaded
from ccore.dialer.lists.uploading import Arrived, Uploading
from ccore.people.model import Role
from ccore.web.bodies import Page, Said
from ccore.web.once import HEADER
from ccore.web.v1.files import FULL, arrived
from ccore.web.v1.operations import Asked, Done, Operation, Told

ROWS_AT_ONCE = 2000
UploadState = Literal["waiting", "reading", "storing", "done", "refused", "cancelled", "failed"]
_LIST = re.compile(r"[a-z][a-z0-9-]{1,40}")


class FileOfContacts(Said):
    """What there is to say of the file in the body; ``wanted`` is JSON."""

    file: Annotated[str, Field(min_length=1, max_length=200)]
    wanted: Json[Wanted] = Wanted()


class UploadBegun(Told):
    """It is read after the answer."""

    upload: int


class UploadColumns(Told):
    """Which heading was taken for what, by the fields' names; ``left_out``: headings that were taken for nothing."""

    number: str | None = None
    name: str | None = None
    priority: str | None = None
    not_before: str | None = None
    agent: str | None = None
    others: list[str] = Field(default=[])
    fields: dict[str, str] = Field(default={})
    left_out: list[str] = Field(default=[])


class UploadCounts(Told):
    """What became of the rows; ``said``: of how many rows each thing was said."""

    rows: int = 0
    new: int = 0
    updated: int = 0
    duplicate: int = 0
    bad: int = 0
    said: dict[str, int] = Field(default={})


class Upload(Told):
    """One file. ``rows_there`` is null until that is known; ``columns`` likewise. ``reason``: why nothing was taken.

    ``asked`` is what its sender wanted done with it.
    """

    upload: Annotated[int, Field(validation_alias="upload_id")]
    list: str
    file_name: str
    size: int
    asked: Wanted
    columns: UploadColumns | None
    encoding: str | None
    state: UploadState
    rows_there: int | None
    rows_read: int
    counts: UploadCounts
    reason: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None


class Uploads(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    uploads: list[Upload]
    before: int | None


class RowsWanted(Said):
    """Rows after one of them."""

    after: Annotated[int, Field(ge=0)] = 0
    size: Annotated[int, Field(ge=1, le=200)] = 50


class SaidOfRow(Told):
    """One thing there is to say of a row: ``what`` in a word, ``column`` and ``shown`` what stands there, and whether
    the row was taken all the same.
    """

    row: int
    column: str
    shown: str
    what: What
    taken: bool


class SaidOfRows(Told):
    """In the order of the file; ``after`` gives the next page, and is null on the last."""

    rows: list[SaidOfRow]
    after: int | None


class _Uploads:
    def __init__(self, lists: Lists, uploading: Uploading) -> None:
        self._lists, self._uploading = lists, uploading

    async def send(self, asked: Asked[None, FileOfContacts]) -> UploadBegun | web.Response:
        name, key = list_of(asked), asked.request.headers[HEADER]
        path = self._uploading.directory / secrets.token_hex(16)
        try:
            file = await arrived(asked.request, path, asked.query.file)
            number = await self._uploading.begin(file, name, asked.query.wanted, asked.person.login, key)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if number is None:
            path.unlink()
            return await self._repeated(asked, key, name, file)
        return UploadBegun(upload=number)

    async def _repeated(self, asked: Asked[None, FileOfContacts], key: str, name: str, file: Arrived) -> web.Response:
        row = await self._lists.of_key(asked.person.login, key)
        assert row is not None, "uploads are kept"
        wanted = Wanted.model_validate(row["asked"])
        if (row["list"], row["sha256"], wanted) != (name, file.sha256, asked.query.wanted):
            raise web.HTTPUnprocessableEntity(text=f"this {HEADER} was used for another upload")
        said = UploadBegun(upload=row["upload_id"]).model_dump()
        return web.json_response(said, status=202, headers={"Idempotent-Replayed": "true"})

    async def listed(self, asked: Asked[None, Page]) -> Uploads:
        name = list_of(asked) if "list" in asked.path else None
        uploads = [_upload(row) for row in await self._lists.uploads(name, asked.query.before, asked.query.size)]
        return Uploads(uploads=uploads, before=uploads[-1].upload if len(uploads) == asked.query.size else None)

    async def one(self, asked: Asked[None, None]) -> Upload:
        return _upload(await self._found(asked))

    async def cancel(self, asked: Asked[None, None]) -> Done:
        if not await self._lists.cancel(asked.number("upload"), asked.person.login):
            raise web.HTTPConflict(text="that upload is over, or there is none")
        return Done()

    async def report(self, asked: Asked[None, None]) -> web.StreamResponse:
        await self._found(asked)
        number = asked.number("upload")
        said = await self._lists.said(number, 0, ROWS_AT_ONCE)  # before the answer begins: it can still fail
        response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="upload-{number}.csv"'})
        response.content_type, response.charset = "text/csv", "utf-8"
        await response.prepare(asked.request)
        await response.write(heading())
        while said:
            await response.write(lines((each["row"], each["col"], each["what"], each["shown"]) for each in said))
            said = await self._lists.said(number, said[-1]["row"], ROWS_AT_ONCE)
        await response.write_eof()
        return response

    async def rows(self, asked: Asked[None, RowsWanted]) -> SaidOfRows:
        await self._found(asked)
        want = asked.query
        said = [_said(row) for row in await self._lists.said(asked.number("upload"), want.after, want.size)]
        return SaidOfRows(rows=said, after=said[-1].row if len(said) >= want.size else None)

    async def _found(self, asked: Asked[None, Any]) -> Record:
        row = await self._lists.upload(asked.number("upload"))
        if row is None:
            raise web.HTTPNotFound(text="there is no such upload")
        return row


def operations(lists: Lists, uploading: Uploading) -> list[Operation[Any, Any]]:
    """For supervisors. A file is read after the answer to it."""
    on, may, one = _Uploads(lists, uploading), frozenset({Role.SUPERVISOR}), "/uploads/{upload:int}"
    into = "/lists/{list}/uploads"
    return [
        Operation("POST", into, "Send a file of contacts", may, on.send, query=FileOfContacts, answer=UploadBegun,
                  status=202, file=True, also={507: FULL}),
        Operation("GET", into, "Files sent into a list", may, on.listed, query=Page, answer=Uploads),
        Operation("GET", "/uploads", "Files of contacts", may, on.listed, query=Page, answer=Uploads),
        Operation("GET", one, "How far one is", may, on.one, answer=Upload),
        Operation("DELETE", one, "Cancel it", may, on.cancel, answer=Done),
        Operation("GET", f"{one}/rows", "Rows of which there is something to say", may, on.rows, query=RowsWanted,
                  answer=SaidOfRows),
        Operation("GET", f"{one}/report", "What there is to say of its rows", may, on.report, media=("text/csv",)),
    ]  # fmt: skip


def list_of(asked: Asked[Any, Any]) -> str:
    """The list a path names. Raises HTTPNotFound for what no list can be called."""
    name = asked.path["list"]
    if not _LIST.fullmatch(name):
        raise web.HTTPNotFound(text="a list's name has small letters, digits and -, 2 to 41 of them")
    return name


def _upload(row: Record) -> Upload:
    return Upload.model_validate(dict(row))


def _said(row: Record) -> SaidOfRow:
    what = What(row["what"])
    return SaidOfRow(row=row["row"], column=row["col"], shown=row["shown"], what=what, taken=loaded(what))
