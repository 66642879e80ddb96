"""Announcements in the database are known to every ccore within a second, and their sounds lie on every node."""

import asyncio
import os
import stat
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ccore.clock import utc_now
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ivr import announcements as module
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.ivr.announcers import Announcers
from ccore.ivr.model import Announcing, Found, Value
from ccore.ivr.recorded import INSIDE
from ccore.prompts.chain import alaw
from ccore.prompts.kinds import Kind
from tests.support.postgres import frozen
from tests.support.waiting import until
from tests.unit.test_announcing import tone

HEARD_WITHIN_S = 2.0
SOUND, OTHER = alaw(tone(3000, 1.0)), alaw(tone(5000, 1.0))
HOUR = timedelta(hours=1)


def wanted(node: str = "main", audio: bytes = SOUND, **changes: object) -> Wanted:
    given = {"said": {"": Said("故障", audio)}, "source": "upload", "by": "anna", "lasts": HOUR, **changes}
    return Wanted(node, **given)  # type: ignore[arg-type]


def nodes(tmp_path: Path, *names: str) -> dict[str, Path | None]:
    """The ``heard/`` of nodes, made as they are for an Asterisk."""
    for name in names:
        (tmp_path / name / "heard").mkdir(parents=True)
    return {name: tmp_path / name / "heard" for name in names}


@pytest.fixture(autouse=True)
def slow_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's may be; those of one test hang."""
    monkeypatch.setattr(module, "LAID_WITHIN_S", 30.0)


