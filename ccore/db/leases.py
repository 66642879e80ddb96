"""Leases: work that only one of the ccores on a database may do at a time, and that another takes up within 10 s."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record
from prometheus_client import Counter, Gauge

from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError, LeaseLost

log = structlog.get_logger()

Work = Callable[[int], Coroutine[Any, Any, None]]  # is given the lease's epoch

LOOK_EVERY_S = 1.0  # at a lease that another holds: it may be given back before its time
RETRY_S = 0.25  # after a statement that failed: PostgreSQL is away, and the lease runs out
RECANCEL_S = 1.0  # work that is still there so long after it was cancelled is cancelled again
RELEASE_LIMIT_S = 1.0  # a lease that cannot be given back runs out by itself

NOT_RENEWED, TAKEN, INSTANCE_SHARED = "not-renewed", "taken", "instance-shared"

HELD = Gauge(
    "ccore_leases_held", "1 while this ccore does the work of the lease, 0 while it is done elsewhere", ["name"]
)
TAKE_OVERS = Counter("ccore_lease_takeovers", "Times work was taken over from another ccore", ["name"])
LOSSES = Counter("ccore_lease_losses", "Times work had to be stopped, by reason", ["name", "reason"])


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a lease lasts without a renewal, how often it is renewed, and how long before its end work stops.

    Work passes to another ccore at most ``ttl_s`` after the last renewal. ``margin_s`` is for what comes late: a timer,
    the end of a task, a clock that runs a little faster than the other.
    """

    ttl_s: float = 8.0
    renew_s: float = 2.0
    margin_s: float = 1.0


class Leases:
    """The leases of one ccore, ``holder``: a name that no other ccore on this database has at the same time.

    What it held in an earlier life is free for it at once: whoever makes this object has proof (the lock on the var
    directory) that no other process of that name is alive.
    """

    def __init__(self, database: Database, holder: str, terms: Terms | None = None) -> None:
        self._database = database
        self._holder = holder
        self._life = secrets.token_hex(8)
        self._terms = terms or Terms()
        self._held: dict[str, _Lease] = {}
        self._elsewhere: dict[str, str] = {}  # lease → who was last seen to hold it
        self._wanted: set[str] = set()
        self._looked: set[str] = set()  # leases PostgreSQL has told of in this life
        self._trouble = ""

    @property
    def held(self) -> Mapping[str, int]:
        """The leases this ccore surely holds now, each with its epoch."""
        return {name: lease.epoch for name, lease in self._held.items() if not lease.over}

    def sure(self, name: str) -> bool:
        """Whether no other ccore can have lease ``name`` yet: to be asked just before what cannot be undone.

        Believes only this machine's monotonic clock, so it is true also in a process that has stood still.
        """
        return name in self.held

    async def fence(self, transaction: Transaction, name: str, epoch: int) -> None:
        """Make ``transaction`` one that can only be committed in ``epoch`` of lease ``name``. Raises LeaseLost.

        For changes that do harm when made twice; those that a key makes harmless need none.
        """
        if not await transaction.fetch_value("leases.fence", name, epoch):
            raise LeaseLost(f"{name} is no longer of epoch {epoch}")

    async def hold(self, name: str, work: Work) -> NoReturn:
        """Do ``work``, which goes on for ever, whenever lease ``name`` is held; wait for the lease while it is not.

        The work is cancelled when the lease is lost and begun again, with a higher epoch, when it is held again. An
        exception of the work ends this, as does being cancelled, and the lease is given back.
        """
        HELD.labels(name).set(0)
        self._wanted.add(name)
        while True:
            lease = await self._taken(name)
            lease.begin(work)
            reason = await self._lead(lease)
            LOSSES.labels(name, reason).inc()
            log.warning("lease_lost", lease=name, epoch=lease.epoch, reason=reason)

    def health(self) -> Mapping[str, object]:
        """What work is done here, what elsewhere and by whom, and for what this ccore waits to know."""
        held = self.held
        state: dict[str, object] = {
            "instance": self._holder,
            "held": held,
            "elsewhere": dict(self._elsewhere),
            "awaited": sorted(self._wanted - held.keys() - self._elsewhere.keys()),
        }
        return state | ({"trouble": self._trouble} if self._trouble else {})

    async def _taken(self, name: str) -> "_Lease":
        while True:
            asked_at = time.monotonic()
            try:
                row = await self._take(name)
            except (CcoreError, asyncpg.PostgresError):  # the database's watch has said so; what was taken is ours
                self._elsewhere.pop(name, None)
                await asyncio.sleep(RETRY_S)
                continue
            self._looked.add(name)
            if row["epoch"] is not None:
                return self._begun(_Lease(name, row["epoch"], self._terms, asked_at), row)
            self._elsewhere[name] = row["holder"] or "another"
            await asyncio.sleep(min(max(row["left_s"] or 0.0, 0.0) + RETRY_S / 5, LOOK_EVERY_S))

    async def _take(self, name: str) -> Record:
        first = name not in self._looked
        ask = self._database.fetch_row(
            "leases.take", name, self._holder, self._life, timedelta(seconds=self._terms.ttl_s), first
        )
        row = await self._database.within_deadline(self._terms.renew_s, ask)
        assert row is not None, "leases.take always gives one row"
        return row

    def _begun(self, lease: "_Lease", row: Record) -> "_Lease":
        self._elsewhere.pop(lease.name, None)
        self._held[lease.name] = lease
        HELD.labels(lease.name).set(1)
        if row["holder"] not in (None, self._holder):
            TAKE_OVERS.labels(lease.name).inc()
        log.info("lease_taken", lease=lease.name, epoch=lease.epoch, before=row["holder"])
        return lease

    async def _lead(self, lease: "_Lease") -> str:
        """Renew the lease while its work is done; why it was lost. Raises what the work raises."""
        try:
            return await self._renewed_until_lost(lease)
        except BaseException:
            await self._release(lease)
            raise
        finally:
            self._held.pop(lease.name, None)
            HELD.labels(lease.name).set(0)

    async def _renewed_until_lost(self, lease: "_Lease") -> str:
        reason = None
        try:
            pause_s = self._terms.renew_s
            while reason is None and await lease.goes_on(pause_s):
                pause_s, reason = await self._renew(lease)
        finally:
            await lease.end()
        return reason or NOT_RENEWED

    async def _renew(self, lease: "_Lease") -> tuple[float, str | None]:
        """When to renew next, and why the lease is lost, if it is."""
        asked_at = time.monotonic()
        ttl = timedelta(seconds=self._terms.ttl_s)
        renewing = self._database.execute("leases.renew", lease.name, lease.epoch, ttl)
        try:
            renewed = await self._database.within_deadline(self._terms.renew_s, renewing)
        except (CcoreError, asyncpg.PostgresError):  # it may come true in the next try; if not, the time runs out
            return RETRY_S, None
        if not renewed:
            return 0, await self._why_lost(lease)
        lease.prolong(asked_at)
        return self._terms.renew_s, None

    async def _why_lost(self, lease: "_Lease") -> str:
        try:
            row = await self._database.fetch_row("leases.holder", lease.name)
        except (CcoreError, asyncpg.PostgresError):
            return TAKEN
        if row is None or row["holder"] != self._holder or row["life"] == self._life:
            return TAKEN
        self._trouble = (
            f"another ccore on this database calls itself {self._holder} too: give each its own var directory, without "
            "a copied instance-id, or its own [site] instance"
        )
        log.error("instance_shared", lease=lease.name, instance=self._holder, reason=self._trouble)
        return INSTANCE_SHARED

    async def _release(self, lease: "_Lease") -> None:
        """Let another ccore have the lease at once: its work has ended here."""
        giving = self._database.execute("leases.release", lease.name, lease.epoch)
        try:
            await self._database.within_deadline(RELEASE_LIMIT_S, giving)
        except (CcoreError, asyncpg.PostgresError) as error:
            log.info("lease_left_to_run_out", lease=lease.name, reason=str(error))


