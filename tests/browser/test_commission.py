"""Commission and teams: who manages adjusts, answers and divides; who settles pays, and closes a period."""

import csv
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from playwright.sync_api import Page, expect

from ccore.clock import utc_now
from ccore.ordering.commission.ledger import Ledger
from ccore.settling import Periods
from tests.browser.conftest import LANGUAGES, Axe, Console, Language, Looks, Picture, fits
from tests.support import sip
from tests.support.browser import Stack
from tests.support.sales import Firm

PHONE = (390, 844)
ZONE = ZoneInfo("Asia/Shanghai")
MONTH = timedelta(days=30)
CALLERS = map("138{:08d}".format, count(17_000_001))
HOSTILE = "<img src=x onerror=alert(1)> 九月漏发"
MANAGER = "m-002"  # E002, of the department of E005, E008, E011 and so on


@dataclass(frozen=True)
class Shop:
    """Thirty of the demo firm: orders in the periods ``over`` and ``running``, none in the one ``before``."""

    firm: Firm
    over: str
    before: str
    running: str


@asynccontextmanager
async def _selling(stack: Stack) -> AsyncIterator[Shop]:
    connection = await asyncpg.connect(stack.site.postgres.dsn)
    try:
        firm = Firm(connection)
        await stack.site.until("SELECT count(*) > 0 FROM sales_periods", True)  # soon after ccore has started
        running = await stack.database.fetch_row("periods.running", utc_now())
        assert running is not None, "the first one begins with the first sale, or now"
        await connection.execute(
            "DELETE FROM claims c USING employees e WHERE e.employee_id = c.employee_id AND e.number > 'E030'"
        )
        ends: datetime = running["begins"]
        over, before = ((ends - timedelta(days=days)).astimezone(ZONE).strftime("%Y-%m") for days in (15, 45))
        for months, name in enumerate((over, before)):
            until = ends - months * MONTH
            assert await stack.database.execute("periods.make", name, until - MONTH, until) == 1
        await firm.rule(tiers=json.dumps([{"from": 2, "fen": 300}]), clawback_days=60)
        last = ends - timedelta(days=9)
        for number in range(1, 28):
            await firm.sold(f"E{number:03}", last, price_fen=1000 + number)
        await firm.sold("E001", last + timedelta(hours=1))
        await firm.sold("E022", last + timedelta(hours=1), state="confirmed")
        now = utc_now()
        for seller in ("E005", "E005", "E008", "E006", "E007"):
            await firm.sold(seller, now)
        assert await firm.ended(await firm.sold("E008", now)) == 200
        await Ledger(stack.database).release_some()
        yield Shop(firm, over, before, running["name"])
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Shop:
    """What has been sold before anybody looks."""
    return stack.enter(_selling(stack))


def manager(console: Console, path: str, language: Language = "zh") -> Page:
    """Who manages the department of E002."""
    login = console.stack.person("manager", MANAGER, name="孙强", employee="E002")
    return console.as_("manager", login=login, path=path, language=language)


def fen_of(text: str) -> int:
    """Of an amount as the console shows it."""
    digits = re.sub(r"[^\d−]", "", text)
    return int(digits.replace("−", "-"))


def test_somebody_is_given_an_amount_paid_and_the_file_says_what_the_ledger_says(
    console: Console, shop: Shop, axe: Axe, picture: Picture
) -> None:
    stack = console.stack
    page = manager(console, "/commission")
    expect(page.get_by_role("row", name=re.compile("E006"))).to_have_count(0)  # of another department
    page.get_by_role("row", name=re.compile("E005")).first.click()
    expect(page.get_by_role("heading", name=re.compile("酬金明细：.+ E005"))).to_be_visible()
    payable = page.locator("[data-sum=payable_fen] dd").first
    expect(payable).to_have_text("¥6.00")
    page.get_by_role("button", name="调整酬金").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="调整酬金")).to_be_disabled()
    dialog.get_by_role("textbox", name="金额（元）").fill("20.5")
    dialog.get_by_role("textbox", name="原因（员工可见）").fill(HOSTILE)
    expect(dialog.get_by_role("status")).to_have_text("可发放：¥6.00 → ¥26.50")
    axe(page)
    picture(page, "commission-adjust")
    dialog.get_by_role("button", name="调整酬金").click()
    expect(payable).to_have_text("¥26.50")
    row = page.get_by_role("row", name=re.compile("调整"))
    expect(row).to_contain_text(HOSTILE)
    expect(row).to_contain_text("+¥20.50")
    expect(page.get_by_role("link", name=re.compile("^订单 [0-9]+ · 产品 10$")).first).to_have_attribute(
        "href", re.compile("^/orders/[0-9]+$")
    )
    page.goto("/commission/people/E002")
    expect(page.get_by_text("不能调整自己的酬金")).to_be_visible()

    owed = stack.run(
        shop.firm.value("SELECT sum(amount_fen)::bigint FROM commission_entries WHERE account = 'payable'")
    )
    page = console.as_("admin", path="/commission/payouts")
    page.get_by_role("button", name="发放酬金").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text(f"发放 ¥{owed / 100:.2f}")
    picture(page, "commission-pay")
    dialog.get_by_role("button", name="发放酬金").click()
    first = page.get_by_role("row").nth(1)
    expect(first).to_contain_text(f"¥{owed / 100:.2f}")
    with page.expect_download() as downloading:
        first.get_by_role("link", name=re.compile("下载第 1 批")).click()
    assert downloading.value.suggested_filename == "payout-1.csv"
    lines = list(csv.DictReader(downloading.value.path().read_text("utf-8-sig").splitlines()))
    paid = {line["employee"]: round(float(line["yuan"]) * 100) for line in lines}
    assert (sum(paid.values()), paid["E005"]) == (owed, 2650)
    of_each = "SELECT sum(amount_fen)::bigint FROM commission_entries WHERE account = 'paid'"
    assert stack.run(shop.firm.value(of_each)) == owed
    page.goto("/commission/people/E005")
    expect(page.locator("[data-sum=paid_fen] dd").first).to_have_text("¥26.50")
    expect(page.locator("[data-sum=payable_fen] dd").first).to_have_text("¥0.00")
    expect(page.get_by_role("row", name=re.compile("发放 — −"))).to_contain_text("−¥26.50")


