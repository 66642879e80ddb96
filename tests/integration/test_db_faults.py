"""PostgreSQL stopped, restarted, killed and frozen under a database in use (reliability.md L15, L16, L17, F5)."""

import asyncio
import os
import random
import signal
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import asyncpg
import pytest

from ccore.config import Database as Settings
from ccore.db.embedded import PORT, EmbeddedPostgres
from ccore.db.pool import Database
from ccore.db.queries import Query
from ccore.errors import OutcomeUnknown, Unavailable
from tests.support.ports import free_port
from tests.support.postgres import children, frozen, private_postgres
from tests.support.waiting import until
from tests.support.wirecut import wire

T = TypeVar("T")

STATEMENTS = {
    "add": "INSERT INTO sales (key) VALUES ($1)",
    "has": "SELECT EXISTS (SELECT FROM sales WHERE key = $1)",
    "keys": "SELECT key FROM sales",
    "slow": "SELECT 7 FROM pg_sleep($1)",
    "who": "SELECT pg_backend_pid()",
    "farewell": "SELECT set_config('idle_in_transaction_session_timeout', '50', true)",
}
SALES = {f"sales.{name}": Query(f"sales.{name}", sql, Path("sales.sql"), 1) for name, sql in STATEMENTS.items()}
SETTINGS = Settings(pool_size=4, acquire_timeout_s=10)
DEADLINE_S = SETTINGS.call_deadline_s
LATE_S = 0.3  # a call may return this much after its deadline, plus what the test's own loop was held up
HEALED_S = 15.0  # usually 0.3 s after PostgreSQL is back, on an idle machine
AT_ONCE_S = 0.05  # usually some microseconds


class Holdups:
    """How long, at the worst, this machine kept the event loop from turning: no fault of what is measured."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._task = asyncio.create_task(self._measure())

    async def _measure(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            self.worst_s = max(self.worst_s, time.monotonic() - began - 0.01)

    def end(self) -> None:
        self._task.cancel()


@pytest.fixture
async def holdups() -> AsyncIterator[Holdups]:
    measuring = Holdups()
    yield measuring
    measuring.end()


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """A server of the test's own with a table of sales."""
    async with private_postgres() as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("CREATE TABLE sales (key text PRIMARY KEY)")
        await connection.close()
        yield server


