"""What people ask for by text message, done once for each message and answered once."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ccore import selling
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.assembly import Selling
from ccore.ordering.by_text import ByText
from ccore.ordering.demo import seed
from ccore.ordering.number import load_plan
from ccore.shipped import shipped
from tests.support.asterisk import node_config, secrets_of
from tests.support.shop import ALICE, books, call, earned, patient, product, sql, states, texts, value

MOBILE = f"+86{ALICE}"
SELLER = "+8613700000001"  # E001
_messages = count(1)


@dataclass(frozen=True)
class Text:
    """A text message of this moment."""

    text: str
    sender: str
    key: str
    received_at: datetime
    receiver: str = "10086"


def text(said: str, sender: str = MOBILE) -> Text:
    return Text(said, sender, f"sms!{next(_messages)}", utc_now())


async def by_text(database: Database, **sections: Any) -> ByText:
    """The demo firm's text messages."""
    await seed(database)
    return selling_on(database, **sections).by_text


def selling_on(database: Database, **sections: Any) -> Selling:
    """All that goes on with orders."""
    config = node_config(Path("/nowhere"), **sections)
    return Selling(config, secrets_of(config), database, load_plan(shipped("dialplan")))


async def test_an_order_by_text_is_answered_once(database: Database, dsn: str) -> None:
    messages = await by_text(database)
    made = text(" １００ 01")
    for _ in range(3):
        assert await messages.handle(made) == "placed"
    assert await messages.handle(text("1008610002")) == "already-yours"
    assert await messages.handle(text("10999")) == "unknown-code"
    assert await texts(dsn) == ["order-accepted", "order-not-possible", "order-not-possible"]
    assert (await books(dsn)).orders == 1
    assert await value(dsn, "SELECT channel || ' ' || call_key FROM orders") == f"sms {made.key}"


async def test_a_subscription_is_ended_by_text_and_given_back_within_its_days(database: Database, dsn: str) -> None:
    messages = await by_text(database)
    await sql(dsn, "UPDATE commission_rules SET clawback_days = 30")
    assert await messages.handle(text("10001")) == "placed"
    ended = text("td10")
    for _ in range(2):
        assert await messages.handle(ended) == "cancelled"
    assert await messages.handle(text("TD10")) == "no-such-order"
    assert await messages.handle(text("TD77")) == "no-such-order"
    assert await texts(dsn) == ["order-accepted", "order-cancelled", "order-not-possible", "order-not-possible"]
    assert await earned(dsn) == 0
    assert await messages.handle(text("10001")) == "placed"


async def test_a_reply_confirms_or_refuses_all_that_waits(database: Database, dsn: str) -> None:
    messages = await by_text(database)
    for code in ("10", "11"):
        await product(dsn, code, confirm="sms")
    for said, outcome, state in (("Y", "confirmed", "active"), ("N", "refused", "cancelled")):
        sender = f"+86138000000{len(said)}{len(state)}"
        for code in ("10001", "11001"):
            assert await messages.handle(text(code, sender)) == "confirm-text"
        reply = text(said, sender)
        for _ in range(2):
            assert await messages.handle(reply) == outcome
        assert {row["state"] for row in await sql(dsn, "SELECT state FROM orders WHERE subscriber = $1", sender)} == {
            state
        }
        told = {"confirmed": "order-accepted", "refused": "order-cancelled"}[outcome]
        assert await texts(dsn, sender) == ["confirm-request"] * 2 + [told] * 2
    assert await messages.handle(text("Y")) == "help"


async def test_help_is_given_once_a_day(database: Database, dsn: str) -> None:
    messages = await by_text(database)
    assert await messages.handle(text("你好")) == "help"
    assert await asyncio.gather(*(messages.handle(text("hello")) for _ in range(5))) == ["quiet"] * 5
    assert await texts(dsn) == ["help"]
    await sql(dsn, "UPDATE texts_handled SET handled_at = handled_at - interval '25 hours'")
    assert await messages.handle(text("Y")) == "help"
    at_once = await asyncio.gather(*(messages.handle(text("hello", "+8613900000000")) for _ in range(5)))
    assert Counter(at_once) == {"help": 1, "quiet": 4}
    assert await messages.handle(text("10001", "10086")) == "no-subscriber"
    assert await messages.handle(text("hi", "CARRIER")) == "no-subscriber"


