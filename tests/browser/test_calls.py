"""The story of a call: real calls through a menu and a queue to agents who are recorded, and orders, are told."""

import asyncio
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture, fits
from tests.support import sip
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import CallCentre
from tests.support.storied import CALLER, rings, storied
from tests.support.waiting import until

BUILT = storied
ORDERED, CODE, NO_CODE = "13912345678", "1008610001", "1008699999"
NOTE = '<img src=x onerror=alert(1)> "再打"'
# What the story of the long call tells, in this order, by the words of its steps in Chinese.
TOLD = [
    "来电,拨打 10086",
    "进入热线 10086",
    "按键 2",
    "按键 1",
    "离开菜单,前往队列“综合服务”",
    "在队列“综合服务”排队 .*agent 1002",
    "agent 1001 .* 振铃未接",
    "agent 1002 .* 振铃并接听",
    "agent 1002 .* 与客户通话",
    "保持:客户听音乐",
    "备注",
    "agent 1001 .* 振铃并接听",
    "agent 1001 .* 与客户通话",
    "客户挂断",
]


@pytest.fixture(scope="module", name="told")
def _told(stack: Any) -> str:
    """Calls were made and are over; the long one's LinkedID."""
    call: str = stack.run(_calls(stack.built), 240)
    return call


async def _calls(centre: CallCentre) -> str:
    first, second = centre.phones["1001"], centre.phones["1002"]
    first.answers_after_s = None
    await centre.ask("POST", "/api/v1/agents/1002/pause", {"reason": "rest"})
    await centre.until_members()
    async with rings(centre) as caller:
        await caller.until("main-menu")  # a key before it is lost
        await caller.key("2")
        await caller.until("account-menu")
        await caller.key("1")
        await first.until_rung()
        await centre.ask("POST", "/api/v1/agents/1002/resume")
        await second.until_answered(1, 30)
        call = await _talking(centre, "1002")
        path = f"/api/v1/calls/{call}"
        await centre.ask("POST", f"{path}/hold")
        await asyncio.sleep(0.5)
        await centre.ask("POST", f"{path}/resume")
        assert (await centre._asked("POST", f"{path}/notes", {"text": NOTE}))[0] == 201
        first.answers_after_s = 0.1
        await centre.ask("POST", f"{path}/transfer", {"agent": "1001"})
        await first.until_answered()
        await asyncio.sleep(0.5)  # they talk for so long
    await until_no_channels(centre.site.node)
    placed = await sip.place(centre.site.sip_port, [(ORDERED, CODE), (ORDERED, CODE), (ORDERED, NO_CODE)], rate=1)
    assert [each.code for each in placed] == [200] * 3
    await until_no_channels(centre.site.node)
    await centre.site.all_records_in()
    await centre.site.until("SELECT count(*) FROM folded_calls WHERE state = 'ended'", 4)
    for due in ("queue_folds_due", "walk_folds_due"):
        await centre.site.until(f"SELECT count(*) FROM {due}", 0)
    await centre.site.until("SELECT count(*) FROM recordings WHERE state = 'stored'", 1, 90)
    return call


async def _talking(centre: CallCentre, agent: str) -> str:
    """The call in which this agent talks, once ccore knows it."""
    found: list[str] = []

    async def known() -> bool:
        calls = (await centre.ask("GET", "/api/v1/calls"))["calls"]
        found[:] = [each["call"] for each in calls for leg in each["agents"] if leg["agent"] == agent and leg["talks"]]
        return bool(found)

    await until(known)
    return found[0]


def steps(page: Page) -> list[str]:
    """What the list of steps says, in its order."""
    said = page.locator("[data-step] .said")
    expect(said.first).to_be_visible()
    return [re.sub("\\s+", " ", text).replace("，", ",").replace("：", ":") for text in said.all_inner_texts()]


