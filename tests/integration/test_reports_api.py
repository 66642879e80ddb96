"""Reports over HTTP: what they say, whose sales one sees, and files."""

import asyncio
import csv
import io
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.reports.exports import Exports
from ccore.reports.service import Reports
from tests.integration.test_reports import ZONE, reports_on
from tests.support.shop import call, open_shop, sql
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

TODAY = datetime.now(ZoneInfo(ZONE)).date()


@pytest.fixture
async def reports(database: Database) -> Reports:
    """Two orders of E001 in Sales, one of E004 elsewhere."""
    shop = await open_shop(database)
    for number, code in enumerate(["1008610001", "1008611001", "1008610004"]):
        await shop.place(call(code, f"138{number:08}"))
    found = reports_on(database)
    await found.counting.count_due()
    return found


async def test_sales_with_totals_at_each_level(whole: Api, reports: Reports) -> None:
    status, told = await whole.ask("GET", "/api/v1/reports/sales?by=person,product&language=en", Role.FRAUD)
    assert (status, told["heads"], told["behind"]) == (200, ["person", "product"], 0)
    assert [([key[:4] for key in line["keys"]], line["orders"], line["sales_fen"]) for line in told["lines"]] == [
        ([], 3, 3990),
        (["E001"], 2, 2990),
        (["E001", "10 5"], 1, 1000),
        (["E001", "11 V"], 1, 1990),
        (["E004"], 1, 1000),
        (["E004", "10 5"], 1, 1000),
    ]
    status, told = await whole.ask("GET", "/api/v1/reports/ranks?by=person&most=1", Role.DESIGNER)
    assert [(line["rank"], line["keys"]) for line in told["lines"]] == [(1, ["E001 E001"])]
    status, told = await whole.ask("GET", "/api/v1/reports/funnel", Role.FRAUD)
    assert [(line["tries"], line["placed"]) for line in told["lines"]] == [(3, 3)]


async def test_who_sells_and_manages_sees_their_own_department(whole: Api, reports: Reports, dsn: str) -> None:
    path = "/api/v1/reports/sales"
    status, told = await whole.ask("GET", path, Role.MANAGER)
    assert (status, told["lines"][0]["orders"]) == (200, 2)
    assert (await whole.ask("GET", f"{path}?departments=Sales", Role.MANAGER))[1]["lines"][0]["orders"] == 2
    [other] = await sql(
        dsn, "SELECT path FROM employees JOIN department_paths USING (department_id) WHERE number = 'E004'"
    )
    path = f"{path}?departments={other['path']}"
    assert (await whole.ask("GET", path, Role.MANAGER))[0] == 403
    assert (await whole.ask("GET", "/api/v1/reports/funnel", Role.MANAGER))[1]["lines"][0]["tries"] == 3
    assert (await whole.ask("GET", path, Role.ADMIN))[1]["lines"][0]["orders"] == 1


async def test_what_there_is_to_ask_by_is_what_one_may_see(whole: Api, reports: Reports, dsn: str) -> None:
    path = "/api/v1/reports/choices"
    status, told = await whole.ask("GET", path, Role.FRAUD)
    every = [row["path"] for row in await sql(dsn, "SELECT path FROM department_paths")]
    assert (status, told["scope"], sorted(told["departments"])) == (200, None, sorted(every))
    assert {"code": "10", "name_zh": "5GB流量包", "name_en": "5 GB data pack"} in told["products"]
    [team] = await sql(dsn, "INSERT INTO teams (name, leader_id) SELECT '突击队', employee_id FROM employees "
                            "WHERE number = 'E004' RETURNING name")  # fmt: skip
    assert (await whole.ask("GET", path, Role.ADMIN))[1]["teams"] == [team["name"]]
    status, told = await whole.ask("GET", path, Role.MANAGER)
    assert (told["scope"], told["departments"], told["teams"]) == ("Sales", ["Sales"], [])
    people = "/api/v1/reports/people?find=e00"
    everybody = [each["number"] for each in (await whole.ask("GET", people, Role.DESIGNER))[1]["people"]]
    mine = [each["number"] for each in (await whole.ask("GET", people, Role.MANAGER))[1]["people"]]
    assert set(mine) < set(everybody)
    assert ("E001" in mine, "E004" in mine, "E004" in everybody) == (True, False, True)
    assert (await whole.ask("GET", "/api/v1/reports/people?find=%25", Role.ADMIN))[1]["people"] == []


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("by=employee", 400, "not told apart by employee"),
        ("by=day,week", 422, "one at a time"),
        (f"since={TODAY}&until={TODAY}", 422, "ends before"),
        ("since=2026-02-30", 400, "since"),
        ("since=10000-01-01", 400, "since"),
        ("products=" + ",".join("1" * 51), 400, "50 names"),
        ("order=price", 400, "order"),
    ],
)
async def test_what_makes_no_sense_is_said(whole: Api, reports: Reports, query: str, status: int, words: str) -> None:
    code, told = await whole.ask("GET", f"/api/v1/reports/sales?{query}", Role.ADMIN)
    assert (code, words in told["error"]) == (status, True), told


async def test_a_file_is_asked_for_made_and_fetched_by_whom_it_is_for(
    whole: Api, reports: Reports, database: Database
) -> None:
    wanted = json.dumps(
        {"kind": "orders", "since": str(TODAY), "until": str(TODAY + timedelta(days=2)), "for_people": True}
    ).encode()
    key = {"Idempotency-Key": "reports-1234"}
    status, file = await whole.ask("POST", "/api/v1/reports/files", Role.DESIGNER, wanted, **key)
    assert (status, file["state"]) == (202, "waiting")
    again = await whole.ask("POST", "/api/v1/reports/files", Role.DESIGNER, wanted, **key)
    assert again[1]["number"] == file["number"]
    path = f"/api/v1/reports/files/{file['number']}"
    assert (await whole.ask("GET", f"{path}/content", Role.DESIGNER))[0] == 409
    await asyncio.gather(*(Exports(database, reports, ZONE).make_waiting() for _ in range(2)))
    assert (await whole.ask("GET", path, Role.DESIGNER))[1]["rows_done"] == 3
    status, content, headers = await whole.answer("GET", f"{path}/content", Role.DESIGNER)
    assert (status, headers["Content-Disposition"]) == (200, f'attachment; filename="orders-{file["number"]}.csv"')
    rows = list(csv.reader(io.StringIO(content)))
    assert (len(rows), rows[0][1]) == (4, "下单时间")
    assert (await whole.ask("GET", path, Role.FRAUD))[0] == 404
    assert (await whole.ask("GET", path, Role.ADMIN))[0] == 200


async def test_what_reports_of_queues_can_be_asked_by(whole: Api, dsn: str) -> None:
    await sql(dsn, "INSERT INTO agents (agent, name, active, set_by) VALUES ('1009', '老张', false, 'test')")
    status, told = await whole.ask("GET", "/api/v1/queues/reports/choices", Role.SUPERVISOR)
    assert status == 200
    assert told["agents"] == [{"agent": "1009", "name": "老张"}]
    assert {"name": "sales", "title": {"zh": "业务办理", "en": "Sales"}} in told["queues"]
    assert ("meal", "用餐") in [(each["name"], each["title"]) for each in told["pauses"]]
    assert ("vip", "贵宾服务") in [(each["name"], each["title"]) for each in told["skills"]]
