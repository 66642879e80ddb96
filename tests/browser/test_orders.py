"""The order desk and the fraud desk: orders by telephone come to the open page, are confirmed, ended, looked into."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ccore import selling
from ccore.ordering.commission.ledger import Ledger
from tests.browser.conftest import FULL, LANGUAGES, Axe, Console, Language, Looks, fits
from tests.support import sip
from tests.support.site import Site, site

PHONE = (390, 844)
PROMISED_S = 2.0
CALLERS = map("138{:08d}".format, count(31_000_001))
WHY = '<img src=x onerror=alert(1)> 客户"要求"'
MINE, OTHERS, FAST = "1008610002", "1008610001", "1008610005"  # E002 and E005 are of one department, E001 of another
TO_CONFIRM = "1008611002"
# Keeps when the strip that says so was on the page first, by the page's own clock.
WATCH = """() => {
  window.arrived = null;
  const look = () => {
    if (document.querySelector(".arrived button")) window.arrived ??= Date.now();
    requestAnimationFrame(look);
  };
  look();
}"""


@asynccontextmanager
async def flagging(directory: Path) -> AsyncIterator[Site]:
    """A site whose fraud desk sees what a claim sells from the third order of an hour on."""
    rules = selling.Fraud(claim_hour=selling.Hourly(effect="flag", orders=2))
    async with site(directory, fraud=rules) as built:
        await built.rows("UPDATE products SET confirm = 'sms' WHERE code = '11'")
        await built.rows("UPDATE commission_rules SET clawback_days = 30")
        yield built


BUILT = flagging


@pytest.fixture(scope="module", name="sold")
def _sold(stack: Any) -> None:
    """Some orders by telephone, of which the last two look wrong."""
    ordered(stack, FAST, FAST, MINE, OTHERS, TO_CONFIRM)
    for _ in range(2):  # one after the other: each is judged by those that are there
        ordered(stack, FAST)


def ordered(stack: Any, *numbers: str) -> None:
    """Calls to these numbers, by people who have never called."""
    orders = "SELECT count(*) FROM orders"
    before: int = stack.run(stack.site.value(orders))
    placed = stack.run(sip.place(stack.site.sip_port, [(next(CALLERS), number) for number in numbers], rate=10))
    assert all(call.answered for call in placed)
    stack.run(stack.site.until(orders, before + len(numbers)))  # the node may have written one down for later


def value(console: Console, query: str, *arguments: object) -> Any:
    return console.stack.run(console.stack.site.value(query, *arguments))


def newest(console: Console, number: str) -> int:
    found: int = value(console, "SELECT max(order_id) FROM orders WHERE dialled = $1", number)
    return found


def state(console: Console, order: int) -> Any:
    return value(console, "SELECT state FROM orders WHERE order_id = $1", order)


def booked(console: Console, order: int, *accounts: str) -> Any:
    """What stands in the books of it, in fen."""
    query = """SELECT coalesce(sum(e.amount_fen), 0)::int
               FROM commission_postings p JOIN commission_entries e USING (posting_id)
               WHERE p.order_id = $1 AND e.account = ANY ($2)"""
    return value(console, query, order, accounts or ("held", "payable"))


def release(console: Console) -> None:
    """What is held no longer becomes payable now, not within half a minute."""
    console.stack.run(Ledger(console.stack.database).release_some())


def manager(console: Console) -> str:
    return console.stack.person("manager", "m-002", name="孙强", employee="E002")


def row(page: Page, order: int) -> Any:
    return page.get_by_role("row").filter(has=page.locator(f"a[href='/orders/{order}'], a[href='/fraud/{order}']"))


def decide(page: Page, name: str, why: str) -> None:
    """In the dialog that is open: a usual reason by a press, any other in words."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=name, exact=True)).to_be_disabled()
    usual = dialog.get_by_role("button", name=why, exact=True)
    if usual.count():
        usual.click()
    else:
        dialog.get_by_role("textbox", name="理由").fill(why)
    dialog.get_by_role("button", name=name, exact=True).click()
    expect(dialog).to_have_count(0)


