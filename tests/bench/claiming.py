"""What it takes to claim 50 of a million contacts with every limit there is, beside the obvious way in the same run.

**Load.** A million contacts in two lists, two zones and three priorities, one of ten due; 20,000 numbers on the list
of do-not-call and 1,000 prefixes; 300,000 attempts. Rounds of both alternate, each in a transaction that is undone.

**Baseline.** The same limits in one SELECT … ORDER BY … LIMIT … FOR UPDATE SKIP LOCKED, as one would write it first.
"""

import asyncio
import statistics
import time

import asyncpg

from ccore.db.migrate import migrate
from ccore.db.queries import load
from ccore.shipped import shipped
from tests.bench import Figure
from tests.support.postgres import private_postgres

CONTACTS, ROUNDS, WANTED = 1_000_000, 4, 50
GOAL_MS = 100.0
ZONES = ["Asia/Shanghai", "Asia/Urumqi"]
MADE = (
    "INSERT INTO campaigns (name, state, by) VALUES ('spring', 'running', 'b')",
    "INSERT INTO leases (name, epoch, holder, life, expires_at)"
    " VALUES ('dialler', 1, 'a', 'b', now() + interval '9 h')",
    "INSERT INTO contacts (list, number, zone, region, priority, next_at)"
    " SELECT CASE WHEN i % 5 = 0 THEN 'b-list' ELSE 'a-list' END, '+86138' || lpad(i::text, 8, '0'),"
    " CASE WHEN i % 10 = 0 THEN 'Asia/Urumqi' ELSE 'Asia/Shanghai' END, 'CN', i % 3,"
    " now() + CASE WHEN i % 20 IN (0, 11) THEN interval '-1 h' ELSE interval '2 h' END + i % 1000 * interval '1 s'"
    f" FROM generate_series(1, {CONTACTS}) i",
    "INSERT INTO do_not_call (number, made_by)"
    " SELECT '+86138' || lpad((i * 7)::text, 8, '0'), 'b' FROM generate_series(1, 20000) i",
    "INSERT INTO do_not_call_prefixes (prefix, made_by) SELECT '+86139' || i, 'b' FROM generate_series(1000, 1999) i",
    "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, outcome, dialled_at)"
    " SELECT 'spring', i, 'a-list', '+86138' || lpad((i * 3)::text, 8, '0'), 'n', 'predictive', 1, 'over', 'busy',"
    " now() - (i % 200) * interval '1 h' FROM generate_series(1, 300000) i",
    "ANALYZE",
)
OBVIOUS = """
SELECT c.contact_id FROM contacts c WHERE c.list = ANY($1) AND c.zone = ANY($2) AND c.state = 'open' AND c.agent IS NULL
    AND c.next_at <= now() AND c.attempts < 6 AND NOT is_barred(c.number)
    AND (SELECT count(*) FROM attempts a WHERE a.number = c.number AND a.dialled_at > now() - interval '24 h') < 3
    AND NOT EXISTS (SELECT FROM attempts a WHERE a.number = c.number AND a.state <> 'over')
ORDER BY c.priority DESC, c.next_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""


def run() -> list[Figure]:
    """Both ways in turn."""
    ours_ms, obvious_ms = asyncio.run(_measured())
    goal = f"at most {GOAL_MS:.0f} ms"
    return [Figure("claiming 50 of a million contacts", ours_ms, "ms", obvious_ms, goal, ours_ms <= GOAL_MS)]


async def _measured() -> tuple[float, float]:
    async with private_postgres() as server:
        await migrate(server.dsn)
        connection = await asyncpg.connect(server.dsn)
        try:
            for statement in MADE:
                await connection.execute(statement, timeout=120)
            claim = load(shipped("sql") / "queries")["dialling.claim"].sql
            lists = ["a-list", "b-list"]
            ours = (
                claim,
                "spring",
                "n",
                1,
                "predictive",
                lists,
                [0.0, 0.0],
                [3, 1],
                ZONES,
                6,
                3,
                None,
                None,
                "[]",
                WANTED,
            )
            took = [
                (await _undone(connection, *ours), await _undone(connection, OBVIOUS, lists, ZONES, WANTED))
                for _ in range(ROUNDS)
            ]
        finally:
            await connection.close()
    return statistics.median(one for one, _ in took), statistics.median(other for _, other in took)


async def _undone(connection: asyncpg.Connection, statement: str, *args: object) -> float:
    """Milliseconds of a statement whose changes are taken back."""
    transaction = connection.transaction()
    await transaction.start()
    began = time.perf_counter()
    rows = await connection.fetch(statement, *args)
    took_ms = (time.perf_counter() - began) * 1000
    await transaction.rollback()
    assert len(rows) == WANTED
    return took_ms
