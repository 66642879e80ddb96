"""Callers by sipp who key at fixed moments after the answer: for loads that keypad.py is too dear for."""

import socket
import struct
import tempfile
from collections.abc import Iterator, Sequence

from ccore.pbx.caller import Call, read_calls, run, scenario
from tests.support import dtmf
from tests.support.ports import free_port

ALIVE_MS = 1000  # silence is sent so often: enough to be known as alive, and nearly no work
_MEDIA = '<nop><action><exec play_pcap_audio="{}"/></action></nop>\n'
_AFTER = '<recv request="BYE"'  # the point in the scenario where the caller listens
_SPARE_S = 20.0

Presses = Sequence[tuple[int, str]]  # ms after the answer, key


async def place(
    port: int,
    rows: Sequence[tuple[str, ...]],
    presses: Presses,
    *,
    rate: float,
    listen_ms: int,
    media_port: int | None = None,
) -> list[Call]:
    """A call for each row (caller, callee) at ``rate`` a second; each keys ``presses`` and listens for ``listen_ms``.

    What they are played goes to ``media_port`` (none given: nowhere). sipp needs to be root: it sends RTP by a raw
    socket.
    """
    base = free_port(socket.SOCK_DGRAM)  # sipp's own, where nobody listens
    with tempfile.NamedTemporaryFile(suffix=".pcap") as track:
        track.write(pcap(presses, listen_ms))
        track.flush()
        told = _scenario(track.name, listen_ms, 0 if media_port is None else media_port - base)
        seconds = len(rows) / rate + listen_ms / 1000 + _SPARE_S
        options = ["-r", str(rate), "-mp", str(base)]
        ended = await run(told, "127.0.0.1", port, rows, source="127.0.0.1", timeout_s=seconds, options=options)
    return read_calls(ended.lines, rows)


def _scenario(track: str, listen_ms: int, media_offset: int) -> str:
    before, found, after = scenario(listen_ms).partition(_AFTER)
    assert found
    told = before + _MEDIA.format(track) + found + after
    return told.replace("[media_port]", f"[media_port{media_offset:+}]")


def pcap(presses: Presses, length_ms: int) -> bytes:
    """A capture file of the RTP of such a caller."""
    packets = sorted((*_silence(length_ms), *_events(presses)), key=lambda packet: packet[0])
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(
        _captured(at_ms, struct.pack(">BBHII", 0x80, kind, number, moment_ms * 8, 1) + payload)
        for number, (at_ms, moment_ms, kind, payload) in enumerate(packets, 1)
    )


_Packet = tuple[int, int, int, bytes]  # ms at which it is sent, ms that its timestamp says, payload type, payload


def _silence(length_ms: int) -> Iterator[_Packet]:
    for at_ms in range(0, length_ms, ALIVE_MS):
        yield at_ms, at_ms, dtmf.AUDIO, dtmf.SILENCE


def _events(presses: Presses) -> Iterator[_Packet]:
    for down_ms, key in presses:
        for tick, payloads in enumerate(dtmf.events(key)):
            for payload in payloads:
                yield down_ms + 20 * tick, down_ms, dtmf.EVENT | (tick == 0) << 7, payload


def _captured(at_ms: int, rtp: bytes) -> bytes:
    """A record of the file: Ethernet, IP and UDP around it, of which sipp takes nothing but the lengths."""
    udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x7F000001, 0x7F000001) + udp
    frame = bytes(12) + b"\x08\x00" + ip
    seconds, ms = divmod(at_ms, 1000)
    return struct.pack("<IIII", seconds, ms * 1000, len(frame), len(frame)) + frame
