"""Commission at a glance, and what closing a period would come to, over HTTP on a real PostgreSQL."""

import json
from collections.abc import AsyncIterator

import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.ledger import Ledger
from ccore.people.model import Role
from tests.support.sales import Firm, days, firm_on
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

M, A = Role.MANAGER, Role.ADMIN  # E002 and E003, of Sales
V1 = "/api/v1"


@pytest.fixture
async def firm(whole: Api, database: Database, dsn: str) -> AsyncIterator[Firm]:
    """The demo firm beside the three of Sales, with a period that is over, and the running one."""
    now = utc_now()
    async with firm_on(database, dsn) as firm:
        for name, since, until in (("over", -9, -2), ("running", -2, 30), ("next", 30, 60)):
            assert await database.execute("periods.make", name, now + days(since), now + days(until)) == 1
        yield firm


async def post(whole: Api, path: str, key: str, **said: object) -> tuple[int, dict[str, object]]:
    """An admin asks for something to be done."""
    status, told = await whole.ask(
        "POST", f"{V1}{path}", A, json.dumps(said).encode(), **{"Idempotency-Key": f"overview-{key}"}
    )
    return status, told


async def test_who_earned_how_much_is_what_their_ledgers_say_and_managers_see_their_own(
    whole: Api, firm: Firm, database: Database
) -> None:
    now = utc_now()
    await firm.rule(clawback_days=60)
    await firm.sold("E001", now - days(6))
    for age in (1.5, 1.0):
        await firm.sold("E001", now - days(age))
    gone = await firm.sold("E004", now - days(1))
    await Ledger(database).release_some()
    assert await firm.ended(gone) == 200
    assert (await post(whole, "/commission/adjustments", "one", employee="E005", fen=-50, note="paid twice"))[0] == 201
    status, told = await whole.ask("GET", f"{V1}/commission/payouts/next", A)
    assert (status, told) == (200, {"payees": 1, "fen": 600})
    assert (await post(whole, "/commission/payouts", "two", least_fen=300))[0] == 201

    status, told = await whole.ask("GET", f"{V1}/commission/overview", A)
    assert (status, told["period"], told["next"]) == (200, "running", None)
    sums = {each["employee"]: tuple(each["sums"].values()) for each in told["people"]}
    # earned in it, given back, paid in it; owed: held, payable
    assert sums == {"E001": (400, 0, 600, 0, 0), "E004": (0, 200, 0, 0, 0), "E005": (-50, 0, 0, 0, -50)}
    for number, (booked, _, _, held, payable) in sums.items():
        _, one = await whole.ask("GET", f"{V1}/commission/people/{number}", A)
        assert (one["booked_fen"], one["held_fen"], one["payable_fen"]) == (booked, held, payable)
    assert [each["employee"] for each in told["people"]] == ["E001", "E004", "E005"]
    assert tuple(told["total"].values()) == (350, 200, 600, 0, -50)
    assert sum(each["sums"]["booked_fen"] for each in told["departments"]) == 350

    _, told = await whole.ask("GET", f"{V1}/commission/people/E004/entries?order={gone}", A)
    assert [each["kind"] for each in told["postings"]] == ["clawback", "release", "sale"]
    assert {each["order"] for each in told["postings"]} == {gone}

    status, told = await whole.ask("GET", f"{V1}/commission/overview?period=over&size=1", A)
    assert (told["people"][0]["sums"]["booked_fen"], told["next"]) == (200, 1)
    status, told = await whole.ask("GET", f"{V1}/commission/overview?find=e004", A)
    assert [each["employee"] for each in told["people"]] == ["E004"]
    status, told = await whole.ask("GET", f"{V1}/commission/overview", M)
    assert {each["department"] for each in told["departments"]} == {"Sales"}
    assert [each["employee"] for each in told["people"]] == ["E001"]
    [other] = [await firm.value("SELECT path FROM department_paths WHERE path <> 'Sales' LIMIT 1")]
    assert (await whole.ask("GET", f"{V1}/commission/overview?department={other}", M))[0] == 404
    assert (await whole.ask("GET", f"{V1}/commission/overview?period=none", M))[0] == 404
    assert (await whole.ask("GET", f"{V1}/commission/payouts/next", M))[0] == 403


