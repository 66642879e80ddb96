"""What words sound like, so that they can be compared: syllables of Chinese, letters of English."""

import re
from importlib.util import find_spec

from ccore.hearing.matching import Sounds
from ccore.prompts.catalogue import Language
from ccore.prompts.listening import sounds_of

_CHINESE = re.compile("[\u4e00-\u9fff]")


def language_of(word: str) -> Language:
    """The language of a word that callers may say."""
    return "zh" if _CHINESE.search(word) else "en"


def sounds(language: Language, text: str) -> Sounds:
    """The sounds of a text. Without the extra a Chinese character stands for its sound: homophones are not told."""
    if language == "zh" and find_spec("pypinyin") is None:
        return tuple(_CHINESE.findall(text))
    parts = sounds_of(language, text)
    return tuple(parts) if language == "zh" else tuple("".join(parts))
