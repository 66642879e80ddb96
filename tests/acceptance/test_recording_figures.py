"""Many recorded calls, some transferred and some paused: each is found, as long as its call, with the right voices."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from ccore.people.model import Role
from ccore.people.service import People
from ccore.recording.search import Wanted, find
from ccore.web.once import HEADER
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.manager import Manager, manager
from tests.support.recorded import Recording, Recordings, recordings_of, singing_caller
from tests.support.toned import Choir, singing

FULL = os.environ.get("CCORE_FULL") == "1"
CALLS = 500 if FULL else 8
AT_ONCE = 10 if FULL else 4
TALK_S = 1.6
MARGIN_MS = 400
FINISHED_WITHIN_S = 120.0
# Whoever takes calls of the queue, and whom they put callers through to: one for each call at a time.
FIRST = [f"10{number:02}" for number in range(1, AT_ONCE + 1)]
SECOND = [f"20{number:02}" for number in range(1, AT_ONCE + 1)]
DESKS = [Desk(agent, f"20{n:02}", {"first": 5}) for n, agent in enumerate(FIRST, 1)]
DESKS += [Desk(agent, f"20{n:02}", {}) for n, agent in enumerate(SECOND, AT_ONCE + 1)]
PHONES = {desk.agent: desk.phone for desk in DESKS}
# 100 Hz apart, none near the 450 Hz of ringing: within 0.1 s they are told apart.
TONES = {agent: 600 + 100 * number for number, agent in enumerate([*FIRST, *SECOND])}
TONES |= {f"caller {slot}": 2700 + 100 * slot for slot in range(AT_ONCE)}
QUIETLY = "[comfort]\nposition = false\nexpected_wait = false\n[offer]\nkeys = { 1 = 'voicemail' }\n"
QUEUES = {
    "sales": f"wants = {{ first = 1 }}\nwrap_up_s = 0\n{QUIETLY}[recording]\nwhen = 'always'\n",
    "service": f"wrap_up_s = 0\n{QUIETLY}",
}


@dataclass(frozen=True, slots=True)
class Made:
    """One call as its caller knows it: who they are, and how long they talked, in s."""

    number: str
    slot: int
    pauses: bool
    transferred: bool
    seconds: float


class Rush:
    """Calls one after the other in ``AT_ONCE`` slots, each with a caller's number of its own."""

    def __init__(self, centre: CallCentre, session: aiohttp.ClientSession, actions: Manager) -> None:
        self._centre = centre
        self._session = session
        self._actions = actions
        self._asking = asyncio.Lock()
        self.made: list[Made] = []

    async def run(self) -> None:
        """All of them."""
        async with asyncio.TaskGroup() as group:
            for slot in range(AT_ONCE):
                group.create_task(self._slot(slot))

    async def _slot(self, slot: int) -> None:
        for call in range(slot, CALLS, AT_ONCE):
            await self._call(f"138{call:08}", slot, pauses=call % 3 == 0, transferred=call % 4 == 1)

    async def _call(self, number: str, slot: int, *, pauses: bool, transferred: bool) -> None:
        port, dialled = self._centre.site.sip_port, self._centre.number["sales"]
        async with singing_caller(port, dialled, number, TONES[f"caller {slot}"]):
            began = time.monotonic()
            channel = await self._until_talking(number)
            await asyncio.sleep(TALK_S)
            if pauses:
                await self._ask(channel, "pause")
                await asyncio.sleep(TALK_S)
                await self._ask(channel, "resume")
                await asyncio.sleep(TALK_S / 2)
            if transferred:
                second = self._centre.phones[SECOND[slot]]
                calls = len(second.calls)
                await self._transfer(channel, PHONES[SECOND[slot]])
                await second.until_answered(calls + 1)
                await asyncio.sleep(TALK_S)
            self.made.append(Made(number, slot, pauses, transferred, time.monotonic() - began))

    async def _until_talking(self, number: str) -> str:
        """The caller's channel, once an agent talks with them."""
        query = (
            "SELECT r.channel FROM recordings r JOIN recording_segments s USING (recording_id)"
            " WHERE r.number = $1 AND s.until_at IS NULL"
        )
        deadline = time.monotonic() + 60
        while not (rows := await self._centre.site.rows(query, f"+86{number}")):
            assert time.monotonic() < deadline, f"{number} talks with nobody"
            await asyncio.sleep(0.1)
        return str(rows[0]["channel"])

    async def _ask(self, call: str, action: str) -> None:
        url = f"http://127.0.0.1:{self._centre.site.config.http.port}/api/v1/calls/{call}/recording/{action}"
        key = {HEADER: secrets.token_hex(8)}
        async with self._session.post(url, json={}, headers=key) as answer:
            assert answer.status == 200, await answer.text()

    async def _transfer(self, caller: str, phone: str) -> None:
        """Who talks with this caller puts them through."""
        query = "SELECT s.channel FROM recordings r JOIN recording_segments s USING (recording_id) WHERE r.channel = $1"
        (row,) = await self._centre.site.rows(query + " AND s.until_at IS NULL", caller)
        async with self._asking:
            headers = (f"Channel: {row['channel']}", "Context: from-phones", f"Exten: {phone}")
            answer = await self._actions.ask("BlindTransfer", *headers)
        assert "Success" in answer, answer


