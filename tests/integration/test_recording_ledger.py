"""The ledger of recordings in PostgreSQL: begun once, closed whatever was missed, no file or row without the other."""

import os
import stat
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ccore.ami.link import Link
from ccore.ami.wire import Message
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.centre.centre import load_centre
from ccore.centre.queue import Recording
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.recording import sweep as sweeping
from ccore.recording.ledger import Ledger
from ccore.recording.live import Live
from ccore.recording.pauses import Outcome, Pauses
from ccore.recording.search import Wanted, find
from ccore.recording.segmenting import Segmenting
from ccore.recording.sweep import Sweep
from tests.support.call_records import CHANNEL, KEY, NODE, call_records
from tests.support.postgres import fresh_database

ALWAYS = Recording(when="always", keep_days=30)
DEMAND = Recording(when="on-demand")
LONG_AGO = datetime(2026, 11, 22, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """A ledger, a folder of raw files, and what watches both; ``tracker`` knows no channel unless it is told of one."""

    database: Database
    folder: Path
    ledger: Ledger
    tracker: Tracker
    sweep: Sweep

    async def begin(self, queue: str = "sales", recording: Recording = ALWAYS, **said: Any) -> str:
        """A caller waits in a queue."""
        told = {"number": "13812345678", "at": LONG_AGO, "key": KEY, **said}
        return await self.ledger.begin(
            told["key"], NODE, queue, told["number"], "", "in", "", recording, told["at"], hotline="10086"
        )

    def write(self, stem: str, seconds: float, age_s: float = 5, form: str = "sln16") -> None:
        """The raw files, last written to so long ago."""
        for direction in ("rx", "tx"):
            path = self.folder / f"{stem}-{direction}.{form}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(bytes(int(seconds * 32_000)))
            os.utime(path, (time.time() - age_s,) * 2)

    def rings(self) -> None:
        """Asterisk tells of the channel."""
        self.tracker.heard(
            Message(
                "Event",
                "Newchannel",
                {
                    "uniqueid": CHANNEL,
                    "linkedid": CHANNEL,
                    "channel": "PJSIP/trunk-local-1",
                    "channelstatedesc": "Up",
                    "calleridnum": "13812345678",
                },
            ),
            datetime.now(UTC),
        )

    async def rows(self) -> list[dict[str, Any]]:
        """All recordings."""
        return [dict(row) for row in await find(self.database, Wanted(), 100)]


@pytest.fixture(scope="module")
async def dsn(postgres: EmbeddedPostgres, postgres_template: str) -> AsyncIterator[str]:
    """One database for all tests of this file: to make each a new one takes longer than the tests do."""
    async with fresh_database(postgres, postgres_template) as dsn:
        yield dsn


@pytest.fixture(scope="module")
async def database(dsn: str) -> AsyncIterator[Database]:
    """It is open."""
    async with Database.opened(dsn, Settings(acquire_timeout_s=30)) as database:
        yield database


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    """Of a node whose disk is empty, and of which nothing is known."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM recordings")
    await connection.execute("DELETE FROM cel")
    await connection.execute("DELETE FROM folded_calls")
    await connection.close()
    ledger = Ledger(database, frozenset({NODE}), lambda _node: False, "CN")
    tracker = Tracker(NODE)
    sweep = Sweep(database, NODE, tmp_path, tracker, ledger, lambda: True, stray_after_s=0)
    return Desk(database, tmp_path, ledger, tracker, sweep)


async def test_the_row_stands_before_the_file_and_once(desk: Desk) -> None:
    stem = await desk.begin()
    assert stem == f"20261122/{CHANNEL}_1"
    assert await desk.begin() == stem, "asked again with the next turn in the line"
    (row,) = await desk.rows()
    assert (row["state"], row["number"], row["hotline"], row["kind"]) == (
        "expected",
        "+8613812345678",
        "10086",
        "always",
    )
    other = await desk.begin("help", DEMAND)
    assert other == f"20261122/{CHANNEL}_2", "another queue has a recording of its own"
    assert await desk.begin("private", Recording(when="never")) == ""


@pytest.mark.parametrize(
    ("number", "kept"),
    [("13812345678", "+8613812345678"), ("+85291234567", "+85291234567"), ("2001", "2001"), ("withheld", "")],
)
async def test_numbers_are_kept_as_they_are_looked_for(desk: Desk, number: str, kept: str) -> None:
    await desk.begin(number=number)
    (row,) = await desk.rows()
    assert row["number"] == kept == desk.ledger.number(number)


async def test_without_postgresql_the_call_is_recorded_and_its_file_adopted(desk: Desk) -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none", Settings())
    ledger = Ledger(away, frozenset({NODE}), lambda _node: False, "CN")
    stem = await replace(desk, ledger=ledger).begin()
    assert stem == f"20261122/{CHANNEL}_0"
    desk.write(stem, 3)
    await desk.sweep.look()
    assert await desk.rows() == [], "nobody knows the call yet"
    assert "are of no call" in next(desk.sweep.warnings())
    desk.rings()
    await again(desk.sweep)
    (row,) = await desk.rows()
    assert (row["adopted"], row["state"], row["number"]) == (True, "recording", "+8613812345678")
    assert list(desk.sweep.warnings()) == []


async def test_a_row_that_was_written_too_late_for_asterisk_gets_the_files_after_all(desk: Desk) -> None:
    await desk.begin("help", DEMAND)
    desk.write(f"20261122/{CHANNEL}_0", 3)
    await desk.sweep.look()
    (row,) = await desk.rows()
    assert (row["stem"], row["queue"], row["kind"]) == (f"20261122/{CHANNEL}_0", "help", "on-demand")


async def test_a_nearly_full_disk_is_written_down_unless_the_call_must_be_recorded(desk: Desk, tmp_path: Path) -> None:
    ledger = Ledger(desk.database, frozenset({NODE}), lambda _node: True, "CN")
    full = replace(desk, ledger=ledger)
    assert await full.begin() == ""
    assert await full.begin() == ""
    (row,) = await desk.rows()
    assert (row["state"], row["trouble"]) == ("failed", "the disk is nearly full")
    (tmp_path / "recording.toml").write_text('[[rules]]\nhotline = "10086"\nwhen = "always"\nrequired = true\n')
    ledger.use(load_centre(tmp_path))
    assert await full.begin("claims", Recording()) != ""


async def test_folders_are_made_that_ccore_may_empty(desk: Desk) -> None:
    await desk.sweep.look()
    assert list(desk.folder.iterdir()) == [], "a folder that gives no group is somebody else's to arrange"
    desk.folder.chmod(0o2770)
    (desk.folder / "20250101").mkdir()
    await again(desk.sweep)
    folders = sorted(desk.folder.iterdir())
    now = datetime.now(UTC)
    assert [path.name for path in folders] == [f"{day:%Y%m%d}" for day in (now, now + timedelta(days=1))]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o2770}


async def test_an_end_nobody_told_is_found(desk: Desk) -> None:
    stem = await desk.begin()
    desk.write(stem, 3)
    await desk.sweep.look()
    assert [row["state"] for row in await desk.rows()] == ["recording"], "it might still grow"
    await desk.sweep.look()
    (row,) = await desk.rows()
    assert (row["state"], row["milliseconds"], row["trouble"]) == ("finished", 3000, "")
    assert row["ended_at"] - row["started_at"] == timedelta(seconds=3)


async def test_a_file_that_is_written_to_is_not_finished(desk: Desk) -> None:
    stem = await desk.begin()
    for seconds in (1, 2, 3):
        desk.write(stem, seconds, age_s=0)
        await desk.sweep.look()
    assert [row["state"] for row in await desk.rows()] == ["recording"]


async def test_nothing_is_finished_while_the_channel_lives_or_asterisk_is_away(desk: Desk, database: Database) -> None:
    stem = await desk.begin()
    desk.write(stem, 3)
    unsure = Sweep(database, NODE, desk.folder, desk.tracker, desk.ledger, lambda: False)
    for _ in range(3):
        await unsure.look()
    desk.rings()
    for _ in range(3):
        await desk.sweep.look()
    assert [row["state"] for row in await desk.rows()] == ["recording"]


async def test_a_recording_without_a_file_is_told_while_its_call_goes_on(desk: Desk) -> None:
    await desk.begin()
    desk.rings()
    await desk.sweep.look()
    assert "should be recorded and are not" in next(desk.sweep.warnings())
    assert [row["state"] for row in await desk.rows()] == ["expected"]


@pytest.mark.parametrize(
    ("begun", "state", "trouble"),
    [(True, "failed", "there is no file"), (False, "discarded", "the call ended before")],
)
async def test_a_row_without_a_file_is_closed_by_what_the_call_records_say(
    desk: Desk, dsn: str, *, begun: bool, state: str, trouble: str
) -> None:
    stem = await desk.begin(at=datetime.now(UTC) - timedelta(seconds=60))
    await desk.sweep.look()
    assert [row["state"] for row in await desk.rows()] == ["expected"], "the call may not have been told whole"
    await call_records(dsn, [("CCORE_RECORD", f'{{"extra":"{stem}"}}')] if begun else [], LONG_AGO)
    await desk.sweep.look()
    assert [(row["state"], row["trouble"]) for row in await desk.rows()] == [(state, trouble)]


async def test_sound_that_nobody_asked_for_is_discarded(desk: Desk) -> None:
    stem = await desk.begin("help", DEMAND)
    desk.write(stem, 3)
    await desk.sweep.look()
    await desk.sweep.look()
    assert [(row["state"], row["trouble"]) for row in await desk.rows()] == [("discarded", "nobody asked for it")]


async def test_files_without_sound_are_failures_unless_the_call_was_over_at_once(desk: Desk) -> None:
    stem = await desk.begin(at=datetime.now(UTC) - timedelta(seconds=60))
    desk.write(stem, 0)
    began = datetime.now(UTC) - timedelta(seconds=30)
    short = await desk.begin(key=f"{NODE}!node1-1795367413.8", at=began)
    desk.write(short, 0, age_s=(datetime.now(UTC) - began).total_seconds() - 1)  # a second after it began
    for _ in range(2):
        await desk.sweep.look()
    assert [(row["state"], row["trouble"]) for row in await desk.rows()] == [
        ("discarded", "too short"),
        ("failed", "there is no sound"),
    ]


async def test_a_file_of_a_call_that_is_in_the_records_gets_its_row(desk: Desk, dsn: str) -> None:
    stem = f"20261122/{CHANNEL}_3"
    desk.write(stem, 4)
    (desk.folder / "20261122/notes.txt").write_text("left here by somebody")
    await call_records(dsn, [("CCORE_QUEUE", '{"extra":"entered sales-en sales en - 0 1"}')], LONG_AGO)
    await desk.sweep.look()
    await desk.sweep.look()
    (row,) = await desk.rows()
    assert (row["queue"], row["hotline"], row["number"], row["adopted"]) == ("sales", "10086", "+8613812345678", True)
    assert (row["state"], row["milliseconds"]) == ("finished", 4000)
    assert "20261122/notes.txt" in next(desk.sweep.warnings())


async def test_segments_are_made_again_from_the_call_records(desk: Desk, dsn: str) -> None:
    stem = await desk.begin()
    desk.write(stem, 10)
    await desk.sweep.look()
    await desk.sweep.look()
    began = (await desk.rows())[0]["started_at"]
    await call_records(
        dsn,
        [
            (
                "BRIDGE_ENTER",
                '{"bridge_id":"b","bridge_technology":"simple_bridge"}',
                "PJSIP/phone-2001-00000001",
                "n.1",
                1,
            ),
            ("BRIDGE_ENTER", '{"bridge_id":"b","bridge_technology":"simple_bridge"}', "PJSIP/trunk-1", CHANNEL, 2),
            ("BRIDGE_EXIT", '{"bridge_id":"b","bridge_technology":"simple_bridge"}', "PJSIP/trunk-1", CHANNEL, 6),
        ],
        began,
    )
    await Segmenting(desk.database, NODE).look()
    rows = await find(desk.database, Wanted(agent="", least_ms=3900), 10)
    assert [row["agents"] for row in rows] == [[""]], "nobody sat there"
    assert await find(desk.database, Wanted(least_ms=4100), 10) == []


async def test_a_recording_is_found_by_all_that_is_known_of_it(desk: Desk) -> None:
    stem = await desk.begin()
    desk.write(stem, 2)
    for _ in range(2):
        await desk.sweep.look()
    await desk.begin(
        "help", DEMAND, key=f"{NODE}!node1-1795367413.9", number="13900000000", at=LONG_AGO + timedelta(hours=1)
    )
    good: list[Wanted] = [
        Wanted(queue="sales"),
        Wanted(number="+8613812345678"),
        Wanted(hotline="10086", state="finished"),
        Wanted(call=KEY),
        Wanted(call=CHANNEL),
        Wanted(until=LONG_AGO + timedelta(minutes=1)),
        Wanted(direction="in", queue="sales", node=NODE),
    ]
    for wanted in good:
        assert [row["queue"] for row in await find(desk.database, wanted, 10)] == ["sales"], wanted
    bad = [
        Wanted(queue="other"),
        Wanted(since=LONG_AGO + timedelta(days=1)),
        Wanted(campaign="x"),
        Wanted(agent="1001"),
    ]
    for wanted in bad:
        assert await find(desk.database, wanted, 10) == [], wanted
    (newest,) = await find(desk.database, Wanted(), 1)
    (next_page,) = await find(desk.database, Wanted(), 1, newest["recording_id"])
    assert (newest["queue"], next_page["queue"]) == ("help", "sales")


@pytest.mark.parametrize(
    ("rules", "begins", "with_agent", "afterwards"),
    [
        ('queue = "sales"\nwhen = "always"\n[[rules]]\nagent = "1001"\nwhen = "never"', [], ["agent"], []),
        ('agent = "1001"\nwhen = "always"', ["on-demand"], [], []),
        ('agent = "1009"\nwhen = "always"', ["on-demand"], ["on-demand", "agent"], ["on-demand"]),
    ],
)
async def test_an_agents_own_rule_holds_while_they_talk(
    desk: Desk, tmp_path: Path, rules: str, begins: list[str], with_agent: list[str], afterwards: list[str]
) -> None:
    (tmp_path / "recording.toml").write_text(f"[[rules]]\n{rules}\n", encoding="utf-8")
    desk.ledger.use(load_centre(tmp_path))
    links = {NODE: Link(NODE, "127.0.0.1", 9, "", "")}  # Asterisk cannot be told, and would be as soon as it is back
    live = Live(desk.database, desk.tracker, NODE, desk.ledger, Pauses(desk.database, links, {NODE: desk.tracker}, 300))
    await desk.begin(recording=Recording())
    assert await silent_for(desk) == begins

    async def told(kind: Kind, **details: Any) -> None:
        with suppress(Unavailable):
            await live.heard(Fact(NODE, 1, 1, datetime.now(UTC), kind, CHANNEL, CHANNEL, **details))

    await told(Kind.RECORDING_STARTED)
    await told(Kind.CONNECTED, peer="node1-1795367413.8", queue="sales", member="1001")
    assert await silent_for(desk) == with_agent
    assert [row["agents"] for row in await desk.rows()] == [["1001"]]
    await told(Kind.DISCONNECTED, peer="node1-1795367413.8")
    assert await silent_for(desk) == afterwards


async def silent_for(desk: Desk) -> list[str]:
    """Why the only recording is silent now."""
    (row,) = await desk.rows()
    reasons = ("payment", "on-demand", "agent")
    return [why for why in reasons if await desk.database.fetch_value("recording.paused", row["recording_id"], why)]


async def test_pauses_of_calls_that_are_not_recorded_are_refused(desk: Desk) -> None:
    pauses = Pauses(desk.database, {}, {NODE: desk.tracker}, 300)
    assert await pauses.pause(CHANNEL, "abel") is Outcome.NOT_RECORDED
    await desk.begin()
    assert await pauses.resume(CHANNEL, "abel") is Outcome.NOT_PAUSED
    assert await pauses.start(CHANNEL, "abel") is Outcome.NOT_ASKED_FOR


async def again(sweep: Sweep) -> None:
    """Look, for files without a row too."""
    sweep._looked_for_strays = -sweeping.STRAYS_EVERY_S
    await sweep.look()