async def test_an_employee_hears_what_they_have_sold(database: Database, dsn: str) -> None:
    await seed(database)
    firm = selling_on(database)
    for number in range(3):
        await firm.by_text.handle(text("10001", f"+8613800000{number:03}"))
    assert await firm.by_text.handle(text("CX", SELLER)) == "help"  # there is no period yet
    await firm.commission.periods.make_ahead()
    asked = text("cx", SELLER)
    for _ in range(2):
        assert await firm.by_text.handle(asked) == "sales-enquiry"
    await firm.commission.enquiries.end()
    [row] = await sql(dsn, "SELECT params::text AS params, recipient FROM outbox WHERE kind = 'sales-enquiry'")
    assert row["recipient"] == SELLER
    for part in ('"orders": 3', '"sales_fen": 3000', '"commission_fen": 600', '"since": "'):
        assert part in row["params"]
    assert await firm.by_text.handle(text("CX")) == "help"  # who sells nothing


async def test_a_demanded_confirmation_by_text_of_a_call(database: Database, dsn: str) -> None:
    all_new = selling.Fraud(first_order=selling.Rule(effect="confirm"))
    await seed(database)
    firm = selling_on(database, fraud=all_new)
    assert await firm.ordering.place(call()) == "confirm-text"
    assert await earned(dsn) == 0
    assert await firm.by_text.handle(text("Y")) == "confirmed"
    assert await states(dsn) == ["active"]
    assert await earned(dsn) == 200
    assert await texts(dsn) == ["confirm-request", "order-accepted"]


@pytest.mark.figures
async def test_a_thousand_by_call_and_a_thousand_by_text(dsn: str) -> None:
    """Each subscriber exactly one success text; the ledger is what is worked out here, from the firm's own papers."""
    async with patient(dsn) as database:
        await seed(database)
        firm = selling_on(database)
        earns = {"10": 200, "11": (1990 * 1250 + 5000) // 10000}  # 12.5 %
        codes = [f"{code}{claim:03}" for code in earns for claim in range(1, 11)]
        numbers = [f"138{number:08}" for number in range(2000)]
        plan = {number: codes[index % len(codes)] for index, number in enumerate(numbers)}
        room = asyncio.Semaphore(50)

        async def order(number: str) -> str:
            async with room:
                if int(number) % 2:
                    return await firm.by_text.handle(text(plan[number], f"+86{number}"))
                return await firm.ordering.place(call(f"10086{plan[number]}", number))

        random.Random(3).shuffle(numbers)
        assert set(await asyncio.gather(*map(order, [*numbers, *numbers[:200]]))) <= {"placed", "already-yours"}
        told = Counter(await texts(dsn))
        assert told["order-accepted"] == 2000
        assert await value(dsn, "SELECT count(DISTINCT recipient) FROM outbox WHERE kind = 'order-accepted'") == 2000
        by_channel = await sql(dsn, "SELECT channel, count(*) FROM orders GROUP BY 1 ORDER BY 1")
        assert [tuple(row) for row in by_channel] == [("call", 1000), ("sms", 1000)]
        owed: Counter[str] = Counter()
        for code in plan.values():
            owed[f"E{code[2:]}"] += earns[code[:2]]
        booked = await sql(
            dsn,
            """SELECT e.number, sum(amount_fen)::bigint FROM commission_ledger JOIN employees e USING (employee_id)
               GROUP BY 1""",
        )
        assert dict(map(tuple, booked)) == owed
        assert await earned(dsn) == owed.total()


async def test_an_old_message_counts_by_when_it_was_sent_and_a_clock_ahead_by_now(database: Database, dsn: str) -> None:
    messages = await by_text(database)
    ahead = Text("10001", MOBILE, "sms!ahead", utc_now() + timedelta(days=2))
    assert await messages.handle(ahead) == "placed"
    assert await value(dsn, "SELECT called_at <= clock_timestamp() FROM orders")
