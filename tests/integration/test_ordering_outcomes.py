"""Every outcome of a call, and what it leaves in the database."""

import json
from datetime import timedelta
from typing import get_args

import asyncpg
import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import KeyReused
from ccore.log import mask_numbers
from ccore.ordering.demo import DEMO_CODE
from ccore.ordering.model import Attempt, Channel, Outcome
from tests.support.shop import ALICE, Books, books, call, open_shop, sql, value

EMPLOYEE_1 = "13700000001"  # holds 10 001
LANDLINE = "02088886666"


async def attempt_of(dsn: str, made: Attempt) -> tuple[str, str, str | None]:
    [row] = await sql(dsn, "SELECT outcome, reason, subscriber FROM order_attempts WHERE call_key = $1", made.call_key)
    return row["outcome"], row["reason"], row["subscriber"]


NEW_VERSION = """
INSERT INTO team_versions (team_id, valid, set_by) VALUES (1, '[2020-01-01,)', 'test') RETURNING version_id
"""


def counted(outcome: str, channel: str = "call") -> float:
    return REGISTRY.get_sample_value("ccore_orders_total", {"outcome": outcome, "channel": channel}) or 0.0


async def test_an_order_is_written_with_all_that_belongs_to_it(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    made = call("1008611002")  # a product with 12.5 % commission
    assert await shop.place(made) is Outcome.PLACED

    assert await books(dsn) == Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)
    [row] = await sql(
        dsn,
        """SELECT o.*, p.code, e.number AS employee, l.amount_fen, l.kind, m.kind AS message, m.recipient, m.params,
                  m.state AS sms
           FROM orders o JOIN products p USING (product_id) JOIN employees e USING (employee_id)
           JOIN commission_ledger l USING (order_id) JOIN outbox m USING (order_id)""",
    )
    assert (row["subscriber"], row["nth"], row["code"], row["employee"]) == ("+8613812345678", 1, "11", "E002")
    assert (row["price_fen"], row["amount_fen"], row["kind"]) == (1990, 249, "sale")
    assert (row["call_key"], row["dialled"], row["channel"]) == (made.call_key, "1008611002", "call")
    assert (row["called_at"], row["state"]) == (made.called_at, "active")
    assert (row["message"], row["recipient"], row["sms"]) == ("order-accepted", "+8613812345678", "queued")
    params = json.loads(row["params"])
    assert (params["product_zh"], params["price_fen"]) == ("视频会员月卡", 1990)


@pytest.mark.parametrize(
    ("made", "outcome", "reason"),
    [
        (call(caller="withheld"), Outcome.CALLER_WITHHELD, "withheld"),
        (call(caller="invalid"), Outcome.CALLER_NOT_ALLOWED, "invalid-number"),
        (call(caller="2001"), Outcome.CALLER_NOT_ALLOWED, "internal-extension"),
        (call(caller="10086"), Outcome.CALLER_NOT_ALLOWED, "invalid-number"),
        (call(caller="01010086"), Outcome.CALLER_NOT_ALLOWED, "not-a-subscriber"),
        (call(caller="+85291234567"), Outcome.CALLER_NOT_ALLOWED, "other-country"),
        (call("1008612001", LANDLINE), Outcome.CALLER_NOT_ALLOWED, "not-a-mobile"),
        (call(caller=EMPLOYEE_1), Outcome.CALLER_NOT_ALLOWED, "own-number"),
        (call("1008677001"), Outcome.UNKNOWN_CODE, "no-such-code"),
        (call("1008610999"), Outcome.UNKNOWN_CODE, "no-such-code"),
        (call("10086"), Outcome.UNKNOWN_CODE, "no-such-code"),
        (call("1001011"), Outcome.UNKNOWN_CODE, "no-such-code"),
        (call("1008610001" * 10), Outcome.UNKNOWN_CODE, "no-such-code"),
        (call("1008619001"), Outcome.NOT_ON_SALE, "outside-sale"),
        (call("1008610900"), Outcome.CLAIM_ENDED, "claim-over"),
        (call("1008610901"), Outcome.CLAIM_ENDED, "employee-left"),
    ],
    ids=lambda part: f"{part.dialled[:12]}-from-{part.caller}" if isinstance(part, Attempt) else None,
)
async def test_a_refused_call_leaves_its_attempt_only(
    database: Database, dsn: str, made: Attempt, outcome: Outcome, reason: str
) -> None:
    shop = await open_shop(database)
    before = counted(outcome)
    assert await shop.place(made) is outcome
    assert (await attempt_of(dsn, made))[:2] == (outcome.value, reason)
    assert await books(dsn) == Books(orders=0, ledger=0, messages=0, audit=0, attempts=1, placed=0)
    assert await value(dsn, "SELECT count(*) FROM outbox") == 0
    assert counted(outcome) == before + 1