def test_a_dispute_is_read_answered_and_decided(console: Console, shop: Shop, axe: Axe, picture: Picture) -> None:
    stack = console.stack
    disputed = """
        WITH opened AS (INSERT INTO commission_disputes (employee_id, order_id) SELECT employee_id, max(order_id)
                        FROM orders JOIN employees USING (employee_id) WHERE number = $1 GROUP BY employee_id
                        RETURNING dispute_id)
        INSERT INTO commission_dispute_notes (dispute_id, by, became, note)
        SELECT dispute_id, 'e-008', 'open', $2 FROM opened RETURNING dispute_id
    """
    dispute = stack.run(shop.firm.value(disputed, "E008", f"少算了 10% {HOSTILE}"))
    page = manager(console, "/commission/disputes")
    page.get_by_role("link", name=re.compile("对订单 [0-9]+ 的酬金有异议")).click()
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("酬金明细：.+ E008"))).to_be_visible()
    expect(page.get_by_role("region", name="此订单为该员工计入的酬金").get_by_role("row", name="收回")).to_be_visible()
    axe(page)
    picture(page, "commission-dispute")
    page.get_by_role("textbox", name="答复").fill("客户当天退订，按规则收回。")
    page.get_by_role("button", name="答复", exact=True).click()
    expect(page.get_by_text("客户当天退订，按规则收回。")).to_be_visible()
    page.get_by_role("textbox", name="答复").fill("已说明")
    page.get_by_role("button", name="答复并结案").click()
    expect(page.get_by_text("异议已结束，不能再答复。")).to_be_visible()
    kept = shop.firm.connection.fetch(
        "SELECT became, by FROM commission_dispute_notes WHERE dispute_id = $1 ORDER BY note_id", dispute
    )
    assert [tuple(row) for row in stack.run(kept)] == [("open", "e-008"), ("answered", MANAGER), ("closed", MANAGER)]


def test_a_closing_that_was_broken_off_shows_how_far_it_is_and_goes_on(
    console: Console, shop: Shop, axe: Axe, picture: Picture
) -> None:
    stack = console.stack
    begun = """
        UPDATE sales_periods SET closing_since = now() - interval '2 hours', counted_at = now(), open_orders = 'count',
            policy = $2::jsonb, tiers_through_order = 0,
            tiers_through_at = lower(span) + (upper(span) - lower(span)) / 4
        WHERE name = $1
    """
    stack.run(shop.firm.connection.execute(begun, shop.before, json.dumps(Periods().model_dump(mode="json"))))
    page = console.as_("admin", path=f"/commission/periods/{shop.over}")
    expect(page.get_by_text("请先关账：")).to_be_visible()
    expect(page.get_by_role("button", name="关账", exact=True)).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name=shop.before).click()
    closing = page.get_by_role("region", name="关账中")
    expect(closing.get_by_role("status")).to_contain_text("已处理 25%")
    axe(page)
    picture(page, "commission-closing")
    closing.get_by_role("button", name="继续关账").click()
    expect(page.get_by_role("region", name="关账结果")).to_contain_text("30 人参加排名；0 人处于末位")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, shop: Shop, looks: Looks) -> None:
    zh = language == "zh"
    page = console.as_("admin", language=language, path="/commission")
    expect(page.get_by_role("row", name=re.compile("E005"))).to_be_visible()
    expect(page.locator("[data-sum=clawed_back_fen] dd").first).to_have_text("¥2.00")
    looks(page, "commission")
    for name, path, there in (
        ("commission-ledger", "people/E008", "收回" if zh else "Clawed back"),
        ("commission-period", f"periods/{shop.over}", re.compile("E029")),
    ):
        page.goto(f"/commission/{path}")
        expect(page.get_by_role("row", name=there).first).to_be_visible()
        looks(page, name)


