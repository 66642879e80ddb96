"""Tones that stand in for prompts."""

import io
import wave
from array import array
from itertools import pairwise

import pytest

from ccore.pbx.tones import RATE_HZ, wav
from ccore.prompts.catalogue import load_catalogue
from ccore.shipped import shipped


def samples(file: bytes) -> "array[int]":
    with wave.open(io.BytesIO(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE_HZ, 1, 2)
        return array("h", sound.readframes(sound.getnframes()))


def crossings(sound: "array[int]") -> int:
    """How often the sound passes upward through zero: its frequency, for a second of it."""
    return sum(before < 0 <= after for before, after in pairwise(sound))


@pytest.mark.parametrize("hertz", [330, 440, 880, 3400])
def test_a_tone_has_its_frequency_and_length(hertz: int) -> None:
    sound = samples(wav([(hertz, 1000)]))
    assert len(sound) == RATE_HZ
    assert crossings(sound) == pytest.approx(hertz, abs=1)


def test_notes_follow_each_other_and_silence_is_silent() -> None:
    sound = samples(wav([(440, 100), (0, 50), (880, 200)]))
    assert len(sound) == 350 * 8
    assert set(sound[800:1200]) == {0}
    assert max(sound[:800]) > 5000 < max(sound[1200:])


def test_a_tone_is_moderate_and_does_not_click() -> None:
    sound = samples(wav([(440, 300)]))
    assert max(map(abs, sound)) < 10_000
    assert max(abs(after - before) for before, after in zip([0, *sound], [*sound, 0], strict=True)) < 4000


def test_every_tone_sounds_different() -> None:
    tones = [prompt.tone for prompt in load_catalogue(shipped("dialplan")).values() if prompt.tone is not None]
    assert len({wav(tone) for tone in tones}) == len(tones) > 0
