"""Which key a caller means by what they said: words are compared by their sounds, as homophones are what is misheard.

Sounds are syllables without tones in Chinese (``cha yu e``), letters in English.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Sounds = tuple[str, ...]

# Of 54 sentences for eight keys, in three voices through a telephone, those understood were at 1.0; the others, and 18
# that meant no key, at 0.67 and less. Between: one alike sound of two (0.8), one wrong sound of four (0.75).
LEAST_SURE = 0.7
LEAST_AHEAD = 0.1  # of the next key: what may mean either is asked for by keys instead
_ALIKE = 0.4  # of a wrong sound: what many speakers and every telephone confuse, as zh and z, ing and in


@dataclass(frozen=True, slots=True)
class Meant:
    """The key, "" if it is not sure, and how sure the nearest one was, from 0 to 1."""

    key: str
    sure: float


@dataclass(frozen=True, slots=True, order=True)
class _Likeness:
    """How well a key's best word was heard, how long that word is, and how many of its words were heard whole."""

    part: float
    length: int
    whole: int
    word: Sounds = ()


def meant(heard: Sounds, words: Mapping[str, Sequence[Sounds]]) -> Meant:
    """The key whose words come nearest to something in ``heard``.

    A word heard whole goes before all that was not, and a longer one before those it contains.
    """
    ranked = sorted(((_likeness(heard, said), key) for key, said in words.items() if any(said)), reverse=True)
    if not heard or not ranked:
        return Meant("", 0.0)
    (best, key), others = ranked[0], [likeness for likeness, _ in ranked[1:]]
    sure = best.part >= LEAST_SURE and all(_is_behind(other, best) for other in others)
    return Meant(key if sure else "", best.part)


def contains(sounds: Sounds, word: Sounds) -> bool:
    """Whether ``word`` is in ``sounds``, in one piece."""
    return any(sounds[at : at + len(word)] == word for at in range(len(sounds) - len(word) + 1))


def likeness(heard: Sounds, word: Sounds) -> float:
    """How much of ``word`` is somewhere in ``heard``, from 0 to 1 (all of it, in one piece)."""
    row = [0.0] * (len(heard) + 1)  # the least to change for the word so far to end at each place
    for count, sound in enumerate(word, 1):
        before, row = row, [float(count)]
        for at, other in enumerate(heard):
            row.append(min(before[at + 1] + 1, row[at] + 1, before[at] + _difference(sound, other)))
    return max(0.0, 1 - min(row) / len(word))


def _likeness(heard: Sounds, words: Sequence[Sounds]) -> _Likeness:
    found = [(likeness(heard, word), word) for word in words if word]
    whole = sum(part == 1 for part, _ in found)
    return max(_Likeness(part, len(word), whole, word) for part, word in found)


def _is_behind(other: _Likeness, best: _Likeness) -> bool:
    """Whether the other key is out of the question."""
    if best.part - other.part >= LEAST_AHEAD:
        return True
    return best.part == 1 and (other.part < 1 or (other.length < best.length and contains(best.word, other.word)))


def _difference(sound: str, other: str) -> float:
    if sound == other:
        return 0
    return _ALIKE if len(sound) > 1 and _blurred(sound) == _blurred(other) else 1


def _blurred(syllable: str) -> str:
    """A syllable without what is easily confused."""
    first = {"zh": "z", "ch": "c", "sh": "s"}.get(syllable[:2], syllable[:1].replace("l", "n"))
    rest = syllable[2:] if syllable[:2] in {"zh", "ch", "sh"} else syllable[1:]
    return first + (rest.removesuffix("g") if rest.endswith("ng") else rest)
