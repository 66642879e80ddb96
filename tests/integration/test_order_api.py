"""Orders and the fraud desk, over HTTP and as commands: who sees what, and what they may decide."""

import json
import uuid
from pathlib import Path

import pytest

from ccore import config, selling
from ccore.db.pool import Database
from ccore.people.model import Role
from tests.support.commands import Run, running
from tests.support.shop import call, earned, open_shop, product, sql, states, texts, value
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

NUMBER = "+8613800000001"
MASKED = "+86138****0001"
PATH = "SELECT path FROM employees JOIN department_paths USING (department_id) WHERE number = $1"
RULES = selling.Fraud(claim_hour=selling.Hourly(effect="flag", orders=1))


@pytest.fixture
async def orders(database: Database, dsn: str) -> None:
    """Two orders of E001, the second of which looks wrong, and one of E002 that waits to be confirmed."""
    shop = await open_shop(database, RULES)
    await product(dsn, "11", confirm="sms")
    for number, code in enumerate(["1008610001", "1008610001", "1008611002"]):
        await shop.place(call(code, f"1380000000{number}"))


async def decide(whole: Api, path: str, role: Role, why: str) -> int:
    """Somebody decides, for a reason; the status."""
    said = {"content": json.dumps({"why": why}).encode(), "Idempotency-Key": uuid.uuid4().hex}
    status, _ = await whole.ask("POST", path, role, **said)  # type: ignore[arg-type]
    return status


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_managers_see_orders_without_numbers_and_decide(whole: Api, orders: None, dsn: str) -> None:
    status, told = await whole.ask("GET", "/api/v1/orders", Role.MANAGER)
    assert status == 200
    assert [(each["order"], each["state"], each["employee"], each["flagged"]) for each in told["orders"]] == [
        (3, "pending_confirm", "E002", False),
        (2, "active", "E001", True),
        (1, "active", "E001", False),
    ]
    assert told["orders"][1]["subscriber"] == MASKED
    _, told = await whole.ask("GET", "/api/v1/orders?state=active&size=1&employee=E001", Role.MANAGER)
    assert ([each["order"] for each in told["orders"]], told["before"]) == ([2], 2)
    _, told = await whole.ask("GET", f"/api/v1/orders?subscriber={NUMBER[3:]}", Role.MANAGER)
    assert [each["order"] for each in told["orders"]] == [2]
    assert await decide(whole, "/api/v1/orders/3/confirmation", Role.MANAGER, "they called us") == 200
    for expected in (200, 409):
        assert await decide(whole, "/api/v1/orders/1/cancellation", Role.MANAGER, "a mistake") == expected
    assert await decide(whole, "/api/v1/orders/9/cancellation", Role.MANAGER, "?") == 404
    assert await decide(whole, "/api/v1/orders/3/confirmation", Role.MANAGER, "again") == 409
    assert await states(dsn) == ["cancelled", "active", "active"]
    audited = await sql(dsn, "SELECT action, subject FROM audit WHERE actor <> 'caller' AND subject LIKE 'order:%'")
    assert {tuple(row) for row in audited} == {("order-confirmed", "order:3"), ("order-cancelled", "order:1")}


async def test_managers_have_the_orders_of_their_department_and_below(whole: Api, orders: None, dsn: str) -> None:
    async def seen(role: Role) -> list[int]:
        status, told = await whole.ask("GET", "/api/v1/orders", role)
        assert status == 200
        return [each["order"] for each in told["orders"]]

    mine = await value(dsn, "SELECT department_id FROM employees WHERE number = 'E002'")  # the manager's
    await sql(dsn, "INSERT INTO departments (name) VALUES ('Elsewhere')")
    await sql(dsn, "INSERT INTO departments (name, parent_id) VALUES ('Below', $1)", mine)
    in_department = "UPDATE orders SET department_id = (SELECT department_id FROM departments WHERE name = $1) WHERE "
    await sql(dsn, in_department + "order_id = 1", "Elsewhere")
    await sql(dsn, in_department + "order_id = 2", "Below")
    assert await seen(Role.MANAGER) == [3, 2]
    assert await seen(Role.FRAUD) == await seen(Role.ADMIN) == [3, 2, 1]
    for query in ("employee=E001", "subscriber=13800000000"):
        _, told = await whole.ask("GET", f"/api/v1/orders?{query}", Role.MANAGER)
        assert 1 not in [each["order"] for each in told["orders"]]
    for order, expected in ((1, 404), (2, 200)):
        assert (await whole.ask("GET", f"/api/v1/orders/{order}", Role.MANAGER))[0] == expected
        assert await decide(whole, f"/api/v1/orders/{order}/cancellation", Role.MANAGER, "a mistake") == expected
    await sql(dsn, in_department + "order_id = 3", "Elsewhere")
    assert await decide(whole, "/api/v1/orders/3/confirmation", Role.MANAGER, "they called us") == 404
    assert await states(dsn) == ["active", "cancelled", "pending_confirm"]
    assert await decide(whole, "/api/v1/orders/3/confirmation", Role.FRAUD, "they called us") == 200

    team = await value(
        dsn,
        """INSERT INTO teams (name, leader_id) SELECT 'friends', employee_id FROM employees WHERE number = 'E002'
           RETURNING team_id""",
    )
    await sql(dsn, "UPDATE orders SET team_id = $1, employee_id = NULL, department_id = NULL WHERE order_id = 1", team)
    assert await seen(Role.MANAGER) == [2, 1]  # its leader is of the department
    await sql(dsn, "UPDATE people SET employee = NULL WHERE login = 'a-manager'")
    assert (await whole.ask("GET", "/api/v1/orders", Role.MANAGER))[0] == 403


