"""Announcements: known here within a second of any change, with their sounds on every node before they play."""

import asyncio
import math
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.ivr.model import Announcement
from ccore.ivr.mounted import ENDING, FOLDER, Mounted, Spoken, live

log = structlog.get_logger()

LOOK_EVERY_S = 0.4  # a change is heard within 2 s, of which a caller's own step takes up to one
FILES_EVERY_S = 10.0  # somebody may have removed one, or a node's disk was away
RETRY_S = 2.0  # where they could not be put
LAID_WITHIN_S = 0.5  # a caller of a slower node may hear nothing instead
KEPT = timedelta(hours=1)  # files stay so long after the end: calls in progress may still play them


@dataclass(frozen=True, slots=True)
class Said:
    """What an announcement says in a language, and its sound in A-law."""

    text: str
    audio: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """An announcement to be made, for ``node`` of the menus, with what is said by language ("": in every one).

    ``starts_at`` None is now; ``ends_at`` None is ``lasts`` after that. ``request`` names what asked for it, if that
    may ask again.
    """

    node: str
    said: Mapping[str, Said]
    source: str
    by: str
    divert: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    lasts: timedelta = timedelta()
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What was made for a request."""

    number: int
    node: str
    divert: str
    said: Mapping[str, Said]


class Announcements:
    """Those of the database. ``folders`` are the nodes' ``heard/``, None for one that plays none of them.

    Begin and end go by the database's clock, so that all ccores agree; while it is away, by what it last said.
    """

    def __init__(self, database: Database, folders: Mapping[str, Path | None]) -> None:
        self._database = database
        self._folders = {node: folder / FOLDER for node, folder in folders.items() if folder is not None}
        self._deaf = sorted(folders.keys() - self._folders.keys())
        self._mounted: tuple[Mounted, ...] = ()
        self._number: int | None = None  # of the last change that is known here
        self._ahead = timedelta()  # the database's clock, of ours
        self._look_at_files = 0.0
        self._sounds: dict[str, bytes] = {}  # by hash
        # A disk that hangs keeps its own thread and no other.
        self._writers = {node: ThreadPoolExecutor(1, f"heard {node}") for node in self._folders}
        self._laying: dict[str, asyncio.Future[None]] = {}
        self._failing: dict[str, str] = {}  # node → why its files are not all there, "" if they are

    def now(self, at: datetime) -> Mapping[str, Announcement]:
        """What plays first at which node at ``at``, by this machine's clock."""
        return live(self._mounted, at + self._ahead)

    def warnings(self) -> Iterator[str]:
        """What keeps callers from hearing what they should, for an admin."""
        for node, reason in sorted(self._failing.items()):
            if reason:
                yield f"announcements cannot be put where {node} plays them: {reason}"
        if self._deaf and self._mounted:
            yield f"{', '.join(self._deaf)} cannot play announcements: nodes.NAME.heard_dir is not set"

    def health(self) -> Mapping[str, object]:
        """How many play now, and how many will."""
        at = utc_now() + self._ahead
        waiting = sum(each.starts_at > at for each in self._mounted)
        return {"playing": sum(each.starts_at <= at < each.ends_at for each in self._mounted), "waiting": waiting}

    async def run(self) -> NoReturn:
        """Keep up with the database, for ever."""
        while True:
            try:
                await self.refresh()
            except (CcoreError, asyncpg.PostgresError) as error:  # what is known goes on; the database's watch tells
                log.debug("announcements_not_refreshed", reason=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def refresh(self) -> None:
        """Take in what has changed, once its sounds lie on the nodes. Raises Unavailable."""
        asked_at = utc_now()
        row = await self._database.fetch_row("announcements.changes")
        assert row is not None, "the migration has made the one row"
        self._ahead = row["now"] - (asked_at + (utc_now() - asked_at) / 2)
        if row["number"] == self._number and time.monotonic() < self._look_at_files:
            return
        mounted = _mounted(await self._database.fetch("announcements.current", KEPT))
        await self._distribute(mounted)
        if row["number"] != self._number:
            log.info("announcements_changed", number=row["number"], known=len(mounted))
        self._mounted, self._number = mounted, row["number"]
        self._look_at_files = time.monotonic() + (RETRY_S if any(self._failing.values()) else FILES_EVERY_S)

    async def add(self, wanted: Wanted) -> int | None:
        """Make an announcement; its number, or None if its ``request`` has made one before. Raises ValueError."""
        sounds = sorted(wanted.said.items())
        try:
            number: int | None = await self._database.fetch_value(
                "announcements.add",
                *(wanted.node, wanted.divert, wanted.starts_at, wanted.ends_at, wanted.lasts, wanted.source),
                *(wanted.request, wanted.by, [language for language, _ in sounds]),
                *([said.text for _, said in sounds], [said.audio for _, said in sounds]),
            )
        except asyncpg.CheckViolationError as error:
            raise ValueError("it would end before it begins, or is longer than five minutes") from error
        log.info("announcement_added", announcement=number, node=wanted.node, by=wanted.by, source=wanted.source)
        return number

    async def end(self, announcement_id: int, by: str) -> bool:
        """End one now; False if it had ended, or is not there."""
        ended = await self._database.fetch_value("announcements.end", announcement_id, by) is not None
        log.info("announcement_ended", announcement=announcement_id, by=by, ended=ended)
        return ended

    async def of_request(self, request: str) -> Made | None:
        """What was made for ``request``."""
        rows = await self._database.fetch("announcements.of_request", request)
        said = {row["language"]: Said(row["text"], row["audio"]) for row in rows}
        return Made(rows[0]["announcement_id"], rows[0]["node"], rows[0]["divert"], said) if rows else None

    async def sounds(self, announcement_id: int) -> Mapping[str, bytes]:
        """What one sounds like by language, in A-law."""
        rows = await self._database.fetch("announcements.audio", announcement_id)
        return {row["language"]: row["audio"] for row in rows}

    async def playing(self, node: str) -> int | None:
        """The one that is heard at ``node`` now."""
        found: int | None = await self._database.fetch_value("announcements.playing", node)
        return found

    async def listed(self, since: datetime) -> list[Record]:
        """Those that did not end before ``since``, the newest first."""
        return await self._database.fetch("announcements.list", since)

    async def _distribute(self, mounted: tuple[Mounted, ...]) -> None:
        """Put every sound on every node, and take away what nobody hears any more; no disk keeps another waiting."""
        files = {name: await self._audio(each, sound) for each in mounted for name, sound in each.files.items()}
        self._sounds = {sound.sha256: self._sounds[sound.sha256] for each in mounted for sound in each.sounds}
        late = set(self._laying)
        for node in self._folders.keys() - late:
            self._laying[node] = asyncio.get_running_loop().run_in_executor(
                self._writers[node], _lay, self._folders[node], files
            )
        if self._laying:
            await asyncio.wait(self._laying.values(), timeout=LAID_WITHIN_S)
        for node, laying in list(self._laying.items()):
            self._judge(node, laying, late=node in late)

    def _judge(self, node: str, laying: asyncio.Future[None], *, late: bool) -> None:
        """Note what keeps the files of a node from being there."""
        reason = "the disk does not answer" if late or not laying.done() else ""
        if laying.done():
            del self._laying[node]
            if isinstance(error := laying.exception(), OSError):
                reason = str(error)
            elif error is not None:
                raise error
        if reason and self._failing.get(node) != reason:
            log.error("announcements_not_on_node", node=node, reason=reason)
        self._failing[node] = reason

    async def _audio(self, each: Mounted, sound: Spoken) -> bytes:
        """Its sound, which is asked for once."""
        if sound.sha256 not in self._sounds:
            self._sounds[sound.sha256] = (await self.sounds(each.announcement_id))[sound.language]
        return self._sounds[sound.sha256]


def _mounted(rows: list[Record]) -> tuple[Mounted, ...]:
    by_announcement = groupby(rows, lambda row: row["announcement_id"])
    return tuple(_one(list(languages)) for _, languages in by_announcement)


def _one(rows: list[Record]) -> Mounted:
    first = rows[0]
    sounds = tuple(Spoken(row["language"], row["text"], row["sha256"], row["size"]) for row in rows)
    return Mounted(
        first["announcement_id"], first["node"], first["divert"], first["starts_at"], first["ends_at"], sounds
    )


def _lay(folder: Path, files: Mapping[str, bytes]) -> None:
    """Have exactly these files there, apart from new ones of others. Raises OSError."""
    for name, content in files.items():
        if not _has(folder / name, len(content)):
            _put(folder, name, content)
    _tidy(folder, files.keys())


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _put(folder: Path, name: str, content: bytes) -> None:
    """Whole or not at all: a caller may begin to hear it at any moment, and another ccore put it there as well.

    ``heard/`` itself is not made here: if it is not there, a disk is not mounted.
    """
    path = folder / name
    for part in dict.fromkeys((folder, path.parent)):
        if not part.exists():
            part.mkdir(exist_ok=True)
            part.chmod(0o2770)  # whatever the umask says: Asterisk reads it by its group
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(content)
        fresh.chmod(0o640)
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _tidy(folder: Path, wanted: Collection[str]) -> None:
    """Another ccore may know of an announcement that this one does not yet: new files are left alone."""
    oldest = time.time() - KEPT.total_seconds()
    for path in folder.rglob(f"*{ENDING}*"):
        if str(path.relative_to(folder)) not in wanted and _written_at(path) < oldest:
            path.unlink(missing_ok=True)
            log.info("announcement_file_removed", file=path.name)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another ccore has removed it
        return math.inf
