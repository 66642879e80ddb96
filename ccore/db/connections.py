"""Connections to PostgreSQL: opened with every time-out a network needs, and lent to one user at a time.

asyncpg's own pool waits for the server to confirm that a query is cancelled before a call returns, and doubles the CPU
of short queries. Here a connection in doubt is thrown away: a caller is on the telephone.
"""

import asyncio
import json
import socket
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import asyncpg
from prometheus_client import Counter, Gauge, Histogram

from ccore.config import Database as Settings
from ccore.errors import Unavailable

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Any]
else:
    Connection = asyncpg.Connection

# A silent peer on an idle link is given up after 11 s. With bytes on their way keepalives do nothing: then
# it is tcp_user_timeout that counts.
KEEPALIVE_IDLE_S = 5
KEEPALIVE_INTERVAL_S = 2
KEEPALIVE_COUNT = 3

# No transaction of ccore pauses between two statements. One that does belongs to a process that stands still or cannot
# be reached, and what it has locked is free again before its leases pass to another.
PAUSE_LIMIT_S = 5

# The last: the server has said farewell (FATAL) between two statements, and asyncpg stumbles over it at the next.
LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)

IN_USE = Gauge("ccore_db_connections_in_use", "Connections to PostgreSQL lent out now")
WAITS = Histogram(
    "ccore_db_connection_wait_seconds",
    "Time calls waited for a connection, of those that had to wait",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
NOT_HAD = Counter("ccore_db_connections_not_had_total", "Calls that had no connection within the acquire time-out")


async def connect(dsn: str, settings: Settings) -> Connection:
    """A new connection; a Python value stands for jsonb.

    Raises OSError (TimeoutError too) or asyncpg.PostgresError. The caller limits the time.
    """
    connection: Connection = await asyncpg.connect(
        dsn, command_timeout=settings.command_timeout_s, server_settings=_session(settings)
    )
    try:
        _give_up_on_silence(connection, settings)
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", format="binary", encoder=_to_jsonb, decoder=_from_jsonb
        )
    except BaseException:
        connection.terminate()
        raise
    return connection


def spoilt(connection: Connection, error: BaseException) -> bool:
    """Whether ``error`` left the connection broken or in doubt, as against an answer such as a violated constraint."""
    in_doubt = isinstance(error, LOST) or not isinstance(error, Exception)
    return in_doubt or connection.is_closed()


class Connections:
    """At most ``settings.pool_size`` connections to ``dsn``, opened as they are needed."""

    def __init__(self, dsn: str, settings: Settings) -> None:
        self._dsn = dsn
        self._settings = settings
        self._idle: list[Connection] = []
        self._lent: set[Connection] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()

    @property
    def in_use(self) -> int:
        """How many are lent out now."""
        return len(self._lent)

    async def take(self) -> Connection:
        """A connection for the caller alone, until give_back or drop.

        Raises Unavailable if there is none within the acquire time-out.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return self._lend(connection)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.acquire_timeout_s):
                return self._lend(await self._freed() or await self._opened())
        except TimeoutError as error:
            NOT_HAD.inc()
            raise Unavailable(f"no connection to PostgreSQL within {self._settings.acquire_timeout_s} s") from error
        except (OSError, asyncpg.PostgresError) as error:
            raise Unavailable(f"PostgreSQL does not answer: {error}") from error
        finally:
            WAITS.observe(time.monotonic() - began)

    def give_back(self, connection: Connection) -> None:
        """Take back a connection that is outside any transaction and has answered everything."""
        if connection not in self._lent or connection.is_closed():
            self.drop(connection)
        elif waiting := self._next_waiting():
            waiting.set_result(connection)  # still lent
        else:
            self._lent.remove(connection)
            self._idle.append(connection)
            IN_USE.set(len(self._lent))

    def drop(self, connection: Connection) -> None:
        """Close a connection in doubt without a word; the server undoes what it had not committed."""
        connection.terminate()
        if connection in self._lent:
            self._lent.remove(connection)
            IN_USE.set(len(self._lent))
            self._free_place()

    def replace_all(self, grace_s: float) -> None:
        """Start afresh: those waiting are refused, those lent out are cut once ``grace_s`` has passed."""
        while waiting := self._next_waiting():
            waiting.set_exception(Unavailable("PostgreSQL does not answer"))
        _terminate(self._idle)
        old, self._idle, self._lent = self._lent, [], set()
        IN_USE.set(0)
        asyncio.get_running_loop().call_later(grace_s, _terminate, old)

    def close(self) -> None:
        """Cut every connection."""
        _terminate([*self._idle, *self._lent])
        self.replace_all(0)

    def _lend(self, connection: Connection) -> Connection:
        self._lent.add(connection)
        IN_USE.set(len(self._lent))
        return connection

    async def _freed(self) -> Connection | None:
        """A connection given back by another, or None: the caller now has a place to open one in."""
        if len(self._idle) + len(self._lent) + self._opening < self._settings.pool_size:
            self._opening += 1
            return None
        mine: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # given in the moment the caller gave up
                self._refuse(mine.result())
            raise

    def _refuse(self, given: Connection | None) -> None:
        if given is None:
            self._opening -= 1
            self._free_place()
        else:
            self.give_back(given)

    async def _opened(self) -> Connection:
        try:
            connection = await connect(self._dsn, self._settings)
        except BaseException:
            self._refuse(None)
            raise
        self._opening -= 1
        return connection

    def _free_place(self) -> None:
        if waiting := self._next_waiting():
            self._opening += 1
            waiting.set_result(None)

    def _next_waiting(self) -> asyncio.Future[Connection | None] | None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                return waiting
        return None


def _to_jsonb(value: object) -> bytes:
    return b"\x01" + json.dumps(value).encode()  # 1 is the version of the binary form, the only one COPY takes


def _from_jsonb(data: bytes) -> object:
    return json.loads(data[1:])


def _terminate(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.terminate()


def _session(settings: Settings) -> dict[str, str]:
    """What the server does with our sessions: none of them outlives us for long, whatever it is doing."""
    limit_ms = str(round(settings.command_timeout_s * 1000) + 1000)  # we give up first, if we still can
    return {
        "application_name": "ccore",
        "timezone": "UTC",
        "jit": "off",  # compiles for milliseconds what runs for microseconds
        "statement_timeout": limit_ms,
        "idle_in_transaction_session_timeout": str(PAUSE_LIMIT_S * 1000),
        "client_connection_check_interval": "1000",  # PostgreSQL 14; the locks of a caller who gave up are soon free
        "tcp_user_timeout": str(settings.tcp_user_timeout_ms),
        "tcp_keepalives_idle": str(KEEPALIVE_IDLE_S),
        "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_S),
        "tcp_keepalives_count": str(KEEPALIVE_COUNT),
    }


def _give_up_on_silence(connection: Connection, settings: Settings) -> None:
    """The same limits for our end of a TCP connection."""
    # asyncpg has no public way to its socket; a test sees that the options are set.
    ours = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
    if ours.family == socket.AF_UNIX:
        return
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, settings.tcp_user_timeout_ms)
