"""A-law (ITU-T G.711) as Asterisk's codec makes it: the very bytes that a sound file becomes on the line."""

import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

_SEGMENT_ENDS = (0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF, 0x3FFF, 0x7FFF)


def encoded(samples: Iterable[int]) -> bytes:
    """16-bit samples as A-law."""
    return bytes(_TABLE[(sample & 0xFFFF) >> 3] for sample in samples)


def sound(path: Path) -> bytes:
    """What a call in A-law is played from this .alaw or .wav file (8 kHz, 16 bit, mono)."""
    if path.suffix == ".alaw":
        return path.read_bytes()
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1), path
        return encoded(array("h", file.readframes(file.getnframes())))


def _code(sample: int) -> int:
    sign, size = (0xD5, sample) if sample >= 0 else (0x55, -sample)
    segment = next((number for number, end in enumerate(_SEGMENT_ENDS) if size <= end), 8)
    return ((segment << 4 | (size >> (segment + 3 if segment else 4)) & 0x0F) ^ sign) & 0xFF


def _table() -> bytes:
    """Asterisk drops the lowest three bits; of the eight samples that are then one, the last has made the entry."""
    entries = bytearray(8192)
    for sample in range(-32768, 32768):
        entries[(sample & 0xFFFF) >> 3] = _code(sample)
    return bytes(entries)


_TABLE = _table()
