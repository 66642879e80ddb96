"""Files of contacts on their way into PostgreSQL: read by a process of their own, and stored all at once."""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record
from prometheus_client import Counter, Histogram

from ccore.config import Config
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.dialer.lists.process import reading, within
from ccore.dialer.lists.sheet_model import BAD, DUPLICATE, Wanted, What
from ccore.dialer.lists.sheet_reading import TABLES, order
from ccore.dialer.lists.sheet_rows import Site
from ccore.sheets import NoSheet

log = structlog.get_logger()

OVER = Counter("ccore_uploads", "Files of contacts that are over, by how they ended", ["outcome"])
ROWS = Counter("ccore_upload_rows", "Rows of files of contacts that are done, by what became of them", ["outcome"])
TOOK = Histogram(
    "ccore_upload_seconds", "From the begin of a file of contacts to its end", buckets=(0.1, 1, 10, 60, 300, 900, 3600)
)

COMMAND = (sys.executable, "-m", "ccore.dialer.lists.sheet_reading")
LOOK_EVERY_S = 0.5
ALIVE_EVERY_S = 10.0
FORSAKEN_AFTER = timedelta(minutes=2)  # many times ALIVE_EVERY_S
LEFT_OVER_S = 3600.0  # longer than any file takes to arrive
PATIENCE_S = 900.0  # for one statement on two million rows, on a slow disk


class Stopped(Exception):
    """The upload was cancelled, or somebody else has it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole file: ``path`` on this machine, the name its sender gave it."""

    path: Path
    name: str
    sha256: bytes
    size: int


@dataclass(slots=True)
class _Counts:
    """What became of the rows, as the API tells it."""

    rows: int = 0
    bad: int = 0
    duplicate: int = 0
    new: int = 0
    updated: int = 0
    said: dict[str, int] = field(default_factory=dict)

    def by_outcome(self) -> Mapping[str, int]:
        return {"new": self.new, "updated": self.updated, "duplicate": self.duplicate, "bad": self.bad}

    def as_data(self) -> dict[str, object]:
        return {"rows": self.rows, **self.by_outcome(), "said": self.said}


