"""One-dial orders by real SIP calls: many, at once, twice, forked, cut short. Nothing lost, nothing doubled."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import sip
from tests.support.asterisk import NODE, until_channels
from tests.support.rawsip import forked_invite, gives_up
from tests.support.shop import books
from tests.support.site import Site, site, subscribers

CALLS = 1000 if os.environ.get("CCORE_FULL") == "1" else 500
CODES = [f"1008610{claim:03}" for claim in range(1, 101)]


@pytest.fixture
async def shop(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A site of the test's own, with the demo firm; afterwards nothing may be left over."""
    async with site(tmp_path) as built:
        yield built
        await until_channels(built.node, 0)
        await built.all_records_in()
        built.assert_log_is_clean()


async def until_all_taken_in(shop: Site) -> None:
    """All calls are over, and what a busy machine had to leave to the disk is placed."""
    await until_channels(shop.node, 0)
    await shop.until_spool_is_empty(NODE)


@pytest.mark.figures
@pytest.mark.timeout(240)
async def test_each_of_many_calls_is_an_order(shop: Site) -> None:
    rows = [(caller, CODES[number % 100]) for number, caller in enumerate(subscribers(CALLS))]
    calls = await sip.place(shop.sip_port, rows, rate=50)
    assert Counter(call.code for call in calls) == {200: CALLS}
    assert Counter(call.ended_by for call in calls) == {"callee": CALLS}
    await until_all_taken_in(shop)
    assert (await books(shop.postgres.dsn)).orders == CALLS
    credited = await shop.rows(
        "SELECT o.subscriber, o.dialled, e.number FROM orders o JOIN employees e USING (employee_id)"
    )
    assert {(row["subscriber"], row["dialled"], row["number"]) for row in credited} == {
        (f"+86{caller}", code, f"E{code[-3:]}") for caller, code in rows
    }
    await shop.until("SELECT count(*) FROM call_records WHERE state = 'ended' AND order_id IS NOT NULL", CALLS)
    assert await shop.value("SELECT count(DISTINCT order_id) FROM call_records") == CALLS


@pytest.mark.figures
@pytest.mark.timeout(240)
async def test_five_identical_calls_at_once_are_one_order(shop: Site) -> None:
    rows = [(caller, CODES[0]) for caller in subscribers(CALLS // 5) for _ in range(5)]
    calls = await sip.place(shop.sip_port, rows, rate=100)
    assert Counter(call.code for call in calls) == {200: CALLS}
    await until_all_taken_in(shop)
    found = await books(shop.postgres.dsn)
    assert (found.orders, found.attempts) == (CALLS // 5, CALLS)
    outcomes = await shop.rows("SELECT outcome, count(*) FROM order_attempts GROUP BY 1")
    assert dict(map(tuple, outcomes)) == {"placed": CALLS // 5, "already-yours": CALLS - CALLS // 5}


async def test_forked_invite_is_one_order(shop: Site) -> None:
    statuses = await forked_invite(shop.sip_port, number=CODES[0], caller=subscribers(1)[0])
    assert statuses == [200, 200]  # Asterisk took two calls
    await until_all_taken_in(shop)
    found = await books(shop.postgres.dsn)
    assert (found.orders, found.attempts) == (1, 2)


@pytest.mark.timeout(240)
async def test_hang_up_at_any_moment_is_all_or_nothing(shop: Site) -> None:
    """Half of the callers hang up while ccore is judging (0 to 40 ms), half while they hear the prompt."""
    moments = [*(random.randrange(40) for _ in range(120)), *(random.randrange(1500) for _ in range(120))]
    random.shuffle(moments)
    rooms = asyncio.Semaphore(20)

    async def one(caller: str, after_ms: int) -> int:
        async with rooms:
            return await gives_up(shop.sip_port, CODES[0], caller, after_ms)

    statuses = await asyncio.gather(*map(one, subscribers(240), moments))
    await until_all_taken_in(shop)
    print("final statuses:", Counter(statuses), "; hung up after ms:", sorted(moments))
    assert set(statuses) == {200, 487}  # some were answered, and some hung up before
    found = await books(shop.postgres.dsn)  # every order that is there is whole
    assert statuses.count(200) <= found.orders <= 240
