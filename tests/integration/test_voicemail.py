"""What callers recorded comes into PostgreSQL whole, once, and leaves the node's disk only afterwards."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ivr.recorded import is_saying, read_name, saying
from ccore.ivr.voicemail import UNHEARD_S, UNUSED_S, Voicemails, Waiting
from tests.support.postgres import frozen
from tests.support.shop import sql
from tests.support.waiting import until

KEEP = timedelta(days=90)
SETTLED_S = 0.1
AUDIO = bytes(range(256)) * 32  # 1.024 s


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recorded").mkdir()
    return tmp_path / "recorded"


def leave(folder: Path, number: int = 1, box: str = "service", audio: bytes = AUDIO) -> Path:
    path = folder / f"{box}_+8613812345678_{1795330800 + number}_node1-1795330799.{number}.alaw"
    path.write_bytes(audio)
    return path


async def look_twice(voicemails: Voicemails) -> None:
    """A file has to be seen unchanged for a while."""
    await voicemails.look("node1")
    await asyncio.sleep(1.5 * SETTLED_S)
    await voicemails.look("node1")


async def test_a_recording_is_taken_in_once_it_has_settled(database: Database, folder: Path) -> None:
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    path = leave(folder)
    await voicemails.look("node1")
    assert path.exists(), "it may still be written"
    assert voicemails.waiting["node1"] == Waiting(files=1)
    await asyncio.sleep(1.5 * SETTLED_S)
    await voicemails.look("node1")
    assert not path.exists()
    (row,) = await database.fetch("notes.voicemails", None, False)
    assert (row["box"], row["caller"], row["node"], row["milliseconds"], row["state"]) == (
        "service", "+8613812345678", "node1", 1024, "new",
    )  # fmt: skip
    assert row["recorded_at"] == datetime(2026, 11, 22, 7, 0, 1, tzinfo=UTC)
    assert await database.fetch_value("notes.export_voicemail", row["voicemail_id"], "anna") == AUDIO
    assert await database.fetch("notes.voicemails", None, False) == []
    assert len(await database.fetch("notes.voicemails", "service", True)) == 1
    assert await database.fetch("notes.voicemails", "sales", True) == []


async def test_what_is_read_again_after_a_crash_is_the_same_voicemail(database: Database, folder: Path) -> None:
    for _ in range(2):
        leave(folder)
        await look_twice(Voicemails(database, {"node1": folder}, KEEP, SETTLED_S))
    leave(folder, audio=AUDIO * 2)  # it had not been whole
    await look_twice(Voicemails(database, {"node1": folder}, KEEP, SETTLED_S))
    leave(folder, audio=AUDIO)
    await look_twice(Voicemails(database, {"node1": folder}, KEEP, SETTLED_S))
    (row,) = await database.fetch("notes.voicemails", None, True)
    assert row["milliseconds"] == 2048
    assert list(folder.iterdir()) == []


async def test_a_file_that_still_grows_is_left_alone(database: Database, folder: Path) -> None:
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    path = leave(folder)
    for _ in range(6):
        await voicemails.look("node1")
        with path.open("ab") as file:
            file.write(AUDIO)
        await asyncio.sleep(SETTLED_S / 2)
    assert path.exists()
    assert await database.fetch("notes.voicemails", None, True) == []


async def test_a_breath_is_no_voicemail_and_a_strange_file_is_reported(database: Database, folder: Path) -> None:
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    breath, strange = leave(folder, audio=AUDIO[:800]), folder / "core.1234"
    strange.write_bytes(b"?")
    await look_twice(voicemails)
    assert not breath.exists()
    assert strange.exists(), "nobody knows whose it is"
    assert voicemails.waiting["node1"].unknown == 1
    assert await database.fetch("notes.voicemails", None, True) == []


async def test_a_recording_for_an_announcement_is_no_voicemail_and_goes_when_nobody_used_it(
    database: Database, folder: Path
) -> None:
    new, old = leave(folder, 1, "announcement"), leave(folder, 2, "announcement")
    os.utime(old, (0, time.time() - UNUSED_S - 60))
    await look_twice(Voicemails(database, {"node1": folder}, KEEP, SETTLED_S))
    assert new.exists()
    assert not old.exists()
    assert await database.fetch("notes.voicemails", None, True) == []


async def test_it_stays_on_the_nodes_disk_while_postgresql_is_away(
    postgres: EmbeddedPostgres, dsn: str, folder: Path
) -> None:
    database = Database(dsn, Settings(command_timeout_s=1))
    await database.open()
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    path = leave(folder)
    try:
        with frozen(postgres):
            await look_twice(voicemails)
            assert path.exists()

        async def taken_in() -> bool:
            await voicemails.look("node1")
            return not path.exists()

        await until(taken_in)
        assert len(await sql(dsn, "SELECT FROM voicemails")) == 1
    finally:
        await database.close()


async def test_old_voicemails_are_deleted_and_the_audit_says_so(database: Database, folder: Path) -> None:
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    leave(folder)
    old = folder / f"service_withheld_{1000000000}_node1-1.1.alaw"
    old.write_bytes(AUDIO)
    await look_twice(voicemails)
    assert len(await database.fetch("notes.voicemails", None, True)) == 2
    forgetting = asyncio.create_task(voicemails.forget())

    async def one_left() -> bool:
        return len(await database.fetch("notes.voicemails", None, True)) == 1

    await until(one_left)
    forgetting.cancel()
    await asyncio.wait((forgetting,))


async def test_one_that_cannot_be_taken_in_keeps_no_other_waiting(database: Database, folder: Path) -> None:
    (folder / "service_withheld_1795330800_1.1.alaw").symlink_to(folder / "loop")
    (folder / "service_withheld_1795330801_1.2.alaw").mkdir()
    path = leave(folder)
    await look_twice(Voicemails(database, {"node1": folder}, KEEP, SETTLED_S))
    assert not path.exists()


async def test_what_was_said_in_a_menu_is_no_voicemail_and_never_stays(database: Database, folder: Path) -> None:
    voicemails = Voicemails(database, {"node1": folder}, KEEP, SETTLED_S)
    fresh, old = (folder / saying(f"node1-1795330799.{number}", 7) for number in range(2))
    assert is_saying(fresh.name)
    assert read_name("node1", fresh.name) is None
    assert not is_saying(leave(folder, audio=b"").name)
    for path in (fresh, old):
        path.write_bytes(AUDIO)
    os.utime(old, (time.time() - UNHEARD_S - 1,) * 2)
    await look_twice(voicemails)
    assert (fresh.exists(), old.exists()) == (True, False)
    assert voicemails.waiting["node1"].unknown == 0
    assert await database.fetch("notes.voicemails", None, False) == []
