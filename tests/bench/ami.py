"""CPU per AMI event: a recording of a real Asterisk 22 through ccore's link and through stock panoramisk."""

import asyncio
import statistics
import time
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ccore.ami.actions import Login
from ccore.ami.inbox import Inbox
from ccore.ami.listeners import Listeners
from ccore.ami.refusals import Refusals
from ccore.ami.session import DEFAULTS, Session, StrictProtocol
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from tests.bench import Figure
from tests.wire.recording import recording

NODE = "bench"
ROUNDS = 15
PIECE_BYTES = 64 * 1024  # what one read of a busy socket brings
GOAL = 0.25
# The twelve kinds that calls and queues are followed by; the rest of the recording is noise to both.
WANTED = [
    *("Newchannel", "Newstate", "Hangup", "DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave"),
    *("QueueCallerJoin", "QueueCallerLeave", "AgentConnect", "AgentComplete", "Cdr"),
]


class NoSocket(asyncio.Transport):
    """A transport that leads nowhere: only parsing and telling are measured."""


class Count:
    """Callbacks of both kinds that only count, and ``all_told`` once every wanted event has come."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self.all_told = asyncio.Event()

    async def ours(self, _event: Message) -> None:
        self._left -= 1
        if self._left == 0:
            self.all_told.set()

    async def stock(self, _manager: Any, event: Any) -> None:
        await self.ours(event)


def run() -> list[Figure]:
    """Ours and stock panoramisk in turn, on the same pieces, wanted events told to async callbacks by both."""
    data = without_login(recording())
    pieces = [data[start : start + PIECE_BYTES] for start in range(0, len(data), PIECE_BYTES)]
    wanted = sum(data.count(f"Event: {name}\r\n".encode()) for name in WANTED)
    ours, stock = asyncio.run(_measure(pieces, wanted))
    messages = data.count(b"\r\n\r\n")
    ours_us, stock_us = (statistics.median(times) / messages * 1e6 for times in (ours, stock))
    goal = f"at most {GOAL} of stock panoramisk"
    return [Figure("AMI, CPU per event", ours_us, "µs", stock_us, goal, ours_us <= GOAL * stock_us)]


def without_login(data: bytes) -> bytes:
    """The recording without the answer to its login, which nobody here has asked for."""
    start, _, rest = data.partition(b"\r\n\r\n")
    return start.partition(b"\r\n")[0] + b"\r\n" + rest


async def _measure(pieces: list[bytes], wanted: int) -> tuple[list[float], list[float]]:
    ours, stock = [], []
    for _ in range(ROUNDS):
        ours.append(await _ours(pieces, Count(wanted)))
        stock.append(await _stock(pieces, Count(wanted)))
    return ours, stock


async def _ours(pieces: list[bytes], count: Count) -> float:
    listeners = Listeners(NODE, DEFAULTS.burst_s, _never)
    for name in WANTED:
        listeners.on(name, count.ours)
    inbox = Inbox(DEFAULTS.queue)
    session = Session(NODE, "", 0, Login("", ""), DEFAULTS, Refusals(NODE), listeners.events, inbox.put)
    telling = asyncio.create_task(listeners.tell_all(inbox))
    seconds = await _feed(StrictProtocol(session), pieces, count)
    telling.cancel()
    await asyncio.wait([telling])
    return seconds


async def _stock(pieces: list[bytes], count: Count) -> float:
    manager = Manager()
    for name in WANTED:
        manager.register_event(name, count.stock)
    protocol = AMIProtocol()
    protocol.encoding = "utf8"
    return await _feed(protocol, pieces, count, manager)


async def _feed(protocol: Any, pieces: list[bytes], count: Count, manager: Manager | None = None) -> float:
    protocol.connection_made(NoSocket())
    protocol.factory = manager or protocol.factory  # as panoramisk's Manager does
    started = time.process_time()
    for piece in pieces:
        protocol.data_received(piece)
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await count.all_told.wait()
    return time.process_time() - started


def _never(_snapshot: Snapshot) -> None:
    raise AssertionError("no snapshot is in the recording")
