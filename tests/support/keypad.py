"""A caller who listens and keys: a SIP telephone whose RTP is real, in both directions.

``async with dialled(port, "10086", sounds=...) as phone:`` is a call from its answer to its end. ``phone.key("12#")``
presses keys, ``phone.until("main-menu")`` waits for a sound, ``phone.heard()`` is what was played; all moments are
``time.monotonic()``.
"""

import asyncio
import random
import re
import socket
import struct
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, cast

from tests.support import dtmf
from tests.support.dtmf import AUDIO, EVENT, FRAME, SILENCE
from tests.support.heard import Heard, Hearing, Sounds
from tests.support.rawsip import Caller, calling

By = Literal["rfc4733", "inband"]

PAUSE_MS = 60  # between two keys
TICK_S = 0.02
QUIET_TICKS = 50  # a telephone that sends no silence still shows once a second that it is there
ANSWERED_WITHIN_S = 30.0
_RTP_HEADER = struct.Struct(">BBHII")
_RECEIVE_BYTES = 1 << 20
_SDP = """v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 {host}\r
t=0 0\r
m=audio {port} RTP/AVP {types}\r
a=rtpmap:8 PCMA/8000\r
{events}a=ptime:20\r
"""
_EVENTS = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"


@dataclass(frozen=True, slots=True)
class Pressed:
    """One key: when it went down and when it came up again (its last packet was sent)."""

    key: str
    down: float
    up: float


Packet = tuple[int, bool, bytes]  # payload type, marker, payload


