"""The site as an admin has it: what is down is told and explained, trunks fill and are shut, a wall stays for weeks."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from ccore.pbx.far_end import Subscriber
from tests.browser.conftest import Axe, Console, Picture, fits
from tests.support.asterisk import NODE, until_no_channels
from tests.support.call_centre import NUMBERS, Desk
from tests.support.calling_out import CallingOut, calling_out, campaign, table
from tests.support.far_end import exchange
from tests.support.heard import Sounds
from tests.support.keypad import Keypad, dialled
from tests.support.site import subscribers

DESK = Desk("1001", "2001", {})
LINES = 5  # of the trunk by which callers come
BACK_WITHIN_MS = 60_000  # what was away, on a machine that is busy
STILL_MS = 2_000
TALKS = Subscriber("answers soon, and talks for a second", 0.2, talk_s=1.0)
BUSY = Subscriber("is busy", 0.2, 486, 17, "-")


@asynccontextmanager
async def built(directory: Path) -> AsyncIterator[CallingOut]:
    async with (
        exchange(table=table(TALKS, d7=BUSY)) as far,
        calling_out(directory, far, {"spring": campaign("spring")}, [DESK], local_channels=LINES) as out,
    ):
        await out.centre.ask("POST", f"/api/v1/agents/{DESK.agent}/sign-out", {})
        yield out


BUILT = built


@asynccontextmanager
async def callers(console: Console, count: int) -> AsyncIterator[list[Keypad]]:
    """So many wait in the queue until they hang up."""
    port = console.stack.site.sip_port
    async with AsyncExitStack() as stack:
        calls = (dialled(port, NUMBERS[0], caller, sounds=Sounds({})) for caller in subscribers(count))
        yield [await stack.enter_async_context(call) for call in calls]


def all_is_well(page: Page) -> None:
    """But for a machine that is busy."""
    expect(page.locator("[data-node]")).to_have_count(1)
    expect(page.locator("[data-fault]:not([data-fault=loopLate])")).to_have_count(0, timeout=BACK_WITHIN_MS)


def test_what_is_down_is_told_explained_and_recovers_by_itself(console: Console, axe: Axe, picture: Picture) -> None:
    node = console.stack.site.node
    page = console.as_("admin", path="/nodes")
    card = page.locator(f"[data-node={NODE}]")
    expect(card).to_contain_text("已连接")
    expect(card).to_contain_text("Asterisk 22.")
    expect(card.locator("[data-figure=phones] dd")).to_have_text(re.compile(r"[01] / [1-9]\d*"))
    all_is_well(page)
    instances = page.get_by_role("table", name="ccore 实例")
    expect(instances).to_contain_text("运行中")
    expect(instances).to_contain_text(f"{NODE} 正常")
    expect(page.locator("[data-part=postgresql]")).to_contain_text("主库")
    picture(page, "nodes")
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    picture(page, "nodes-narrow")
    page.set_viewport_size({"width": 1440, "height": 900})
    english = console.as_("operator", language="en", scheme="dark", path="/nodes")
    all_is_well(english)

    node.kill()
    down = page.locator("[data-fault=nodeDown]")
    expect(down).to_be_visible()
    expect(down).to_contain_text("该节点上的通话已中断，新来电听到运营商的忙音")
    expect(down).to_contain_text("怎么办")
    expect(card).to_contain_text("未连接")
    axe(page)
    picture(page, "nodes-down")
    expect(english.locator("[data-fault=nodeDown]")).to_contain_text("Calls at this node have ended")
    axe(english)
    picture(english, "nodes-down")
    console.stack.run(node.start())
    expect(down).to_have_count(0, timeout=BACK_WITHIN_MS)
    expect(card).to_contain_text("已连接", timeout=BACK_WITHIN_MS)
    gaps = page.get_by_role("table", name="链路中断记录")
    expect(gaps.get_by_role("row", name=re.compile(f"{NODE} .* Asterisk 重启"))).to_be_visible()
    all_is_well(page)


def test_postgresql_away_is_told_as_far_as_the_page_can_know(console: Console, picture: Picture) -> None:
    console.forgive("503 GET .*/api/v1/")
    page = console.as_("admin", path="/nodes", language="en")
    all_is_well(page)
    console.stack.run(console.stack.site.postgres.stop())
    down = page.locator("[data-fault=databaseDown]")
    expect(down).to_be_visible()
    expect(down).to_contain_text("a text message will confirm it")
    expect(page.locator("[data-part=postgresql]")).to_contain_text("Does not answer")
    picture(page, "nodes-database")
    console.stack.run(console.stack.site.postgres.start())
    expect(down).to_have_count(0, timeout=BACK_WITHIN_MS)
    all_is_well(page)


def test_a_trunk_grows_warm_as_callers_fill_it(console: Console, picture: Picture) -> None:
    page = console.as_("supervisor", path="/trunks")
    local = page.locator(f'[data-use="{NODE} local"]')
    expect(local).to_contain_text(f"0 / {LINES}")
    calls = console.stack.enter(callers(console, 4))
    expect(local).to_contain_text(f"4 / {LINES}")
    expect(local).to_contain_text("80% 偏高")
    row = page.get_by_role("table", name="占用情况").get_by_role("row", name=re.compile("^local"))
    expect(row.get_by_role("cell").nth(2)).to_have_text("4")
    picture(page, "trunks")
    for call in calls:
        call.hang_up()
    console.stack.run(until_no_channels(console.stack.site.node))
    expect(local).to_contain_text(f"0 / {LINES}")
    read = "SELECT count(*) FROM folded_calls WHERE trunk = 'trunk-local' AND ended_at IS NOT NULL"
    console.stack.run(console.stack.site.until(read, 4))
    figures = page.get_by_role("table", name="接通情况")
    page.get_by_label("时段").select_option("近 24 小时")
    expect(figures.get_by_role("row", name=re.compile("^local 呼入 4 4 100"))).to_be_visible(timeout=BACK_WITHIN_MS)
    page.set_viewport_size({"width": 390, "height": 844})
    fits(page)
    picture(page, "trunks-narrow")


def test_the_switch_of_a_trunk_stops_new_calls(console: Console, axe: Axe, picture: Picture) -> None:
    out: CallingOut = console.stack.built
    page = console.as_("admin", path="/trunks", language="en", scheme="dark")
    far = page.get_by_role("table", name="In use").get_by_role("row", name=re.compile("^far"))
    numbers = [f"138000001{number:02}" for number in range(40)]
    console.stack.run(out.contacts("spring", ["13800000007", *numbers]))
    console.stack.run(out.centre.sign_in([DESK], {}))
    console.stack.run(out.set("spring", "running"))
    console.stack.run(out.far.until("invited", 3))
    far.get_by_role("button", name="Shut").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Campaigns begin no more calls by far")
    dialog.get_by_label("Reason").fill("Carrier <b>moves")
    dialog.get_by_role("button", name="Shut").click()
    expect(far).to_contain_text("a-admin: Carrier <b>moves")
    expect(far).to_contain_text("0 of 30")
    console.stack.run(out.site.until("SELECT count(*) FROM attempts WHERE state <> 'over'", 0))  # those begun before
    before = len(out.far.saw("invited"))
    page.wait_for_timeout(STILL_MS)  # in which there would have been another call
    assert len(out.far.saw("invited")) == before
    far.get_by_role("button", name="Open").click()
    page.get_by_role("dialog").get_by_role("button", name="Open").click()
    expect(far).to_contain_text("May call")
    console.stack.run(out.far.until("invited", before + 1))
    console.stack.run(out.set("spring", "stopped"))
    page.reload()
    figures = page.get_by_role("table", name="What came of calls")
    expect(figures.get_by_role("row", name=re.compile(r"^far Out \(campaigns\)"))).to_be_visible(timeout=BACK_WITHIN_MS)
    failures = page.get_by_role("table", name="Why calls were not answered")
    expect(failures.get_by_role("row", name=re.compile(r"^far Out \(campaigns\) Busy"))).to_be_visible(
        timeout=BACK_WITHIN_MS
    )
    expect(page.locator("[role=img] svg").first).to_be_visible()
    axe(page)
    picture(page, "trunks")


def test_a_wall_is_opened_by_a_link_stays_and_is_ended(console: Console, axe: Axe, picture: Picture) -> None:
    console.forgive("40[13] GET .*/api/v1/(session|wall)$")  # nobody signs in there
    console.forgive("409 POST .*/api/v1/wall$")
    console.forgive("503 GET .*/api/v1/")
    boss = console.as_("supervisor", path="/wallboard")
    boss.get_by_role("button", name="投到大屏").click()
    dialog = boss.get_by_role("dialog", name="投到大屏")
    expect(dialog).to_contain_text("还没有大屏")
    dialog.get_by_label("名称").fill("三楼<b>大厅")
    dialog.get_by_role("button", name="生成链接").click()
    expect(dialog.get_by_role("img", name="大屏链接二维码")).to_be_visible()
    address = dialog.get_by_label("链接", exact=True).input_value()
    expect(dialog.get_by_role("listitem")).to_contain_text("等待打开")
    axe(boss)
    picture(boss, "wallboard-display")

    screen = console.stranger(path=address.removeprefix(console.stack.url), size=(1920, 1080))
    expect(screen.get_by_role("heading", name="实时话务 · 三楼<b>大厅")).to_be_visible()
    assert screen.url == f"{console.stack.url}/wall", "the secret is in no address"
    expect(screen.locator("[data-tile=waiting]")).to_contain_text("0")
    expect(screen.get_by_role("status").first).to_contain_text("实时")
    for path, status in (("calls", 403), ("agents", 403), ("session", 403), ("displays", 403), ("wall", 200)):
        assert screen.context.request.get(f"/api/v1/{path}").status == status, path
    picture(screen, "wall-display")
    screen.goto("/wallboard")
    expect(screen.get_by_role("heading", name="登录")).to_be_visible()  # there is nothing else for it
    screen.goto("/wall")
    expect(screen.get_by_role("heading", name="实时话务")).to_be_visible()  # as after its power was cut
    other = console.stranger(path=address.removeprefix(console.stack.url), language="en", scheme="dark")
    expect(other.get_by_role("heading", name="This link was used before, or is too old")).to_be_visible()
    axe(other)

    console.stack.run(console.stack.site.postgres.stop())
    screen.reload()
    expect(screen.get_by_role("heading", name="暂时连接不上服务器")).to_be_visible()
    console.stack.run(console.stack.site.postgres.start())
    expect(screen.get_by_role("heading", name="实时话务")).to_be_visible(timeout=BACK_WITHIN_MS)

    boss.reload()
    boss.get_by_role("button", name="投到大屏").click()
    shown = dialog.get_by_role("listitem")
    expect(shown).to_contain_text("展示中")
    shown.get_by_role("button", name="结束").click()
    boss.get_by_role("dialog", name="结束").get_by_role("button", name="结束").click()
    expect(screen.get_by_role("heading", name="此大屏已结束展示")).to_be_visible()
    picture(screen, "wall-ended")
    expect(dialog).to_contain_text("还没有大屏")
