"""Orders that a provider has to switch on and off: asked until it has answered, done once, told once."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ccore import selling
from ccore.breaker import Breaker
from ccore.db.pool import Database
from ccore.ordering import provisioning as worker
from ccore.ordering.lives import Cancelled, Lives
from ccore.ordering.model import Outcome
from ccore.ordering.provisioning import Provisioning
from tests.support.provider import Mood, Provider, provider
from tests.support.shop import call, earned, life, open_shop, product, sql, states, texts, value

CODE = "1008610001"


@pytest.fixture
async def far() -> AsyncIterator[Provider]:
    """A provider."""
    async with provider() as built:
        yield built


def asking(database: Database, far: Provider, **settings: object) -> Provisioning:
    """ccore's part, in a hurry to ask again."""
    usual = {"url": far.url, "timeout_s": 30, "first_pause_s": 0.02, "longest_pause_s": 0.05}
    return Provisioning(database, selling.Provisioning.model_validate({**usual, **settings}), "a-token-of-the-provider")


async def rounds(work: Provisioning, dsn: str) -> None:
    """Ask until nothing is due any more."""
    async with asyncio.timeout(60), work.session() as session:
        while await value(dsn, "SELECT count(*) FROM provisionings WHERE state = 'due'"):
            await work.round(session)
            await asyncio.sleep(0.01)


async def test_an_order_is_switched_on_and_its_subscriber_told(database: Database, dsn: str, far: Provider) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    assert await shop.place(call(CODE)) is Outcome.PLACED
    assert await states(dsn) == ["confirmed"]
    await rounds(asking(database, far), dsn)
    assert await life(dsn) == ["confirmed", "activating", "active"]
    assert await texts(dsn) == ["order-accepted", "order-active"]
    assert far.on == {(1, "data-5g"): 1}
    assert far.asked == [("1", "on")]
    assert far.tokens == {"Bearer a-token-of-the-provider"}
    assert await earned(dsn) == 200


async def test_an_order_that_the_provider_refuses_is_told_why_and_earns_nothing(
    database: Database, dsn: str, far: Provider
) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    await shop.place(call(CODE))
    far.mood = "refusing"
    await rounds(asking(database, far), dsn)
    assert await life(dsn) == ["confirmed", "activating", "rejected"]
    assert await texts(dsn) == ["order-accepted", "order-failed"]
    assert await value(dsn, "SELECT params ->> 'reason' FROM outbox WHERE kind = 'order-failed'") == "no such line"
    assert await earned(dsn) == 0
    assert await shop.place(call(CODE)) is Outcome.PLACED


@pytest.mark.parametrize("first", ["failing", "not-yet", "losing", "slow", "cut"])
async def test_what_nobody_knows_is_asked_again_under_the_same_key(
    database: Database, dsn: str, far: Provider, first: Mood
) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    await shop.place(call(CODE))
    far.moods = lambda number: first if number < 2 else "well"
    far.slow_s = 30.0
    await rounds(asking(database, far, timeout_s=2 if first == "slow" else 30), dsn)
    assert far.asked == [("1", "on")] * 3
    assert far.on == {(1, "data-5g"): 1}
    assert await life(dsn) == ["confirmed", "activating", "active"]
    assert await texts(dsn) == ["order-accepted", "order-active"]


async def test_a_second_answer_is_no_other_orders(database: Database, dsn: str, far: Provider) -> None:
    shop, work = await open_shop(database), asking(database, far, at_once=1)
    await product(dsn, "10", provision_as="data-5g")
    far.mood = "twice"
    async with asyncio.timeout(60), work.session() as session:
        for number in range(4):  # one after the other by the same session
            assert await shop.place(call(CODE, f"1380000000{number}")) is Outcome.PLACED
            while await value(dsn, "SELECT count(*) FROM provisionings WHERE state = 'due'"):
                await work.round(session)
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)  # the second answer is there before the next question
    assert await states(dsn) == ["active"] * 4
    assert set(far.on.values()) == {1}
    assert len(far.asked) == 4
    assert "order-failed" not in await texts(dsn)


async def test_a_combo_has_its_parts_switched_on(database: Database, dsn: str, far: Provider) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    await product(dsn, "11", provision_as="video")
    await sql(
        dsn,
        """INSERT INTO product_parts SELECT c.product_id, p.product_id FROM products c, products p
           WHERE c.code = '12' AND p.code IN ('10', '11')""",
    )
    assert await shop.place(call("1008612001")) is Outcome.PLACED
    assert await states(dsn) == ["confirmed"]
    await rounds(asking(database, far), dsn)
    assert far.on == {(1, "data-5g"): 1, (1, "video"): 1}
    assert await shop.place(call(CODE)) is Outcome.NOT_ELIGIBLE  # they have it, in the combo


