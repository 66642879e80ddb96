"""Each TCP port of a site is scanned in the middle of 20 calls a second: no caller notices, nothing is left open."""

import asyncio
import contextlib
import os
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import sip
from tests.support.asterisk import NODE, complaints, until_channels
from tests.support.shop import books
from tests.support.site import Site, site, subscribers
from tests.support.waiting import until

RATE = 20
CALLS = 110  # 5.5 s of calls: two rounds
CODE = "1008610001"
MOST_SILENCE_MS = 3000
LOG_BYTES_A_CALL = 400

# One round of a scan; rounds follow each other until the calls are over.
CLOSED_AT_ONCE = 200
IDLE = 500
HALF = 20
JUNK = b"\xff\x00junk" * 350_000  # 2 MB without an end
# Asterisk's manager says so of each KB, where the junk comes before the sockets that use up its logins.
OF_JUNK = ("Discarding message from", "Log queue threshold", "Logging resumed")
HELD_S = 2.5  # longer than ccore lets anybody keep it waiting at the AGI port
HALVES = {
    "agi": b"agi_network: yes\nagi_network_script: one_dial_order\nagi_req",
    "http": b"GET /ready HTTP/1.1\r\nHost: x\r\nX-",
    "ami": b"Action: Login\r\nUsername: ccore-ev",
}
SOCKETS_A_ROUND = CLOSED_AT_ONCE + IDLE + HALF + 1


@pytest.fixture(scope="module")
async def shop(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One site for all scans."""
    async with site(tmp_path_factory.mktemp("scan")) as built:
        yield built
        await until_channels(built.node, 0)
        await built.all_records_in()
        built.assert_log_is_clean()
        assert complaints(built.node, OF_JUNK) == []


@pytest.mark.parametrize("what", ["agi", "http", "ami"])
async def test_calls_go_on_while_a_port_is_scanned(shop: Site, what: str) -> None:
    port, pid = ports(shop)[what], server(shop, what)
    rows = [(caller, CODE) for caller in subscribers(CALLS, start=CALLS * list(HALVES).index(what))]
    figures, sockets = await shop.metrics(), sockets_at(pid, port)
    written = shop.log.stat().st_size
    orders = (await books(shop.postgres.dsn)).orders
    placing = asyncio.create_task(sip.place(shop.sip_port, rows, rate=RATE))
    watching = asyncio.create_task(ready_until(shop, placing))
    rounds = 0
    while not placing.done():
        await scan(port, HALVES[what])
        rounds += 1
    calls = await placing
    print(f"{what}: {rounds} rounds, slowest answer {max(call.answered_ms or 0 for call in calls):.0f} ms")
    always_ready = await watching
    assert always_ready or what == "http", "the event loop was busy for seconds"  # there strangers take others' places
    assert Counter((call.code, call.ended_by) for call in calls) == {(200, "callee"): CALLS}
    assert max(call.answered_ms or 0 for call in calls) <= MOST_SILENCE_MS
    await until_channels(shop.node, 0)
    assert (await books(shop.postgres.dsn)).orders - orders == CALLS
    assert await shop.value("SELECT count(*) FROM orders WHERE channel <> 'call'") == 0, "none was left to the node"
    await until(lambda: sockets_at(pid, port) <= sockets)
    refused = total(figures, "ccore_agi_refused_total") + (rounds * SOCKETS_A_ROUND if what == "agi" else 0)

    async def all_refused() -> bool:
        return total(await shop.metrics(), "ccore_agi_refused_total") >= refused

    await until(all_refused)  # the last of them may still wait to be taken
    after = await shop.metrics()
    assert shop.log.stat().st_size - written < CALLS * LOG_BYTES_A_CALL, "a scan does not fill the disk"
    assert total(after, "ccore_agi_refused_total") == refused
    assert total(after, "ccore_ami_reconnects_total") == total(figures, "ccore_ami_reconnects_total")


async def scan(port: int, half: bytes) -> None:
    """One round: connect and close, half a request, junk without an end, sockets that say nothing."""
    async with contextlib.AsyncExitStack() as held:
        for _ in range(IDLE):
            await held.enter_async_context(connected(port))
        for _ in range(HALF):
            await held.enter_async_context(connected(port, half))
        for _ in range(CLOSED_AT_ONCE):
            async with connected(port):
                pass
        async with connected(port, JUNK):
            await asyncio.sleep(HELD_S)


@contextlib.asynccontextmanager
async def connected(port: int, said: bytes = b"") -> AsyncIterator[None]:
    """A connection that says this and nothing more; whatever is answered, it is cut off in the end."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):  # it was closed by the other side before
            await writer.wait_closed()


async def ready_until(shop: Site, placing: asyncio.Task[list[sip.Call]]) -> bool:
    """Whether the daemon said each time that it was ready, until the calls were over."""
    answers = []
    while not placing.done():
        answers.append(await shop.ready())
        await asyncio.sleep(0.1)
    return all(answers)


def ports(shop: Site) -> dict[str, int]:
    """The TCP ports of a site."""
    return {"agi": shop.config.agi.port, "http": shop.config.http.port, "ami": shop.config.nodes[NODE].ami_port}


def server(shop: Site, what: str) -> int:
    """The process that listens there."""
    assert shop.ccore is not None
    pid = shop.node.pid if what == "ami" else shop.ccore.pid
    assert pid is not None
    return pid


def sockets_at(pid: int, port: int) -> int:
    """How many sockets a process holds at its own ``port``, the listening one among them."""
    links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    held = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(line[1].endswith(f":{port:04X}") and line[9] in held for line in lines)


def total(figures: dict[str, float], name: str) -> int:
    """The sum of a figure over its labels."""
    return round(sum(value for key, value in figures.items() if key.startswith(name)))
