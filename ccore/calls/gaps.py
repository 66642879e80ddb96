"""The ledger of gaps: times in which no ccore heard an Asterisk, open until its files have told what happened then."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog
from prometheus_client import Counter, Gauge

from ccore.calls.model import Gap
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble

log = structlog.get_logger()

BEAT_S = 2.0  # the end of a ccore that is killed is known to so much
FORGET_EVERY_BEATS = 1800  # an hour
# Other instances may write their part of the last gaps so much later: a heartbeat and the reconnection of a database.
REVISED_FOR = timedelta(seconds=60)
# By which the files must have been read past a gap's end: Asterisk writes a row after its event, and clocks differ.
READ_PAST = timedelta(seconds=3)
SHORTEST = timedelta(milliseconds=1)  # a clock that was set back meanwhile does not make a gap vanish
MOST_LIVES = 200  # of one node that wait for PostgreSQL; beyond it neighbouring gaps become one

GAPS = Counter("ccore_ami_gaps", "Gaps that are over: times in which no ccore heard an Asterisk", ["node", "why"])
GAP_SECONDS = Counter("ccore_ami_gap_seconds", "Seconds in these gaps", ["node"])
OPEN = Gauge("ccore_ami_gaps_open", "Gaps that last, or whose calls are not all read and folded yet", ["node"])


@dataclass(slots=True, eq=False)
class _Life:
    """One time in which this ccore heard a node."""

    up_at: datetime
    epoch: int
    booted_at: str
    lost_at: datetime | None = None
    why: str = ""

    def row(self, now: datetime) -> tuple[datetime, int, str, datetime, datetime | None, str]:
        """As in ``ami_links``, at ``now``."""
        return self.up_at, self.epoch, self.booted_at, self.lost_at or max(now, self.up_at), self.lost_at, self.why


class GapLedger:
    """The gaps of ``nodes``. Every ccore ``instance`` says when it hears them; what is left between is a gap.

    ``linked`` and ``lost`` never wait. What PostgreSQL cannot take now is kept and written once it answers.
    """

    def __init__(self, database: Database, instance: str, nodes: Iterable[str]) -> None:
        self._database = database
        self._instance = instance
        self._lives: dict[str, list[_Life]] = {node: [] for node in nodes}
        self._written_at: dict[str, datetime] = {}
        self._open: list[Gap] = []
        self._news = asyncio.Event()
        self._trouble = Trouble("ami_gaps_waited")

    def linked(self, node: str, at: datetime, epoch: int, booted_at: str = "") -> None:
        """All that ``node`` tells comes from ``at`` on. ``booted_at`` is the snapshot's: another one is a restart."""
        lives = self._lives[node]
        if lives:
            self.lost(node, at, "untold")  # unless it was told
            at = max(at, (lives[-1].lost_at or at) + SHORTEST)
        lives.append(_Life(at, epoch, booted_at))
        if len(lives) > MOST_LIVES:
            _forget_one(lives)
        self._news.set()

    def lost(self, node: str, at: datetime, why: str) -> None:
        """What ``node`` tells may be missing from ``at`` on: when it was heard last. ``why`` is one word."""
        lives = self._lives[node]
        if lives and lives[-1].lost_at is None:
            lives[-1].lost_at, lives[-1].why = max(at, lives[-1].up_at), why
            self._news.set()

    async def run(self) -> NoReturn:
        """For ever: writes, beats, closes gaps. While PostgreSQL is away it keeps what there is to write."""
        beats = 0
        while True:
            self._news.clear()
            with self._trouble.noted():
                await self.write(utc_now())
                if beats % FORGET_EVERY_BEATS == 0:
                    await self._database.execute("calls.forget_links")
            beats += 1
            await self._rest()

    async def write(self, now: datetime) -> None:
        """Bring the ledger up to ``now``. Raises Unavailable or OutcomeUnknown; what is not written then is kept."""
        for node in self._lives:
            await self._write(node, now)
        nodes = list(self._lives)
        await self._database.execute("calls.mark_gaps_read", nodes, READ_PAST)
        for row in await self._database.fetch("calls.close_gaps", nodes):
            log.info("ami_gap_closed", **_told(Gap(*row)))
        self._open = await open_gaps(self._database, nodes)
        for node in nodes:
            OPEN.labels(node).set(self.open_of(node))

    def open_of(self, node: str) -> int:
        """How many gaps of one node are open."""
        return sum(gap.node == node for gap in self._open)

    @property
    def open_since(self) -> datetime | None:
        """When the first gap that is open began; None: none is."""
        return min((gap.began_at for gap in self._open), default=None)

    def health(self) -> Mapping[str, object]:
        """How many gaps are open, what waits to be written, and what keeps it."""
        waiting = sum(life.lost_at is not None for lives in self._lives.values() for life in lives)
        return {"open": len(self._open), "unwritten": waiting, "trouble": self._trouble.reason}

    async def _write(self, node: str, now: datetime) -> None:
        lives = list(self._lives[node])
        if not lives:
            return
        ended = [life for life in lives if life.lost_at is not None]
        rows = [(node, self._instance, *life.row(now)) for life in lives]
        written_at = self._written_at.get(node, lives[0].up_at)
        async with self._database.transaction() as transaction:
            if not ended and lives[0].up_at < written_at:  # a beat only
                await transaction.fetch_value("calls.lazy_commit")
            await transaction.execute_many("calls.save_link", rows)
            gaps = await transaction.fetch("calls.note_gaps", node, min(written_at, now - REVISED_FOR))
        self._written_at[node] = now
        self._lives[node] = [life for life in self._lives[node] if life not in ended]
        for row in gaps:
            _count(Gap(node, *row))

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await self._news.wait()


async def open_gaps(database: Database, nodes: Iterable[str]) -> list[Gap]:
    """The gaps of ``nodes`` whose calls are not all read and folded yet, in order. Raises Unavailable."""
    return [Gap(*row) for row in await database.fetch("calls.open_gaps", list(nodes))]


def _forget_one(lives: list[_Life]) -> None:
    """Make one of the two oldest gaps: what was heard between them counts as not heard."""
    first, second = lives[:2]
    if second.why not in first.why.split("+"):
        first.why = f"{first.why}+{second.why}"
    del lives[1]


def _count(gap: Gap) -> None:
    assert gap.ended_at is not None
    GAPS.labels(gap.node, gap.why).inc()
    GAP_SECONDS.labels(gap.node).inc((gap.ended_at - gap.began_at).total_seconds())
    log.warning("ami_gap_noted", **_told(gap))


def _told(gap: Gap) -> dict[str, str]:
    assert gap.ended_at is not None
    begin, end = gap.began_at.isoformat(), gap.ended_at.isoformat()
    return {"node": gap.node, "began_at": begin, "ended_at": end, "why": gap.why}
