"""Recorded calls on a real site: each voice in its own file, pauses silent, every part found, whatever dies."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccore.nodes import Node
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.once import HEADER
from tests.support.asterisk import NODE, node_ports, until_no_channels
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.manager import manager
from tests.support.recorded import TONES, Recordings, recordings_of, singing_caller
from tests.support.toned import Choir, singing

CALLER = "13812345678"
MARGIN_MS = 800  # files may be so far behind the clock when packets come late
WORDS = "[skill.first]\n"
COMFORT = "wrap_up_s = 0\n[comfort]\nposition = false\nexpected_wait = false\n[offer]\nkeys = { 1 = 'voicemail' }\n"
FIRST = "wants = { first = 1 }\n" + COMFORT
QUEUES = {
    "sales": f"{FIRST}[recording]\nwhen = 'always'\n",
    "help": f"{FIRST}[recording]\nwhen = 'on-demand'\n",
    "service": f"{COMFORT}[recording]\nwhen = 'always'\n",
    "private": f"{FIRST}[recording]\nwhen = 'never'\n",
}
DESKS = [Desk("1001", "2001", {"first": 5}), Desk("1002", "2002", {})]


class Room:
    """A site whose two agents sing."""

    def __init__(self, centre: CallCentre, recordings: Recordings, token: str, monitor: Path) -> None:
        self.centre = centre
        self.site = centre.site
        self.recordings = recordings
        self.monitor = monitor  # a link: where ccore looks for raw files
        self._token = token

    def caller(self, queue: str) -> contextlib.AbstractAsyncContextManager[Any]:
        """A caller who sings."""
        return singing_caller(self.site.sip_port, self.centre.number[queue], CALLER)

    async def with_agent(self, agent: str, calls: int) -> None:
        """Wait until the agent's phone has answered that many calls."""
        await self.centre.phones[agent].until_answered(calls)

    async def ask(self, action: str, **said: object) -> tuple[int, Any]:
        """Ask for something about the recording of the only call there is, as agent 1001."""
        call = await self.site.value("SELECT call_id FROM recordings WHERE state IN ('expected', 'recording')")
        url = f"http://127.0.0.1:{self.site.config.http.port}/api/v1/calls/{call}/recording/{action}"
        headers = {"Authorization": f"Bearer {self._token}", HEADER: secrets.token_hex(8)}
        async with aiohttp.ClientSession() as session, session.post(url, json=said, headers=headers) as answer:
            return answer.status, await answer.json()

    async def start_ccore(self) -> None:
        """Start it again; it would keep where the link leads to now."""
        leads_to = self.monitor.readlink()
        self.monitor.unlink()
        await self.site.start_ccore()
        self.monitor.symlink_to(leads_to)

    async def health(self) -> str:
        """What the daemon says of itself."""
        url = f"http://127.0.0.1:{self.site.config.http.port}/health"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()


