"""A real PostgreSQL for tests: one server for the whole run, a fresh migrated database for each test."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database

# Tests kill processes, not machines, so nothing depends on what a disk has written.
UNSAFE_ON_POWER_CUT = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
TEMPLATE = "ccore_template"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30  # several servers at once, each with its write-ahead log

_numbers = count(1)


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """The server of this test run."""
    async with private_postgres() as server:
        yield server


@pytest.fixture(scope="session")
async def postgres_template(postgres: EmbeddedPostgres) -> str:
    """The name of a database that has every migration, to make others from."""
    await _as_admin(postgres, f"CREATE DATABASE {TEMPLATE} OWNER ccore")
    await migrate(postgres.dsn_for(TEMPLATE))
    return TEMPLATE


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres, postgres_template: str) -> AsyncIterator[str]:
    """The DSN of a fresh database with every migration."""
    async with fresh_database(postgres, postgres_template) as dsn:
        yield dsn


@pytest.fixture
async def empty_dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The DSN of a fresh database without any table."""
    async with fresh_database(postgres, "template1") as dsn:
        yield dsn


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """A fresh, migrated, open database; on a busy machine it takes its time to open connections."""
    database = Database(dsn, Settings(acquire_timeout_s=30))
    await database.open()
    yield database
    await database.close()


@asynccontextmanager
async def private_postgres(settings: Mapping[str, str] | None = None) -> AsyncIterator[EmbeddedPostgres]:
    """A server of the test's own, to stop, freeze and kill."""
    with tempfile.TemporaryDirectory(prefix="ccore-test-", dir=quickest()) as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", {**UNSAFE_ON_POWER_CUT, **(settings or {})})
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


def quickest() -> Path | None:
    """A database is some 800 files: in memory, if there is room, a fresh one takes a fifth of the time."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


@asynccontextmanager
async def fresh_database(server: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """A new database from ``template``, dropped at the end whoever is connected to it."""
    name = f"test_{next(_numbers)}"
    # Of these small ones, copying files takes a third of the time that copying by the log takes.
    await _as_admin(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER ccore")
    try:
        yield server.dsn_for(name)
    finally:
        await _as_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    """The server and all its children stopped in their tracks, as on a hung disk or machine."""
    pids = [server.pid, *children(server.pid)]
    try:
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in reversed(pids):
            _send(pid, signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # a connection that was just closed takes its process with it
        os.kill(pid, number)


def children(pid: int) -> list[int]:
    """The process ids of the children of ``pid``."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        if int(after_name[1]) == pid:
            found.append(int(stat.parent.name))
    return found


async def _as_admin(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn_for("postgres", user="postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
