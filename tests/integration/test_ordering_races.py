"""Calls at the same moment, callers who hang up, a PostgreSQL that is lost: each order exactly once, or not at all."""

import asyncio
import random
import sys
from collections import Counter
from contextlib import suppress

import asyncpg
import pytest

from ccore import config
from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.ordering.model import Attempt, Outcome
from tests.support.lossy import lossy
from tests.support.postgres import frozen, private_postgres
from tests.support.shop import (
    Books,
    books,
    call,
    migrated,
    open_shop,
    ordering_on,
    patient,
    sql,
    until_blocked,
    value,
    writes_held,
)
from tests.support.waiting import until

CODES = [f"10086{product}{claim:03}" for product in (10, 11, 12) for claim in range(1, 11)]


async def test_200_subscribers_calling_five_times_at_once_have_200_orders(dsn: str) -> None:
    async with patient(dsn) as database:
        shop = await open_shop(database)
        calls = [call(f"1008610{1 + n % 100:03}", f"138{n:08}") for n in range(200) for _ in range(5)]
        random.Random(1).shuffle(calls)
        outcomes = Counter(await asyncio.gather(*map(shop.place, calls)))
        assert outcomes == {Outcome.PLACED: 200, Outcome.ALREADY_YOURS: 800}
        assert await books(dsn) == Books(orders=200, ledger=200, messages=200, audit=200, attempts=1000, placed=200)
        assert await value(dsn, "SELECT sum(amount_fen) FROM commission_ledger") == 200 * 200


async def test_one_call_asked_for_many_times_at_once_is_one_order(dsn: str) -> None:
    async with patient(dsn) as database:
        shop = await open_shop(database)
        made = call()
        outcomes = await asyncio.gather(*(shop.place(made) for _ in range(50)))
        assert set(outcomes) == {Outcome.PLACED}
        assert await books(dsn) == Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)


async def test_two_products_at_once_are_two_orders(dsn: str) -> None:
    async with patient(dsn) as database:
        shop = await open_shop(database)
        calls = [call(f"10086{product}001") for product in (10, 11) for _ in range(5)]
        outcomes = await asyncio.gather(*map(shop.place, calls))
        assert Counter(outcomes) == {Outcome.PLACED: 2, Outcome.ALREADY_YOURS: 8}
        assert (await books(dsn)).orders == 2


async def test_the_limit_per_day_holds_for_calls_judged_at_the_same_moment(database: Database, dsn: str) -> None:
    shop = await open_shop(database, orders_per_day=1)
    async with writes_held(dsn, "orders"):
        placing = [asyncio.create_task(shop.place(call(f"10086{product}001"))) for product in (10, 11, 12)]
        await until_blocked(dsn, statements=3)
    assert Counter(await asyncio.gather(*placing)) == {Outcome.PLACED: 1, Outcome.TOO_MANY_TRIES: 2}
    assert (await books(dsn)).orders == 1


