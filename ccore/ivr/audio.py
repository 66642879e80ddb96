"""Recordings of people, as sounds for the telephone: A-law, at the loudness of the prompts around them."""

from array import array

from ccore.prompts.chain import (
    ACTIVE_DBFS,
    NARROW_HZ,
    active_rms,
    alaw,
    linear,
    read_wav,
    resampled,
    to_integers,
    wav,
)

LEAST_S = 0.5  # what is shorter is a key or a cough
MOST_S = 300
_MOST_GAIN = 10.0  # more would make a voice of the noise of a silent line


def from_wav(content: bytes) -> bytes:
    """A WAV file of 16 bits as A-law. Raises ValueError with what is wrong with it."""
    return levelled(alaw(to_integers(resampled(*read_wav(content), NARROW_HZ))))


def as_wav(audio: bytes) -> bytes:
    """A-law as a WAV file that every player plays."""
    return wav(linear(audio), NARROW_HZ)


def levelled(audio: bytes) -> bytes:
    """The same A-law at the loudness of all prompts. Raises ValueError if it is too short, too long or silent."""
    if not LEAST_S * NARROW_HZ <= len(audio) <= MOST_S * NARROW_HZ:
        raise ValueError(f"{len(audio) / NARROW_HZ:.1f} s long; an announcement has {LEAST_S} to {MOST_S} s")
    active = active_rms([sample / 32768 for sample in linear(audio)], NARROW_HZ)
    if active < 1e-3:
        raise ValueError("silent: nothing can be heard in it")
    gain = min(10 ** (ACTIVE_DBFS / 20) / active, _MOST_GAIN)
    louder = (max(-32768, min(32767, round(sample * gain))) for sample in linear(bytes(range(256))))
    return audio.translate(alaw(array("h", louder)))