async def test_a_landline_may_order_a_product_for_all_lines(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    assert await shop.place(call(caller=LANDLINE)) is Outcome.PLACED
    assert await value(dsn, "SELECT subscriber FROM orders") == "+862088886666"


async def test_a_barred_number_is_refused(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await sql(dsn, "INSERT INTO barred_numbers (number, reason) VALUES ('+8613812345678', 'court order')")
    made = call()
    assert await shop.place(made) is Outcome.CALLER_NOT_ALLOWED
    assert await attempt_of(dsn, made) == ("caller-not-allowed", "barred", "+8613812345678")


@pytest.mark.parametrize("again", [ALICE, "+8613812345678", "008613812345678", "013812345678"])
async def test_the_second_call_hears_already_yours_whatever_code_and_form_of_number(
    database: Database, dsn: str, again: str
) -> None:
    shop = await open_shop(database)
    assert await shop.place(call("1008610001")) is Outcome.PLACED
    assert await shop.place(call("1008610002", again)) is Outcome.ALREADY_YOURS
    assert await value(dsn, "SELECT e.number FROM orders JOIN employees e USING (employee_id)") == "E001"
    assert (await books(dsn)).attempts == 2


async def test_after_a_cancellation_the_product_can_be_ordered_again(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await shop.place(call())
    await sql(dsn, "UPDATE orders SET state = 'cancelled'")
    assert await shop.place(call()) is Outcome.PLACED
    assert [row["nth"] for row in await sql(dsn, "SELECT nth FROM orders ORDER BY nth")] == [1, 2]


async def test_five_wrong_codes_within_the_window_lock_the_caller_out_for_its_length(
    database: Database, dsn: str
) -> None:
    shop = await open_shop(database, wrong_codes_limit=5, wrong_codes_window_s=900)
    start = utc_now() - timedelta(hours=1)
    for minute in range(5):
        wrong = call("1008610999", at=start + timedelta(minutes=minute))
        assert await shop.place(wrong) is Outcome.UNKNOWN_CODE
    locked_out = call(at=start + timedelta(minutes=14))
    assert await shop.place(locked_out) is Outcome.TOO_MANY_TRIES
    assert await attempt_of(dsn, locked_out) == ("too-many-tries", "wrong-codes", "+8613812345678")
    assert await shop.place(call(caller="13912345678", at=start + timedelta(minutes=14))) is Outcome.PLACED
    assert await shop.place(call(at=start + timedelta(minutes=15))) is Outcome.PLACED  # the first has left the window


async def test_orders_within_24_hours_are_limited(database: Database, dsn: str) -> None:
    shop = await open_shop(database, orders_per_day=2)
    now = utc_now()
    assert await shop.place(call("1008610001", at=now - timedelta(hours=23))) is Outcome.PLACED
    assert await shop.place(call("1008611001", at=now)) is Outcome.PLACED
    third = call("1008612001", at=now)
    assert await shop.place(third) is Outcome.TOO_MANY_TRIES
    assert (await attempt_of(dsn, third))[1] == "orders-per-day"
    assert await shop.place(call("1008612001", at=now + timedelta(hours=1, seconds=1))) is Outcome.PLACED


async def test_a_call_is_judged_by_the_moment_it_was_made(database: Database, dsn: str) -> None:
    """An order that waited in the spool counts for the employee who held the code when the caller dialled."""
    shop = await open_shop(database)
    noon = utc_now() - timedelta(hours=2)
    await sql(
        dsn,
        """UPDATE claims SET valid = tstzrange(lower(valid), $1)
           WHERE code IN ('001', '050') AND product_id = (SELECT product_id FROM products WHERE code = '10')""",
        noon,
    )
    await sql(
        dsn,
        """INSERT INTO claims (product_id, code, employee_id, valid)
           SELECT product_id, '001', (SELECT employee_id FROM employees WHERE number = 'E050'), tstzrange($1, NULL)
           FROM products WHERE code = '10'""",
        noon + timedelta(hours=1),
    )
    seller = "SELECT e.number FROM orders o JOIN employees e USING (employee_id) WHERE o.call_key = $1"
    before, between, after = (call(at=noon + timedelta(minutes=m), caller=f"1381234567{m % 7}") for m in (-1, 0, 60))
    assert await shop.place(between) is Outcome.CLAIM_ENDED
    assert await shop.place(after) is Outcome.PLACED
    assert await value(dsn, seller, after.call_key) == "E050"
    assert await shop.place(before) is Outcome.PLACED
    assert await value(dsn, seller, before.call_key) == "E001"


@pytest.mark.parametrize("made", [call(), call("1008610999"), call(caller="withheld")])
async def test_the_same_call_again_gets_the_same_answer_and_writes_nothing(
    database: Database, dsn: str, made: Attempt
) -> None:
    shop = await open_shop(database)
    first = await shop.place(made)
    written, before = await books(dsn), counted(first)
    for channel in get_args(Channel):
        again = Attempt(made.call_key, made.caller, made.dialled, made.called_at + timedelta(seconds=2), channel)
        assert await shop.place(again) is first
    assert await books(dsn) == written
    assert counted(first) == before


@pytest.mark.parametrize(
    ("dialled", "caller"), [("1008610002", ALICE), (DEMO_CODE, "13900000000"), (DEMO_CODE, "withheld")]
)
async def test_the_same_key_with_other_numbers_is_an_error_and_no_order(
    database: Database, dsn: str, dialled: str, caller: str
) -> None:
    shop = await open_shop(database)
    made = call()
    await shop.place(made)
    written = await books(dsn)
    with capture_logs() as logs, pytest.raises(KeyReused):
        await shop.place(call(dialled, caller, key=made.call_key))
    assert [(line["event"], line["log_level"]) for line in logs] == [("call_key_reused", "error")]
    assert await books(dsn) == written


async def test_each_call_leaves_one_line_in_the_log(database: Database) -> None:
    shop = await open_shop(database)
    made = call(key="node1!node1-1.7")
    with capture_logs() as logs:
        await shop.place(made)
        await shop.place(call())
    placed, refused = logs
    assert (placed["event"], placed["call_id"], placed["caller"]) == ("order_placed", "node1-1.7", ALICE)
    assert mask_numbers(None, "", dict(placed))["caller"] == "138****5678"
    assert (refused["event"], refused["outcome"], refused["reason"]) == ("order_refused", "already-yours", "live-order")


async def test_the_money_of_many_orders_adds_up(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    codes = [f"10086{product}{claim:03}" for product in (10, 11, 12) for claim in range(1, 11)]
    for number, code in enumerate(codes):
        assert await shop.place(call(code, f"138{number:08}")) is Outcome.PLACED
    assert (await books(dsn)).orders == 30
    assert await value(dsn, "SELECT sum(amount_fen) FROM commission_ledger") == 10 * (200 + 249 + 645)
    assert await value(dsn, "SELECT count(DISTINCT amount_fen) FROM commission_ledger WHERE employee_id = 1") == 3


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM commission_postings",
        "TRUNCATE commission_postings CASCADE",
        "DELETE FROM commission_entries",
        "UPDATE commission_entries SET amount_fen = 0",
        "TRUNCATE commission_entries",
        "DELETE FROM audit",
        "UPDATE audit SET detail = '{}'",
        "TRUNCATE audit CASCADE",
    ],
)
async def test_ledger_and_audit_are_append_only(database: Database, dsn: str, change: str) -> None:
    shop = await open_shop(database)
    await shop.place(call())
    with pytest.raises(asyncpg.RaiseError, match="never changed or deleted"):
        await sql(dsn, change)


async def test_an_order_of_a_team_is_earned_by_all_its_members(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await sql(dsn, "INSERT INTO teams (name, leader_id) VALUES ('family', 1)")
    await sql(
        dsn,
        f"""WITH version AS ({NEW_VERSION}) INSERT INTO team_shares
            SELECT version_id, n, p FROM version, (VALUES (1, 3333), (2, 3333), (3, 3334)) AS s (n, p)""",
    )
    await sql(
        dsn,
        """INSERT INTO claims (product_id, code, team_id, valid)
           SELECT product_id, '500', 1, '[2020-01-01,)' FROM products WHERE code = '10'""",
    )
    assert await shop.place(call("1008610500", "+8613700000002")) is Outcome.CALLER_NOT_ALLOWED
    assert await shop.place(call("1008610500")) is Outcome.PLACED
    earned = await sql(dsn, "SELECT employee_id, amount_fen FROM commission_ledger ORDER BY 1")
    assert [tuple(row) for row in earned] == [(1, 67), (2, 66), (3, 67)]
    assert await value(dsn, "SELECT sum(amount_fen) FROM commission_entries") == 0


async def test_shares_that_are_not_the_whole_are_refused(database: Database, dsn: str) -> None:
    await open_shop(database)
    await sql(dsn, "INSERT INTO teams (name, leader_id) VALUES ('family', 1)")
    with pytest.raises(asyncpg.CheckViolationError, match="sum to 100"):
        await sql(
            dsn,
            f"WITH version AS ({NEW_VERSION}) INSERT INTO team_shares SELECT version_id, 1, 9999 FROM version",
        )


async def test_a_posting_that_is_not_balanced_is_refused(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    await shop.place(call())
    with pytest.raises(asyncpg.CheckViolationError, match="sum to nothing"):
        await sql(
            dsn,
            "INSERT INTO commission_entries (posting_id, account, employee_id, amount_fen) VALUES (1, 'held', 1, 1)",
        )
