"""People who ask, by their number, what is known of them, or to be erased: each request goes on until it is over."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import asyncpg
import structlog
from asyncpg import Record

from ccore.config import Config
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble
from ccore.dialer.lists.contacts import Lists
from ccore.errors import CcoreError
from ccore.log import mask_number
from ccore.people import audit
from ccore.privacy import forms
from ccore.privacy.files import naming
from ccore.privacy.model import Fate, Hand, Place
from ccore.privacy.places import PLACES
from ccore.privacy.telling import archived, keep
from ccore.recording.archive import Archive
from ccore.recording.erasing import Erased, Erasing
from ccore.recording.playback import Playback

log = structlog.get_logger()

Kind = Literal["export", "erasure"]
LOOK_EVERY_S = 1.0
FORGET_EVERY_S = 600.0
LONG_S = 1800.0  # one statement may look through every row of the largest table
MOST_PASSES = 6  # calls lead to recordings, recordings to calls: nothing leads on further
TRY_AGAIN = timedelta(seconds=5)  # while a call of theirs goes on
KEPT_FOR = timedelta(days=1)  # a file that nobody takes
UNCONFIRMED_FOR = timedelta(days=7)  # an erasure that nobody confirms
_STEPS = [place for place in PLACES if place.hand is Hand.MAP and place.fate is not Fate.KEPT]
_LEADING = [place for place in PLACES if place.ties]  # numbers that stand in texts are looked for once
_STAY = [place for place in PLACES if place.fate is Fate.KEPT or place.kept is not None]


class Privacy:
    """Of one database. ``logs`` are the folders of those nodes' logs that this machine has."""

    def __init__(
        self, database: Database, erasing: Erasing, playback: Playback, logs: Mapping[str, Path], region: str
    ) -> None:
        self.trouble = Trouble("personal_data_waits")
        self.region = region
        self._database = database
        self._lists = Lists(database)
        self._erasing = erasing
        self._playback = playback
        self._logs = logs

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        return {"personal data": self._run, "old personal data": self._run_forgetting}

    async def ask(self, kind: Kind, number: str, reason: str, by: str) -> int | None:
        """Begin a request about an E.164 number; None: there is one already that goes on."""
        masked, pattern, core = mask_number(number), forms.pattern(number), forms.core(number)
        why = re.sub(pattern, masked, reason)
        async with self._database.transaction() as transaction:
            request: int | None = await transaction.fetch_value(
                "privacy.ask", kind, number, why, by, masked, pattern, core
            )
            if request is not None:
                await _note(transaction, by, f"personal-{kind}-asked", request, {"number": masked, "reason": why})
        return request

    async def one(self, request: int) -> Record | None:
        """How it stands."""
        return await self._database.fetch_row("privacy.one", request)

    async def listed(self, before: int | None, most: int) -> list[Record]:
        """The newest first."""
        return await self._database.fetch("privacy.list", before, most)

    async def confirm(self, request: int, by: str, *, another: bool) -> bool:
        """Have an erasure begin; ``another``: not by who asked for it. False: it does not wait for that."""
        return await self._move("privacy.confirm", request, by, "personal-erasure-confirmed", another)

    async def cancel(self, request: int, by: str) -> bool:
        """Have it come to nothing; False: it is over, or an erasure that has begun."""
        return await self._move("privacy.cancel", request, by, "personal-request-cancelled")

    async def part(self, request: int, part: int) -> bytes | None:
        """A part of a file that is ready."""
        content: bytes | None = await self._database.fetch_value("privacy.part", request, part)
        return content

    async def taken(self, request: int, by: str) -> None:
        """The whole file was given to who asked for it."""
        async with self._database.transaction() as transaction:
            if await transaction.execute("privacy.taken", request):
                await _note(transaction, by, "personal-export-taken", request)

    async def forget_old(self) -> None:
        """Files that nobody took, and erasures that nobody confirmed, go."""
        await self._database.execute("privacy.forget_old", KEPT_FOR, UNCONFIRMED_FOR)

    async def go_on(self, request: int | None = None) -> bool:
        """Go on with the request that has waited longest, or with this one; False: there is none."""
        row = await self._database.fetch_row("privacy.next", request)
        if row is None:
            return False
        works = {"finding": self._find, "making": self._make, "erasing": self._erase}
        try:
            await works[row["state"]](row["request_id"])
        except (CcoreError, asyncpg.PostgresError):
            await self._database.execute("privacy.waits", row["request_id"], "trouble", TRY_AGAIN)
            raise  # it stays as it is, and is gone on with
        except Exception as error:  # one file that cannot be made keeps nobody else from being told
            if row["state"] == "erasing":
                raise
            log.exception("personal_data_failed", request=row["request_id"])
            await self._database.execute("privacy.fail", row["request_id"], type(error).__name__)
        return True

    async def _run(self) -> None:
        await self.trouble.every(LOOK_EVERY_S, self._go_on_with_all)

    async def _run_forgetting(self) -> None:
        await self.trouble.every(FORGET_EVERY_S, self.forget_old)

    async def _go_on_with_all(self) -> None:
        while await self.go_on():
            pass

    async def _move(self, query: str, request: int, by: str, action: str, *args: object) -> bool:
        async with self._database.transaction() as transaction:
            wanted = [request] if query == "privacy.cancel" else [request, by, *args]
            if await transaction.fetch_value(query, *wanted) is None:
                return False
            await _note(transaction, by, action, request)
            if query == "privacy.cancel":
                await transaction.execute("privacy.forget_parts", request)
                await transaction.execute("privacy.forget_finds", request)
        return True

    async def _find(self, request: int) -> None:
        row = await self.one(request)
        if row is None or row["number"] is None:
            return
        named = await asyncio.to_thread(naming, self._logs, row["pattern"])
        async with self._database.transaction() as transaction:
            await transaction.be_patient(LONG_S)
            now = await transaction.fetch_row("privacy.locked", request)
            if now is None or now["state"] != row["state"] or "find" in now["did"]:
                return  # another ccore, or a command, has done so
            await transaction.execute("privacy.forget_finds", request)
            await transaction.execute("privacy.begin_finding", request, forms.written(row["number"]))
            await _lead_on(transaction, request)
            found = {"places": await _counts(transaction, request, PLACES), "files": [asdict(each) for each in named]}
            await transaction.execute("privacy.found", request, found)

    async def _make(self, request: int) -> None:
        row = await self.one(request)
        assert row is not None, "requests are never deleted"
        async with archived(self._database, self._playback, row) as file, self._database.transaction() as transaction:
            now = await transaction.fetch_row("privacy.locked", request)
            if now is None or now["state"] != "making":
                return  # another ccore, or a command, has made it
            size = await keep(transaction, request, file)
            await transaction.execute("privacy.ready", request, size)
            detail = {"number": row["masked"], "bytes": size}
            await _note(transaction, row["asked_by"], "personal-export-made", request, detail)

    async def _erase(self, request: int) -> None:
        """All that is not done yet; what is done is known, so whoever begins after a crash goes on from there."""
        row = await self.one(request)
        assert row is not None, "requests are never deleted"
        if "find" not in row["did"]:
            await self._find(request)
        if reason := await self._in_the_way(row):
            await self._database.execute("privacy.waits", request, reason, TRY_AGAIN)
            return
        for place in _STEPS:
            if place.key not in row["did"]:
                await self._take_away(request, place)
        await self._end(row)

    async def _in_the_way(self, row: Record) -> str:
        """What has to be over first; else recordings and contacts are erased."""
        request, number, by = row["request_id"], row["number"], row["confirmed_by"]
        if waits := await self._database.fetch_value("privacy.under_way", request):
            return str(waits)
        if "lists" not in row["did"]:
            gone, left = await self._lists.erase(number, by)
            if left:
                return "call"
            await self._database.execute("privacy.did", request, "lists", gone)
        if "recordings" not in row["did"]:
            outcomes = [
                await self._erasing.erase(each["recording_id"], by, f"request {request}: {row['reason']}")
                for each in await self._database.fetch("privacy.recordings", request)
            ]
            if Erased.LIVE in outcomes:
                return "recording"
            await self._database.execute("privacy.recording_numbers", request)
            await self._database.execute("privacy.did", request, "recordings", outcomes.count(Erased.ERASED))
        return ""

    async def _take_away(self, request: int, place: Place) -> None:
        async with self._database.transaction() as transaction:
            await transaction.be_patient(LONG_S)
            row = await transaction.fetch_row("privacy.locked", request)
            if row is None or place.key in row["did"]:
                return
            if place.sealed:
                await transaction.fetch_value("privacy.let_change")
            rows = await transaction.execute(f"privacy_erasing.{place.key}", request)
            await transaction.execute("privacy.did", request, place.key, rows)

    async def _end(self, row: Record) -> None:
        request = row["request_id"]
        async with self._database.transaction() as transaction:
            await transaction.be_patient(LONG_S)
            now = await transaction.fetch_row("privacy.locked", request)
            assert now is not None, "requests are never deleted"
            left = {
                place.key: await transaction.fetch_value(f"privacy_checking.{place.key}", request) for place in _STEPS
            }
            if again := [key for key, rows in left.items() if rows]:
                await transaction.execute("privacy.again", request, again, TRY_AGAIN)
                log.warning("person_came_back", request=request, places=again)
                return
            stay = await _counts(transaction, request, _STAY)
            told = {**now["found"], "stay": {key: rows for key, (rows, kept) in stay.items() if rows}}
            await transaction.execute("privacy.done", request, told)
            detail = {"number": now["masked"], "did": now["did"], "stays": told["stay"]}
            await _note(transaction, row["confirmed_by"], "personal-erasure-done", request, detail)
        log.info("person_erased_everywhere", request=request)


