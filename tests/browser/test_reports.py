"""Reports as managers and supervisors read them: figures are the orders' and calls' own sums, down to the orders."""

import csv
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ccore.ordering.model import Channel, Outcome
from tests.browser.conftest import Axe, Console, Language, Picture, Scheme, fits
from tests.support.shop import call, ordering_on, patient
from tests.support.site import Site, site

HOSTILE = "<img src=x onerror=alert(1)>"
LONG = "内蒙古自治区锡林郭勒盟正镶白旗营业厅兼职推广员阿拉坦图雅"
UNDER = '东区, "直销" <b>一部</b>'
CROWD = 500  # people who sold something three years ago
THEN = date(2023, 5, 8)
PHONE = (390, 844)
DRAWN_WITHIN_S = 30.0  # by a machine that is busy
SHAPES = """async svg => {
    const image = new Image();
    image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(new XMLSerializer().serializeToString(svg));
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const on = canvas.getContext('2d');
    on.drawImage(image, 0, 0);
    const found = {};
    const data = on.getImageData(0, 0, canvas.width, canvas.height).data;
    for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] < 250) continue;
        const colour = data.slice(at, at + 3).join();
        found[colour] = (found[colour] || 0) + 1;
    }
    return found;
}"""
ACCENT = {"light": "31,95,153", "dark": "124,182,236"}  # of src/theme.ts
CALLS = """
INSERT INTO queue_calls
SELECT 'node1', 'c' || i, 'c' || i, 1, q, q, 'zh', '', 0, '', at, at + wait * interval '1 ms', how, wait,
       CASE WHEN how = 'answered' THEN at + wait * interval '1 ms' END,
       CASE WHEN how = 'answered' THEN '1001' ELSE '' END, '',
       CASE WHEN how = 'answered' THEN at + interval '3 minutes' END,
       CASE WHEN how = 'answered' THEN 120000 END, 0, false, 1
FROM (SELECT i, (ARRAY['sales', 'sales', 'service'])[1 + i % 3] AS q, 2000 + i * 900 AS wait,
             (ARRAY['answered', 'answered', 'answered', 'abandoned'])[1 + i % 4] AS how,
             $1::timestamptz + i * interval '13 minutes' AS at
      FROM generate_series(1, 40) i) made
"""
PRESENCES = """
INSERT INTO presence_log (agent, at, state, reason, queue, call_id, device_number, by_whom)
SELECT '1001', $1::timestamptz + minute * interval '1 minute', state, reason, '', '', '2001', 'test'
FROM (VALUES (0, 'ready', ''), (60, 'paused', 'meal'), (90, 'ready', ''), (480, 'signed-out', ''))
    told (minute, state, reason)
"""


def today(of: Site) -> date:
    """As the site's clocks have it."""
    return datetime.now(of.config.zone).date()


@asynccontextmanager
async def built(directory: Path) -> AsyncIterator[Site]:
    async with site(directory) as here:
        await people(here)
        await orders(here)
        await crowd(here)
        await calls(here)
        await here.until("SELECT (SELECT count(*) FROM sales_due) + (SELECT count(*) FROM attempts_due)", 0)
        await here.until("SELECT count(*) FROM counted_quarters WHERE due", 0)
        yield here


BUILT = built


async def people(here: Site) -> None:
    """A department under the first, whose name has all that could go wrong, and people with such names."""
    await here.rows("INSERT INTO departments (name, parent_id) SELECT $1, min(department_id) FROM departments", UNDER)
    under = "(SELECT department_id FROM departments WHERE name = $1)"
    await here.rows(f"UPDATE employees SET department_id = {under} WHERE number IN ('E003', 'E006')", UNDER)
    await here.rows("UPDATE employees SET name = $1 WHERE number = 'E006'", HOSTILE)
    await here.rows("UPDATE employees SET name = $1 WHERE number = 'E003'", LONG)


