"""Reports of sales beside what the orders say when they are counted one by one."""

import asyncio
import csv
import io
import random
import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from ccore.db.pool import Database
from ccore.ordering.model import Outcome
from ccore.ordering.number import load_plan
from ccore.reports.exports import Exports, Look
from ccore.reports.question import By, Question, named
from ccore.reports.service import Reports, TooMuch
from ccore.shipped import shipped
from ccore.workbooks import Format
from tests.support.shop import call, open_shop, sql, value

ZONE = "Asia/Shanghai"
HERE = ZoneInfo(ZONE)
TODAY = datetime.now(HERE).date()
TOMORROW = TODAY + timedelta(days=1)  # it may be today by the time that a test runs
ALL = (TODAY - timedelta(days=400), TOMORROW + timedelta(days=1))
_ENDED = ("rejected", "expired", "cancelled")


def reports_on(database: Database) -> Reports:
    return Reports(database, ZONE, load_plan(shipped("dialplan")))


async def sell(database: Database, dsn: str, orders: int, chance: random.Random) -> None:
    """So many orders by several employees, spread over a year and over all states."""
    shop = await open_shop(database)
    for number in range(orders):
        code = f"100861{chance.choice('012')}{chance.randint(1, 9):03}"
        assert await shop.place(call(code, f"138{number:08}")) is Outcome.PLACED
    await sql(dsn, "UPDATE orders SET placed_at = placed_at - (order_id * 7 % 380) * interval '1 day'")
    for number, state in enumerate(("active", "cancelled", "active", "rejected")):
        await sql(dsn, "UPDATE orders SET state = $1 WHERE order_id % 6 = $2", state, number)


async def by_hand(dsn: str, key: str, since: date, until: date) -> Counter[Any]:
    """Orders by an SQL expression, counted one by one."""
    rows = await sql(
        dsn,
        f"""SELECT {key} AS key, count(*) AS orders FROM orders o JOIN products p USING (product_id)
            JOIN employees e USING (employee_id)
            WHERE (placed_at AT TIME ZONE $1)::date >= $2 AND (placed_at AT TIME ZONE $1)::date < $3 GROUP BY 1""",
        ZONE, since, until,
    )  # fmt: skip
    return Counter({row["key"]: row["orders"] for row in rows})


async def test_any_columns_and_times_are_what_the_orders_say(database: Database, dsn: str) -> None:
    chance = random.Random(7)
    await sell(database, dsn, 120, chance)
    reports = reports_on(database)
    await reports.counting.count_due()
    assert await reports.counting.differences() == []
    columns = {
        By.PRODUCT: "p.code || ' ' || p.name_zh",
        By.PERSON: "e.number || ' ' || e.name",
        By.CHANNEL: "o.channel",
        By.STATE: "o.state",
        By.DAY: "((placed_at AT TIME ZONE 'Asia/Shanghai')::date)::text",
        By.MONTH: "to_char(placed_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')",
        By.CLAIM: "substr(dialled, 6)",
    }
    for column, key in columns.items():
        for _ in range(3):
            since = TODAY - timedelta(days=chance.randint(0, 390))
            until = since + timedelta(days=chance.randint(1, 380))
            report = await reports.sales(Question(since, until, (column,)))
            assert {line.keys[0]: line.sums.orders for line in report.lines[1:]} == await by_hand(
                dsn, key, since, until
            ), (column, since, until)
    whole = (await reports.sales(Question(*ALL, (By.DEPARTMENT, By.PERSON, By.STATE)))).lines
    assert whole[0].sums.orders == 120
    assert whole[0].sums.live == await value(dsn, f"SELECT count(*) FROM orders WHERE state NOT IN {_ENDED}")
    assert whole[0].sums.active == await value(dsn, "SELECT count(*) FROM orders WHERE state = 'active'")
    assert whole[0].sums.commission_fen == await value(dsn, "SELECT sum(amount_fen) FROM commission_ledger")
    for level in (1, 2, 3):
        assert sum(line.sums.orders for line in whole if line.level == level) == 120


