"""The tables of waiting callers: a call-back is dialled by one and keeps its place; and their commands."""

import io
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ccore import config
from ccore.commands.given import NotDone
from ccore.db.pool import Database
from ccore.dialer.lists.barring import Barring
from ccore.errors import FaultsFound
from ccore.people.model import Role
from ccore.queues.call_backs import CallBacks, Place
from ccore.selling import Ordering
from ccore.web.once import HEADER
from tests.support.commands import Run, running
from tests.support.menus import PEOPLE, written
from tests.support.shop import sql
from tests.support.whole_api import Api, whole  # noqa: F401 - a fixture

CAME = datetime(2026, 11, 1, 2, tzinfo=UTC)
PLACE = Place("sales", "gold", "en", 3, CAME)
NUMBER = "+8613812345678"
PAUSE = timedelta(minutes=5)
MENUS = '[main]\ndo = "hang-up"\n' + PEOPLE

CHANNEL_EVENT = """INSERT INTO cel (node, linkedid, uniqueid, digest, eventtype, event_at, cid_name, cid_num, cid_ani,
    cid_rdnis, cid_dnid, exten, context, channame, appname, appdata, amaflags, accountcode, userfield, peer, eventextra)
VALUES ('node1', 'c.1', 'c.1', sha256($1::text::bytea), $1, now(), '', '',
    '', '', '', '', '', '', '', '', '', '', '', '', '')"""


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    written(tmp_path / "dialplan", MENUS)
    (tmp_path / "dialplan/queues").mkdir(exist_ok=True)
    (tmp_path / "dialplan/queues/sales.toml").write_text("", encoding="utf-8")
    (tmp_path / "dialplan/prompts").mkdir(exist_ok=True)
    (tmp_path / "dialplan/prompts/own.toml").write_text('[storm]\nzh = "一"\nen = "One."\n', encoding="utf-8")
    (tmp_path / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    settings = config.load(tmp_path / "ccore.toml")
    return running(settings, capsys)


def call_backs(database: Database) -> CallBacks:
    return CallBacks(database, "CN", Ordering().internal_extensions)


async def one(database: Database, *, over: bool = False) -> dict[str, object]:
    (row,) = await call_backs(database).listed(over=over)
    return dict(row)


async def dialled(database: Database, channel: str, call_key: str = "node1!1.1") -> int:
    """A call-back that is being called on ``channel``; its number."""
    assert await call_backs(database).note(call_key, NUMBER, PLACE)
    number = (await one(database))["call_back_id"]
    assert isinstance(number, int)
    assert await database.fetch_value("waiting.dial", number, channel, "node1") == number
    return number


async def test_the_place_is_kept_until_the_customer_has_accepted(database: Database) -> None:
    number = await dialled(database, "c.1")
    assert await call_backs(database).come_back(number, "node1!c.2") is None, "another call"
    await database.execute("waiting.answered", "c.1")
    visit = await call_backs(database).come_back(number, "node1!c.1")
    assert visit is not None
    assert (visit.queue, visit.tier, visit.language, visit.menu_priority) == ("sales", "gold", "en", 3)
    assert (visit.came_at, visit.called_back) == (int(CAME.timestamp()), True)
    assert await call_backs(database).come_back(number, "node1!c.1"), "asked again after a ccore was killed"
    await database.execute("waiting.connected", "c.1")
    row = await one(database, over=True)
    assert (row["state"], row["attempts"]) == ("connected", 1)
    assert await call_backs(database).come_back(number, "node1!c.1") is None


async def test_one_is_dialled_by_one(database: Database) -> None:
    number = await dialled(database, "c.1")
    assert await database.fetch_value("waiting.dial", number, "c.2", "node1") is None
    assert not await call_backs(database).cancel(number, "anna"), "it rings already"
    assert not await database.execute("waiting.attempt_over", "c.1", "asked", "not-accepted", 3, PAUSE)


async def test_another_attempt_comes_after_a_pause_until_there_are_no_more(database: Database, dsn: str) -> None:
    number = await dialled(database, "c.1")
    for attempt in (1, 2, 3):
        await database.execute("waiting.attempt_over", f"c.{attempt}", "dialling", "no-answer", 3, PAUSE)
        assert not await database.fetch("waiting.open_call_backs", ["sales"]), "not yet"
        await sql(dsn, "UPDATE call_backs SET not_before = now()")
        if attempt < 3:
            assert len(await database.fetch("waiting.open_call_backs", ["sales"])) == 1
            assert await database.fetch_value("waiting.dial", number, f"c.{attempt + 1}", "node1")
    row = await one(database, over=True)
    assert (row["state"], row["reason"], row["attempts"]) == ("failed", "no-answer", 3)


async def test_what_was_not_sent_was_no_attempt(database: Database) -> None:
    await dialled(database, "c.1")
    await database.execute("waiting.not_sent", "c.1")
    row = await one(database)
    assert (row["state"], row["attempts"]) == ("open", 0)


async def test_one_number_has_one_place(database: Database) -> None:
    first, later = PLACE, Place("sales", came_at=CAME + timedelta(minutes=5))
    assert await call_backs(database).note("node1!1.1", NUMBER, first)
    assert await call_backs(database).note("node1!2.2", "13812345678", later)
    assert (await one(database))["came_at"] == CAME
    number = (await one(database))["call_back_id"]
    assert isinstance(number, int)
    assert await call_backs(database).cancel(number, "anna")
    assert await call_backs(database).note("node1!3.3", NUMBER, later), "a new wish"


async def test_who_must_not_be_called_is_not(database: Database) -> None:
    assert await call_backs(database).note("node1!1.1", NUMBER, PLACE)
    await Barring(database).add([NUMBER], "asked us", "", "anna")
    assert not await call_backs(database).note("node1!2.2", NUMBER, PLACE)
    number = (await one(database))["call_back_id"]
    assert await database.fetch_value("waiting.dial", number, "c.1", "node1") is None
    assert (await one(database, over=True))["state"] == "refused"
    for nobody in ("withheld", "2001", "+85291234567", "4008123456"):
        assert not await call_backs(database).note("node1!3.3", nobody, PLACE), nobody


async def test_old_wishes_expire(database: Database, dsn: str) -> None:
    await call_backs(database).note("node1!1.1", NUMBER, PLACE)
    assert not await database.execute("waiting.expire", "sales", timedelta(hours=4))
    await sql(dsn, "UPDATE call_backs SET asked_at = now() - interval '5 h'")
    assert await database.execute("waiting.expire", "sales", timedelta(hours=4))
    assert (await one(database, over=True))["state"] == "expired"


async def test_the_channel_events_say_whether_they_talked(database: Database, dsn: str) -> None:
    async def told() -> tuple[bool, bool]:
        row = await database.fetch_row("waiting.events", "node1", "c.1")
        assert row is not None
        return row["talked"], row["over"]

    assert await told() == (False, False)
    for event, expected in (("BRIDGE_ENTER", (True, False)), ("CHAN_END", (True, True))):
        await sql(dsn, CHANNEL_EVENT, event)
        assert await told() == expected


async def test_emergencies(ccore: Run, dsn: str) -> None:
    assert await ccore("queues", "list") == (0, ["no queue is closed"])
    assert (await ccore("queues", "close", "nobody", "--prompt=storm"))[0] == 2
    assert (await ccore("queues", "close", "sales", "--prompt=no-such"))[0] == 2
    assert (await ccore("queues", "close", "sales", "--prompt=storm", "--until=2027-12-01T15:00"))[0] == 0
    assert (await ccore("queues", "close", "all", "--prompt=storm", "--waiting"))[0] == 0
    _, (first, second) = await ccore("queues", "list")
    assert first.startswith("sales  storm  until 2027-12-01 15:00, by ")
    assert second.startswith("all  storm  until opened, who wait too, by ")
    assert (await ccore("queues", "open", "sales"))[0] == 0
    assert (await ccore("queues", "open", "sales"))[0] == 1
    noted = await sql(dsn, "SELECT action, subject FROM audit ORDER BY audit_id")
    assert [tuple(row) for row in noted] == [
        ("queue-closed", "queue:sales"),
        ("queue-closed", "queue:all"),
        ("queue-opened", "queue:sales"),
    ]


async def test_numbers_not_to_call(ccore: Run, tmp_path: Path) -> None:
    assert await ccore("donotcall", "add", "13812345678", "--reason=asked us") == (0, ["1 of 1 numbers are new"])
    (tmp_path / "list.csv").write_text("number,name\n02088886666,Li\n13812345678,Wang\n", encoding="utf-8")
    assert await ccore("donotcall", "import", str(tmp_path / "list.csv")) == (0, ["1 of 2 numbers are new"])
    _, lines = await ccore("donotcall", "list")
    assert [line.split()[0] for line in lines] == [NUMBER, "+862088886666"]
    assert (await ccore("donotcall", "remove", "02088886666"))[0] == 0
    assert (await ccore("donotcall", "remove", "02088886666"))[0] == 1
    (tmp_path / "list.csv").write_text("13812345678\nnobody\n", encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"list\.csv:2 DNC"):
        await ccore("donotcall", "import", str(tmp_path / "list.csv"))
    with pytest.raises(NotDone, match="no telephone number"):
        await ccore("donotcall", "add", "nobody")


async def test_call_backs_are_listed_and_cancelled(
    ccore: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    await call_backs(database).note("node1!1.1", NUMBER, PLACE)
    _, (line,) = await ccore("callbacks", "list", "--queue=sales")
    number, *rest = line.split()
    assert rest == ["2026-11-01", "10:00", "sales", NUMBER, "open"]
    assert await ccore("callbacks", "list", "--queue=other") == (0, ["nobody waits to be called back"])
    assert (await ccore("callbacks", "cancel", number))[0] == 0
    assert (await ccore("callbacks", "cancel", number))[0] == 1
    _, (line,) = await ccore("callbacks", "list", "--all")
    assert "cancelled, by " in line


async def test_over_http(whole: Api, dsn: str) -> None:  # noqa: F811 - the fixture
    async def ask(method: str, path: str, role: Role = Role.SUPERVISOR, content: str | None = None) -> tuple[int, Any]:
        said = None if content is None else content.encode()
        return await whole.ask(method, f"/api/v1/{path}", role, said, **{HEADER: uuid.uuid4().hex})

    async def asked(content: str) -> int:
        return (await ask("POST", "callbacks", Role.AGENT, content))[0]

    assert await asked('{"number": "13812345678", "queue": "service", "came_at": "2026-11-01T10:00:00+08:00"}') == 201
    assert await asked('{"number": "13812345678", "queue": "nobody"}') == 404
    assert await asked('{"number": "4008123456", "queue": "service"}') == 409
    _, said = await ask("GET", "callbacks?queue=service")
    (there,) = said["callbacks"]
    assert (there["number"], there["came_at"], there["noted_by"]) == (NUMBER, "2026-11-01T02:00:00Z", "a-agent")
    path = f"callbacks/{there['callback']}"
    assert [(await ask("DELETE", path, Role.AGENT))[0] for _ in range(2)] == [200, 409]

    closing = "queues/service/closing"
    assert (await ask("POST", closing, content='{"prompt": "no-such"}'))[0] == 400
    assert (await ask("POST", "queues/nobody/closing", content='{"prompt": "goodbye"}'))[0] == 404
    assert (await ask("POST", closing, content='{"prompt": "goodbye", "waiting": true}'))[0] == 201
    _, said = await ask("GET", "closings")
    assert [(each["queue"], each["prompt"], each["waiting"]) for each in said["closings"]] == [
        ("service", "goodbye", True)
    ]
    assert [(await ask("DELETE", closing))[0] for _ in range(2)] == [200, 409]
    noted = await sql(dsn, "SELECT action FROM audit WHERE actor LIKE 'a-%' ORDER BY audit_id")
    assert [row["action"] for row in noted] == ["call-back-cancelled", "queue-closed", "queue-opened"]
