"""Values as callers hear them, in words and in clips; and the text of prompts as an engine should read it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Protocol

from ccore.prompts import en, values, zh
from ccore.prompts.kinds import Kind

Phrase = tuple[str, ...]

_MEGABYTE, _GIGABYTE = 2**20, 2**30  # as carriers count data


class Tongue(Protocol):
    """What a language has to know; zh.py and en.py are one each."""

    JOINER: str

    def number(self, value: Decimal) -> Phrase: ...
    def count(self, number: int) -> Phrase: ...
    def digits(self, text: str) -> Phrase: ...
    def money(self, fen: int) -> Phrase: ...
    def month(self, day: date) -> Phrase: ...
    def day(self, day: date) -> Phrase: ...
    def clock(self, moment: time) -> Phrase: ...
    def measure(self, value: Decimal, unit: str) -> Phrase: ...
    def sentence(self, text: str) -> str: ...


_TONGUES: Mapping[str, Tongue] = {"zh": zh, "en": en}
_NAMES = {language: values.names(language) for language in _TONGUES}

# What a value's text looks like, by kind. Whole numbers below 10^12, amounts below 10^12 yuan.
_FORMS = {
    Kind.DIGITS: r"\+?[0-9*#]{1,32}",
    Kind.NUMBER: r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?",
    Kind.COUNT: r"0|[1-9][0-9]{0,11}",
    Kind.MONEY: r"-?[1-9][0-9]{0,13}|0",
    Kind.DATE: r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    Kind.MONTH: r"[0-9]{4}-[0-9]{2}",
    Kind.TIME: r"[0-9]{2}:[0-9]{2}",
    Kind.DATA: r"0|[1-9][0-9]{0,17}",
    Kind.MINUTES: r"0|[1-9][0-9]{0,8}",
    Kind.SECONDS: r"0|[1-9][0-9]{0,8}",
    Kind.PROMPT: r"[a-z][a-z0-9-]{1,40}",
    Kind.SOUND: r"/?[A-Za-z0-9/+._-]{1,200}",
    Kind.WORDS: r"[^\x00-\x1f\x7f]{1,100}",
}


def checked(kind: Kind, text: str) -> str:
    """``text`` itself, if it is a value's canonical text for its kind; raises ValueError if it is not."""
    if not re.fullmatch(_FORMS[kind], text):
        raise ValueError(f"no {kind}")
    if kind in {Kind.DATE, Kind.MONTH}:
        _day(text)
    elif kind == Kind.TIME:
        time.fromisoformat(text)
    elif kind == Kind.WORDS:
        text.encode()  # half a surrogate pair is no text
    return text


def written(language: str, kind: Kind, text: str) -> str:
    """The value in words, for people and for engines: 一百二十三元五角.

    A PROMPT is given back as it is: its words are in the catalogue. Raises ValueError for a text not of its kind.
    """
    checked(kind, text)
    if kind in {Kind.PROMPT, Kind.SOUND}:
        return text
    if kind == Kind.WORDS:
        return normalised(language, text)
    return _TONGUES[language].JOINER.join(_phrase(_TONGUES[language], kind, text))


def spoken(language: str, kind: Kind, text: str) -> tuple[str, ...]:
    """The names of the clips that say the value one after another; none for WORDS, which only an engine can say, and
    for SOUND, which is a file of its own.

    Their texts in the catalogue are together what ``written`` gives. Raises ValueError for a text not of its kind.
    """
    checked(kind, text)
    if kind == Kind.PROMPT:
        return (text,)
    if kind in {Kind.WORDS, Kind.SOUND}:
        return ()
    return tuple(_NAMES[language][piece] for piece in _phrase(_TONGUES[language], kind, text))


def normalised(language: str, text: str) -> str:
    """A prompt's text with numbers, amounts, dates and letters as words, which engines would read wrong or not at all.

    10086 is read digit by digit, 幺零零八六; 5G is 五 G; letters that are spelt stand alone, as capitals.
    """
    return _TONGUES[language].sentence(text)


def _phrase(tongue: Tongue, kind: Kind, text: str) -> Phrase:
    return _SAID[kind](tongue, text)


def _day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"{text}-01")


def _data(tongue: Tongue, text: str) -> Phrase:
    """In GB from 1 GB on, else in MB; one decimal, which is left out if it is 0."""
    megabytes = _rounded(Decimal(text) / _MEGABYTE, "0.1")
    if megabytes < _GIGABYTE // _MEGABYTE:
        return tongue.measure(_short(megabytes), "megabytes")
    return tongue.measure(_short(_rounded(Decimal(text) / _GIGABYTE, "0.1")), "gigabytes")


def _seconds(tongue: Tongue, text: str) -> Phrase:
    """A minute and more as the nearest minutes: nobody waits by the second."""
    seconds = Decimal(text)
    if seconds < 60:
        return tongue.measure(seconds, "seconds")
    return tongue.measure(_rounded(seconds / 60, "1"), "minutes")


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), ROUND_HALF_UP)


def _short(value: Decimal) -> Decimal:
    return value.to_integral_value() if value == value.to_integral_value() else value


_SAID: Mapping[Kind, Callable[[Tongue, str], Phrase]] = MappingProxyType(
    {
        Kind.DIGITS: lambda tongue, text: tongue.digits(text),
        Kind.NUMBER: lambda tongue, text: tongue.number(Decimal(text)),
        Kind.COUNT: lambda tongue, text: tongue.count(int(text)),
        Kind.MONEY: lambda tongue, text: tongue.money(int(text)),
        Kind.DATE: lambda tongue, text: tongue.day(_day(text)),
        Kind.MONTH: lambda tongue, text: tongue.month(_day(text)),
        Kind.TIME: lambda tongue, text: tongue.clock(time.fromisoformat(text)),
        Kind.DATA: _data,
        Kind.MINUTES: lambda tongue, text: tongue.measure(Decimal(text), "minutes"),
        Kind.SECONDS: _seconds,
    }
)