async def test_what_is_cancelled_is_switched_off_but_not_before_it_is_known_to_be_on(
    database: Database, dsn: str, far: Provider
) -> None:
    shop, lives = await open_shop(database), Lives(database, selling.Confirmation(), "CN")
    await product(dsn, "10", provision_as="data-5g")
    for number in range(3):
        await shop.place(call(CODE, f"1380000000{number}"))
    assert await lives.cancel(1, "abel", "before it was asked for") is Cancelled.DONE
    work = asking(database, far)
    far.mood = "losing"
    async with work.session() as session:
        await work.round(session)
        assert await lives.cancel(2, "abel", "while it is asked for") is Cancelled.DONE
    far.mood = "well"
    await rounds(work, dsn)
    assert await lives.cancel(3, "abel", "when it was there") is Cancelled.DONE
    await rounds(work, dsn)
    assert far.on == {(2, "data-5g"): 1, (3, "data-5g"): 1}
    assert far.off == far.on
    assert far.asked.index(("2-off", "off")) > far.asked.index(("2", "on"))
    assert await life(dsn, 1) == ["confirmed", "cancelled"]
    assert await life(dsn, 2) == ["confirmed", "activating", "cancelled"]
    assert await life(dsn, 3) == ["confirmed", "activating", "active", "cancelled"]
    assert "order-active" not in await texts(dsn, "+8613800000001")


async def test_a_provider_that_is_away_is_left_alone_and_the_admin_told(
    database: Database, dsn: str, far: Provider
) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    for number in range(6):
        await shop.place(call(CODE, f"1380000000{number}"))
    far.mood = "failing"
    work = asking(database, far, at_once=2, late_after_s=0.001, breaker=Breaker(failures=4, open_s=600))
    async with work.session() as session:
        for _ in range(20):
            await work.look(session)
        assert len(far.asked) < 8  # 4, and what was under way with the last of them
        assert len(list(work.warnings())) == 1
        assert "6 orders wait for the provider" in next(work.warnings())
    far.mood = "well"
    work._circuit = replace(work._circuit, alone_until=0.0)  # ten minutes later
    await rounds(work, dsn)
    assert set(await states(dsn)) == {"active"}


async def test_without_a_provider_orders_wait_for_one(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    await shop.place(call(CODE))
    work = Provisioning(database, selling.Provisioning(late_after_s=0.001), "")
    async with work.session() as session:
        await work.look(session)
    assert await states(dsn) == ["confirmed"]
    assert "there is no provider" in next(work.warnings())


async def test_a_ccore_killed_at_any_moment_switches_everything_on_once(
    database: Database, dsn: str, far: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at a time ask, though one should lead: what is claimed by one is not asked by the other."""
    shop = await open_shop(database)
    await product(dsn, "10", provision_as="data-5g")
    for number in range(40):
        await shop.place(call(f"1008610{1 + number:03}", f"138{number:08}"))
    dice = random.Random(11)
    moods: list[Mood] = ["well", "well", "losing", "failing", "slow", "cut"]
    far.moods = lambda _number: dice.choice(moods)
    far.slow_s = 0.7
    for _ in range(3):
        await killed_after(dsn, far, dice.randint(3, 12))
    await sql(dsn, "UPDATE provisionings SET next_at = clock_timestamp() WHERE state = 'due'")  # their time goes by
    far.moods = None
    monkeypatch.setattr(worker, "MARGIN_S", 0.2)
    one, other = asking(database, far), asking(database, far)
    await asyncio.gather(rounds(one, dsn), rounds(other, dsn))
    assert set(await states(dsn)) == {"active"}
    assert far.on == {(order, "data-5g"): 1 for order in range(1, 41)}
    told = await texts(dsn)
    assert (told.count("order-active"), told.count("order-accepted"), len(told)) == (40, 40, 80)
    assert await earned(dsn) == 40 * 200


async def killed_after(dsn: str, far: Provider, questions: int) -> None:
    """Run crash_provisioning until the provider was asked so often, and kill it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.crash_provisioning", dsn, far.url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    asked = len(far.asked)
    async with asyncio.timeout(60):
        while len(far.asked) < asked + questions and process.returncode is None:
            await asyncio.sleep(0.005)
    process.kill()
    await process.wait()