async def test_an_order_that_moves_is_counted_once_where_it_is_now(database: Database, dsn: str) -> None:
    await sell(database, dsn, 12, random.Random(1))
    reports = reports_on(database)
    await asyncio.gather(*(reports.counting.count_due() for _ in range(3)))  # several at once
    before = (await reports.sales(Question(*ALL))).lines[0].sums
    await sql(dsn, "UPDATE orders SET state = 'cancelled' WHERE state = 'active'")
    await sql(
        dsn,
        """WITH posted AS (
               INSERT INTO commission_postings (order_id, kind)
               SELECT order_id, 'clawback' FROM orders WHERE state = 'cancelled' RETURNING posting_id, order_id
           ), earned AS (
               SELECT posting_id, l.employee_id, l.amount_fen FROM posted JOIN commission_ledger l USING (order_id)
           )
           INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen)
           SELECT posting_id, 'held', employee_id, -amount_fen FROM earned
           UNION ALL SELECT posting_id, 'expense', NULL, amount_fen FROM earned""",
    )
    assert (await reports.sales(Question(*ALL))).behind > 0
    await reports.counting.count_due()
    after = await reports.sales(Question(*ALL))
    assert (after.behind, after.lines[0].sums.orders, after.lines[0].sums.active) == (0, before.orders, 0)
    assert after.lines[0].sums.commission_fen == await value(dsn, "SELECT sum(amount_fen) FROM commission_ledger")
    assert await reports.counting.differences() == []


async def test_a_count_that_was_changed_by_hand_is_found(database: Database, dsn: str) -> None:
    await sell(database, dsn, 5, random.Random(2))
    reports = reports_on(database)
    await reports.counting.count_due()
    await sql(dsn, "UPDATE sales_by_claim_day SET orders = orders + 1")
    found = await reports.counting.differences()
    assert {difference.what for difference in found} >= {"claims by month", "groups by day", "groups by month"}
    await reports.counting.rebuild()
    assert await reports.counting.differences() == []
    assert (await reports.sales(Question(*ALL))).lines[0].sums.orders == 5


async def test_departments_have_all_under_them_and_names_that_are_none_find_nothing(
    database: Database, dsn: str
) -> None:
    await sell(database, dsn, 30, random.Random(3))
    await sql(dsn, "UPDATE departments SET parent_id = 1 WHERE department_id = 2")
    reports = reports_on(database)
    await reports.counting.count_due()
    [name] = await sql(dsn, "SELECT name FROM departments WHERE department_id = 1")
    under = (await reports.sales(Question(*ALL, departments=(name["name"],)))).lines[0].sums.orders
    assert under == await value(dsn, "SELECT count(*) FROM orders WHERE department_id IN (1, 2)") > 0
    assert (await reports.sales(Question(*ALL, departments=("'; DROP TABLE orders; --",)))).lines[0].sums.orders == 0
    assert (await reports.sales(Question(*ALL, people=("E999",)))).lines[0].sums.orders == 0
    alone = (await reports.sales(Question(*ALL, departments=(name["name"],), alone=True))).lines[0].sums.orders
    assert under > alone == await value(dsn, "SELECT count(*) FROM orders WHERE department_id = 1") > 0
    await sql(dsn, "UPDATE departments SET name = 'East, \"West\"' WHERE department_id = 1")
    found = await reports.sales(Question(*ALL, departments=named('nobody,East\\, "West"')))
    assert found.lines[0].sums.orders == under


async def test_ranks(database: Database, dsn: str) -> None:
    await sell(database, dsn, 40, random.Random(4))
    reports = reports_on(database)
    await reports.counting.count_due()
    ranks = await reports.ranks(Question(*ALL, (By.PERSON,)), "live", 3)
    live = f"SELECT count(*) FROM orders WHERE state NOT IN {_ENDED} GROUP BY employee_id ORDER BY 1 DESC LIMIT 3"
    assert [line.sums.live for _, line in ranks[:3]] == [row["count"] for row in await sql(dsn, live)]
    assert ranks[0][0] == 1


