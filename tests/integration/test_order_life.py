"""Orders after they are placed: confirmed by key or text message, refused, expired, cancelled; each move once."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest

from ccore import selling
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.lives import Cancelled, Keyed, Lives
from ccore.ordering.model import Outcome
from tests.support.shop import ALICE, call, earned, life, open_shop, patient, product, sql, states, texts, value

MOBILE = f"+86{ALICE}"
LANDLINE = "02088886666"
DEMANDED = selling.Fraud(first_order=selling.Rule(effect="confirm"))


def lives_on(database: Database, **settings: object) -> Lives:
    """The moves of orders, with a configuration of [confirmation]."""
    return Lives(database, selling.Confirmation.model_validate(settings), "CN")


async def overdue(dsn: str) -> None:
    """The time to confirm is over, for every order that waits."""
    await sql(
        dsn, "UPDATE orders SET confirm_until = clock_timestamp() - interval '1 s' WHERE state = 'pending_confirm'"
    )


async def test_an_order_that_a_reply_confirms_earns_nothing_before(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="sms", confirm_within_h=48)
    assert await shop.place(call()) is Outcome.CONFIRM_TEXT
    assert await texts(dsn) == ["confirm-request"]
    assert await earned(dsn) == 0
    left = await value(dsn, "SELECT confirm_until - placed_at FROM orders")
    assert timedelta(hours=47) < left <= timedelta(hours=48)
    assert await lives.confirm(1, "subscriber", "by-text")
    assert not await lives.confirm(1, "subscriber", "by-text")
    assert await life(dsn) == ["pending_confirm", "active"]
    assert await texts(dsn) == ["confirm-request", "order-accepted"]
    assert await earned(dsn) == 200
    assert await value(dsn, "SELECT count(*) FROM order_moves") == 1


async def test_who_has_been_asked_is_told_so_and_not_that_it_is_theirs(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", confirm="sms")
    assert await shop.place(call()) is Outcome.CONFIRM_TEXT
    assert await shop.place(call("1008610002")) is Outcome.ALREADY_ASKED
    assert await states(dsn) == ["pending_confirm"]


async def test_an_order_nobody_confirms_expires_and_can_be_made_again(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="sms")
    await shop.place(call())
    assert await lives.look() == 0
    await overdue(dsn)
    assert await lives.look() == 1
    assert await lives.look() == 0
    assert await life(dsn) == ["pending_confirm", "expired"]
    assert await texts(dsn) == ["confirm-request", "order-expired"]
    assert not await lives.confirm(1, "subscriber", "too late")
    assert await lives.cancel(1, "subscriber", "too late") is Cancelled.OVER
    assert await earned(dsn) == 0
    assert await shop.place(call()) is Outcome.CONFIRM_TEXT


async def test_the_key_confirms_the_order_of_its_call(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="key")
    made = call()
    assert await shop.place(made) is Outcome.CONFIRM_KEY
    assert await texts(dsn) == []
    assert await states(dsn) == ["pending_confirm"]
    for _ in range(2):
        assert await lives.keyed(made.call_key, "1") is Keyed.PLACED
    assert await life(dsn) == ["pending_confirm", "active"]
    assert await texts(dsn) == ["order-accepted"]
    assert await earned(dsn) == 200
    assert await lives.keyed("node1!node1-1.1", "1") is Keyed.NOT_CONFIRMED


@pytest.mark.parametrize("key", ["", "2", "#"])
async def test_without_the_key_a_text_message_asks(database: Database, dsn: str, key: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="key")
    made = call()
    await shop.place(made)
    for _ in range(2):
        assert await lives.keyed(made.call_key, key) is Keyed.CONFIRM_TEXT
    assert await texts(dsn) == ["confirm-request"]
    assert await value(dsn, "SELECT confirm_by FROM orders") == "sms"
    assert await value(dsn, "SELECT confirm_until > clock_timestamp() + interval '23 hours' FROM orders")
    assert await lives.confirm(1, "subscriber", "by-text")
    assert await lives.keyed(made.call_key, key) is Keyed.PLACED


async def test_without_the_key_there_is_no_order_if_the_site_says_so(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database, no_key="expire")
    await product(dsn, "10", confirm="key")
    made = call()
    await shop.place(made)
    assert await lives.keyed(made.call_key, "") is Keyed.NOT_CONFIRMED
    assert await lives.keyed(made.call_key, "1") is Keyed.NOT_CONFIRMED
    assert await life(dsn) == ["pending_confirm", "expired"]
    assert await texts(dsn) == ["order-expired"]


async def test_who_hangs_up_is_asked_by_text_message_once_and_then_it_expires(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="key")
    await shop.place(call())
    for said in (["confirm-request"], ["confirm-request", "order-expired"]):
        await overdue(dsn)
        assert await lives.look() == 1
        assert await texts(dsn) == said


async def test_a_telephone_without_text_messages_has_the_key_alone(database: Database, dsn: str) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await product(dsn, "10", confirm="sms")
    made = call(caller=LANDLINE)
    assert await shop.place(made) is Outcome.CONFIRM_KEY
    assert await lives.keyed(made.call_key, "") is Keyed.NOT_CONFIRMED
    assert await shop.place(call(caller=LANDLINE, channel="spool")) is Outcome.CALLER_NOT_ALLOWED


async def test_a_call_that_only_the_spool_has_cannot_be_keyed(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await product(dsn, "10", confirm="key")
    assert await shop.place(call(channel="spool")) is Outcome.CONFIRM_TEXT
    assert await texts(dsn) == ["confirm-request"]


async def test_a_rule_demands_a_reply_where_the_product_does_not(database: Database, dsn: str) -> None:
    shop = await open_shop(database, DEMANDED)
    assert await shop.place(call()) is Outcome.CONFIRM_TEXT
    [row] = await sql(dsn, "SELECT o.demanded_by, a.reason FROM orders o JOIN order_attempts a USING (order_id)")
    assert (row["demanded_by"], row["reason"]) == (["first-order"], "first-order")
    key = await value(dsn, "SELECT call_key FROM orders")
    assert await lives_on(database).keyed(key, "1") is Keyed.CONFIRM_TEXT
    # An order that was never confirmed is no earlier order.
    assert await shop.place(call("1008611001")) is Outcome.CONFIRM_TEXT
    await lives_on(database).confirm(1, "subscriber", "by-text")
    assert await shop.place(call("1008612001")) is Outcome.PLACED


@pytest.mark.parametrize(("days", "left_fen"), [(30, 0), (0, 200)])
async def test_a_cancelled_order_gives_back_what_it_earned_within_the_rules_days(
    database: Database, dsn: str, days: int, left_fen: int
) -> None:
    shop, lives = await open_shop(database), lives_on(database)
    await sql(dsn, "UPDATE commission_rules SET clawback_days = $1", days)
    await shop.place(call())
    assert await earned(dsn) == 200
    assert await lives.cancel(1, "abel", "asked for it") is Cancelled.DONE
    assert await lives.cancel(1, "abel", "asked for it") is Cancelled.OVER
    assert await lives.cancel(2, "abel", "asked for it") is Cancelled.UNKNOWN
    assert await life(dsn) == ["active", "cancelled"]
    assert await texts(dsn) == ["order-accepted", "order-cancelled"]
    assert await earned(dsn) == left_fen


async def test_confirmed_expired_and_cancelled_at_the_same_moment_exactly_one_holds(dsn: str) -> None:
    async with patient(dsn) as database:
        shop, lives = await open_shop(database), lives_on(database)
        await product(dsn, "10", confirm="sms")
        for number in range(60):
            await shop.place(call(caller=f"138{number:08}"))
        await sql(dsn, "UPDATE orders SET confirm_until = clock_timestamp() - interval '1 s' WHERE order_id % 2 = 0")
        dice = random.Random(7)
        asking = [
            work
            for order in range(1, 61)
            for work in (
                lambda order=order: lives.confirm(order, "subscriber", "by-text"),
                lambda order=order: lives.cancel(order, "abel", "race"),
            )
        ] + [lives.look] * 12
        dice.shuffle(asking)
        await asyncio.gather(*(work() for work in asking))
        became = Counter(await states(dsn))
        assert became["pending_confirm"] == 0
        # Whoever is cancelled after they were confirmed has two moves; everybody else one.
        for order in range(1, 61):
            assert await life(dsn, order) in (
                ["pending_confirm", "active", "cancelled"],
                ["pending_confirm", "cancelled"],
                ["pending_confirm", "expired"],
            )
        assert await earned(dsn) == 200 * await value(
            dsn, "SELECT count(*) FROM orders o WHERE state = 'cancelled' AND earns IS NULL"
        )  # the rule gives nothing back
        per_kind = await sql(dsn, "SELECT order_id, kind, count(*) FROM outbox GROUP BY 1, 2 HAVING count(*) > 1")
        assert per_kind == []


async def test_a_text_order_is_an_order_like_a_call(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    made = call(key="sms!7", channel="sms", caller=MOBILE, at=utc_now())
    assert await shop.place(made) is Outcome.PLACED
    assert await shop.place(made) is Outcome.PLACED
    assert await shop.place(call("1008610002", key="sms!8", channel="sms", caller=MOBILE)) is Outcome.ALREADY_YOURS
    assert await texts(dsn) == ["order-accepted", "order-not-possible"]
    await product(dsn, "11", ways=["call"])
    assert await shop.place(call("1008611001", key="sms!9", channel="sms", caller=MOBILE)) is Outcome.NOT_ON_SALE
