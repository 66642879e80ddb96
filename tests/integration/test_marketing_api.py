"""Products, staff, teams and claims over HTTP: designers, managers and those who sell, each of them theirs."""

import base64
import json
from itertools import count
from typing import Any

from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.once import HEADER
from tests.support.marketing import product
from tests.support.shop import sql
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

PRODUCTS, CLAIMS, TEAMS, EMPLOYEES = ("/api/v1/products", "/api/v1/claims", "/api/v1/teams", "/api/v1/employees")
_keys = count(1)


async def ask(whole: Api, who: Role | str, method: str, path: str, said: object = None) -> tuple[int, Any]:
    """As a role, or with a token."""
    headers = {HEADER: f"marketing-{next(_keys):06}"} if method != "GET" else {}
    content = None if said is None else json.dumps(said).encode()
    if isinstance(who, Role):
        return await whole.ask(method, path, who, content, **headers)
    return await whole.ask(method, path, None, content, Authorization=f"Bearer {who}", **headers)


async def on_sale(whole: Api, *codes: str) -> None:
    """Products as a designer brings them to be sold."""
    products = [product(code).model_dump(mode="json", exclude_defaults=True) for code in codes]
    assert (await ask(whole, Role.DESIGNER, "POST", PRODUCTS, {"product": products}))[0] == 200
    for code in codes:
        status, tested = await ask(whole, Role.DESIGNER, "POST", f"{PRODUCTS}/{code}/test", {})
        assert (status, tested["passed"], tested["state"]) == (200, True, "tested"), tested
        assert await ask(whole, Role.DESIGNER, "POST", f"{PRODUCTS}/{code}/sale", {}) == (200, {"state": "on-sale"})


async def hired(whole: Api, *lines: str) -> dict[str, Any]:
    """A list that an admin takes in."""
    text = "\n".join(["工号,姓名,手机号,部门", *lines])
    said = {"file": base64.b64encode(text.encode("gb18030")).decode()}
    status, told = await ask(whole, Role.ADMIN, "POST", f"{EMPLOYEES}/import", said)
    assert status == 200, told
    found: dict[str, Any] = told
    return found


async def let_in(database: Database, login: str, role: Role, employee: str) -> str:
    """Somebody's token."""
    people = People(database)
    assert await people.add(login, login, role, "", "test", employee)
    token = await people.new_token(login, 1, "", "test")
    assert token is not None
    return token.token


async def test_a_product_from_its_draft_to_its_end(whole: Api) -> None:
    designer = Role.DESIGNER
    draft = product().model_dump(mode="json", exclude_defaults=True)
    status, told = await ask(whole, designer, "POST", PRODUCTS, {"product": [draft]})
    assert (status, told["changes"][0]["new"], told["changes"][0]["state"]) == (200, True, "draft")
    assert (await ask(whole, designer, "POST", f"{PRODUCTS}/20/sale", {}))[0] == 409
    assert (await ask(whole, Role.EMPLOYEE, "GET", f"{PRODUCTS}/20"))[0] == 404
    assert await ask(whole, Role.EMPLOYEE, "GET", PRODUCTS) == (200, {"products": [], "regions": []})
    _, tested = await ask(whole, designer, "POST", f"{PRODUCTS}/20/test", {})
    assert tested["passed"], tested
    assert [step["step"] for step in tested["steps"]][:2] == ["number plan", "sale"]
    assert (await ask(whole, designer, "POST", f"{PRODUCTS}/20/sale", {}))[0] == 200
    _, told = await ask(whole, Role.EMPLOYEE, "GET", f"{PRODUCTS}/20")
    assert (told["product"]["price_fen"], told["state"], told["next"]) == (1500, "on-sale", None)
    dearer = {**draft, "price_fen": 1600}
    assert (await ask(whole, designer, "POST", PRODUCTS, {"product": [dearer]}))[0] == 409
    later = {"product": [dearer], "dated": "2100-01-01T00:00:00+08:00"}
    assert (await ask(whole, designer, "POST", PRODUCTS, later))[0] == 200
    assert (await ask(whole, designer, "GET", f"{PRODUCTS}/20"))[1]["next"]["price_fen"] == 1600
    rule = {"kind": "percent", "basis_points": 500, "starts": "2100-01-01T00:00:00+08:00"}
    assert await ask(whole, designer, "POST", f"{PRODUCTS}/20/rules", rule) == (201, {"version": 2})
    assert (await ask(whole, designer, "POST", f"{PRODUCTS}/20/rules", rule))[0] == 409
    for wrong in ({"price_fen": 1.5}, {"price_fen": -1}, {"price_fen": 10**12}, {"sale": {"starts": "2026-02-30"}}):
        assert (await ask(whole, designer, "POST", PRODUCTS, {"product": [{**draft, **wrong}]}))[0] == 400
    assert await ask(whole, designer, "POST", f"{PRODUCTS}/20/end", {}) == (200, {"claims": 0})
    assert (await ask(whole, designer, "POST", f"{PRODUCTS}/99/end", {}))[0] == 404