async def test_a_claim_taken_away_between_facts_and_order_sells_nothing(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with writes_held(dsn, "orders"):
        placing = asyncio.create_task(shop.place(call()))
        await until_blocked(dsn)
        await sql(
            dsn, "UPDATE claims SET valid = tstzrange(lower(valid), now() - interval '1 hour') WHERE upper_inf(valid)"
        )
    assert await placing is Outcome.CLAIM_ENDED
    assert await books(dsn) == Books(orders=0, ledger=0, messages=0, audit=0, attempts=1, placed=0)


async def test_a_call_judged_by_another_ccore_at_the_same_moment_gets_one_answer(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    made = call()
    other = await asyncpg.connect(dsn)
    async with other.transaction():
        await other.execute(
            """INSERT INTO order_attempts (call_key, caller, dialled, channel, outcome, reason, called_at)
               VALUES ($1, $2, $3, 'call', 'claim-ended', 'claim-over', $4)""",
            made.call_key,
            made.caller,
            made.dialled,
            made.called_at,
        )
        placing = asyncio.create_task(shop.place(made))
        await until_blocked(dsn)
    await other.close()
    assert await placing is Outcome.CLAIM_ENDED
    assert await books(dsn) == Books(orders=0, ledger=0, messages=0, audit=0, attempts=1, placed=0)


async def test_who_stops_waiting_does_not_stop_the_order(dsn: str) -> None:
    async with patient(dsn) as database:
        shop = await open_shop(database)
        dice = random.Random(20261122)
        calls = [call(code, f"138{number:08}") for number, code in enumerate(CODES * 7)]
        waiting = [asyncio.create_task(shop.place(made)) for made in calls]
        await asyncio.sleep(0)  # every one has begun
        dice.shuffle(waiting)
        for task in waiting:
            await asyncio.sleep(dice.random() * 0.002)
            task.cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        await shop.drain(60)
        assert any(isinstance(end, asyncio.CancelledError) for end in ended)
        assert (await books(dsn)).orders == len(calls)


async def test_an_answer_lost_after_the_commit_is_looked_up(database: Database, dsn: str) -> None:
    await open_shop(database)
    async with lossy(dsn) as wire:
        through = Database(wire.dsn, config.Database(acquire_timeout_s=30))
        await through.open()
        made = call()
        wire.lose_answer_to(made.call_key.encode(), nth=2)  # the facts are asked first, then the order is sent
        assert await ordering_on(through).place(made) is Outcome.PLACED
        assert wire.lost == 1
        await through.close()
    assert await books(dsn) == Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)


async def test_a_backend_killed_in_the_middle_of_an_order_is_got_over(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with writes_held(dsn, "audit"):
        placing = asyncio.create_task(shop.place(call()))
        await until_blocked(dsn)
        await sql(dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    assert await placing is Outcome.PLACED
    assert await books(dsn) == Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)


async def test_a_caller_is_answered_in_time_and_the_order_is_one_all_the_same(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    made = call()
    async with writes_held(dsn, "audit"):
        with pytest.raises(OutcomeUnknown):
            await shop.place_within(3.0, made)  # so long that it has been sent
    await shop.drain(60)
    spooled = Attempt(made.call_key, made.caller, made.dialled, made.called_at, "spool")
    assert await shop.place(spooled) is Outcome.PLACED
    assert await books(dsn) == Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)
    assert await value(dsn, "SELECT count(*) FROM outbox") == 1


async def test_a_frozen_and_a_stopped_postgresql_lose_and_double_nothing() -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        calls = [call(f"1008610{1 + n:03}", f"138{n:08}") for n in range(60)]
        answers: dict[str, Outcome] = {}

        async def ask(made: Attempt) -> None:
            with suppress(Unavailable, OutcomeUnknown):  # the node would spool it
                answers[made.call_key] = await shop.place_within(1.0, made)

        async def ring(some: list[Attempt]) -> None:
            for made in some:
                asking.append(asyncio.create_task(ask(made)))
                await asyncio.sleep(0.02)

        asking: list[asyncio.Task[None]] = []
        await ring(calls[:10])
        with frozen(server):
            await ring(calls[10:40])
            await asyncio.sleep(1.5)
        await ring(calls[40:50])
        await server.stop()
        await ring(calls[50:])
        await asyncio.gather(*asking)
        assert answers.keys() < {made.call_key for made in calls}
        await server.start()
        await until(lambda: database.up)
        await shop.drain(60)
        outcomes = [await shop.place(made) for made in calls]  # the spool, taken in
        assert set(outcomes) == {Outcome.PLACED}
        assert {answers[made.call_key] for made in calls if made.call_key in answers} == {Outcome.PLACED}
        assert (await books(server.dsn)).orders == len(calls)
        await database.close()


async def test_while_postgresql_is_down_callers_are_told_at_once() -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        await server.stop()
        await until(lambda: not database.up)
        async with asyncio.timeout(10):
            with pytest.raises(Unavailable):
                await shop.place(call())
        await database.close()


async def test_a_ccore_killed_at_any_moment_keeps_what_it_said_and_doubles_nothing(
    database: Database, dsn: str
) -> None:
    await open_shop(database)
    dice = random.Random(7)
    said: set[str] = set()
    for _ in range(12):
        said |= await run_until_killed(dsn, kill_after=dice.randint(1, 20), then_s=dice.random() * 0.01)
        assert said <= {row["call_key"] for row in await sql(dsn, "SELECT call_key FROM orders")}
    said |= await run_until_killed(dsn, kill_after=10**6, then_s=0)  # which is never
    assert len(said) == 300
    assert await books(dsn) == Books(orders=300, ledger=300, messages=300, audit=300, attempts=300, placed=300)


async def run_until_killed(dsn: str, kill_after: int, then_s: float) -> set[str]:
    """Run crash_calls, kill it ``then_s`` after so many answers; the keys of the calls that were answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.crash_calls", dsn, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines: list[bytes] = []
    async for line in process.stdout:
        lines.append(line)
        if len(lines) == kill_after:
            await asyncio.sleep(then_s)
            process.kill()
    await process.wait()
    return {line.decode().strip() for line in lines if line.endswith(b"\n")}
