"""How late the event loop is at 2,000 AMI events a second: ccore with its tracker of calls beside stock panoramisk."""

import asyncio
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvloop
from panoramisk.manager import Manager
from prometheus_client import REGISTRY

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.service import Calls
from ccore.calls.tracker import Tracker
from tests.bench import Figure
from tests.bench.ami import without_login
from tests.support.witness import Notes
from tests.wire.ami_server import ACTIONS_SECRET, EVENTS_SECRET, Action, AmiServer, Connection
from tests.wire.recording import recording

RATE = 2000
ROUNDS = 3
SECONDS = 4.0  # of events in each round
WARM_UP_S = 0.5
MEASURED_S = 2.5
TICK_S = 0.002
SLICE = 10  # events at once
GOAL_MS = 50.0
LEAST_SHARE = 0.95  # of the rate that must have come for a round to count
RECORDED_ID = b"libs1-17953107"  # how every Uniqueid of the recording begins


def run() -> list[Figure]:
    """Ours and stock in turn; each round's p99 of how late a timer was, and the median of the rounds."""
    with replaying() as port:
        ours, stock = uvloop.run(_measure(port))
    ours_ms, stock_ms = statistics.median(ours), statistics.median(stock)
    name = f"AMI, lag of the loop at {RATE:,} events/s, p99"
    return [Figure(name, ours_ms, "ms", stock_ms, f"below {GOAL_MS:.0f} ms", ours_ms < GOAL_MS)]


async def _measure(port: int) -> tuple[list[float], list[float]]:
    ours, stock = [], []
    for number in range(ROUNDS):
        async with _ours(port, f"lag{number}") as told:
            ours.append(await _lag_p99_ms(told))
        async with _stock(port) as told:
            stock.append(await _lag_p99_ms(told))
    return ours, stock


async def _lag_p99_ms(told: Callable[[], float]) -> float:
    """How late one timer in a hundred is while the events come; ``told`` counts those that were handled."""
    await asyncio.sleep(WARM_UP_S)
    late, before, ends = [], told(), time.perf_counter() + MEASURED_S
    while (due := time.perf_counter() + TICK_S) < ends:
        await asyncio.sleep(TICK_S)
        late.append(time.perf_counter() - due)
    expected = MEASURED_S * RATE * _wanted_share()
    assert told() - before >= LEAST_SHARE * expected, f"only {told() - before} of {expected:.0f} events were handled"
    return sorted(late)[int(len(late) * 0.99)] * 1000


@asynccontextmanager
async def _ours(port: int, node: str) -> AsyncIterator[Callable[[], float]]:
    link, feed = Link(node, "127.0.0.1", port, EVENTS_SECRET, ACTIONS_SECRET), Feed()
    calls = Calls({node: link}, feed, Notes())
    everything = feed.subscribe(node)

    async def read() -> None:
        async for _ in everything:
            pass

    tasks = [asyncio.create_task(work) for work in (link.run(), calls.run(), read())]
    await link.wait_up()
    yield lambda: REGISTRY.get_sample_value("ccore_ami_events_total", {"node": node, "outcome": "handled"}) or 0.0
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@asynccontextmanager
async def _stock(port: int) -> AsyncIterator[Callable[[], float]]:
    manager = Manager(host="127.0.0.1", port=port, username="stock", secret=EVENTS_SECRET)
    counted = 0

    async def count(_manager: Any, _event: Any) -> None:
        nonlocal counted
        counted += 1

    for name in Tracker.EVENTS:
        manager.register_event(name, count)
    await manager.connect()
    yield lambda: counted
    manager.close()


def _wanted_share() -> float:
    data = recording()
    return sum(data.count(f"Event: {name}\r\n".encode()) for name in Tracker.EVENTS) / data.count(b"\r\n\r\n")


@contextmanager
def replaying() -> Iterator[int]:
    """A process that plays an Asterisk at the port."""
    with subprocess.Popen([sys.executable, "-m", "tests.bench.lag"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


class Replay(AmiServer):
    """Sends the recording at a steady rate to whoever logs in for events; each pass is of other channels."""

    def __init__(self) -> None:
        super().__init__()
        self._passes = itertools.count()
        self._sending: set[asyncio.Task[None]] = set()

    def accept(self, to: Connection, action: Action) -> None:
        super().accept(to, action)
        if action["Events"] == "on":
            task = asyncio.create_task(self._send_all(to))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send_all(self, to: Connection) -> None:
        loop, began, sent = asyncio.get_running_loop(), asyncio.get_running_loop().time(), 0
        for slice_of_events in _slices(self._passes):
            to.send(slice_of_events)
            sent += SLICE
            await asyncio.sleep(began + sent / RATE - loop.time())
            if sent > RATE * SECONDS or to.writer.is_closing():
                break


def _slices(passes: Iterator[int]) -> Iterator[bytes]:
    """The recording over and over, some events at a time."""
    _, *events, _ = without_login(recording()).split(b"\r\n\r\n")
    for number in passes:
        for start in range(0, len(events), SLICE):
            slice_of_events = b"".join(event + b"\r\n\r\n" for event in events[start : start + SLICE])
            yield slice_of_events.replace(RECORDED_ID, f"pass{number}-17953107".encode())


async def serve() -> None:
    """Play an Asterisk until killed."""
    server = Replay()
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
