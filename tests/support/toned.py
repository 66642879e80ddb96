"""Telephones that sing and listen: each says a tone of its own, and tells which tones of others came to it.

A tone stands in for a voice: who hears whom is then a matter of which frequencies are in the sound that arrives.
"""

import asyncio
import math
import time
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

from tests.support import alaw
from tests.support.agents import Phone
from tests.support.dtmf import EVENT
from tests.support.heard import Hearing
from tests.support.keypad import Keypad, Media
from tests.support.rawsip import calling
from tests.support.waiting import beside

RATE_HZ = 8000
WINDOW_BYTES = 1600  # 0.2 s: a look at what is heard now
_KEYS = "0123456789*#ABCD"  # the number of each event
_AMPLITUDE = 6000
_LOUD = 300.0  # a tone's amplitude from which it counts as heard: conferences and codecs take some away
_LINEAR: Mapping[int, int] = {
    code[0]: sample for sample in range(-32768, 32768, 8) for code in [alaw.encoded([sample])]
}


def tone(hz: float, seconds: float) -> bytes:
    """A-law of one tone, so long that it can be said again and again without a click."""
    count = round(seconds * RATE_HZ)
    return alaw.encoded(round(_AMPLITUDE * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(count))


def linear(sound: bytes) -> "array[int]":
    """The 16-bit samples of A-law."""
    return array("h", (_LINEAR[code] for code in sound))


def loudness(sound: bytes, hz: float) -> float:
    """The amplitude of one frequency in A-law (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    last = before = 0.0
    for sample in linear(sound):
        last, before = sample + factor * last - before, last
    return 2 * math.sqrt(max(0.0, last**2 + before**2 - factor * last * before)) / max(1, len(sound))


class Ear:
    """What comes to one telephone, with the moment of each packet; stands where a ``Hearing`` stands."""

    def __init__(self) -> None:
        self._packets: list[tuple[float, bytes]] = []

    def take(self, payload: bytes, at: float) -> None:
        """One packet of A-law, in order."""
        self._packets.append((at, payload))
        del self._packets[:-250]

    def latest(self) -> bytes:
        """The last 0.2 s of sound, as far as it is of the last 0.5 s."""
        since = time.monotonic() - 0.5
        return b"".join(payload for at, payload in self._packets if at >= since)[-WINDOW_BYTES:]

    def first(self, hz: int, since: float) -> float | None:
        """When the first packet with a tone of ``hz`` came, of those of the last 5 s."""
        return next((at for at, payload in self._packets if at >= since and loudness(payload, hz) > _LOUD), None)

    def hears(self, tones: Mapping[str, int]) -> set[str]:
        """Whose tones there are in it now."""
        sound = self.latest()
        if len(sound) < WINDOW_BYTES:
            return set()
        return {name for name, hz in tones.items() if loudness(sound, hz) > _LOUD}


class Singer:
    """A telephone (its media) that sings ``hz`` from now on."""

    def __init__(self, media: Media, hz: int) -> None:
        self.ear = cast(Ear, media.hearing)
        self.media = media
        self._sound = tone(hz, 0.2)  # of frequencies that are multiples of 5 Hz, whole periods

    async def sing(self) -> None:
        """For ever."""
        while True:
            await self.media.say(self._sound)


class Choir:
    """Some telephones by name, each with its tone. ``await choir.until({"caller": {"1001"}})``."""

    def __init__(self, tones: Mapping[str, int]) -> None:
        self.tones = tones
        self.singers: dict[str, Singer] = {}

    def join(self, name: str, media: Media) -> Singer:
        """A telephone sings from now on as ``name``."""
        singer = self.singers[name] = Singer(media, self.tones[name])
        return singer

    def heard(self) -> dict[str, set[str]]:
        """Who hears whom now."""
        return {name: singer.ear.hears(self.tones) for name, singer in self.singers.items()}

    async def until(self, expected: Mapping[str, set[str]], within_s: float = 30.0) -> None:
        """Wait until each of the named hears just those; fails with who hears whom instead."""
        deadline = time.monotonic() + within_s
        while True:
            heard = self.heard()
            if all(heard[name] == voices for name, voices in expected.items()):
                return
            assert time.monotonic() < deadline, f"expected {expected}, but it is {heard}"
            await asyncio.sleep(0.1)


class Line(Media):
    """The sound of a telephone, and the keys that the other side presses."""

    def __init__(self) -> None:
        super().__init__(ear(), "rfc4733", talks=True)
        self.keys = ""

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Keep a key when it begins."""
        begins = data[1] == EVENT | 0x80
        if begins:
            self.keys += _KEYS[data[12]]
        super().datagram_received(data, addr)


def ear() -> Hearing:
    """An ``Ear``, for what wants a ``Hearing``."""
    return cast(Hearing, Ear())


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    """A socket for the sound of one telephone."""
    loop = asyncio.get_running_loop()
    transport, found = await loop.create_datagram_endpoint(Line, local_addr=("127.0.0.1", 0))
    try:
        yield found
    finally:
        transport.close()


@asynccontextmanager
async def singing(choir: Choir, phones: Mapping[str, Phone]) -> AsyncIterator[None]:
    """``phones``, by their name in the choir, sing within the block; they have no media yet."""
    async with AsyncExitStack() as stack:
        for name, phone in phones.items():
            phone.media = await stack.enter_async_context(line())
            await stack.enter_async_context(beside(choir.join(name, phone.media).sing()))
        yield


@asynccontextmanager
async def singing_call(
    port: int, number: str, choir: Choir, caller: str, name: str = "caller"
) -> AsyncIterator[Keypad]:
    """A call to ``number`` at the SIP port ``port``, whose caller sings as ``name``, from its answer to its end."""
    async with line() as media, calling(port, "127.0.0.1") as sip:
        phone = Keypad(sip, media)
        media_port = await phone.dial(number, caller)
        assert media_port is not None, phone.code
        async with beside(_talking(phone, media, media_port)), beside(choir.join(name, media).sing()):
            try:
                yield phone
            finally:
                if not phone.is_over:
                    phone.hang_up()
                    while not sip.answers(b"BYE"):
                        await asyncio.sleep(0.02)


async def _talking(phone: Keypad, media: Media, port: int) -> None:
    """Be heard until the call is over: from then on what comes to that port is for another call."""
    async with beside(media.talk(port)):
        while not phone.is_over and not phone.has_left:
            await asyncio.sleep(0.1)
