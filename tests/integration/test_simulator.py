"""The shipped look-ups are answered by the simulated systems, and what they answer is spoken in both languages."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from ccore.ivr.adapter import Adapter
from ccore.ivr.fetch import LookUps
from ccore.ivr.menu import LookUp
from ccore.ivr.menus import load_menus
from ccore.ivr.model import Found, NotAnswered
from ccore.prompts.catalogue import load_catalogue
from ccore.prompts.kinds import Kind
from ccore.prompts.spoken import spoken, written
from ccore.shipped import shipped
from ccore.simulator import provider
from ccore.simulator.provider import ORDER_STATES, Provider
from tests.support.ports import free_port

MENUS = load_menus(shipped("dialplan"))
CATALOGUE = load_catalogue(shipped("dialplan"))
ZONE = ZoneInfo("Asia/Shanghai")


class Site:
    """The simulated systems, and what look-ups make of them."""

    def __init__(self, simulated: Provider, look_ups: LookUps, port: int) -> None:
        self.simulated = simulated
        self.port = port
        self.patience_s = 30.0  # for an answer
        self._look_ups = look_ups

    def adapter(self, name: str) -> Adapter:
        shipped_adapter = MENUS.adapters[name]
        url = shipped_adapter.url.replace(str(provider.PORT), str(self.port))
        assert url != shipped_adapter.url
        return shipped_adapter.model_copy(update={"url": url, "timeout_s": self.patience_s})

    async def ask(self, name: str, **ask: str) -> Found | NotAnswered:
        return await self._look_ups.fetch(name, self.adapter(name), ask)

    async def said(self, name: str, **ask: str) -> dict[str, str]:
        """What a caller hears in Mandarin, by value; each must be sayable in both languages."""
        found = await self.ask(name, **ask)
        assert isinstance(found, Found)
        assert found.values
        for value in found.values.values():
            if value.kind != Kind.WORDS:
                assert {
                    clip for language in ("zh", "en") for clip in spoken(language, value.kind, value.text)
                } <= CATALOGUE.keys()
        return {key: written("zh", value.kind, value.text) for key, value in found.values.items()}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    look_ups, port = LookUps({}, ZONE), free_port()
    await look_ups.open()
    async with provider.running(port, lambda: datetime(2026, 12, 22, 9, tzinfo=ZONE)) as simulated:
        yield Site(simulated, look_ups, port)
    await look_ups.close()


async def test_accounts(site: Site) -> None:
    assert await site.said("balance", number="13800138001") == {"balance": "一百六十元零七分"}
    assert await site.said("balance", number="+8613800138001") == {"balance": "一百六十元零七分"}
    assert await site.said("balance", number="13800138009") == {"balance": "欠费三十元零九分"}
    assert await site.said("bill", number="13800138001") == {
        "bill_month": "二零二六年十二月", "bill_amount": "一元零一分", "bill_due": "二零二七年一月二十日",
    }  # fmt: skip
    assert await site.said("data-usage", number="13800138001") == {
        "data_used": "二十五点四吉字节", "data_left": "十三点七吉字节",
    }  # fmt: skip
    for name in ("balance", "bill", "data-usage"):
        assert await site.ask(name, number="13800130000") == Found(None)


async def test_orders_in_every_state(site: Site) -> None:
    for state in range(len(ORDER_STATES)):
        said = await site.said("progress", number=f"1234567{state}")
        assert said["order_what"] == "progress-installation"
        assert ("visit_day" in said) == (said["order_state"] == "progress-planned")
    assert await site.said("progress", number="32345671") == {
        "order_what": "progress-repair", "order_state": "progress-planned",
        "visit_day": "二零二六年十二月三十日", "visit_time": "下午三点三十分",
    }  # fmt: skip
    assert await site.ask("progress", number="92345671") == Found(None)


async def test_error_codes(site: Site) -> None:
    assert await site.said("error-code", code="691") == {"error_help": "error-691"}
    assert await site.ask("error-code", code="999") == Found(None)
    assert {f"error-{code}" for code in provider.ERROR_CODES} == MENUS.adapters["error-code"].prompts


async def test_faults_on_demand(site: Site) -> None:
    async with aiohttp.ClientSession() as session:
        for fault in ("hang", "error", "garbage"):
            async with session.put(f"http://127.0.0.1:{site.port}/fault/{fault}") as answer:
                assert answer.status == 200
            site.patience_s = 0.5 if fault == "hang" else 30.0
            assert await site.ask("balance", number="13800138001") == NotAnswered()
        async with session.put(f"http://127.0.0.1:{site.port}/fault/fire") as answer:
            assert answer.status == 404
        async with session.put(f"http://127.0.0.1:{site.port}/fault/none") as answer:
            assert answer.status == 200
    assert await site.said("balance", number="13800138001")


def test_every_shipped_look_up_asks_what_its_adapter_needs_and_says_what_there_is() -> None:
    asked = [node for node in MENUS.nodes.values() if isinstance(node, LookUp)]
    assert {node.adapter for node in asked} == MENUS.adapters.keys() - {"customer"}
    for node in asked:
        assert node.ask.keys() == MENUS.adapters[node.adapter].asks
        assert MENUS.adapters[node.adapter].prompts <= CATALOGUE.keys()
