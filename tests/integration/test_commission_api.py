"""Commission over HTTP: one's own, a manager's department's, and nobody else's."""

import json
from collections.abc import AsyncIterator
from itertools import count

import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.ledger import Ledger
from ccore.people.model import Role
from tests.support.sales import Firm, days, firm_on
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

E, M, A = Role.EMPLOYEE, Role.MANAGER, Role.ADMIN  # E001, E002 and E003, all of Sales
V1 = "/api/v1"
_keys = count(1)


@pytest.fixture
async def firm(whole: Api, database: Database, dsn: str) -> AsyncIterator[Firm]:
    """The demo firm beside the three of Sales, with sales of E001 in a period that is over and in the running one."""
    now = utc_now()
    async with firm_on(database, dsn) as firm:
        for name, since, until in (("over", -9, -2), ("running", -2, 30), ("next", 30, 60)):
            assert await database.execute("periods.make", name, now + days(since), now + days(until)) == 1
        await firm.sold("E001", now - days(6))
        await firm.sold("E001", now - days(1))
        await firm.sold("E004", now - days(1))
        await Ledger(database).release_some()
        yield firm


async def post(whole: Api, path: str, role: Role, **said: object) -> tuple[int, object]:
    """Ask for something to be done."""
    key = {"Idempotency-Key": f"commission-{next(_keys)}"}
    method = "PUT" if path.endswith("/pin") else "POST"
    return await whole.ask(method, f"{V1}{path}", role, json.dumps(said).encode(), **key)


async def test_everybody_sees_their_own_and_managers_their_departments(whole: Api, firm: Firm) -> None:
    status, told = await whole.ask("GET", f"{V1}/commission", E)
    assert (status, told["employee"], told["orders"], told["booked_fen"], told["payable_fen"]) == (
        200,
        "E001",
        1,
        200,
        400,
    )
    assert told["rank"]["rank"] == 1
    status, told = await whole.ask("GET", f"{V1}/commission/entries?size=1", E)
    assert [(each["kind"], each["payable_fen"], each["held_fen"]) for each in told["postings"]] == [
        ("release", 200, -200)
    ]
    status, told = await whole.ask("GET", f"{V1}/commission/people/E001", M)
    assert (status, told["employee"]) == (200, "E001")
    for path in ("E004", "E777", "E004/entries"):
        assert (await whole.ask("GET", f"{V1}/commission/people/{path}", M))[0] == 404
    assert (await whole.ask("GET", f"{V1}/commission/people/E004", A))[0] == 200
    assert (await whole.ask("GET", f"{V1}/commission/people/E002", E))[0] == 403


async def test_managers_adjust_in_their_department_and_never_themselves(whole: Api, firm: Firm) -> None:
    said = {"fen": 500, "note": "an extra"}
    assert (await post(whole, "/commission/adjustments", M, employee="E001", **said))[0] == 201
    assert (await post(whole, "/commission/adjustments", M, employee="E002", **said))[0] == 403
    assert (await post(whole, "/commission/adjustments", M, employee="E004", **said))[0] == 404
    assert (await post(whole, "/commission/adjustments", M, employee="E001", fen=500, note=" "))[0] == 400
    assert (await post(whole, "/commission/adjustments", M, employee="E001", fen=0, note="x"))[0] == 422
    assert (await firm.owed("E001"))["payable"] == 900

    assert (await post(whole, "/commission/payouts", M))[0] == 403
    status, told = await post(whole, "/commission/payouts", A, least_fen=300)
    assert (status, told) == (201, {"payout": 1, "payees": 1, "fen": 900})
    assert (await post(whole, "/commission/payouts", A, least_fen=300))[0] == 409
    status, text = await whole.ask("GET", f"{V1}/commission/payouts/1/file", A)
    assert (status, text.splitlines()[1].split(",")[-1]) == (200, "9.00")