async def test_who_sells_sees_their_own_alone(whole: Api, orders: None) -> None:
    _, told = await whole.ask("GET", "/api/v1/orders?employee=E002", Role.EMPLOYEE)
    assert [each["order"] for each in told["orders"]] == [2, 1]
    assert (await whole.ask("GET", f"/api/v1/orders?subscriber={NUMBER[3:]}", Role.EMPLOYEE))[0] == 422
    status, told = await whole.ask("GET", "/api/v1/orders/2", Role.EMPLOYEE)
    assert (status, told["order"]["subscriber"]) == (200, MASKED)
    assert [(each["employee"], each["amount_fen"]) for each in told["earned"]] == [("E001", 200)]
    assert [each["kind"] for each in told["told"]] == ["order-accepted"]
    assert (await whole.ask("GET", "/api/v1/orders/3", Role.EMPLOYEE))[0] == 404
    assert await decide(whole, "/api/v1/orders/1/cancellation", Role.EMPLOYEE, "?") == 403


async def test_the_fraud_desk_sees_why_and_whose_and_decides(whole: Api, orders: None, dsn: str) -> None:
    _, told = await whole.ask("GET", "/api/v1/fraud/flags", Role.FRAUD)
    [flag] = told["flags"]
    assert (flag["order"], flag["reason"], flag["employee"], flag["subscriber"]) == (2, "claim-hour", "E001", MASKED)
    assert (flag["held_fen"], flag["earned_fen"]) == (200, 200)
    _, told = await whole.ask("GET", "/api/v1/orders/2", Role.FRAUD)
    assert told["order"]["subscriber"] == MASKED  # the whole one is told by numbers/unmask alone, which is written down
    path = f"/api/v1/fraud/flags/{flag['flag']}"
    for expected in (200, 409):
        assert await decide(whole, f"{path}/upholding", Role.FRAUD, "cousins") == expected
    assert await decide(whole, f"{path}/clearance", Role.FRAUD, "no") == 409
    assert await states(dsn) == ["active", "cancelled", "pending_confirm"]
    assert await earned(dsn) == 200


async def test_what_waits_for_the_fraud_desk_is_told_by_rule(whole: Api, orders: None, dsn: str) -> None:
    await sql(
        dsn, "INSERT INTO fraud_flags (order_id, reason) VALUES (2, 'few-numbers'), (1, 'few-numbers'), (1, 'older')"
    )
    status, told = await whole.ask("GET", "/api/v1/fraud/rules", Role.FRAUD)
    assert status == 200
    rules = {each["reason"]: each for each in told["rules"]}
    assert [(told[name]) for name in ("flags", "orders", "held_fen")] == [4, 2, 400]
    assert [rules["few-numbers"][name] for name in ("effect", "flags", "orders", "held_fen")] == ["flag", 2, 2, 400]
    assert rules["few-numbers"]["figures"] == {"orders": 20, "percent": 50, "days": 7}
    assert (rules["own-number"]["effect"], rules["own-number"]["figures"], rules["own-number"]["flags"]) == (
        "refuse",
        {},
        0,
    )
    assert (rules["older"]["effect"], rules["older"]["flags"]) == ("off", 1)
    assert "nightly-at" not in rules
    for query, flags in (("employee=E001", 4), ("employee=E002", 0), ("reason=few-numbers", 2), ("order=2", 2)):
        _, told = await whole.ask("GET", f"/api/v1/fraud/flags?{query}", Role.FRAUD)
        assert len(told["flags"]) == flags
    [first, *_] = told["flags"]
    assert await decide(whole, f"/api/v1/fraud/flags/{first['flag']}/upholding", Role.FRAUD, "cousins") == 200
    _, told = await whole.ask("GET", "/api/v1/fraud/flags?state=any&order=2", Role.FRAUD)
    assert {(each["state"], each["held_fen"], each["earned_fen"]) for each in told["flags"]} == {("upheld", 0, 0)}
    _, told = await whole.ask("GET", "/api/v1/fraud/rules", Role.FRAUD)
    assert [(told[name]) for name in ("flags", "orders", "held_fen")] == [2, 1, 200]


