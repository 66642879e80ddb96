"""Takes in the orders that nodes wrote to their spools while ccore was away."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import Counter, Gauge

from ccore.clock import utc_now
from ccore.errors import KeyReused, OutcomeUnknown, Unavailable
from ccore.ordering.keeping import put
from ccore.ordering.service import Ordering
from ccore.ordering.spool import BadLine, read_line

log = structlog.get_logger()

WAITING = Gauge("ccore_spool_waiting_files", "Files of order spools that were not taken in at the last look", ["node"])
WAITING_BYTES = Gauge("ccore_spool_waiting_bytes", "How long these files are", ["node"])
OLDEST = Gauge(
    "ccore_spool_oldest_seconds", "How long ago the oldest of these files was written; 0 if there is none", ["node"]
)
BAD_FILES = Gauge(
    "ccore_spool_bad_files", "Files that wait in bad/ for a person, with lines that are no order", ["node"]
)
BAD_LINES = Counter("ccore_spool_bad_lines", "Lines of order spools set aside for a person to look at", ["node"])

LOOK_EVERY_S = 1.0  # a customer told "received" waits for a text message
LOOK_AFTER_FAULT_S = 10.0  # a file that cannot be taken in waits for a person: no use in saying so every second


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a spool holds: files not taken in, with their bytes and the age of the oldest; and those set aside."""

    files: int = 0
    bytes: int = 0
    oldest_s: float = 0.0
    bad_files: int = 0


class SpoolIntake:
    """Places every line of the nodes' spools (maildir-like: ``tmp/ new/ bad/``) through ``ordering``.

    A file is deleted only once each of its lines has its final outcome or stands in ``bad/``. A crash in between means
    that its lines are handled again, which their call keys make harmless.
    """

    def __init__(self, ordering: Ordering, spools: Mapping[str, Path]) -> None:
        self._ordering = ordering
        self._spools = spools
        self._waiting = dict.fromkeys(spools, 0)
        self._backlogs = dict.fromkeys(spools, Backlog())

    @property
    def waiting(self) -> int:
        """Files seen at the last look that have not been taken in."""
        return sum(self._waiting.values())

    @property
    def backlogs(self) -> Mapping[str, Backlog]:
        """What each node's spool held before the look that is going on, or after the last one."""
        return self._backlogs

    async def watch(self, node: str) -> None:
        """Watch one spool, for ever. Two ccores that watch the same one do no harm, only work twice."""
        try:
            while True:
                pause_s = await self._look_and_measure(node)
                await asyncio.sleep(pause_s)
        finally:
            self._forget(node)

    async def look(self, node: str) -> bool:
        """Take in what waits in one node's spool, oldest first, until PostgreSQL does not answer.

        False if a file could not be taken in for any other reason; it stays, the others are taken in all the same.
        Raises OSError if the spool itself cannot be read.
        """
        waiting = await asyncio.to_thread(_names, self._spools[node])
        self._waiting[node] = len(waiting)
        all_well = True
        # One after the other: calls that are going on now come first at the database.
        for name in waiting:
            try:
                await self._take_in(node, name)
            except (Unavailable, OutcomeUnknown):
                break
            except Exception:  # whatever it is about this one order, ccore must not stop at it at every start
                log.exception("spool_file_failed", node=node, file=name)
                all_well = False
            else:
                self._waiting[node] -= 1
        return all_well

    async def _look_and_measure(self, node: str) -> float:
        """When to look again, in seconds."""
        try:
            await self._measure(node)  # what there is may take long to be taken in
            all_well = await self.look(node)
            await self._measure(node)
        except OSError as error:
            log.error("spool_unreadable", node=node, reason=str(error))
            all_well = False
        return LOOK_EVERY_S if all_well else LOOK_AFTER_FAULT_S

    async def _measure(self, node: str) -> None:
        self._backlogs[node] = backlog = await asyncio.to_thread(_backlog, self._spools[node], time.time())
        WAITING.labels(node).set(backlog.files)
        WAITING_BYTES.labels(node).set(backlog.bytes)
        OLDEST.labels(node).set(backlog.oldest_s)
        BAD_FILES.labels(node).set(backlog.bad_files)

    def _forget(self, node: str) -> None:
        """Say nothing more of a spool that is watched elsewhere: two ccores would be counted as two spools."""
        self._waiting[node], self._backlogs[node] = 0, Backlog()
        for gauge in (WAITING, WAITING_BYTES, OLDEST, BAD_FILES):
            gauge.remove(node)

    async def _take_in(self, node: str, name: str) -> None:
        spool = self._spools[node]
        found = [await self._place(line) for line in await asyncio.to_thread(_lines, spool / "new" / name)]
        bad = [line for line in found if line is not None]
        for line in bad:
            BAD_LINES.labels(node).inc()
            log.error("spool_line_set_aside", node=node, file=name, reason=line.reason)
        await asyncio.to_thread(_finish, spool, name, bad)

    async def _place(self, line: bytes) -> BadLine | None:
        attempt = read_line(line, utc_now())
        if isinstance(attempt, BadLine):
            return attempt
        try:
            await self._ordering.place(attempt)
        except KeyReused as error:
            return BadLine(line, str(error))
        return None


def _names(spool: Path) -> list[str]:
    """The files that wait, oldest first: their names begin with the time. A spool not made yet is empty."""
    try:
        with os.scandir(spool / "new") as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except FileNotFoundError:
        return []


def _backlog(spool: Path, now: float) -> Backlog:
    waiting = [status for name in _names(spool) if (status := _status(spool / "new" / name)) is not None]
    return Backlog(
        files=len(waiting),
        bytes=sum(status.st_size for status in waiting),
        oldest_s=max((now - status.st_mtime for status in waiting), default=0.0),
        bad_files=len([path for path in (spool / "bad").glob("*") if path.suffix != ".reason"]),
    )


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:  # another ccore has taken it in
        return None


def _lines(path: Path) -> list[bytes]:
    """None if the file is gone: another ccore has taken it in."""
    try:
        return [line for line in path.read_bytes().split(b"\n") if line]
    except FileNotFoundError:
        return []


def _finish(spool: Path, name: str, bad: list[BadLine]) -> None:
    """Keep the bad lines in ``bad/``, each with its reason in the ``.reason`` file beside them; then drop the file."""
    if bad:
        (spool / "bad").mkdir(exist_ok=True)
        put(spool, "bad", f"{name}.reason", b"".join(line.reason.encode() + b"\n" for line in bad))
        put(spool, "bad", name, b"".join(line.line + b"\n" for line in bad))
    (spool / "new" / name).unlink(missing_ok=True)
