"""Closing a period that is broken off: it goes on where it was, nothing is booked twice, and nobody waits for it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from ccore.clock import utc_now
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ordering.commission.closing import AT_ONCE, Closed, Periods, Refused
from ccore.ordering.commission.verify import Verification
from ccore.ordering.model import Outcome
from ccore.settling import Periods as Settings
from tests.support.command import Home
from tests.support.sales import Firm, days, firm_on, many_sold
from tests.support.shop import call, ordering_on, sql, value

SELLERS, SLICES = 100, 4
ORDERS = SLICES * AT_ONCE
TIERED = ORDERS // 2  # everybody's second half
ADDED_FEN = 100


@pytest.fixture
async def firm(postgres: EmbeddedPostgres, database: Database, dsn: str) -> AsyncIterator[Firm]:
    """Orders of last week, of everybody's second half of which volume adds a yuan."""
    now = utc_now()
    async with firm_on(database, dsn) as firm:
        await firm.rule(tiers=json.dumps([{"from": ORDERS // SELLERS // 2 + 1, "fen": 300}]), hold_days=366)
        name = dsn.partition("?")[0].rpartition("/")[2]
        await many_sold(postgres.dsn_for(name, user="postgres"), ORDERS, SELLERS)
        for period, (begins, ends) in zip(("over", "running", "next"), pairwise((-9, -2, 30, 60)), strict=True):
            await database.execute("periods.make", period, now + days(begins), now + days(ends))
        yield firm


def periods_of(database: Database, **changes: object) -> Periods:
    return Periods(database, Settings.model_validate(changes), ZoneInfo("Asia/Shanghai"))


async def differences(database: Database) -> list[str]:
    return [str(each) async for each in Verification(database).differences()]


@asynccontextmanager
async def stuck_in_slice(dsn: str, number: int) -> AsyncIterator[int]:
    """Somebody holds the last order of a slice (from 0), which closing waits for; the last order before the slice."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            ask = "SELECT order_id FROM orders ORDER BY placed_at, order_id OFFSET $1 LIMIT 1"
            last = await connection.fetchval(ask, (number + 1) * AT_ONCE - 1)
            await connection.execute("SELECT FROM orders WHERE order_id = $1 FOR UPDATE", last)
            yield await connection.fetchval(ask, number * AT_ONCE - 1)
    finally:
        await connection.close()


async def booked_through(dsn: str, order: int) -> None:
    async def is_there() -> bool:
        found = await value(dsn, "SELECT tiers_through_order = $1 FROM sales_periods WHERE name = 'over'", order)
        return bool(found)

    for _ in range(600):
        if await is_there():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("closing did not come so far")


async def test_what_is_killed_in_the_middle_goes_on_and_books_nothing_twice(
    firm: Firm, database: Database, dsn: str, tmp_path: Path
) -> None:
    home = Home(tmp_path, "", {"CCORE_DATABASE_DSN": dsn})
    async with stuck_in_slice(dsn, SLICES - 1) as before, home.started("periods", "close", "over") as closing:
        await booked_through(dsn, before)
        # Orders are placed, and those of the period moved on, while closing waits.
        shop = ordering_on(database)
        assert await asyncio.wait_for(shop.place(call()), 30) is Outcome.PLACED
        (early, late), gone = await ends_of_the_first_slices(dsn), utc_now()
        assert await asyncio.wait_for(firm.ended(early, at=gone), 30) == 200
        assert await asyncio.wait_for(firm.ended(late, at=gone), 30) == 200 + ADDED_FEN
        assert await closing.ended(signal.SIGKILL)
    booked = await value(dsn, "SELECT count(*) FROM commission_postings WHERE kind = 'tier'")
    assert booked == TIERED - AT_ONCE
    assert await value(dsn, "SELECT closed_at IS NULL FROM sales_periods WHERE name = 'over'")
    assert await differences(database) == []
    assert isinstance(await periods_of(database).close("over", "anna", "leave-out"), Refused)
    assert await periods_of(database).broken_off() == []
    await sql(dsn, "UPDATE sales_periods SET closing_since = closing_since - $1::interval", timedelta(hours=2))
    assert await periods_of(database).broken_off() == ["over"]

    ended = await home.ccore("periods", "close", "over")
    assert ended.code == 0, ended.err
    assert f"volume adds {TIERED * ADDED_FEN / 100:.2f} yuan to {TIERED} orders" in ended.out
    tiers = "SELECT count(*), count(DISTINCT order_id) FROM commission_postings WHERE kind = 'tier'"
    assert [tuple(row) for row in await sql(dsn, tiers)] == [(TIERED, TIERED)]
    assert await differences(database) == []
    texts = "SELECT kind, count(*), count(DISTINCT recipient) FROM outbox WHERE call_key LIKE 'period!%' GROUP BY 1"
    assert {tuple(row) for row in await sql(dsn, texts)} == {
        ("period-result", SELLERS, SELLERS),
        ("commission-notice", SELLERS, SELLERS),
    }


async def ends_of_the_first_slices(dsn: str) -> tuple[int, int]:
    """An order without and one with something added, of slices that are booked by then."""
    first = await value(dsn, "SELECT order_id FROM orders ORDER BY placed_at, order_id LIMIT 1")
    tiered = await value(dsn, "SELECT min(order_id) FROM commission_postings WHERE kind = 'tier'")
    return first, tiered


async def test_of_two_who_close_it_at_once_one_does(firm: Firm, database: Database, dsn: str) -> None:
    found = await asyncio.gather(*(periods_of(database).close("over", who, None) for who in ("anna", "bob")))
    assert [type(each) for each in sorted(found, key=lambda each: type(each).__name__)] == [Closed, Refused]
    assert await differences(database) == []
    assert await value(dsn, "SELECT tiers_fen FROM sales_periods WHERE name = 'over'") == TIERED * ADDED_FEN


async def test_how_it_was_begun_is_how_it_goes_on(firm: Firm, database: Database, dsn: str) -> None:
    async with stuck_in_slice(dsn, SLICES - 1) as before:
        closing = asyncio.create_task(periods_of(database, last_percent=50).close("over", "anna", "count"))
        await booked_through(dsn, before)
        closing.cancel()
        await asyncio.wait((closing,))
    closed = await periods_of(database, last_percent=0).close("over", "bob", None)
    assert isinstance(closed, Closed)
    assert await value(dsn, "SELECT policy ->> 'last_percent' FROM sales_periods WHERE name = 'over'") == "50"
    assert await value(dsn, "SELECT max(seats) FROM period_results") == SELLERS // 2
    assert await differences(database) == []
