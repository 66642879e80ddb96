"""Takes in the orders that nodes wrote to their spools while ccore was away."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import structlog
from prometheus_client import Counter, Gauge

from ccore.clock import utc_now
from ccore.errors import KeyReused, OutcomeUnknown, Unavailable
from ccore.ordering.service import Ordering
from ccore.ordering.spool import BadLine, read_line

log = structlog.get_logger()

WAITING = Gauge("ccore_spool_waiting_files", "Files of order spools that were not taken in at the last look", ["node"])
BAD_LINES = Counter("ccore_spool_bad_lines", "Lines of order spools set aside for a person to look at", ["node"])

LOOK_EVERY_S = 1.0  # a customer told "received" waits for a text message
LOOK_AFTER_FAULT_S = 10.0  # a file that cannot be taken in waits for a person: no use in saying so every second


class SpoolIntake:
    """Places every line of the nodes' spools (maildir-like: ``tmp/ new/ bad/``) through ``ordering``.

    A file is deleted only once each of its lines has its final outcome or stands in ``bad/``. A crash in between means
    that its lines are handled again, which their call keys make harmless.
    """

    def __init__(self, ordering: Ordering, spools: Mapping[str, Path]) -> None:
        self._ordering = ordering
        self._spools = spools
        self._waiting = dict.fromkeys(spools, 0)

    @property
    def waiting(self) -> int:
        """Files seen at the last look that have not been taken in."""
        return sum(self._waiting.values())

    async def run(self) -> None:
        """Watch every spool, for ever."""
        async with asyncio.TaskGroup() as group:
            for node in self._spools:
                group.create_task(self._watch(node), name=f"spool of {node}")

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

    async def _watch(self, node: str) -> None:
        while True:
            try:
                all_well = await self.look(node)
            except OSError as error:
                log.error("spool_unreadable", node=node, reason=str(error))
                all_well = False
            WAITING.labels(node).set(self._waiting[node])
            await asyncio.sleep(LOOK_EVERY_S if all_well else LOOK_AFTER_FAULT_S)

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


def _lines(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        return [line for line in file.read().split(b"\n") if line]


def _finish(spool: Path, name: str, bad: list[BadLine]) -> None:
    """Keep the bad lines in ``bad/``, each with its reason in the ``.reason`` file beside them; then drop the file."""
    if bad:
        (spool / "bad").mkdir(exist_ok=True)
        _write(spool, f"{name}.reason", b"".join(line.reason.encode() + b"\n" for line in bad))
        _write(spool, name, b"".join(line.line + b"\n" for line in bad))
    (spool / "new" / name).unlink()


def _write(spool: Path, name: str, content: bytes) -> None:
    """Put a file into ``bad/``, whole and surely on disk."""
    with (spool / "tmp" / name).open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(spool / "tmp" / name, spool / "bad" / name)
    folder = os.open(spool / "bad", os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
