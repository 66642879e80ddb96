"""Finished recordings are stored whole, once and encrypted, whatever dies meanwhile; and they are erased with proof."""

import asyncio
import base64
import io
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import numpy as np
import pytest
import soundfile

from ccore.db.pool import Database
from ccore.recording.archive import Archive
from ccore.recording.envelope import NotAsStored
from ccore.recording.erasing import Erased
from ccore.recording.storage import StorageFailed
from tests.support import recordings
from tests.support.recordings import (
    KEYS,
    LEFT_HZ,
    NODE,
    RIGHT_HZ,
    archive,
    finished,
    heard,
    loudest_hz,
    s3_server,
    value,
)
from tests.support.waiting import until

BUCKET = "recordings"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server(BUCKET) as endpoint:
        yield endpoint


@pytest.fixture(params=["local", "s3"])
async def kept(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[Archive]:
    place = {"storage": "s3", "endpoint": request.getfixturevalue("s3"), "bucket": BUCKET}
    made = archive(database, tmp_path, **(place if request.param == "s3" else {}))
    async with made.open():
        yield made


@pytest.fixture
async def local(database: Database, tmp_path: Path) -> AsyncIterator[Archive]:
    made = archive(database, tmp_path)
    async with made.open():
        yield made


async def state(dsn: str, number: int) -> object:
    return await value(dsn, "SELECT state FROM recordings WHERE recording_id = $1", number)


def objects(directory: Path) -> list[Path]:
    return [path for path in (directory / "var/recordings").rglob("*") if path.is_file()]


async def test_a_finished_recording_is_stored_whole_and_only_then_leaves_the_node(
    kept: Archive, dsn: str, tmp_path: Path
) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 5.0)
    assert await kept.store.look(NODE)
    assert not await kept.store.look(NODE)
    assert await state(dsn, raw.number) == "stored"
    content = await heard(kept, raw.number)
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == recordings.RATE
    assert np.array_equal(samples[:, 0], raw.left), "FLAC loses nothing, and nothing is louder or softer"
    assert np.array_equal(samples[:, 1], raw.right)
    assert (loudest_hz(samples[:, 0]), loudest_hz(samples[:, 1])) == (LEFT_HZ, RIGHT_HZ)
    for start, stop in ((0, 1), (65530, 65540), (len(content) - 7, len(content))):
        assert await heard(kept, raw.number, start, stop) == content[start:stop]
    (row,) = await kept.erasing.stored(0)
    assert await kept.erasing.fault(row) == ""
    assert raw.left.tobytes()[:64] not in b"".join(path.read_bytes() for path in objects(tmp_path))
    kept_days = await value(dsn, "SELECT keep_until - ended_at FROM recordings")
    assert kept_days == timedelta(days=3650)


async def test_opus_is_smaller_and_sounds_the_same(database: Database, dsn: str, tmp_path: Path) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 4.0)
    made = archive(database, tmp_path, encoding="opus")
    async with made.open():
        assert await made.store.look(NODE)
    samples, rate = soundfile.read(io.BytesIO(await heard(made, raw.number)), dtype="int16")
    for side, hz, before in ((0, LEFT_HZ, raw.left), (1, RIGHT_HZ, raw.right)):
        assert loudest_hz(samples[:, side], rate) == pytest.approx(hz, abs=1)
        loudness = np.std(samples[:, side]) / np.std(before)
        assert loudness == pytest.approx(1, abs=0.06)


async def test_what_asterisk_recorded_until_it_knew_of_a_pause_is_not_kept(
    local: Archive, dsn: str, tmp_path: Path
) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 10.0)
    pause = (
        "INSERT INTO recording_pauses (recording_id, why, by_whom, from_at, muted_at, until_at, unmuted_at, resumed_by)"
        " SELECT recording_id, $2, 'anna', started_at + $3, started_at + $4, started_at + $5, started_at + $5, 'anna'"
        " FROM recordings WHERE recording_id = $1 RETURNING pause_id"
    )
    for why, *times in (("on-demand", -0.1, 0.2, 3), ("payment", 6, 6.1, 8)):
        await value(dsn, pause, raw.number, why, *(timedelta(seconds=each) for each in times))
    assert await local.store.look(NODE)
    samples, rate = soundfile.read(io.BytesIO(await heard(local, raw.number)), dtype="int16")
    assert len(samples) == 10 * rate
    tenth = rate // 10
    silent = [number for number in range(100) if not samples[number * tenth : (number + 1) * tenth].any()]
    assert silent == [*range(7), *range(55, 66)], "in tenths of a second: half a second around where each begins"
    assert (samples[66 * tenth :, 0] == raw.left[66 * tenth :]).all()


