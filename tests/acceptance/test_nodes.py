"""Two Asterisk nodes and one ccore: what happens to one node touches the calls of no other."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from ccore.pbx.node import AsteriskNode
from tests.support import sip
from tests.support.asterisk import records, until_channels
from tests.support.rawsip import call_once
from tests.support.shop import books
from tests.support.site import Site, site, subscribers

SOUND, BROKEN = "node1", "node2"
RATE = 20  # calls/s on each node
CALLS = 1200 if os.environ.get("CCORE_FULL") else 120
FAULT_AFTER_S = 1.5
FAULT_LASTS_S = 2.5
P99_MS, MOST_MS = 3000, 5000  # until a caller hears the prompt, as in test_faults.py
MOST_RECOVERY_S = 15.0
CODE = "1008610001"
DISPOSITION = 18  # column of the CDR file

Fault = Callable[[AsteriskNode], Awaitable[float]]


@pytest.fixture
async def shop(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A site with two nodes."""
    async with site(tmp_path, names=(SOUND, BROKEN)) as built:
        yield built
        built.assert_log_is_clean()


async def kill(node: AsteriskNode) -> float:
    """kill -9; returns when it is back."""
    node.kill()
    await node.wait()
    await asyncio.sleep(FAULT_LASTS_S)
    await node.start()
    return time.monotonic()


async def freeze(node: AsteriskNode) -> float:
    """It stands still, as on a machine that swaps."""
    assert node.pid is not None
    os.kill(node.pid, signal.SIGSTOP)
    await asyncio.sleep(FAULT_LASTS_S)
    os.kill(node.pid, signal.SIGCONT)
    return time.monotonic()


@pytest.mark.figures
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", [kill, freeze])
async def test_a_node_that_is_broken_touches_its_own_calls_only(shop: Site, fault: Fault) -> None:
    callers = {SOUND: subscribers(CALLS), BROKEN: subscribers(CALLS, start=50_000_000)}
    placing = {name: asyncio.create_task(place(shop, name, callers[name])) for name in callers}
    await asyncio.sleep(FAULT_AFTER_S)
    links = await reconnects(shop, SOUND)
    back_at = await fault(shop.nodes[BROKEN])
    await until_served(shop, BROKEN)
    recovery_s = time.monotonic() - back_at
    calls = {name: await task for name, task in placing.items()}

    waits = sorted(call.answered_ms or 0 for call in calls[SOUND])
    served = Counter(call.code == 200 for call in calls[BROKEN])[True]
    print(
        f"{fault.__name__} of {BROKEN} at {RATE} calls/s on each of two nodes: {SOUND} answered "
        f"{len(calls[SOUND])} of {CALLS}, slowest {waits[-1]:.0f} ms; {BROKEN} answered {served} of {CALLS}, "
        f"served again {recovery_s:.2f} s after it was back"
    )
    assert recovery_s <= MOST_RECOVERY_S
    assert Counter(call.code for call in calls[SOUND]) == {200: CALLS}
    assert waits[len(waits) * 99 // 100] <= P99_MS
    assert waits[-1] <= MOST_MS
    assert await reconnects(shop, SOUND) == links

    for node in shop.nodes.values():
        await until_channels(node, 0)
    await shop.all_records_in()
    await shop.until("SELECT count(*) FROM call_records WHERE state = 'open'", 0)
    await sound_calls_are_recorded(shop, callers[SOUND])
    assert bool(await broken_calls_are_closed(shop)) is (fault is kill)
    await all_answered_are_ordered(shop, [call for each in calls.values() for call in each])


async def place(shop: Site, name: str, callers: Sequence[str]) -> list[sip.Call]:
    """A call from each to the node of this name."""
    rows = [(caller, CODE) for caller in callers]
    return await sip.place(shop.config.nodes[name].sip_port, rows, rate=RATE, dead_after_s=2 * FAULT_LASTS_S)


async def reconnects(shop: Site, name: str) -> float:
    """How often the link to the node was lost or did not come up."""
    found = await shop.metrics()
    return sum(
        value for key, value in found.items()
        if key.startswith("ccore_ami_reconnects_total{") and f'node="{name}"' in key
    )  # fmt: skip


async def until_served(shop: Site, name: str) -> None:
    """Call the node with new subscribers until one call's order is placed by that call itself."""
    for caller in subscribers(100, start=90_000_000):
        status = await call_once(shop.config.nodes[name].sip_port, CODE.encode(), caller.encode())
        placed = "SELECT count(*) FROM orders WHERE subscriber = $1 AND channel = 'call'"
        if status == 200 and await shop.value(placed, f"+86{caller}"):
            return
        await asyncio.sleep(0.1)
    pytest.fail("no call was served after the fault")


async def sound_calls_are_recorded(shop: Site, callers: Sequence[str]) -> None:
    """Each call of the sound node: answered, ended by itself, its order in it, one record."""
    rows = await shop.rows("SELECT * FROM call_records WHERE node = $1", SOUND)
    assert Counter(row["caller"] for row in rows) == Counter(callers)
    assert {(row["state"], row["disposition"], row["order_outcome"]) for row in rows} == {
        ("ended", "answered", "placed")
    }
    assert {row[DISPOSITION] for row in records(shop.nodes[SOUND], "cdr")} == {"ANSWERED"}


async def broken_calls_are_closed(shop: Site) -> int:
    """Every call of the broken node that Asterisk began to record is closed; says how many as interrupted."""
    rows = await shop.rows("SELECT state, cdrs FROM call_records WHERE node = $1", BROKEN)
    begun = {row[16] for row in records(shop.nodes[BROKEN], "cel")}
    assert len(rows) == len(begun)
    assert {row["state"] for row in rows if row["cdrs"] == 0} <= {"interrupted"}
    return sum(row["state"] == "interrupted" for row in rows)


async def all_answered_are_ordered(shop: Site, calls: list[sip.Call]) -> None:
    """Whoever was answered has one order, by the call or by the spool; nobody has two."""
    for name in shop.nodes:
        spool = shop.config.spool_dir(name)
        assert not list((spool / "bad").glob("*"))
        await shop.until_spool_is_empty(name)
    await books(shop.postgres.dsn)
    ordered = Counter(row["subscriber"] for row in await shop.rows("SELECT subscriber FROM orders"))
    assert set(ordered.values()) == {1}
    assert {f"+86{call.caller}" for call in calls if call.code == 200} <= set(ordered)
