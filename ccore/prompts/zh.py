"""How values are said in Mandarin, as the pieces a phrase is made of: 一百 二十三元 五角.

二 is 两 before 千, before 万 and 亿 at the beginning, and before what is counted or measured if nothing is before it.
Before 百 it stays 二, which is right everywhere; 两百 is not. 一 is 幺 in telephone numbers only.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal

JOINER = ""
NUMERALS = "零一二三四五六七八九"
SIGNS = {"*": "星号", "#": "井号", "+": "加"}
WHOLE_YEARS = range(2020, 2040)  # said as one piece; others digit by digit

_PARTS_OF_DAY = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def tens(number: int) -> str:
    """0 to 99 on its own: 十五, where ``一十五`` is what follows 百."""
    if number < 10:
        return NUMERALS[number]
    ten, one = divmod(number, 10)
    return (NUMERALS[ten] if ten > 1 else "") + "十" + (NUMERALS[one] if one else "")


def thousands(number: int) -> str:
    """1 to 9 thousand."""
    return ("两" if number == 2 else NUMERALS[number]) + "千"


def integer(number: int) -> tuple[str, ...]:
    """A whole number from 0, below 10^12: 一 万 零 八十六."""
    said: list[str] = []
    gap = False
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section = number // size % 10**4
        if section:
            said += _section(section, after=bool(said), gap=gap)
            if unit:
                said = [*(["两"] if said == ["二"] else said), unit]
        gap = not section
    return tuple(said) or ("零",)


def _section(section: int, *, after: bool, gap: bool) -> list[str]:
    """1 to 9999, ``after`` a higher section or not; ``gap``: that section was not the next one."""
    thousand, hundred, rest = section // 1000, section // 100 % 10, section % 100
    zero = after and (gap or not thousand)
    said = []
    if thousand:
        said += ["零"] * zero + [thousands(thousand)]
        zero = not hundred
    if hundred:
        said += ["零"] * zero + [f"{NUMERALS[hundred]}百"]
        zero = False
    return said + _last_two(rest, after=after or bool(said), zero=zero)


def _last_two(number: int, *, after: bool, zero: bool) -> list[str]:
    if number < 10:
        return [("零" if after else "") + NUMERALS[number]] if number else []
    return ["零"] * zero + [("一" if after and number < 20 else "") + tens(number)]


def number(value: Decimal) -> tuple[str, ...]:
    """Any number, decimals digit by digit: 负 三 点一 四."""
    sign = ("负",) if value < 0 else ()
    return sign + integer(int(abs(value))) + _decimals(value)


def _decimals(value: Decimal) -> tuple[str, ...]:
    decimals = f"{abs(value):f}".partition(".")[2]
    return (f"点{NUMERALS[int(decimals[0])]}", *(NUMERALS[int(digit)] for digit in decimals[1:])) if decimals else ()


def count(number: int) -> tuple[str, ...]:
    """A whole number before what is counted: 两 for 2."""
    return ("两",) if number == 2 else integer(number)


def digits(text: str) -> tuple[str, ...]:
    """One by one, as telephone numbers are said: 幺 for 1."""
    return tuple(SIGNS.get(sign) or ("幺" if sign == "1" else NUMERALS[int(sign)]) for sign in text)


def money(fen: int) -> tuple[str, ...]:
    """An amount in yuan, jiao and fen; below zero it is owed: 欠费."""
    yuan, rest = divmod(abs(fen), 100)
    sign = ("欠费",) if fen < 0 else ()
    if not yuan:
        return sign + (_small(rest) if rest else ("零元",))
    return sign + with_yuan(count(yuan)) + ((parts_of_yuan(rest),) if rest else ())


def with_yuan(said: Sequence[str]) -> tuple[str, ...]:
    """The number with 元, in one piece with its last where that is a number of its own."""
    last = said[-1]
    whole = last == "两" or last in _ON_THEIR_OWN
    return (*said[:-1], f"{last}元") if whole else (*said, "元")


_ON_THEIR_OWN = frozenset(map(tens, range(100)))


def parts_of_yuan(fen: int) -> str:
    """1 to 99 fen after yuan: 五角, 五角三分, 零三分."""
    jiao, rest = divmod(fen, 10)
    return (f"{NUMERALS[jiao]}角" if jiao else "零") + (f"{NUMERALS[rest]}分" if rest else "")


def _small(fen: int) -> tuple[str, ...]:
    return (parts_of_yuan(fen),) if fen >= 10 else (NUMERALS[fen], "分")


def year(number: int) -> tuple[str, ...]:
    """A year, as its digits."""
    said = [NUMERALS[int(digit)] for digit in str(number)]
    return ("".join(said) + "年",) if number in WHOLE_YEARS else (*said, "年")


def month(day: date) -> tuple[str, ...]:
    """The month of a year."""
    return (*year(day.year), f"{tens(day.month)}月")


def day(day: date) -> tuple[str, ...]:
    """A date, from the year on."""
    return (*month(day), f"{tens(day.day)}日")


def hour(number: int) -> str:
    """0 to 12."""
    return ("两" if number == 2 else tens(number)) + "点"


def clock(moment: time) -> tuple[str, ...]:
    """A time of day: 下午 三点 零五 分."""
    part = next(name for end, name in _PARTS_OF_DAY if moment.hour < end)
    said = (part, hour(moment.hour if moment.hour <= 12 else moment.hour - 12))
    if not moment.minute:
        return said
    return (*said, ("零" if moment.minute < 10 else "") + tens(moment.minute), "分")


def measure(value: Decimal, unit: str) -> tuple[str, ...]:
    """So many ``gigabytes``, ``megabytes``, ``minutes`` or ``seconds``: 三 点五 吉字节."""
    return (*(count(2) if value == 2 else number(value)), UNITS[unit])


UNITS = {"gigabytes": "吉字节", "megabytes": "兆字节", "minutes": "分钟", "seconds": "秒"}

# Sentences: what stands in figures and letters in a prompt's text.

_AMOUNT = r"[0-9]{1,12}(?:\.[0-9]+)?"
_COUNTED = (
    "个位次天条张种项件部台家笔户页点秒"  # 两 stands before these, 小时 and 分钟; 月 and 日 are named, not counted
)
_AS_WORDS = frozenset({"SIM", "PIN", "WIFI"})  # other letters are said one by one
_LETTERS = re.compile(r"[A-Za-z]+")


def sentence(text: str) -> str:
    """The text with all figures as words, and letters as capitals that stand alone: what any engine reads right."""
    for pattern, said in _FIGURES:
        text = re.sub(pattern, said, text)
    return _LETTERS.sub(_spelt, text)


def _spelt(found: re.Match[str]) -> str:
    letters = found[0].upper()
    return letters if letters in _AS_WORDS else " ".join(letters)


def _joined(said: Iterable[str]) -> str:
    return JOINER.join(said)


def _date(found: re.Match[str]) -> str:
    return _joined(year(int(found[1]))) + f"{tens(int(found[2]))}月{tens(int(found[3]))}日"


def _time(found: re.Match[str]) -> str:
    hours, minutes = int(found[1]), int(found[2])
    if hours < 24 and minutes < 60:
        return _joined(clock(time(hours, minutes)))
    return f"{tens(hours)}点" + (f"{tens(minutes)}分" if minutes else "")


def _money(found: re.Match[str]) -> str:
    return _joined(money(int(Decimal(found[1]) * 100)))


def _percent(found: re.Match[str]) -> str:
    return "百分之" + _joined(number(Decimal(found[1])))


def _data(found: re.Match[str]) -> str:
    unit = "gigabytes" if found[2].upper().startswith("G") else "megabytes"
    return _joined(measure(Decimal(found[1]), unit))


def _digits(found: re.Match[str]) -> str:
    return _joined(digits(found[0].replace("-", "")))


def _plain(found: re.Match[str]) -> str:
    return _joined(number(Decimal(found[0])))


_FIGURES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])", _date),
    (r"(?<![0-9])([0-9]{4})(?=年)", lambda found: _joined(NUMERALS[int(digit)] for digit in found[1])),
    (r"(?<![0-9])([0-9]{1,2})[:：]([0-9]{2})(?![0-9])", _time),
    (r"[¥￥]([0-9]{1,10}(?:\.[0-9]{1,2})?)元?(?![0-9])", _money),
    (r"(?<![0-9.])([0-9]{1,10}(?:\.[0-9]{1,2})?)元", _money),
    (rf"({_AMOUNT})[%％]", _percent),
    (rf"(?<![0-9.])({_AMOUNT}) ?(GB|MB)(?![A-Za-z])", _data),
    (r"(?<=拨打|热线|发送)[0-9]{3,4}(?![0-9])", _digits),
    (r"\+?[0-9]{3,4}(?:-[0-9]{3,8})+", _digits),
    (rf"(?<![0-9.])(?:\+[0-9]+|0[0-9]+|[0-9]{{5,}})(?!\.?[0-9]|[万亿{_COUNTED}])|[0-9]{{13,}}", _digits),
    (r"(?<=[0-9]) ?[-~～] ?(?=[0-9])", "至"),
    (rf"(?<![0-9.第])2(?=[{_COUNTED}]|小时|分钟)", "两"),
    (_AMOUNT, _plain),
    (r"\*", "星号"),
    (r"#", "井号"),
)
