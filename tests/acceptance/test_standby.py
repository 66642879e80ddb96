"""A caller whose ccore fails at once is served by its standby, and by the disk if that fails too: all within 3 s.

Both are scripted FastAGI servers here; Asterisk, the dialplan and the calls are real.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from ccore.config import Agi
from tests.acceptance.test_dialplan import CALLER, CODE, PATIENCE_MS, SLACK_MS, Switch
from tests.support.asterisk import NODE, node_config, running
from tests.support.ear import listening
from tests.support.ports import free_port
from tests.support.scripted_agi import Does, ScriptedAgi, scripted_agi
from tests.support.wirecut import Wire


@asynccontextmanager
async def switch(directory: Path, standby: int, *, first_listens: bool) -> AsyncIterator[Switch]:
    """Asterisk, told of a standby at this port, with or without a first ccore."""
    config = node_config(directory, agi=Agi(port=free_port(), standby=f"127.0.0.1:{standby}"))
    first_port = config.agi.port if first_listens else free_port()
    async with listening() as ear, scripted_agi(first_port) as first, running(config) as node:
        phone = Switch(node, config.nodes[NODE].sip_port, first, ear)
        yield phone
        phone.forgive("Connection refused", "Couldn't connect to any host")


async def served(phone: Switch, *prompts: str) -> None:
    """One call hears this, and not too late."""
    call, heard = await phone.call()
    assert (call.code, heard) == (200, list(prompts))
    assert call.answered_ms is not None
    print(f"answered after {call.answered_ms:.0f} ms")
    assert call.answered_ms < PATIENCE_MS + SLACK_MS


@contextmanager
def asks(one: ScriptedAgi, count: int) -> Iterator[None]:
    """Within the block, ``one`` is asked about so many calls."""
    before = len(one.asked)
    yield
    assert one.arguments()[before:] == [[CODE, CALLER, NODE, "local"]] * count


async def test_a_first_that_fails_at_once_is_stood_in_for(asterisk_root: Path, tmp_path: Path) -> None:
    port = free_port()
    async with scripted_agi(port) as standby, switch(tmp_path, port, first_listens=True) as phone:
        first = phone.ccore
        standby.result = "unknown-code"
        for first.does, first.result in ((Does.CLOSE, ""), (Does.RESET, ""), (Does.ANSWER, "unavailable")):
            with asks(first, 1), asks(standby, 1):
                await served(phone, "order-unknown-code")
        first.result = "placed"
        with asks(standby, 0):
            await served(phone, "order-placed")
        assert phone.spooled() == []
        first.does = Does.HANG  # what time is left is for the disk
        with asks(standby, 0):
            await served(phone, "order-received")
        assert len(phone.spooled()) == 1


async def test_with_both_away_the_order_is_kept_in_time(asterisk_root: Path, tmp_path: Path) -> None:
    port = free_port()
    async with scripted_agi(port) as standby, switch(tmp_path, port, first_listens=False) as phone:
        with asks(standby, 1):
            await served(phone, "order-placed")
        for standby.does in (Does.HANG, Does.CLOSE):
            with asks(standby, 1):
                await served(phone, "order-received")
        assert [(order["dialled"], order["caller"]) for order in phone.spooled()] == [(CODE, CALLER)] * 2


async def test_a_standby_whose_machine_is_off_costs_no_more_than_the_disk_can_make_good(
    asterisk_root: Path, tmp_path: Path
) -> None:
    wire = Wire(free_port(), 0)
    await wire.jam()  # SYNs are dropped: Asterisk gives up after 2 s
    try:
        async with switch(tmp_path, wire.port, first_listens=False) as phone:
            await served(phone, "order-received")
            phone.forgive("timed out after MAX_AGI_CONNECT")
            assert len(phone.spooled()) == 1
    finally:
        await wire.unjam()
        await wire.stop()
