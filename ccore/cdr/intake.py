"""Brings what Asterisk writes into one log into PostgreSQL, each row exactly once whatever is killed meanwhile."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog

from ccore.cdr import boot, metrics
from ccore.cdr.model import CHANNEL_BEGAN
from ccore.cdr.pace import POLL_S, Pace
from ccore.cdr.rotation import Rotation
from ccore.cdr.rows import CEL, CelRow, Log, Reading, Reject, Row, read
from ccore.cdr.tail import Chunk, Place, Tail
from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError

log = structlog.get_logger()

PAUSE_S = 0.5  # a transaction costs as much as the rows of ten calls
NOTE_EVERY_S = 1.0  # until when the log is read: gaps in what is heard of Asterisk are closed by it

# What PostgreSQL cannot hold, however often it is asked. Rows are checked before, so this is a fault of the checks.
UNSTORABLE = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    OverflowError,
)


class PlaceMoved(CcoreError):
    """The log was read further by another ccore, or by this one in a COMMIT it had given up; nothing was stored now."""


class LogIntake:
    """One log of one node. ``on_stored`` is called whenever calls have new rows; ``rotation``: if it is for ccore."""

    def __init__(
        self,
        database: Database,
        node: str,
        directory: Path,
        kind: Log,
        on_stored: Callable[[], None],
        rotation: Rotation | None = None,
    ) -> None:
        self.node = node
        self.kind = kind
        self.trouble = ""
        self._database = database
        self._path = directory / kind.path
        self._on_stored = on_stored
        self._rotation = rotation
        self._tail: Tail | None = None
        self._in_doubt = False  # whether PostgreSQL knows the places better than the tail
        self._mark: boot.Mark | None = None
        self._pace = Pace(PAUSE_S)
        self._caught_up_at: float | None = None  # None: another ccore reads this log, as far as this one knows
        self._noted_at = -math.inf

    async def run(self) -> None:
        """For ever. While PostgreSQL is away or the file cannot be read, it waits and loses nothing.

        Two ccores that read one log do no harm: whoever finds its place moved by the other stores nothing.
        """
        self._caught_up_at, self._mark = time.monotonic(), None
        try:
            while True:
                try:
                    await self.catch_up()
                    self._tidy()
                except (CcoreError, OSError, asyncpg.PostgresError) as error:
                    self._put_off(error)
                self._measure()
                await self._pace.rest()
        finally:
            self._let_go()
            self._caught_up_at, self.trouble = None, ""
            metrics.forget(self.node, self.kind.name)

    def nudge(self) -> None:
        """Look now: a call has ended."""
        self._pace.nudge()

    async def catch_up(self) -> None:
        """Deal with all that is in the files now, and not with what comes meanwhile.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost, OSError if a file cannot be read; both may pass.
        """
        while True:
            looked_at = utc_now()
            try:
                await self._deal_with_all()
                break
            except PlaceMoved:
                self._in_doubt = True
        self._caught_up_at = time.monotonic()
        await self._note_read(looked_at)
        if self.trouble:
            log.info("call_log_resumed", node=self.node, log=self.kind.name)
            self.trouble = ""

    @property
    def behind_bytes(self) -> int:
        """Bytes written and not dealt with, as far as the files are known."""
        return 0 if self._tail is None else self._tail.behind_bytes

    @property
    def behind_s(self) -> float:
        """How long ago all was dealt with that there was; 0 if another ccore reads this log."""
        if self._caught_up_at is None:
            return 0.0
        return max(time.monotonic() - self._caught_up_at - PAUSE_S - POLL_S, 0.0)

    def _tidy(self) -> None:
        if self._rotation is not None and self._tail is not None:
            self._rotation.tidy(self._tail)

    async def _deal_with_all(self) -> None:
        if self._tail is None or self._in_doubt:
            places = await self._places()
            self._let_go()
            self._tail, self._in_doubt = Tail(self._path, places), False
        self._tail.look()
        while chunk := self._tail.next():
            consumed = await self._deal_with(chunk)
            self._tail.moved(chunk, consumed)

    async def _note_read(self, until: datetime) -> None:
        """Write down that all that was in the files at ``until`` is stored, after those transactions."""
        now = time.monotonic()
        if now - self._noted_at < NOTE_EVERY_S:
            return
        async with self._database.transaction() as transaction:
            await transaction.fetch_value("cdr.lazy_commit")
            await transaction.execute("cdr.note_read", self.node, self.kind.name, until)
        self._noted_at = now

    async def _places(self) -> list[Place]:
        rows = await self._database.fetch("cdr.places", self.node, self.kind.name)
        return [Place(row["file_id"], row["head"], row["position"]) for row in rows]

    async def _deal_with(self, chunk: Chunk) -> int:
        reading = read(self.kind, chunk.data, whole=chunk.whole)
        if not reading.consumed and chunk.stuck:
            reading = read(self.kind, chunk.data, whole=True)
        if reading.consumed:
            try:
                await self._store(chunk, reading)
            except UNSTORABLE as error:
                log.error("call_rows_refused", node=self.node, log=self.kind.name, reason=str(error))
                await self._store_one_by_one(chunk, reading)
        return reading.consumed

    async def _store(self, chunk: Chunk, reading: Reading) -> None:
        """Rows, rejects and place, all or nothing."""
        mark, booted_at = self._followed(reading.rows)
        async with self._database.transaction() as transaction:
            await transaction.fetch_value("cdr.lazy_commit")
            stored, clashes = await self._insert(transaction, chunk, reading)
            rejects = [*reading.rejects, *clashes]
            await self._set_aside(transaction, chunk, rejects)
            if booted_at is not None:
                await note_boot(transaction, self.node, booted_at)
            await self._move(transaction, chunk, reading.consumed)
        self._mark = mark
        self._count(reading, stored, len(rejects), booted_at)

    async def _insert(self, transaction: Transaction, chunk: Chunk, reading: Reading) -> tuple[int, list[Reject]]:
        """Store the rows that are not there yet; how many they were, and those whose key another row has."""
        name = self.kind.name
        if not reading.rows:
            return 0, []
        await transaction.execute(f"cdr.make_{name}_incoming")
        await transaction.copy_records(f"{name}_incoming", columns=self.kind.columns, records=reading.rows)
        stored: int = await transaction.fetch_value(f"cdr.store_{name}")
        if self.kind is CEL or stored == len(reading.rows):
            return stored, []
        clashing = {row["digest"] for row in await transaction.fetch("cdr.clashing_cdr")}
        reason = "another row has this linkedid, uniqueid and sequence: was Asterisk's clock set back over a restart?"
        return stored, [
            Reject(chunk.data[begin:end], begin, reason)
            for row, (begin, end) in zip(reading.rows, reading.spans, strict=True)
            if row.digest in clashing
        ]

    async def _set_aside(self, transaction: Transaction, chunk: Chunk, rejects: Sequence[Reject]) -> None:
        if not rejects:
            return
        where = {"node": self.node, "log": self.kind.name, "file": chunk.file}
        first = rejects[0]
        log.warning(
            "call_rows_rejected",
            count=len(rejects),
            reason=first.reason,
            offset=chunk.place.position + first.at,
            **where,
        )
        rows = [(*where.values(), chunk.place.position + reject.at, *_as_stored(reject)) for reject in rejects]
        await transaction.execute_many("cdr.reject", rows)

    async def _move(self, transaction: Transaction, chunk: Chunk, consumed: int) -> None:
        place = chunk.after(consumed)
        now = (self.node, self.kind.name, place.file_id, place.head, place.position, chunk.file)
        if chunk.saved is None:
            moved = await transaction.execute("cdr.begin_place", *now)
        else:
            moved = await transaction.execute("cdr.move_place", *now, chunk.saved.position, chunk.saved.head)
        if moved != 1:
            raise PlaceMoved

    async def _store_one_by_one(self, chunk: Chunk, reading: Reading) -> None:
        """Store every row that can be stored, set the others aside, then move on. A kill meanwhile doubles nothing."""
        rejects = list(reading.rejects)
        for row, (begin, end) in zip(reading.rows, reading.spans, strict=True):
            try:
                async with self._database.transaction() as transaction:
                    _, clashes = await self._insert(transaction, chunk, Reading([row], [(begin, end)], [], 0))
                rejects += clashes
            except UNSTORABLE as error:
                rejects.append(Reject(chunk.data[begin:end], begin, f"PostgreSQL refused the row: {error}"))
        await self._store(chunk, Reading([], [], rejects, reading.consumed))

    def _followed(self, rows: Sequence[Row]) -> tuple[boot.Mark | None, datetime | None]:
        begun = [
            (row.uniqueid, row.event_at) for row in rows if isinstance(row, CelRow) and row.eventtype == CHANNEL_BEGAN
        ]
        return boot.follow(self._mark, begun)

    def _count(self, reading: Reading, stored: int, rejected: int, booted_at: datetime | None) -> None:
        labels = (self.node, self.kind.name)
        metrics.BYTES_READ.labels(*labels).inc(reading.consumed)
        metrics.ROWS_READ.labels(*labels).inc(len(reading.rows))
        metrics.ROWS_STORED.labels(*labels).inc(stored)
        metrics.REJECTS.labels(*labels).inc(rejected)
        if booted_at is not None:
            metrics.BOOTS.labels(self.node).inc()
            log.warning("asterisk_start_noticed", node=self.node, booted_at=booted_at.isoformat())
        if stored or booted_at is not None:
            self._on_stored()

    def _measure(self) -> None:
        labels = (self.node, self.kind.name)
        metrics.BEHIND_BYTES.labels(*labels).set(self.behind_bytes)
        metrics.BEHIND_S.labels(*labels).set(self.behind_s)
        if self._tail is not None:
            metrics.POSITION.labels(*labels).set(self._tail.position)

    def _put_off(self, error: Exception) -> None:
        """Begin again from what PostgreSQL knows: it may have committed what it did not confirm."""
        reason = str(error) or type(error).__name__
        if not self.trouble:
            log.error("call_log_waited", node=self.node, log=self.kind.name, reason=reason)
        self.trouble = reason
        self._in_doubt = True

    def _let_go(self) -> None:
        if self._tail is not None:
            self._tail.close()
            self._tail = None


def _as_stored(reject: Reject) -> tuple[str, str, bytes]:
    """Its reason, its bytes as text that loses nothing, and their digest."""
    raw = reject.raw.decode(errors="backslashreplace").replace("\0", "\\x00")
    return reject.reason, raw, hashlib.blake2b(reject.raw, digest_size=16).digest()


async def note_boot(transaction: Transaction, node: str, booted_at: datetime) -> None:
    """Write down that ``node`` has been running since ``booted_at``; the calls it had open before are folded again."""
    if await transaction.execute("cdr.note_boot", node, booted_at):
        await transaction.execute("cdr.calls_cut_by_boot", node, booted_at)
