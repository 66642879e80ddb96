"""Knows whether PostgreSQL answers, by asking it all the time: what is down is then told at once, not at a time-out."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Gauge

from ccore.db.connections import Connection
from ccore.errors import Unavailable

log = structlog.get_logger()

PROBE_EVERY_S = 0.25  # down is noticed within 1.25 s, back within 0.75 s
PROBE_SPACING_S = 0.05  # however often calls fail
PROBE_LIMIT_S = 0.5  # an idle server answers in 0.2 ms, one on a machine at its limit in some 50 ms
FIRST_LIMIT_S = 5.0  # when ccore starts, so do many other things

UP = Gauge("ccore_db_up", "1 while PostgreSQL answers; 0 means that calls are refused at once (the breaker is open)")
OUTAGES = Counter("ccore_db_outages_total", "Times PostgreSQL stopped answering")


class Watch:
    """Asks PostgreSQL on a connection of its own; ``on_down`` is called each time it stops answering.

    One slow or failed call proves nothing (a lock, a killed backend), so calls only ask for a probe at once.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], on_down: Callable[[], None]) -> None:
        self.up = False
        self._connect = connect
        self._on_down = on_down
        self._connection: Connection | None = None
        self._suspected = asyncio.Event()

    def suspect(self) -> None:
        """Probe now: a call failed in a way a server that is down would explain."""
        self._suspected.set()

    async def begin(self) -> None:
        """The first probe. Raises Unavailable if PostgreSQL does not answer."""
        if complaint := await self._ask(FIRST_LIMIT_S):
            raise Unavailable(f"PostgreSQL does not answer: {_said(complaint)}") from complaint
        self._note(None)

    async def run(self) -> None:
        """Probe for ever."""
        try:
            while True:
                await asyncio.sleep(PROBE_SPACING_S)
                await self._nap()
                self._note(await self._complaint())
        finally:
            self.end()

    def end(self) -> None:
        """Let go of the connection: for one that was begun and never run, too."""
        self.up = False
        self._forget()

    async def _complaint(self) -> Exception | None:
        """Probe once; None if PostgreSQL answers, on the connection kept or else on a fresh one."""
        if self._connection is not None and await self._ask() is None:
            return None
        return await self._ask()

    def _note(self, complaint: Exception | None) -> None:
        was_up, self.up = self.up, complaint is None
        UP.set(self.up)
        if self.up and not was_up:
            log.info("postgres_answered")
        elif was_up and complaint is not None:
            OUTAGES.inc()
            log.error("postgres_lost", reason=_said(complaint))
            self._on_down()

    async def _nap(self) -> None:
        try:
            async with asyncio.timeout(PROBE_EVERY_S - PROBE_SPACING_S):
                await self._suspected.wait()
        except TimeoutError:
            return
        self._suspected.clear()

    async def _ask(self, limit_s: float = PROBE_LIMIT_S) -> Exception | None:
        try:
            async with asyncio.timeout(limit_s):
                if self._connection is None:
                    self._connection = await self._connect()
                await self._connection.execute("SELECT 1")
        except Exception as error:  # noqa: BLE001 - whatever keeps PostgreSQL from answering, it does not answer
            self._forget()
            return error
        return None

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