async def test_who_sells_claims_for_themselves_and_sees_their_own(whole: Api) -> None:
    await on_sale(whole, "20", "21")
    status, made = await ask(whole, Role.EMPLOYEE, "POST", CLAIMS, {"product": "20"})
    assert (status, made["number"], made["kits"]) == (201, "1008620001", 1)
    assert (await ask(whole, Role.EMPLOYEE, "POST", CLAIMS, {"product": "20"}))[0] == 409
    assert (await ask(whole, Role.EMPLOYEE, "POST", CLAIMS, {"product": "77"}))[0] == 404
    _, told = await ask(whole, Role.EMPLOYEE, "GET", CLAIMS)
    assert [(claim["number"], claim["holder"]) for claim in told["claims"]] == [("1008620001", "E001")]
    assert (await ask(whole, Role.EMPLOYEE, "GET", f"{CLAIMS}?whose=department"))[0] == 403
    _, theirs = await ask(whole, Role.ADMIN, "POST", CLAIMS, {"product": "20"})
    assert (await ask(whole, Role.EMPLOYEE, "POST", f"{CLAIMS}/{theirs['claim']}/end", {}))[0] == 404
    assert (await ask(whole, Role.EMPLOYEE, "POST", f"{CLAIMS}/{theirs['claim']}/kit", {}))[0] == 404
    assert await ask(whole, Role.EMPLOYEE, "POST", f"{CLAIMS}/{made['claim']}/kit", {}) == (200, {"kits": 1})
    assert (await ask(whole, Role.EMPLOYEE, "POST", f"{CLAIMS}/{made['claim']}/end", {}))[0] == 200
    assert (await ask(whole, Role.EMPLOYEE, "POST", f"{CLAIMS}/{made['claim']}/end", {}))[0] == 404
    assert (await ask(whole, Role.EMPLOYEE, "GET", CLAIMS))[1]["claims"] == []


async def test_a_manager_sees_to_their_department_and_below(whole: Api, database: Database, dsn: str) -> None:
    await on_sale(whole, "20")
    told = await hired(whole, "B001,东,13800000001,North/East", "B002,西,13800000002,North", "B003,南,1380,North")
    assert (told["new"], told["bad"], told["said"][0]["what"], told["said"][0]["row"]) == (2, 1, "bad-phone", 4)
    boss = await let_in(database, "boss", Role.MANAGER, "B002")
    _, found = await ask(whole, boss, "GET", EMPLOYEES)
    assert [row["number"] for row in found["employees"]] == ["B001", "B002"]
    _, found = await ask(whole, boss, "GET", f"{EMPLOYEES}/departments")
    assert [row["path"] for row in found["departments"]] == ["North", "North/East"]
    assert (await ask(whole, boss, "GET", f"{EMPLOYEES}?department=Sales"))[0] == 404
    status, made = await ask(whole, boss, "POST", f"{CLAIMS}/dispatch", {"product": "20", "to": {"employee": "B001"}})
    assert (status, made["code"]) == (201, "20001")
    for to in ({"employee": "E001"}, {"department": "Sales"}, {"team": 9}, {"employee": "B009"}):
        assert (await ask(whole, boss, "POST", f"{CLAIMS}/dispatch", {"product": "20", "to": to}))[0] == 404
    assert (await ask(whole, boss, "POST", f"{CLAIMS}/dispatch", {"product": "20", "to": {}}))[0] == 400
    assert len((await ask(whole, boss, "GET", f"{CLAIMS}?whose=department"))[1]["claims"]) == 1
    assert (await ask(whole, Role.MANAGER, "GET", f"{CLAIMS}?whose=department"))[1]["claims"] == []
    assert (await ask(whole, Role.MANAGER, "POST", f"{CLAIMS}/{made['claim']}/end", {}))[0] == 404
    status, gone = await ask(whole, boss, "POST", f"{EMPLOYEES}/B001/leave", {"hand_over_to": "B002"})
    assert (status, gone["claims_ended"], len(gone["handed"])) == (200, 0, 1)
    assert (await ask(whole, boss, "POST", f"{EMPLOYEES}/E001/leave", {}))[0] == 404
    [row] = await sql(
        dsn, "SELECT c.code, e.number FROM claims c JOIN employees e USING (employee_id) WHERE upper_inf(valid)"
    )
    assert tuple(row) == ("001", "B002")
    actions = {row["action"] for row in await sql(dsn, "SELECT action FROM audit WHERE actor = 'boss'")}
    assert actions >= {"claim-made", "claim-handed-over", "employee-left"}


