"""The database as services use it: statements, transactions, deadlines, and connections that are never lost."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from ccore.config import Database as Settings
from ccore.db.connections import connect
from ccore.db.pool import Database
from ccore.db.queries import Query
from ccore.errors import OutcomeUnknown, Unavailable
from tests.support.ports import free_port
from tests.support.postgres import private_postgres
from tests.support.waiting import until

TABLES = """
CREATE TABLE sales (n integer PRIMARY KEY, note jsonb);
CREATE TABLE slow_to_commit (n integer);
CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(NEW.n); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER doze AFTER INSERT ON slow_to_commit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION doze();
"""
STATEMENTS = {
    "all": "SELECT n, note FROM sales ORDER BY n",
    "note": "SELECT note FROM sales WHERE n = $1",
    "add": "INSERT INTO sales (n, note) VALUES ($1, $2)",
    "note_all": "UPDATE sales SET note = $1",
    "slow": "SELECT 7 FROM pg_sleep($1)",
    "slow_add": "INSERT INTO sales (n) SELECT $1 FROM pg_sleep($2)",
    "commit_slowly": "INSERT INTO slow_to_commit VALUES ($1)",
    "who": "SELECT pg_backend_pid()",
    "setting": "SELECT current_setting($1)",
}
SALES = {f"sales.{name}": Query(f"sales.{name}", sql, Path("sales.sql"), 1) for name, sql in STATEMENTS.items()}
TWO = Settings(pool_size=2, acquire_timeout_s=30)
LONG_S = 60  # no test waits for this
SLACK_S = 30  # this machine's, for a limit that is noticed late
DEADLINE_S = 2.0  # within which a statement is sent, however busy this machine is
ENDS_BACKENDS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()"


@pytest.fixture
async def sales(empty_dsn: str) -> AsyncIterator[Database]:
    """An open database of two connections with the tables above."""
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute(TABLES)
    await connection.close()
    database = Database(empty_dsn, TWO, SALES)
    await database.open()
    yield database
    await whole(database)
    await database.close()


async def whole(database: Database) -> None:
    """Both connections can be had at the same time: none was lost."""
    async with database.transaction(), database.transaction():
        pass


@asynccontextmanager
async def losing_its_connection(dsn: str, statement: str) -> AsyncIterator[None]:
    """Within the block, whoever runs ``statement`` (a pattern) is cut off once."""

    async def cut() -> None:
        admin = await asyncpg.connect(dsn)
        try:
            while not await admin.fetch(ENDS_BACKENDS, statement):
                await asyncio.sleep(0.01)
        finally:
            await admin.close()

    cutting = asyncio.create_task(cut())
    yield
    await cutting


async def test_each_kind_of_answer(sales: Database) -> None:
    note = {"客户": "张三", "fen": 1250, "none": None}
    assert await sales.execute("sales.add", 1, note) == 1
    await sales.execute_many("sales.add", [(2, None), (3, [1, "二"])])
    assert [tuple(row) for row in await sales.fetch("sales.all")] == [(1, note), (2, None), (3, [1, "二"])]
    assert await sales.fetch_value("sales.note", 1) == note
    row = await sales.fetch_row("sales.note", 3)
    assert row is not None
    assert row["note"] == [1, "二"]
    assert await sales.fetch_row("sales.note", 4) is None
    assert await sales.execute("sales.note_all", "sold") == 3


async def test_an_unknown_name_is_a_mistake(sales: Database) -> None:
    with pytest.raises(KeyError, match="nosuch"):
        await sales.fetch("sales.nosuch")


async def test_a_transaction_is_all_or_nothing(sales: Database) -> None:
    async with sales.transaction() as transaction:
        await transaction.execute("sales.add", 1, None)
        assert await transaction.copy_records("sales", columns=["n", "note"], records=[(2, "a"), (3, "b")]) == 2

    async def add_and(what: Callable[[], object]) -> None:
        async with sales.transaction() as transaction:
            await transaction.execute("sales.add", 4, None)
            what()

    with pytest.raises(ZeroDivisionError):
        await add_and(lambda: 1 / 0)

    async def add_twice() -> None:
        async with sales.transaction() as transaction:
            await transaction.execute("sales.add", 5, None)
            await transaction.execute("sales.add", 5, None)

    with pytest.raises(asyncpg.UniqueViolationError):
        await add_twice()
    assert [row["n"] for row in await sales.fetch("sales.all")] == [1, 2, 3]


async def test_a_transaction_whose_failure_was_passed_over_is_not_taken_for_committed(sales: Database) -> None:
    async def careless() -> None:
        async with sales.transaction() as transaction:
            await transaction.execute("sales.add", 1, None)
            with pytest.raises(asyncpg.UndefinedTableError):
                await transaction.copy_records("nosuch", columns=["n"], records=[(1,)])

    with pytest.raises(RuntimeError, match="undid all of it"):
        await careless()
    assert await sales.fetch("sales.all") == []


async def test_a_refused_statement_costs_no_connection(sales: Database) -> None:
    await sales.execute("sales.add", 1, None)
    before = await sales.fetch_value("sales.who")
    for _ in range(5):
        with pytest.raises(asyncpg.UniqueViolationError):
            await sales.execute("sales.add", 1, None)
        with pytest.raises(asyncpg.DataError):
            await sales.execute("sales.add", "not a number", None)
    assert await sales.fetch_value("sales.who") == before


async def test_who_finds_no_free_connection_is_told_in_time(sales: Database, empty_dsn: str) -> None:
    hasty = Database(empty_dsn, TWO.model_copy(update={"acquire_timeout_s": 0.3}), SALES)

    async def is_whole() -> bool:
        try:
            await whole(hasty)
        except Unavailable:  # both are being opened yet
            return False
        return True

    await hasty.open()
    try:
        await until(is_whole)
        async with hasty.transaction(), hasty.transaction():
            began = time.monotonic()
            with pytest.raises(Unavailable, match=r"no connection to PostgreSQL within 0\.3 s"):
                await hasty.fetch("sales.all")
            assert 0.25 <= time.monotonic() - began < SLACK_S
        assert hasty.up, "a busy server is not a lost one"
    finally:
        await hasty.close()


async def test_those_who_wait_are_served_in_turn(sales: Database) -> None:
    begun = []

    async def wait(number: int) -> None:
        async with sales.transaction():
            begun.append(number)
            await asyncio.sleep(0.002)

    async with sales.transaction():  # leaves one connection for all
        await asyncio.gather(*(wait(number) for number in range(8)))
    assert begun == list(range(8))


@pytest.mark.parametrize("after_s", [0.02, 0.05, 0.1])
async def test_many_rows_are_cancelled_at_once(sales: Database, after_s: float) -> None:
    rows = [(n, "x" * 1000) for n in range(20_000)]

    async def fill() -> None:
        async with sales.transaction() as transaction:
            await transaction.execute_many("sales.add", rows)

    filling = asyncio.create_task(fill())
    await asyncio.sleep(after_s)
    began = time.monotonic()
    filling.cancel()
    await asyncio.wait([filling])
    assert filling.cancelled()
    assert time.monotonic() - began < SLACK_S  # asyncpg's own way: 60 s
    assert await sales.fetch("sales.all") == []


async def test_calls_cancelled_at_any_moment_lose_no_connection(sales: Database) -> None:
    async def work() -> None:
        async with sales.transaction() as transaction:
            await transaction.fetch("sales.slow", 0.001)
        await sales.fetch("sales.all")

    for step in range(60):
        tasks = [asyncio.create_task(work()) for _ in range(5)]
        await asyncio.sleep(step * 0.0002)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await whole(sales)
    assert sales.up


async def test_a_time_out_within_a_transaction_undoes_it(sales: Database) -> None:
    async def hurry() -> None:
        async with sales.transaction() as transaction, asyncio.timeout(0.1):
            await transaction.execute("sales.add", 1, None)
            await transaction.fetch("sales.slow", LONG_S)

    with pytest.raises(TimeoutError):
        await hurry()
    assert await sales.fetch("sales.all") == []


async def test_a_read_is_asked_again_when_its_connection_is_lost(sales: Database, empty_dsn: str) -> None:
    async with losing_its_connection(empty_dsn, "SELECT 7%"):
        assert await sales.fetch_value("sales.slow", 1.0) == 7


async def test_a_change_whose_connection_is_lost_is_unknown(sales: Database, empty_dsn: str) -> None:
    async with losing_its_connection(empty_dsn, "INSERT%pg_sleep%"):
        with pytest.raises(OutcomeUnknown):
            await add_slowly(sales)


async def test_a_transaction_lost_before_its_commit_did_nothing(sales: Database, empty_dsn: str) -> None:
    async with losing_its_connection(empty_dsn, "INSERT%pg_sleep%"):
        with pytest.raises(Unavailable):
            await add_in_a_slow_transaction(sales)
    assert await sales.fetch("sales.all") == []


async def test_a_transaction_lost_in_its_commit_is_unknown(sales: Database, empty_dsn: str) -> None:
    async with losing_its_connection(empty_dsn, "COMMIT"):
        with pytest.raises(OutcomeUnknown):
            await commit_slowly(sales)


async def read_slowly(database: Database) -> None:
    await database.fetch("sales.slow", LONG_S)


async def add_slowly(database: Database) -> None:
    await database.execute("sales.slow_add", 1, LONG_S)


async def add_in_a_slow_transaction(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("sales.add", 0, None)
        await transaction.execute("sales.slow_add", 1, LONG_S)


async def commit_slowly(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("sales.commit_slowly", LONG_S)


async def add_then_read_slowly(database: Database) -> None:
    await database.execute("sales.add", 1, None)
    await read_slowly(database)


async def be_refused_then_read_slowly(database: Database) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        await database.execute("sales.add", None, None)
    await read_slowly(database)


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (read_slowly, Unavailable),
        (add_slowly, OutcomeUnknown),
        (add_in_a_slow_transaction, Unavailable),
        (commit_slowly, OutcomeUnknown),
        (add_then_read_slowly, OutcomeUnknown),
        (be_refused_then_read_slowly, Unavailable),
    ],
)
async def test_a_deadline_says_whether_anything_may_have_happened(
    sales: Database, call: Callable[[Database], Coroutine[None, None, None]], outcome: type[Exception]
) -> None:
    await sales.fetch("sales.all")  # there is a connection
    began = time.monotonic()
    with pytest.raises(outcome, match=rf"within {DEADLINE_S} s"):
        await sales.within_deadline(DEADLINE_S, call(sales))
    assert DEADLINE_S - 0.05 <= time.monotonic() - began < SLACK_S
    assert sales.up, "a slow statement is not a lost server"


async def test_a_deadline_kept_changes_nothing(sales: Database) -> None:
    assert await sales.within_deadline(30, sales.execute("sales.add", 1, None)) == 1
    with pytest.raises(asyncpg.UniqueViolationError):
        await sales.within_deadline(30, sales.execute("sales.add", 1, None))


async def test_a_statement_may_not_take_for_ever(sales: Database, empty_dsn: str) -> None:
    hasty = Database(empty_dsn, Settings(pool_size=1, acquire_timeout_s=30, command_timeout_s=1), SALES)
    await hasty.open()
    try:
        for call, outcome in ((read_slowly, Unavailable), (add_slowly, OutcomeUnknown)):
            began = time.monotonic()
            with pytest.raises(outcome):
                await call(hasty)
            assert 0.95 <= time.monotonic() - began < SLACK_S
        assert await hasty.fetch("sales.all") == []
    finally:
        await hasty.close()


async def test_who_gave_up_at_the_deadline_keeps_no_lock(sales: Database) -> None:
    await sales.execute("sales.add", 1, None)

    async def hold() -> None:
        async with sales.transaction() as transaction:
            await transaction.execute("sales.note_all", "held")
            await transaction.fetch("sales.slow", LONG_S)

    with pytest.raises(Unavailable):
        await sales.within_deadline(0.2, hold())
    began = time.monotonic()
    assert await sales.execute("sales.note_all", "free") == 1
    assert time.monotonic() - began < LONG_S / 2


async def test_a_caller_who_hangs_up_ends_the_call_under_way(sales: Database) -> None:
    ended = asyncio.Event()

    async def place() -> None:
        try:
            await read_slowly(sales)
        finally:
            ended.set()

    call = asyncio.create_task(sales.within_deadline(LONG_S, place()))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(10):
        await ended.wait()


async def test_sessions_end_with_their_client(sales: Database) -> None:
    assert await sales.fetch_value("sales.setting", "client_connection_check_interval") == "1s"
    assert await sales.fetch_value("sales.setting", "statement_timeout") == "31s"
    assert await sales.fetch_value("sales.setting", "application_name") == "ccore"


async def test_a_silent_network_is_given_up_at_both_ends() -> None:
    port = free_port()
    async with private_postgres({"listen_addresses": "127.0.0.1", "port": str(port)}) as server:
        await server.stop()
        with (server.data / "pg_hba.conf").open("w") as access:
            access.write("host all ccore 127.0.0.1/32 trust\n")
        await server.start()
        connection = await connect(f"postgresql://ccore@127.0.0.1:{port}/ccore", Settings(tcp_user_timeout_ms=7000))
        try:
            ours = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 7000
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert await connection.fetchval("SHOW tcp_user_timeout") == "7000"
            assert await connection.fetchval("SHOW tcp_keepalives_idle") == "5"
        finally:
            connection.terminate()