@pytest.mark.figures
def test_an_order_comes_to_the_open_page_is_confirmed_and_another_is_ended(
    console: Console, sold: None, axe: Axe
) -> None:
    page = console.as_("manager", login=manager(console), path="/orders")
    first = newest(console, MINE)
    expect(row(page, first).get_by_text("已开通")).to_be_visible()
    expect(row(page, newest(console, OTHERS))).to_have_count(0)  # of another department
    expect(page.get_by_text("实时", exact=True).first).to_be_visible()
    strip = page.locator(".arrived button")
    expect(strip).to_have_count(0)
    rows = page.get_by_role("row").count()

    page.evaluate(WATCH)
    ordered(console.stack, OTHERS, TO_CONFIRM)
    expect(strip).to_contain_text("1 笔新订单")
    expect(strip).to_contain_text("视频会员月卡")
    order = newest(console, TO_CONFIRM)
    at = value(console, "SELECT extract(epoch FROM placed_at)::float FROM orders WHERE order_id = $1", order)
    page.wait_for_function("() => window.arrived")  # by the next frame
    took = page.evaluate("() => window.arrived") / 1000 - at
    print(f"a new order is told on the open page {took:.2f} s after it was placed")
    assert took < PROMISED_S or not FULL
    expect(page.get_by_role("row")).to_have_count(rows)  # no row has jumped
    strip.click()
    expect(strip).to_have_count(0)
    expect(row(page, order).get_by_text("待客户确认")).to_be_visible()
    axe(page)

    row(page, order).press("Enter")
    expect(page).to_have_url(re.compile(f"/orders/{order}$"))
    page.get_by_role("button", name="确认订单").click()
    decide(page, "确认订单", "客户来电确认")
    expect(page.get_by_role("heading", name=f"订单 {order}").locator("..").get_by_text("已开通")).to_be_visible()
    expect(page.get_by_role("region", name="办理过程")).to_contain_text("客户来电确认")
    expect(page.get_by_role("region", name="酬金")).to_contain_text("¥2.49")
    assert (state(console, order), booked(console, order)) == ("active", 249)

    page.get_by_role("link", name="全部订单").click()
    expect(row(page, order).get_by_text("已开通")).to_be_visible()
    row(page, first).click()
    page.get_by_role("button", name="取消订单").click()
    decide(page, "取消订单", WHY)
    expect(page.get_by_role("region", name="办理过程").get_by_text(WHY)).to_be_visible()  # as text
    expect(page.get_by_role("button", name="取消订单")).to_have_count(0)
    assert (state(console, first), booked(console, first)) == ("cancelled", 0)
    page.get_by_role("link", name="全部订单").click()
    expect(row(page, first).get_by_text("已取消")).to_be_visible()