@pytest.fixture
async def sales(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database(server.dsn, SETTINGS, SALES)
    await database.open()
    yield database
    await database.close()


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What the call returns once PostgreSQL answers."""
    began = time.monotonic()
    while True:
        try:
            return await call()
        except Unavailable:
            assert time.monotonic() - began < 30, "it does not heal"
            await asyncio.sleep(0.01)


async def healed(database: Database) -> float:
    """The seconds until the database takes an order again."""
    began = time.monotonic()
    await patiently(partial(database.execute, "sales.add", f"healed at {began}"))
    return time.monotonic() - began


async def refusal_s(database: Database) -> float:
    """The median time of a call that is refused at once."""
    taken = []
    for _ in range(101):
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await database.within_deadline(DEADLINE_S, database.execute("sales.add", "refused"))
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


def sessions(server: EmbeddedPostgres) -> list[int]:
    """The processes that serve ccore."""
    return [pid for pid in children(server.pid) if b"ccore ccore [local]" in _title(pid)]


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return b""


async def until_down(database: Database) -> None:
    async with asyncio.timeout(30):
        while database.up:
            await asyncio.sleep(0.01)


async def test_open_says_when_postgresql_does_not_answer(server: EmbeddedPostgres) -> None:
    await server.stop()
    database = Database(server.dsn, SETTINGS, SALES)
    with pytest.raises(Unavailable):
        await database.open()
    assert not database.up


async def test_frozen_postgresql_delays_a_call_until_its_deadline_and_the_next_not_at_all(
    server: EmbeddedPostgres, sales: Database, holdups: Holdups
) -> None:
    tasks_before = len(asyncio.all_tasks())
    await asyncio.gather(*(sales.fetch("sales.keys") for _ in range(4)))  # open connections, now to freeze
    with frozen(server):
        patient = asyncio.gather(sales.fetch("sales.keys"), sales.execute("sales.add", "2"), return_exceptions=True)
        began = time.monotonic()
        outcomes = await asyncio.gather(
            sales.within_deadline(DEADLINE_S, sales.execute("sales.add", "at the freeze")),
            sales.within_deadline(DEADLINE_S, sales.fetch("sales.keys")),
            return_exceptions=True,
        )
        taken = time.monotonic() - began
        assert [type(outcome) for outcome in outcomes] == [OutcomeUnknown, Unavailable]
        assert DEADLINE_S - LATE_S < taken < DEADLINE_S + LATE_S + holdups.worst_s
        await until_down(sales)
        assert await refusal_s(sales) < AT_ONCE_S
        # Calls without a deadline are let go as well, long before their time-out of 30 s.
        async with asyncio.timeout(20):
            assert [type(outcome) for outcome in await patient] == [Unavailable, OutcomeUnknown]
        assert await refusal_s(sales) < AT_ONCE_S
        await until(lambda: len(asyncio.all_tasks()) <= tasks_before + 1)  # only the watch may be connecting
    assert await healed(sales) < HEALED_S + holdups.worst_s
    # What was unknown can be looked up, and done if it was not.
    if not await sales.fetch_value("sales.has", "at the freeze"):
        await sales.execute("sales.add", "at the freeze")


async def test_a_short_freeze_harms_no_call(server: EmbeddedPostgres, sales: Database) -> None:
    await sales.fetch("sales.keys")
    with frozen(server):
        call = asyncio.create_task(sales.within_deadline(30, sales.execute("sales.add", "patient")))
        await asyncio.sleep(0.3)
    assert await call == 1


async def test_stopped_postgresql_is_refused_at_once_and_used_again_when_it_is_back(
    server: EmbeddedPostgres, sales: Database, holdups: Holdups
) -> None:
    await sales.execute("sales.add", "before")
    await server.stop()
    await until_down(sales)
    assert await refusal_s(sales) < AT_ONCE_S
    await server.start()
    assert await healed(sales) < HEALED_S + holdups.worst_s
    assert await sales.fetch_value("sales.has", "before")


async def test_reads_across_a_restart_either_answer_or_say_unavailable(
    server: EmbeddedPostgres, sales: Database
) -> None:
    await sales.execute("sales.add", "before")
    restarted = asyncio.Event()
    answered_after = 0

    async def read() -> None:
        nonlocal answered_after
        while answered_after < 100:
            try:
                assert await sales.fetch_value("sales.has", "before")
                answered_after += restarted.is_set()
            except Unavailable:
                await asyncio.sleep(0.01)

    reading = asyncio.gather(*(read() for _ in range(8)))
    await asyncio.sleep(0.1)
    await server.stop()
    await server.start()
    restarted.set()
    async with asyncio.timeout(30):
        await reading


async def test_a_restart_between_two_calls_is_not_noticed_by_the_second(
    server: EmbeddedPostgres, sales: Database
) -> None:
    await sales.fetch("sales.keys")
    for pid in sessions(server):
        os.kill(pid, signal.SIGTERM)
    assert await sales.fetch("sales.keys") == []
    async with sales.transaction() as transaction:
        await transaction.execute("sales.add", "after")


async def test_kill_9_of_the_postmaster_heals_once_it_is_started_again(
    server: EmbeddedPostgres, sales: Database, holdups: Holdups
) -> None:
    await sales.execute("sales.add", "before")
    os.kill(server.pid, signal.SIGKILL)
    await until_down(sales)
    await server.start()
    assert await healed(sales) < HEALED_S + holdups.worst_s
    assert await sales.fetch_value("sales.has", "before")


async def test_backends_killed_while_committing_lose_and_double_nothing(
    server: EmbeddedPostgres, sales: Database
) -> None:
    acknowledged: set[str] = set()
    unknown: set[str] = set()
    nothing_done: set[str] = set()
    stop = asyncio.Event()

    async def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            key = f"{writer}-{number}"
            try:
                await (add_at_once(key) if number % 2 else add_in_transaction(key))
                acknowledged.add(key)
            except OutcomeUnknown:
                unknown.add(key)
            except Unavailable:
                nothing_done.add(key)
                await asyncio.sleep(0.005)

    async def add_at_once(key: str) -> None:
        await sales.execute("sales.add", key)

    async def add_in_transaction(key: str) -> None:
        async with sales.transaction() as transaction:
            await transaction.execute("sales.add", key)

    writing = asyncio.gather(*(write(writer) for writer in range(4)))
    for kill in range(6):
        enough = len(acknowledged) + 50
        async with asyncio.timeout(30):
            while len(acknowledged) < enough or not (victims := sessions(server)):
                await asyncio.sleep(0.001)
        os.kill(random.Random(kill).choice(victims), signal.SIGKILL)
    stop.set()
    await writing

    there = {row["key"] for row in await patiently(partial(sales.fetch, "sales.keys"))}
    assert unknown or nothing_done, "the kills hit nothing"
    assert acknowledged <= there
    assert not nothing_done & there, "Unavailable means that nothing was done"
    for key in unknown:
        assert await patiently(partial(sales.fetch_value, "sales.has", key)) is (key in there)


@pytest.mark.parametrize("call", ["statement", "copy", "refusal"])
async def test_a_farewell_between_two_statements_is_a_loss(server: EmbeddedPostgres, call: str) -> None:
    """The server ends the session in the middle of a transaction, and all that is heard of it is its last message."""
    async with wire(free_port(), server.socket_dir / f".s.PGSQL.{PORT}") as way:
        way.tells_ends = False
        dsn = f"postgresql://ccore@127.0.0.1:{way.port}/ccore?sslmode=disable"
        database = Database(dsn, SETTINGS, SALES)
        await database.open()
        with pytest.raises(KeyError if call == "refusal" else Unavailable):
            await use_after_farewell(server, database, call)
        assert await database.fetch("sales.keys") == []
        await database.close()


async def use_after_farewell(server: EmbeddedPostgres, database: Database, call: str) -> None:
    async with database.transaction() as transaction:
        copy = partial(transaction.copy_records, "sales", columns=["key"])
        await copy(records=[("a",)])  # the next one asks nothing before it copies
        session = await transaction.fetch_value("sales.who")
        await transaction.fetch_value("sales.farewell")
        await until(lambda: session not in children(server.pid))
        await asyncio.sleep(0.3)  # its last message comes through the wire
        if call == "refusal":
            raise KeyError
        if call == "copy":
            await copy(records=[("b",)])
        await transaction.execute("sales.add", "c")