def test_a_period_is_closed_and_who_came_last_cannot_claim(
    console: Console, shop: Shop, axe: Axe, picture: Picture
) -> None:
    stack = console.stack
    page = console.as_("admin", path="/commission/periods")
    page.get_by_role("row", name=re.compile("待关账")).click()
    will = page.get_by_role("region", name="关账将做什么")
    expect(will.get_by_role("group", name="有 1 个订单尚未开通")).to_be_visible()
    expect(will).to_contain_text("2 单，共 ¥2.00")
    will.get_by_text("不计入本期").click()
    expect(will).to_contain_text("1 单，共 ¥1.00")
    expect(will).to_contain_text("30 人参加排名：全体员工按销售额从高到低")
    expect(will).to_contain_text(f"共 3 人，在周期 {shop.running} 不能认领新产品")
    expect(will.get_by_role("row", name=re.compile("E029"))).to_be_visible()
    will.get_by_role("button", name="关账").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="关账")).to_be_disabled()
    dialog.get_by_role("textbox", name=f"请输入周期名称 {shop.over} 以确认").fill(shop.over)
    picture(page, "commission-close")
    dialog.get_by_role("button", name="关账").click()
    expect(page.get_by_role("region", name="关账结果")).to_contain_text("30 人参加排名；3 人处于末位")
    ranks = page.get_by_role("region", name="排名结果")
    expect(ranks.get_by_role("row")).to_have_count(4)
    axe(page)
    picture(page, "commission-closed")
    barred = shop.firm.connection.fetch("SELECT number FROM claim_bars JOIN employees USING (employee_id) ORDER BY 1")
    assert [row["number"] for row in stack.run(barred)] == ["E028", "E029", "E030"]

    pool = console.as_("employee", login=stack.person("employee", "e-030", employee="E030"), path="/my/pool")
    expect(pool.get_by_role("note")).to_contain_text("（共 30 名）")
    expect(pool.get_by_role("button", name="认领", exact=True)).to_have_count(0)

    page = manager(console, f"/commission/periods/{shop.over}")
    ranks = page.get_by_role("region", name="排名结果")
    expect(ranks.get_by_role("row")).to_have_count(2)  # E029 alone is of this department
    row = ranks.get_by_role("row", name=re.compile("E029"))
    row.get_by_role("button", name="特批").click()
    page.get_by_role("dialog").get_by_role("textbox", name="原因").fill("住院三周")
    page.get_by_role("dialog").get_by_role("button", name="特批").click()
    expect(row).to_contain_text("经理特批")
    expect(row).to_contain_text("住院三周")
    pool = console.as_("employee", login=stack.person("employee", "e-029", employee="E029"), path="/my/pool")
    expect(pool.get_by_role("button", name="认领", exact=True).first).to_be_visible()


