"""From a fact to the pages: 1,000 live sockets at 2,000 facts a second; beside it, the same with each page told alone.

A process of pages beside ccore's. One page in ten is a supervisor's with all agents, queues, callers and calls before
it; the others are agents' with their own state, calls and queues. A tenth of both is looked at closely: when did it
learn of each state and call, by the time that stands in it.
"""

import asyncio
import base64
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import uvloop

from ccore import log
from ccore.clock import utc_now
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.queues.model import Device, State
from ccore.web.live import room
from ccore.web.live.board import frame
from tests.bench import Figure
from tests.support.asterisk import NODE
from tests.support.live import PATH, Running, running

PAGES = 1_000
SUPERVISORS = 100
RATE = 2_000  # facts a second: half of them agents' states, half calls that begin and end
STEP_S = 0.005
WARM_UP_S = 3.0
MEASURED_S = 8.0
CLOSELY = 10  # one page in so many
AT_ONCE = 50  # sockets that are being opened
GOAL_MS = 200.0
READY_WITHIN_S = 120.0
ALIVE_EVERY_S = 8.0
ENDS_WITHIN_S = 60.0
OF_SUPERVISORS, OF_AGENTS = ("agents", "queues", "waiting", "calls"), ("me", "queues", "calls")
STATES = (State.READY, State.RINGING, State.TALKING, State.WRAP_UP)


def run() -> list[Figure]:
    """Ours and the baseline, one after the other."""
    ours, baseline = uvloop.run(_measured("ours")), uvloop.run(_measured("alone"))
    name = f"live, {PAGES:,} pages at {RATE:,} facts/s, fact to page, p99"
    return [
        Figure(name, ours.p99_ms, "ms", baseline.p99_ms, f"at most {GOAL_MS:.0f} ms", ours.p99_ms <= GOAL_MS),
        Figure("live, the same, median", ours.median_ms, "ms", baseline.median_ms, "", None),
        Figure("live, the same, a processor's share", ours.share, "%", baseline.share, "", None),
    ]


@dataclass(frozen=True, slots=True)
class Measured:
    """What pages saw in one run; ``share`` of a processor that ccore used, percent."""

    p99_ms: float
    median_ms: float
    share: float


async def _measured(how: str) -> Measured:
    with _serving(how) as process:
        assert process.stdout is not None
        told = await asyncio.to_thread(_ready, process.stdout)
        host, port = told["url"].removeprefix("http://").split(":")
        pages = [Page(token, number % CLOSELY == 0, topics) for number, (token, topics) in enumerate(_theirs(told))]
        try:
            return await _seen(process, pages, host, int(port))
        finally:
            for each in pages:
                each.leave()


