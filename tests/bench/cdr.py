"""Call records: rows a second from Asterisk's files into PostgreSQL, beside an INSERT for each; and calls folded."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import asyncpg

from ccore.cdr.folding import Folding
from ccore.cdr.intake import LogIntake
from ccore.cdr.rows import CDR, CEL, Log, Row, read
from ccore.config import Database as Settings
from ccore.db.connections import Connection
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from tests.bench import Figure
from tests.support.asterisk_logs import Logs, MadeUpCall

CDR_ROWS = 200_000
BASELINE_ROWS = 20_000
CALLS = 10_000  # of five events each
BATCH = 500  # rows a transaction of the baseline, as many as ours have
ROUNDS = 3
GOAL = 20_000


def run() -> list[Figure]:
    """Ours and the baseline in turn, each into empty tables of a PostgreSQL with its usual safety."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as directory:
        logs = Logs(Path(directory) / "log")
        for path, calls, log in ((logs.cdr, CDR_ROWS, "cdr"), (logs.cel, CALLS, "cel")):
            path.parent.mkdir(parents=True)
            with path.open("wb") as file:
                file.writelines(getattr(MadeUpCall(number), log) for number in range(calls))
        server = EmbeddedPostgres(Path(directory) / "postgres")
        await server.start()
        try:
            return await _measure(server.dsn, logs)
        finally:
            await server.stop()


async def _measure(dsn: str, logs: Logs) -> list[Figure]:
    await migrate(dsn)
    database = Database(dsn, Settings())
    await database.open()
    sql = await asyncpg.connect(dsn)
    cdr, cel, folded, baseline = [], [], [], []
    for _ in range(ROUNDS):
        await _empty(sql)
        cdr.append(CDR_ROWS / await _timed(_intake(database, logs, CDR).catch_up()))
        await _empty(sql)
        baseline.append(BASELINE_ROWS / await _timed(_insert_each(sql, logs.cdr)))
        await _empty(sql)
        cel.append(5 * CALLS / await _timed(_intake(database, logs, CEL).catch_up()))
        folded.append(CALLS / await _timed(Folding(database).fold_due()))
    await sql.close()
    await database.close()
    ours, plain = statistics.median(cdr), statistics.median(baseline)
    return [
        Figure("CDR rows, file to commit", ours, "rows/s", plain, f"at least {GOAL:,} rows/s", ours >= GOAL),
        Figure("CEL rows, file to commit", statistics.median(cel), "rows/s", None, "", None),
        Figure("calls folded from their rows, to commit", statistics.median(folded), "calls/s", None, "", None),
    ]


def _intake(database: Database, logs: Logs, kind: Log) -> LogIntake:
    return LogIntake(database, "node1", logs.directory, kind, lambda: None)


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _insert_each(sql: Connection, path: Path) -> None:
    """What is written first: the rows of the file in batches, an INSERT for each row; no place is kept."""
    with path.open("rb") as file:
        data = b"".join(islice(file, BASELINE_ROWS))
    columns = ", ".join(CDR.columns)
    places = ", ".join(f"${number}" for number in range(1, len(CDR.columns) + 1))
    insert = f"INSERT INTO cdr ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"
    for batch in batched(read(CDR, data).rows, BATCH):
        await sql.executemany(insert, batch)


async def _empty(sql: Connection) -> None:
    await sql.execute("TRUNCATE cdr, cel, call_log_places, call_folds_due, folded_calls, call_statistics")


def batched(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """``rows`` in pieces."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
