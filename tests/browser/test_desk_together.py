"""The agent's desktop with others: three talk at once, swap, blind transfers; another browser takes the phone over."""

import base64
import hashlib
import hmac
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ccore.browser_phones import BrowserPhones
from tests.browser.conftest import Axe, Console, Picture
from tests.browser.desks import (
    CONNECTION,
    PATIENCE_S,
    answered,
    desk,
    hears,
    hears_all,
    phase,
    ready,
    seated,
    singing,
)
from tests.support.agents import Phone
from tests.support.asterisk import until_no_channels
from tests.support.browser_desk import CALLER_HZ, COLLEAGUE_HZ, LI, WANG, Browsers, browsers, voice
from tests.support.keypad import Keypad

TURN = "turn:127.0.0.1:9?transport=udp"  # nobody answers there: a call has to come about all the same
TURN_SECRET = "a secret that TURN servers know"
STUN_COOKIE = bytes.fromhex("2112a442")
# The notices that the screen is asked to show, and what became of them.
NOTICES = """() => {
  const Real = window.Notification;
  window.ccoreNotices = [];
  window.Notification = class extends Real {
    constructor(title, more) {
      super(title, more);
      const told = { title, shown: false };
      window.ccoreNotices.push(told);
      this.addEventListener("show", () => (told.shown = true));
    }
  };
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
}"""


class StunServer:
    """A port that keeps what it is asked, until it is closed."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            data, _ = self._socket.recvfrom(2048)
            if data[4:8] == STUN_COOKIE:
                self.asked.set()


STUN = StunServer()


@asynccontextmanager
async def with_servers(directory: Path) -> AsyncIterator[Browsers]:
    """Browser phones that are told of a STUN and a TURN server."""
    secrets = directory / "var/secrets.toml"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(f'turn_secret = "{TURN_SECRET}"\n', encoding="utf-8")
    secrets.chmod(0o600)
    told = BrowserPhones(stun=(f"stun:127.0.0.1:{STUN.port}",), turn=(TURN,))
    async with browsers(directory, browser_phones=told) as built:
        yield built


BUILT = with_servers


@pytest.fixture(scope="module", name="browser")
def _browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone sings a tone of its own."""
    opened = singing(browser, voice(tmp_path_factory.mktemp("voice") / "voice.wav"))
    yield opened
    opened.close()


def talking(console: Console, page: Page) -> Keypad:
    """A caller who talks with the agent of this page."""
    built: Browsers = console.stack.built
    call = console.stack.enter(built.call())
    answered(page)
    heard(console, caller={"agent"})
    return call


def heard(console: Console, **who: set[str]) -> None:
    """Each of these hears just those."""
    console.stack.run(console.stack.built.choir.until(who))


async def picked_up(phone: Phone) -> None:
    """It rings, and is answered."""
    await phone.until_rung()
    phone.pick_up()


def gone(console: Console, call: Keypad) -> None:
    """The caller has hung up, and nobody is in a call."""
    if not call.is_over:
        call.hang_up()
    console.stack.run(until_no_channels(console.stack.site.node))


def test_a_colleague_is_asked_swapped_and_all_three_talk(console: Console, axe: Axe, picture: Picture) -> None:
    built: Browsers = console.stack.built
    colleague = console.stack.enter(built.at_telephone(WANG, "2002"))
    page = seated(console)
    call = talking(console, page)
    page.keyboard.press("Alt+t")
    page.get_by_role("button", name=f"先咨询 {WANG}").click()
    console.stack.run(picked_up(colleague))
    heard(console, caller=set(), colleague={"agent"})
    hears(page, COLLEAGUE_HZ)
    asking = page.get_by_role("group", name="咨询中")
    expect(asking).to_contain_text("客户在等待")
    asking.get_by_role("button", name="切换").click()
    heard(console, caller={"agent"}, colleague=set())
    hears(page, CALLER_HZ)
    expect(asking).to_contain_text("同事在等待")
    axe(page)
    picture(page, "desk-swapped")
    asking.get_by_role("button", name="切换").click()
    heard(console, caller=set(), colleague={"agent"})
    expect(asking).to_contain_text("客户在等待")  # one thing is done at a time
    asking.get_by_role("button", name="三方通话").click()
    heard(console, caller={"agent", "colleague"}, colleague={"agent", "caller"})
    hears_all(page, CALLER_HZ, COLLEAGUE_HZ)
    expect(page.locator(".phone[data-line]")).to_contain_text("三方通话中")
    picture(page, "desk-three")
    page.keyboard.press("Alt+x")
    phase(page, "none")
    gone(console, call)