@pytest.fixture(scope="module")
async def room(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """The site of this file."""
    directory = tmp_path_factory.mktemp("recording")
    monitor = directory / "monitor"
    nodes = {NODE: Node.model_validate({**node_ports([NODE])[NODE], "monitor_dir": monitor})}
    async with call_centre(directory, QUEUES, DESKS, WORDS, nodes=nodes) as centre:
        monitor.symlink_to(centre.site.node.directory / "spool/monitor")
        people = People(centre.database)
        await people.add("abel", "Abel", Role.AGENT, "1001", "test")
        token = await people.new_token("abel", 1, "", "test")
        assert token is not None
        choir = Choir(TONES)
        async with recordings_of(centre, directory / "kept") as recordings, singing(choir, centre.phones):
            yield Room(centre, recordings, token.token, monitor)
        centre.site.assert_log_is_clean()


async def test_each_voice_is_in_its_own_file_through_a_pause_and_a_transfer(room: Room) -> None:
    one, other = (len(room.centre.phones[agent].calls) for agent in ("1001", "1002"))
    async with room.caller("sales"):
        await room.with_agent("1001", one + 1)
        await room.site.until("SELECT count(*) FROM recording_segments WHERE until_at IS NULL", 1)
        await asyncio.sleep(1)
        assert await room.ask("pause") == (200, {"recording": "paused"})
        await asyncio.sleep(2.2)
        assert await room.ask("resume") == (200, {"recording": "resumed"})
        assert (await room.ask("start"))[0] == 409
        await asyncio.sleep(1.2)
        await _transfer(room, "2001", "2002")
        await room.with_agent("1002", other + 1)
        await asyncio.sleep(2.5)
    (recording,) = await room.recordings.of_queue("sales")
    row = recording.row
    assert (row["kind"], row["agent"], row["number"], row["trouble"]) == ("always", "1001", f"+86{CALLER}", "")
    length = (row["ended_at"] - row["started_at"]).total_seconds() * 1000
    assert abs(length - recording.milliseconds) < 1000, "as long as the call"
    assert len(recording.rx) == len(recording.tx)
    assert recording.heard("rx") == {"caller"}
    assert recording.heard("tx") == {"1001", "1002"}
    first, second = await room.recordings.segments(recording)
    assert (first["agent"], second["agent"]) == ("1001", "1002")
    assert recording.heard("tx", 0, first["from_ms"] - MARGIN_MS) == set()
    assert recording.heard("tx", first["from_ms"] + MARGIN_MS, first["until_ms"] - MARGIN_MS) == {"1001"}
    assert recording.heard("tx", second["from_ms"] + MARGIN_MS, second["until_ms"]) == {"1002"}
    (pause,) = await room.recordings.pauses(recording)
    recording.assert_silent(pause["muted_at"], pause["until_at"])
    assert recording.heard("rx", recording.at(pause["unmuted_at"]) + MARGIN_MS) == {"caller"}
    assert pause["by_whom"] == pause["resumed_by"] == "abel"


async def test_a_call_on_demand_is_kept_from_the_moment_somebody_asks(room: Room) -> None:
    calls = len(room.centre.phones["1001"].calls)
    async with room.caller("help"):
        await room.with_agent("1001", calls + 1)
        await asyncio.sleep(2.2)
        assert await room.ask("start") == (200, {"recording": "started"})
        await asyncio.sleep(2.5)
    await until_no_channels(room.site.node)
    async with room.caller("help"):
        await room.with_agent("1001", calls + 2)
        await asyncio.sleep(0.5)
    asked, unasked = await room.recordings.of_queue("help", 2)
    assert (unasked.row["state"], unasked.row["trouble"]) == ("discarded", "nobody asked for it")
    assert asked.row["state"] in {"finished", "stored"}
    started = asked.at(asked.row["asked_at"])
    (pause,) = await room.recordings.pauses(asked)
    assert pause["why"] == "on-demand"
    asked.assert_silent(pause["muted_at"], asked.row["asked_at"])
    assert asked.heard("rx", started + MARGIN_MS) == {"caller"}
    assert asked.heard("tx", started + MARGIN_MS) == {"1001"}


async def test_what_is_never_recorded_leaves_no_trace(room: Room) -> None:
    calls = len(room.centre.phones["1001"].calls)
    before = set(room.monitor.glob("*/*"))
    async with room.caller("private"):
        await room.with_agent("1001", calls + 1)
        await asyncio.sleep(0.3)
        assert set(room.monitor.glob("*/*")) <= before
    assert await room.site.rows("SELECT * FROM recordings WHERE queue = 'private'") == []


async def test_ccore_is_killed_in_a_pause_and_another_call_comes_while_it_is_away(room: Room) -> None:
    calls, before = len(room.centre.phones["1001"].calls), len(await room.recordings.rows("sales"))
    async with room.caller("sales"):
        await room.with_agent("1001", calls + 1)
        assert (await room.ask("pause", most_s=3))[0] == 200
        await room.site.signal_ccore(signal.SIGKILL)
        others = len(room.centre.phones["1002"].calls)
        async with singing_caller(room.site.sip_port, room.centre.number["sales"], "13900000000"):
            await room.with_agent("1002", others + 1)
            await asyncio.sleep(1)
        await room.start_ccore()
        query = "SELECT unmuted_at IS NOT NULL FROM recording_pauses ORDER BY pause_id DESC LIMIT 1"
        await room.site.until(query, expected=True, within_s=60)
        await asyncio.sleep(2.5)
    recording = (await room.recordings.of_queue("sales", before + 1))[-1]
    (pause,) = await room.recordings.pauses(recording)
    assert pause["resumed_by"] == "ccore"
    recording.assert_silent(pause["muted_at"], pause["until_at"])
    assert recording.heard("rx", recording.at(pause["unmuted_at"]) + MARGIN_MS) == {"caller"}
    (segment,) = await room.recordings.segments(recording)
    assert segment["agent"] == "1001"
    (adopted,) = await room.recordings.of_queue("service", within_s=40)
    assert (adopted.row["adopted"], adopted.row["number"]) == (True, "+8613900000000")
    assert [each["agent"] for each in await room.recordings.segments(adopted)] == ["1002"]
    assert adopted.heard("rx") == {"caller"}
    assert adopted.heard("tx") == {"1002"}


async def test_a_full_disk_is_told_within_seconds_and_calls_go_on(room: Room) -> None:
    calls, before = len(room.centre.phones["1001"].calls), len(await room.recordings.rows("sales"))
    inside = _small_disk(room)
    try:
        async with room.caller("sales"):
            await room.with_agent("1001", calls + 1)
            (inside / "filler").write_bytes(
                bytes(os.statvfs(inside).f_bavail * os.statvfs(inside).f_frsize * 95 // 100)
            )
            filled_at = time.monotonic()
            while "no longer recorded" not in (health := await room.health()):
                assert time.monotonic() - filled_at < 20, health
                await asyncio.sleep(0.1)
            await asyncio.sleep(1.5)  # Asterisk finds no room
            assert not room.centre.phones["1001"].calls[-1].ended_at
        await until_no_channels(room.site.node)
        async with room.caller("sales"):
            await room.with_agent("1001", calls + 2)
        *_, full = await room.recordings.rows("sales", before + 2)
        assert (full["state"], full["trouble"]) == ("failed", "the disk is nearly full")
    finally:
        _large_disk(room)
    await _until_said(room, "no longer recorded", said=False)


async def test_what_asterisk_had_written_when_it_was_killed_is_finished(room: Room) -> None:
    calls, before = len(room.centre.phones["1001"].calls), len(await room.recordings.rows("sales"))
    async with room.caller("sales"):
        await room.with_agent("1001", calls + 1)
        await asyncio.sleep(4)
        room.site.node.kill()
        room.centre.phones["1001"].hang_up()
    await room.site.node.start()
    recording = (await room.recordings.of_queue("sales", before + 1))[-1]
    assert recording.row["trouble"] == ""
    assert recording.milliseconds > 1000, "Asterisk keeps the last second to itself"
    assert recording.heard("rx") == {"caller"}


async def _transfer(room: Room, phone: str, to: str) -> None:
    """As the agent's phone does with a REFER: the caller goes to another phone."""
    lines = (await room.site.node.cli("core show channels concise")).splitlines()
    channel = next(line.split("!")[0] for line in lines if line.startswith(f"PJSIP/phone-{phone}-"))
    async with manager(room.site.config, "ccore-actions") as actions:
        answer = await actions.ask("BlindTransfer", f"Channel: {channel}", "Context: from-phones", f"Exten: {to}")
    assert "Success" in answer, answer


def _small_disk(room: Room) -> Path:
    """Give Asterisk 1 MB for recordings, in the namespace that its launcher made; where ccore then sees it."""
    inside = Path(f"/proc/{room.site.node.pid}/root/srv/ccore/spool/monitor")
    status = inside.stat()
    options = f"size=1m,mode=0775,uid={status.st_uid},gid={status.st_gid}"
    _in_namespace(room, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(inside))
    _lead_to(room, inside)
    return inside


def _large_disk(room: Room) -> None:
    """Take it away again."""
    _in_namespace(room, "umount", "--lazy", f"/proc/{room.site.node.pid}/root/srv/ccore/spool/monitor")
    _lead_to(room, room.site.node.directory / "spool/monitor")


def _in_namespace(room: Room, *words: str) -> None:
    subprocess.run(["nsenter", "--target", str(room.site.node.pid), "--mount", *words], check=True)


def _lead_to(room: Room, folder: Path) -> None:
    room.monitor.unlink()
    room.monitor.symlink_to(folder)


async def _until_said(room: Room, words: str, *, said: bool) -> None:
    deadline = time.monotonic() + 30
    while (words in (health := await room.health())) is not said:
        assert time.monotonic() < deadline, health
        await asyncio.sleep(0.1)
