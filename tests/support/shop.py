"""The demo firm open for orders, calls to it, and its books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count, pairwise
from typing import Any

import asyncpg

from ccore import config, selling
from ccore.clock import utc_now
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.ordering.demo import DEMO_CODE, seed
from ccore.ordering.model import Attempt, Channel
from ccore.ordering.number import load_plan
from ccore.ordering.service import Ordering
from ccore.shipped import shipped
from tests.support.waiting import until

ALICE = "13812345678"
_calls = count(1)


async def open_shop(database: Database, fraud: selling.Fraud | None = None, **limits: int) -> Ordering:
    """The demo firm on ``database``; ``limits`` are keys of the configuration's [ordering]."""
    await seed(database)
    return ordering_on(database, fraud, **limits)


def ordering_on(database: Database, fraud: selling.Fraud | None = None, **limits: int) -> Ordering:
    """One-dial orders on a database that has the demo firm."""
    settings = selling.Ordering.model_validate(limits)
    return Ordering(database, load_plan(shipped("dialplan")), settings, "CN", fraud=fraud)


async def product(dsn: str, code: str, **changes: object) -> None:
    """Change columns of a product of the demo firm."""
    for column, to in changes.items():
        await sql(dsn, f"UPDATE products SET {column} = $2 WHERE code = $1", code, to)


async def texts(dsn: str, recipient: str | None = None) -> list[str]:
    """The kinds of text messages that were written, in order; of one recipient, if one is named."""
    rows = await sql(
        dsn, "SELECT kind FROM outbox WHERE recipient = coalesce($1, recipient) ORDER BY message_id", recipient
    )
    return [row["kind"] for row in rows]


async def states(dsn: str) -> list[str]:
    """The states of all orders, in order."""
    return [row["state"] for row in await sql(dsn, "SELECT state FROM orders ORDER BY order_id")]


async def life(dsn: str, order_id: int = 1) -> list[str]:
    """The states an order has come through."""
    moves = await sql(dsn, "SELECT was, became FROM order_moves WHERE order_id = $1 ORDER BY move_id", order_id)
    assert all(one["became"] == other["was"] for one, other in pairwise(moves))
    state = await value(dsn, "SELECT state FROM orders WHERE order_id = $1", order_id)
    assert not moves or moves[-1]["became"] == state
    return [*(move["was"] for move in moves), state]


async def earned(dsn: str) -> int:
    """What is owed for orders, in fen; asserts that the books balance, and that just what was wanted was ever sold."""
    assert await value(dsn, "SELECT coalesce(sum(amount_fen), 0) FROM commission_entries") == 0
    unsold = await value(
        dsn,
        """SELECT count(*) FROM orders o
           WHERE (o.earns IS NULL) <> EXISTS (SELECT FROM commission_postings p
                                              WHERE p.order_id = o.order_id AND p.kind = 'sale')""",
    )
    assert unsold == 0
    return int(await value(dsn, "SELECT coalesce(sum(amount_fen), 0) FROM commission_ledger"))


def call(
    dialled: str = DEMO_CODE,
    caller: str = ALICE,
    key: str | None = None,
    at: datetime | None = None,
    channel: Channel = "call",
) -> Attempt:
    """A call of this moment, unlike any other."""
    key = key or f"node1!node1-1763800000.{next(_calls)}"
    return Attempt(key, caller, dialled, at or utc_now(), channel)


async def migrated(dsn: str) -> Database:
    """A database made ready for ccore, and open."""
    await migrate(dsn)
    database = Database(dsn, config.Database())
    await database.open()
    return database


@asynccontextmanager
async def patient(dsn: str) -> AsyncIterator[Database]:
    """A database whose callers wait as long as it takes, for more of them at once than a telephone line brings."""
    database = Database(dsn, config.Database(acquire_timeout_s=30))
    await database.open()
    yield database
    await database.close()


@asynccontextmanager
async def writes_held(dsn: str, table: str) -> AsyncIterator[None]:
    """``table`` can be read and not written to while the block runs."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
            yield
    finally:
        await connection.close()


async def until_blocked(dsn: str, statements: int = 1) -> None:
    """Return once so many statements wait for a lock."""
    waiting = "SELECT count(*) >= $1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    await until(partial(value, dsn, waiting, statements))


@dataclass(frozen=True)
class Books:
    """Everything orders write, counted."""

    orders: int
    ledger: int
    messages: int  # order-accepted
    audit: int
    attempts: int
    placed: int  # attempts that became one


async def books(dsn: str) -> Books:
    """Count, and assert that every order has exactly its commission, message, audit entry and attempt, to the fen.

    One that waits to be confirmed, or never was, has no commission, and was not accepted.
    """
    connection = await asyncpg.connect(dsn)
    try:
        # As of one moment: an order may be placed meanwhile.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _counted(connection)
    finally:
        await connection.close()


async def _counted(connection: asyncpg.Connection) -> Books:
    orphans = await connection.fetchval(
        """
        SELECT count(*) FROM orders o JOIN commission_rules r USING (rule_id)
        WHERE (SELECT count(*) FROM order_attempts a
               WHERE a.order_id = o.order_id AND a.call_key = o.call_key
                 AND a.outcome IN ('placed', 'confirm-key', 'confirm-text')
                 AND a.subscriber = o.subscriber) <> 1
           OR (SELECT count(*) FROM outbox m
               WHERE m.order_id = o.order_id AND m.kind = 'order-accepted' AND m.recipient = o.subscriber)
              <> (o.earns IS NULL)::integer
           OR (SELECT count(*) FROM audit WHERE subject = 'order:' || o.order_id) <> 1
           OR (SELECT coalesce(sum(amount_fen), -1) FROM commission_ledger l
               WHERE l.order_id = o.order_id AND l.employee_id = o.employee_id AND l.kind = 'sale')
              <> CASE WHEN o.earns IS NULL THEN coalesce(r.fen, round(o.price_fen * r.basis_points / 10000.0))
                      ELSE -1 END
        """
    )
    assert orphans == 0
    found = Books(
        *[
            await connection.fetchval(f"SELECT count(*) FROM {what}")
            for what in (
                "orders",
                "commission_ledger WHERE kind = 'sale'",
                "outbox WHERE kind = 'order-accepted'",
                "audit",
                "order_attempts",
                "order_attempts WHERE order_id IS NOT NULL",
            )
        ]
    )
    sold = await connection.fetchval("SELECT count(*) FROM orders WHERE earns IS NULL")
    assert (found.audit, found.placed) == (found.orders, found.orders)
    assert (found.ledger, found.messages) == (sold, sold)
    return found


async def value(dsn: str, query: str, *args: object) -> Any:
    """The one value of a query."""
    rows = await sql(dsn, query, *args)
    return rows[0][0] if rows else None


async def sql(dsn: str, query: str, *args: object) -> list[asyncpg.Record]:
    """Any statement, on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(query, *args)
        return rows
    finally:
        await connection.close()