def test_a_caller_is_put_through_at_once_to_a_colleague_and_by_them_to_a_queue(
    console: Console, picture: Picture
) -> None:
    page, other = seated(console), seated(console, WANG, moves=True, language="en", scheme="dark")
    call = talking(console, page)
    page.keyboard.press("Alt+t")
    page.get_by_role("button", name=f"直接转接给 {WANG}").click()
    phase(page, "none")
    expect(page.locator(".doing-now")).to_contain_text("话后处理")
    phase(other, "ringing")
    expect(other.locator(".pop")).to_contain_text("**** 5678")
    answered(other)
    hears(other, CALLER_HZ)
    heard(console, caller={"agent"})
    ready(page)
    other.keyboard.press("Alt+t")
    other.get_by_role("radio", name="Queues").check(force=True)  # its label is over it
    picture(other, "desk-queues")
    other.get_by_role("button", name="Put through to Service").click()
    phase(other, "none")
    answered(page)
    hears(page, CALLER_HZ)
    heard(console, caller={"agent"})
    gone(console, call)
    phase(page, "none")


def test_a_queue_whose_calls_are_answered_by_themselves(console: Console) -> None:
    built: Browsers = console.stack.built
    page = seated(console, WANG)
    call = console.stack.enter(built.call("beta"))
    phase(page, "talking")  # nobody has touched it
    heard(console, caller={"agent"})
    hears(page, CALLER_HZ)
    expect(page.locator(".phone[data-line]")).to_contain_text("已自动接听")
    expect(page.locator(".pop")).to_contain_text("**** 5678")
    gone(console, call)
    phase(page, "none")


def test_an_order_is_entered_for_the_caller_and_is_of_the_call(console: Console, axe: Axe, picture: Picture) -> None:
    run, site = console.stack.run, console.stack.site
    run(site.rows("UPDATE products SET ways = '{call,sms,web,agent}'"))
    page = seated(console)
    call = talking(console, page)
    card = page.get_by_role("region", name="代客办理")
    card.get_by_label("产品号码").fill("10086 99999")
    card.get_by_role("button", name="办理").click()
    expect(card.get_by_role("status")).to_contain_text("没有这个产品号码")
    card.get_by_label("产品号码").fill("1008610002")
    page.keyboard.press("Enter")
    expect(card.get_by_role("status")).to_contain_text("已办理")
    expect(page.locator(".pop")).to_contain_text("订单（1）")
    axe(page)
    picture(page, "desk-order")
    gone(console, call)
    phase(page, "none")
    run(site.until("SELECT count(*) FROM call_records WHERE order_id IS NOT NULL AND state = 'ended'", 1))
    supervisor = console.as_("supervisor", path="/calls?outcome=ordered")
    supervisor.locator("tbody tr.opens").click()
    placed = supervisor.locator("[data-kind=order-placed]")
    expect(placed).to_contain_text("下单成功")
    expect(placed).to_contain_text("李娜代客办理")
    picture(supervisor, "call-story-agents-order")


def test_another_browser_takes_the_phone_over_with_its_call(console: Console, axe: Axe, picture: Picture) -> None:
    console.forgive(r"404 GET .*/written")  # in between the agent is in no call
    console.forgive("409 POST .*/take-again$")  # nor has ccore heard yet that the other page is gone: it is asked again
    older = seated(console)
    call = talking(console, older)
    newer = desk(console)
    phase(newer, "talking")
    hears(newer, CALLER_HZ)
    heard(console, caller={"agent"})
    said = older.locator(".phone[data-line]")
    expect(said).to_contain_text("此话机已被另一个浏览器接管")
    expect(said).to_contain_text("正在另一个浏览器中通话")
    expect(said).to_have_attribute("data-line", "off")
    axe(older)
    picture(older, "desk-taken-over")
    expect(newer.locator(".pop")).to_contain_text("**** 5678")

    older.get_by_role("button", name="在此使用话机").click()  # and back
    phase(older, "talking")
    heard(console, caller={"agent"})
    expect(newer.locator(".phone[data-line]")).to_contain_text("此话机已被另一个浏览器接管")
    older.keyboard.press("Alt+x")
    phase(older, "none")
    gone(console, call)


def test_a_call_that_rings_behind_other_windows_is_told_by_a_notice(console: Console) -> None:
    console.forgive(r"404 GET .*/written$")  # the caller has gone as it was asked
    built: Browsers = console.stack.built
    page = seated(console)
    page.context.grant_permissions(["microphone", "notifications"])
    page.evaluate(NOTICES)
    call = console.stack.enter(built.call())
    phase(page, "ringing")
    page.wait_for_function("() => window.ccoreNotices.some(({ shown }) => shown)")
    assert [each["title"] for each in page.evaluate("() => window.ccoreNotices")] == ["您有新来电"]
    gone(console, call)
    phase(page, "none")


def test_the_servers_that_are_configured_reach_the_connection(console: Console) -> None:
    page = seated(console)
    page.evaluate(CONNECTION)
    call = talking(console, page)  # that no TURN server answers keeps no call waiting
    servers = page.evaluate("() => window.ccoreConnection.getConfiguration().iceServers")
    stun, turn = servers
    assert stun["urls"] == [f"stun:127.0.0.1:{STUN.port}"]
    assert turn["urls"] == [TURN]
    assert re.fullmatch(rf"[0-9]{{10}}:{LI}", turn["username"])
    digest = hmac.new(TURN_SECRET.encode(), turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(digest).decode()
    assert STUN.asked.wait(PATIENCE_S)  # by the browser itself
    gone(console, call)
    phase(page, "none")