@pytest.mark.parametrize("spoil", ["cut", "missing", "short"])
async def test_what_is_not_whole_is_kept_raw_until_somebody_wants_it_as_it_is(
    local: Archive, dsn: str, tmp_path: Path, spoil: str
) -> None:
    began = recordings.BEGAN - timedelta(seconds=9 if spoil == "short" else 0)
    raw = await finished(dsn, tmp_path / "monitor", 1.0, started_at=began)
    if spoil == "cut":
        raw.tx.write_bytes(raw.tx.read_bytes()[:-100])
    if spoil == "missing":
        raw.tx.unlink()
    assert await local.store.look(NODE)
    assert await state(dsn, raw.number) == "failed"
    assert raw.rx.exists()
    assert str(await value(dsn, "SELECT trouble FROM recordings")) != ""
    assert not objects(tmp_path)
    assert "1 recordings are broken" in await warned(local)
    assert await local.store.again(raw.number, "anna", as_it_is=True)
    assert await local.store.look(NODE)
    samples, _ = soundfile.read(io.BytesIO(await heard(local, raw.number)), dtype="int16")
    assert np.array_equal(samples[:, 0], raw.left)
    assert np.any(samples[:, 1]) == (spoil != "missing")
    assert not raw.rx.exists()


async def warned(kept: Archive) -> str:
    """What the admin is told by the ccore that keeps recordings in order."""
    task = asyncio.create_task(kept.store.keep())
    await until(lambda: bool(kept.store.health()))
    told = "; ".join(kept.store.warnings())
    task.cancel()
    await asyncio.wait((task,))
    assert not kept.store.health(), "another one speaks of it now"
    return told


