"""The clips that values are said with; ``python -m ccore.prompts.values`` prints ``dialplan/prompts/values.toml``."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from ccore.prompts import en, zh

VALUES_FILE = "values.toml"  # of prompts/

_HEADER = """\
# The clips that numbers, amounts, dates and times are said with where no engine says the whole phrase.
# Printed by `python -m ccore.prompts.values`: do not edit, the ways of saying are in ccore/prompts/zh.py and en.py.
"""
_PARTS_OF_DAY = {"dawn": "凌晨", "forenoon": "上午", "noon": "中午", "afternoon": "下午", "evening": "晚上"}


class Clip(NamedTuple):
    """One clip: its name among the prompts, and what it says."""

    name: str
    zh: str
    en: str


@cache
def clips() -> tuple[Clip, ...]:
    """All clips. Two may say the same in one language, where the other tells them apart; the first one is used."""
    return tuple(_clips())


@cache
def names(language: str) -> Mapping[str, str]:
    """The name of the clip that says a piece of a phrase, by that piece."""
    return {getattr(clip, language): clip.name for clip in reversed(clips())}


def as_toml() -> str:
    """The file's text."""
    return _HEADER + "".join(f'\n[{clip.name}]\nzh = "{clip.zh}"\nen = "{clip.en}"\n' for clip in clips())


def _clips() -> Iterator[Clip]:
    yield from _numbers()
    yield from _amounts()
    yield from _times()
    for name, signs in {"star": "*", "hash": "#", "plus": "+"}.items():
        yield Clip(name, zh.SIGNS[signs], en.SIGNS[signs])
    for unit, text in zh.UNITS.items():
        yield Clip(unit, text, unit)
        yield Clip(unit.removesuffix("s"), text, unit.removesuffix("s"))


def _numbers() -> Iterator[Clip]:
    for number in range(100):
        yield Clip(f"n-{number}", zh.tens(number), en.tens(number))
    yield Clip("n-2-counted", "两", "two")
    yield Clip("n-1-dialled", "幺", "one")
    for number in range(1, 10):
        yield Clip(f"n-0{number}", f"零{zh.tens(number)}", en.oh(number))
    for number in range(10, 20):
        yield Clip(f"n-{number}-end", f"一{zh.tens(number)}", en.tens(number))
    for number in range(1, 10):
        yield Clip(f"n-{number}00", f"{zh.tens(number)}百", en.hundreds(number, more=False))
        yield Clip(f"n-{number}00-and", f"{zh.tens(number)}百", en.hundreds(number, more=True))
        yield Clip(f"n-{number}000", zh.thousands(number), f"{en.tens(number)} thousand")
    for name, in_zh, in_en in (
        ("thousand", "千", "thousand"), ("wan", "万", "ten thousand"), ("million", "百万", "million"),
        ("yi", "亿", "hundred million"), ("billion", "十亿", "billion"), ("and", "又", "and"), ("minus", "负", "minus"),
    ):  # fmt: skip
        yield Clip(name, in_zh, in_en)
    for number in range(10):
        yield Clip(f"point-{number}", f"点{zh.tens(number)}", f"point {en.tens(number)}")


def _amounts() -> Iterator[Clip]:
    for number in range(100):
        yield Clip(f"yuan-{number}", "".join(zh.with_yuan(zh.count(number))), f"{en.tens(number)} yuan")
    for fen in range(1, 100):
        yield Clip(f"and-fen-{fen}", zh.parts_of_yuan(fen), en.parts_of_yuan(fen))
    yield Clip("yuan", "元", "yuan")
    yield Clip("fen", "分", "fen")
    yield Clip("owed", "欠费", "minus")


def _times() -> Iterator[Clip]:
    for year in zh.WHOLE_YEARS:
        yield Clip(f"year-{year}", "".join(zh.year(year)), " ".join(en.year(year)))
    yield Clip("year", "年", "year")
    for month in range(1, 13):
        yield Clip(f"month-{month}", f"{zh.tens(month)}月", en.MONTHS[month - 1])
    for day in range(1, 32):
        yield Clip(f"day-{day}", f"{zh.tens(day)}日", en.day_of_month(day))
    for hour in range(13):
        yield Clip(f"hour-{hour}", zh.hour(hour), f"{en.tens(hour)} o'clock")
    for name, text in _PARTS_OF_DAY.items():
        yield Clip(name, text, "a.m." if name in {"dawn", "forenoon"} else "p.m.")


if __name__ == "__main__":
    sys.stdout.write(as_toml())
