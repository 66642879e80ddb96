"""Orders that a key confirms, on a real Asterisk: heard, pressed, hung up on at any moment; and a provider behind."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from ccore.breaker import Breaker
from ccore.config import Paths
from ccore.selling import Confirmation, Provisioning
from tests.acceptance.test_quick_lines import operators
from tests.support import sip
from tests.support.asterisk import complaints, until_no_channels
from tests.support.heard import Sounds, sounds_in
from tests.support.keypad import Keypad, dialled
from tests.support.provider import Mood, Provider, provider
from tests.support.shop import earned, life, product, texts
from tests.support.site import Site, site, subscribers

KEY, TEXT, NONE = "1008611001", "1008612001", "1008610001"
KEY_WITHIN_S = 10
CCORE_AWAY = ("handle_connection: Connecting to", "FastAGI failed")  # in the one call that is for


class Shop:
    """A site where product 11 is confirmed by a key and 12 by a text message, and what its callers can hear."""

    def __init__(self, built: Site, far: Provider) -> None:
        self.site = built
        self.far = far
        self.dsn = built.postgres.dsn
        self.sounds = Sounds(sounds_in(built.node.directory / "sounds/ccore"))

    def dialled(self, number: str, caller: str) -> AbstractAsyncContextManager[Keypad]:
        return dialled(self.site.sip_port, number, caller, sounds=self.sounds)

    async def order_of(self, caller: str) -> int:
        number = await self.site.value("SELECT order_id FROM orders WHERE subscriber = $1", f"+86{caller}")
        assert isinstance(number, int)
        return number


@pytest.fixture(scope="module")
async def shop(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    directory = tmp_path_factory.mktemp("keys")
    paths = Paths(var=directory / "var", dialplan=operators(directory / "plan", 1))
    async with provider() as far:
        confirmation = Confirmation(key_within_s=KEY_WITHIN_S)
        hasty = Provisioning(
            url=far.url, timeout_s=0.5, first_pause_s=0.1, longest_pause_s=0.3, breaker=Breaker(open_s=0.3)
        )
        async with site(directory, paths=paths, confirmation=confirmation, provisioning=hasty) as built:
            await product(built.postgres.dsn, "11", confirm="key")
            await product(built.postgres.dsn, "12", confirm="sms")
            yield Shop(built, far)
            await until_no_channels(built.node)
            assert not (said := complaints(built.node, CCORE_AWAY)), "\n".join(said)
            await built.all_records_in()
            built.assert_log_is_clean()


async def test_the_key_is_asked_for_and_confirms(shop: Shop) -> None:
    async with shop.dialled(KEY, "13800000001") as phone:
        await phone.until("order-confirm-key")
        await phone.key("1")
        await phone.until_over()
    assert [each.name for each in phone.heard()] == ["order-confirm-key", "order-placed"]
    assert await life(shop.dsn, await shop.order_of("13800000001")) == ["pending_confirm", "active"]
    assert await texts(shop.dsn, "+8613800000001") == ["order-accepted"]


async def test_another_key_has_a_text_message_ask(shop: Shop) -> None:
    async with shop.dialled(KEY, "13800000002") as phone:
        await phone.until("order-confirm-key", whole=True)
        await phone.key("2")
        await phone.until_over()
    assert [each.name for each in phone.heard()] == ["order-confirm-key", "order-confirm-text"]
    assert await texts(shop.dsn, "+8613800000002") == ["confirm-request"]
    async with shop.dialled(KEY, "13800000002") as phone:
        await phone.until_over()
    assert [each.name for each in phone.heard()] == ["order-already-asked"]


async def test_what_a_text_message_confirms_is_said_so(shop: Shop) -> None:
    async with shop.dialled(TEXT, "13800000003") as phone:
        await phone.until_over()
    assert [each.name for each in phone.heard()] == ["order-confirm-text"]
    assert await texts(shop.dsn, "+8613800000003") == ["confirm-request"]


async def test_hung_up_at_any_moment_an_order_is_confirmed_or_asked_about(shop: Shop) -> None:
    dice = random.Random(5)
    room = asyncio.Semaphore(10)

    async def one(caller: str) -> bool:
        """Whether the key was pressed for so long that Asterisk has surely taken it for one."""
        async with room, shop.dialled(KEY, caller) as phone:
            await asyncio.sleep(dice.random() * 0.6)
            if dice.random() < 0.7:
                await phone.key("1")
                await asyncio.sleep(dice.choice([0, 0.05, 0.6]))
            return any(each.name == "order-placed" for each in phone.heard())

    callers = subscribers(40, 1000)
    told = dict(zip(callers, await asyncio.gather(*map(one, callers)), strict=True))
    await shop.site.until_spool_is_empty(shop.site.node.name)
    waiting = "SELECT count(*) FROM orders WHERE state = 'pending_confirm' AND confirm_by = 'key'"
    await shop.site.until(waiting, 0, KEY_WITHIN_S + 30)
    states: Counter[str] = Counter()
    for caller in callers:
        (row,) = await shop.site.rows("SELECT state, confirm_by FROM orders WHERE subscriber = $1", f"+86{caller}")
        said = {"active": ["order-accepted"], "pending_confirm": ["confirm-request"]}[row["state"]]
        assert await texts(shop.dsn, f"+86{caller}") == said
        assert row["state"] == "active" or not told[caller]
        states[row["state"]] += 1
    print("hung up at any moment:", dict(states), "of whom heard that it is placed:", sum(told.values()))
    assert len(states) == 2
    await earned(shop.dsn)


async def test_a_provider_that_fails_slow_and_loses_has_each_order_switched_on_once(shop: Shop) -> None:
    await product(shop.dsn, "10", provision_as="data-5g")
    dice = random.Random(9)
    moods: list[Mood] = ["well", "well", "losing", "failing", "slow", "cut", "not-yet"]
    shop.far.moods, shop.far.slow_s = lambda _number: dice.choice(moods), 0.8
    callers = subscribers(30, 2000)
    calls = await sip.place(shop.site.sip_port, [(caller, NONE) for caller in callers], rate=15)
    assert Counter(call.code for call in calls) == {200: 30}
    placed = f"SELECT count(*) FROM orders WHERE state = 'active' AND dialled = '{NONE}'"
    try:
        await shop.site.until(placed, 30, 90)
    finally:
        shop.far.moods = None
    assert set(shop.far.on.values()) == {1}
    assert len(shop.far.on) == 30
    for caller in callers:
        assert await texts(shop.dsn, f"+86{caller}") == ["order-accepted", "order-active"]
    await product(shop.dsn, "10", provision_as=None)


async def test_a_key_that_ccore_is_not_there_for_is_made_up_for_by_text(shop: Shop) -> None:
    async with shop.dialled(KEY, "13800000004") as phone:
        await phone.until("order-confirm-key")
        await shop.site.signal_ccore(signal.SIGKILL)
        await phone.key("1")
        await phone.until_over()
    assert [each.name for each in phone.heard()] == ["order-confirm-key", "order-received"]
    await shop.site.start_ccore()
    await shop.site.until("SELECT count(*) FROM outbox WHERE recipient = '+8613800000004'", 1, KEY_WITHIN_S + 40)
    assert await texts(shop.dsn, "+8613800000004") == ["confirm-request"]