@pytest.fixture
async def centre(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[CallCentre]:
    """Where all of them come in."""
    async with call_centre(tmp_path, QUEUES, DESKS, "[skill.first]\n") as centre:
        yield centre
        centre.site.assert_log_is_clean()


@pytest.mark.figures
async def test_every_recorded_call_is_found_whole_with_the_right_voices(centre: CallCentre, tmp_path: Path) -> None:
    began = time.monotonic()
    people = People(centre.database)
    await people.add("super", "Super", Role.SUPERVISOR, "", "test")
    token = await people.new_token("super", 1, "", "test")
    assert token is not None
    headers = {"Authorization": f"Bearer {token.token}"}
    async with AsyncExitStack() as stack:
        recordings = await stack.enter_async_context(recordings_of(centre, tmp_path / "kept", TONES))
        await stack.enter_async_context(singing(Choir(TONES), centre.phones))
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        actions = await stack.enter_async_context(manager(centre.site.config, "ccore-actions"))
        rush = Rush(centre, session, actions)
        await rush.run()
        called_s = time.monotonic() - began
        await recordings.rows("sales", CALLS, FINISHED_WITHIN_S)
        query = "SELECT count(*) FROM recordings WHERE NOT told_by_cel OR state NOT IN ('finished', 'stored')"
        await centre.site.until(query, 0, FINISHED_WITHIN_S)
        differences = [await _difference_ms(recordings, made) for made in rush.made]
        await _nothing_is_orphaned(centre)
    assert len(rush.made) == CALLS == await centre.site.value("SELECT count(*) FROM recordings")
    differences.sort()
    print(
        f"{CALLS} recorded calls in {called_s:.0f} s: {sum(made.transferred for made in rush.made)} transferred,"
        f" {sum(made.pauses for made in rush.made)} paused; all found by their number, every voice where it belongs,"
        f" pauses silent, no orphans; longer or shorter than the call by {differences[len(differences) // 2]} ms"
        f" (median), {differences[-1]} ms (most)"
    )


async def _difference_ms(recordings: Recordings, made: Made) -> int:
    """Find the recording of a call, and look at all of it; how much its length differs from the call's."""
    rows = await find(recordings.centre.database, Wanted(queue="sales", number=f"+86{made.number}"), 10)
    (row,) = await recordings.centre.site.rows(
        "SELECT * FROM recordings WHERE recording_id = $1", rows[0]["recording_id"]
    )
    assert len(rows) == 1, made
    recording = recordings.read(row)
    parts = await recordings.segments(recording)
    agents = [part["agent"] for part in parts]
    assert len(agents) == (2 if made.transferred else 1), (made, agents)
    assert agents[0] in FIRST
    assert agents[1:] in ([], [SECOND[made.slot]])
    assert recording.heard("rx") == {f"caller {made.slot}"}, made
    for part in parts:
        found = recording.heard("tx", part["from_ms"] + MARGIN_MS, part["until_ms"] - MARGIN_MS)
        assert found == {part["agent"]}, (made, part)
    pauses = await recordings.pauses(recording)
    assert len(pauses) == made.pauses
    for pause in pauses:
        recording.assert_silent(pause["muted_at"], pause["until_at"])
    wall_ms = round((row["ended_at"] - row["started_at"]).total_seconds() * 1000)
    assert abs(wall_ms - made.seconds * 1000) < 3000, "as the caller has it, and the time to answer and to hang up"
    return _close(recording, wall_ms)


def _close(recording: Recording, wall_ms: int) -> int:
    difference = abs(recording.milliseconds - wall_ms)
    assert difference < 1000, dict(recording.row)
    return difference


async def _nothing_is_orphaned(centre: CallCentre) -> None:
    """Every file that is left has its row, and every row has or had its files."""
    left = {path.relative_to(centre.site.node.directory / "spool/monitor").as_posix().rpartition("-")[0]
            for path in (centre.site.node.directory / "spool/monitor").glob("*/*")}  # fmt: skip
    known = {row["stem"] for row in await centre.site.rows("SELECT stem FROM recordings WHERE rx_bytes > 0")}
    assert left <= known
    assert len(known) == CALLS