async def test_orders_are_found_by_claim_department_and_day(whole: Api, orders: None, dsn: str) -> None:
    async def found(query: str, role: Role = Role.FRAUD) -> list[int]:
        status, told = await whole.ask("GET", f"/api/v1/orders?{query}", role)
        assert status == 200, told
        return [each["order"] for each in told["orders"]]

    assert await found("code=1008610001") == await found("code=10001") == [2, 1]
    assert await found("code=1008611002&state=pending_confirm") == [3]
    assert await found("code=10001&product=11") == await found("code=999999") == await found("product=77") == []
    mine = await value(
        dsn, "SELECT path FROM employees JOIN department_paths USING (department_id) WHERE number = 'E002'"
    )
    await sql(dsn, "INSERT INTO departments (name) VALUES ('Elsewhere')")
    await sql(
        dsn,
        "INSERT INTO departments (name, parent_id) SELECT 'East', department_id FROM department_paths WHERE path = $1",
        mine,
    )
    in_department = "UPDATE orders SET department_id = (SELECT department_id FROM departments WHERE name = $1) WHERE "
    await sql(dsn, in_department + "order_id = 1", "Elsewhere")
    await sql(dsn, in_department + "order_id = 2", "East")
    assert await found(f"department={mine}") == await found("", Role.MANAGER) == [3, 2]
    assert await found(f"department={mine}/East") == await found(f"department={mine}/East", Role.MANAGER) == [2]
    assert await found("department=Elsewhere&employee=E001") == [1]
    assert await found("department=Elsewhere&subscriber=13800000002") == []
    assert await found("department=Elsewhere", Role.MANAGER) == await found("department=Nowhere") == []
    await sql(dsn, "UPDATE orders SET placed_at = '2026-03-01 23:30+08' WHERE order_id = 1")
    assert await found("since=2026-03-01&until=2026-03-02") == [1]
    assert await found("since=2026-03-02") == [3, 2]
    assert await found("until=2026-03-02&employee=E001") == [1]


async def test_one_order_tells_how_it_came_and_what_it_holds(whole: Api, orders: None, dsn: str) -> None:
    _, told = await whole.ask("GET", "/api/v1/orders/2", Role.FRAUD)
    how = told["how"]
    assert (how["dialled"], how["entered_by"], how["held_fen"], how["payable_fen"]) == ("1008610001", "", 200, 0)
    assert how["due_at"] is not None
    assert how["call"].startswith("node1!")
    assert how["department"] == await value(dsn, PATH, "E001")
    _, told = await whole.ask("GET", "/api/v1/orders/2", Role.EMPLOYEE)
    assert (told["how"]["held_fen"], told["how"]["due_at"]) == (0, None)  # what is one's own stands in what is earned


async def test_the_commands_do_the_same(ccore: Run, orders: None, dsn: str) -> None:
    code, lines = await ccore("orders", "list", "--state", "active")
    assert (code, len(lines)) == (0, 2)
    assert "FLAGGED" in lines[0]
    assert MASKED in lines[0]
    assert (await ccore("orders", "confirm", "3", "--why", "they called us")) == (0, ["order 3 is confirmed"])
    assert (await ccore("orders", "confirm", "3", "--why", "again"))[0] == 1
    assert (await ccore("orders", "cancel", "1", "--why", "a mistake")) == (0, ["order 1 is cancelled"])
    _, lines = await ccore("orders", "show", "3")
    assert "pending_confirm -> active" in lines[1]
    assert [line.split()[2:4] for line in lines[2:]] == [
        ["text", "confirm-request:"],
        ["text", "order-accepted:"],
        ["sale", "2.49"],
    ]
    assert (await ccore("orders", "show", "77")) == (1, ["there is no order 77"])
    _, lines = await ccore("fraud", "list")
    assert "claim-hour" in lines[0]
    number = lines[0].split()[0]
    assert (await ccore("fraud", "clear", number, "--why", "a fair")) == (0, [f"flag {number} is cleared"])
    assert (await ccore("fraud", "uphold", number, "--why", "no"))[0] == 1
    assert (await ccore("fraud", "list")) == (0, ["there are no such flags"])
    assert "order-cancelled" in await texts(dsn)
