"""Reads a growing log file and those it was rotated to, each from the place where it was left."""

import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()

BATCH_BYTES = 1 << 17  # some 500 rows, a few milliseconds of work: a caller served by the same loop hears nothing of it
LONGEST_ROW_BYTES = 1 << 20  # Asterisk's fields are bounded; what goes on longer without an end is no row
HEAD_BYTES = 256  # holds the first row's time and ids, which no other file has
QUIET_S = 10.0  # a rotated file that did not grow for so long is finished
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file is read. ``file_id`` outlives a rename; ``head`` tells apart files that got the same inode."""

    file_id: str
    head: bytes = b""
    position: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that follow a place. ``saved`` is the place as last saved, None for a new file.

    ``whole``: nothing will ever follow these bytes. ``stuck``: so many bytes that they cannot be one row.
    """

    file: str
    data: bytes
    place: Place
    saved: Place | None
    whole: bool
    stuck: bool

    def after(self, consumed: int) -> Place:
        """The place once ``consumed`` bytes of this chunk are dealt with."""
        place = self.place
        head = place.head + self.data[: max(HEAD_BYTES - place.position, 0)][:consumed]
        return Place(place.file_id, head, place.position + consumed)


@dataclass(slots=True)
class _File:
    """An open file: its descriptor stays good when the file is renamed or removed."""

    path: Path
    descriptor: int
    place: Place
    saved: Place | None
    rotated: bool  # Asterisk writes into another one now
    size: int = -1  # this and the next two as of the last look
    changed_ns: int = -1
    finished: bool = False
    changed_at: float = 0.0  # when a look first saw this size and time
    exhausted: bool = False  # until they change there is nothing but, perhaps, the beginning of a row
    limit: int = BATCH_BYTES


class Tail:
    """The log at ``path`` and every file beside it whose name begins with its name, but for compressed ones.

    ``saved`` are the places known from earlier. Rotation by rename and by copy-and-truncate are both noticed; a copy is
    read too, as only it has what was written just before the truncation. Not for two threads at a time.
    """

    def __init__(self, path: Path, saved: Iterable[Place]) -> None:
        self.path = path
        self._saved = {place.file_id: place for place in saved}
        self._files: dict[str, _File] = {}

    def look(self) -> None:
        """See which files there are and how long they are now. Raises OSError."""
        listed = {self._found(path) for path in self._candidates()}
        for file_id in self._files.keys() - listed:
            self._files[file_id].rotated = True
            self._close_if_read(file_id)
        now = time.monotonic()
        for file in self._files.values():
            self._note_change(file, now)

    def next(self) -> Chunk | None:
        """The next bytes to deal with of those there were at the last look, the oldest file's first; None if all are.

        The same bytes come again until ``moved`` says that they are dealt with. Raises OSError.
        """
        for file in sorted(self._files.values(), key=lambda file: (not file.rotated, file.changed_ns)):
            if chunk := self._chunk(file):
                return chunk
        return None

    def moved(self, chunk: Chunk, consumed: int) -> None:
        """Note that ``consumed`` bytes of ``chunk`` are dealt with, and saved as such."""
        file = self._files[chunk.place.file_id]
        if consumed:
            file.place = file.saved = chunk.after(consumed)
            file.limit = BATCH_BYTES
        elif len(chunk.data) == file.limit:
            file.limit *= 2
        else:
            file.exhausted = True

    @property
    def behind_bytes(self) -> int:
        """How many bytes are there and not dealt with."""
        return sum(max(_size(file) - file.place.position, 0) for file in self._files.values())

    @property
    def position(self) -> int:
        """How far the file that is written now was dealt with; 0 if there is none."""
        return next((file.place.position for file in self._files.values() if not file.rotated), 0)

    @property
    def size(self) -> int:
        """How long the file that is written now is; 0 if there is none."""
        return next((_size(file) for file in self._files.values() if not file.rotated), 0)

    def read_out(self, changed_before: float) -> list[Path]:
        """Rotated files that are dealt with to their end and have not changed since ``changed_before``."""
        return [
            file.path
            for file in self._files.values()
            if file.finished and file.place.position >= file.size and file.changed_ns < changed_before * 1e9
        ]

    def close(self) -> None:
        """Let go of all files."""
        for file in self._files.values():
            os.close(file.descriptor)
        self._files.clear()

    def _candidates(self) -> list[Path]:
        try:
            with os.scandir(self.path.parent) as entries:
                names = [entry.name for entry in entries if entry.name.startswith(self.path.name)]
        except FileNotFoundError:
            return []  # Asterisk has not written anything yet
        return [self.path.with_name(name) for name in names if not name.endswith(COMPRESSED)]

    def _found(self, path: Path) -> str | None:
        """The id of the file that is at ``path`` now, which is then open; None if it has just been renamed."""
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                return None
            if file := self._files.get(_file_id(status)):
                file.path, file.rotated = path, path != self.path
                return file.place.file_id
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        file_id = _file_id(os.fstat(descriptor))
        if file_id in self._files:
            os.close(descriptor)
        else:
            saved = self._saved.get(file_id)
            log.info("call_log_opened", file=str(path), position=0 if saved is None else saved.position)
            self._files[file_id] = _File(path, descriptor, saved or Place(file_id), saved, path != self.path)
        return file_id

    def _close_if_read(self, file_id: str) -> None:
        file = self._files[file_id]
        if file.place.position >= _size(file):
            os.close(file.descriptor)
            del self._files[file_id]
            self._saved[file_id] = file.place

    def _note_change(self, file: _File, now: float) -> None:
        status = os.fstat(file.descriptor)
        if (status.st_size, status.st_mtime_ns) != (file.size, file.changed_ns):
            file.size, file.changed_ns = status.st_size, status.st_mtime_ns
            file.changed_at, file.exhausted = now, False
            self._restart_if_replaced(file)
        file.finished = file.rotated and now - file.changed_at >= QUIET_S

    def _chunk(self, file: _File) -> Chunk | None:
        if file.exhausted and not file.finished:
            return None
        wanted = min(file.limit, file.size - file.place.position)
        data = os.pread(file.descriptor, wanted, file.place.position)
        if not data:
            return None
        return Chunk(
            file=file.path.name,
            data=data,
            place=file.place,
            saved=file.saved,
            whole=file.finished and len(data) < file.limit,
            stuck=len(data) >= LONGEST_ROW_BYTES,
        )

    def _restart_if_replaced(self, file: _File) -> None:
        """Begin anew with a file that was truncated, or that is another one in spite of its inode."""
        head = os.pread(file.descriptor, len(file.place.head), 0)
        if file.size < file.place.position or head != file.place.head:
            log.warning("call_log_replaced", file=str(file.path), position=file.place.position, size=file.size)
            file.place = Place(file.place.file_id)


def _file_id(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino}"


def _size(file: _File) -> int:
    return os.fstat(file.descriptor).st_size
