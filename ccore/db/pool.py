"""The database as ccore's services use it: named statements, transactions, and an answer in time whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar

import asyncpg
import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.config import Database as Settings
from ccore.db import queries as named
from ccore.db.connections import LOST, Connection, Connections, connect, spoilt
from ccore.db.watch import Watch
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.shipped import shipped

log = structlog.get_logger()

T = TypeVar("T")
Call = Callable[..., Awaitable[T]]

GRACE_S = 2.0  # calls under way when the server stops answering may still succeed until the longest call deadline
# asyncpg's executemany forgets that it was cancelled while it waits for the socket's 64 KB to empty, and hangs until
# its time-out (0.30; a stop of ccore took 60 s): it is never given so much.
ROWS_AT_ONCE = 50
UNDO_LIMIT_S = 1.0  # for a ROLLBACK; after that the connection is cut, which undoes as well

LATE = Counter("ccore_db_deadlines_missed_total", "Calls that were answered at their deadline, without the database")


@dataclass(slots=True)
class Writes:
    """Whether a call under a deadline has sent anything that may have been committed."""

    sent: bool = False


_writes: ContextVar[Writes | None] = ContextVar("writes", default=None)


class Statements:
    """Statements by name (``ordering.place``), with the parameters in the order of ``$1``, ``$2``."""

    async def fetch(self, name: str, *args: object) -> list[Record]:
        """All rows."""
        return await self._run(name, Connection.fetch, args)

    async def fetch_row(self, name: str, *args: object) -> Record | None:
        """The first row, or None."""
        return await self._run(name, Connection.fetchrow, args)

    async def fetch_value(self, name: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        return await self._run(name, Connection.fetchval, args)

    async def execute(self, name: str, *args: object) -> int:
        """The number of rows changed."""
        return _rows(await self._run(name, Connection.execute, args))

    async def execute_many(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """The statement once for each row of parameters, all or none."""
        await self._run(name, Connection.executemany, (rows,))

    async def _run(self, name: str, call: Call[T], args: tuple[object, ...]) -> T:
        raise NotImplementedError


class Transaction(Statements):
    """Statements that become true together. Raises Unavailable if PostgreSQL is lost: nothing was committed."""

    def __init__(self, connection: Connection, queries: Mapping[str, named.Query]) -> None:
        self._connection = connection
        self._queries = queries
        self._patience: dict[str, float] = {}

    async def be_patient(self, seconds: float) -> None:
        """Let each statement that follows take so long; only for work that no caller waits for."""
        await self._sent(Connection.execute, f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
        self._patience = {"timeout": seconds}

    async def execute_many(self, name: str, rows: Iterable[Sequence[object]]) -> None:
        """The statement once for each row of parameters; rows of some 1 KB at most, longer ones are for ``execute``."""
        left = iter(rows)
        while some := list(islice(left, ROWS_AT_ONCE)):
            await super().execute_many(name, some)

    async def copy_records(self, table: str, *, columns: Sequence[str], records: Iterable[Sequence[object]]) -> int:
        """Insert many rows by COPY; the number of rows."""
        copy = partial(Connection.copy_records_to_table, table_name=table, columns=columns, records=records)
        return _rows(await self._sent(copy))

    async def copy_text(self, table: str, *, columns: Sequence[str], content: bytes) -> int:
        """Insert rows that are in COPY's text format already; the number of rows."""
        copy = partial(Connection.copy_to_table, table_name=table, columns=columns, source=BytesIO(content))
        return _rows(await self._sent(copy))

    async def _run(self, name: str, call: Call[T], args: tuple[object, ...]) -> T:
        return await self._sent(call, self._queries[name].sql, *args)

    async def _sent(self, call: Call[T], *args: object) -> T:
        try:
            return await call(self._connection, *args, **self._patience)
        except BaseException as error:
            if spoilt(self._connection, error):
                self._connection.terminate()
                if isinstance(error, Exception):
                    raise Unavailable(f"PostgreSQL was lost within a transaction: {error}") from error
            raise