class Media(asyncio.DatagramProtocol):
    """Both directions of a call's RTP: says what it is told to say, one packet each 20 ms, and keeps what comes."""

    def __init__(self, hearing: Hearing, by: By, *, talks: bool) -> None:
        self.host, self.port = "", 0
        self.lost = 0  # packets that never came
        self.news = asyncio.Event()
        self.hearing = hearing
        self._by = by
        self._talks = talks or by == "inband"  # tones need the silence around them
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = random.randrange(1 << 16)
        self._timestamp = random.randrange(1 << 31)
        self._event_timestamp = 0
        self._source = random.randrange(1 << 32)
        self._expected: int | None = None
        self._ahead: deque[tuple[list[Packet], Callable[[float], None]]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        self.host, self.port = transport.get_extra_info("sockname")
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Keep what is to be heard."""
        at = time.monotonic()
        _, kind, sequence, *_ = _RTP_HEADER.unpack_from(data)
        if kind & 0x7F != AUDIO:
            return
        if self._expected is not None:
            self.lost += (sequence - self._expected) & 0xFFFF
        self._expected = (sequence + 1) & 0xFFFF
        self.hearing.take(data[_RTP_HEADER.size :], at)
        self.news.set()

    @property
    def events(self) -> bool:
        """Whether keys travel as events."""
        return self._by == "rfc4733"

    async def press(self, key: str, press_ms: int, pause_ms: int) -> Pressed:
        """Press one key, after those that are being pressed, and leave a pause after it."""
        loop = asyncio.get_running_loop()
        down, up, over = (loop.create_future() for _ in range(3))
        *first, last = self._frames(key, press_ms)
        pause = [[(AUDIO, False, SILENCE)]] * max(1, pause_ms // 20)
        self._ahead += [(first[0], down.set_result), *((frame, _nobody) for frame in first[1:]), (last, up.set_result)]
        self._ahead += [*((frame, _nobody) for frame in pause[1:]), (pause[0], over.set_result)]
        await over
        return Pressed(key, await down, await up)

    async def say(self, sound: bytes) -> None:
        """Say A-law, after the keys that are being pressed, to its end."""
        over = asyncio.get_running_loop().create_future()
        frames = [[(AUDIO, False, sound[at : at + FRAME])] for at in range(0, len(sound), FRAME)]

        def said(at: float) -> None:
            if not over.done():  # who spoke may have stopped in the middle
                over.set_result(at)

        self._ahead += [*((frame, _nobody) for frame in frames[:-1]), (frames[-1], said)]
        await over

    def hush(self) -> None:
        """Say no more of what was to be said."""
        self._ahead.clear()

    def _frames(self, key: str, press_ms: int) -> list[list[Packet]]:
        if not self.events:
            return [[(AUDIO, False, payload)] for payload in dtmf.tones(key, press_ms)]
        ticks = dtmf.events(key, press_ms)
        return [[(EVENT, number == 0, payload) for payload in tick] for number, tick in enumerate(ticks)]

    async def talk(self, port: int) -> None:
        """Send to 127.0.0.1:``port`` for ever."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for tick in count():
            if self._ahead:
                packets, told = self._ahead.popleft()
                self._send(port, packets)
                told(time.monotonic())
            elif self._talks or tick % QUIET_TICKS == 0:
                self._send(port, [(AUDIO, tick == 0, SILENCE)])
            self._timestamp += FRAME
            await asyncio.sleep(began + (tick + 1) * TICK_S - loop.time())

    def _send(self, port: int, packets: Iterable[Packet]) -> None:
        assert self._transport is not None
        for kind, marker, payload in packets:
            if kind == EVENT and marker:
                self._event_timestamp = self._timestamp
            moment = self._event_timestamp if kind == EVENT else self._timestamp
            head = (0x80, kind | marker << 7, self._sequence & 0xFFFF, moment & 0xFFFFFFFF, self._source)
            self._transport.sendto(_RTP_HEADER.pack(*head) + payload, ("127.0.0.1", port))
            self._sequence += 1


def _nobody(_at: float) -> None:
    """Nobody is told."""


class Keypad:
    """A caller on the line. ``code`` is the final answer to the call; times are s, monotonic."""

    def __init__(self, sip: Caller, media: Media) -> None:
        self.code = 0
        self.dialled_at = self.answered_at = 0.0
        self.pressed: list[Pressed] = []
        self.has_left = False  # it was they who hung up
        self._sip = sip
        self._media = media

    async def key(self, keys: str, press_ms: int = dtmf.PRESS_MS, pause_ms: int = PAUSE_MS) -> Pressed:
        """Press these keys one after another; returns the last of them."""
        for key in keys:
            self.pressed.append(await self._media.press(key, press_ms, pause_ms))
        return self.pressed[-1]

    async def say(self, sound: bytes) -> None:
        """Speak: A-law, to its end."""
        await self._media.say(sound)

    def heard(self) -> list[Heard]:
        """What was played so far."""
        return self._media.hearing.heard()

    async def until(self, *names: str, whole: bool = False, after: float = 0.0, within_s: float = 30.0) -> Heard:
        """Wait for the first sound that began after ``after`` and has one of these names (none: any), or all of it.

        Fails with what was heard instead; so it does when the call is over.
        """

        def wanted(each: Heard) -> bool:
            return each.at >= after and (not names or each.name in names) and (each.whole or not whole)

        heard = await self._until(lambda heard: any(map(wanted, heard)), within_s, f"{names or 'any sound'}")
        return next(filter(wanted, heard))

    async def until_count(self, count: int, *, whole: bool = False, within_s: float = 30.0) -> list[Heard]:
        """Wait until ``count`` sounds have begun since the call's beginning, or are over; returns all of them."""

        def enough(heard: list[Heard]) -> bool:
            return len(heard) > count or (len(heard) == count and (heard[-1].whole or not whole))

        return await self._until(enough, within_s, f"{count} sounds")

    async def until_over(self, within_s: float = 30.0) -> None:
        """Wait until the other side has hung up; fails with what was heard if it does not."""
        await self._sip.until_hung_up(1, within_s)
        assert self.is_over, self.heard()
        await self._rest()

    async def _until(self, holds: Callable[[list[Heard]], bool], within_s: float, wanted: str) -> list[Heard]:
        """What was heard, once it is as ``wanted``."""
        deadline = time.monotonic() + within_s
        while True:
            if over := self.is_over:
                await self._rest()
            if holds(heard := self.heard()):
                return heard
            assert not over, f"the call was over before {wanted}: {heard}"
            assert time.monotonic() < deadline, f"{within_s} s without {wanted}: {heard}"
            self._media.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._media.news.wait(), TICK_S)

    async def _rest(self) -> None:
        """Take what came before the end of the call and was not read yet."""
        self._media.news.set()
        while self._media.news.is_set():
            self._media.news.clear()
            await asyncio.sleep(TICK_S)

    @property
    def is_over(self) -> bool:
        """Whether the other side has hung up."""
        return self._sip.hung_up() > 0

    @property
    def lost(self) -> int:
        """Packets that never came: with them a sound would be told as cut."""
        return self._media.lost

    async def dial(self, number: str, caller: str, password: str = "") -> int | None:
        """Place the call; the port to talk to if it was answered."""
        call_id, types = uuid.uuid4().hex, "8 101" if self._media.events else "8"
        sdp = _SDP.format(
            host=self._media.host, port=self._media.port, types=types, events=_EVENTS if self._media.events else ""
        )
        self.dialled_at = time.monotonic()
        self._sip.invite(number.encode(), caller.encode(), call_id=call_id, branch=call_id, body=sdp.encode())
        statuses = await self._sip.until_finals(1, ANSWERED_WITHIN_S)
        if password and statuses == [401]:
            proof = self._sip.proof(caller, password, f"sip:{number}@127.0.0.1:{self._sip.port}")
            branch = uuid.uuid4().hex
            self._sip.invite(
                number.encode(), caller.encode(), call_id=branch, branch=branch, headers=proof, body=sdp.encode()
            )
            statuses = (await self._sip.until_finals(2, ANSWERED_WITHIN_S))[1:]
        self.answered_at = time.monotonic()
        self.code = statuses[0] if statuses else 0
        found = re.search(rb"^m=audio (\d+)", self._sip.answer(), re.MULTILINE) if self.code == 200 else None
        return int(found[1]) if found else None

    def hang_up(self) -> None:
        """End the call."""
        self.has_left = True
        self._sip.bye()


