"""Brings a database's schema forward, one numbered SQL file after the other, and writes down what the schema then is.

A migration must leave the running, older ccore able to work (expand now, contract in a later version): while an upgrade
rolls over several instances, both versions use one database.
"""

import argparse
import asyncio
import hashlib
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from ccore.db.embedded import EmbeddedPostgres, program
from ccore.errors import CcoreError, DatabaseRefused, Fault, FaultsFound, Unavailable
from ccore.shipped import shipped

CONNECT_LIMIT_S = 5.0
TURN_LIMIT = "60s"  # for another ccore that migrates at the same time
# A migration that cannot have its lock by then fails, instead of making every call queue behind it.
LOCK_LIMIT = "5s"
LOCK_KEY = 0x6363_6F72_65  # "ccore": one migrates at a time

_REFUSALS = (
    asyncpg.InvalidAuthorizationSpecificationError,  # a wrong password is one
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_NO_DSN = (
    "database_dsn (CCORE_DATABASE_DSN) cannot be understood: write postgresql://user:password@host:5432/database, "
    "with each @ : / ? # % in the password as %40 %3A %2F %3F %23 %25"
)

_FILE = re.compile(r"(\d{4})_([a-z][a-z0-9_]*)\.sql")
_NOISE = re.compile(
    r"--($| Name:| PostgreSQL| Dumped)|\\(un)?restrict |SELECT pg_catalog\.set_config|"
    r"SET (default_\w+|\w+_timeout|client_\w+|standard_\w+|check_function_bodies|xmloption|row_security) ="
)
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version     integer PRIMARY KEY,
    name        text NOT NULL,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file ``NNNN_name.sql``; never changed once a database has it."""

    version: int
    name: str
    path: Path
    sql: str

    @property
    def checksum(self) -> str:
        """What a database remembers of the file, to notice that it was changed afterwards."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def migrate(dsn: str, directory: Path | None = None) -> list[str]:
    """Apply the migrations the database does not have, each in a transaction; the names of those applied.

    Raises FaultsFound if a file is faulty, was changed after it was applied, or the database is newer than the files;
    DatabaseRefused if it does not let ccore in, Unavailable if it does not answer. What was applied before stays.
    """
    migrations = load(directory or shipped("sql") / "migrations")
    try:
        connection = await _connect(dsn)
        try:
            await connection.execute(f"SET lock_timeout = '{TURN_LIMIT}'")
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
            await connection.execute(_TABLE)
            todo = pending(migrations, await connection.fetch("SELECT version, name, checksum FROM schema_migrations"))
            for migration in todo:
                await _apply(connection, migration)
        finally:
            connection.terminate()  # which frees the lock, and needs no answer
    except _REFUSALS as error:
        raise DatabaseRefused(f"PostgreSQL does not let ccore in: {error}") from error
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"PostgreSQL cannot be migrated now: {error or 'time-out'}") from error
    return [migration.name for migration in todo]


def load(directory: Path) -> list[Migration]:
    """The migrations in ``directory``, in order. Raises FaultsFound on names that are no migration's, or come twice."""
    found: dict[int, Migration] = {}
    faults = []
    for path in sorted(directory.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            faults.append(_fault(path, "is not named like 0001_what_it_adds.sql"))
        elif (version := int(match[1])) in found:
            faults.append(_fault(path, f"has the number of {found[version].path.name}: give it the next free one"))
        else:
            found[version] = Migration(version, path.stem, path, path.read_text(encoding="utf-8"))
    if faults:
        raise FaultsFound(faults)
    return list(found.values())


def pending(migrations: Sequence[Migration], applied: Sequence[asyncpg.Record]) -> list[Migration]:
    """Those not ``applied`` yet. Raises FaultsFound if files and database do not have the same past."""
    files = {migration.version: migration for migration in migrations}
    newest = max((row["version"] for row in applied), default=0)
    faults = []
    for row in applied:
        file = files.get(row["version"])
        if file is None:
            faults.append(
                _fault(
                    Path(row["name"] + ".sql"), "was applied by a newer ccore: run that version, or restore a backup"
                )
            )
        elif file.checksum != row["checksum"]:
            faults.append(
                _fault(file.path, "was changed after it was applied: restore it, and put the change in a new migration")
            )
    known = {row["version"] for row in applied}
    todo = [migration for migration in migrations if migration.version not in known]
    faults += [
        _fault(migration.path, f"comes before {newest:04}, which was applied already: give it a higher number")
        for migration in todo
        if migration.version < newest
    ]
    if faults:
        raise FaultsFound(faults)
    return todo


async def dump_schema(dsn: str) -> str:
    """The schema as SQL, always the same for the same schema, by the embedded server's pg_dump."""
    process = await asyncio.create_subprocess_exec(
        program("pg_dump"),
        "--schema-only",
        "--no-owner",
        "--no-privileges",
        dsn,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate()
    if process.returncode:
        raise CcoreError(f"pg_dump failed: {complaint.decode(errors='replace').strip()}")
    return normalised(output.decode())


def normalised(dump: str) -> str:
    """A dump without comments, session settings and pg_dump's random \\restrict key."""
    return "-- What sql/migrations make; written by `make schema`.\n\n" + "\n".join(_statements(dump)).rstrip() + "\n"


def _statements(dump: str) -> Iterator[str]:
    blank = True
    for line in dump.splitlines():
        if _NOISE.match(line) or (blank and not line):
            continue
        blank = not line
        yield line


async def _connect(dsn: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(dsn, timeout=CONNECT_LIMIT_S)
    except (asyncpg.InterfaceError, ValueError, OverflowError):
        raise DatabaseRefused(_NO_DSN) from None  # what asyncpg says may quote a piece of the password


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_LIMIT}'")
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
    except asyncpg.LockNotAvailableError as error:
        raise FaultsFound(
            [_fault(migration.path, f"waited {LOCK_LIMIT} for a table in use: migrate again at a quieter time")]
        ) from error
    except asyncpg.PostgresConnectionError:
        raise
    except asyncpg.PostgresError as error:
        position = getattr(error, "position", None)
        line = migration.sql.count("\n", 0, int(position)) + 1 if position else 0
        raise FaultsFound([_fault(migration.path, f"PostgreSQL refuses it: {error}", line)]) from error


def _fault(path: Path, message: str, line: int = 0) -> Fault:
    return Fault(path, line, "MIGRATION", message)


async def _schema() -> str:
    with tempfile.TemporaryDirectory(prefix="ccore-schema-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", {"fsync": "off"})
        await server.start()
        try:
            await migrate(server.dsn)
            return await dump_schema(server.dsn)
        finally:
            await server.stop()


def main() -> int:
    """``python -m ccore.db.migrate --dump``: write sql/schema.sql anew from the migrations."""
    parser = argparse.ArgumentParser(prog="python -m ccore.db.migrate", description=main.__doc__)
    parser.add_argument("--dump", action="store_true", required=True, help="write sql/schema.sql")
    parser.parse_args()
    try:
        (shipped("sql") / "schema.sql").write_text(asyncio.run(_schema()), encoding="utf-8")
    except CcoreError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
