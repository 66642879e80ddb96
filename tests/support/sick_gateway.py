"""A gateway that speaks Kannel's sendsms and can be sick in each way that gateways are; it says what it has taken."""

import asyncio
import contextlib
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import aiohttp

from tests.support.ports import free_port

Mood = Literal["well", "refusing", "hanging", "failing", "cutting", "twice", "receipts-first"]
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n\r\n0: Accepted for delive"
_FAILED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ntrouble"
_DELIVERED, _ACCEPTED = 1, 8


@dataclass(slots=True)
class SickGateway:
    """``asked`` and ``taken``: how often it was asked to send each message, and took it on to be sent."""

    port: int = field(default_factory=free_port)
    mood: Mood = "well"
    asked: Counter[int] = field(default_factory=Counter)
    taken: Counter[int] = field(default_factory=Counter)
    _server: asyncio.Server | None = None
    _hanging: set[asyncio.StreamWriter] = field(default_factory=set)
    _talking: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where messages are sent to."""
        return f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    async def be(self, mood: Mood) -> None:
        """Behave so from now on; who hangs is cut off."""
        self.mood = mood
        for writer in self._hanging:
            writer.transport.abort()
        self._hanging.clear()
        if mood == "refusing" and self._server is not None:
            self._server.close()
            self._server = None
        elif mood != "refusing" and self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def close(self) -> None:
        """End it."""
        await self.be("refusing")
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._talking.add(task)
        task.add_done_callback(self._talking.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                await reader.readexactly(int(_header(head, "Content-Length")))
                await self._answer(head, reader, writer)
        finally:
            self._hanging.discard(writer)
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receipts = _header(head, "X-Kannel-DLR-Url")
        message = int(re.findall("&id=([0-9]+)", receipts)[0])
        self.asked[message] += 1
        if self.mood == "hanging":
            self._hanging.add(writer)
            await reader.read()
            return
        if self.mood == "failing":
            writer.write(_FAILED)
            return
        self.taken[message] += 1
        if self.mood == "cutting":
            writer.write(_TAKEN[:-5])
            await writer.drain()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()
            return
        if self.mood == "receipts-first":
            await _bring(receipts, _DELIVERED, _ACCEPTED, _DELIVERED)
        writer.write(_TAKEN + (_FAILED + _TAKEN if self.mood == "twice" else b""))
        await writer.drain()


@asynccontextmanager
async def sick_gateway() -> AsyncIterator[SickGateway]:
    """It is well at first."""
    gateway = SickGateway()
    await gateway.be("well")
    try:
        yield gateway
    finally:
        await gateway.close()


async def _bring(receipts: str, *words: int) -> None:
    async with aiohttp.ClientSession() as session:
        for word in words:
            url = receipts.replace("%d", str(word)).replace("%A", "x")
            async with session.get(url) as answer:
                assert answer.status == 200


def _header(head: str, name: str) -> str:
    return str(re.findall(f"(?im)^{name}: (.*)\r$", head)[0])
