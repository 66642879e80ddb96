"""Claims on a real PostgreSQL: codes given lowest first and to nobody twice, limits, bars, ends, hand-overs, alarms."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product as pairs

import pytest

from ccore.claiming import Claims as Settings
from ccore.db.pool import Database
from ccore.marketing.claims import Sought
from ccore.marketing.model import Claimed, Holder, Refused, Why
from ccore.marketing.product import ProductFile
from ccore.ordering.number import check_digit
from tests.support.marketing import Access, Firm, product
from tests.support.shop import patient, sql

FULL = os.environ.get("CCORE_FULL") == "1"


@pytest.fixture
async def waiting(dsn: str) -> AsyncIterator[Database]:
    """One for more clients at once than it has connections."""
    async with patient(dsn) as database:
        yield database


async def claimed(firm: Firm, holder: Holder, code: str = "20") -> str:
    """The code that a holder is given."""
    made = await firm.marketing.claims.claim(code, holder, "test")
    assert isinstance(made, Claimed), made
    return made.code.removeprefix(code)


async def refused(firm: Firm, holder: Holder, code: str = "20") -> Why:
    """Why a holder is given none."""
    made = await firm.marketing.claims.claim(code, holder, "test")
    assert isinstance(made, Refused), made
    return made.why


async def test_codes_are_given_lowest_first_with_the_kit(database: Database, dsn: str) -> None:
    firm = Firm(database)
    first, second = await firm.people(2)
    await firm.on_sale(product(intro={"zh": "好用", "en": "Good"}))
    made = await firm.marketing.claims.claim("20", first, "E001")
    assert isinstance(made, Claimed)
    assert (made.number, made.code, made.kits) == ("1008620001", "20001", 1)
    assert await claimed(firm, second) == "002"
    kit = await sql(dsn, "SELECT recipient, params FROM outbox WHERE kind = 'claim-kit' ORDER BY message_id LIMIT 1")
    assert kit[0]["recipient"] == "+8613800000001"
    assert json.loads(kit[0]["params"]) == {
        "product_zh": "产品20", "product_en": "Product 20", "intro": "好用", "number": "1008620001", "code": "20001",
        "price_fen": 1500, "employee": "员工1",
    }  # fmt: skip
    assert await refused(firm, first) is Why.HELD
    audit = await sql(dsn, "SELECT actor, detail FROM audit WHERE action = 'claim-made' ORDER BY audit_id LIMIT 1")
    assert (audit[0]["actor"], json.loads(audit[0]["detail"])["code"]) == ("E001", "001")


async def test_with_a_check_digit_it_stands_in_what_is_dialled_texted_and_told(database: Database, dsn: str) -> None:
    firm = Firm(database, access=Access(check_digit=True))
    [holder] = await firm.people(1)
    await firm.on_sale(product())
    made = await firm.marketing.claims.claim("20", holder, "E001")
    assert isinstance(made, Claimed)
    assert (made.number, made.code) == ("10086200014", "200014")
    await firm.marketing.claims.kit(made.claim, "boss")
    kits = await sql(dsn, "SELECT params FROM outbox WHERE kind = 'claim-kit'")
    told = [json.loads(kit["params"]) for kit in kits]
    assert [(params["number"], params["code"]) for params in told] == [("10086200014", "200014")] * 2
    [listed] = await firm.marketing.claims.listed(Sought(), 10)
    assert (listed["number"], listed["code"]) == ("10086200014", "001")
    samples = [str(number) for number in (*range(100), 10001, 99999, 86400123)]
    rows = await sql(dsn, "SELECT digits, check_digit(digits) AS last FROM unnest($1::text[]) AS digits", samples)
    assert {row["digits"]: row["last"] for row in rows} == {each: check_digit(each) for each in samples}


async def test_a_code_rests_after_its_claim_and_then_is_the_lowest_again(database: Database) -> None:
    firm = Firm(database)
    people = await firm.people(5)
    await firm.on_sale(product())
    assert [await claimed(firm, people[n]) for n in range(3)] == ["001", "002", "003"]
    claims = await firm.marketing.claims.listed(Sought(employee=people[1].row), 10)
    firm.clock.after(minutes=1)
    assert await firm.marketing.claims.end(claims[0]["claim_id"], "E002") == firm.clock()
    assert await claimed(firm, people[3]) == "004"
    firm.clock.after(days=89, hours=23)
    assert await claimed(firm, people[1]) == "005"
    firm.clock.after(hours=1)
    assert await claimed(firm, people[4]) == "002"


async def test_the_code_of_tests_and_the_sites_own_are_given_to_nobody(database: Database) -> None:
    firm = Firm(database, access=Access(claim_width=1), settings=Settings(reserved=("4", "04", "7")))
    people = await firm.people(8)
    await firm.on_sale(product())
    assert [await claimed(firm, person) for person in people[:7]] == ["1", "2", "3", "5", "6", "8", "9"]
    assert await refused(firm, people[7]) is Why.EXHAUSTED


async def test_operators_hear_of_it_from_four_fifths_on(database: Database) -> None:
    firm = Firm(database, access=Access(claim_width=1))
    people = await firm.people(8)
    await firm.on_sale(product(), product("21"))
    for person in people[:7]:
        await claimed(firm, person)
    await firm.marketing.claims.count()
    assert not list(firm.marketing.warnings())
    assert firm.marketing.health() == {"20": "7 of 9", "21": "0 of 9"}
    firm.access = Access(claim_width=2)
    await firm.marketing.claims.count()
    assert list(firm.marketing.warnings()) == [
        "product 20 is sold under codes that the number plan does not have: numbers.toml has changed"
    ]
    firm.access = Access(claim_width=1)
    await claimed(firm, people[7])
    await firm.marketing.claims.count()
    assert [warning.partition(":")[0] for warning in firm.marketing.warnings()] == [
        "product 20 has 1 of 9 claim codes left"
    ]
    (first,) = [each for each in await firm.marketing.claims.listed(Sought(), 10) if each["code"] == "1"]
    firm.clock.after(hours=1)
    await firm.marketing.claims.end(first["claim_id"], "lead")
    await firm.marketing.claims.count()
    assert list(firm.marketing.warnings()), "a code in quarantine is not free"
    firm.clock.after(days=90)
    await firm.marketing.claims.count()
    assert not list(firm.marketing.warnings())


async def test_a_holder_has_so_many_claims_at_once(database: Database) -> None:
    firm = Firm(database, settings=Settings(at_once=2))
    (one,) = await firm.people(1)
    await firm.on_sale(*(product(str(code)) for code in range(20, 24)))
    outcomes = await asyncio.gather(*(firm.marketing.claims.claim(str(code), one, "E001") for code in range(20, 24)))
    assert Counter(type(each) for each in outcomes) == {Claimed: 2, Refused: 2}
    assert {each.why for each in outcomes if isinstance(each, Refused)} == {Why.LIMIT}


async def test_who_came_last_claims_nothing_in_the_next_period_unless_lifted(database: Database, dsn: str) -> None:
    firm = Firm(database)
    one, two = await firm.people(2)
    await firm.on_sale(product())
    await sql(
        dsn,
        "INSERT INTO sales_periods (name, span) VALUES ('2026-10', '[2026-10-01 00:00+08,2026-11-01 00:00+08)'),"
        " ('2026-11', '[2026-11-01 00:00+08,2026-12-01 00:00+08)')",
    )
    await sql(
        dsn,
        "INSERT INTO claim_bars (employee_id, period_id, because_of, detail) SELECT employee_id, 2, 1,"
        """ '{"rank": 10, "of": 10}' FROM employees""",
    )
    made = await firm.marketing.claims.claim("20", one, "E001")
    assert isinstance(made, Refused)
    assert (made.why, made.detail) == (Why.BARRED, "2026-11 (rank 10 of 10 before)")
    await sql(dsn, f"UPDATE claim_bars SET lifted_at = now(), lifted_by = 'boss' WHERE employee_id = {two.row}")
    assert await claimed(firm, two) == "001"
    firm.clock.after(days=14)
    assert await claimed(firm, one) == "002"


async def test_nothing_is_claimed_that_is_not_on_sale_by_nobody_or_before_now(database: Database) -> None:
    firm = Firm(database)
    one, gone = await firm.people(2)
    later = {"starts": "2026-12-01T00:00:00+08:00"}
    await firm.on_sale(product(), product("21", sale=later))
    await firm.marketing.products.take_in(ProductFile(product=(product("22"),)), "designer", firm.clock())
    await firm.marketing.staff.leave("E002", "lead")
    claims = firm.marketing.claims
    assert await refused(firm, one, "22") is Why.NOT_ON_SALE
    assert await refused(firm, one, "21") is Why.NOT_ON_SALE
    assert await refused(firm, one, "99") is Why.NO_PRODUCT
    assert await refused(firm, gone) is Why.GONE
    assert await refused(firm, replace(one, row=10**9)) is Why.NO_HOLDER
    starts = firm.clock() + timedelta(days=9)
    assert isinstance(await claims.claim("21", one, "E001", starts=starts), Claimed)
    assert await claims.claim("20", one, "E001", starts=firm.clock() - timedelta(seconds=1)) == Refused(Why.PAST)
    await firm.marketing.products.end("20", "designer", firm.clock())
    assert await refused(firm, one) is Why.NOT_ON_SALE


async def test_dispatch_to_a_team_and_a_department_sends_the_kit_to_everybody(database: Database, dsn: str) -> None:
    firm = Firm(database)
    await firm.people(3)
    await firm.on_sale(product())
    team = await firm.marketing.teams.add("先锋", "E001", [("E001", 6000), ("E002", 4000)], "lead")
    assert isinstance(team, int)
    made = await firm.marketing.claims.claim("20", await firm.holder(team=team), "boss")
    assert isinstance(made, Claimed)
    assert made.kits == 2
    made = await firm.marketing.claims.claim("20", await firm.holder(department="市场部"), "boss")
    assert isinstance(made, Claimed)
    assert (made.code, made.kits) == ("20002", 3)
    mine = await firm.marketing.claims.listed(Sought(employee=(await firm.holder(employee="E002")).row), 10)
    assert [(each["holder_kind"], each["number"]) for each in mine] == [
        ("department", "1008620002"), ("team", "1008620001"),
    ]  # fmt: skip
    third = await firm.marketing.claims.listed(Sought(employee=(await firm.holder(employee="E003")).row), 10)
    assert [each["holder_kind"] for each in third] == ["department"]
    assert await firm.marketing.claims.kit(mine[0]["claim_id"], "boss") == 3
    assert (await sql(dsn, "SELECT count(*) AS kits FROM outbox"))[0]["kits"] == 8


async def test_who_leaves_hands_their_codes_over_and_what_the_other_has_just_ends(database: Database) -> None:
    firm = Firm(database)
    one, two, three = await firm.people(3)
    await firm.on_sale(product(), product("21"))
    for holder, code in ((one, "20"), (one, "21"), (two, "21")):
        await claimed(firm, holder, code)
    firm.clock.after(hours=1)
    handed = await firm.marketing.claims.hand_over(one.row, two, "boss")
    assert isinstance(handed, list)
    assert [(each.product, each.code, each.became is None) for each in handed] == [
        ("20", "001", False),
        ("21", "001", True),
    ]
    gone = await firm.marketing.staff.leave("E001", "boss")
    assert gone is not None
    assert gone.claims == 0
    running = await firm.marketing.claims.listed(Sought(), 10)
    assert [(each["product"], each["code"], each["holder"], each["handed_from"] is None) for each in running] == [
        ("20", "001", "E002", False), ("21", "002", "E002", True),
    ]  # fmt: skip
    assert await claimed(firm, three, "21") == "003"
    assert await firm.marketing.claims.hand_over(two.row, one, "boss") == Refused(Why.GONE)


async def test_claims_end_with_a_person_a_team_and_a_product(database: Database) -> None:
    firm = Firm(database)
    one, two = await firm.people(2)
    await firm.on_sale(product(), product("21"))
    team = await firm.marketing.teams.add("先锋", "E002", [("E001", 5000), ("E002", 5000)], "lead")
    assert isinstance(team, int)
    for holder in (one, two, await firm.holder(team=team)):
        await claimed(firm, holder)
    await claimed(firm, two, "21")
    firm.clock.after(hours=1)
    gone = await firm.marketing.staff.leave("E001", "boss")
    assert gone is not None
    assert (gone.claims, gone.teams) == (1, ("先锋",))
    assert await firm.marketing.teams.end(team, "boss") == 1
    assert await firm.marketing.products.end("20", "designer", firm.clock()) == 1
    assert [each["product"] for each in await firm.marketing.claims.listed(Sought(), 10)] == ["21"]
    assert len(await firm.marketing.claims.listed(Sought(running=False), 10)) == 4


@pytest.mark.figures
async def test_five_thousand_claims_by_fifty_clients(waiting: Database, dsn: str) -> None:
    """No code twice, none skipped; and again after a third was given back, whose codes rest."""
    products, people = (10, 500) if FULL else (4, 60)
    firm = Firm(waiting)
    holders = await firm.people(people)
    codes = [str(20 + n) for n in range(products)]
    await firm.on_sale(*(product(code) for code in codes))
    spent = await _together(firm, iter([(code, holder) for holder, code in pairs(holders, codes)]))
    print(f"{products * people} claims by 50 clients: {spent[0]:.1f} s, p50 {spent[1]:.0f} ms, p99 {spent[2]:.0f} ms")
    assert await _codes_given(dsn, firm) == {code: [f"{n:03d}" for n in range(1, people + 1)] for code in codes}
    firm.clock.after(hours=1)
    again = [holder for holder in holders if holder.row % 3 == 0]
    for holder in again:
        for each in await firm.marketing.claims.listed(Sought(employee=holder.row), 50):
            await firm.marketing.claims.end(each["claim_id"], "test")
    firm.clock.after(hours=1)
    await _together(firm, iter([(code, holder) for holder, code in pairs(again, codes)]))
    given = {f"{holder.row:03d}" for holder in holders}
    for running in (await _codes_given(dsn, firm)).values():
        assert len(running) == people
        assert set(running) - given == {f"{people + n:03d}" for n in range(1, len(again) + 1)}


async def _codes_given(dsn: str, firm: Firm) -> dict[str, list[str]]:
    """The codes that run, of each product."""
    query = """SELECT p.code, array_agg(c.code ORDER BY c.code) AS codes
               FROM claims c JOIN products p USING (product_id) WHERE c.valid @> $1::timestamptz GROUP BY p.code"""
    return {row["code"]: row["codes"] for row in await sql(dsn, query, firm.clock())}


async def _together(firm: Firm, work: Iterator[tuple[str, Holder]]) -> tuple[float, float, float]:
    took: list[float] = []

    async def client() -> None:
        for code, holder in work:
            began = time.perf_counter()
            made = await firm.marketing.claims.claim(code, holder, "test")
            took.append(time.perf_counter() - began)
            assert isinstance(made, Claimed), made

    began = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(50):
            clients.create_task(client())
    took.sort()
    return time.perf_counter() - began, took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000
