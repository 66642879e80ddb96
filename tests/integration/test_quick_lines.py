"""Quick lines and self-service: what callers hear, word for word, with the systems well, away and hung."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from ccore.db.pool import Database
from ccore.ivr import customers as customers_known
from ccore.ivr.announcements import Announcements
from ccore.ivr.announcers import Announcers
from ccore.ivr.customers import ADAPTER, Customers
from ccore.ivr.errands import Errands
from ccore.ivr.fetch import LookUps
from ccore.ivr.instructions import CallSeen, Instructions
from ccore.ivr.loads import Load
from ccore.ivr.menus import Menus, load_menus
from ccore.ivr.notes import Notes
from ccore.ivr.service import Ivr
from ccore.prompts.catalogue import load_catalogue
from ccore.shipped import shipped
from ccore.simulator import provider
from ccore.simulator.provider import Fault, Provider
from tests.support.menus import SHANGHAI
from tests.support.ports import free_port

CATALOGUE = load_catalogue(shipped("dialplan"))
FALLBACK_S = 2.0  # from the call to the prompt that says that the system does not answer
SLACK_S = 8.0  # this machine's
PATIENT_S = 30.0  # for systems that are well, on a busy machine


class Site:
    """The shipped menus, with the simulated systems beside them."""

    def __init__(self, simulated: Provider, ivr: Ivr) -> None:
        self.simulated = simulated
        self._ivr = ivr

    async def call(self, dialled: str, caller: str, *inputs: str) -> "Heard":
        """Dial, then key each of ``inputs`` when asked; to the end, or until more keys are wanted."""
        call = CallSeen("node1!1795330799.1", dialled, caller, "local")
        waiting, event, keys, heard = list(inputs), "begun", "", Heard()
        while True:
            told = await self._ivr.step(event, replace(call, keys=keys))
            call = replace(call, state=told["CCORE_STATE"])
            heard.hear(told)
            if told["CCORE_RESULT"] == "say":
                event, keys = "played", ""
            elif told["CCORE_RESULT"] == "listen" and waiting:
                event, keys = "keyed", waiting.pop(0)
            else:
                return heard


class Heard:
    """What one caller heard, the prompts after the last key first; and what the call came to."""

    def __init__(self) -> None:
        self.text = ""
        self.result = ""

    def hear(self, told: Instructions) -> None:
        self.result = told["CCORE_RESULT"]
        files = [file for key in ("CCORE_FIRST", "CCORE_PROMPT") for file in told.get(key, "").split("&") if file]
        said: Sequence[str] = [
            CATALOGUE[file.removeprefix("ccore/")].sentence("en" if told["CCORE_LANGUAGE"] == "en" else "zh")
            for file in files
        ]
        self.text += " ".join(said) + " " if told["CCORE_LANGUAGE"] == "en" else "".join(said)


def beside(menus: Menus, port: int, **changes: object) -> Menus:
    """The menus, with their systems at ``port``."""
    there = {
        name: adapter.model_copy(update={"url": adapter.url.replace(str(provider.PORT), str(port)), **changes})
        for name, adapter in menus.adapters.items()
    }
    return replace(menus, adapters=there)


@pytest.fixture
async def site(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(customers_known, "WITHIN_S", PATIENT_S)
    async with running(database, timeout_s=PATIENT_S) as built:
        yield built


@asynccontextmanager
async def running(database: Database, **changes: object) -> AsyncIterator[Site]:
    look_ups, port = LookUps({}, SHANGHAI), free_port()
    menus = beside(load_menus(shipped("dialplan")), port, **changes)
    customers = Customers(database, look_ups, "CN")
    customers.use(menus.adapters[ADAPTER])
    announcements = Announcements(database, {})
    errands = Errands(look_ups, Notes(database, "CN", r"[2-8]\d{2,4}", 1.0), Announcers(database, announcements, {}))
    ivr = Ivr(errands, customers.known, announcements.now, lambda: Load({}, {}), SHANGHAI)
    ivr.use(1, menus)
    await look_ups.open()
    async with provider.running(port, lambda: datetime(2026, 12, 22, 9, tzinfo=SHANGHAI)) as simulated:
        yield Site(simulated, ivr)
    await look_ups.close()


async def test_dial_and_hear(site: Site) -> None:
    goodbye = "感谢您的来电，再见。"
    for number, text in {
        "1001011": "您的账户余额是，一百六十元零七分",
        "1001012": "您查询的账单月份是，二零二六年十二月应缴金额是，一元零一分最后缴费日期是，二零二七年一月二十日",
        "1001013": "您本月已经使用流量，二十五点四吉字节剩余流量，十三点七吉字节",
    }.items():
        heard = await site.call(number, "13800138001")
        assert (heard.text, heard.result) == (text + goodbye, "hang-up")


async def test_in_english_for_those_who_are_known_to_speak_it(site: Site) -> None:
    heard = await site.call("1001011", "13800138066")
    assert heard.text == (
        "Your account balance is one hundred and sixty-four yuan and sixty-two fen Thank you for calling. Goodbye. "
    )


async def test_a_caller_without_an_account_or_a_number(site: Site) -> None:
    for caller in ("13800130000", "withheld"):
        heard = await site.call("1001011", caller)
        assert heard.text == "很抱歉，没有查到您来电号码的账户信息。感谢您的来电，再见。"


async def test_a_system_that_hangs_is_spoken_of_in_time(database: Database) -> None:
    async with running(database) as site:
        site.simulated.fault = Fault.HANG
        began = time.monotonic()
        heard = await site.call("1001012", "13800138001")
        assert time.monotonic() - began < FALLBACK_S + SLACK_S
    assert heard.text == "很抱歉，查询系统暂时没有应答，请您稍后再查询。感谢您的来电，再见。"


async def test_by_keys_the_caller_goes_back_to_the_menu(site: Site) -> None:
    heard = await site.call("10086", "13800138001", "1", "1")
    menu = CATALOGUE["account-menu"].zh
    assert heard.text.endswith(f"{menu}您的账户余额是，一百六十元零七分{menu}")
    assert heard.result == "listen"


async def test_the_progress_of_an_order(site: Site) -> None:
    heard = await site.call("10086", "13800138001", "2", "2", "32345671")
    menu = CATALOGUE["broadband-menu"].zh
    told = "您的维修工单，已经安排工程师，预约上门时间是，二零二六年十二月三十日下午三点三十分"
    assert heard.text.endswith(f"{CATALOGUE['progress-ask'].zh}{told}{menu}")
    heard = await site.call("10086", "13800138001", "2", "2", "12345673")
    assert heard.text.endswith(f"您的装机工单，已经完成，感谢您的耐心等待。{menu}")
    heard = await site.call("10086", "13800138001", "2", "2", "92345673", "1", "22345674")
    assert heard.text.endswith(f"您的移机工单，已经取消，如有疑问请咨询人工服务。{menu}")


async def test_help_with_an_error_code(site: Site) -> None:
    heard = await site.call("10086", "13800138001", "2", "3", "691")
    assert heard.text.endswith(f"{CATALOGUE['error-691'].zh}{CATALOGUE['error-code-more'].zh}")
    heard = await site.call("10086", "13800138001", "2", "3", "000")
    assert heard.text.endswith(CATALOGUE["error-code-missing"].zh)