@asynccontextmanager
async def running(announcements: Announcements) -> AsyncIterator[None]:
    task = asyncio.create_task(announcements.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_a_change_is_known_to_every_ccore_in_time_and_lies_on_every_node(
    database: Database, tmp_path: Path
) -> None:
    assert module.LOOK_EVERY_S < HEARD_WITHIN_S / 2, "a caller's own step takes up to one second"
    folders = nodes(tmp_path, "node1", "node2")
    here, there = Announcements(database, folders), Announcements(database, folders)
    async with running(here), running(there):
        number = await here.add(wanted(divert="fault"))
        assert number is not None
        for ccore in (here, there):
            await until(lambda ccore=ccore: "main" in ccore.now(utc_now()), 20)
        found = there.now(utc_now())["main"]
        assert (found.text, found.divert) == ("故障", "fault")
        for folder in folders.values():
            assert folder is not None
            file = folder / "announcements" / f"{found.sound.rpartition('/')[2]}.alaw"
            assert file.read_bytes() == SOUND
            assert stat.S_IMODE(file.stat().st_mode) == 0o640
        await there.end(number, "anna")
        for ccore in (here, there):
            await until(lambda ccore=ccore: not ccore.now(utc_now()), 20)
    assert not list(tmp_path.rglob(".*"))


async def test_it_begins_and_ends_by_the_clock_also_while_the_database_is_away(
    postgres: EmbeddedPostgres, database: Database, tmp_path: Path
) -> None:
    ours = Announcements(database, nodes(tmp_path, "node1"))
    await ours.add(wanted(starts_at=utc_now() + HOUR, ends_at=utc_now() + 2 * HOUR))
    await ours.refresh()
    assert [len(ours.now(utc_now() + hours * HOUR)) for hours in (0, 1.01, 1.99, 2.01)] == [0, 1, 1, 0]
    assert ours.health() == {"playing": 0, "waiting": 1}
    with frozen(postgres):
        async with running(ours):
            await asyncio.sleep(2 * module.LOOK_EVERY_S)
            assert [len(ours.now(utc_now() + hours * HOUR)) for hours in (1.01, 2.01)] == [1, 0]


async def test_a_clock_that_is_wrong_does_not_move_an_announcement(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Announcements(database, nodes(tmp_path, "node1"))
    await ours.add(wanted())
    monkeypatch.setattr(module, "utc_now", lambda: utc_now() - 3 * HOUR)
    await ours.refresh()
    assert "main" in ours.now(utc_now() - 3 * HOUR), "it has begun, whatever this machine believes"
    assert not ours.now(utc_now() - 1.9 * HOUR), "and is over an hour later"


async def test_files_that_vanish_come_back_and_those_of_the_past_go(database: Database, tmp_path: Path) -> None:
    folders = nodes(tmp_path, "node1")
    ours = Announcements(database, folders)
    await ours.add(wanted(said={"zh": Said("故障", SOUND), "en": Said("a fault", OTHER)}))
    await ours.refresh()
    folder = tmp_path / "node1/heard/announcements"
    (name,) = {path.name for path in folder.rglob("*.alaw")}
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.alaw")} == {
        f"zh/{name}": SOUND,
        f"en/{name}": OTHER,
        name: OTHER,
    }
    (folder / name).unlink()
    (folder / "zh" / name).write_bytes(b"cut off")
    past, fresh = folder / "0123.alaw", folder / "4567.alaw"
    for path in (past, fresh):
        path.write_bytes(SOUND)
    os.utime(past, (0, time.time() - 2 * module.KEPT.total_seconds()))
    again = Announcements(database, folders)  # a ccore that was started again
    await again.refresh()
    assert (folder / name).read_bytes() == OTHER
    assert (folder / "zh" / name).read_bytes() == SOUND
    assert not past.exists()
    assert fresh.exists(), "another ccore may just have put it there"


async def test_a_node_whose_disk_is_away_is_told_and_keeps_nobody_else_waiting(
    database: Database, tmp_path: Path
) -> None:
    folders = {"gone": tmp_path / "no/heard", **nodes(tmp_path, "node1"), "mute": None}
    ours = Announcements(database, folders)
    await ours.refresh()
    assert list(ours.warnings()) == []
    await ours.add(wanted())
    await ours.refresh()
    assert "main" in ours.now(utc_now())
    assert list((tmp_path / "node1/heard/announcements").glob("*.alaw"))
    gone, mute = ours.warnings()
    assert "gone" in gone
    assert "nodes.NAME.heard_dir is not set" in mute
    (tmp_path / "no/heard").mkdir(parents=True)
    await Announcements(database, folders).refresh()
    assert list((tmp_path / "no/heard/announcements").glob("*.alaw"))


async def test_a_disk_that_hangs_keeps_nobody_else_waiting(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, answers, lay = nodes(tmp_path, "node1", "hangs"), threading.Event(), module._lay

    def hanging(folder: Path, files: Mapping[str, bytes]) -> None:
        if folder.parent.parent.name == "hangs":
            answers.wait(60)
        lay(folder, files)

    monkeypatch.setattr(module, "_lay", hanging)
    monkeypatch.setattr(module, "LAID_WITHIN_S", 0.5)
    monkeypatch.setattr(module, "RETRY_S", 0.2)
    ours = Announcements(database, folders)
    try:
        async with running(ours):
            for node in ("main", "other"):
                await ours.add(wanted(node, audio=SOUND if node == "main" else OTHER))
                await until(lambda node=node: node in ours.now(utc_now()), 20)
            await until(lambda: len(list((tmp_path / "node1").rglob("*.alaw"))) == 2, 20)

            def warned() -> list[bool]:
                return ["hangs" in warning and "the disk does not answer" in warning for warning in ours.warnings()]

            await until(lambda: warned() == [True], 15)  # of a slow machine the other disk may be late as well
            answers.set()
            await until(lambda: not list(ours.warnings()), 20)
            assert len(list((tmp_path / "hangs").rglob("*.alaw"))) == 2
    finally:
        answers.set()


async def test_what_was_asked_for_twice_is_made_once_and_what_makes_no_sense_is_refused(database: Database) -> None:
    ours = Announcements(database, {})
    first = await ours.add(wanted(request="node1!1.1/a"))
    assert first is not None
    assert await ours.add(wanted(request="node1!1.1/a")) is None
    for nonsense in (
        wanted(starts_at=utc_now(), ends_at=utc_now() - HOUR),
        wanted(lasts=timedelta()),
        wanted(audio=b""),
        wanted(audio=bytes(2_400_001)),
    ):
        with pytest.raises(ValueError, match="before it begins, or is longer"):
            await ours.add(nonsense)
    assert await ours.end(first, "anna")
    assert not await ours.end(first, "anna")
    assert [row["announcement_id"] for row in await ours.listed(utc_now() - HOUR)] == [first]


# ---- by phone -------------------------------------------------------------------------------------------------------

PIN = "482915"
CALL = "node1!node1-1795330799.12"
CALLER = "+8613812345678"


@pytest.fixture
async def announcers(database: Database, tmp_path: Path) -> Announcers:
    (tmp_path / "recorded").mkdir()
    made = Announcers(database, Announcements(database, {}), {"node1": tmp_path / "recorded"})
    await made.set_pin("1001", "Anna", PIN, "admin")
    return made


def step(name: str, at: str = "", **values: str) -> Announcing:
    return Announcing(name, at, "", {key: Value(Kind.DIGITS, text) for key, text in values.items()})


def recorded(
    tmp_path: Path, audio: bytes = SOUND, epoch: int = 1795330800, uniqueid: str = "node1-1795330799.12"
) -> str:
    name = f"announcement_{CALLER}_{epoch}_{uniqueid}"
    (tmp_path / "recorded" / f"{name}.alaw").write_bytes(audio)
    return name


REFUSED = Found(None)


async def test_an_announcement_is_made_and_ended_by_phone(
    announcers: Announcers, database: Database, tmp_path: Path
) -> None:
    signed_in = await announcers.step(CALL, CALLER, step("sign-in", employee="1001", pin=PIN))
    assert signed_in == Found({"pin": Value(Kind.DIGITS, "", secret=True)}), "the PIN goes no further with the call"
    assert await announcers.step(CALL, CALLER, step("recorded")) == REFUSED
    recorded(tmp_path, OTHER, uniqueid="node1-1795330799.13")  # another call's
    recorded(tmp_path, OTHER)
    newest = recorded(tmp_path, epoch=1795330860)
    found = await announcers.step(CALL, CALLER, step("recorded"))
    assert found == Found({"recording": Value(Kind.SOUND, f"{INSIDE}/{newest}")})
    for hours in ("", "0", "169", "２"):
        assert await announcers.step(CALL, CALLER, step("mount", "main", hours=hours)) == REFUSED
    for _ in range(2):  # Asterisk may ask another ccore the same again
        assert await announcers.step(CALL, CALLER, step("mount", "main", hours="2")) == Found({})
    ours = Announcements(database, nodes(tmp_path, "heard"))
    await ours.refresh()
    assert set(ours.now(utc_now() + 1.9 * HOUR)) == {"main"}
    assert not ours.now(utc_now() + 2.1 * HOUR)
    assert [(row["source"], row["made_by"]) for row in await ours.listed(utc_now())] == [("phone", "announcer 1001")]
    assert await announcers.step(CALL, CALLER, step("end", "other")) == REFUSED
    assert await announcers.step(CALL, CALLER, step("end", "main")) == Found({})
    assert await announcers.step(CALL, CALLER, step("end", "main")) == REFUSED


async def test_nothing_works_without_signing_in_in_this_call(announcers: Announcers, tmp_path: Path) -> None:
    recorded(tmp_path)
    assert await announcers.step("node1!9.9", CALLER, step("sign-in", employee="1001", pin=PIN)) != REFUSED
    for name in ("recorded", "mount", "end"):
        assert await announcers.step(CALL, CALLER, step(name, "main", employee="1001", pin=PIN, hours="2")) == REFUSED


async def test_a_right_that_was_taken_away_ends_at_once(announcers: Announcers, tmp_path: Path) -> None:
    recorded(tmp_path)
    assert await announcers.step(CALL, CALLER, step("sign-in", employee="1001", pin=PIN)) != REFUSED
    assert await announcers.remove("1001", "admin")
    assert not await announcers.remove("1001", "admin")
    assert await announcers.step(CALL, CALLER, step("mount", "main", hours="2")) == REFUSED
    assert await announcers.step(CALL, CALLER, step("sign-in", employee="1001", pin=PIN)) == REFUSED


@pytest.mark.parametrize("same", ["employee", "caller"])
async def test_after_five_wrong_tries_the_right_pin_helps_nobody(announcers: Announcers, same: str) -> None:
    for number in range(5):
        employee, caller = ("1001", f"+861380000000{number}") if same == "employee" else (f"200{number}", CALLER)
        wrong = step("sign-in", employee=employee, pin="111222")
        assert await announcers.step(f"node1!{number}.1", caller, wrong) == REFUSED
    right = step("sign-in", employee="1001", pin=PIN)
    assert await announcers.step("node1!8.8", CALLER, right) == REFUSED
    if same == "caller":
        assert await announcers.step("node1!9.9", "+8613800000009", right) != REFUSED, "others may go on"


async def test_tries_at_the_same_time_are_counted_as_well(announcers: Announcers) -> None:
    guesses = [f"{n:06}" for n in range(700000, 700019)] + [PIN]
    tried = [
        announcers.step(f"node1!{number}.1", CALLER, step("sign-in", employee="1001", pin=pin))
        for number, pin in enumerate(guesses)
    ]
    outcomes = await asyncio.gather(*tried[:-1])
    assert {outcome == REFUSED for outcome in outcomes} == {True}
    assert await tried[-1] == REFUSED


async def test_a_weak_pin_is_not_taken(announcers: Announcers) -> None:
    for pin in ("", "12345", "1234567890123", "111111", "123456", "654321", "48291a", "４８２９１５"):
        with pytest.raises(ValueError, match=r"a PIN has|guessed first"):
            await announcers.set_pin("1002", "Bo", pin, "admin")


async def test_no_pin_can_be_read_in_the_database(announcers: Announcers, database: Database) -> None:
    row = await database.fetch_row("announcements.pin", "1001", CALLER, HOUR)
    assert row is not None
    assert PIN.encode() not in row["pin_hash"] + row["pin_salt"]
    assert len(row["pin_hash"]) == 64