class Database(Statements):
    """PostgreSQL at ``dsn``. While it does not answer, every call is refused at once with Unavailable.

    Calls raise Unavailable if surely nothing was done, OutcomeUnknown if a change was sent and its answer lost (look
    its key up), and asyncpg.PostgresError if PostgreSQL refused the statement.
    """

    def __init__(self, dsn: str, settings: Settings, queries: Mapping[str, named.Query] | None = None) -> None:
        self._settings = settings
        self._queries = named.load(shipped("sql") / "queries") if queries is None else queries
        self._connections = Connections(dsn, settings)
        self._watch = Watch(partial(connect, dsn, settings), partial(self._connections.replace_all, GRACE_S))
        self._watching: asyncio.Task[None] | None = None
        self._abandoned: set[asyncio.Task[Any]] = set()

    @classmethod
    @asynccontextmanager
    async def opened(cls, dsn: str, settings: Settings) -> AsyncIterator["Database"]:
        """One that is open while the block runs. Raises Unavailable if PostgreSQL does not answer now."""
        database = cls(dsn, settings)
        await database.open()
        try:
            yield database
        finally:
            await database.close()

    @property
    def up(self) -> bool:
        """Whether PostgreSQL answered when last asked, some 0.25 s ago at most."""
        return self._watch.up

    @property
    def in_use(self) -> int:
        """How many of its connections are lent out now."""
        return self._connections.in_use

    @property
    def most(self) -> int:
        """How many connections it opens at most."""
        return self._settings.pool_size

    async def open(self) -> None:
        """Begin. Raises Unavailable if PostgreSQL does not answer now."""
        await self._watch.begin()
        self._watching = asyncio.create_task(self._watch.run(), name="postgres watch")

    async def close(self) -> None:
        """End; calls under way fail."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait((self._watching,))
        self._watch.end()
        self._connections.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, undone if the block raises.

        Raises Unavailable if PostgreSQL was lost before COMMIT was sent, OutcomeUnknown after.
        """
        connection, _ = await self._ask(Connection.execute, "BEGIN")
        try:
            yield Transaction(connection, self._queries)
        except BaseException as error:
            await self._undo(connection, error)
            raise
        await self._commit(connection)

    async def within_deadline(self, seconds: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """What ``coroutine``, which calls this database, returns or raises; for callers who are on the telephone.

        At the deadline raises Unavailable if it had sent nothing that could be committed, else OutcomeUnknown; it is
        cancelled, but nobody waits for it to notice.
        """
        writes = Writes()
        outside = _writes.set(writes)
        task = asyncio.create_task(coroutine)
        _writes.reset(outside)
        try:
            await asyncio.wait((task,), timeout=seconds)
        except asyncio.CancelledError:
            self._abandon(task)
            raise
        if task.done():
            return task.result()
        LATE.inc()
        self._watch.suspect()
        self._abandon(task)
        if writes.sent:
            raise OutcomeUnknown(f"PostgreSQL did not confirm a change within {seconds} s")
        raise Unavailable(f"PostgreSQL did not answer within {seconds} s")

    async def _run(self, name: str, call: Call[T], args: tuple[object, ...]) -> T:
        query = self._queries[name]
        if not query.reads:
            return await self._change(await self._take(), call, query.sql, *args)
        connection, result = await self._ask(call, query.sql, *args)
        self._connections.give_back(connection)
        return result

    async def _ask(self, call: Call[T], *args: object, again: bool = True) -> tuple[Connection, T]:
        """Send what changes nothing. If the connection turns out dead, as after a restart, ask once more on another."""
        connection = await self._take()
        try:
            return connection, await call(connection, *args)
        except BaseException as error:
            if not self._lost(connection, error):
                raise
            if not again or isinstance(error, TimeoutError):
                raise Unavailable(f"PostgreSQL was lost before it answered: {error}") from error
        return await self._ask(call, *args, again=False)

    async def _change(self, connection: Connection, call: Call[T], *args: object) -> T:
        """Send what will be committed, and let the connection go."""
        writes = _writes.get() or Writes()
        earlier, writes.sent = writes.sent, True
        try:
            result = await call(connection, *args)
        except BaseException as error:
            if self._lost(connection, error):
                raise OutcomeUnknown(f"PostgreSQL was lost before it confirmed a change: {error}") from error
            if isinstance(error, Exception):  # refused, so it is not committed
                writes.sent = earlier
            raise
        self._connections.give_back(connection)
        return result

    async def _commit(self, connection: Connection) -> None:
        if connection.is_closed():
            self._drop(connection)
            raise Unavailable("PostgreSQL was lost within a transaction")
        status = await self._change(connection, Connection.execute, "COMMIT")
        if status != "COMMIT":
            raise RuntimeError("a statement had failed within the transaction, so PostgreSQL undid all of it")

    async def _undo(self, connection: Connection, error: BaseException) -> None:
        """ROLLBACK, unless the connection is in doubt; cutting it undoes as well."""
        undone = False
        try:
            if isinstance(error, Exception) and not connection.is_closed():
                with suppress(*LOST, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await connection.execute("ROLLBACK", timeout=UNDO_LIMIT_S)
                    undone = True
        finally:
            if undone:
                self._connections.give_back(connection)
            else:
                self._drop(connection)

    async def _take(self) -> Connection:
        if not self._watch.up:
            raise Unavailable("PostgreSQL does not answer")
        try:
            return await self._connections.take()
        except Unavailable:
            self._watch.suspect()
            raise

    def _lost(self, connection: Connection, error: BaseException) -> bool:
        """Let go of the connection ``error`` came from; whether its answer was lost, not refused nor cancelled."""
        if spoilt(connection, error):
            self._drop(connection)
            return isinstance(error, Exception)
        self._connections.give_back(connection)
        return False

    def _drop(self, connection: Connection) -> None:
        self._connections.drop(connection)
        self._watch.suspect()

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        task.cancel()
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned_ended)

    def _abandoned_ended(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("abandoned_call_failed", error=str(error), kind=type(error).__name__)


def _rows(status: str) -> int:
    """The count in a command status such as ``UPDATE 3``; 0 in one such as ``CREATE TABLE``."""
    count = status.rpartition(" ")[2]
    return int(count) if count.isdecimal() else 0