async def test_the_way_from_tries_to_orders(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    for number, code in enumerate(["1008610001", "1008610002", "1008610001", "1008677001", "10086", "1008610900"]):
        await shop.place(call(code, f"138{number:08}"))
    reports = reports_on(database)
    await reports.counting.count_due()
    today = Question(TODAY, TOMORROW + timedelta(days=1), (By.PRODUCT,))
    steps = {step.keys[0][:2]: step for step in await reports.funnel(today)}
    ten = steps["10"]
    assert (ten.tries, ten.understood, ten.placed, ten.live, ten.active) == (4, 4, 3, 3, 3)
    assert ten.refused == {"claim-ended": 1}
    assert steps["-"].refused == {"unknown-code": 2}
    assert sum(step.tries for step in await reports.funnel(Question(*ALL))) == 6
    await sql(dsn, "UPDATE products SET confirm = 'key' WHERE code = '12'")
    assert await shop.place(call("1008612001", "13800000099")) is Outcome.CONFIRM_KEY
    await reports.counting.count_due()
    [twelve] = await reports.funnel(Question(*ALL, (By.PRODUCT,), products=("12",)))
    assert (twelve.tries, twelve.placed, twelve.live, twelve.active, twelve.refused) == (1, 1, 1, 0, {})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_files_have_every_line_and_no_formula(database: Database, dsn: str, form: Format) -> None:
    await sell(database, dsn, 25, random.Random(5))
    await sql(dsn, "UPDATE departments SET name = '=1+1' WHERE department_id = 1")
    reports = reports_on(database)
    await reports.counting.count_due()
    exports = Exports(database, reports, ZONE)
    sales = await exports.ask("sales", form, Question(*ALL, (By.DEPARTMENT, By.PRODUCT)), "boss")
    orders = await exports.ask("orders", form, Question(*ALL, products=("10", "11", "12")), "boss")
    assert await exports.find(sales, "somebody else") is None
    await exports.make_waiting()
    wanted = (await reports.sales(Question(*ALL, (By.DEPARTMENT, By.PRODUCT)))).lines
    for number, heads, rows in ((sales, ["department", "product"], len(wanted)), (orders, ["order", "placed"], 25)):
        export = await exports.find(number, "boss")
        assert export is not None, export
        assert (export.trouble, export.state, export.rows_done, export.rows_all) == ("", "ready", rows, rows)
        content = b"".join([part async for part in exports.parts(number)])
        assert len(content) == export.bytes
        table = cells(content, form)
        assert (table[0][:2], len(table)) == (heads, rows + 1)
        assert "=1+1" not in [cell for row in table for cell in row] or form == "xlsx"
        assert not re.search("1380000[0-9]{4}", str(table)), "a subscriber's whole number"
    notes = "SELECT count(*) FROM audit WHERE action = 'export-asked' AND actor = 'boss'"
    assert await value(dsn, notes) == 2
    await sql(dsn, "UPDATE exports SET asked_at = now() - interval '2 days'")
    await exports.forget_old()
    assert [part async for part in exports.parts(sales)] == []
    gone = await exports.find(sales, None)
    assert gone is not None
    assert gone.state == "gone"


async def test_files_for_people_have_their_words_and_yuan(database: Database, dsn: str) -> None:
    await sell(database, dsn, 12, random.Random(6))
    reports = reports_on(database)
    await reports.counting.count_due()
    exports, question = Exports(database, reports, ZONE), Question(*ALL, (By.STATE, By.PRODUCT))
    looks = [Look("zh"), Look("en", "live")]
    numbers = [await exports.ask("sales", "csv", question, "boss", look) for look in looks]
    orders = await exports.ask("orders", "xlsx", question, "boss", looks[0])
    await exports.make_waiting()
    forms: list[tuple[int, Format]] = [(numbers[0], "csv"), (numbers[1], "csv"), (orders, "xlsx")]
    chinese, english, each = [
        cells(b"".join([part async for part in exports.parts(number)]), form) for number, form in forms
    ]
    assert chinese[0] == ["状态", "产品", "下单数", "有效订单", "已开通", "销售额（元）", "酬金（元）"]
    assert english[0][:3] == ["State", "Product", "Placed"]
    sums = (await reports.sales(question)).lines[0].sums
    assert chinese[1][2:] == english[1][2:] == [
        str(sums.orders), str(sums.live), str(sums.active), f"{sums.sales_fen / 100:.2f}",
        f"{sums.commission_fen / 100:.2f}",
    ]  # fmt: skip
    assert {"已开通", "已取消"} <= {row[0] for row in chinese}
    live = [int(row[3]) for row in english[1:] if row[0] and not row[1]]
    assert live == sorted(live, reverse=True)
    assert {row[7] for row in each[1:]} >= {"已开通"}
    assert sum(round(100 * float(row[11])) for row in each[1:]) == await value(dsn, "SELECT sum(price_fen) FROM orders")


async def test_a_file_that_nobody_goes_on_with_is_begun_anew(database: Database, dsn: str) -> None:
    await sell(database, dsn, 3, random.Random(6))
    exports = Exports(database, reports_on(database), ZONE)
    number = await exports.ask("orders", "csv", Question(*ALL), "boss")
    await sql(dsn, "UPDATE exports SET state = 'making', begun_at = now()")
    await exports.make_waiting()
    making = await exports.find(number, None)
    assert making is not None
    assert making.state == "making"
    await sql(dsn, "UPDATE exports SET begun_at = now() - interval '11 minutes'")
    await exports.make_waiting()
    ready = await exports.find(number, None)
    assert ready is not None
    assert (ready.state, ready.rows_done) == ("ready", 3)


def cells(content: bytes, form: Format) -> list[list[str]]:
    """Every row of a file; of a workbook, formulas as Excel would take them."""
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    return [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize(
    "question",
    [Question(TODAY, TODAY), Question(*ALL, (By.DAY, By.PERSON))],
    ids=["no time", "too much"],
)
async def test_what_cannot_be_answered_is_refused(database: Database, question: Question) -> None:
    with pytest.raises(TooMuch):
        await reports_on(database).sales(question)