async def test_teams_of_a_manager(whole: Api, database: Database) -> None:
    await hired(whole, "B001,东,13800000001,North/East", "B002,西,13800000002,North")
    boss = await let_in(database, "boss", Role.MANAGER, "B002")
    halves = [{"employee": "B001", "basis_points": 5000}, {"employee": "E001", "basis_points": 5000}]
    status, made = await ask(whole, boss, "POST", TEAMS, {"name": "先锋", "leader": "B001", "shares": halves})
    assert status == 201
    one = f"{TEAMS}/{made['team']}"
    assert (await ask(whole, boss, "POST", TEAMS, {"name": "x", "leader": "E001", "shares": halves}))[0] == 404
    assert (await ask(whole, boss, "PUT", f"{one}/shares", {"shares": halves[:1]}))[0] == 409
    assert (await ask(whole, Role.MANAGER, "PUT", f"{one}/shares", {"shares": halves}))[0] == 404
    later = {"shares": [{"employee": "B001", "basis_points": 10_000}], "starts": "2100-01-01T00:00:00+08:00"}
    assert (await ask(whole, boss, "PUT", f"{one}/shares", later))[0] == 200
    _, told = await ask(whole, boss, "GET", TEAMS)
    assert [len(version["shares"]) for version in told["teams"][0]["versions"]] == [2, 1]
    assert (await ask(whole, Role.MANAGER, "GET", TEAMS))[1] == {"teams": []}
    assert (await ask(whole, boss, "PUT", f"{one}/leader", {"leader": "B002"}))[0] == 200
    assert await ask(whole, boss, "POST", f"{one}/end", {}) == (200, {"claims": 0})


async def test_family_and_friends_are_added_by_managers_and_share_in_teams(whole: Api, database: Database) -> None:
    await hired(whole, "B001,东,13800000001,North/East", "B002,西,13800000002,North")
    boss = await let_in(database, "boss", Role.MANAGER, "B002")
    friends = f"{EMPLOYEES}/friends"
    mother = {"name": "何奶奶", "phone": "13800000009"}
    assert await ask(whole, boss, "POST", friends, mother) == (201, {"number": "F0001"})
    assert (await ask(whole, boss, "POST", friends, mother))[0] == 409
    son = {"name": "小宝", "phone": "13800000010", "department": "North/East"}
    assert await ask(whole, boss, "POST", friends, son) == (201, {"number": "F0002"})
    son = {"name": "外人", "phone": "13800000011", "department": "Sales"}
    assert (await ask(whole, boss, "POST", friends, son))[0] == 404
    assert (await ask(whole, Role.ADMIN, "POST", friends, {**son, "department": "None"}))[0] == 404
    assert (await ask(whole, Role.EMPLOYEE, "POST", friends, {"name": "我", "phone": "13800000012"}))[0] == 403
    _, told = await ask(whole, boss, "GET", f"{EMPLOYEES}?find=F0001")
    [found] = told["employees"]
    assert (found["name"], found["kind"], found["department"]) == ("何奶奶", "friend", "North")
    parts = [{"employee": "B002", "basis_points": 6000}, {"employee": "F0001", "basis_points": 4000}]
    team = {"name": "一家人", "leader": "B002", "shares": parts}
    assert (await ask(whole, boss, "POST", TEAMS, team))[0] == 201
    _, told = await ask(whole, boss, "GET", TEAMS)
    assert [each["kind"] for each in told["teams"][0]["versions"][0]["shares"]] == ["staff", "friend"]
