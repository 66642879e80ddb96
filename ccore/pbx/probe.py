"""Probe calls: a number is dialled, and must be answered, and something must be heard that is not our regrets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from ccore.pbx.caller import Call, address_towards, place_call

CALLER = "13800138000"  # whom the probe calls come from, in call records and reports
AT_ONCE = 8
ANSWER_WITHIN_S = 4.0  # the dialplan waits 2 s for ccore, and 1 s more for a look-up
LISTEN_S = (1.0, 3.0)  # who has heard nothing to the purpose calls again, and listens for longer
RINGS = f"rings, and nobody answers within {ANSWER_WITHIN_S:.0f} s"
HEARD_S = 0.2  # of sound, at least
THERE_WITHIN_S = 1.0
THERE_TRIES = 3
BUSY = "system-busy"  # what callers hear when ccore does not answer
_RTP_HEADER = 12
_PACKET_S = 0.02
_SAMPLE = 480  # bytes, 60 ms of A-law: no two prompts have so much in common
_VARIED = 24  # different codes in that: speech or a tone, and not silence
_OPTIONS = (
    "OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {here}:{here_port};rport;branch=z9hG4bK-there\r\n"
    "From: <sip:ccore@{here}>;tag=there\r\nTo: <sip:{host}:{port}>\r\nCall-ID: there-{here_port}@{here}\r\n"
    "CSeq: 1 OPTIONS\r\nContact: <sip:ccore@{here}:{here_port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of the probe of one number; ``fault`` is empty if all was well."""

    number: str
    fault: str
    answered_ms: float = 0


class Ear(asyncio.DatagramProtocol):
    """A socket that a call's sound is sent to."""

    def __init__(self) -> None:
        self._payloads: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """One packet of RTP."""
        self._payloads.append(data[_RTP_HEADER:])

    @property
    def sound(self) -> bytes:
        """All that was heard, as it was encoded."""
        return b"".join(self._payloads)

    @property
    def loud_s(self) -> float:
        """How long anything but silence was heard."""
        return sum(len(set(payload)) > _VARIED // 4 for payload in self._payloads) * _PACKET_S


async def probe(host: str, port: int, numbers: Collection[str], regrets: Sequence[bytes]) -> list[Probed]:
    """Dial every one of ``numbers`` at the SIP port of an Asterisk; what is wrong, or not, with each.

    ``regrets`` are pieces of sound (``sample``) that no caller should hear. Raises SippMissing, Unavailable.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: str) -> Probed:
        async with turns:
            return await _probe(host, port, number, regrets)

    async with asyncio.TaskGroup() as calling:
        tasks = [calling.create_task(in_turn(number)) for number in numbers]
    return [task.result() for task in tasks]


async def is_there(host: str, port: int) -> bool:
    """Whether anything that speaks SIP answers there, whatever it says."""
    loop = asyncio.get_running_loop()
    try:
        transport, answer = await loop.create_datagram_endpoint(_Answer, remote_addr=(host, port))
    except OSError:  # no way to the host
        return False
    try:
        here, here_port = transport.get_extra_info("sockname")[:2]
        for _ in range(THERE_TRIES):
            transport.sendto(_OPTIONS.format(host=host, port=port, here=here, here_port=here_port).encode())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answer.came.wait(), THERE_WITHIN_S)
            if answer.came.is_set():
                return True
    finally:
        transport.close()
    return False


class _Answer(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.came = asyncio.Event()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.came.set()


def regrets_of(files: Mapping[str, bytes]) -> list[bytes]:
    """Pieces of every recording of the prompt BUSY among ``files``; a tone that stands in for it cannot be told."""
    recordings = [content for path, content in files.items() if PurePath(path).name == f"{BUSY}.alaw"]
    return [piece for piece in map(sample, recordings) if piece]


def sample(recording: bytes) -> bytes:
    """The first piece of a recording in A-law that can be told from silence; nothing if there is none."""
    for start in range(0, len(recording) - _SAMPLE, _SAMPLE):
        piece = recording[start : start + _SAMPLE]
        if len(set(piece)) >= _VARIED:
            return piece
    return b""


async def _probe(host: str, port: int, number: str, regrets: Sequence[bytes]) -> Probed:
    found = Probed(number, "was not called")
    for listen_s in LISTEN_S:
        found = await _call(host, port, number, regrets, listen_s)
        if not found.fault or found.fault == RINGS:  # who waits no longer does not get through the second time
            break
    return found


async def _call(host: str, port: int, number: str, regrets: Sequence[bytes], listen_s: float) -> Probed:
    async with _listening(address_towards(host)) as (ear, ear_port):
        call = await place_call(host, port, number, CALLER, listen_s, patience_s=ANSWER_WITHIN_S, media_port=ear_port)
        return Probed(number, fault_of(call, ear, regrets), call.answered_ms or 0)


def fault_of(call: Call, ear: Ear, regrets: Sequence[bytes]) -> str:
    """What is wrong with a call of which this was heard; "" if nothing is."""
    if not call.answered:
        if call.code:
            return f"is refused with SIP {call.code}"
        return RINGS if call.rang_ms else "is not answered"
    if any(piece in ear.sound for piece in regrets):
        return "is answered, and the caller hears that the system is busy"
    if ear.loud_s < HEARD_S:
        return "is answered, and nothing is heard"
    return ""


@asynccontextmanager
async def _listening(address: str) -> AsyncIterator[tuple[Ear, int]]:
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(Ear, local_addr=(address, 0))
    try:
        yield ear, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
