"""Calling out, as a supervisor has it: a list with mistakes, a campaign that dials and drains, and why it does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ccore.pbx.far_end import Subscriber
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture, fits
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import Desk
from tests.support.calling_out import CallingOut, calling_out, campaign, table
from tests.support.contact_files import as_csv, as_xlsx
from tests.support.far_end import exchange

DESK = Desk("1001", "2001", {})
TALKS = Subscriber("answers soon, and talks for five seconds", 0.5, talk_s=5.0)
TITLES = {"spring": ("春季套餐回访", "Spring plans"), "night": ("夜间关怀", "Night calls")}
CAMPAIGNS = {
    "spring": campaign("spring", title={"zh": TITLES["spring"][0], "en": TITLES["spring"][1]}),
    "night": campaign("night", hours="never", title={"zh": TITLES["night"][0], "en": TITLES["night"][1]}),
}
HOSTILE = "<img src=x onerror=alert(1)>王小明"
HEADING = ("联系方式A", "姓名", "优先级", "plan")  # the first is like no heading that is known
ROWS = [
    ("13800000001", HOSTILE, "5", "金卡"),
    ("13800000002", "李雷", "", "银卡"),
    ("13800000003", "韩梅梅", "", "银卡"),
    ("13800000004", "赵敏", "", "银卡"),
    ("12345", "张三", "", "金卡"),
    ("", "李四", "", ""),
    ("13800000002", "李雷", "", ""),
    ("13800000009", "王五", "很高", ""),
]


@asynccontextmanager
async def built(directory: Path) -> AsyncIterator[CallingOut]:
    async with (
        exchange(table=table(TALKS)) as far,
        calling_out(directory, far, CAMPAIGNS, [DESK]) as out,
    ):
        await out.centre.ask("POST", f"/api/v1/agents/{DESK.agent}/sign-out", {})
        yield out


BUILT = built


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def test_a_list_with_mistakes_is_mended_dialled_and_drained(console: Console, axe: Axe, picture: Picture) -> None:
    out: CallingOut = console.stack.built
    page = console.as_("supervisor", path="/campaigns/lists")
    page.get_by_role("button", name="新建名单").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("spring")
    dialog.get_by_label("说明").fill("春季到期客户")
    dialog.get_by_role("button", name="新建").click()
    expect(page.get_by_role("heading", name="春季到期客户")).to_be_visible()

    choose(page, "春季.csv", as_csv(ROWS, "gb18030", HEADING))
    report = page.get_by_role("region", name="逐行报告")
    expect(report.get_by_text("找不到号码列")).to_be_visible()
    page.get_by_label("电话号码").select_option("联系方式A")
    page.get_by_role("button", name="重新检查").click()
    expect(report.locator("[data-rows=bad]")).to_contain_text("3")
    expect(report.locator("[data-rows=duplicate]")).to_contain_text("1")
    expect(report.get_by_role("row", name="6 否 联系方式A 12345 不是有效的电话号码")).to_be_visible()
    expect(report.get_by_role("row", name="很高 优先级不是 0 到 9 的整数")).to_be_visible()
    expect(page.get_by_text("话术可用的字段：plan")).to_be_visible()
    axe(page)
    picture(page, "campaigns-import")
    with page.expect_download() as downloaded:
        report.get_by_role("link", name="下载逐行报告").click()
    assert "这不是有效的电话号码" in Path(downloaded.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="导入 4 行").click()
    expect(page.locator("[data-count=open]")).to_contain_text("4")
    contacts = page.get_by_role("region", name="客户")
    expect(contacts.get_by_text(HOSTILE)).to_be_visible()
    expect(contacts.get_by_text("138****0001")).to_have_count(0)  # as people read numbers
    expect(contacts.get_by_text("138 **** 0001")).to_be_visible()

    page.get_by_role("link", name="活动", exact=True).click()
    row = page.get_by_role("row", name=TITLES["spring"][0])
    expect(row).to_contain_text("4 / 4")
    row.get_by_role("link", name=TITLES["spring"][0]).click()
    why = page.get_by_role("region", name="为什么没有在拨打？")
    expect(why.get_by_text("还没有启动：请点“启动”")).to_be_visible()
    page.get_by_role("button", name="启动", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("只在允许的拨打时段内呼出")
    page.get_by_role("dialog").get_by_role("button", name="启动").click()
    expect(why.get_by_text("队列 outbound 没有坐席签入")).to_be_visible()
    assert out.far.saw("invited") == []
    axe(page)
    picture(page, "campaign-waits")

    console.stack.run(out.centre.sign_in([DESK], {}))
    expect(page.locator("[data-figure=inTalk] dd").first).to_have_text("1")
    expect(page.locator("[data-figure=agents] dd").first).to_have_text("1")
    expect(why.get_by_text("正在外呼：最近 10 分钟拨打了")).to_be_visible()
    expect(page.locator("[data-pace]")).to_contain_text("呼出")
    axe(page)
    picture(page, "campaign-pace")

    page.get_by_role("button", name="收尾", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("谁都不会被挂断")
    dialog.get_by_label("原因").fill("下班了")
    dialog.get_by_role("button", name="收尾").click()
    expect(page.get_by_text("由 a-supervisor 开始收尾于")).to_be_visible()
    expect(page.locator("[data-figure=inTalk] dd").first).to_have_text("0")
    expect(page.get_by_text("下班了").first).to_be_visible()
    console.stack.run(out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0))
    called = len(out.far.saw("invited"))
    assert 0 < called < len(ROWS)
    page.get_by_role("link", name="结果").click()
    expect(page.get_by_role("row", name="接通")).not_to_have_count(0)
    expect(page.get_by_role("table", name="呼叫结果").get_by_text("已通话")).to_be_visible()
    axe(page)
    picture(page, "campaign-results")
    assert len(out.far.saw("invited")) == called
    console.stack.run(out.set("spring", "stopped"))
    console.stack.run(until_no_channels(out.site.node))


def test_numbers_that_are_not_to_be_called(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("supervisor", path="/campaigns/do-not-call")
    page.get_by_role("textbox", name="号码").fill("138 0000 0077")
    page.get_by_role("button", name="查询").click()
    found = page.get_by_role("region", name="这个号码能拨打吗？")
    expect(found.get_by_text("不在免打扰名单")).to_be_visible()
    expect(found.get_by_text("不在任何名单中")).to_be_visible()
    found.get_by_role("button", name="设为免打扰").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("客户来电要求")
    dialog.get_by_role("button", name="设为免打扰").click()
    expect(found.get_by_text("任何活动都不得拨打：a-supervisor 于")).to_be_visible()
    expect(page.get_by_role("region", name="免打扰号码").get_by_text("客户来电要求")).to_be_visible()
    axe(page)
    picture(page, "campaigns-do-not-call")
    found.get_by_role("button", name="解除").click()
    page.get_by_role("dialog").get_by_role("button", name="解除").click()
    expect(found.get_by_text("不在免打扰名单")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_it_looks_as_it_should(console: Console, looks: Looks, axe: Axe, language: Language) -> None:
    out: CallingOut = console.stack.built
    console.stack.run(out.set("night", "running"))
    at = 0 if language == "zh" else 1
    page = console.as_("supervisor", language=language, path="/campaigns")
    row = page.get_by_role("row", name=TITLES["night"][at])
    expect(row).to_contain_text(("运行中", "Running")[at])
    expect(row).to_contain_text(("名单 night 还不存在", "there is no list night")[at])
    looks(page, "campaigns")
    page.goto("/campaigns/campaign/night")
    expect(page.get_by_text(("名单 night 还不存在", "there is no list night")[at])).to_be_visible()
    page.goto("/campaigns/lists")
    expect(page.get_by_role("heading", level=1)).to_have_text(("名单", "Lists")[at])
    looks(page, "campaigns-lists")
    page.goto("/campaigns/call-backs")
    expect(page.get_by_text(("没有待回拨的客户", "Nobody is to be called back")[at])).to_be_visible()
    axe(page)


def test_a_workbook_on_a_narrow_screen_in_english(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("supervisor", language="en", scheme="dark", path="/campaigns/lists/summer", size=(390, 844))
    console.forgive(r"404 GET .*/lists/summer$")  # it is made by the upload
    choose(page, "summer.xlsx", as_xlsx([("13700000001", "Li", 1, "gold"), ("110", "Wang", 1, "")]))
    report = page.get_by_role("region", name="Row report")
    expect(report.get_by_text("No line can have this number").first).to_be_visible()
    page.get_by_role("button", name="Take 1 row").click()
    expect(page.locator("[data-count=open]")).to_contain_text("1")
    axe(page)
    picture(page, "campaigns-narrow")
    fits(page)