@asynccontextmanager
async def dialled(
    port: int,
    number: str,
    caller: str = "13812345678",
    *,
    sounds: Sounds,
    by: By = "rfc4733",
    talks: bool = True,
    source: str = "127.0.0.1",
    password: str = "",
) -> AsyncIterator[Keypad]:
    """A call to ``number`` at the SIP port ``port`` of 127.0.0.1, from its answer to the block's end.

    ``password``: that of ``caller``, if they have to prove who they are;
    ``source``: the address it comes from, which tells trunks apart; ``by``: how keys travel; ``talks``: sends silence
    between the keys, as real telephones do, which in large numbers costs more than it shows. A call that was refused
    has its ``code``, and nothing to hear.
    """
    async with captured(sounds, by, talks=talks, source=source) as media, calling(port, source) as sip:
        phone = Keypad(sip, media)
        media_port = await phone.dial(number, caller, password)
        talking = asyncio.create_task(media.talk(media_port)) if media_port else None
        try:
            yield phone
        finally:
            if talking is not None:
                talking.cancel()
                await asyncio.wait([talking])
                if not phone.is_over:
                    phone.hang_up()
                    await _until_answered(sip, "BYE")


@asynccontextmanager
async def captured(
    sounds: Sounds, by: By = "rfc4733", *, talks: bool = True, source: str = "127.0.0.1"
) -> AsyncIterator[Media]:
    """A socket for the RTP of one call, whoever places it: what comes to its ``port`` is in its ``hearing``."""
    loop = asyncio.get_running_loop()
    transport, media = await loop.create_datagram_endpoint(
        lambda: Media(Hearing(sounds), by, talks=talks), local_addr=(source, 0)
    )
    try:
        yield media
    finally:
        transport.close()


async def _until_answered(sip: Caller, method: str) -> None:
    for _ in range(100):
        if sip.answers(method.encode()):
            return
        await asyncio.sleep(TICK_S)