class Uploading:
    """Works at the uploads of ``instance``, whose files are in ``directory``, one after the other."""

    def __init__(self, database: Database, site: Site, directory: Path, instance: str) -> None:
        self._database = database
        self._site = site
        self._instance = instance
        self._life = secrets.token_hex(8)
        self._begin_again = True
        self._trouble = Trouble("uploads_delayed")
        self._silence = Trouble("uploads_not_reported")
        self._forsaken = Trouble("uploads_not_looked_at")
        self.directory = directory

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does."""
        return {
            "uploads": self._trouble.every(LOOK_EVERY_S, self._work_off),
            "uploads alive": self._silence.every(ALIVE_EVERY_S, self._keep),
        }

    async def watch(self) -> NoReturn:
        """Mark those as failed whose ccore does not come back; one ccore does so."""
        while True:  # who has just come back has the time to take up their own
            await asyncio.sleep(FORSAKEN_AFTER.total_seconds())
            with self._forsaken.noted():
                if count := await self._database.fetch_value("contacts.forsaken_uploads", FORSAKEN_AFTER):
                    log.error("uploads_forsaken", count=count)

    @property
    def trouble(self) -> str:
        """What keeps uploads from going on, in words; "" if nothing does."""
        return self._trouble.reason

    async def begin(
        self, file: Arrived, list_name: str, wanted: Wanted, who: str, key: str | None, *, now: bool = False
    ) -> int | None:
        """The number of a new upload of a file in ``directory``; None if ``who`` has used ``key`` before.

        ``now``: whoever calls goes on with ``run``; else it waits for its turn.
        """
        await self._database.execute("contacts.make_list", list_name, None, who)
        number: int | None = await self._database.fetch_value(
            "contacts.begin_upload", list_name, file.name, file.sha256, file.size, key, wanted.model_dump(mode="json"),
            self._instance, self._life, who, "reading" if now else "waiting", file.path.name,
        )  # fmt: skip
        log.info("upload_begun" if number else "upload_repeated", list=list_name, upload=number, size=file.size)
        return number

    async def run(self, number: int, list_name: str, path: Path, wanted: Wanted) -> None:
        """Take upload ``number`` from its file to its end, whatever that is. Raises what Database does."""
        began = time.monotonic()
        try:
            counts, state, reason = await self._brought_in(number, list_name, path, wanted)
        except NoSheet as error:
            counts, state, reason = _Counts(), "refused", str(error)
        except (OSError, EOFError, ValueError, TimeoutError) as error:  # of the process that reads
            counts, state, reason = _Counts(), "failed", f"it could not be read: {error or type(error).__name__}"
        except asyncpg.PostgresError as error:  # it would refuse the same rows for ever
            counts, state, reason = _Counts(), "failed", f"PostgreSQL refused: {type(error).__name__}"
            log.error("upload_refused", list=list_name, upload=number, reason=str(error))
        except Stopped:
            log.info("upload_stopped", list=list_name, upload=number)
            OVER.labels("cancelled").inc()
            await self._forget(number)
            return
        if state != "done" or wanted.dry_run:
            ended = (number, self._life, state, counts.as_data(), reason)
            await self._database.execute("contacts.end_upload", *ended)
        await self._forget(number)
        OVER.labels(state).inc()
        TOOK.observe(time.monotonic() - began)
        if state == "done" and not wanted.dry_run:
            for outcome, rows in counts.by_outcome().items():
                ROWS.labels(outcome).inc(rows)
        log.info("upload_over", list=list_name, upload=number, state=state, reason=reason, rows=counts.rows)

    async def _work_off(self) -> None:
        if self._begin_again:
            await self._take_up()
            self._begin_again = False
        try:
            while row := await self._database.fetch_row("contacts.next_upload", self._instance, self._life):
                await self._work_at(row)
        except BaseException:
            self._begin_again = True
            raise

    async def _work_at(self, row: Record) -> None:
        path = self.directory / row["stored_as"]
        await self.run(row["upload_id"], row["list"], path, Wanted.model_validate(row["asked"]))
        with suppress(OSError):  # `_tidy` tries again
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _take_up(self) -> None:
        """Begin again what an earlier life, or a lost PostgreSQL, has left; nothing of it counts yet."""
        await self._database.execute("contacts.forget_ended", self._instance)
        for row in await self._database.fetch("contacts.unended_uploads", self._instance):
            number = row["upload_id"]
            await self._forget(number)
            await self._database.execute("contacts.forget_faults", number)
            await self._database.execute("contacts.take_up_upload", number, self._life)
            if (self.directory / row["stored_as"]).exists():
                log.info("upload_taken_up", upload=number)
            else:
                reason = "its file is no longer there: send it again"
                await self._database.execute("contacts.end_upload", number, self._life, "failed", {}, reason)

    async def say_alive(self) -> None:
        """Uploads go on: to be said more often than FORSAKEN_AFTER."""
        await self._database.execute("contacts.uploads_alive", self._instance, self._life)

    async def _keep(self) -> None:
        await self.say_alive()
        rows = await self._database.fetch("contacts.unended_uploads", self._instance)
        await asyncio.to_thread(self._tidy, {row["stored_as"] for row in rows})

    def _tidy(self, kept: set[str]) -> None:
        """Remove files that no upload waits for, and what is left of those that never came whole."""
        with suppress(OSError):  # there is none yet, or it was removed meanwhile
            for path in self.directory.iterdir():
                if path.name not in kept and path.stat().st_mtime < time.time() - LEFT_OVER_S:
                    path.unlink()

    async def _brought_in(self, number: int, list_name: str, path: Path, wanted: Wanted) -> tuple[_Counts, str, str]:
        counts = _Counts(rows=await self._read(number, path, wanted))
        await self._still("contacts.upload_storing", number, self._life, counts.rows)
        await self._judge(number, list_name, wanted, counts)
        if wanted.whole and counts.bad:
            counts.new = counts.updated = 0
            bad = f"{counts.bad} rows are bad, and all were to be right: nothing was taken / 有错误行，按要求全部未导入"
            return counts, "refused", bad
        if not wanted.dry_run:
            await self._store(number, list_name, wanted, counts)
        return counts, "done", ""

    async def _read(self, number: int, path: Path, wanted: Wanted) -> int:
        """Have the process read the file into upload_rows and upload_faults; how many rows it had."""
        async with reading(COMMAND, order(number, path, wanted, self._site)) as stream:
            while True:
                said = json.loads(await within(stream.readline()) or b"{}")
                match said:
                    case {"head": head}:
                        found = (head["encoding"], head["rows_there"], head["columns"])
                        await self._still("contacts.upload_head", number, self._life, *found)
                    case {"table": table, "bytes": size, "read": done}:
                        await self._put(table, await within(stream.readexactly(size)))
                        await self._still("contacts.upload_read", number, self._life, done)
                    case {"over": int(rows)}:
                        return rows
                    case {"refused": reason}:
                        raise NoSheet(reason)
                    case _:
                        raise EOFError("the process that reads it ended")

    async def _put(self, table: str, content: bytes) -> None:
        async with self._database.transaction() as transaction:
            await transaction.copy_text(table, columns=TABLES[table], content=content)

    async def _judge(self, number: int, list_name: str, wanted: Wanted, counts: _Counts) -> None:
        """Say of each row what only PostgreSQL knows, and count."""
        async with self._patiently() as transaction:
            await transaction.execute("contacts.seen_rows")
            await transaction.execute("contacts.say_twice", number)
            await transaction.execute("contacts.seen_faults")
            await transaction.execute("contacts.say_there", number, list_name, _THERE[wanted.in_list])
            if wanted.in_others != "keep":
                said = What.ELSEWHERE if wanted.in_others == "skip" else What.ALSO_ELSEWHERE
                await transaction.execute("contacts.say_elsewhere", number, list_name, said)
            await transaction.execute("contacts.say_barred", number)
            await transaction.execute("contacts.seen_faults")
            counts.said = {row["what"]: row["rows"] for row in await transaction.fetch("contacts.said", number)}
            left_out = await transaction.fetch_row("contacts.left_out", number, sorted(BAD), sorted(DUPLICATE))
        assert left_out is not None, "an aggregate always gives one row"
        counts.bad, counts.duplicate = left_out["bad"], left_out["duplicate"]
        counts.updated = counts.said.get(What.UPDATED, 0)
        counts.new = counts.rows - counts.bad - counts.duplicate - counts.updated

    async def _store(self, number: int, list_name: str, wanted: Wanted, counts: _Counts) -> None:
        """Make all rows contacts and the upload done, in one transaction."""
        async with self._patiently() as transaction:
            keep_out, update = sorted(BAD | DUPLICATE), wanted.in_list == "update"
            stored = await transaction.fetch_row("contacts.store", number, list_name, keep_out, update)
            assert stored is not None, "an aggregate always gives one row"
            if update or await transaction.fetch_value("contacts.have_several", number):
                await transaction.execute("contacts.store_numbers", number, list_name)
            # What another upload has stored meanwhile was neither new nor updated here.
            counts.new, counts.updated = stored["new"], stored["updated"]
            counts.duplicate = counts.rows - counts.bad - counts.new - counts.updated
            if not await transaction.execute("contacts.end_upload", number, self._life, "done", counts.as_data(), ""):
                raise Stopped

    async def _forget(self, number: int) -> None:
        async with self._patiently() as transaction:
            await transaction.execute("contacts.forget_rows", number)

    @asynccontextmanager
    async def _patiently(self) -> AsyncIterator[Transaction]:
        async with self._database.transaction() as transaction:
            await transaction.be_patient(PATIENCE_S)
            yield transaction

    async def _still(self, name: str, *args: object) -> None:
        if not await self._database.execute(name, *args):
            raise Stopped


_THERE: Mapping[str, What] = {"skip": What.THERE, "update": What.UPDATED, "refuse": What.REFUSED}


def site_of(config: Config) -> Site:
    """Whose numbers and times files are read for."""
    return Site(config.site.region, config.ordering.internal_extensions, config.site.timezone)
