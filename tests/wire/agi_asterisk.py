"""Asterisk's side of FastAGI: recordings of a real Asterisk 22.10.1, and a socket that plays its part.

A recording is a file of lines, ``>`` said by Asterisk and ``<`` said to it; ``{word}`` stands for the random word of
the proof. They were taken between Asterisk and this server with real SIP calls (the forged ones with hostile headers).
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ccore.agi import Agi, Route, Server
from ccore.agi import server as product

DATA = Path(__file__).parent / "data"
PATIENCE_S = 30.0  # for what must happen soon; only a failing test waits so long

Said = list[tuple[bytes, bytes]]


def recording(name: str) -> Said:
    """(b">" or b"<", line) in order; lines without their line feed."""
    lines = (DATA / f"agi-{name}.txt").read_bytes().removesuffix(b"\n").split(b"\n")
    return [(line[:1], line[2:]) for line in lines]


def headers(name: str = "order") -> bytes:
    """The header block of a recording, the blank line after it included."""
    lines = [line for mark, line in recording(name) if mark == b">"]
    return b"\n".join(lines[: lines.index(b"") + 1]) + b"\n"


class Asterisk:
    """A socket to the server, and what Asterisk says and hears on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.word = b""

    async def prove(self) -> None:
        """Hear the random word and repeat it."""
        command = await self.hear()
        self.word = command.removeprefix(b"GET FULL VARIABLE ")
        self.say(b"200 result=1 (" + self.word + b")\n")

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)

    async def say_in_pieces(self, data: bytes, size: Callable[[], int]) -> None:
        """Send bytes so that each piece arrives alone: both ends are in this loop, so the server reads in between."""
        while data and not self.writer.is_closing():  # uvloop raises where asyncio drops
            count = size()
            self.say(data[:count])
            data = data[count:]
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def hear(self) -> bytes:
        """The next command, without its line feed; b"" when the server has closed."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return (await self.reader.readline()).removesuffix(b"\n")
        except ConnectionError:
            return b""

    async def closed(self) -> bool:
        """Whether the server closes without another word."""
        return await self.hear() == b""

    async def close(self) -> None:
        """Close the socket, as Asterisk does when the call has left the AGI."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def play(self, said: Said, size: Callable[[], int]) -> None:
        """Say what a recording says, in pieces, and insist on hearing what it heard."""
        waiting = b""
        for mark, line in said:
            if mark == b">":
                waiting += line.replace(b"{word}", self.word) + b"\n"
            else:
                await self.say_in_pieces(waiting, size)
                waiting = b""
                heard = await self.hear()
                self.word = self.word or re.sub(rb".* ", b"", heard)
                assert heard == line.replace(b"{word}", self.word)
        await self.say_in_pieces(waiting, size)


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Asterisk]:
    """A socket that has said nothing."""
    asterisk = Asterisk(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield asterisk
    finally:
        await asterisk.close()


@asynccontextmanager
async def calling(port: int, block: bytes | None = None) -> AsyncIterator[Asterisk]:
    """A session as Asterisk opens it: headers, and the right answer to the proof."""
    async with connected(port) as asterisk:
        asterisk.say(headers() if block is None else block)
        await asterisk.prove()
        yield asterisk


@asynccontextmanager
async def serving(
    routes: Mapping[str, Route],
    max_sessions: int = 1000,
    session_deadline_s: float = PATIENCE_S,
    opening_s: float = PATIENCE_S,
) -> AsyncIterator[Server]:
    """A real server; afterwards no task of it may be left.

    It is patient with an opening unless told otherwise: on a busy machine tiny pieces take their time.
    """
    before = asyncio.all_tasks()
    server = Server("127.0.0.1", 0, routes, max_sessions, session_deadline_s)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(product, "OPENING_DEADLINE_S", opening_s)
        await server.start()
        try:
            yield server
        finally:
            await server.stop(drain_s=PATIENCE_S)
    await eventually(lambda: asyncio.all_tasks() <= before)


async def order(agi: Agi) -> None:
    """The shortest route worth the name."""
    await agi.set_variable("CCORE_RESULT", "placed")


ORDER = {"one_dial_order": order}
SET = b'SET VARIABLE "CCORE_RESULT" "placed"'  # what it asks of Asterisk


async def place_an_order(port: int) -> None:
    """A whole good session."""
    async with calling(port) as asterisk:
        assert await asterisk.hear() == SET
        asterisk.say(b"200 result=1\n")
        assert await asterisk.closed()


async def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.005)


def refused(reason: str) -> float:
    """How many connections were refused for a reason, since the process began."""
    return REGISTRY.get_sample_value("ccore_agi_refused_total", {"reason": reason}) or 0.0


def ended(route: str, ending: str) -> float:
    """How many sessions of a route ended so, since the process began."""
    labels = {"route": route, "ending": ending}
    return REGISTRY.get_sample_value("ccore_agi_session_seconds_count", labels) or 0.0