async def orders(here: Site) -> None:
    """Thirty of several products and people on the last days, some of them not live any more, and tries in vain."""
    async with patient(here.postgres.dsn) as database:
        ordering = ordering_on(database)
        for number in range(30):
            code = f"100861{number % 3}{1 + number * 7 % 9:03}"
            by: Channel = "sms" if number % 5 == 0 else "call"
            assert await ordering.place(call(code, f"139{number:08}", channel=by)) is Outcome.PLACED
        for code in ("1008677001", "1008610900", "1008677002"):
            await ordering.place(call(code, "13900000099"))
    await here.rows("UPDATE orders SET placed_at = placed_at - (order_id % 6) * interval '1 day'")
    await here.rows("UPDATE orders SET state = 'cancelled' WHERE order_id % 7 = 3")


async def crowd(here: Site) -> None:
    """Very many people, each with as many orders as nobody else."""
    await here.rows(
        "INSERT INTO employees (number, name, phone, department_id) SELECT 'X' || to_char(n, 'FM0000'), 'Name ' || n, "
        "'+86136' || lpad(n::text, 8, '0'), (SELECT max(department_id) FROM departments WHERE parent_id IS NULL) "
        "FROM generate_series(1, $1::integer) n",
        CROWD,
    )
    await here.rows(
        "INSERT INTO claims (product_id, code, employee_id, valid) SELECT p.product_id, to_char(300 + n, 'FM000'), "
        "e.employee_id, '[2020-01-01,)' FROM generate_series(1, $1::integer) n JOIN employees e "
        "ON e.number = 'X' || to_char(n, 'FM0000') CROSS JOIN products p WHERE p.code = '11'",
        CROWD,
    )
    await here.rows(
        "INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, department_id, dialled, "
        "price_fen, channel, state, called_at, placed_at) SELECT 'x!' || c.code || i, '+86135' || c.code || "
        "lpad(i::text, 5, '0'), 1, c.product_id, c.claim_id, c.employee_id, e.department_id, '', 1990, 'call', "
        "'active', $1::timestamptz, $1 FROM claims c JOIN employees e USING (employee_id) "
        "CROSS JOIN generate_series(1, 1 + right(e.number, 1)::integer) i WHERE e.number LIKE 'X%'",
        datetime(THEN.year, THEN.month, THEN.day, 12, tzinfo=here.config.zone),
    )


async def calls(here: Site) -> None:
    """Forty calls of yesterday's morning to two queues, and an agent's day."""
    began = datetime.combine(today(here) - timedelta(days=1), datetime.min.time(), here.config.zone)
    await here.until("SELECT count(*) > 3 FROM queue_terms", True)
    await here.rows("INSERT INTO agents (agent, name, set_by) VALUES ('1001', $1, 'test')", HOSTILE)
    await here.rows(CALLS, began + timedelta(hours=8))
    await here.rows(PRESENCES, began + timedelta(hours=8))
    await here.rows("SELECT mark_quarters(array_agg(quarter_of(entered_at))) FROM queue_calls")


def sums(console: Console, key: str, where: str = "true") -> dict[str, tuple[int, int, int, int]]:
    """Placed, live and active orders and the price of the live ones, by an SQL expression, of the last ten days."""
    over = "o.state IN ('rejected', 'expired', 'cancelled')"
    rows = console.stack.run(
        console.stack.site.rows(
            f"""SELECT {key} AS key, count(*) AS orders, count(*) FILTER (WHERE NOT {over}) AS live,
                       count(*) FILTER (WHERE o.state = 'active') AS active,
                       coalesce(sum(o.price_fen) FILTER (WHERE NOT {over}), 0)::bigint AS fen
                FROM orders o JOIN products p USING (product_id) JOIN employees e USING (employee_id)
                JOIN department_paths d ON d.department_id = o.department_id
                WHERE placed_at > now() - interval '11 days' AND {where} GROUP BY 1"""
        )
    )
    return {row["key"]: (row["live"], row["orders"], row["active"], row["fen"]) for row in rows}


def lines(of: Page, name: str) -> list[list[str]]:
    """What stands in a table, without its heads."""
    table = of.get_by_role("table", name=name)
    expect(table).to_be_visible()
    return [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]


def figures(row: list[str], first: int) -> tuple[int, int, int, int]:
    """Live, placed and active orders and the price of the live ones in a row of sales."""
    live, placed, active, price = row[first : first + 4]
    return int(live.replace(",", "")), int(placed), int(active), round(float(re.sub("[¥,]", "", price)) * 100)


