"""Masked numbers told whole: to whom, and that it is written down."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from ccore.access import Access
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.auth import Auth
from tests.support.call_records import CHANNEL, call_records
from tests.support.shop import call, open_shop, sql
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

NUMBER = "+8613812345678"  # also of the call that call_records tells of
BEGAN = datetime(2026, 11, 22, 7, tzinfo=UTC)


@pytest.fixture
async def known(database: Database, dsn: str) -> dict[str, str]:
    """A call, an order and a contact of the same number: their ids."""
    shop = await open_shop(database)
    await shop.place(call("1008610001", NUMBER[3:]))
    await sql(dsn, "INSERT INTO contact_lists (list, made_by) VALUES ('spring', 'super')")
    contact = "INSERT INTO contacts (contact_id, list, number, zone, region) OVERRIDING SYSTEM VALUE "
    await sql(dsn, contact + "VALUES (7, 'spring', $1, 'Asia/Shanghai', 'CN')", NUMBER)
    await call_records(dsn, [], BEGAN)
    return {"call": CHANNEL, "order": "1", "contact": "7"}


async def unmask(whole: Api, role: Role, what: str, number: str) -> tuple[int, dict[str, str]]:
    """What somebody is told."""
    said = {"content": json.dumps({"what": what, "id": number}).encode(), "Idempotency-Key": uuid.uuid4().hex}
    return await whole.ask("POST", "/api/v1/numbers/unmask", role, **said)  # type: ignore[arg-type]


async def test_it_is_told_to_those_whose_business_it_is_and_written_down(
    whole: Api, known: dict[str, str], dsn: str
) -> None:
    for role, what in (
        (Role.SUPERVISOR, "call"),
        (Role.SUPERVISOR, "contact"),
        (Role.FRAUD, "order"),
        (Role.MANAGER, "order"),
        (Role.ADMIN, "call"),
    ):
        status, told = await unmask(whole, role, what, known[what])
        assert (status, told["number"][-11:]) == (200, NUMBER[3:]), (role, what)
    for role, what in ((Role.SUPERVISOR, "order"), (Role.FRAUD, "call"), (Role.MANAGER, "contact")):
        assert (await unmask(whole, role, what, known[what]))[0] == 403, (role, what)
    for what, number in (("call", "c-9.0"), ("contact", "999"), ("contact", CHANNEL), ("order", "0")):
        assert (await unmask(whole, Role.ADMIN, what, number))[0] == 404, (what, number)
    rows = await sql(dsn, "SELECT actor, subject FROM audit WHERE action = 'number-unmasked' ORDER BY audit_id")
    assert [tuple(row) for row in rows] == [
        ("a-supervisor", f"call:{known['call']}"),
        ("a-supervisor", f"contact:{known['contact']}"),
        ("a-fraud", "order:1"),
        ("a-manager", "order:1"),
        ("a-admin", f"call:{known['call']}"),
    ]


async def test_an_order_of_another_department_is_none_of_a_managers(
    whole: Api, known: dict[str, str], dsn: str
) -> None:
    await sql(dsn, "INSERT INTO departments (name) VALUES ('Elsewhere')")
    await sql(dsn, "UPDATE orders SET department_id = (SELECT department_id FROM departments WHERE name = 'Elsewhere')")
    assert (await unmask(whole, Role.MANAGER, "order", "1"))[0] == 404
    assert (await unmask(whole, Role.FRAUD, "order", "1"))[0] == 200


async def test_a_site_says_which_roles_see_them(whole: Api, database: Database) -> None:
    for role, expected in ((Role.SUPERVISOR, True), (Role.QUALITY, False), (Role.ADMIN, True)):
        _, me = await whole.ask("GET", "/api/v1/session", role)
        assert me["whole_numbers"] is expected, role
    auth = Auth(People(database), Access(whole_numbers=("fraud",)))
    assert [role for role in Role if auth.tells_whole_numbers(role)] == [Role.FRAUD, Role.ADMIN]