async def _seen(process: "subprocess.Popen[bytes]", pages: list["Page"], host: str, port: int) -> Measured:
    for first in range(0, PAGES, AT_ONCE):
        await asyncio.gather(*(each.open(host, port) for each in pages[first : first + AT_ONCE]))
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()
    await asyncio.sleep(WARM_UP_S)
    for each in pages:
        each.late.clear()
    used, began = _used_s(process.pid), time.monotonic()
    await asyncio.sleep(MEASURED_S)
    share = (_used_s(process.pid) - used) / (time.monotonic() - began)
    assert not [each for each in pages if each.is_lost], "every page is there to the end"
    late = sorted(seconds for each in pages for seconds in each.late)
    assert len(late) > RATE * MEASURED_S / 4, f"{len(late)} is too little to judge by"
    return Measured(late[int(len(late) * 0.99)] * 1000, late[len(late) // 2] * 1000, share * 100)


def _ready(lines: IO[bytes]) -> dict[str, Any]:
    """What it says after its log."""
    told: dict[str, Any] = json.loads(next(line for line in lines if line.startswith(b"{")))
    return told


def _theirs(told: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((token, OF_SUPERVISORS) for token in told["supervisors"])
    yield from ((token, OF_AGENTS) for token in told["agents"])


@contextmanager
def _serving(how: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.bench.live", how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(ENDS_WITHIN_S)


def _used_s(pid: int) -> float:
    """The time of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True, eq=False)
class Page(asyncio.Protocol):
    """A socket that reads, and notes how late it was told; one that is not looked at closely only counts bytes."""

    token: str
    closely: bool
    topics: tuple[str, ...]
    late: list[float] = field(default_factory=list)
    is_lost: bool = False
    _bytes: bytearray = field(default_factory=bytearray)
    _opened: "asyncio.Future[None] | None" = None
    _transport: asyncio.Transport | None = None

    async def open(self, host: str, port: int) -> None:
        """Shake hands, and ask for the topics."""
        self._opened = asyncio.get_running_loop().create_future()
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        key = base64.b64encode(random.randbytes(16)).decode()
        transport.write(
            f"GET {PATH} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n".encode()
        )
        self._transport = transport
        async with asyncio.timeout(READY_WITHIN_S):
            await self._opened
        self._live()
        for topic in self.topics:
            said = json.dumps({"do": "subscribe", "topic": topic}).encode()
            transport.write(bytes((0x81, 0x80 | len(said), 0, 0, 0, 0)) + said)

    def leave(self) -> None:
        """Close it without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _live(self) -> None:
        """Say from time to time that it is there, so that nobody has to ask."""
        if self._transport is not None and not self.is_lost:
            self._transport.write(b"\x8a\x80\0\0\0\0")
            asyncio.get_running_loop().call_later(ALIVE_EVERY_S, self._live)

    def data_received(self, data: bytes) -> None:
        assert self._opened is not None
        if self._opened.done() and not self.closely:
            return
        self._bytes += data
        if not self._opened.done():
            head, end, rest = bytes(self._bytes).partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                self._opened.set_exception(ConnectionRefusedError(head.decode()))
                return
            self._bytes = bytearray(rest)
            self._opened.set_result(None)
        now = time.time()
        for content in self._frames():
            self._note(json.loads(content), now)

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = True
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(ConnectionResetError("closed before it was opened"))

    def _frames(self) -> Iterator[bytes]:
        data = self._bytes
        while len(data) >= 2:
            size, begin = data[1], 2
            if size >= 126:
                begin = 4 if size == 126 else 10
                size = int.from_bytes(data[2:begin], "big")
            if len(data) < begin + size:
                return
            if data[0] == 0x81:
                yield bytes(data[begin : begin + size])
            del data[: begin + size]

    def _note(self, told: dict[str, Any], now: float) -> None:
        if told.get("topic") in {"agents", "me", "calls"}:
            for entry in told.get("set", {}).values():
                self.late.append(now - datetime.fromisoformat(entry.get("since") or entry["began_at"]).timestamp())


async def _serve(how: str) -> None:
    """As ccore does: with a PostgreSQL, people with tokens, and facts from a line on stdin on, to the end of that."""
    log.configure("console", "error")  # standard output is for what `_ready` reads, and nobody reads on
    if how == "alone":
        room._tell = _tell_alone
    with tempfile.TemporaryDirectory(prefix="ccore-live-") as name:
        Path(name).chmod(0o755)
        server = EmbeddedPostgres(Path(name) / "postgres")
        await server.start()
        try:
            await migrate(server.dsn)
            gc.freeze()  # as `ccore run` does
            async with (
                Database.opened(server.dsn, Settings()) as database,
                running(Path(name), database, server.dsn) as run,
            ):
                told = await _people(database, run)
                print(json.dumps({"url": run.url, **told}), flush=True)
                if await asyncio.to_thread(sys.stdin.readline):
                    happening = asyncio.create_task(_happen(run))
                    await asyncio.to_thread(sys.stdin.read)  # until nobody wants it any more
                    happening.cancel()
        finally:
            await server.stop()


def _tell_alone(stand: room.Stand, topic: str, content: bytes) -> None:
    """The baseline: each page is written its own frame."""
    told = json.loads(content[content.index(b'{"') :])
    for client in stand.clients:
        client.tell(topic, frame(json.dumps(told)))


async def _people(database: Database, run: Running) -> dict[str, list[str]]:
    people, tokens = People(database), dict[str, list[str]](supervisors=[], agents=[])
    for number in range(PAGES):
        agent = "" if number < SUPERVISORS else str(20_000 + number)
        login, role = f"p{number}", Role.AGENT if agent else Role.SUPERVISOR
        await people.add(login, login, role, agent, "bench")
        made = await people.new_token(login, 1, "", "bench")
        assert made is not None
        tokens["agents" if agent else "supervisors"].append(made.token)
        if agent:
            skills = {"chinese": 5} if number % 2 else {"sales": 5, "chinese": 3}
            await run.parts.floor.staff.write(agent, f"Agent {agent}", skills, "bench")
    await run.parts.floor.agents.look()
    return tokens


async def _happen(run: Running) -> None:
    """Facts at a steady rate, for ever."""
    agents, chance, calls, due = run.parts.floor.agents, random.Random(1), dict[str, str](), time.monotonic()
    numbers = sorted(agents.agents())
    count = 0
    while True:
        due += STEP_S
        await asyncio.sleep(max(due - time.monotonic(), 0))
        for _ in range(round(RATE * STEP_S)):
            count += 1
            agent = chance.choice(numbers)
            if count % 2:
                before = agents.presences()[agent]
                device = before.device or Device("phone", agent, NODE)
                state = chance.choice([each for each in STATES if each is not before.state])
                agents._take_in(
                    replace(before, state=state, since=utc_now(), device=device, version=before.version + 1)
                )
            elif call := calls.pop(agent, ""):
                run.hangs_up(call)
            else:
                calls[agent] = f"c-{count}"
                run.rings(calls[agent], agent)


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