def span(console: Console) -> str:
    """The last ten days, as an address has them."""
    now = today(console.stack.site)
    return f"since={now - timedelta(days=9)}&last={now}"


def charts(page: Page, name: str = "") -> Locator:
    """Charts of this name, or all there are."""
    return page.get_by_role("img", name=re.compile(f"^(图表：|Chart: ){name}"))


def is_drawn(chart: Locator, scheme: Scheme = "light", least: int = 300) -> bool:
    """Whether so many pixels of a chart have the first colour of the scheme."""
    expect(chart.locator("svg")).to_be_visible()
    deadline = time.monotonic() + DRAWN_WITHIN_S
    while time.monotonic() < deadline:
        found: dict[str, Any] = chart.locator("svg").evaluate(SHAPES)
        if found.get(ACCENT[scheme], 0) > least:
            return True
        chart.page.wait_for_timeout(100)
    return False


def test_figures_are_those_of_the_orders_down_to_one_seller(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("admin", path=f"/reports?{span(console)}")
    found = {row[0]: figures(row, 1) for row in lines(page, "明细数据")}
    expected = sums(console, "d.path")
    assert found == {**expected, "合计": next(iter(sums(console, "'合计'").values()))}
    live = expect(page.locator("[data-figure=live] .main"))
    live.to_have_text(str(found["合计"][0]))
    for name in ("有效订单走势", "各部门有效订单"):
        assert is_drawn(charts(page, name))
    axe(page)
    picture(page, "reports-department")

    path = next(key for key in expected if UNDER in key)
    page.get_by_role("table", name="明细数据").get_by_role("link", name=path).click()
    page.get_by_role("columnheader", name="员工").wait_for()
    here = f"d.path = '{path}'"
    inside = {row[0]: figures(row, 1) for row in lines(page, "明细数据")}
    assert inside["合计"] == expected[path]
    assert inside == {**sums(console, "e.number || ' ' || e.name", here), "合计": expected[path]}
    expect(page.get_by_role("list", name="已选的筛选条件")).to_contain_text(f"{path} （不含下级）")
    expect(page.get_by_role("table", name="明细数据").get_by_text(HOSTILE)).to_be_visible()
    axe(page)
    picture(page, "reports-people")
    seller = page.get_by_role("table", name="明细数据").get_by_role("link", name="E006")
    expect(seller).to_have_attribute("href", re.compile("^/orders[?]employee=E006&since=20"))
    shared = page.url
    page.go_back()
    expect(page.get_by_role("columnheader", name="部门")).to_be_visible()
    page.goto(shared)
    live.to_have_text(str(expected[path][0]))
    page.get_by_role("button", name="取消筛选：部门").click()
    live.to_have_text(str(found["合计"][0]))


def test_any_columns_and_filters(console: Console) -> None:
    page = console.as_("fraud", path=f"/reports?{span(console)}&by=product,channel&measure=sales_fen")
    words = {"电话": "call", "短信": "sms"}
    parts = {f"{row[0]} {words[row[1]]}": figures(row, 2) for row in lines(page, "明细数据") if row[1] in words}
    assert parts == sums(console, "p.code || ' ' || p.name_zh || ' ' || o.channel")
    page.get_by_label("产品", exact=True).select_option("10 5GB流量包")
    expect(page.get_by_role("row", name=re.compile("11 视频会员月卡"))).to_have_count(0)
    page.get_by_label("员工", exact=True).fill("E00")
    expect(page.locator("datalist option").first).to_be_attached()
    page.get_by_label("员工", exact=True).fill("E005")
    page.get_by_label("员工", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("people=E005"))
    of_one = sums(console, "''", "p.code = '10' AND e.number = 'E005'")
    expect(page.locator("[data-figure=orders] .main")).to_have_text(str(of_one[""][1]) if of_one else "0")
    now, zone = today(console.stack.site), console.stack.site.config.zone
    page.goto(f"/reports?since={now - timedelta(days=2)}&last={now}&by=product")
    days = f"BETWEEN '{now - timedelta(days=5)}' AND '{now - timedelta(days=3)}'"
    then = sums(console, "''", f"(placed_at AT TIME ZONE '{zone}')::date {days}")[""][0]
    expect(page.locator("[data-figure=live]")).to_contain_text(f"前期 {then}")
    expect(page.get_by_role("columnheader", name="前期有效订单")).to_be_visible()
    assert lines(page, "明细数据")[0][6] == str(then)


def test_a_manager_is_told_whose_figures_they_see(console: Console) -> None:
    page = console.as_("manager", path=f"/reports?{span(console)}")
    expect(page.get_by_text("市场部 Marketing及下级部门")).to_be_visible()
    own = sums(console, "''", "d.path LIKE '市场部%'")
    assert [figures(row, 1) for row in lines(page, "明细数据") if row[0] == "合计"] == [own[""]]
    assert page.get_by_label("部门", exact=True).locator("option").count() == 3  # all, their own, the one under it


def test_a_file_has_the_rows_of_the_table(console: Console) -> None:
    page = console.as_("fraud", path=f"/reports?{span(console)}&by=department,person")
    shown = lines(page, "明细数据")
    with page.expect_download() as downloaded:
        page.get_by_role("group", name="导出报表").get_by_role("button", name="CSV").click()
    with Path(downloaded.value.path()).open(encoding="utf-8-sig", newline="") as file:
        heads, *rows = csv.reader(file)
    assert heads == ["部门", "员工", "下单数", "有效订单", "已开通", "销售额（元）", "酬金（元）"]
    assert len(rows) == len(shown)
    for row, line in zip(rows, shown, strict=True):
        live, placed, active, fen = figures(line, 2)
        assert [int(row[2]), int(row[3]), int(row[4]), round(float(row[5]) * 100)] == [placed, live, active, fen]
    expect(page.get_by_text(f"共 {len(rows)} 行")).to_be_visible()
    with page.expect_download() as downloaded:
        page.get_by_role("group", name="导出订单明细").get_by_role("button", name="Excel").click()
    assert downloaded.value.suggested_filename.endswith(".xlsx")
    expect(page.get_by_text("共 30 行")).to_be_visible()


def test_ranks_of_nobody_of_one_and_of_very_many(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("designer", path=f"/reports/ranks?{span(console)}")
    ranks = lines(page, "员工排行（有效订单）")
    best = sorted((line[0] for line in sums(console, "e.number").values()), reverse=True)
    assert [int(row[2]) for row in ranks] == best
    assert ranks[0][0] == "1"
    assert is_drawn(charts(page, "员工排行"))
    axe(page)
    picture(page, "reports-ranks")
    page.goto(f"/reports/ranks?since={THEN}&last={THEN}")
    expect(page.get_by_text(f"共 {CROWD} 项")).to_be_visible()
    table = page.get_by_role("table", name="员工排行（有效订单）")
    expect(table).to_have_attribute("aria-rowcount", str(CROWD + 1))
    assert table.locator("tbody tr").count() < 100  # only what is seen is drawn
    page.goto(f"/reports/ranks?since={THEN}&last={THEN}&by=product")
    expect(page.get_by_role("row", name=re.compile("11 视频会员月卡"))).to_be_visible()
    assert is_drawn(charts(page))
    page.goto("/reports/ranks?since=2021-01-01&last=2021-01-31")
    expect(page.get_by_text("这段时间没有订单")).to_be_visible()
    page.goto("/reports?since=2021-01-01&last=2021-01-31")
    expect(page.get_by_text("这段时间没有订单").first).to_be_visible()
    page.goto(f"/reports?since={THEN}&last={THEN}&by=person")
    expect(page.get_by_role("table", name="明细数据")).to_have_attribute("aria-rowcount", str(CROWD + 2))


def test_where_tries_are_lost(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("manager", path=f"/reports/funnel?{span(console)}")
    steps = {row[0]: int(row[1]) for row in lines(page, "从拨打到开通")}
    _, placed, active, _ = next(iter(sums(console, "''").values()))
    assert (steps["尝试下单"], steps["号码有效"], steps["下单成功"], steps["已开通"]) == (33, 31, placed, active)
    assert {row[0]: row[1] for row in lines(page, "没有下单的原因")} == {"号码不存在": "2", "认领已结束": "1"}
    expect(page.get_by_text("尝试不归属部门")).to_be_visible()
    assert is_drawn(charts(page), least=1000)
    axe(page)
    picture(page, "reports-funnel")


def test_queues_and_agents(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("supervisor", path="/queue-reports?span=yesterday")
    kept = console.stack.run(
        console.stack.site.rows(
            "SELECT c.queue, count(*) AS offered, count(*) FILTER (WHERE how = 'answered') AS answered, "
            "count(*) FILTER (WHERE how = 'answered' AND wait_ms <= 1000 * within_s) AS within, "
            "count(*) FILTER (WHERE how = 'abandoned' AND wait_ms >= 1000 * short_abandon_s) AS abandoned, "
            "count(*) FILTER (WHERE how = 'abandoned' AND wait_ms < 1000 * short_abandon_s) AS short "
            "FROM queue_calls c JOIN queue_terms t ON t.line = c.line GROUP BY 1"
        )
    )
    titles = {"sales": "业务办理", "service": "普通服务"}
    expected = {
        titles[row["queue"]]: [str(row["offered"]), str(row["answered"]),
                       f"{100 * row['within'] / (row['offered'] - row['short']):.1f}%", str(row["abandoned"])]
        for row in kept
    }  # fmt: skip
    assert {row[0]: row[1:5] for row in lines(page, "明细数据")} == expected
    level = sum(row["within"] for row in kept) / sum(row["offered"] - row["short"] for row in kept)
    expect(page.locator("[data-figure=service_level] .main")).to_have_text(f"{100 * level:.1f}%")
    assert is_drawn(charts(page, "呼入量与服务水平"))
    axe(page)
    picture(page, "reports-queues")
    page.get_by_role("table", name="明细数据").get_by_role("link", name="业务办理").click()
    expect(page.get_by_role("columnheader", name="时间")).to_be_visible()
    hours = lines(page, "明细数据")
    assert sum(int(row[1]) for row in hours) == int(expected["业务办理"][0])
    with page.expect_download() as downloaded:
        page.get_by_role("group", name="导出").get_by_role("link", name="CSV").click()
    with Path(downloaded.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == len(hours) + 1
    page.get_by_role("link", name="坐席").click()
    expect(page.get_by_role("table", name="明细数据").get_by_text(f"1001 {HOSTILE}")).to_be_visible()
    [agent] = lines(page, "明细数据")
    assert "用餐 30:00" in agent[-1]
    expect(page.locator("[data-figure=signed_in_s] .main")).to_have_text("8:00:00")
    axe(page)
    picture(page, "reports-agents")
    page.get_by_role("link", name="技能").click()
    expect(page.get_by_role("cell", name="业务办理")).to_be_visible()
    assert [row[:2] for row in lines(page, "明细数据")] == [["业务办理", expected["业务办理"][0]]]
    page.goto("/queue-reports/agents?since=2021-01-01&last=2021-01-01")
    expect(page.get_by_text("这段时间没有话务")).to_be_visible()
    page.get_by_role("link", name="外呼活动结果").click()
    expect(page).to_have_url(re.compile("/campaigns$"))


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_how_it_looks(language: Language, scheme: Scheme, console: Console, axe: Axe, picture: Picture) -> None:
    zh = language == "zh"
    page = console.as_("admin", language=language, scheme=scheme, path=f"/reports?{span(console)}&by=product")
    expect(page.get_by_role("heading", level=1)).to_have_text("营销报表" if zh else "Sales reports")
    assert is_drawn(charts(page).last, scheme)
    axe(page)
    picture(page, "reports")
    page.goto("/queue-reports?span=yesterday")
    assert is_drawn(charts(page).first, scheme)
    axe(page)
    picture(page, "queue-reports")


def test_on_a_narrow_screen(console: Console, axe: Axe, picture: Picture) -> None:
    page = console.as_("manager", path=f"/reports?{span(console)}&by=person", size=PHONE)
    expect(page.get_by_role("table", name="明细数据").get_by_text(LONG)).to_be_visible()
    assert is_drawn(charts(page).last, least=100)
    fits(page)
    axe(page)
    picture(page, "reports-narrow")