async def test_a_period_is_closed_by_admins_and_everybody_sees_why_they_are_where_they_are(
    whole: Api, firm: Firm
) -> None:
    assert (await post(whole, "/periods/over/close", M))[0] == 403
    status, told = await post(whole, "/periods/over/close", A)
    assert (status, told) == (200, {"name": "over", "ranked": 100, "barred": 0, "tiers": 0, "tiers_fen": 0})
    assert (await post(whole, "/periods/over/close", A))[0] == 409
    status, told = await whole.ask("GET", f"{V1}/periods/over/results", E)
    [mine] = told["results"]
    assert (told["measure"], mine["employee"], mine["rank"], mine["of"], mine["fate"]) == (
        "sales",
        "E001",
        1,
        100,
        "safe",
    )
    status, told = await whole.ask("GET", f"{V1}/periods/over/results?whose=department", M)
    assert {each["department"] for each in told["results"]} == {"Sales"}
    assert {each["employee"] for each in told["results"]} >= {"E001", "E002", "E003"}
    assert (await whole.ask("GET", f"{V1}/periods/running/results", E))[0] == 404
    status, told = await whole.ask("GET", f"{V1}/periods", E)
    assert [each["name"] for each in told["periods"]] == ["next", "running", "over"]

    [period] = [await firm.value("SELECT period_id FROM sales_periods WHERE name = 'over'")]
    await firm.value(
        "INSERT INTO claim_bars (employee_id, period_id, because_of, detail) "
        "SELECT employee_id, $1, $1, '{}' FROM employees WHERE number IN ('E001', 'E002', 'E004') RETURNING 1",
        period,
    )
    why = {"why": "was ill for three weeks"}
    assert (await post(whole, "/periods/over/exceptions", M, employee="E001", **why))[0] == 200
    assert (await post(whole, "/periods/over/exceptions", M, employee="E001", **why))[0] == 409
    assert (await post(whole, "/periods/over/exceptions", M, employee="E002", **why))[0] == 403
    assert (await post(whole, "/periods/over/exceptions", M, employee="E004", **why))[0] == 404


async def test_disputes_are_opened_by_whose_they_are_and_answered_by_others(whole: Api, firm: Firm) -> None:
    status, told = await post(whole, "/commission/disputes", E, period="over", note="I sold two")
    assert (status, told) == (201, {"dispute": 1})
    assert (await post(whole, "/commission/disputes", E, order=3, note="not mine"))[0] == 422
    assert (await post(whole, "/commission/disputes/1/notes", E, became="answered", note="yes, you did"))[0] == 403
    assert (await post(whole, "/commission/disputes/1/notes", M, became="answered", note="one was cancelled"))[0] == 200
    assert (await post(whole, "/commission/disputes/1/notes", E, became="closed", note="I see"))[0] == 200
    assert (await post(whole, "/commission/disputes/1/notes", E, became="open", note="no"))[0] == 409
    status, told = await whole.ask("GET", f"{V1}/commission/disputes?whose=department&state=closed", M)
    assert [each["dispute"] for each in told["disputes"]] == [1]
    status, told = await whole.ask("GET", f"{V1}/commission/disputes/1", E)
    assert [each["became"] for each in told["notes"]] == ["open", "answered", "closed"]
    await firm.value("INSERT INTO commission_disputes (employee_id, order_id) SELECT employee_id, 3 FROM employees "
                     "WHERE number = 'E004' RETURNING 1")  # fmt: skip
    for role in (E, M):
        assert (await whole.ask("GET", f"{V1}/commission/disputes/2", role))[0] == 404


async def test_a_pin_is_set_by_whose_it_is_and_kept_nowhere_as_it_was(whole: Api, firm: Firm) -> None:
    assert (await post(whole, "/commission/pin", E, pin="123456"))[0] == 422
    assert (await post(whole, "/commission/pin", E, pin="284017"))[0] == 200
    kept = await firm.value("SELECT count(*) FROM idempotent_requests WHERE convert_from(body, 'UTF8') LIKE '%284017%'")
    assert kept == 0
    assert await firm.value("SELECT count(*) FROM employee_pins") == 1
