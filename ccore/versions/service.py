"""Versions in the database: made, switched to, looked up; and what each running ccore says of them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from asyncpg import Record

from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError
from ccore.versions.disk import hashed
from ccore.versions.model import Files, Live, Reason, Running, Switch, Version

log = structlog.get_logger()

KEEP_TURN_S = 1.0  # PostgreSQL ends a transaction that pauses for 5 s, and with it the turn
GOODBYE_S = 1.0
ALIVE_S = 6.0  # a ccore says three times within this that it is there


class NotYourTurn(CcoreError):
    """Somebody else publishes or rolls back on this database now: wait until they have ended. Nothing was changed."""


class SwitchedMeanwhile(CcoreError):
    """Somebody else has made another version live meanwhile; nothing was changed."""


class NoSuchVersion(CcoreError):
    """There is no such version: `ccore history` lists them."""


class Versions:
    """The versions kept in ``database``. Methods raise what the database raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> Live | None:
        """Which version is live, and since which switch; None if nothing was ever published."""
        row = await self._database.fetch_row("versions.live")
        return None if row is None else Live(*row)

    async def version(self, number: int) -> Version:
        """One version. Raises NoSuchVersion."""
        row = await self._database.fetch_row("versions.version", number)
        if row is None:
            raise NoSuchVersion(f"there is no version {number}: `ccore history` lists them")
        return Version(*row)

    async def history(self) -> tuple[list[Version], list[Switch]]:
        """All versions and all switches, the newest first."""
        versions = [Version(*row) for row in await self._database.fetch("versions.versions")]
        return versions, [Switch(*row) for row in await self._database.fetch("versions.switches")]

    async def files(self, number: int) -> dict[str, bytes]:
        """What is in a version."""
        return {row["path"]: row["content"] for row in await self._database.fetch("versions.files", number)}

    async def listing(self, number: int) -> dict[str, bytes]:
        """The files of a version by the hashes of what they hold."""
        return {row["path"]: row["sha256"] for row in await self._database.fetch("versions.listing", number)}

    async def contents(self, hashes: Collection[bytes]) -> dict[bytes, bytes]:
        """What has these hashes."""
        rows = await self._database.fetch("versions.contents", list(hashes))
        return {row["sha256"]: row["content"] for row in rows}

    async def publish(self, files: Files, who: str, note: str = "") -> int:
        """Keep ``files`` as a new version; its number. It is not live yet. Raises SwitchedMeanwhile."""
        async with self._database.transaction() as transaction:
            return await _add(transaction, files, who, note)

    async def begin(self, files: Files, who: str) -> None:
        """Make ``files`` the first version, and live, unless there is one already."""
        try:
            async with self._database.transaction() as transaction:
                number = await _add(transaction, files, who, "")
                await _switch(transaction, number, who, "first-start", None, None)
        except SwitchedMeanwhile:
            log.info("first_version_was_anothers")

    async def make_live(
        self, number: int, who: str, reason: Reason, seen: Live | None, trial: timedelta | None = None
    ) -> int:
        """Make a version live, if what is live is still what was ``seen``; the switch.

        ``trial``: unless it is confirmed within this time, any ccore undoes it. Raises SwitchedMeanwhile.
        """
        async with self._database.transaction() as transaction:
            return await _switch(transaction, number, who, reason, None if seen is None else seen.switch, trial)

    async def confirm(self, switch: int) -> bool:
        """End a trial well; False if it was undone before, or is too late."""
        return await self._database.execute("versions.confirm", switch) == 1

    async def report(self, instance: str, live: Live, runs: int, nodes: Sequence[str], error: str | None) -> None:
        """Say that ``instance`` has done what it could after the switch to ``live``, and which version it runs."""
        await self._database.execute("versions.report", instance, live.switch, runs, list(nodes), error)

    async def seen(self, instance: str) -> None:
        """Say that ``instance`` is alive."""
        await self._database.execute("versions.seen", instance)

    async def gone(self, instance: str) -> None:
        """Say that ``instance`` ends: nobody need wait for it."""
        await self._database.within_deadline(GOODBYE_S, self._database.execute("versions.gone", instance))

    async def running(self) -> list[Running]:
        """The ccores that are alive."""
        rows = await self._database.fetch("versions.running", timedelta(seconds=ALIVE_S))
        return [_running(row) for row in rows]

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """For one who publishes: nobody else does within the block. Raises NotYourTurn."""
        async with self._database.transaction() as transaction:
            if not await transaction.fetch_value("versions.take_turn"):
                raise NotYourTurn(NotYourTurn.__doc__)
            ended = asyncio.Event()
            keeping = asyncio.create_task(_keep(transaction, ended))
            try:
                yield
            finally:
                ended.set()
                await keeping


async def _keep(transaction: Transaction, ended: asyncio.Event) -> None:
    while not ended.is_set():
        await transaction.fetch_value("versions.keep_turn")
        try:
            await asyncio.wait_for(ended.wait(), KEEP_TURN_S)
        except TimeoutError:
            continue


async def _add(transaction: Transaction, files: Files, who: str, note: str) -> int:
    number: int | None = await transaction.fetch_value("versions.add_version", who, note)
    if number is None:
        raise SwitchedMeanwhile(SwitchedMeanwhile.__doc__)
    hashes = hashed(files)
    rows = await transaction.fetch("versions.known_contents", list(hashes.values()))
    known = {row["sha256"] for row in rows}
    unknown = {hashes[path]: content for path, content in files.items() if hashes[path] not in known}
    for sha256, content in unknown.items():
        await transaction.execute("versions.add_content", sha256, content)
    await transaction.execute("versions.add_files", number, list(hashes), list(hashes.values()))
    return number


async def _switch(
    transaction: Transaction, number: int, who: str, reason: Reason, after: int | None, trial: timedelta | None
) -> int:
    switch: int | None = await transaction.fetch_value("versions.switch", number, who, reason, after, trial)
    if switch is None:
        raise SwitchedMeanwhile(SwitchedMeanwhile.__doc__)
    return switch


def _running(row: Record) -> Running:
    instance, switch, number, nodes, at, error = row
    return Running(instance, switch, number, tuple(nodes), at, error)
