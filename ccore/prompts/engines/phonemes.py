"""From sentences to Kokoro's phonemes: Mandarin by misaki and pypinyin, English by espeak-ng."""

import functools
import re
import shutil
import subprocess
from typing import Any

from ccore.prompts.engines import EngineMissing, Phrase

VERSION = 1  # of these rules: with others every sound is another
_MARKS = str.maketrans("，、。；：！？（）《》「」", ",,.;:!?()“”“”")
_MARK = re.compile(r"([,.;:!?()“”—…\"])")
_HAN = "\u4e00-\u9fff"

# Where espeak-ng writes a sound in another way than Kokoro has learned it; longer ones first.
_AMERICAN = {
    "ʔˌn̩": "tᵊn", "ʔn̩": "tᵊn", "t^ʃ": "ʧ", "d^ʒ": "ʤ", "e^ɪ": "A", "a^ɪ": "I", "a^ʊ": "W", "o^ʊ": "O", "ɔ^ɪ": "Y",
    "ə^l": "ᵊl", "l̩": "ᵊl", "n̩": "ᵊn", "m̩": "ᵊm", "ɜː": "ɜɹ", "ɚ": "əɹ", "oː": "ɔ", "ɐ": "ə", "ɾ": "T", "r": "ɹ",
    "ʔ": "t", "ɬ": "l", "x": "k", "ç": "k", "g": "ɡ", "ː": "", "^": "", "̩": "", "̃": "",
}  # fmt: skip
# The letters as they are said in the middle of Mandarin.
_LETTERS = {
    "A": "ˈA", "B": "bˈi", "C": "sˈi", "D": "dˈi", "E": "ˈi", "F": "ˈɛf", "G": "ʤˈi", "H": "ˈAʧ", "I": "ˈI",
    "J": "ʤˈA", "K": "kˈA", "L": "ˈɛl", "M": "ˈɛm", "N": "ˈɛn", "O": "ˈO", "P": "pˈi", "Q": "kjˈu", "R": "ˈɑɹ",
    "S": "ˈɛs", "T": "tˈi", "U": "jˈu", "V": "vˈi", "W": "dˈʌbᵊlju", "X": "ˈɛks", "Y": "wˈI", "Z": "zˈi",
}  # fmt: skip


def phonemes(phrase: Phrase, text: str) -> str:
    """``text``, which is of ``phrase``, as Kokoro's phonemes. Raises EngineMissing."""
    marked = text.translate(_MARKS)
    pieces = [
        piece if _MARK.fullmatch(piece) else _words(phrase, piece.strip())
        for piece in _MARK.split(marked)
        if piece.strip()
    ]
    return re.sub(r" ?([,.;:!?)])", r"\1", " ".join(pieces))


def _words(phrase: Phrase, text: str) -> str:
    return _english(text) if phrase.language == "en" else _mandarin(text, tuple(phrase.pinyin.items()))


def _mandarin(text: str, pinyin: tuple[tuple[str, str], ...]) -> str:
    """Words whose sound is told are said so; what is around them is read by misaki."""
    for word, syllables in pinyin:
        before, found, after = text.partition(word)
        if found:
            said = "".join(_misaki().py2ipa(syllable) for syllable in syllables.split())
            parts = [_mandarin(before, pinyin), said, _mandarin(after, pinyin)]
            return " ".join(part for part in parts if part)
    pieces = re.findall(f"[{_HAN}]+|[A-Za-z]+", text)
    return " ".join(_spelt(piece) if piece.isascii() else _misaki().legacy_call(piece) for piece in pieces)


def _spelt(letters: str) -> str:
    return " ".join(_LETTERS[letter] for letter in letters.upper())


@functools.cache
def _misaki() -> Any:
    try:
        import jieba  # noqa: PLC0415 - both of the extra, which only those who speak need
        from misaki.zh import ZHG2P  # noqa: PLC0415
    except ImportError as error:
        raise EngineMissing("Mandarin needs the extra: pip install 'ccore[tts]'") from error
    jieba.setLogLevel("ERROR")
    return ZHG2P


def _english(text: str) -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        raise EngineMissing("English is put into phonemes by espeak-ng: apt-get install espeak-ng")
    command = [program, "-q", "--ipa=3", "--tie=^", "-v", "en-us", "--", text]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout  # noqa: S603
    said = " ".join(told.split())
    for theirs, ours in _AMERICAN.items():
        said = said.replace(theirs, ours)
    return said