class _Lease:
    """One taking of a lease, and the work done in its name."""

    def __init__(self, name: str, epoch: int, terms: Terms, asked_at: float) -> None:
        self.name = name
        self.epoch = epoch
        self._lasts_s = terms.ttl_s - terms.margin_s
        self._ends_at = asked_at + self._lasts_s
        self._working: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._stopped = False

    @property
    def over(self) -> bool:
        """Whether another may soon have it."""
        return self._stopped or time.monotonic() >= self._ends_at

    def begin(self, work: Work) -> None:
        """Begin the work."""
        self._working = asyncio.create_task(work(self.epoch), name=self.name)
        self._set_alarm()

    def prolong(self, asked_at: float) -> None:
        """PostgreSQL has renewed the lease, some time after ``asked_at``."""
        self._ends_at = asked_at + self._lasts_s
        self._set_alarm()

    async def goes_on(self, pause_s: float) -> bool:
        """Wait ``pause_s``; whether the lease is held and the work goes on after that."""
        assert self._working is not None
        left_s = self._ends_at - time.monotonic()
        done, _ = await asyncio.wait((self._working,), timeout=max(min(pause_s, left_s), 0))
        if done and not self._stopped:
            raise self._failure() or RuntimeError(f"the work of lease {self.name} has ended by itself")
        return not self.over

    async def end(self) -> None:
        """Cancel the work and wait until it has ended. Raises what it raises other than CancelledError."""
        assert self._working is not None
        while not self._working.done():
            self._working.cancel()
            await asyncio.wait((self._working,), timeout=RECANCEL_S)
        if self._alarm is not None:
            self._alarm.cancel()
        if error := self._failure():
            raise error

    def _failure(self) -> BaseException | None:
        assert self._working is not None
        return None if self._working.cancelled() else self._working.exception()

    def _set_alarm(self) -> None:
        # A timer and not a task: in a process that has stood still, timers that are due run before any task that was
        # woken meanwhile, so the work is cancelled before it does anything more.
        if self._alarm is not None:
            self._alarm.cancel()
        left_s = max(self._ends_at - time.monotonic(), 0)
        self._alarm = asyncio.get_running_loop().call_later(left_s, self._stop)

    def _stop(self) -> None:
        assert self._working is not None
        self._stopped = True
        self._working.cancel()