async def test_what_a_department_earned_by_claims_of_its_own_is_in_its_sums(whole: Api, firm: Firm) -> None:
    await firm.connection.execute(
        """
        WITH posted AS (
            INSERT INTO commission_postings (kind, note, by) VALUES ('adjustment', 'own', 'test') RETURNING posting_id
        )
        INSERT INTO commission_entries (posting_id, account, department_id, amount_fen)
        SELECT posting_id, 'payable', min(department_id), 700 FROM posted, departments GROUP BY posting_id
        UNION ALL SELECT posting_id, 'expense', NULL, -700 FROM posted
        """
    )
    _, told = await whole.ask("GET", f"{V1}/commission/overview", A)
    [line] = told["departments"]
    assert (line["department"], line["people"], tuple(line["sums"].values())) == ("Sales", 0, (700, 0, 0, 0, 700))
    assert told["total"] == line["sums"]


async def test_what_closing_would_come_to_is_what_it_comes_to(whole: Api, firm: Firm) -> None:
    last = utc_now() - days(6)
    await firm.rule(tiers=json.dumps([{"from": 2, "fen": 300}]))
    for number in range(1, 91):
        await firm.sold(f"E{number:03}", last, price_fen=1000 + number)
    await firm.sold("E001", last + days(0.1))
    await firm.sold("E001", last + days(0.2), state="confirmed")
    for number in (91, 92, 93):
        await firm.sold(f"E{number:03}", last, price_fen=number)
    status, told = await whole.ask("GET", f"{V1}/periods/over", M)
    assert (status, told["stage"], told["next"], told["open_before"], told["done_permille"]) == (
        200,
        "ready",
        "running",
        None,
        0,
    )
    assert (await whole.ask("GET", f"{V1}/periods/running", A))[1]["stage"] == "runs"
    assert (await whole.ask("GET", f"{V1}/periods/none", A))[0] == 404
    assert (await whole.ask("GET", f"{V1}/periods/over/ahead", M))[0] == 403

    _, ahead = await whole.ask("GET", f"{V1}/periods/over/ahead?open_orders=leave-out", A)
    assert (ahead["open_orders"], ahead["tiers"], ahead["tiers_fen"]) == (1, 1, 100)
    _, ahead = await whole.ask("GET", f"{V1}/periods/over/ahead", A)
    assert (ahead["open_orders"], ahead["tiers"], ahead["tiers_fen"]) == (1, 2, 200)
    assert (ahead["ranked"], ahead["barred"], ahead["next"], ahead["rule"]["last_percent"]) == (100, 10, "running", 10)
    assert ahead["last"][0] | {"name": "", "department": ""} == {
        "employee": "E093", "name": "", "department": "", "group": "", "orders": 1.0, "sales_fen": 93,
        "commission_fen": 200, "rank": 91, "of": 100,
    }  # fmt: skip

    status, closed = await post(whole, "/periods/over/close", "three", open_orders="count")
    assert (status, closed) == (200, {"name": "over", "ranked": 100, "barred": 10, "tiers": 2, "tiers_fen": 200})
    _, told = await whole.ask("GET", f"{V1}/periods/over", M)
    assert (
        told["stage"],
        told["ranked"],
        told["barred"],
        told["lifted"],
        told["done_permille"],
        told["tiers_fen"],
    ) == (
        "closed",
        100,
        10,
        0,
        1000,
        200,
    )
    _, results = await whole.ask("GET", f"{V1}/periods/over/results?whose=department&fate=barred&size=200", A)
    barred = {each["employee"] for each in results["results"]}
    assert barred == {each["employee"] for each in ahead["last"]}
    assert (await whole.ask("GET", f"{V1}/periods/over/ahead", A))[0] == 409


async def test_how_far_a_closing_is_stands_while_it_goes_on(whole: Api, firm: Firm) -> None:
    begun = "UPDATE sales_periods SET closing_since = now(), counted_at = now(), open_orders = 'count', policy = '{}', "
    middle = "tiers_through_at = lower(span) + (upper(span) - lower(span)) / 4, tiers_through_order = 1, tiers = 7"
    await firm.connection.execute(f"{begun}{middle} WHERE name = 'over'")
    _, told = await whole.ask("GET", f"{V1}/periods/over", A)
    assert (told["stage"], told["done_permille"], told["tiers"]) == ("closing", 250, 7)
    _, listed = await whole.ask("GET", f"{V1}/periods", M)
    assert [each["closing_since"] is not None for each in listed["periods"]] == [False, False, True]
