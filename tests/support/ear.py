"""Listens to what a caller is played: takes the RTP of one call at a time and tells which prompt its tone is."""

import asyncio
import cmath
import math
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any, cast

RATE_HZ = 8000
WINDOW = 160  # samples: 20 ms, one packet
_RTP_HEADER = 12
_QUIET = 500.0  # mean amplitude below which a window is silence; prompts are at 8000 of 32767

Tone = Sequence[tuple[int, int]]


class Ear(asyncio.DatagramProtocol):
    """A socket that RTP can be sent to."""

    def __init__(self) -> None:
        self.port = 0
        self._sound = bytearray()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.port = transport.get_extra_info("sockname")[1]
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if len(data) > _RTP_HEADER and data[1] & 0x7F == 8:  # payload type 8 is A-law
            self._sound += data[_RTP_HEADER:]

    def say(self, packet: bytes, port: int) -> None:
        """Send one RTP packet to 127.0.0.1:``port``."""
        assert self._transport is not None
        self._transport.sendto(packet, ("127.0.0.1", port))

    def hear(self, tones: Mapping[str, Tone]) -> list[str]:
        """Names of the tones heard since the last time, in order; what is none of them is left out."""
        notes = _notes(self._sound, {hertz for tone in tones.values() for hertz, _ in tone if hertz})
        self._sound.clear()
        return list(_named(notes, {name: _sounded(tone) for name, tone in tones.items()}))


@asynccontextmanager
async def listening() -> AsyncIterator[Ear]:
    """An ear on a free port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    try:
        yield ear
    finally:
        transport.close()


def _notes(sound: bytes | bytearray, frequencies: Iterable[int]) -> list[tuple[int, int]]:
    """Frequency and number of windows of each note; silence is 0."""
    samples = [_linear(code) for code in sound]
    windows = [samples[start : start + WINDOW] for start in range(0, len(samples) - WINDOW + 1, WINDOW)]
    heard = [_frequency(window, list(frequencies)) for window in windows]
    return [(hertz, len(list(same))) for hertz, same in groupby(heard)]


def _frequency(window: Sequence[int], frequencies: Sequence[int]) -> int:
    if sum(map(abs, window)) / len(window) < _QUIET:
        return 0
    return max(frequencies, key=lambda hertz: _power(window, hertz))


def _power(window: Sequence[int], hertz: int) -> float:
    step = -2j * math.pi * hertz / RATE_HZ
    return abs(sum(value * cmath.exp(step * index) for index, value in enumerate(window)))


def _sounded(tone: Tone) -> list[int]:
    return [hertz for hertz, _ in tone if hertz]


def _named(notes: Sequence[tuple[int, int]], tones: Mapping[str, list[int]]) -> Iterable[str]:
    """The longest tone that fits where we are, again and again. Notes of one window are edges between two others."""
    heard = [hertz for hertz, windows in notes if hertz and windows > 1]
    while heard:
        fitting = [name for name, tone in tones.items() if heard[: len(tone)] == tone]
        if fitting:
            name = max(fitting, key=lambda name: len(tones[name]))
            yield name
        heard = heard[len(tones[name]) if fitting else 1 :]


def _linear(code: int) -> int:
    """ITU-T G.711 A-law to a 13-bit sample on the 16-bit scale."""
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, code & 0x0F
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value
