"""The demo firm open for orders, calls to it, and its books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

import asyncpg

from ccore import config
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


async def open_shop(database: Database, **limits: int) -> Ordering:
    """The demo firm on ``database``; ``limits`` are keys of the configuration's [ordering]."""
    await seed(database)
    return ordering_on(database, **limits)


def ordering_on(database: Database, **limits: int) -> Ordering:
    """One-dial orders on a database that has the demo firm."""
    settings = config.Ordering.model_validate(limits)
    return Ordering(database, load_plan(shipped("dialplan")), settings, region="CN")


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
    placed: int  # attempts that were


async def books(dsn: str) -> Books:
    """Count, and assert that every order has exactly its commission, message, audit entry and attempt, to the fen."""
    orphans = await value(
        dsn,
        """
        SELECT count(*) FROM orders o JOIN products p USING (product_id)
        WHERE (SELECT count(*) FROM order_attempts a
               WHERE a.order_id = o.order_id AND a.call_key = o.call_key AND a.outcome = 'placed'
                 AND a.subscriber = o.subscriber) <> 1
           OR (SELECT count(*) FROM outbox m
               WHERE m.order_id = o.order_id AND m.kind = 'order-accepted' AND m.recipient = o.subscriber) <> 1
           OR (SELECT count(*) FROM audit WHERE subject = 'order:' || o.order_id) <> 1
           OR (SELECT coalesce(sum(amount_fen), -1) FROM commission_ledger l
               WHERE l.order_id = o.order_id AND l.employee_id = o.employee_id)
              <> coalesce(p.commission_fen, round(o.price_fen * p.commission_basis_points / 10000.0))
        """,
    )
    assert orphans == 0
    found = Books(
        *[
            await value(dsn, f"SELECT count(*) FROM {what}")
            for what in (
                "orders",
                "commission_ledger",
                "outbox WHERE kind = 'order-accepted'",
                "audit",
                "order_attempts",
                "order_attempts WHERE outcome = 'placed'",
            )
        ]
    )
    assert found.orders == found.ledger == found.messages == found.audit == found.placed
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
