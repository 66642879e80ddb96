"""``ccore messages``: what people see of text messages, and what they do about them."""

from pathlib import Path

import pytest

from ccore import config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from tests.support.commands import Run, running
from tests.support.texting import ORDER, Box

CARD = "+8613800138000"


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    return running(config.load(tmp_path / "ccore.toml"), capsys, "messages")


async def test_messages_are_listed_with_their_numbers_masked_and_shown(ccore: Run, database: Database) -> None:
    box = Box(database)
    assert await ccore("list") == (0, ["no messages"])
    number = await box.queue(CARD, kind="order-accepted", params=ORDER)
    await box.sql(
        "UPDATE outbox SET state = 'given_up', tries = 9, reason = 'no connection', gateway = 'kannel', body = '您于',"
        " parts = 1, ended_at = now()"
    )
    await box.sql(
        "INSERT INTO receipts (message_id, gateway, word, detail) VALUES ($1, 'kannel', 'failed', 'NACK')", number
    )
    _, (line,) = await ccore("list", "--state", "given_up", "--to", "13800138000")
    assert line.split()[0] == str(number)
    assert line.endswith("+86138****8000  order-accepted  given_up, 9 tries, no connection")
    assert await ccore("list", "--kind", "help") == (0, ["no messages"])
    code, lines = await ccore("show", str(number))
    assert code == 0
    assert lines[0] == f"message {number} order-accepted to +86138****8000: given_up"
    assert "says, in 1 part(s): 您于" in lines
    assert lines[-1].startswith("kannel said failed ")
    assert await ccore("show", "77") == (1, ["there is no message 77"])


async def test_a_message_is_tried_again_or_cancelled_once(ccore: Run, database: Database) -> None:
    box = Box(database)
    number = str(await box.queue(CARD, "hello"))
    assert await ccore("retry", number) == (1, [f"message {number} is not one to try again"])
    assert await ccore("cancel", number) == (0, [f"message {number} is cancelled"])
    assert await ccore("cancel", number) == (1, [f"message {number} is not queued"])
    assert await ccore("retry", number) == (0, [f"message {number} is tried again"])
    assert (await box.row(int(number)))["state"] == "queued"
    await box.sql("UPDATE outbox SET state = 'delivered'")
    assert (await ccore("retry", number))[0] == 1
    noted = await box.sql("SELECT action FROM audit ORDER BY audit_id")
    assert [row["action"] for row in noted] == ["message-cancelled", "message-retried"]


async def test_a_test_is_queued(ccore: Run, database: Database) -> None:
    _, (line,) = await ccore("test", "13800138000", "你好")
    number = int(line.split()[1])
    row = await Box(database).row(number)
    assert (row["kind"], row["recipient"], row["params"]) == ("test", CARD, {"text": "你好"})
    with pytest.raises(CcoreError, match="no telephone number"):
        await ccore("test", "12", "x")


async def test_what_came_in_is_listed_and_handed_on_again(ccore: Run, database: Database) -> None:
    assert await ccore("incoming") == (0, ["no messages"])
    box = Box(database)
    await box.sql(
        "INSERT INTO inbox (gateway, gateway_id, sender, body, received_at, state, tries, outcome, ended_at)"
        " VALUES ('kannel', 'a', $1, '10001', '2026-11-22T07:00:00Z', 'set_aside', 5, 'KeyError', now())",
        CARD,
    )
    assert await ccore("incoming", "--state", "set_aside") == (
        0, ["       1  2026-11-22 15:00:00  +86138****8000  set_aside  KeyError, 5 tries"],
    )  # fmt: skip
    assert await ccore("retry", "1", "--incoming") == (0, ["message 1 is tried again"])
    assert await ccore("retry", "1", "--incoming") == (1, ["message 1 is not one to try again"])
