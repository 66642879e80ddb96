"""The way of speech to the telephone: cut to its sound, brought to 8 and 16 kHz, to one loudness, to A-law."""

import io
import math
import operator
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

VERSION = 1  # of this chain: with another one every sound is another
NARROW_HZ, WIDE_HZ = 8000, 16000  # A-law, and what G.722 and Opus calls are played

# Debian's English prompts, which may be heard beside ours, have an active RMS of -18.2 dBFS (median).
ACTIVE_DBFS = -18.0
PEAK_DBFS = -3.0
_LOW_CUT_HZ = 80  # below it a telephone only rumbles
_AUDIBLE_DB = -45.0  # of the loudest frame: what is softer at the ends is no speech
_ACTIVE_DB = -30.0  # of the loudest frame: pauses do not count for loudness
_BEFORE_S, _AFTER_S = 0.02, 0.06  # of it that is left: a caller who has pressed a key waits for what comes
_EDGE_S = 0.01  # over which a sound fades in and out, so that it does not click
_ZEROS = 24  # of the resampling filter on either side: flat to 3.4 kHz at 8 kHz, -60 dB above 4.2
_PASS = 0.94  # where its edge lies, of half the lower rate
_KAISER_BETA = 6.0

Samples = Sequence[float]  # between -1 and 1


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound for the telephone: A-law at 8 kHz, and 16-bit samples (little-endian) at 16 kHz."""

    narrow: bytes
    wide: bytes

    @property
    def ms(self) -> int:
        """How long it is."""
        return len(self.narrow) * 1000 // NARROW_HZ


class NoSound(ValueError):
    """Nothing can be heard in it."""


def for_telephone(samples: Samples, rate_hz: int) -> Sound:
    """Speech at any rate as a sound for the telephone. Raises NoSound."""
    cut = trimmed(samples, rate_hz)
    narrow, wide = (
        to_integers(levelled(without_rumble(resampled(cut, rate_hz, to), to), to)) for to in (NARROW_HZ, WIDE_HZ)
    )
    if sys.byteorder == "big":
        wide.byteswap()
    return Sound(alaw(narrow), wide.tobytes())


def trimmed(samples: Samples, rate_hz: int) -> Samples:
    """What of ``samples`` can be heard, and a little of what is around it. Raises NoSound."""
    step = max(1, rate_hz // 100)
    loudness = [_rms(samples[start : start + step]) for start in range(0, len(samples), step)]
    if not loudness or max(loudness) < 1e-4:
        raise NoSound("nothing can be heard")
    least = max(loudness) * _factor(_AUDIBLE_DB)
    heard = [number for number, loud in enumerate(loudness) if loud > least]
    start = max(0, heard[0] * step - round(_BEFORE_S * rate_hz))
    return samples[start : (heard[-1] + 1) * step + round(_AFTER_S * rate_hz)]


def resampled(samples: Samples, rate_hz: int, to_hz: int) -> Samples:
    """The same sound at another rate, without what the lower rate cannot hold."""
    if rate_hz == to_hz:
        return samples
    common = math.gcd(rate_hz, to_hz)
    up, down = to_hz // common, rate_hz // common
    half = _ZEROS * max(up, down)
    taps = [up * tap for tap in _low_pass(half, _PASS / max(up, down))]
    # Of the samples with up-1 zeros between them only every ``down``-th result is wanted, and no zero is multiplied.
    phases = [taps[phase::up][::-1] for phase in range(up)]
    reach = half // up + 1
    padded = [*([0.0] * (2 * reach)), *samples, *([0.0] * (2 * reach))]
    result = []
    for position in range(half, half + len(samples) * up, down):
        taps_here = phases[position % up]
        last = position // up + 2 * reach
        result.append(sum(map(operator.mul, taps_here, padded[last - len(taps_here) + 1 : last + 1])))
    return result


def without_rumble(samples: Samples, rate_hz: int) -> Samples:
    """Without what lies below 80 Hz: a Butterworth high-pass of the fourth order."""
    for quality in (0.54119610, 1.30656296):
        samples = _high_pass(samples, rate_hz, quality)
    return samples


def levelled(samples: Samples, rate_hz: int) -> Samples:
    """At the loudness of all prompts; peaks are bent below their limit, not cut. Raises NoSound."""
    if (active := active_rms(samples, rate_hz)) == 0:
        raise NoSound("nothing can be heard")
    gain, peak, edge = _factor(ACTIVE_DBFS) / active, _factor(PEAK_DBFS), round(_EDGE_S * rate_hz)
    soft = 0.7 * peak
    count = len(samples)
    result = []
    for index, sample in enumerate(samples):
        value = sample * gain * min(1.0, (index + 1) / edge, (count - index) / edge)
        if abs(value) > soft:
            value = math.copysign(soft + (peak - soft) * math.tanh((abs(value) - soft) / (peak - soft)), value)
        result.append(value)
    return result


def active_rms(samples: Samples, rate_hz: int) -> float:
    """The effective value of ``samples`` between 0 and 1, pauses left out."""
    step = rate_hz // 50
    loudness = [_rms(samples[start : start + step]) for start in range(0, len(samples), step)]
    least = max(loudness, default=0.0) * _factor(_ACTIVE_DB)
    active = [loud * loud for loud in loudness if loud > least]
    return math.sqrt(sum(active) / len(active)) if active else 0.0


def decibels(value: float) -> float:
    """A value between 0 and 1 in dBFS."""
    return 20 * math.log10(max(value, 1e-6))


def to_integers(samples: Samples) -> "array[int]":
    """16-bit samples; what is beyond them is cut."""
    return array("h", (max(-32768, min(32767, round(sample * 32767))) for sample in samples))


def read_wav(content: bytes) -> tuple[Samples, int]:
    """The samples of a WAV file (16 bit, any rate; several channels become one) and its rate. Raises ValueError."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            width, channels, rate_hz = file.getsampwidth(), file.getnchannels(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"no WAV file that can be read: {error}") from error
    if width != 2:
        raise ValueError(f"{width * 8} bit; save it as WAV with 16 bit, PCM")
    values = array("h", frames[: len(frames) // (2 * channels) * 2 * channels])
    if sys.byteorder == "big":
        values.byteswap()
    return [sum(values[at : at + channels]) / (channels * 32768) for at in range(0, len(values), channels)], rate_hz


def wav(samples: "array[int]", rate_hz: int) -> bytes:
    """A WAV file (16 bit, mono) of ``samples``."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def alaw(samples: Iterable[int]) -> bytes:
    """16-bit samples as A-law (ITU-T G.711)."""
    return bytes(_ALAW[sample >> 3 & 0x1FFF] for sample in samples)


def linear(codes: bytes) -> "array[int]":
    """A-law as 16-bit samples."""
    return array("h", (_LINEAR[code] for code in codes))


def _code(size: int) -> int:
    """The A-law code of a positive 13-bit sample, before its bits are turned."""
    segment = max(0, size.bit_length() - 5)
    return segment << 4 | (size >> max(1, segment) & 0x0F)


def _sample(code: int) -> int:
    """The middle of the samples that have this code."""
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 0x0F
    size = (2 * step + 1 + (32 if segment else 0)) << max(0, segment - 1)
    return size * 8 if code & 0x80 else -size * 8


# By the upper 13 bits of a sample: the lower three make no difference.
_ALAW = bytes([_code(size) ^ 0xD5 for size in range(4096)] + [_code(4095 - size) ^ 0x55 for size in range(4096)])
_LINEAR = [_sample(code) for code in range(256)]


def _low_pass(half: int, edge: float) -> list[float]:
    """2 ``half`` + 1 taps of a windowed sinc that passes what is below ``edge`` of half the rate."""
    taps = []
    for index in range(-half, half + 1):
        window = _bessel(_KAISER_BETA * math.sqrt(1 - (index / half) ** 2)) / _bessel(_KAISER_BETA)
        sinc = math.sin(math.pi * edge * index) / (math.pi * index) if index else edge
        taps.append(sinc * window)
    return taps


def _bessel(value: float) -> float:
    """The modified Bessel function of the first kind and order 0."""
    total = term = 1.0
    for number in range(1, 40):
        term *= (value / (2 * number)) ** 2
        total += term
    return total


def _high_pass(samples: Samples, rate_hz: int, quality: float) -> Samples:
    turn = 2 * math.pi * _LOW_CUT_HZ / rate_hz
    slope = math.sin(turn) / (2 * quality)
    scale = 1 + slope
    gain, first, second = (1 + math.cos(turn)) / 2 / scale, -2 * math.cos(turn) / scale, (1 - slope) / scale
    in1 = in2 = out1 = out2 = 0.0
    result = []
    for sample in samples:
        out = gain * (sample - 2 * in1 + in2) - first * out1 - second * out2
        in1, in2, out1, out2 = sample, in1, out, out1
        result.append(out)
    return result


def _rms(samples: Samples) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def _factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))