def test_orders_are_found_and_taken_away_as_a_file_and_those_of_others_are_not_there(
    console: Console, sold: None, tmp_path: Path
) -> None:
    page = console.as_("manager", login=manager(console), path=f"/orders?code={FAST}")
    rows = page.locator("tbody tr.opens")
    expect(rows).to_have_count(4)
    order = newest(console, FAST)
    number = value(console, "SELECT subscriber FROM orders WHERE order_id = $1", order).removeprefix("+86")
    page.get_by_label("客户号码").fill(number)
    page.get_by_role("button", name="查询").click()
    expect(rows).to_have_count(1)
    expect(rows).not_to_contain_text(number)
    rows.get_by_role("button", name="显示完整号码").click()
    expect(rows).to_contain_text(re.sub(r"(\d{3})(\d{4})(\d{4})", r"\1 \2 \3", number))
    assert value(console, "SELECT count(*) FROM audit WHERE action = 'number-unmasked' AND actor = 'm-002'") == 1
    page.get_by_role("button", name="清空条件").click()
    page.get_by_label("状态").select_option("已取消")
    page.get_by_role("button", name="查询").click()
    ended = value(console, "SELECT count(*) FROM orders WHERE state = 'cancelled'")
    expect(rows).to_have_count(ended)
    expect(rows.get_by_text("已取消")).to_have_count(ended)
    page.get_by_label("状态").select_option("全部")
    page.get_by_label("员工工号").fill("E005")
    page.get_by_role("button", name="导出").click()
    with page.expect_download() as downloading:
        page.get_by_role("button", name=re.compile("CSV", re.IGNORECASE)).click()
    downloading.value.save_as(tmp_path / "orders.csv")
    lines = (tmp_path / "orders.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + value(console, "SELECT count(*) FROM orders WHERE dialled = $1", FAST)
    assert number not in "".join(lines)

    console.forgive("404 GET .*/api/v1/orders/")
    other = newest(console, OTHERS)
    page.goto(f"/orders/{other}")
    expect(page.get_by_role("alert")).to_contain_text("没有找到")
    assert page.get_by_text(MINE).count() == 0


def test_flags_are_upheld_and_cleared_and_commission_goes_with_them(console: Console, sold: None, axe: Axe) -> None:
    page = console.as_("fraud", path="/fraud")
    waiting = page.get_by_role("region", name="待处理")
    upheld = newest(console, FAST)
    cleared: int = value(console, "SELECT max(order_id) FROM orders WHERE dialled = $1 AND order_id < $2", FAST, upheld)
    expect(waiting.locator("[data-sum=flags]")).to_have_text("2")
    expect(waiting.locator("[data-sum=held]")).to_have_text("¥4.00")
    expect(row(page, upheld)).to_contain_text("下单前一小时内，该认领号码已有至少 2 笔订单。")
    release(console)
    assert [booked(console, order, "held") for order in (upheld, cleared)] == [
        200,
        200,
    ]  # due long ago, but for the flags
    row(page, upheld).click()
    expect(page.get_by_text("取消订单，收回酬金 ¥2.00", exact=False)).to_be_visible()
    axe(page)
    page.get_by_role("button", name="认定违规").click()
    decide(page, "认定违规", "虚假订单")
    expect(page.locator("[data-flag=upheld]")).to_contain_text("虚假订单")
    expect(page.locator("[data-sum=held]").last).to_have_text("¥0.00")
    assert (state(console, upheld), booked(console, upheld)) == ("cancelled", 0)
    assert value(console, "SELECT state FROM fraud_flags WHERE order_id = $1", upheld) == "upheld"

    page.get_by_role("link", name="全部预警").click()
    expect(waiting.locator("[data-sum=flags]")).to_have_text("1")
    expect(row(page, upheld)).to_have_count(0)
    page.get_by_label("全选本页 1 条").check()
    expect(page.get_by_text("已选 1 条，涉及 1 笔订单，冻结酬金 ¥2.00")).to_be_visible()
    page.get_by_role("button", name="排除").click()
    decide(page, "排除", "现场促销活动")
    expect(waiting).to_contain_text("没有待处理的预警")
    assert value(console, "SELECT state FROM fraud_flags WHERE order_id = $1", cleared) == "cleared"
    release(console)
    assert [booked(console, cleared, account) for account in ("held", "payable")] == [0, 200]
    assert state(console, cleared) == "active"
    page.get_by_label("处理结果").select_option("全部")
    page.get_by_role("button", name="查询").click()
    expect(row(page, cleared)).to_contain_text("已排除")
    row(page, cleared).click()
    expect(page.locator("[data-sum=payable]").last).to_have_text("¥2.00")
    expect(page.locator("[data-flag=cleared]")).to_contain_text("现场促销活动")

    page.goto("/fraud")
    expect(page.get_by_text("没有待处理的预警").first).to_be_visible()
    expect(page.get_by_text("实时", exact=True).first).to_be_visible()
    ordered(console.stack, FAST)
    expect(page.locator(".arrived button")).to_contain_text("1 笔订单有新预警")
    page.locator(".arrived button").click()
    expect(row(page, newest(console, FAST))).to_contain_text("号码短时间大量下单")
    expect(waiting.locator("[data-sum=held]")).to_have_text("¥2.00")


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_looks(language: Language, console: Console, sold: None, looks: Looks) -> None:
    zh = language == "zh"
    page = console.as_("admin", language=language, path="/orders")
    expect(page.locator("tbody tr.opens").first).to_be_visible()
    looks(page, "orders")
    page.goto(f"/orders/{newest(console, MINE)}")
    expect(page.get_by_role("region", name="办理过程" if zh else "What became of it")).to_be_visible()
    looks(page, "order")
    page.goto("/fraud")
    page.get_by_label("处理结果" if zh else "Decision").select_option("全部" if zh else "All")
    page.get_by_role("button", name="查询" if zh else "Search").click()
    expect(page.locator("tbody tr.opens").first).to_be_visible()
    looks(page, "fraud")
    page.goto(f"/fraud/{newest(console, FAST)}")
    expect(page.locator("[data-flag]").first).to_be_visible()
    looks(page, "fraud-order")


def test_on_a_narrow_screen(console: Console, sold: None, axe: Axe, picture: Any) -> None:
    page = console.as_("fraud", path="/fraud", size=PHONE)
    for path, ready, name in (
        ("/fraud", "[data-sum=flags]", "fraud-narrow"),
        (f"/fraud/{newest(console, FAST)}", "[data-flag]", "fraud-order-narrow"),
        ("/orders", "tbody tr.opens", "orders-narrow"),
        (f"/orders/{newest(console, MINE)}", "[data-sum=held]", "order-narrow"),
    ):
        page.goto(path)
        expect(page.locator(ready).first).to_be_visible()
        fits(page)
        axe(page)
        picture(page, name)
