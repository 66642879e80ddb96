"""Campaigns at the agent's desktop: a contact is looked at, called at a click, talked to, and is to be called again."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from ccore.clock import utc_now
from ccore.pbx.far_end import HOST
from tests.browser.conftest import Axe, Console, Picture
from tests.browser.desks import hears, phase, seated, singing
from tests.support.agents import Phone, phone
from tests.support.browser_desk import AGENT_HZ, CALLER_HZ, LI, voice
from tests.support.call_centre import Desk
from tests.support.calling_out import QUEUE, QUEUES, CallingOut, calling_out, campaign, put
from tests.support.far_end import Far
from tests.support.ports import free_port
from tests.support.site import Site
from tests.support.toned import Choir
from tests.support.toned import singing as sung

RINGING_HZ = 450  # of China
WORDS = """
[disposition.sold]
title = "同意办理"
[disposition.later]
title = "稍后再联系"
"""
WRAPPED = {QUEUE: QUEUES[QUEUE].replace("wrap_up_s = 0", 'wrap_up_s = 1\ndispositions = ["sold", "later"]')}
SCRIPT = "您好，{name}，您的{plan}快到期了。"
BECOMES = {"sold": "done", "later": "call-back"}
SEEN = campaign("seen", mode="preview", dispositions=BECOMES, script=SCRIPT)
DIALLED = campaign("dialled", dispositions=BECOMES, script=SCRIPT)  # its agents' phones take its calls by themselves


@dataclass
class Calling:
    """The site, and the customer's telephone."""

    out: CallingOut
    customer: Phone
    choir: Choir

    @property
    def site(self) -> Site:
        """Where it runs."""
        return self.out.site


@asynccontextmanager
async def one_campaign(directory: Path) -> AsyncIterator[Calling]:
    """It runs, with a contact of each campaign; whoever is called sings."""
    port = free_port(socket.SOCK_DGRAM)
    far = cast(Far, SimpleNamespace(port=port))  # of an exchange only its port is asked
    async with AsyncExitStack() as stack:
        calling = calling_out(
            directory, far, {"looked": SEEN, "called": DIALLED}, [Desk(LI, "2001", {})], queues=WRAPPED, words=WORDS
        )
        out = await stack.enter_async_context(calling)
        behind = phone(out.site.sip_port, "customer", host=HOST, port=port, register=False)
        customer, choir = await stack.enter_async_context(behind), Choir({"caller": CALLER_HZ, "agent": AGENT_HZ})
        customer.answers_after_s = None
        await stack.enter_async_context(sung(choir, {"caller": customer}))
        contact = {"name": "王小明", "fields": '{"plan": "<b>金卡</b>"}', "zone": "Asia/Shanghai", "region": "CN"}
        lists = ("seen", "+8613800000001"), ("dialled", "+8613800000002")
        await put(out.site.postgres.dsn, [{"list": each, "number": number, **contact} for each, number in lists])
        await out.set("looked", "running")
        yield Calling(out, customer, choir)


BUILT = one_campaign


@pytest.fixture(scope="module", name="browser")
def _browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone sings a tone of its own."""
    opened = singing(browser, voice(tmp_path_factory.mktemp("voice") / "voice.wav"))
    yield opened
    opened.close()


async def picked_up(phone: Phone) -> None:
    """It rings, and is answered."""
    await phone.until_rung()
    phone.pick_up()


def test_a_contact_is_looked_at_called_and_to_be_called_again(console: Console, axe: Axe, picture: Picture) -> None:
    calling: Calling = console.stack.built
    page = seated(console, moves=True)
    page.get_by_role("button", name="取下一个外呼客户").click()
    script = page.get_by_role("region", name="外呼客户")
    expect(script).to_contain_text("您好，王小明，您的<b>金卡</b>快到期了。")
    expect(script).to_contain_text("**** 0001")
    axe(page)
    picture(page, "desk-preview")
    script.get_by_role("button", name="拨打", exact=True).click()
    phase(page, "talking")  # what was asked for is answered by itself
    hears(page, RINGING_HZ)
    console.stack.run(picked_up(calling.customer))
    hears(page, CALLER_HZ)
    console.stack.run(calling.choir.until({"caller": {"agent"}}))
    expect(script).to_contain_text("王小明")
    expect(page.locator(".pop")).to_contain_text("**** 0001")
    page.keyboard.press("Alt+x")
    phase(page, "none")
    page.get_by_label("稍后再联系").check()
    again = (utc_now().astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).replace(second=0, microsecond=0)
    page.get_by_label("约定回访时间").fill(again.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("由我本人回访").check()
    picture(page, "desk-again")
    page.keyboard.press("Alt+s")
    expect(page.get_by_role("list", name="本次通话的记录")).to_contain_text("稍后再联系")
    rows = console.stack.run(calling.site.rows("SELECT agent, again_at, own FROM dispositions"))
    assert [(row["agent"], row["again_at"], row["own"]) for row in rows] == [(LI, again, True)]
    expect(page.locator(".doing-now")).to_contain_text("空闲")


def test_a_contact_who_is_called_for_the_agent_is_there_without_a_touch(console: Console, picture: Picture) -> None:
    calling: Calling = console.stack.built
    page = seated(console, language="en", scheme="dark")
    calling.customer.answers_after_s = 0.2
    console.stack.run(calling.out.set("called", "running"))
    phase(page, "talking")
    expect(page.locator(".phone[data-line]")).to_contain_text("Answered by itself")
    hears(page, CALLER_HZ)
    console.stack.run(calling.choir.until({"caller": {"agent"}}))
    script = page.get_by_role("region", name="Campaign contact")
    expect(script).to_contain_text("您好，王小明，您的<b>金卡</b>快到期了。")
    expect(page.locator(".pop")).to_contain_text("**** 0002")
    picture(page, "desk-campaign")
    page.keyboard.press("Alt+x")
    phase(page, "none")
