"""Listens to what a caller is played: takes the RTP of one call at a time and tells which prompts it was."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from tests.support.heard import UNKNOWN, Hearing, Sounds, names

_RTP_HEADER = 12


class Ear(asyncio.DatagramProtocol):
    """A socket that RTP can be sent to."""

    def __init__(self) -> None:
        self.port = 0
        self._packets: list[tuple[bytes, float]] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info("sockname")[1]
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if len(data) > _RTP_HEADER and data[1] & 0x7F == 8:  # payload type 8 is A-law
            self._packets.append((data[_RTP_HEADER:], time.monotonic()))

    def say(self, packet: bytes, port: int) -> None:
        """Send one RTP packet to 127.0.0.1:``port``."""
        assert self._transport is not None
        self._transport.sendto(packet, ("127.0.0.1", port))

    def payload(self) -> bytes:
        """All of the A-law heard since the last time."""
        heard = b"".join(payload for payload, _ in self._packets)
        self._packets.clear()
        return heard

    def hear(self, sounds: Sounds) -> list[str]:
        """Names of the prompts heard since the last time, in order; what is none of them is left out."""
        hearing = Hearing(sounds)
        for payload, at in self._packets:
            hearing.take(payload, at)
        self._packets.clear()
        return [name for name in names(hearing.heard()) if name != UNKNOWN]


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """An ear on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    try:
        yield ear
    finally:
        transport.close()
