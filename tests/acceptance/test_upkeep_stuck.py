"""Nothing stays in a real Asterisk that nobody is on: vanished callers, silent AGI servers, calls without end."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ccore.config import Config
from ccore.db.pool import Database
from ccore.pbx.node import AsteriskNode
from ccore.upkeep.damping import Patience
from tests.support.asterisk import NODE, cdrs, node_config, running, until_channels, until_no_channels
from tests.support.manager import manager
from tests.support.queues import until_members, want
from tests.support.rawsip import Caller, calling
from tests.support.scripted_agi import Does, scripted_agi
from tests.support.shop import sql, value
from tests.support.upkeep import looked_after
from tests.support.waiting import until

VANISHED = 50
RTP_TIMEOUT_S = 30  # pjsip.conf
GONE_WITHIN_S = 50.0
UNDER_WAY = 19  # channels of test_what_is_under_way_is_not_stuck
IN_USE = "Local/118@from-trunk/n"  # a member whose telephone is the callers' own
DIALPLAN = """
[from-trunk]
exten => 100,1,Answer()
 same => n,Set(CCORE_RECORDING=nonsense)
 same => n,Wait(600)
exten => 101,1,Answer()
 same => n,Echo()
exten => 102,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(${CCORE_AGI}/menu)
 same => n,Wait(600)
exten => 103,1,Answer()
 same => n,AGI(${CCORE_AGI}/menu)
 same => n,Wait(600)
exten => 104,1,Answer()
 same => n,MixMonitor(2026/a.wav,i(CCORE_RECORDING))
 same => n,Wait(600)
exten => _11[07],1,Ringing()
 same => n,Wait(600)
exten => 111,1,Dial(Local/110@from-trunk/n)
exten => 112,1,Answer()
 same => n,Queue(service)
exten => 113,1,Answer()
 same => n,ConfBridge(1)
exten => 114,1,Answer()
 same => n,Park()
