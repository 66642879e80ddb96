"""Takes in what callers recorded on the nodes: into PostgreSQL, and only then off the node's disk."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import asyncpg
import structlog

from ccore.db.pool import Database
from ccore.errors import CcoreError, OutcomeUnknown, Unavailable
from ccore.ivr.recorded import ANNOUNCEMENT, BYTES_PER_SECOND, Recording, is_saying, milliseconds, read_name

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
# Asterisk writes 4 s at a time; one who says nothing for 5 s has ended the recording.
SETTLED_S = 30.0
LEAST_S = 0.5  # what is shorter is the sound of hanging up
FORGET_EVERY_S = 3600.0
UNUSED_S = 86400.0  # a recording that was to be an announcement and became none
UNHEARD_S = 60.0  # what a caller said in a menu, and no ccore took away: it was asked for 5 s at most


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies on a node: recordings not taken in yet, and files whose names say nothing."""

    files: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class _Sight:
    """A file as it was seen, and since when it has not changed, by this machine's monotonic clock."""

    size: int
    written_ns: int
    since: float


class Voicemails:
    """The recordings of the nodes; ``folders`` are their ``recorded/``. Those older than ``keep`` are forgotten.

    A file that is read again after a crash is the same voicemail: its node and name are its key.
    """

    def __init__(
        self, database: Database, folders: Mapping[str, Path], keep: timedelta, settled_s: float = SETTLED_S
    ) -> None:
        self._database = database
        self._folders = folders
        self._keep = keep
        self._settled_s = settled_s
        self._seen: dict[tuple[str, str], _Sight] = {}
        self._waiting = dict.fromkeys(folders, Waiting())

    @property
    def nodes(self) -> list[str]:
        """Those that record."""
        return list(self._folders)

    @property
    def waiting(self) -> Mapping[str, Waiting]:
        """What lay on each node at the last look."""
        return self._waiting

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        for node, waiting in self._waiting.items():
            if waiting.unknown:
                yield f"{waiting.unknown} files in {self._folders[node]} are no recordings: nobody knows whose they are"

    async def watch(self, node: str) -> NoReturn:
        """Take in what ``node`` records, for ever. Two ccores that watch the same do no harm, only work twice."""
        try:
            while True:
                try:
                    await self.look(node)
                except OSError as error:
                    log.error("recordings_unreadable", node=node, reason=str(error))
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._waiting[node] = Waiting()

    async def forget(self) -> NoReturn:
        """Delete what is older than it is to be kept, for ever."""
        while True:
            try:
                if count := await self._database.fetch_value("notes.forget_voicemails", self._keep):
                    log.info("voicemails_deleted", count=count)
            except (CcoreError, asyncpg.PostgresError) as error:
                log.warning("voicemails_not_deleted", reason=str(error))
            await asyncio.sleep(FORGET_EVERY_S)

    async def look(self, node: str) -> None:
        """Take in what lies there and has settled, oldest first. Raises OSError if the folder cannot be read."""
        found = await asyncio.to_thread(_files, self._folders[node])
        for name in [name for name in found if is_saying(name)]:
            if time.time() - found.pop(name).st_mtime > UNHEARD_S:
                (self._folders[node] / name).unlink(missing_ok=True)
        recordings = {name: read_name(node, name) for name in found}
        unknown = sorted(name for name, recording in recordings.items() if recording is None)
        if len(unknown) > self._waiting[node].unknown:
            log.error("recordings_of_nobody", node=node, files=unknown[:5], count=len(unknown))
        whole = [r for name, r in recordings.items() if r is not None and self._settled(node, name, found[name])]
        self._seen = {key: sight for key, sight in self._seen.items() if key[0] != node or key[1] in found}
        self._waiting[node] = Waiting(len(found) - len(unknown), len(unknown))
        for recording in sorted(whole, key=lambda recording: recording.at):
            try:
                await self._take_in(node, recording)
            except (Unavailable, OutcomeUnknown):
                return
            except Exception:  # whatever it is about this one recording, the others are taken in all the same
                log.exception("recording_failed", node=node, file=recording.file)

    def _settled(self, node: str, name: str, status: os.stat_result) -> bool:
        now, earlier = time.monotonic(), self._seen.get((node, name))
        if earlier is None or (earlier.size, earlier.written_ns) != (status.st_size, status.st_mtime_ns):
            self._seen[node, name] = earlier = _Sight(status.st_size, status.st_mtime_ns, now)
        return now - earlier.since >= self._settled_s

    async def _take_in(self, node: str, recording: Recording) -> None:
        path, seen = self._folders[node] / recording.file, self._seen[node, recording.file]
        if recording.box == ANNOUNCEMENT:
            if time.time() - seen.written_ns / 1e9 > UNUSED_S:
                path.unlink(missing_ok=True)
            return
        try:
            audio = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:  # another ccore has taken it in
            return
        if len(audio) >= LEAST_S * BYTES_PER_SECOND:
            await self._database.execute(
                "notes.voicemail", recording.call_key, recording.file, node, recording.box, recording.caller,
                recording.at, milliseconds(audio), audio,
            )  # fmt: skip
        if await asyncio.to_thread(_drop, path, len(audio)):
            log.info(
                "voicemail_taken_in", call_id=recording.call_id, node=node, box=recording.box, ms=milliseconds(audio)
            )


def _files(folder: Path) -> dict[str, os.stat_result]:
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_file():
                    found[entry.name] = entry.stat()
            except FileNotFoundError:  # another ccore has taken it in
                continue
    return found


def _drop(path: Path, size: int) -> bool:
    """Remove a file, unless it has grown since: then it is taken in again, whole."""
    try:
        if path.stat().st_size != size:
            return False
        path.unlink()
    except FileNotFoundError:  # another ccore has done so
        return False
    return True
