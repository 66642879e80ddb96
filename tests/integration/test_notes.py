"""What calls leave behind is written once, for numbers that may be called; nothing is promised without PostgreSQL."""

import json
from datetime import UTC, datetime

import asyncpg

from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ivr.menus import TextTemplate
from ccore.ivr.model import Value
from ccore.ivr.notes import Notes
from ccore.prompts.kinds import Kind
from ccore.selling import Ordering
from tests.support.postgres import frozen

AT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
BILL = TextTemplate(zh="您本月的账单是{bill}。", en="Your bill is {bill}.")
VALUES = {"bill": Value(Kind.MONEY, "12350"), "pin": Value(Kind.DIGITS, "123456", secret=True)}


def notes_on(database: Database) -> Notes:
    return Notes(database, "CN", Ordering().internal_extensions, 30.0)


async def rows(dsn: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def test_a_call_back_is_written_once_for_a_call_and_once_for_a_number(database: Database, dsn: str) -> None:
    notes = notes_on(database)
    for call_key in ("node1!1.1", "node1!1.1", "node1!2.2"):  # told twice, then asked again in another call
        assert await notes.call_back(call_key, "service", "13812345678", AT)
    assert await notes.call_back("node1!3.3", "broadband", "02088886666", AT)
    found = await rows(dsn, "SELECT call_key, number, queue, asked_at, state FROM call_backs ORDER BY 1")
    assert [tuple(row) for row in found] == [
        ("node1!1.1", "+8613812345678", "service", AT, "open"),
        ("node1!3.3", "+862088886666", "broadband", AT, "open"),
    ]


async def test_who_cannot_be_called_is_told_so(database: Database, dsn: str) -> None:
    notes = notes_on(database)
    for number in ("", "withheld", "invalid", "2001", "+85291234567", "4008123456", "1"):
        assert not await notes.call_back("node1!1.1", "service", number, AT), number
        assert not await notes.text("node1!1.1", number, "bill", BILL, "zh", VALUES), number
    assert not await notes.text("node1!1.1", "02088886666", "bill", BILL, "zh", VALUES), "no text reaches a landline"
    assert await rows(dsn, "SELECT FROM call_backs UNION ALL SELECT FROM outbox") == []


async def test_one_who_was_called_may_ask_again(database: Database, dsn: str) -> None:
    notes = notes_on(database)
    assert await notes.call_back("node1!1.1", "service", "13812345678", AT)
    (row,) = await database.fetch("waiting.call_backs", False, None, 10)
    assert await database.fetch_value("notes.call_back_done", row["call_back_id"], "anna") == row["call_back_id"]
    assert await database.fetch_value("notes.call_back_done", row["call_back_id"], "anna") is None
    assert await notes.call_back("node1!2.2", "service", "13812345678", AT)
    assert [row["state"] for row in await database.fetch("waiting.call_backs", True, None, 10)] == ["done", "open"]
    assert [tuple(row) for row in await rows(dsn, "SELECT actor, action FROM audit")] == [("anna", "call-back-done")]


async def test_a_text_message_waits_in_the_outbox_once_with_its_template_and_the_values_it_names(
    database: Database, dsn: str
) -> None:
    for _ in range(2):
        assert await notes_on(database).text("node1!1.1", "13812345678", "bill", BILL, "zh", VALUES)
    (row,) = await rows(dsn, "SELECT call_key, kind, recipient, params, state, order_id FROM outbox")
    assert tuple(row)[:3] == ("node1!1.1", "menu-bill", "+8613812345678")
    assert (row["state"], row["order_id"]) == ("queued", None)
    assert json.loads(row["params"]) == {
        "template": "bill",
        "language": "zh",
        "text": BILL.zh,
        "values": {"bill": {"kind": "money", "text": "12350"}},
    }


async def test_a_text_with_other_values_of_a_persons_own_is_another_one(database: Database, dsn: str) -> None:
    for apart in ("a1", "a1", "b2"):
        assert await notes_on(database).text("node1!1.1", "13812345678", "bill", BILL, "en", VALUES, apart)
    found = await rows(dsn, "SELECT kind FROM outbox ORDER BY 1")
    assert [row["kind"] for row in found] == ["menu-bill-a1", "menu-bill-b2"]


async def test_a_text_that_names_a_secret_or_nothing_known_is_not_sent(database: Database, dsn: str) -> None:
    for text in ("Your PIN is {pin}.", "Your {tariff}."):
        template = TextTemplate(zh=text, en=text)
        assert not await notes_on(database).text("node1!1.1", "13812345678", "bad", template, "en", VALUES)
    assert await rows(dsn, "SELECT FROM outbox") == []


async def test_the_answers_of_a_call_are_counted_once(database: Database) -> None:
    notes = notes_on(database)
    assert await notes.answers("node1!1.1", "service", {"friendly": 5, "solved": 1}, AT)
    assert await notes.answers("node1!1.1", "service", {"friendly": 1, "solved": 1}, AT)
    assert await notes.answers("node1!2.2", "service", {"friendly": 2}, AT)
    assert await notes.answers("node1!3.3", "service", {}, AT)
    found = await database.fetch("notes.survey", "service", AT, datetime(2027, 1, 1, tzinfo=UTC))
    assert [tuple(row) for row in found] == [("friendly", 2, 3.5), ("solved", 1, 1.0)]
    assert await database.fetch("notes.survey", "service", datetime(2027, 1, 1, tzinfo=UTC), AT) == []


async def test_nothing_is_promised_while_postgresql_does_not_answer(
    postgres: EmbeddedPostgres, database: Database
) -> None:
    notes = Notes(database, "CN", Ordering().internal_extensions, 0.3)
    with frozen(postgres):
        assert not await notes.call_back("node1!1.1", "service", "13812345678", AT)
        assert not await notes.text("node1!1.1", "13812345678", "bill", BILL, "zh", VALUES)
        assert not await notes.answers("node1!1.1", "service", {"friendly": 5}, AT)
