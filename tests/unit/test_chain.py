"""The way of speech to the telephone."""

import hashlib
import math
import random
from array import array

import pytest

from ccore.prompts import chain

RATE_HZ = 24_000
# What the C code of CPython 3.11's audioop made of all 65,536 samples; newer Pythons have it no more.
ALAW_OF_EVERYTHING = "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b"


def tone(hertz: float, seconds: float = 0.5, loudness: float = 0.5, rate_hz: int = RATE_HZ) -> list[float]:
    return [loudness * math.sin(2 * math.pi * hertz * at / rate_hz) for at in range(round(seconds * rate_hz))]


def gain_db(hertz: float, rate_hz: int, to_hz: int) -> float:
    """How loud a tone still is at another rate; its ends are left out."""
    result = chain.resampled(tone(hertz, rate_hz=rate_hz), rate_hz, to_hz)
    middle = result[len(result) // 4 : -len(result) // 4]
    return chain.decibels(math.sqrt(2 * sum(value * value for value in middle) / len(middle)) / 0.5)


def speech(seconds: float = 1.0) -> list[float]:
    """Something as uneven as speech: noise that comes and goes, four times a second."""
    dice = random.Random(1)
    return [dice.uniform(-1, 1) * abs(math.sin(4 * math.pi * at / RATE_HZ)) for at in range(round(seconds * RATE_HZ))]


def test_alaw_of_every_sample_is_as_the_standard_has_it() -> None:
    codes = chain.alaw(range(-32768, 32768))
    assert hashlib.sha256(codes).hexdigest() == ALAW_OF_EVERYTHING


def test_every_code_is_its_own_again() -> None:
    everything = bytes(range(256))
    assert chain.alaw(chain.linear(everything)) == everything
    assert {abs(value) for value in chain.linear(b"\xd5\x55")} == {8}
    assert {abs(value) for value in chain.linear(b"\xaa\x2a")} == {32256}


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100])
def test_what_a_telephone_carries_keeps_its_loudness_and_nothing_is_folded_into_it(rate_hz: int) -> None:
    for hertz in (300, 1000, 3400):
        assert gain_db(hertz, rate_hz, 8000) == pytest.approx(0, abs=0.2)
    assert gain_db(5000, rate_hz, 8000) < -60


def test_resampling_keeps_the_length_and_the_place_of_a_sound() -> None:
    click = [0.0] * RATE_HZ
    click[RATE_HZ // 2] = 1.0
    for to_hz in (8000, 16_000):
        result = chain.resampled(click, RATE_HZ, to_hz)
        assert len(result) == to_hz
        assert max(range(to_hz), key=lambda at: result[at]) == to_hz // 2


def test_rumble_is_cut_and_voices_are_not() -> None:
    for hertz, least, most in ((20, -99, -40), (300, -0.1, 0.1), (1000, -0.1, 0.1)):
        filtered = chain.without_rumble(tone(hertz, 2.0), RATE_HZ)[RATE_HZ:]
        change = chain.decibels(math.sqrt(2 * sum(value * value for value in filtered) / len(filtered)) / 0.5)
        assert least <= change <= most


def test_silence_around_a_sound_is_cut_down_to_its_pad() -> None:
    around = [0.0] * RATE_HZ + tone(1000) + [0.0] * RATE_HZ
    cut = chain.trimmed(around, RATE_HZ)
    assert len(cut) / RATE_HZ == pytest.approx(0.58, abs=0.02)


@pytest.mark.parametrize("loudness", [0.001, 0.05, 1.0])
def test_all_sounds_come_to_one_loudness(loudness: float) -> None:
    sound = chain.for_telephone([value * loudness for value in speech()], RATE_HZ)
    narrow = [value / 32768 for value in chain.linear(sound.narrow)]
    assert chain.decibels(chain.active_rms(narrow, 8000)) == pytest.approx(chain.ACTIVE_DBFS, abs=0.7)
    assert chain.decibels(max(map(abs, narrow))) < chain.PEAK_DBFS + 0.3
    wide = array("h", sound.wide)
    assert len(wide) == pytest.approx(2 * len(sound.narrow), abs=2)
    assert max(map(abs, wide)) <= 32768 * 10 ** (chain.PEAK_DBFS / 20)


def test_peaks_are_bent_and_not_cut() -> None:
    peaky = tone(300, 1.0, 0.02)
    peaky[RATE_HZ // 2 : RATE_HZ // 2 + 20] = [0.9] * 20
    assert max(map(abs, chain.levelled(peaky, RATE_HZ))) <= 10 ** (chain.PEAK_DBFS / 20)


@pytest.mark.parametrize("nothing", [[], [0.0] * 100, [0.0] * RATE_HZ, [1e-6] * RATE_HZ], ids=len)
def test_what_cannot_be_heard_is_no_sound(nothing: list[float]) -> None:
    with pytest.raises(chain.NoSound):
        chain.for_telephone(nothing, RATE_HZ)


def test_a_recording_of_any_rate_and_two_channels_is_read() -> None:
    stereo = array("h", [value for at in range(441) for value in (at, -at)])
    file = chain.wav(stereo, 44_100).replace(b"\x01\x00\x01\x00\x44\xac", b"\x01\x00\x02\x00\x44\xac")
    samples, rate_hz = chain.read_wav(file)
    assert (len(samples), rate_hz, set(samples)) == (441, 44_100, {0.0})


@pytest.mark.parametrize("file", [b"", b"RIFF", b"no sound at all", chain.wav(array("h"), 8000)[:30]])
def test_what_is_no_wav_file_is_refused_in_words(file: bytes) -> None:
    with pytest.raises(ValueError, match="no WAV file"):
        chain.read_wav(file)
