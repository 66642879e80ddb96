"""Keeps one running ccore on the live version: looks which one it is, lays it out, has it applied, and reports."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import asyncpg
import structlog

from ccore.errors import CcoreError
from ccore.versions import disk
from ccore.versions.model import Live
from ccore.versions.service import SwitchedMeanwhile, Versions

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
SAY_ALIVE_EVERY_S = 2.0
RETRY_S = 2.0  # after a version that could not be applied

# Has the parts of this ccore use a version, whose files lie in the directory, from now on; the names of the Asterisks
# that were given it. ``lay`` is called by it once nothing in the files keeps it from using them.
Apply = Callable[[int, Path, Callable[[], None]], Awaitable[Sequence[str]]]


class Following:
    """What ``instance`` runs, under ``root`` of its disk. There must be a version that runs (``disk.live``)."""

    def __init__(self, versions: Versions, root: Path, instance: str, apply: Apply) -> None:
        self._versions = versions
        self._root = root
        self._instance = instance
        self._apply = apply
        self._switch: int | None = None  # the last that was seen through
        self._error: str | None = None
        self._runs: Mapping[str, bytes] | None = None  # the hashes of the files that run, once they were looked at
        self._retry_at = self._said_at = 0.0
        self.number = disk.live(root) or disk.NOT_PUBLISHED

    async def run(self) -> NoReturn:
        """Follow the live version for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, *, begin: bool = True) -> None:
        """Look once, and do what is to be done; while PostgreSQL is away, what runs goes on.

        ``begin``: make what runs the first version, if it is the operators' and there is none.
        """
        try:
            live = await self._versions.live()
            if live is None:
                if begin and disk.is_laid(self._root):
                    files = await asyncio.to_thread(disk.read, self._root / disk.LIVE)
                    await self._versions.begin(files, self._instance)
            elif live.overdue:
                await self._undo(live)
            elif live.switch != self._switch or (self._error and time.monotonic() > self._retry_at):
                await self._come_to(live)
            elif time.monotonic() > self._said_at + SAY_ALIVE_EVERY_S:
                await self._versions.seen(self._instance)
                self._said_at = time.monotonic()
        except (CcoreError, asyncpg.PostgresError) as error:
            log.info("live_version_not_known", reason=str(error), version=self.number)

    async def leave(self) -> None:
        """Say that this ccore ends."""
        try:
            await self._versions.gone(self._instance)
        except (CcoreError, asyncpg.PostgresError) as error:
            log.info("end_not_reported", reason=str(error))

    def health(self) -> Mapping[str, object]:
        """Which version runs, and what keeps this ccore from the live one."""
        return {"version": self.number} | ({"trouble": self._error} if self._error else {})

    async def _undo(self, live: Live) -> None:
        """Whoever put it on trial has not come back: be it that they were killed, or cut off."""
        assert live.number_before is not None, "the first version is never on trial"
        try:
            await self._versions.make_live(live.number_before, self._instance, "automatic-rollback", live)
        except SwitchedMeanwhile:
            return
        log.error("version_rolled_back", version=live.number, to=live.number_before, reason="not confirmed in time")
        await self.look()

    async def _come_to(self, live: Live) -> None:
        began = time.monotonic()
        nodes: Sequence[str] = ()
        try:
            nodes = await self._changed_to(live.number)
            self.number, self._error = live.number, None
            log.info("version_applied", version=live.number, nodes=nodes, seconds=round(time.monotonic() - began, 3))
        except (CcoreError, OSError) as error:
            self._error = f"version {live.number} could not be applied: {error}"
            self._retry_at = time.monotonic() + RETRY_S
            log.error("version_not_applied", version=live.number, reason=str(error))
        await self._versions.report(self._instance, live, self.number, nodes, self._error)
        self._switch, self._said_at = live.switch, time.monotonic()

    async def _changed_to(self, number: int) -> Sequence[str]:
        listing = await self._versions.listing(number)
        runs = self._runs
        if runs is None:
            runs = await asyncio.to_thread(disk.hashes, self._root / disk.LIVE)
        contents = await self._versions.contents(set(listing.values()) - set(runs.values()))
        directory = await asyncio.to_thread(disk.lay, self._root, number, listing, contents, runs)
        self._runs = None  # until it is known which of the two it is
        nodes = await self._apply(number, directory, lambda: disk.use(self._root, number))
        self._runs = listing
        return nodes