async def test_without_keys_everything_stays_where_it_is_and_the_admin_is_told(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    raw = await finished(dsn, tmp_path / "monitor")
    made = archive(database, tmp_path, keys={})
    assert not await made.store.look(NODE)
    assert raw.rx.exists()
    assert "no recording_keys" in await warned(made)


async def test_a_storage_that_is_away_is_tried_again(database: Database, dsn: str, tmp_path: Path) -> None:
    raw = await finished(dsn, tmp_path / "monitor")
    made = archive(database, tmp_path, storage="s3", endpoint="http://127.0.0.1:9", bucket=BUCKET)
    async with made.open():
        assert await made.store.look(NODE)
        assert await state(dsn, raw.number) == "finished"
        assert raw.rx.exists()
        assert not await made.store.look(NODE), "not at once"
        assert await value(dsn, "SELECT trouble = '' AND try_trouble LIKE '%cannot be written%' FROM recordings")
    await value(dsn, "UPDATE recordings SET try_at = now()")
    back = archive(database, tmp_path)
    async with back.open():
        assert await back.store.look(NODE)
    assert await state(dsn, raw.number) == "stored"


async def test_a_worker_that_is_killed_loses_and_doubles_nothing(local: Archive, dsn: str, tmp_path: Path) -> None:
    made = [await finished(dsn, tmp_path / "monitor", 60.0, number) for number in range(1, 4)]
    watching = asyncio.create_task(local.store.watch(NODE))

    async def works() -> bool:  # what was put off is tried at once: that is written down a moment after the kill
        await value(dsn, "UPDATE recordings SET try_at = NULL WHERE try_at IS NOT NULL")
        return local.store.worker_pid is not None

    for number in range(6):
        await until(works)
        await asyncio.sleep(0.05 * number)
        if pid := local.store.worker_pid:
            os.kill(pid, signal.SIGKILL)

            async def noticed(pid: int = pid) -> bool:
                return local.store.worker_pid != pid or await recordings.none_waits(dsn)

            await until(noticed)
        if await recordings.none_waits(dsn):
            break  # a dead worker is noticed by the next recording, and there is none
    await recordings.stored_all(dsn)
    watching.cancel()
    await asyncio.wait((watching,))
    await _each_is_there_once(local, dsn, made, tmp_path)


async def _each_is_there_once(kept: Archive, dsn: str, made: list[recordings.Raw], directory: Path) -> None:
    for raw in made:
        samples, _ = soundfile.read(io.BytesIO(await heard(kept, raw.number)), dtype="int16")
        assert np.array_equal(samples[:, 0], raw.left)
        assert not raw.rx.exists()
    await value(dsn, "UPDATE recording_objects SET begun_at = begun_at - interval '1 day'")
    await kept.store.sweep()
    there = {str(path.relative_to(directory / "var/recordings")) for path in objects(directory)}
    connection = await asyncpg.connect(dsn)
    kept_objects = {row["object"] for row in await connection.fetch("SELECT object FROM recordings")}
    await connection.close()
    assert {name for name in there if not Path(name).name.startswith(".")} == kept_objects


async def test_a_ccore_that_is_killed_again_and_again_loses_and_doubles_nothing(
    local: Archive, dsn: str, tmp_path: Path
) -> None:
    made = [await finished(dsn, tmp_path / "monitor", 20.0, number) for number in range(1, 13)]
    command = [sys.executable, "-m", "tests.support.recordings", dsn, str(tmp_path), json.dumps({})]
    for number in range(3):
        process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
        before = await value(dsn, "SELECT count(*) FROM recording_objects")

        async def works(before: object = before) -> bool:
            begun = await value(dsn, "SELECT count(*) FROM recording_objects")
            return begun != before or await recordings.none_waits(dsn)

        await until(works, 60)
        await asyncio.sleep(random.uniform(0, 0.02 * (number + 1)))
        process.kill()
        await process.wait()
    watching = asyncio.create_task(local.store.watch(NODE))
    await recordings.stored_all(dsn)
    watching.cancel()
    await asyncio.wait((watching,))
    await _each_is_there_once(local, dsn, made, tmp_path)


async def test_of_two_that_store_the_same_recording_one_is_kept(
    database: Database, local: Archive, dsn: str, tmp_path: Path
) -> None:
    made = [await finished(dsn, tmp_path / "monitor", 1.0, number) for number in range(1, 6)]
    other = archive(database, tmp_path)
    async with other.open():
        for _ in made:
            await asyncio.gather(local.store.look(NODE), other.store.look(NODE))
        await recordings.stored_all(dsn)
    await _each_is_there_once(local, dsn, made, tmp_path)


async def test_an_attempt_that_took_too_long_is_not_kept(local: Archive, dsn: str, tmp_path: Path) -> None:
    raw = await finished(dsn, tmp_path / "monitor")
    await value(
        dsn,
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "NEW.begun_at := now() - interval '1 day'; RETURN NEW; END $$",
    )
    await value(dsn, "CREATE TRIGGER late BEFORE INSERT ON recording_objects FOR EACH ROW EXECUTE FUNCTION late()")
    assert await local.store.look(NODE)
    assert await state(dsn, raw.number) == "finished"
    assert raw.rx.exists()
    await local.store.sweep()
    assert not objects(tmp_path)


async def test_an_object_that_was_changed_is_found_and_never_played(local: Archive, dsn: str, tmp_path: Path) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 5.0)
    await local.store.look(NODE)
    (path,) = objects(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (row,) = await local.erasing.stored(0)
    assert "not as it was stored" in await local.erasing.fault(row)
    with pytest.raises(NotAsStored):
        await heard(local, raw.number)
    path.unlink()
    assert "not there" in await local.erasing.fault(row)
    with pytest.raises(StorageFailed):
        await heard(local, raw.number)


async def test_keys_are_renewed_without_touching_what_is_stored(database: Database, dsn: str, tmp_path: Path) -> None:
    old = archive(database, tmp_path)
    raws = [await finished(dsn, tmp_path / "monitor", 1.0, number) for number in (1, 2)]
    async with old.open():
        for _ in raws:
            await old.store.look(NODE)
    before = {path: path.read_bytes() for path in objects(tmp_path)}
    second = {"second": base64.b64encode(bytes(32)).decode()}
    both = archive(database, tmp_path, keys={**KEYS, **second})
    content = await heard(both, raws[0].number)
    assert await both.erasing.rekey() == 2
    assert await both.erasing.rekey() == 0
    new = archive(database, tmp_path, keys=second)
    assert await heard(new, raws[0].number) == content
    assert {path: path.read_bytes() for path in objects(tmp_path)} == before
    with pytest.raises(NotAsStored):
        await heard(old, raws[0].number)
    assert "2 recordings have a key that secrets.toml does not open" in await warned(old)


async def test_erasure_leaves_a_proof_and_nothing_else(kept: Archive, dsn: str, tmp_path: Path) -> None:
    made = [await finished(dsn, tmp_path / "monitor", 1.0, number) for number in (1, 2, 3)]
    for _ in made[:2]:
        await kept.store.look(NODE)
    (first, second) = await kept.erasing.stored(0)
    assert await kept.erasing.of_number("+8613812345678") == [raw.number for raw in made]
    assert await kept.erasing.of_number("") == []
    for raw in made:
        assert await kept.erasing.erase(raw.number, "anna", "asked for") is Erased.ERASED
        assert await kept.erasing.erase(raw.number, "anna", "asked for") is Erased.ALREADY
    await kept.store.sweep()
    assert not await kept.store.look(NODE)
    assert not made[2].rx.exists(), "what was not stored yet goes too"
    assert not objects(tmp_path)
    for row in (first, second):
        assert "not there" in await kept.erasing.fault(row)
    assert await value(dsn, "SELECT count(*) FROM recording_keys") == 0
    assert await value(dsn, "SELECT count(*) FROM recordings WHERE number <> ''") == 0
    assert await kept.erasing.faults_of_proof() == []
    proof = await value(dsn, "SELECT sha256 || by_whom FROM erasures WHERE erasure_id = 1")
    assert proof == first["sha256"] + "anna"
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await value(dsn, "UPDATE erasures SET by_whom = 'nobody'")
    await value(dsn, "ALTER TABLE erasures DISABLE TRIGGER append_only")
    await value(dsn, "UPDATE erasures SET by_whom = 'nobody' WHERE erasure_id = 2")
    assert await kept.erasing.faults_of_proof() == ["erasure 2 is not as it was written"]


async def test_erasures_at_the_same_time_make_one_chain(local: Archive, dsn: str, tmp_path: Path) -> None:
    made = [await finished(dsn, tmp_path / "monitor", 0.1, number) for number in range(1, 9)]
    await asyncio.gather(*(local.erasing.erase(raw.number, "anna", "asked for") for raw in made))
    assert await value(dsn, "SELECT max(erasure_id) FROM erasures") == 8
    assert await local.erasing.faults_of_proof() == []


async def test_a_recording_that_is_erased_while_it_is_stored_is_not_kept(
    local: Archive, dsn: str, tmp_path: Path
) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 60.0)
    storing = asyncio.create_task(local.store.look(NODE))

    async def begun() -> bool:
        return await value(dsn, "SELECT count(*) FROM recording_objects") == 1

    await until(begun)
    assert await local.erasing.erase(raw.number, "anna", "asked for") is Erased.ERASED
    await storing
    await local.store.look(NODE)
    await local.store.sweep()
    assert await state(dsn, raw.number) == "erased"
    assert not objects(tmp_path)
    assert not raw.rx.exists()


