"""Orders that look wrong: flagged, cleared or upheld, and what a night's look finds."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ccore import selling
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.fraud import Desk
from ccore.ordering.lives import Lives
from ccore.ordering.model import Channel, Outcome
from tests.support.shop import call, earned, open_shop, ordering_on, sql, states, texts, value

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = utc_now().astimezone(ZONE).date()
YESTERDAY = TODAY - timedelta(days=1)
NOON = datetime.combine(YESTERDAY, time(12), ZONE)


def desk_on(database: Database, **rules: object) -> Desk:
    return Desk(database, selling.Fraud.model_validate(rules), ZONE)


def busy(orders: int) -> selling.Fraud:
    return selling.Fraud(claim_hour=selling.Hourly(effect="flag", orders=orders))


async def test_what_a_claim_sells_too_fast_is_seen_by_the_fraud_desk(database: Database, dsn: str) -> None:
    shop, desk = await open_shop(database, busy(3)), desk_on(database)
    for number in range(5):
        assert await shop.place(call("1008610001", f"1380000000{number}")) is Outcome.PLACED
    assert await shop.place(call("1008610002", "13800000009")) is Outcome.PLACED
    rows = await desk.flags()
    assert [(row["order_id"], row["reason"], row["employee"]) for row in rows] == [
        (5, "claim-hour", "E001"),
        (4, "claim-hour", "E001"),
    ]
    assert await desk.clear(rows[0]["flag_id"], "carol", "a fair in the park")
    assert not await desk.clear(rows[0]["flag_id"], "carol", "again")
    assert not await desk.uphold(rows[0]["flag_id"], "carol", "on second thoughts")
    assert [row["order_id"] for row in await desk.flags()] == [4]
    assert await value(dsn, "SELECT array_agg(action) FROM audit WHERE actor = 'carol'") == ["fraud-cleared"]


async def test_who_orders_outside_the_shift_of_the_department_is_flagged(database: Database, dsn: str) -> None:
    await open_shop(database)
    [row] = await sql(
        dsn,
        """SELECT d.path FROM employees e JOIN department_paths d USING (department_id) WHERE e.number = 'E001'""",
    )
    shifts = {"": {}, row["path"]: {name: ["00:00-24:00"] for name in ("workdays", "weekends", "holidays")}}
    for path, flagged in ((row["path"], []), ("", ["off-shift"])):
        own = {name: hours for name, hours in shifts.items() if name == path}
        rule = selling.OffShift.model_validate({"effect": "flag", "shifts": own})
        shop = ordering_on(database, selling.Fraud(off_shift=rule))
        placed = call("1008610001", f"1380000000{len(flagged)}")
        assert await shop.place(placed) is Outcome.PLACED
        reasons = await sql(
            dsn,
            "SELECT f.reason FROM fraud_flags f JOIN orders o USING (order_id) WHERE o.call_key = $1",
            placed.call_key,
        )
        assert [row["reason"] for row in reasons] == flagged


async def test_a_trunk_is_counted_also_while_ccore_was_away_and_texts_have_none(database: Database, dsn: str) -> None:
    shop = await open_shop(database, selling.Fraud(trunk_hour=selling.Hourly(effect="flag", orders=2)))
    ways: list[tuple[Channel, str]] = [
        ("spool", "t1"),
        ("sms", ""),
        ("sms", ""),
        ("sms", ""),
        ("call", "t1"),
        ("call", "t1"),
    ]
    for number, (channel, trunk) in enumerate(ways):
        attempt = replace(call("1008610001", f"1380000000{number}", channel=channel), trunk=trunk)
        assert await shop.place(attempt) is Outcome.PLACED
    assert [row["order_id"] for row in await sql(dsn, "SELECT order_id FROM fraud_flags")] == [6]


async def test_an_upheld_flag_cancels_the_order_and_takes_everything_back(database: Database, dsn: str) -> None:
    shop, desk = await open_shop(database, busy(1)), desk_on(database)
    for number in range(2):
        await shop.place(call("1008610001", f"1380000000{number}"))
    assert await earned(dsn) == 400
    await sql(dsn, "INSERT INTO fraud_flags (order_id, reason) VALUES (2, 'few-numbers')")
    [first, _] = await desk.flags(order_id=2)
    assert await desk.uphold(first["flag_id"], "carol", "they are all cousins")
    assert await states(dsn) == ["active", "cancelled"]
    assert await earned(dsn) == 200  # though the rule gives nothing back of itself
    assert {(row["state"], row["ended_by"]) for row in await desk.flags(state=None)} == {("upheld", "carol")}
    assert await texts(dsn, "+8613800000001") == ["order-accepted", "order-cancelled"]
    assert (
        await value(dsn, "SELECT detail ->> 'why' FROM audit WHERE action = 'fraud-upheld'") == "they are all cousins"
    )


async def test_of_two_who_decide_at_the_same_moment_one_does(database: Database, dsn: str) -> None:
    shop, desk = await open_shop(database, busy(1)), desk_on(database)
    for number in range(2):
        await shop.place(call("1008610001", f"1380000000{number}"))
    await sql(dsn, "INSERT INTO fraud_flags (order_id, reason) VALUES (2, 'few-numbers')")
    flags = [row["flag_id"] for row in await desk.flags(order_id=2)]
    decided = await asyncio.gather(*(desk.uphold(flag, f"carol{n}", "so be it") for n, flag in enumerate(flags * 3)))
    assert decided.count(True) == 1
    assert await value(dsn, "SELECT count(*) FROM audit WHERE action = 'fraud-upheld'") == 1
    assert await earned(dsn) == 200


async def test_an_upheld_flag_of_an_order_that_has_ended_takes_back_what_is_left(database: Database, dsn: str) -> None:
    shop, desk = await open_shop(database, busy(1)), desk_on(database)
    for number in range(2):
        await shop.place(call("1008610001", f"1380000000{number}"))
    await Lives(database, selling.Confirmation(), "CN").cancel(2, "abel", "asked for it")
    assert await earned(dsn) == 400
    [row] = await desk.flags()
    assert await desk.uphold(row["flag_id"], "carol", "as thought")
    assert await earned(dsn) == 200
    assert await texts(dsn, "+8613800000001") == ["order-accepted", "order-cancelled"]


async def test_a_night_finds_the_busiest_the_few_numbers_and_the_codes_of_who_left(
    database: Database, dsn: str
) -> None:
    shop = await open_shop(database, orders_per_day=1000, wrong_codes_limit=1000)
    desk = desk_on(
        database,
        busiest={"orders": 10},
        few_numbers={"orders": 6, "percent": 60},
        former_staff={"tries": 3},
    )
    lives = Lives(database, selling.Confirmation(), "CN")
    for number in range(10):  # E001 sells ten, everybody else two at most
        await shop.place(call("1008610001", f"138000000{number:02}", at=NOON))
    for seller in range(2, 8):
        await shop.place(call(f"100861000{seller}", f"1390000000{seller}", at=NOON))
    for _ in range(6):  # E009 sells one number the same thing again and again
        placed = call("1008610009", "13700990099", at=NOON)
        await shop.place(placed)
        order = await value(dsn, "SELECT order_id FROM orders WHERE call_key = $1", placed.call_key)
        assert order is not None
        await lives.cancel(order, "subscriber", "again")
    await shop.place(call("1008610050", "13511112222", at=NOON - timedelta(days=1)))
    await sql(dsn, "UPDATE employees SET left_at = $1 WHERE number = 'E050'", NOON - timedelta(hours=1))
    for number in range(3):
        assert await shop.place(call("1008610050", f"1351111000{number}", at=NOON)) is Outcome.CLAIM_ENDED
    flagged = await desk.night(YESTERDAY)
    assert await desk.night(YESTERDAY) is None
    rows = await desk.flags(most=1000)
    found = Counter((row["reason"], row["employee"]) for row in rows)
    assert found == {("busiest", "E001"): 10, ("few-numbers", "E009"): 6, ("former-staff", "E050"): 1}
    assert flagged == len(rows)


@pytest.mark.parametrize(("given_up", "outcome"), [(1, Outcome.PLACED), (2, Outcome.CONFIRM_TEXT)])
async def test_who_orders_and_gives_up_again_and_again_has_to_confirm(
    database: Database, dsn: str, given_up: int, outcome: Outcome
) -> None:
    shop, lives = await open_shop(database), Lives(database, selling.Confirmation(), "CN")
    for order in range(1, given_up + 1):
        assert await shop.place(call()) is Outcome.PLACED
        await lives.cancel(order, "subscriber", "by-text")
    assert await shop.place(call()) is outcome


async def test_rules_by_trunk_and_by_seller_see_what_they_have_to(database: Database, dsn: str) -> None:
    rules = selling.Fraud.model_validate(
        {
            "odd_trunk": {"effect": "confirm", "trunks": ["roaming"]},
            "trunk_hour": {"effect": "flag", "orders": 2},
            "new_seller": {"effect": "confirm", "days": 30},
        }
    )
    shop = await open_shop(database, rules)
    await sql(dsn, "UPDATE employees SET joined_at = now() - interval '3 days' WHERE number = 'E002'")
    for number, (trunk, code, outcome) in enumerate(
        [
            ("local", "1008610001", Outcome.PLACED),
            ("local", "1008610001", Outcome.PLACED),
            ("local", "1008610001", Outcome.PLACED),
            ("roaming", "1008610001", Outcome.CONFIRM_TEXT),
            ("local", "1008610002", Outcome.CONFIRM_TEXT),
        ]
    ):
        made = call(code, f"1380000000{number}")
        assert await shop.place(type(made)(made.call_key, made.caller, code, made.called_at, "call", trunk)) is outcome
    assert [row["order_id"] for row in await desk_on(database).flags()] == [5, 3]
    demanded = await sql(dsn, "SELECT demanded_by FROM orders WHERE demanded_by <> '{}' ORDER BY order_id")
    assert [row["demanded_by"] for row in demanded] == [["odd-trunk"], ["new-seller"]]
