"""The raw files of recordings on a node's disk."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ccore.recording.model import BYTES_PER_MS, RECEIVED, SENT, day, milliseconds, read_file, read_stem


@dataclass(frozen=True, slots=True)
class Files:
    """What lies there of one recording: sizes are None for a file that is missing."""

    format: str
    rx: int | None
    tx: int | None
    written_at: datetime

    @property
    def empty(self) -> bool:
        """Whether there is no sound in them."""
        return not self.rx and not self.tx

    @property
    def began_at(self) -> datetime:
        """When the first sample was written, if they were written without a pause."""
        length = milliseconds(self.format, max(self.rx or 0, self.tx or 0))
        return self.written_at - timedelta(milliseconds=length)


def measure(folder: Path, stems: Iterable[str]) -> dict[str, Files]:
    """What there is now of each; nothing of those that have no file."""
    found = {}
    for stem in stems:
        for form in BYTES_PER_MS:
            rx, tx = (_status(folder / f"{stem}-{direction}.{form}") for direction in (RECEIVED, SENT))
            there = [status for status in (rx, tx) if status is not None]
            if there:
                written = max(status.st_mtime_ns for status in there)
                at = datetime.fromtimestamp(written // 1_000_000_000, UTC) + timedelta(
                    microseconds=written % 1_000_000_000 // 1000
                )
                found[stem] = Files(form, rx.st_size if rx else None, tx.st_size if tx else None, at)
    return found


def scan(folder: Path) -> tuple[set[str], set[str]]:
    """The stems of all files below ``folder``, and the paths that are no recording's. Raises OSError."""
    stems, others = set(), set()
    if not folder.is_dir():
        return set(), set()
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        read = read_file(name)
        if read is not None and read_stem(read[0]) is not None:
            stems.add(read[0])
        else:
            others.add(name)
    return stems, others


def prepare(folder: Path, now: datetime) -> None:
    """Make the folders of today and tomorrow, so that ccore may take files out of them that Asterisk's user wrote.

    Asterisk makes those that are not there, for its own user alone. Those of days before yesterday go once they are
    empty. Raises OSError.
    """
    if not folder.is_dir() or not folder.stat().st_mode & stat.S_ISGID:  # not ours to say who writes there
        return
    for moment in (now, now + timedelta(days=1)):
        made = folder / day(moment)
        if not made.exists():
            made.mkdir(exist_ok=True)
            made.chmod(0o2770)
    for old in folder.iterdir():
        if old.name < day(now - timedelta(days=1)) and old.is_dir():
            with suppress(OSError):  # there is something in it
                old.rmdir()


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
