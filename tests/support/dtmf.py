"""Keys of a telephone as they travel with the speech: RTP events (RFC 4733), and tones in the speech itself."""

import math
import struct
from itertools import pairwise

from tests.support.alaw import encoded

FRAME = 160  # samples in 20 ms, one packet
AUDIO, EVENT = 8, 101  # payload types: A-law, and the events as our SDP numbers them
SILENCE = b"\xd5" * FRAME
PRESS_MS = 80  # a quick finger
_KEYS = "0123456789*#ABCD"  # the number of each event
_VOLUME = 10  # -10 dBm0
_END = 0x80
_END_PACKETS = 3  # RFC 4733: the last one may be lost

# Q.23, and levels as a decent telephone sends them (Q.24 takes anything from -25 to 0 dBm0, high over low by 4 dB).
_LOW_HZ, _HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_LAYOUT = ("123A", "456B", "789C", "*0#D")
_LOW_DBM0, _HIGH_DBM0 = -9.0, -7.0
_FULL_DBM0 = 3.14  # of a sine that just fits into A-law


def events(key: str, press_ms: int = PRESS_MS) -> list[list[bytes]]:
    """The event's payloads, by packet times 20 ms apart: the first one needs the marker, the last time has the end."""
    frames = max(2, press_ms // 20)
    end = _event(key, _END, frames)
    return [*([_event(key, 0, number)] for number in range(1, frames)), [end] * _END_PACKETS]


def _event(key: str, end: int, frames: int) -> bytes:
    return struct.pack(">BBH", _KEYS.index(key), end | _VOLUME, frames * FRAME)


def tones(key: str, press_ms: int = PRESS_MS) -> list[bytes]:
    """The A-law packets of one key's two tones."""
    row = next(number for number, keys in enumerate(_LAYOUT) if key in keys)
    low, high = _LOW_HZ[row], _HIGH_HZ[_LAYOUT[row].index(key)]
    sound = encoded(
        round(_sine(low, _LOW_DBM0, sample) + _sine(high, _HIGH_DBM0, sample))
        for sample in range(press_ms // 20 * FRAME)
    )
    return [sound[start:end] for start, end in pairwise(range(0, len(sound) + 1, FRAME))]


def _sine(hertz: int, dbm0: float, sample: int) -> float:
    return 32_124 * 10 ** ((dbm0 - _FULL_DBM0) / 20) * math.sin(2 * math.pi * hertz * sample / 8000)
