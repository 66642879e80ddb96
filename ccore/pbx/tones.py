"""Turns a prompt's tone into a sound file: what callers hear until somebody has spoken the sentence."""

import math
from array import array
from collections.abc import Sequence

from ccore.prompts import chain

RATE_HZ = 8000  # what telephones carry; Asterisk plays any other rate only after work of its own
_LOUDNESS = 8000  # of 32767: about -15 dB, the level of speech beside it
_RAMP_SAMPLES = 40  # 5 ms: a tone that starts or stops at once clicks

# Heard by callers who wait: a short soft note says that the line is alive, never more than 3 s after the last (P4).
HOLD = ((440, 150), (0, 2350))


def wav(tone: Sequence[tuple[int, int]]) -> bytes:
    """A WAV file (8 kHz, 16 bit, mono) of ``tone``: pairs of frequency in Hz (0 is silence) and length in ms."""
    samples = array("h")
    for hertz, milliseconds in tone:
        samples.extend(_note(hertz, milliseconds * RATE_HZ // 1000))
    return chain.wav(samples, RATE_HZ)


def _note(hertz: int, length: int) -> list[int]:
    step = 2 * math.pi * hertz / RATE_HZ
    return [
        round(_LOUDNESS * min(1, index / _RAMP_SAMPLES, (length - 1 - index) / _RAMP_SAMPLES) * math.sin(step * index))
        for index in range(length)
    ]