def test_a_call_is_found_and_told_from_its_first_step_to_its_last(
    console: Console, told: str, axe: Axe, picture: Picture
) -> None:
    page = console.as_("supervisor", path="/calls")
    rows = page.locator("tbody tr.opens")
    expect(rows).to_have_count(4)
    axe(page)
    picture(page, "calls")
    page.get_by_label("主叫号码").fill(CALLER)
    page.get_by_label("结果").select_option(label="人工已接听")
    page.get_by_label("坐席").select_option(label="1001 agent 1001")
    page.get_by_label("队列").select_option(label="综合服务")
    page.get_by_role("button", name="搜索").or_(page.get_by_role("button", name="查询")).click()
    expect(rows).to_have_count(1)
    assert CALLER not in page.url
    expect(rows).to_contain_text("138 **** 5678")
    rows.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/calls/story.call={re.escape(told)}$"))

    said = steps(page)
    place = -1
    for wanted in TOLD:
        place = next((at for at in range(place + 1, len(said)) if re.search(wanted, said[at])), -1)
        assert place >= 0, f"{wanted} is not there in this order: {said}"
    assert any("boss 转接给 agent 1001" in step for step in said)  # as they ring, or a moment before
    assert {"系统应答", "录音（已入库）"} <= set(said)  # at one moment with others
    expect(page.get_by_text(NOTE)).to_be_visible()  # as text
    why = page.locator("[data-kind=rang]").first
    expect(why).to_contain_text("选中 agent 1001")
    axe(page)
    picture(page, "call-story")

    page.locator("[data-kind=talked] button.at").first.click()
    expect(page.locator(".mark.chosen")).to_have_count(1)
    page.get_by_role("button", name="播放录音").click()
    expect(page.get_by_role("group", name="录音 1")).to_have_attribute("data-state", "ready")
    picture(page, "call-story-plays")


def test_orders_are_told_with_the_reason(console: Console, told: str, picture: Picture) -> None:
    page = console.as_("quality", path="/calls?outcome=ordered")
    page.locator("tbody tr.opens").click()
    expect(page.locator("[data-kind=order-placed]")).to_contain_text("下单成功：5GB流量包")
    expect(page.locator("[data-kind=text]")).to_contain_text("订购受理")
    picture(page, "call-story-order")
    page.go_back()
    page.get_by_label("结果").select_option(label="下单未成功")
    page.get_by_role("button", name="搜索").or_(page.get_by_role("button", name="查询")).click()
    rows = page.locator("tbody tr.opens")
    expect(rows).to_have_count(2)
    for row, why in ((0, "没有这个产品代码或认领号"), (1, "该号码已有同一产品的有效订单")):
        rows.nth(row).click()
        expect(page.locator("[data-kind=order-refused]")).to_contain_text(why)
        page.go_back()


def test_a_call_that_nobody_knows_and_somebody_who_may_not(console: Console, told: str) -> None:
    console.forgive(r"404 GET .*/calls/nowhere-1\.2/story")
    page = console.as_("supervisor", path="/calls")
    page.get_by_label("通话编号").fill("nowhere-1.2")
    page.get_by_role("button", name="打开").click()
    expect(page.get_by_role("alert")).to_be_visible()
    agent = console.as_("agent", path=f"/calls/story?call={told}")
    expect(agent.locator("[data-step]")).to_have_count(0)
    expect(agent.get_by_role("heading", name="通话详情")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, looks: Looks, told: str) -> None:
    page = console.as_("supervisor", language=language, path="/calls")
    expect(page.locator("tbody tr.opens")).to_have_count(4)
    looks(page, "calls")
    page.goto(f"/calls/story?call={told}")
    assert len(steps(page)) > len(TOLD) - 1
    looks(page, "call-story")


def test_on_a_narrow_screen(console: Console, told: str, axe: Axe, picture: Picture) -> None:
    page = console.as_("supervisor", path=f"/calls/story?call={told}", size=(390, 844))
    assert steps(page)
    fits(page)
    axe(page)
    picture(page, "call-story-narrow")


def test_a_story_goes_on_with_its_call(console: Console, told: str) -> None:
    centre: CallCentre = console.stack.built
    caller = console.stack.enter(rings(centre))
    console.stack.run(caller.until("main-menu"))
    console.stack.run(centre.site.until("SELECT count(*) FROM folded_calls WHERE state = 'open'", 1))
    call = console.stack.run(centre.site.value("SELECT linkedid FROM folded_calls WHERE state = 'open'"))
    page = console.as_("supervisor", path=f"/calls/story?call={call}")
    expect(page.get_by_text("进行中").first).to_be_visible()
    pressed = page.locator("[data-step]", has_text="按键 2")
    expect(pressed).to_have_count(0)
    console.stack.run(caller.key("2"))
    expect(pressed).to_be_visible()  # nobody has asked for it
    pressed.get_by_role("button").first.click()
    chosen = page.locator(".mark.chosen")
    expect(chosen).to_have_count(1)
    caller.hang_up()
    expect(page.locator("[data-step]", has_text="客户挂断")).to_be_visible()
    expect(page.get_by_text("进行中")).to_have_count(0)
    expect(chosen).to_have_count(1)
