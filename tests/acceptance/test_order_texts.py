"""Orders by telephone and by text message: real calls, a real Kannel, and every text message that telephones got."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccore.config import Http
from ccore.texting import Messages
from tests.support import sip
from tests.support.asterisk import until_channels
from tests.support.kannel import SECRETS, Network, Surroundings, kannel_running, texting_config
from tests.support.shop import earned, product, states, texts
from tests.support.site import Site, site, subscribers
from tests.support.waiting import until

FULL = os.environ.get("CCORE_FULL") == "1"
ORDERS = 10_000 if FULL else 120
RATE = 20  # calls a second, and as many text messages
EARNS = {"10": 200, "11": 249}  # fen, by the papers of the demo firm: flat, and 12.5 % of 19.90
CODES = [f"{code}{claim:03}" for code in EARNS for claim in range(1, 11)]


@dataclass(frozen=True, slots=True)
class Shop:
    """A site whose text messages go and come by Kannel."""

    site: Site
    network: Network

    async def texted(self, sender: str, text: str) -> None:
        """A subscriber sends a text message."""
        await self.network.send(f"+86{sender}", "10086", text)

    async def got(self, recipient: str, count: int) -> list[str]:
        """The first texts a subscriber's telephone has got, once there are so many."""
        await until(lambda: len(self.network.texts(f"+86{recipient}")) >= count)
        return self.network.texts(f"+86{recipient}")


def accepted(network: Network) -> list[str]:
    """Who has got a text message that says that an order is accepted, as often as they have."""
    return [got.recipient for got in network.got if "已受理" in got.text]


@pytest.fixture(scope="module")
async def texting(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Surroundings]:
    (directory := tmp_path_factory.mktemp("kannel")).mkdir(exist_ok=True)
    async with kannel_running(texting_config(directory)) as running:
        yield running


@pytest.fixture
async def shop(texting: Surroundings, tmp_path: Path) -> AsyncIterator[Shop]:
    (secrets := tmp_path / "var/secrets.toml").parent.mkdir()
    secrets.write_text("".join(f'{key} = "{text}"\n' for key, text in SECRETS.items()), encoding="utf-8")
    secrets.chmod(0o600)
    messages = Messages.model_validate(
        {"gateway": "kannel", "per_second": 2000, "kannel": {"url": texting.kannel.sendsms}}
    )
    http = Http(port=texting.config.http.port)
    async with site(tmp_path, http=http, messages=messages) as built:
        yield Shop(built, texting.network)
        texting.network.got.clear()
        built.assert_log_is_clean()


async def test_an_order_by_text_message_from_the_telephone_and_back(shop: Shop) -> None:
    caller = "13900000001"
    await product(shop.site.postgres.dsn, "11", confirm="sms")
    await shop.texted(caller, "１０００１")
    (accepted,) = await shop.got(caller, 1)
    assert "5GB流量包" in accepted
    await shop.texted(caller, "11001")
    assert "回复Y" in (await shop.got(caller, 2))[1]
    await shop.texted(caller, "y")
    assert "视频会员月卡" in (await shop.got(caller, 3))[2]
    await shop.texted(caller, "TD10")
    assert "已取消" in (await shop.got(caller, 4))[3]
    await shop.texted(caller, "你好")
    await shop.texted(caller, "你好")
    await shop.got(caller, 5)
    await shop.site.until("SELECT count(*) FROM inbox WHERE state = 'done'", 6)
    assert await states(shop.site.postgres.dsn) == ["cancelled", "active"]
    assert len(shop.network.texts(f"+86{caller}")) == 5


@pytest.mark.figures
@pytest.mark.timeout(1800)
async def test_orders_by_telephone_and_by_text_message_in_equal_parts(shop: Shop) -> None:
    """Each subscriber gets exactly one success message; the ledger is what the demo's papers come to."""
    plan = {caller: CODES[number % len(CODES)] for number, caller in enumerate(subscribers(ORDERS))}
    callers = list(plan)
    by_call, by_text = callers[::2], callers[1::2]

    async def text_all() -> None:
        for caller in by_text:
            await shop.texted(caller, plan[caller])
            await asyncio.sleep(1 / RATE)

    async def call_all() -> None:
        """Who gets no answer, as on a machine that is too busy, dials again."""
        rows = [(caller, f"10086{plan[caller]}") for caller in by_call]
        for _ in range(5):
            calls = await sip.place(shop.site.sip_port, rows, rate=RATE)
            rows = [row for row, call in zip(rows, calls, strict=True) if call.code != 200]
            if not rows:
                return
            print(f"{len(rows)} of {len(calls)} callers got no answer, and dial again")
        raise AssertionError(f"{len(rows)} callers got no answer")

    await asyncio.gather(call_all(), text_all())
    await until_channels(shop.site.node, 0)
    dsn = shop.site.postgres.dsn
    await shop.site.until("SELECT count(*) FROM orders", ORDERS, 300)
    await shop.site.until("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')", 0, 600)
    channels = dict(map(tuple, await shop.site.rows("SELECT channel, count(*) FROM orders GROUP BY 1")))
    assert channels.pop("sms") == ORDERS // 2
    assert channels.keys() <= {"call", "spool"}  # some by the disk, where PostgreSQL was too busy for a caller to wait
    said = Counter(await texts(dsn))
    assert said.pop("order-accepted") == ORDERS
    assert said.keys() <= {"order-not-possible"}  # to who dialled again, and whose first call had come to something
    await until(lambda: len(accepted(shop.network)) >= ORDERS)
    assert Counter(accepted(shop.network)) == {f"+86{caller}": 1 for caller in callers}
    owed: Counter[str] = Counter()
    for code in plan.values():
        owed[f"E{code[2:]}"] += EARNS[code[:2]]
    booked = await shop.site.rows(
        "SELECT e.number, sum(l.amount_fen)::bigint FROM commission_ledger l JOIN employees e USING (employee_id)"
        " GROUP BY 1"
    )
    assert dict(map(tuple, booked)) == owed
    assert await earned(dsn) == owed.total()
    print(f"{ORDERS} orders, half of them by text message: {owed.total()} fen, each told once")