exten => 115,1,Dial(Local/100@from-trunk)
exten => 116,1,Dial(Local/100@from-trunk/n)
"""


class Vanished:
    """Callers of ``node`` of whom there was no sign of life after ``since``."""

    def __init__(self, node: AsteriskNode, since: float) -> None:
        self.node = node
        self.gone_after_s: float | None = None
        self._since = since

    async def watch(self) -> None:
        """See when the last of them is let go."""
        await until_no_channels(self.node, within_s=120)
        self.gone_after_s = time.monotonic() - self._since


@pytest.fixture
def config(asterisk_root: Path, tmp_path: Path) -> Config:
    return node_config(tmp_path, DIALPLAN)


@pytest.fixture
async def node(config: Config) -> AsyncIterator[AsteriskNode]:
    async with running(config, expected=["rtp_check_timeout", "Could not find MixMonitor"]) as node:
        yield node


@pytest.fixture(scope="module", autouse=True)
async def vanished(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Vanished]:
    """Callers who vanish from an Asterisk of their own while the other tests run."""
    config = node_config(tmp_path_factory.mktemp("vanished"), DIALPLAN)
    async with running(config, expected=["rtp_check_timeout"]) as node:
        async with on_the_phone(config, "100", VANISHED // 2), on_the_phone(config, "101", VANISHED - VANISHED // 2):
            await until_channels(node, VANISHED)
            found = Vanished(node, time.monotonic())
        watching = asyncio.create_task(found.watch())
        yield found
        watching.cancel()
        await node.cli("channel request hangup all")


@asynccontextmanager
async def on_the_phone(config: Config, number: str, count: int = 1) -> AsyncIterator[Caller]:
    """Callers who were answered; at the end of the block they are gone without a word."""
    async with calling(config.nodes[NODE].sip_port) as phone:
        for _ in range(count):
            call_id = uuid.uuid4().hex
            phone.invite(number.encode(), b"13800138000", call_id=call_id, branch=call_id)
        assert await phone.until_finals(count, 30) == [200] * count
        yield phone


async def test_f4_a_call_whose_agi_server_fell_silent_is_freed(
    node: AsteriskNode, config: Config, database: Database
) -> None:
    before = corrections("agi-stuck")
    async with scripted_agi(config.agi.port) as server, looked_after(config, database, agi_s=1.0):
        server.does = Does.HANG
        async with on_the_phone(config, "102", 3) as phone, on_the_phone(config, "100"):
            await phone.until_hung_up(3, within_s=30)
            await until_channels(node, 1)  # who is not in AGI is left alone
            await until(lambda: corrections("agi-stuck") - before >= 3)
    assert corrections("agi-stuck") - before == 3
    await node.cli("channel request hangup all")


async def test_what_refuses_to_be_mended_is_tried_less_and_less_and_then_left_to_people(
    node: AsteriskNode, config: Config, database: Database
) -> None:
    """Without AGIEXITONHANGUP a hung-up channel stays in AGI for as long as the server says nothing."""
    before, patience = corrections("agi-stuck"), Patience(first_rest_s=0.1, tries=4, well_s=0.5)
    async with (
        scripted_agi(config.agi.port) as server,
        looked_after(config, database, patience, agi_s=0.5) as upkeep,
        on_the_phone(config, "103"),
    ):
        server.does = Does.HANG
        await until(lambda: upkeep.given_up(NODE) != [])
        [channel] = [
            line.split("!")[-1] for line in (await node.cli("core show channels concise")).splitlines() if line
        ]
        assert upkeep.given_up(NODE) == [f"agi-stuck: {channel}"]
        await until(lambda: given_up("agi-stuck") == 1)
        await asyncio.sleep(1)
        assert corrections("agi-stuck") - before == patience.tries
        server.cut()
        await until_no_channels(node)
        await until(lambda: given_up("agi-stuck") == 0)
    assert corrections("agi-stuck") - before == patience.tries


async def test_no_call_lasts_longer_than_the_site_allows(
    node: AsteriskNode, config: Config, database: Database
) -> None:
    async with on_the_phone(config, "100", 2) as old, looked_after(config, database, longest_call_s=6.0):
        await asyncio.sleep(4)
        async with on_the_phone(config, "100") as young:
            await old.until_hung_up(2, within_s=30)
            assert (old.hung_up(), young.hung_up()) == (2, 0)
            await young.until_hung_up(1, within_s=30)
    await until_no_channels(node)


async def test_what_is_under_way_is_not_stuck(node: AsteriskNode, config: Config, database: Database, dsn: str) -> None:
    """Ringing, waiting, parked, conferring, dialled by ccore: with no more patience than a moment."""
    await want(dsn, {"Local/117@from-trunk/n": (0, None), IN_USE: (0, None)})
    await sql(dsn, "UPDATE wanted_members SET state_interface = 'PJSIP/trunk-local' WHERE interface = $1", IN_USE)
    async with looked_after(config, database):
        await until_members(node, {"Local/117@from-trunk/n": (0, None), IN_USE: (0, None)}, within_s=30)
    async with (
        manager(config, "ccore-actions") as actions,
        on_the_phone(config, "112"),
        on_the_phone(config, "113", 2),
        on_the_phone(config, "114"),
        on_the_phone(config, "115"),
        on_the_phone(config, "116"),
        calling(config.nodes[NODE].sip_port) as ringing,
    ):
        ringing.invite(b"111", b"13800138000", call_id="ringing", branch="ringing")
        originate = ("Originate", "Channel: Local/110@from-trunk/n", "Async: true", "Application: Wait", "Data: 9")
        assert "Success" in await actions.ask(*originate)
        await until_channels(node, UNDER_WAY)
        await until(partial(in_use, node))
        async with looked_after(config, database, orphan_s=0.5, stuck_member_s=0.5):
            await asyncio.sleep(2)
        await until_channels(node, UNDER_WAY)
    assert corrections("channel-orphaned") == corrections("half-alone") == corrections("member-stuck") == 0
    await node.cli("channel request hangup all")


async def test_recordings_are_as_the_database_wants_them(
    node: AsteriskNode, config: Config, database: Database, dsn: str
) -> None:
    async with looked_after(config, database, recording_s=0.5) as upkeep:
        async with on_the_phone(config, "104"), on_the_phone(config, "100"):
            await until_channels(node, 2)
            await until(partial(any_runs, node))
            lines = (await node.cli("core show channels concise")).splitlines()
            channels = {line.split("!")[2]: line.split("!")[-1] for line in lines if line}
            recorded, other = channels["104"], channels["100"]
            await want_recording(dsn, recorded, recorded=True)
            await asyncio.sleep(1)
            assert upkeep.given_up(NODE) == []
            assert await runs(node, recorded)
            await want_recording(dsn, recorded, recorded=False)
            await until(partial(not_recorded, node, recorded))
            await want_recording(dsn, other, recorded=True)
            await until(lambda: upkeep.given_up(NODE) == [f"recording-missing: {other}"])
            await until(lambda: corrections("recording-unwanted") == 1)
        await node.cli("channel request hangup all")
        await sql(dsn, "UPDATE wanted_recordings SET decided_at = now() - interval '2 minutes'")
        await until(partial(value, dsn, "SELECT count(*) = 0 FROM wanted_recordings"))
        await until(lambda: upkeep.given_up(NODE) == [])


async def test_a_look_that_came_to_nothing_is_not_the_last(
    node: AsteriskNode, config: Config, database: Database, dsn: str
) -> None:
    async with looked_after(config, database):
        await sql(dsn, "ALTER TABLE wanted_members RENAME TO away")
        before = failed_looks()
        await until(lambda: failed_looks() > before)
        await sql(dsn, "ALTER TABLE away RENAME TO wanted_members")
        await want(dsn, {"PJSIP/1001": (2, "lunch")})
        await until_members(node, {"PJSIP/1001": (2, "lunch")}, within_s=30)


@pytest.mark.figures
async def test_f14_callers_who_vanish_are_let_go(vanished: Vanished) -> None:
    await until(lambda: vanished.gone_after_s is not None, GONE_WITHIN_S + 5)
    took_s = vanished.gone_after_s
    assert took_s is not None
    assert took_s <= GONE_WITHIN_S
    print(f"{VANISHED} callers vanish without BYE: 0 channels after {took_s:.1f} s (rtp_timeout = {RTP_TIMEOUT_S})")
    assert len(await cdrs(vanished.node, VANISHED)) == VANISHED


async def want_recording(dsn: str, channel: str, *, recorded: bool) -> None:
    """Decide on a channel."""
    await sql(
        dsn,
        "INSERT INTO wanted_recordings (node, channel, call_id, file, recorded) VALUES ($1, $2, $2, '2026/a.wav', $3)"
        " ON CONFLICT (node, channel) DO UPDATE SET recorded = excluded.recorded",
        NODE, channel, recorded,
    )  # fmt: skip


async def runs(node: AsteriskNode, channel: str) -> bool:
    """Whether Asterisk records the channel."""
    names = [
        line.split("!")[0] for line in (await node.cli("core show channels concise")).splitlines() if channel in line
    ]
    return "2026/a" in await node.cli(f"mixmonitor list {names[0]}")


async def any_runs(node: AsteriskNode) -> bool:
    """Whether Asterisk records a channel of extension 104."""
    lines = (await node.cli("core show channels concise")).splitlines()
    channels = [line.split("!")[-1] for line in lines if line and line.split("!")[2] == "104"]
    return bool(channels) and await runs(node, channels[0])


async def in_use(node: AsteriskNode) -> bool:
    """Whether the member whose telephone is the callers' own is."""
    return re.search(rf"{IN_USE}.*\(In use\)", await node.cli("queue show service")) is not None


async def not_recorded(node: AsteriskNode, channel: str) -> bool:
    return not await runs(node, channel)


def corrections(reason: str) -> float:
    """How many corrections of this process were made for this reason."""
    labels = {"node": NODE, "reason": reason, "outcome": "done"}
    return REGISTRY.get_sample_value("ccore_corrections_total", labels) or 0.0


def failed_looks() -> float:
    """How many looks of this process came to nothing."""
    return REGISTRY.get_sample_value("ccore_upkeep_looks_failed_total", {"node": NODE}) or 0.0


def given_up(reason: str) -> float:
    """How many things are left to people."""
    return REGISTRY.get_sample_value("ccore_corrections_given_up", {"node": NODE, "reason": reason}) or 0.0
