"""Callers who speak G.722 and Opus are recorded as all others are: whole, and each voice in its own file.

Asterisk itself is the caller: a leg of its own, of an endpoint that knows one codec only, that calls its own hotline.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore.nodes import SipTrunk
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.manager import manager
from tests.support.recorded import WINDOW_MS, Recording, Recordings, recordings_of
from tests.support.toned import Choir, singing

TONES = {"caller": 1004, "1001": 1500, "1002": 2000}  # Milliwatt says 1,004 Hz
MARGIN_MS = 400
TALK_S = 2.5
# Asterisk is the caller, too: of the ticks that a busy machine takes from it, Milliwatt says nothing, and what is read
# late, as while the caller goes from one telephone to the other, is silence to the recording.
GAPS_MS = 500
CODECS = {"g722": "2051", "opus": "2052"}
PHONES = '[[phones]]\nfirst = "2001"\nlast = "2002"\n' + "".join(
    f'[[phones]]\nfirst = "{number}"\nlast = "{number}"\ncodecs = ["{codec}"]\n' for codec, number in CODECS.items()
)
COMFORT = "wrap_up_s = 0\n[comfort]\nposition = false\nexpected_wait = false\n[offer]\nkeys = { 1 = 'voicemail' }\n"
QUEUES = dict.fromkeys(CODECS, f"wants = {{ first = 1 }}\n{COMFORT}[recording]\nwhen = 'always'\n")
DESKS = [Desk("1001", "2001", {"first": 5}), Desk("1002", "2002", {})]
TALKING = "SELECT count(*) FROM recording_segments JOIN recordings USING (recording_id) WHERE until_at IS NULL"


@dataclass(frozen=True, slots=True)
class Room:
    """A site whose two agents sing."""

    centre: CallCentre
    recordings: Recordings

    @asynccontextmanager
    async def caller(self, codec: str) -> AsyncIterator[None]:
        """A caller whose telephone knows this codec only."""
        endpoint = f"phone-{CODECS[codec]}"
        place = f"{self.centre.number[codec]}@127.0.0.1:{self.centre.site.sip_port}"
        async with manager(self.centre.site.config, "ccore-actions") as actions:
            calling = ("Application: Milliwatt", "CallerID: 13812345678", "Async: true")
            answer = await actions.ask("Originate", f"Channel: PJSIP/{endpoint}/sip:{place}", *calling)
            assert "Success" in answer, answer
        try:
            yield
        finally:
            await self.centre.site.node.cli("channel request hangup all")
            await until_no_channels(self.centre.site.node)

    async def transfer(self, phone: str, to: str) -> None:
        """As an agent's phone does with a REFER: the caller goes to another phone."""
        async with manager(self.centre.site.config, "ccore-actions") as actions:
            headers = (
                f"Channel: {await self.channel(f'PJSIP/phone-{phone}-')}",
                "Context: from-phones",
                f"Exten: {to}",
            )
            answer = await actions.ask("BlindTransfer", *headers)
        assert "Success" in answer, answer

    async def channel(self, beginning: str) -> str:
        """The one whose name begins so."""
        lines = (await self.centre.site.node.cli("core show channels concise")).splitlines()
        return next(line.split("!")[0] for line in lines if line.startswith(beginning))


@pytest.fixture(scope="module")
async def room(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """The site of this file."""
    directory = tmp_path_factory.mktemp("codecs")
    peers = [IPv4Network("127.0.0.1/32")]
    trunks = {"local": SipTrunk(kind="sip", peers=peers, channels=100, codecs=["alaw", "g722", "opus"])}
    files = {"phones.toml": PHONES}
    async with call_centre(directory, QUEUES, DESKS, "[skill.first]\n", files=files, trunks=trunks) as centre:
        choir = Choir(TONES)
        async with recordings_of(centre, directory / "kept", TONES) as recordings, singing(choir, centre.phones):
            yield Room(centre, recordings)
        centre.site.assert_log_is_clean()


@pytest.mark.parametrize("codec", CODECS)
async def test_a_caller_with_another_codec_is_recorded_whole(room: Room, codec: str) -> None:
    one, other = (room.centre.phones[agent] for agent in ("1001", "1002"))
    answered = [len(phone.calls) + 1 for phone in (one, other)]
    async with room.caller(codec):
        await one.until_answered(answered[0])
        began = time.monotonic()
        shown = await room.centre.site.node.cli(f"core show channel {await room.channel('PJSIP/trunk-local-')}")
        assert f"NativeFormats: ({codec})" in shown
        await room.centre.site.until(f"{TALKING} AND queue = '{codec}'", 1)
        await asyncio.sleep(TALK_S)
        await room.transfer("2001", "2002")
        await other.until_answered(answered[1])
        await asyncio.sleep(TALK_S)
        talked_ms = (time.monotonic() - began) * 1000
    (recording,) = await room.recordings.of_queue(codec)
    assert recording.row["trouble"] == ""
    assert abs(len(recording.rx) - len(recording.tx)) < len(recording.rx) // 50
    wall_ms = (recording.row["ended_at"] - recording.row["started_at"]).total_seconds() * 1000
    assert abs(wall_ms - recording.milliseconds) < 1000, "as long as the call"
    assert recording.milliseconds > talked_ms - 1000
    assert_speaks(recording, "caller", "rx", MARGIN_MS, recording.milliseconds - MARGIN_MS)
    first, second = await room.recordings.segments(recording)
    for part, agent in ((first, "1001"), (second, "1002")):
        assert part["agent"] == agent
        assert_speaks(recording, agent, "tx", part["from_ms"] + MARGIN_MS, part["until_ms"] - MARGIN_MS)


def assert_speaks(recording: Recording, voice: str, direction: str, from_ms: int, until_ms: int) -> None:
    """Within this time nobody else is heard, and this voice all the time."""
    heard = list(recording.voices(direction, from_ms, until_ms))
    assert set().union(*heard) == {voice}, heard
    assert sum(not each for each in heard) * WINDOW_MS <= GAPS_MS, heard