def test_a_team_shares_60_to_40_what_a_call_to_its_number_earns(
    console: Console, shop: Shop, axe: Axe, picture: Picture
) -> None:
    stack = console.stack
    page = manager(console, "/teams")
    page.get_by_role("button", name="新建团队").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="建立团队").click()
    expect(dialog.get_by_text("请填写团队名称")).to_be_visible()
    dialog.get_by_role("textbox", name="团队名称").fill("城东小队")
    dialog.get_by_role("textbox", name="添加成员").fill("E005")
    dialog.get_by_role("button", name=re.compile("^E005 ")).click()
    dialog.get_by_role("button", name="新增亲友").click()
    dialog.get_by_role("textbox", name="亲友姓名").fill("何奶奶")
    dialog.get_by_role("textbox", name="亲友手机号").fill("139 0000 7788")
    dialog.get_by_role("button", name="加入团队").click()
    expect(dialog.get_by_role("textbox", name="何奶奶 的份额")).to_be_visible()
    shares = dialog.get_by_role("textbox", name=re.compile("的份额"))
    shares.nth(0).fill("60")
    shares.nth(1).fill("30")
    expect(dialog.get_by_role("status")).to_have_text("合计 90%，还差 10%")
    dialog.get_by_role("button", name="建立团队").click()
    expect(dialog).to_be_visible()
    shares.nth(1).fill("40")
    expect(dialog.get_by_role("status")).to_have_text("合计 100%")
    axe(page)
    picture(page, "teams-new")
    dialog.get_by_role("button", name="建立团队").click()
    team = page.get_by_role("region", name="城东小队")
    expect(team.get_by_role("listitem").filter(has_text="何奶奶")).to_contain_text("亲友")
    expect(team.get_by_role("listitem").filter(has_text="何奶奶")).to_contain_text("40%")

    team.get_by_role("link", name="认领与派发").click()
    page.get_by_role("button", name="派发产品").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("产品", exact=True).select_option("10 5GB流量包")
    dialog.get_by_text("团队", exact=True).click()
    dialog.get_by_label("团队", exact=True).last.select_option("城东小队")
    dialog.get_by_role("button", name="派发产品").click()
    expect(page.get_by_role("row", name=re.compile("城东小队"))).to_be_visible()
    number = page.get_by_role("row", name=re.compile("城东小队")).locator("strong.number").inner_text()
    (call,) = stack.run(sip.place(stack.site.sip_port, [(next(CALLERS), number)], rate=1))
    assert call.answered
    booked = """
        SELECT e.number, n.amount_fen FROM orders o JOIN commission_postings p USING (order_id)
        JOIN commission_entries n USING (posting_id) JOIN employees e ON e.employee_id = n.employee_id
        WHERE o.team_id IS NOT NULL AND p.kind = 'sale' ORDER BY 1
    """
    stack.run(stack.site.until(f"SELECT count(*) FROM ({booked}) found", 2))
    rows = stack.run(shop.firm.connection.fetch(booked))
    assert [tuple(row) for row in rows] == [("E005", 120), ("F0001", 80)]
    for each, fen in rows:
        page.goto(f"/commission/people/{each}")
        newest = page.get_by_role("row", name=re.compile("订单酬金")).first
        expect(newest).to_contain_text("产品 10")
        assert fen_of(newest.get_by_role("cell").nth(2).inner_text()) == fen


def test_a_team_shares_otherwise_from_now_on_is_led_by_another_and_ends(console: Console, shop: Shop, axe: Axe) -> None:
    stack = console.stack
    stack.run(shop.firm.team("电话小队", {"E014": 5000, "E017": 5000}))
    page = manager(console, "/teams", "en")
    page.get_by_role("link", name="电话小队").click()
    team = page.get_by_role("region", name="电话小队")
    team.get_by_role("button", name="Change shares").click()
    team.get_by_role("textbox", name="Add a member").fill("E020")
    team.get_by_role("button", name=re.compile("^E020 ")).click()
    team.get_by_role("button", name="The same for each").click()
    expect(team.get_by_role("status")).to_have_text("100% in all")
    axe(page)
    team.get_by_role("button", name="Save the shares").click()
    expect(team.get_by_role("region", name="Shares now").get_by_text("33.34%")).to_be_visible()
    team.get_by_role("button", name="Change leader").click()
    page.get_by_role("dialog").get_by_label("Leader").select_option("E017 黄洋")
    page.get_by_role("dialog").get_by_role("button", name="Change leader").click()
    expect(team.get_by_text("E017", exact=True)).to_be_visible()
    console.forgive("409 POST .*/teams")
    page.get_by_role("button", name="New team").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("电话小队")
    dialog.get_by_role("textbox", name="Add a member").fill("E020")
    dialog.get_by_role("button", name=re.compile("^E020 ")).click()
    dialog.get_by_role("button", name="Make the team").click()
    expect(dialog.get_by_role("alert")).to_contain_text("there is a team 电话小队 already")
    page.keyboard.press("Escape")
    team.get_by_role("button", name="End the team").click()
    page.get_by_role("dialog").get_by_role("button", name="End the team").click()
    expect(team.get_by_text("Ended", exact=True)).to_be_visible()
    assert stack.run(shop.firm.value("SELECT ended_at IS NOT NULL FROM teams WHERE name = '电话小队'"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_teams_look(language: Language, console: Console, shop: Shop, looks: Looks) -> None:
    name = f"城西 {language}"
    console.stack.run(shop.firm.team(name, {"E023": 6000, "E026": 2500, "E011": 1500}))
    page = manager(console, "/teams", language)
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("region", name=name)).to_be_visible()
    looks(page, "teams")


def test_on_a_narrow_screen(console: Console, shop: Shop, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", path="/commission", size=PHONE)
    for name, path in (
        ("commission", "/commission"),
        ("commission-ledger", "/commission/people/E005"),
        ("commission-period", f"/commission/periods/{shop.over}"),
        ("teams", "/teams/1"),
    ):
        page.goto(path)
        expect(page.get_by_role("row").nth(1)).to_be_visible()
        expect(page.get_by_text("正在加载")).to_have_count(0)
        fits(page)
        picture(page, f"{name}-narrow")
    axe(page)
