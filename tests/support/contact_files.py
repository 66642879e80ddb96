"""Files of contacts, and uploads of them, for tests."""

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from ccore.db.pool import Database
from ccore.dialer.lists.sheet_model import Wanted
from ccore.dialer.lists.sheet_rows import Site
from ccore.dialer.lists.uploading import Arrived, Uploading
from tests.support.waiting import beside

SITE = Site("CN", r"[2-8]\d{2,4}", "Asia/Shanghai")
HEADING = ("手机号", "姓名", "优先级", "balance")
_files = count(1)


def number(of: int) -> str:
    """One of 100 million mobile numbers."""
    return f"139{of:08d}"


def as_csv(rows: Iterable[Sequence[object]], encoding: str = "utf-8", heading: Sequence[object] = HEADING) -> bytes:
    """Rows as a spreadsheet saves them."""
    file = io.StringIO()
    csv.writer(file).writerows([heading, *rows])
    return file.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[object]], heading: Sequence[object] = HEADING) -> bytes:
    """Rows as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("客户")
    for row in (heading, *rows):
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@asynccontextmanager
async def working(one: Uploading) -> AsyncIterator[None]:
    """Uploads are worked at meanwhile, as in a ccore that runs."""
    async with AsyncExitStack() as stack:
        for work in one.work().values():
            await stack.enter_async_context(beside(work))
        yield


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an upload."""

    number: int
    state: str
    reason: str
    counts: Mapping[str, Any]
    columns: Mapping[str, Any] | None
    encoding: str | None

    @property
    def said(self) -> Mapping[str, int]:
        """How many rows there is something to say of, by what."""
        said: Mapping[str, int] = self.counts["said"]
        return said


class Desk:
    """Somebody who uploads files, and waits for them."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.directory = directory
        self.uploading = Uploading(database, SITE, directory, "test")

    async def upload(self, content: bytes, to: str = "spring", **wanted: Any) -> Ended:
        """Upload a file into a list, and see what becomes of it."""
        asked = Wanted.model_validate(wanted)
        file = self.arrived(content)
        upload = await self.uploading.begin(file, to, asked, "super", None, now=True)
        assert upload is not None
        await self.uploading.run(upload, to, file.path, asked)
        return await self.ended(upload)

    async def has(self, *names: str, to: str = "spring") -> None:
        """Contacts 1, 2 … of these names are in a list already."""
        async with self.database.transaction() as transaction:
            await transaction.execute("contacts.make_list", to, None, "super")
            rows = [(to, f"+86{number(at)}", "Asia/Shanghai", "CN", name, 1) for at, name in enumerate(names, 1)]
            columns = ("list", "number", "zone", "region", "name", "priority")
            await transaction.copy_records("contacts", columns=columns, records=rows)

    def arrived(self, content: bytes) -> Arrived:
        """The file, on this machine."""
        self.directory.mkdir(exist_ok=True)
        path = self.directory / f"{next(_files)}"
        path.write_bytes(content)
        return Arrived(path, "list.csv", hashlib.sha256(content).digest(), len(content))

    async def ended(self, upload: int) -> Ended:
        """What is known of an upload."""
        row = await self.database.fetch_row("contacts.upload", upload)
        assert row is not None
        return Ended(upload, row["state"], row["reason"], row["counts"], row["columns"], row["encoding"])

    async def said(self, upload: int) -> list[tuple[int, str, str]]:
        """Row, column and what was said, of all rows."""
        rows = await self.database.fetch("contacts.report", upload, 0, 10_000)
        return [(row["row"], row["col"], row["what"]) for row in rows]
