"""The agent's desktop: a real call rings in the browser, both sides hear each other, and all is done that agents do."""

import json
import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Axe, Console, Language, Looks, Picture
from tests.browser.desks import CALL_WITHIN_MS, answered, hears, phase, seated, singing
from tests.support.asterisk import until_no_channels
from tests.support.browser_desk import AGENT_HZ, CALLER_HZ, WANG, Browsers, browsers, voice
from tests.support.keypad import Keypad
from tests.support.toned import Line
from tests.support.waiting import until

BUILT = browsers
NOT_YET = "409 POST .*/take-again$"  # ccore has not heard yet that the page is gone: it is asked again
POP_WITHIN_MS = 300


@pytest.fixture(scope="module", name="browser")
def _browser(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One whose microphone sings a tone of its own."""
    opened = singing(browser, voice(tmp_path_factory.mktemp("voice") / "voice.wav"))
    yield opened
    opened.close()


def rung(console: Console, page: Page, queue: str = "service") -> Keypad:
    """A caller, for whom the page rings; they are gone at the end of the test."""
    built: Browsers = console.stack.built
    call = console.stack.enter(built.call(queue))
    phase(page, "ringing")
    return call


def gone(console: Console, call: Keypad) -> None:
    """The caller has hung up, and nobody is in a call."""
    if not call.is_over:
        call.hang_up()
    console.stack.run(until_no_channels(console.stack.site.node))


def test_a_call_from_ring_to_result(console: Console, picture: Picture, axe: Axe) -> None:
    built: Browsers = console.stack.built
    page = seated(console)
    call = rung(console, page)
    pop = page.locator(".pop")
    expect(pop).to_contain_text("**** 5678")
    expect(pop).to_have_attribute("data-took-ms", re.compile("[0-9]+"))
    print("screen pop after ms:", pop.get_attribute("data-took-ms"))
    picture(page, "desk-rings")

    answered(page)
    hears(page, CALLER_HZ)
    console.stack.run(built.choir.until({"caller": {"agent"}}))
    expect(pop).to_contain_text("to-service")  # the path through the menus
    picture(page, "desk-talks")
    axe(page)

    page.keyboard.press("Alt+h")
    expect(page.get_by_text("客户在听音乐")).to_be_visible()
    console.stack.run(built.choir.until({"caller": set()}))
    page.get_by_role("button", name="恢复通话").click()
    console.stack.run(built.choir.until({"caller": {"agent"}}))
    page.keyboard.press("Alt+m")
    expect(page.get_by_role("button", name="取消静音")).to_be_visible()
    console.stack.run(built.choir.until({"caller": set()}))
    page.keyboard.press("Alt+m")

    page.keyboard.press("Alt+x")
    phase(page, "none")
    gone(console, call)
    expect(page.locator(".doing-now")).to_contain_text("话后处理")
    page.get_by_label("投诉").check()
    page.get_by_label("投诉内容").fill("<b>网速慢</b>")
    page.get_by_label("备注").fill("回访前先查线路")
    page.get_by_role("button", name="添加备注").click()
    expect(page.get_by_label("本次通话的记录")).to_contain_text("先查线路")
    page.get_by_role("button", name="保存小结").click()
    expect(page.get_by_label("本次通话的记录")).to_contain_text("投诉")
    page.keyboard.press("Alt+w")
    expect(page.locator(".doing-now")).to_contain_text("空闲")
    rows = console.stack.run(console.stack.site.rows("SELECT disposition, fields::text FROM dispositions"))
    assert [(row["disposition"], json.loads(row["fields"])) for row in rows] == [
        ("complaint", {"about": "<b>网速慢</b>"})
    ]
    console.stack.run(console.stack.site.until("SELECT count(*) FROM recordings WHERE state = 'stored'", 1, 90), 100)


def test_the_caller_is_put_through_to_a_colleague_at_another_browser(console: Console, picture: Picture) -> None:
    built: Browsers = console.stack.built
    page, other = seated(console), seated(console, WANG, language="en", scheme="dark")
    call = rung(console, page)
    answered(page)
    page.keyboard.press("Alt+t")
    page.get_by_role("button", name=f"先咨询 {WANG}").click()
    phase(other, "ringing")
    other.get_by_role("button", name="Answer").click()
    phase(other, "talking")
    hears(other, AGENT_HZ)  # the colleague
    picture(page, "desk-asks")
    expect(other.get_by_role("button", name="Put through")).to_have_count(0)  # it is not they who ask
    page.get_by_role("button", name="转接给对方").click()
    phase(page, "none")
    hears(other, CALLER_HZ)
    console.stack.run(built.choir.until({"caller": {"agent"}}))
    picture(other, "desk-talks")
    gone(console, call)
    phase(other, "none")


def talking(console: Console, page: Page) -> Keypad:
    """A caller who talks with the agent of this page."""
    call = rung(console, page)
    answered(page)
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    expect(page.locator(".pop")).to_contain_text("**** 5678")
    return call


def test_a_page_that_is_loaded_anew_takes_its_call_again(console: Console) -> None:
    console.forgive(NOT_YET)
    page = seated(console)
    call = talking(console, page)
    page.get_by_label("备注").focus()
    page.reload()
    phase(page, "talking")
    expect(page.locator(".phone[data-line]")).to_contain_text("已自动接听")
    expect(page.locator(".pop")).to_contain_text("**** 5678")
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    page.keyboard.press("Alt+x")
    phase(page, "none")
    gone(console, call)


def test_two_tabs_share_one_phone_and_the_call_outlives_the_tab_that_has_it(console: Console) -> None:
    console.forgive(NOT_YET)
    first = seated(console)
    second = console.tab(first, "/desk")
    expect(second.locator(".phone[data-line]")).to_contain_text("话机在另一个标签页中")
    call = rung(console, first)
    phase(second, "ringing")  # it sees what the first one does
    second.get_by_role("button", name="接听").click()
    phase(first, "talking")
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    first.close()
    expect(second.locator(".phone[data-line]")).to_contain_text("已自动接听", timeout=CALL_WITHIN_MS)
    phase(second, "talking")
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    gone(console, call)
    phase(second, "none")


def test_a_call_outlives_ccore_and_the_page_is_as_it_was(console: Console) -> None:
    console.forgive(r"(error: WebSocket|failed: net::ERR_|50[234] )")
    console.forgive("409 POST .*/desk/phone$")  # one that has just started does not know yet who sits where
    site = console.stack.site
    page = seated(console)
    call = talking(console, page)
    console.stack.run(site.signal_ccore(signal.SIGKILL))
    expect(page.locator(".phone[data-line]")).to_have_attribute("data-line", "away")
    phase(page, "talking")
    hears(page, CALLER_HZ)
    expect(page.locator(".pop")).to_contain_text("**** 5678")
    console.stack.run(site.start_ccore(), within_s=90)
    expect(page.locator(".phone[data-line]")).to_have_attribute("data-line", "ready", timeout=CALL_WITHIN_MS)
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    gone(console, call)
    phase(page, "none")


def test_sound_that_breaks_is_mended(console: Console) -> None:
    site = console.stack.site
    page = seated(console)
    call = talking(console, page)
    assert site.node.pid is not None
    os.kill(site.node.pid, signal.SIGSTOP)
    try:
        phase(page, "broken")
    finally:
        os.kill(site.node.pid, signal.SIGCONT)
    phase(page, "talking")
    hears(page, CALLER_HZ)
    console.stack.run(console.stack.built.choir.until({"caller": {"agent"}}))
    gone(console, call)


def test_keys_texts_and_devices(console: Console, axe: Axe, picture: Picture) -> None:
    built: Browsers = console.stack.built
    page = seated(console)
    call = talking(console, page)
    page.keyboard.press("Alt+k")
    page.keyboard.press("5")
    page.get_by_role("button", name="#", exact=True).click()
    media = built.choir.singers["caller"].media
    assert isinstance(media, Line)

    async def keyed() -> bool:
        return media.keys == "5#"

    console.stack.run(until(keyed))
    page.get_by_label("搜索模板").fill("速查")
    page.get_by_role("button", name="速查专线").click()
    page.get_by_role("button", name="发送给客户").click()
    expect(page.get_by_text("短信已提交发送")).to_be_visible()
    console.stack.run(console.stack.site.until("SELECT count(*) FROM outbox WHERE kind LIKE 'menu-quick-numbers%'", 1))
    page.get_by_role("button", name="麦克风与扬声器").click()
    meter = page.get_by_role("meter", name="麦克风音量")
    expect(meter).not_to_have_attribute("aria-valuenow", "0")  # it hears the tone
    axe(page)
    picture(page, "desk-devices")
    page.keyboard.press("Escape")
    gone(console, call)


def test_pauses_and_leaving_cut_the_phone_off(console: Console) -> None:
    page = seated(console)
    doing = page.locator(".doing-now")
    page.keyboard.press("Alt+p")
    with page.expect_response(re.compile("/pause$")):  # one thing is done at a time
        page.get_by_text("小休", exact=True).click()
    expect(doing).to_contain_text("置忙")
    expect(doing).to_contain_text("小休")
    page.keyboard.press("Alt+r")
    expect(doing).to_contain_text("空闲")
    page.get_by_role("button", name="签出").click()
    page.get_by_role("dialog").get_by_role("button", name="签出").click()
    expect(page.locator(".phone[data-line]")).to_have_attribute("data-line", "off")
    expect(page.get_by_role("button", name="签入本浏览器话机")).to_be_visible()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_it_looks(language: Language, console: Console, looks: Looks) -> None:
    page = seated(console, language=language)
    expect(page.get_by_role("heading", name="今日指标" if language == "zh" else "My day")).to_be_visible()
    looks(page, "desk")
