"""The numbers of now: who waits, what service callers get, what agents do, and how fresh each of these is."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple

from asyncpg import Record

from ccore.db.pool import Database
from ccore.numbers.report import counted, share

LAST_CALLS = 20
ROLLING = timedelta(minutes=30)


class Doing(NamedTuple):
    """What one agent does now, since when; ``reason`` is a pause's."""

    agent: str
    state: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue. Percentages are None while there is nothing to make them of; ``counted`` callers of the last half
    hour are behind ``service_level`` and ``abandonment``."""

    waiting: int = 0
    waiting_since: datetime | None = None
    counted: int = 0
    service_level: float | None = None
    abandonment: float | None = None
    asa_s: float | None = None
    service_level_last: float | None = None
    service_level_today: float | None = None
    offered_today: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """All queues and agents at ``at``, with what Asterisk wrote until ``read_until`` (None: nothing was read yet)."""

    at: datetime
    read_until: datetime | None
    queues: Mapping[str, QueueNow] = field(default_factory=dict)
    agents: tuple[Doing, ...] = ()

    def longest_wait_s(self, queue: str) -> float:
        """Of those who wait in it now."""
        since = self.queues[queue].waiting_since
        return 0.0 if since is None else max((self.at - since).total_seconds(), 0.0)


class Live:
    """Looks at the database and, for agents, at what this ccore knows."""

    def __init__(self, database: Database, zone: tzinfo, agents: Callable[[], Iterable[Doing]]) -> None:
        self._database = database
        self._zone = zone
        self._agents = agents

    async def now(self, at: datetime, *, whole_day: bool = True) -> Now:
        """Everything at ``at``, which is now; without the ``whole_day`` nothing of today, which costs the most.

        Raises Unavailable.
        """
        fetch = self._database.fetch
        today = datetime.combine(at.astimezone(self._zone).date(), time(), self._zone)
        waiting = _by_queue(await fetch("numbers.waiting"))
        rolling = _by_queue(await fetch("numbers.rolling", at - ROLLING))
        last = _by_queue(await fetch("numbers.rolling_last", LAST_CALLS))
        sums: dict[str, Counter[str]] = {}
        for row in await fetch("numbers.queues", today, at) if whole_day else ():
            numbers = {key: value for key, value in row.items() if isinstance(value, int)}
            sums.setdefault(row["name"], Counter()).update(numbers)
        read_until = await self._database.fetch_value("numbers.read_until")
        names = {*waiting, *rolling, *last, *sums, *[row["queue"] for row in await fetch("numbers.terms")]}
        queues = {name: _queue(waiting.get(name), rolling.get(name), last.get(name), sums.get(name)) for name in names}
        return Now(at, read_until, queues, tuple(self._agents()))


def _by_queue(rows: Iterable[Record]) -> dict[str, Record]:
    return {row["queue"]: row for row in rows}


def _queue(waiting: Record | None, rolling: Record | None, last: Record | None, today: Counter[str] | None) -> QueueNow:
    base = rolling["offered"] - rolling["short_abandoned"] if rolling else 0
    answered = rolling["answered"] if rolling else 0
    return QueueNow(
        waiting=waiting["waiting"] if waiting else 0,
        waiting_since=waiting["since"] if waiting else None,
        counted=base,
        service_level=share(rolling["within"], base) if rolling else None,
        abandonment=share(rolling["abandoned"], base) if rolling else None,
        asa_s=round(rolling["asa_ms"] / 1000, 1) if rolling and answered else None,
        service_level_last=share(last["within"], last["counted"]) if last else None,
        service_level_today=share(today["within"], counted(today)) if today else None,
        offered_today=today["offered"] if today else 0,
    )
