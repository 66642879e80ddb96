"""A recorded call from its first word to the browser: taken off the node whole, whatever dies, and heard by who may."""

import asyncio
import io
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import soundfile

from ccore.people.model import Role
from ccore.people.service import People
from tests.support.asterisk import NODE, until_no_channels
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.recorded import TONES, singing_caller
from tests.support.recordings import Raw, finished, loudest_hz
from tests.support.toned import Choir, singing

CALLER = "13812345678"
QUEUES = {
    "sales": "wants = { first = 1 }\n[offer]\nkeys = { 1 = 'voicemail' }\n[recording]\nwhen = 'always'\n",
    "service": "[offer]\nkeys = { 1 = 'voicemail' }\n",
}
LONG_CALLS = 4
STORED = "SELECT count(*) FROM recordings WHERE state = 'stored' AND raw_gone_at IS NOT NULL"


@pytest.fixture(scope="module")
async def centre(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CallCentre]:
    """One agent, who sings."""
    desks = [Desk("1001", "2001", {"first": 5})]
    async with call_centre(tmp_path_factory.mktemp("kept"), QUEUES, desks, "[skill.first]\n") as built:
        async with singing(Choir(TONES), built.phones):
            yield built
        built.site.assert_log_is_clean()


async def test_what_was_said_is_heard_in_the_right_ear(centre: CallCentre) -> None:
    phone = centre.phones["1001"]
    calls = len(phone.calls) + 1  # it may ring before the next line
    async with singing_caller(centre.site.sip_port, centre.number["sales"], CALLER):
        await phone.until_answered(calls)
        await asyncio.sleep(3)  # of talk
    await until_no_channels(centre.site.node)
    await centre.site.until(STORED, 1)
    assert not any(path.is_file() for path in _monitor(centre).rglob("*"))
    number = await centre.site.value("SELECT recording_id FROM recordings")
    samples, rate = await _heard(centre, f"/api/v1/recordings/{number}/audio")
    assert len(samples) > rate, "a second of the call at least"
    middle = samples[len(samples) // 2 :]
    assert loudest_hz(middle[:, 0], rate) == pytest.approx(TONES["caller"], abs=20), "left is the caller"
    assert loudest_hz(middle[:, 1], rate) == pytest.approx(TONES["1001"], abs=20), "right is the agent"


async def test_a_ccore_killed_while_it_stores_leaves_nothing_undone(centre: CallCentre) -> None:
    site = centre.site
    before = await site.value(STORED)
    attempts = "SELECT count(*) > $1 FROM recording_objects"
    begun = await site.value("SELECT count(*) FROM recording_objects")
    raws = [await finished(site.dsn, _monitor(centre), 60.0, number, node=NODE) for number in range(1, LONG_CALLS + 1)]
    await site.until(attempts.replace("$1", str(begun)), expected=True)
    await site.signal_ccore(signal.SIGKILL)
    await site.start_ccore()
    await site.until(STORED, int(str(before)) + LONG_CALLS, 90)
    assert not any(path.is_file() for path in _monitor(centre).rglob("*"))
    for raw in raws:
        await _is_whole(centre, raw)
    heard = "SELECT count(*) FROM recording_listens WHERE who = 'anna' AND from_byte = 0"
    assert int(str(await site.value(heard))) >= LONG_CALLS


async def _is_whole(centre: CallCentre, raw: Raw) -> None:
    samples, _ = await _heard(centre, f"/api/v1/recordings/{raw.number}/audio")
    assert np.array_equal(samples[:, 0], raw.left)
    assert np.array_equal(samples[:, 1], raw.right)


async def _heard(centre: CallCentre, path: str) -> tuple["np.ndarray[tuple[int, int], np.dtype[np.int16]]", int]:
    """What anna, who reviews calls, hears."""
    people = People(centre.database)
    await people.add("anna", "Anna", Role.QUALITY, "", "test")
    made = await people.new_token("anna", 1, "", "test")
    assert made is not None
    url = f"http://127.0.0.1:{centre.site.config.http.port}{path}"
    headers = {"Authorization": f"Bearer {made.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        content = await answer.read()
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    return samples, rate


def _monitor(centre: CallCentre) -> Path:
    folder = centre.site.config.monitor_dir(centre.site.node.name)
    assert folder is not None
    return folder
