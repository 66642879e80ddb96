"""Checks the sounds that are built: there, current, loud enough, not cut, as long as their words, and understood."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ccore.prompts import chain
from ccore.prompts.catalogue import Language, Prompt
from ccore.prompts.sounds import Manifest, says_its_text, sound_file
from ccore.prompts.spoken import normalised

# Seconds a syllable may take: speech of Kokoro's at normal speed lies well between.
SHORTEST_SYLLABLE_S, LONGEST_SYLLABLE_S = 0.09, 0.5
_SPARE_S = 0.35  # for a beginning and an end: it counts in short ones
ACTIVE_DBFS = (-21.0, -16.0)
PEAK_DBFS = -2.5  # the limit is -3.0, and A-law rounds
MOST_MISHEARD = 0.25  # of the syllables, without their tones: beyond it, something is wrong with the sound
_HAN = re.compile(r"[\u4e00-\u9fff]")
_VOWELS = re.compile(r"[aeiouy]+")
_LETTERS = re.compile(r"[A-Za-z]")

Hear = Callable[[Language, bytes], list[str]]  # what is understood of A-law, as syllables or words


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to be looked after, or listened to."""

    language: Language
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.language}/{self.name}: {self.why}"


def doubts(directory: Path, manifest: Manifest, language: Language, name: str, prompt: Prompt) -> Iterator[Doubt]:
    """What can be seen of one sound without understanding it."""
    if manifest.built(language, name) is None or not sound_file(directory, language, name).is_file():
        yield Doubt(language, name, "has no sound")
        return
    if not says_its_text(directory, manifest, language, name, prompt):
        yield Doubt(language, name, "its text was changed after its sound was built")
        return
    sound = sound_file(directory, language, name).read_bytes()
    samples = [value / 32768 for value in chain.linear(sound)]
    for why in (*_loudness(samples), *_length(language, prompt, len(samples) / chain.NARROW_HZ)):
        yield Doubt(language, name, why)


def misheard(expected: list[str], heard: list[str]) -> float:
    """The part of ``expected`` that was not understood: changes from one to the other, by the former's length."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, 1):
        before, row[0] = row[0], number
        for index, other in enumerate(heard, 1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (word != other))
    return row[-1] / max(1, len(expected))


def syllables(language: Language, text: str) -> int:
    """How many syllables a text has, as near as its letters tell."""
    if language == "zh":
        return len(_HAN.findall(text)) + len(_LETTERS.findall(text))
    words = re.findall(r"[A-Za-z']+", text)
    # A letter by itself is said by its name; an e at the end is silent.
    return sum(max(1, len(_VOWELS.findall(re.sub(r"e$", "", word.lower())))) for word in words)


def _loudness(samples: list[float]) -> Iterator[str]:
    active, peak = chain.decibels(chain.active_rms(samples, chain.NARROW_HZ)), chain.decibels(max(map(abs, samples)))
    if not ACTIVE_DBFS[0] <= active <= ACTIVE_DBFS[1]:
        yield f"its level is {active:.1f} dBFS, not {chain.ACTIVE_DBFS}"
    if peak > PEAK_DBFS:
        yield f"it is clipped: its peak is {peak:.1f} dBFS"


def _length(language: Language, prompt: Prompt, seconds: float) -> Iterator[str]:
    said = syllables(language, normalised(language, prompt.sentence(language)))
    least, most = SHORTEST_SYLLABLE_S * said, LONGEST_SYLLABLE_S * said + _SPARE_S
    if not least <= seconds <= most:
        yield f"lasts {seconds:.1f} s for {said} syllables, which would take {least:.1f} to {most:.1f} s"
