"""The product pool on a real PostgreSQL: what is taken in, what asks for another test, versions by date, dry orders."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ccore.db.pool import Database
from ccore.marketing.model import Claimed
from ccore.marketing.pool import Refused, State
from ccore.marketing.product import Product, ProductFile, Rule
from ccore.marketing.products import Taken
from ccore.marketing.rehearsal import Rehearsed
from ccore.ordering.model import Attempt
from tests.support.marketing import NOON, Firm, product
from tests.support.shop import ordering_on, sql

_calls = count(1)


async def put(firm: Firm, *products: Product, dated: datetime | None = None, **region: list[str]) -> Taken:
    """Take products in."""
    regions = {name: {"beginnings": beginnings} for name, beginnings in region.items()}
    file = ProductFile.model_validate({"product": products, "region": regions})
    return await firm.marketing.products.take_in(file, "designer", firm.clock(), dated=dated)


async def state(firm: Firm, code: str = "20") -> State:
    """The state of a product."""
    found = await firm.marketing.products.one(code, firm.clock())
    assert found is not None
    return found.state


async def test_what_is_taken_in_is_given_back_and_the_same_again_changes_nothing(database: Database, dsn: str) -> None:
    firm = Firm(database)
    whole = product(
        "30", intro={"zh": "介绍", "en": "Intro"}, term_days=30, lines="mobile", ways=["sms", "call"], confirm="sms",
        confirm_within_h=4, sale={"starts": "2026-12-01T00:00:00+08:00", "ends": "2027-12-01T00:00:00+08:00"},
        provision_as="PACK-30", combo={"parts": ["21", "20"], "part_held": "allow"},
        eligibility={"beginnings": ["+86139", "+86138"], "regions": ["gd"], "needs": ["21"], "excludes": ["22"]},
        commission=[
            {"kind": "percent", "basis_points": 500, "ends": "2027-01-01T00:00:00+08:00", "hold_days": 30,
             "tiers": [{"nth": 11, "basis_points": 700}, {"nth": 101, "basis_points": 900}]},
            {"kind": "flat", "fen": 100, "starts": "2027-01-01T00:00:00+08:00", "clawback_days": 90},
        ],
    )  # fmt: skip
    products = (whole, product(), product("21"), product("22"))
    taken = await put(firm, *products, gd=["+8620", "+86755"])
    assert [(change.code, change.new, change.state) for change in taken.changes] == [
        (code, True, State.DRAFT) for code in ("30", "20", "21", "22")
    ]
    again = await put(firm, *products, gd=["+86755", "+8620"])
    assert [(change.keys, change.new) for change in again.changes] == [((), False)] * 4
    found = await firm.marketing.products.one("30", firm.clock())
    assert found is not None
    assert found.product.combo is not None
    assert found.product.combo.parts == ("20", "21")
    assert [rule.starts for rule in found.product.commission] == [
        datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC),
    ]  # fmt: skip
    noted = await sql(dsn, "SELECT count(*) AS rows FROM audit WHERE subject LIKE 'product:%'")
    assert noted[0]["rows"] == 4


async def test_a_file_is_taken_whole_or_not_at_all(database: Database) -> None:
    firm = Firm(database)
    taken = await put(firm, product(), product("21", eligibility={"needs": ["77"], "regions": ["nowhere"]}))
    assert taken.changes == ()
    assert [code for code, _ in taken.refused] == ["21", "21"]
    assert await firm.marketing.products.all(firm.clock()) == []


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        ({"price_fen": 1600}, State.DRAFT),
        ({"confirm": "sms"}, State.DRAFT),
        ({"commission": [{"kind": "flat", "fen": 201}]}, State.DRAFT),
        ({"lines": "mobile"}, State.DRAFT),
        ({"eligibility": {"beginnings": ["+86139"]}}, State.DRAFT),
        ({"name": {"zh": "新", "en": "New"}}, State.TESTED),
        ({"intro": {"zh": "新", "en": "New"}}, State.TESTED),
        ({}, State.TESTED),
    ],
)
async def test_a_change_asks_for_another_test(database: Database, change: dict[str, Any], becomes: State) -> None:
    firm = Firm(database)
    await put(firm, product())
    assert isinstance(await firm.marketing.products.release("20", "designer"), Refused)
    assert await firm.marketing.products.tried("20", 1, [], "designer", passed=False) is State.DRAFT
    assert await firm.marketing.products.tried("20", 1, [], "designer", passed=True) is State.TESTED
    await put(firm, product(**change))
    assert await state(firm) is becomes
    assert isinstance(await firm.marketing.products.release("20", "d"), Refused) is (becomes is State.DRAFT)


async def test_a_test_of_what_it_was_before_counts_for_nothing(database: Database) -> None:
    firm = Firm(database)
    await put(firm, product())
    await put(firm, product(price_fen=1))
    assert isinstance(await firm.marketing.products.tried("20", 1, [], "designer", passed=True), Refused)
    assert await state(firm) is State.DRAFT


async def test_what_is_on_sale_changes_from_a_date_to_come(database: Database) -> None:
    firm = Firm(database)
    await firm.on_sale(product())
    products, dearer = firm.marketing.products, product(price_fen=1800, confirm="key")
    assert [reason for _, reason in (await put(firm, dearer)).refused] == [
        "it is on sale: confirm, price_fen can only change from a date to come"
    ]
    assert (await put(firm, dearer, dated=NOON)).refused
    assert (await put(firm, product(lines="mobile"), dated=NOON + timedelta(days=1))).refused
    from_then = NOON + timedelta(days=1)
    assert (await put(firm, dearer, dated=from_then)).changes[0].keys == ("confirm", "price_fen")
    assert (await put(firm, dearer)).changes[0].keys == ()
    now = await products.one("20", firm.clock())
    assert now is not None
    assert (now.product.price_fen, now.last.price_fen, now.changes_at) == (1500, 1800, from_then)
    then = await products.one("20", from_then)
    assert then is not None
    assert (then.product.price_fen, then.product.confirm) == (1800, "key")
    assert (await put(firm, product(price_fen=1700), dated=from_then)).refused, "other terms begin then"
    assert await state(firm) is State.ON_SALE


async def test_rules_of_what_is_on_sale_never_overlap(database: Database, dsn: str) -> None:
    firm = Firm(database)
    await firm.on_sale(product())
    products, tomorrow = firm.marketing.products, NOON + timedelta(days=1)
    rule = Rule.model_validate({"kind": "percent", "basis_points": 1000, "starts": tomorrow})
    assert await products.rule("20", rule, "designer", firm.clock()) == 2
    again = await products.rule("20", rule, "designer", firm.clock())
    assert isinstance(again, Refused)
    assert "at no time may two hold" in again.reason
    assert isinstance(await products.rule("20", rule.model_copy(update={"starts": NOON}), "d", NOON), Refused)
    rows = await sql(dsn, "SELECT version, kind, upper(valid) AS ends FROM commission_rules ORDER BY version")
    assert [tuple(row) for row in rows] == [(1, "flat", tomorrow), (2, "percent", None)]
    assert (await put(firm, product(commission=[{"kind": "percent", "basis_points": 1000}]))).changes[0].keys == ()
    assert await products.end("20", "designer", NOON) == 0
    assert isinstance(await products.rule("20", rule, "designer", NOON), Refused)


async def test_a_product_that_passes_its_dry_order_is_tested_and_leaves_nothing(database: Database, dsn: str) -> None:
    firm = Firm(database)
    needed = product("21")
    tried = product(
        confirm="sms", ways=["call", "sms", "web", "agent"], sale={"starts": "2026-12-24T00:00:00+08:00"},
        commission=[{"kind": "percent", "basis_points": 1250}], intro={"zh": "介绍", "en": "Intro"},
        eligibility={"regions": ["gd"], "needs": ["21"]}, lines="mobile",
    )  # fmt: skip
    await put(firm, needed, tried, gd=["+86138", "+8620"])
    made = await firm.marketing.rehearsal.run("20", "designer")
    assert isinstance(made, Rehearsed)
    said = {step.step: step.said for step in made.steps}
    assert made.passed, made.steps
    assert made.state is State.TESTED
    assert said["number plan"] == "1008620000 is product 20, claim 000"
    assert said["sale"] == "as of 2026-12-23T16:00+00:00"
    assert [step.said for step in made.steps if step.step == "commission"] == ["188 fen by version 1 (percent)"] * 4
    assert all(f"order by {way}" in said for way in ("call", "sms", "web", "agent"))
    assert "1008620000" in said["text message claim-kit zh"]
    assert "15.00" in said["text message claim-kit en"]
    assert any(step.startswith("text message confirm-request") for step in said)
    for table in ("orders", "order_attempts", "claims", "employees", "departments", "outbox", "commission_postings"):
        assert (await sql(dsn, f"SELECT count(*) AS rows FROM {table}"))[0]["rows"] == 0, table
    kept = await firm.marketing.products.last_test("20")
    assert kept is not None
    assert kept["passed"]


async def test_who_may_order_what_reaches_orders(database: Database) -> None:
    firm = Firm(database)
    (seller,) = await firm.people(1)
    await firm.on_sale(
        product("21"), product("22"),
        product("20", eligibility={"beginnings": ["+86139"], "needs": ["21"], "excludes": ["22"]}),
        product("30", combo={"parts": ["21", "22"]}),
        product("31", combo={"parts": ["21", "22"], "part_held": "allow"}),
    )  # fmt: skip
    for code in ("20", "21", "22", "30", "31"):
        assert isinstance(await firm.marketing.claims.claim(code, seller, "t"), Claimed)
    ordering = ordering_on(database, orders_per_day=100)
    firm.clock.after(minutes=1)

    async def ordered(code: str, caller: str) -> str:
        key = f"test!{code}-{caller}-{next(_calls)}"
        return (await ordering.place(Attempt(key, caller, f"10086{code}001", firm.clock(), "call"))).value

    assert await ordered("20", "13600000001") == "not-eligible", "the number does not begin so"
    assert await ordered("20", "13900000001") == "not-eligible", "they have not what it needs"
    assert await ordered("21", "13900000001") == "placed"
    assert await ordered("20", "13900000001") == "placed"
    assert await ordered("30", "13900000001") in {"not-eligible", "already-yours"}, "they have a part of it"
    assert await ordered("31", "13900000001") == "placed", "which does not matter here"
    assert await ordered("21", "13900000002") == "placed"
    assert await ordered("22", "13900000002") == "placed"
    assert await ordered("20", "13900000002") == "not-eligible", "they have what it excludes"
    assert await ordered("30", "13900000003") == "placed"
    assert await ordered("22", "13900000003") in {"not-eligible", "already-yours"}, "it is in what they have"


async def test_a_price_of_a_date_is_charged_from_it_on(database: Database, dsn: str) -> None:
    firm = Firm(database)
    (seller,) = await firm.people(1)
    await firm.on_sale(product())
    assert isinstance(await firm.marketing.claims.claim("20", seller, "t"), Claimed)
    tomorrow = firm.clock() + timedelta(days=1)
    assert (await put(firm, product(price_fen=1800), dated=tomorrow)).changes
    ordering = ordering_on(database)
    for number, at in enumerate((tomorrow - timedelta(microseconds=1), tomorrow)):
        made = await ordering.place(Attempt(f"test!{number}", f"1390000000{number}", "1008620001", at, "call"))
        assert made.value == "placed"
    rows = await sql(dsn, "SELECT price_fen FROM orders ORDER BY called_at")
    assert [row["price_fen"] for row in rows] == [1500, 1800]


async def test_a_combo_passes_its_test_while_its_parts_can_be_had(database: Database) -> None:
    firm = Firm(database)
    await put(firm, product("21"), product("22"), product("30", combo={"parts": ["21", "22"]}, ways=["call"]))
    made = await firm.marketing.rehearsal.run("30", "designer")
    assert isinstance(made, Rehearsed)
    assert made.passed, made.steps
    await firm.marketing.products.end("22", "designer", firm.clock())
    made = await firm.marketing.rehearsal.run("30", "designer")
    assert isinstance(made, Rehearsed)
    assert (made.passed, made.steps[-1].said) == (False, "has ended: 22")


@pytest.mark.parametrize(
    ("keys", "step", "why"),
    [
        ({"code": "200"}, "number plan", "10086200000 is no order code"),
        ({"eligibility": {"beginnings": ["+8610"]}, "lines": "mobile"}, "order by call", "not-a-mobile"),
        ({"sale": {"ends": "2026-01-01T00:00:00+08:00"}}, "sale", ""),
    ],
)
async def test_a_product_that_cannot_be_ordered_stays_a_draft(
    database: Database, keys: dict[str, Any], step: str, why: str
) -> None:
    firm = Firm(database)
    tried = product(**keys)
    await put(firm, tried)
    made = await firm.marketing.rehearsal.run(tried.code, "designer")
    assert isinstance(made, Rehearsed)
    assert not made.passed
    assert made.steps[-1].step == step
    assert why in made.steps[-1].said
    assert await state(firm, tried.code) is State.DRAFT