@pytest.mark.parametrize("kind", ["recording", "call", "number"])
async def test_a_hold_is_stronger_than_retention_and_erasure(
    local: Archive, dsn: str, tmp_path: Path, kind: str
) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 0.5)
    other = await finished(dsn, tmp_path / "monitor", 0.5, 2, number="+8613900000000")
    for _ in range(2):
        await local.store.look(NODE)
    words = {"recording": str(raw.number), "call": f"{NODE}-1795330800.1", "number": "+8613812345678"}
    hold = await local.erasing.hold(kind, words[kind], "a court asked", "anna")  # type: ignore[arg-type]
    assert hold is not None
    assert await local.erasing.hold(kind, words[kind], "a court asked", "anna") is None  # type: ignore[arg-type]
    assert await local.erasing.erase(raw.number, "anna", "asked for") is Erased.HELD
    await value(dsn, "UPDATE recordings SET keep_until = now() - interval '1 second'")
    assert await local.erasing.out_of_date() == 1
    assert (await state(dsn, raw.number), await state(dsn, other.number)) == ("stored", "erased")
    assert await local.erasing.release(hold, "bert")
    assert not await local.erasing.release(hold, "bert")
    assert await local.erasing.out_of_date() == 1
    assert await state(dsn, raw.number) == "erased"
    assert await value(dsn, "SELECT by_whom || ': ' || reason FROM erasures WHERE erasure_id = 2") == (
        "ccore: kept as long as it had to be"
    )


async def test_a_call_that_goes_on_and_one_that_never_was_are_not_erased(
    local: Archive, dsn: str, tmp_path: Path
) -> None:
    raw = await finished(dsn, tmp_path / "monitor", 0.1, state="recording", ended_at=None)
    assert await local.erasing.erase(raw.number, "anna", "asked for") is Erased.LIVE
    assert await local.erasing.erase(10**15, "anna", "asked for") is Erased.UNKNOWN
