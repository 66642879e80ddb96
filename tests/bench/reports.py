"""How long reports of ten million orders take, beside counting the orders themselves, and with a year more of data.

**Load.** Orders of a year by 10,000 claims of 20 products in 40 departments, in three channels and states, filled in
with their counts by ``filling``; of some thousands it is shown first that these are what triggers and counting make.
CCORE_FULL=1 takes the promised ten million, else there are a million. Then as many again in the year before, and the
same questions once more.

**Baseline.** The same question asked of ``orders`` by the SQL one would write first; of the second year, the first.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import asyncpg

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.ordering.number import load_plan
from ccore.reports.question import By, Question
from ccore.reports.service import Reports
from ccore.shipped import shipped
from tests.bench import Figure, filling
from tests.bench.filling import ZONE
from tests.support.postgres import UNSAFE_ON_POWER_CUT

ORDERS = 10_000_000 if os.environ.get("CCORE_FULL") else 1_000_000
PROVED = 5_000
ROUNDS = 5
GOAL_MS = 1000.0
MOST_TIMES = 1.5  # of a year more to none: twice would be reading all of it
SINCE = datetime.fromisoformat("2026-01-01 00:00+08")
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
# Filling writes gigabytes that nobody needs after a crash.
QUICK = {**UNSAFE_ON_POWER_CUT, "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB"}
QUESTIONS = {
    "a year by product": Question(*YEAR, (By.PRODUCT,)),
    "a year by department, month and state": Question(*YEAR, (By.DEPARTMENT, By.MONTH, By.STATE)),
    "a year's ranks of persons": Question(*YEAR, (By.PERSON,)),
    "100 days by person and product": Question(date(2026, 3, 11), date(2026, 6, 19), (By.PERSON, By.PRODUCT)),
    "a year by day and channel": Question(*YEAR, (By.DAY, By.CHANNEL)),
    "one person's year by day": Question(*YEAR, (By.DAY, By.PRODUCT), people=("E77",)),
}
OBVIOUS = """
SELECT product_id, count(*), sum(price_fen) FROM orders
WHERE placed_at >= '2026-01-01 00:00+08' AND placed_at < '2027-01-01 00:00+08' GROUP BY 1
"""


class Took(NamedTuple):
    """How long a question took; the least of it is compared, as what else the machine does is in all the others."""

    median_ms: float
    least_ms: float


def run() -> list[Figure]:
    """All questions, twice."""
    return asyncio.run(_measured())


async def _measured() -> list[Figure]:
    async with _server() as server:
        await migrate(server.dsn)
        await _prove(server)
        connection = await asyncpg.connect(server.dsn)
        async with Database.opened(server.dsn, Settings(command_timeout_s=600)) as database:
            reports = Reports(database, ZONE, load_plan(shipped("dialplan")))
            try:
                await filling.sellers(connection)
                await filling.bare(connection)
                year = filling.Year(1, ORDERS, SINCE)
                await _fill(connection, year)
                one = {name: await _took(reports, question) for name, question in QUESTIONS.items()}
                obvious_ms = await _obvious_ms(connection)
                await _fill(connection, year.before())
                two = {name: await _took(reports, question) for name, question in QUESTIONS.items()}
            finally:
                await connection.close()
    return list(_figures(one, obvious_ms, two))


def _figures(one: dict[str, Took], obvious_ms: float, two: dict[str, Took]) -> Iterator[Figure]:
    goal, times = f"at most {GOAL_MS:.0f} ms", max(two[name].least_ms / one[name].least_ms for name in two)
    for name, took in one.items():
        yield Figure(f"{name}, {ORDERS:,} orders", took.median_ms, "ms", obvious_ms, goal, took.median_ms <= GOAL_MS)
    for name, took in two.items():
        before = one[name].median_ms
        yield Figure(f"{name}, with a year more", took.median_ms, "ms", before, goal, took.median_ms <= GOAL_MS)
    yield Figure("what a year more costs at most", times, "times", None, f"at most {MOST_TIMES}", times <= MOST_TIMES)
    yield Figure("load of the machine meanwhile", os.getloadavg()[2], "", None, "reported only", None)


@asynccontextmanager
async def _server() -> AsyncIterator[EmbeddedPostgres]:
    """On a disk, as it does not fit into memory."""
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", QUICK)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


async def _prove(server: EmbeddedPostgres) -> None:
    """Show that filling counts as triggers and counting do."""
    admin = await asyncpg.connect(server.dsn_for("postgres", user="postgres"))
    for name in ("proof", "proof_filled"):
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE ccore OWNER ccore")
    await admin.close()
    await filling.prove(server.dsn_for("proof"), server.dsn_for("proof_filled"), filling.Year(1, PROVED, SINCE))


async def _fill(connection: asyncpg.Connection, year: filling.Year) -> None:
    began = time.perf_counter()
    await filling.orders(connection, year)
    placed = time.perf_counter()
    await filling.counts(connection, year)
    counted = time.perf_counter()
    await connection.execute("VACUUM ANALYZE", timeout=filling.LIMIT_S)
    size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    took = f"{placed - began:.0f} s, their counts {counted - placed:.0f} s, {size}, load {os.getloadavg()[0]:.1f}"
    print(f"filled in {year.orders:,} orders: {took}", file=sys.stderr, flush=True)


async def _took(reports: Reports, question: Question) -> Took:
    """Of a report that has something in it."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        report = await reports.sales(question, order="orders")
        took.append((time.perf_counter() - began) * 1000)
        assert report.lines[0].sums.orders > 0
    return Took(statistics.median(took), min(took))


async def _obvious_ms(connection: asyncpg.Connection) -> float:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        await connection.fetch(OBVIOUS, timeout=600)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