def privacy_of(config: Config, database: Database, archive: Archive) -> Privacy:
    """That of a site."""
    logs = {name: config.log_dir(name) for name in config.nodes}
    return Privacy(database, archive.erasing, archive.playback, logs, config.site.region)


async def _lead_on(transaction: Transaction, request: int) -> None:
    """Find all that leads on from what was found, until nothing more does."""
    before = 0
    for _ in range(MOST_PASSES):
        for place in PLACES if before == 0 else _LEADING:
            for ref in place.gives:
                await transaction.execute(f"privacy_finding.{place.key}_{ref}", request)
        now = await transaction.fetch_value("privacy.count_finds", request)
        if now == before:
            return
        before = now


async def _counts(transaction: Transaction, request: int, places: Any) -> dict[str, tuple[int, int]]:
    """By place: how many rows are theirs, and how many of them stay as they are."""
    counts = {}
    for place in places:
        row = await transaction.fetch_row(f"privacy_counting.{place.key}", request)
        assert row is not None, "an aggregate always gives one row"
        counts[place.key] = (row["rows"], row["rows"] if place.fate is Fate.KEPT else row["kept"])
    return counts


async def _note(
    transaction: Transaction, by: str, action: str, request: int, detail: Mapping[str, object] | None = None
) -> None:
    await audit.note(transaction, by, action, f"personal-request:{request}", detail)
