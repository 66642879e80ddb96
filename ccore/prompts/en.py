"""How values are said in English, in the pieces a phrase is made of: one hundred and · three yuan · and fifty fen."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal

JOINER = " "
SIGNS = {"*": "star", "#": "hash", "+": "plus"}
WHOLE_YEARS = range(2020, 2040)  # said as one piece; others digit by digit
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def tens(number: int) -> str:
    """0 to 99."""
    if number < 20:
        return _ONES[number]
    ten, one = divmod(number, 10)
    return _TENS[ten] + (f"-{_ONES[one]}" if one else "")


def ordinal(number: int) -> str:
    """1 to 99: twenty-first."""
    before, hyphen, last = tens(number).rpartition("-")
    if last.endswith("y"):
        return f"{before}{hyphen}{last[:-1]}ieth"
    return before + hyphen + _ORDINALS.get(last, f"{last}th")


def hundreds(number: int, *, more: bool) -> str:
    """1 to 9 hundred, and ``more`` to come."""
    return f"{_ONES[number]} hundred" + (" and" if more else "")


def integer(number: int) -> tuple[str, ...]:
    """A whole number from 0, below 10^12: one · thousand · two hundred and · five."""
    said: list[str] = []
    for size, unit in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (1, "")):
        section = number // size % 1000
        if not section:
            continue
        if said and not unit and section < 100:
            said.append("and")
        said += [*_section(section), *([unit] if unit else [])]
    return tuple(said) or ("zero",)


def _section(section: int) -> list[str]:
    hundred, rest = divmod(section, 100)
    said = [hundreds(hundred, more=bool(rest))] if hundred else []
    return [*said, tens(rest)] if rest else said


def number(value: Decimal) -> tuple[str, ...]:
    """Any number, decimals digit by digit: minus · three · point one · four."""
    sign = ("minus",) if value < 0 else ()
    return sign + integer(int(abs(value))) + _decimals(value)


def _decimals(value: Decimal) -> tuple[str, ...]:
    decimals = f"{abs(value):f}".partition(".")[2]
    return (f"point {_ONES[int(decimals[0])]}", *(_ONES[int(digit)] for digit in decimals[1:])) if decimals else ()


def count(number: int) -> tuple[str, ...]:
    """A whole number before what is counted."""
    return integer(number)


def digits(text: str) -> tuple[str, ...]:
    """One by one."""
    return tuple(SIGNS.get(sign) or _ONES[int(sign)] for sign in text)


def money(fen: int) -> tuple[str, ...]:
    """An amount in yuan and fen."""
    yuan, rest = divmod(abs(fen), 100)
    sign = ("minus",) if fen < 0 else ()
    if not yuan:
        return sign + ((tens(rest), "fen") if rest else ("zero yuan",))
    return sign + with_yuan(integer(yuan)) + ((parts_of_yuan(rest),) if rest else ())


def with_yuan(said: Sequence[str]) -> tuple[str, ...]:
    """The number with yuan, in one piece with its last where that is below a hundred."""
    whole = said[-1] in _BELOW_HUNDRED
    return (*said[:-1], f"{said[-1]} yuan") if whole else (*said, "yuan")


_BELOW_HUNDRED = frozenset(map(tens, range(100)))


def parts_of_yuan(fen: int) -> str:
    """1 to 99 fen after yuan."""
    return f"and {tens(fen)} fen"


def year(number: int) -> tuple[str, ...]:
    """A year: twenty twenty-seven; digit by digit outside WHOLE_YEARS."""
    return (f"twenty {tens(number % 100)}",) if number in WHOLE_YEARS else digits(str(number))


def month(day: date) -> tuple[str, ...]:
    """The month of a year."""
    return (MONTHS[day.month - 1], *year(day.year))


def day(day: date) -> tuple[str, ...]:
    """A date: the seventeenth of · February · twenty twenty-seven."""
    return (day_of_month(day.day), *month(day))


def day_of_month(number: int) -> str:
    """1 to 31, before the month."""
    return f"the {ordinal(number)} of"


def clock(moment: time) -> tuple[str, ...]:
    """A time of day: three · oh five · p.m."""
    minutes = (oh(moment.minute) if moment.minute < 10 else tens(moment.minute),) if moment.minute else ()
    return (tens(moment.hour % 12 or 12), *minutes, "a.m." if moment.hour < 12 else "p.m.")


def oh(number: int) -> str:
    """1 to 9 after a zero that is said."""
    return f"oh {_ONES[number]}"


def measure(value: Decimal, unit: str) -> tuple[str, ...]:
    """So many ``gigabytes``, ``megabytes``, ``minutes`` or ``seconds``."""
    return (*number(value), unit.removesuffix("s") if value == 1 else unit)


# Sentences: what stands in figures and letters in a prompt's text.

_AMOUNT = r"[0-9]{1,12}(?:\.[0-9]+)?"
_SPELT = re.compile(
    r"\b(?:[B-DF-HJ-NP-TV-XZ]{2,}|[A-Z]|VIP|APP|FAQ)(?=s?\b)"
)  # no vowel: nobody could say it as a word


def sentence(text: str) -> str:
    """The text with all figures as words, and abbreviations that are spelt as capitals that stand alone."""
    for pattern, said in _FIGURES:
        text = re.sub(pattern, said, text)
    return _SPELT.sub(lambda found: " ".join(found[0]), text)


def _joined(said: Iterable[str]) -> str:
    return JOINER.join(said)


def _date(found: re.Match[str]) -> str:
    month_name = dict(enumerate(MONTHS, 1)).get(int(found[2]), "")
    return _joined((day_of_month(int(found[3])), month_name, *year(int(found[1]))))


def _time(found: re.Match[str]) -> str:
    hours, minutes = int(found[1]), int(found[2])
    if hours < 24 and minutes < 60:
        return _joined(clock(time(hours, minutes)))
    return f"{tens(hours)} {tens(minutes)}"


def _money(found: re.Match[str]) -> str:
    return _joined(money(int(Decimal(found[1]) * 100)))


def _percent(found: re.Match[str]) -> str:
    return f"{_joined(number(Decimal(found[1])))} percent"


def _data(found: re.Match[str]) -> str:
    return _joined(measure(Decimal(found[1]), "gigabytes" if found[2] == "GB" else "megabytes"))


def _digits(found: re.Match[str]) -> str:
    return _joined(digits(found[0].replace("-", "")))


def _plain(found: re.Match[str]) -> str:
    return _joined(number(Decimal(found[0])))


_FIGURES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])", _date),
    (r"(?<![0-9])([0-9]{1,2}):([0-9]{2})(?![0-9])", _time),
    (r"[¥￥]([0-9]{1,10}(?:\.[0-9]{1,2})?)(?: yuan)?(?![0-9])", _money),
    (r"(?<![0-9.])([0-9]{1,10}(?:\.[0-9]{1,2})?) yuan", _money),
    (rf"({_AMOUNT}) ?%", _percent),
    (rf"(?<![0-9.])({_AMOUNT}) ?(GB|MB)\b", _data),
    (r"(?<=dial )[0-9]{3,4}(?![0-9])", _digits),
    (r"\+?[0-9]{3,4}(?:-[0-9]{3,8})+", _digits),
    (r"(?<![0-9.])(?:\+[0-9]+|0[0-9]+|[0-9]{5,})(?!\.?[0-9])|[0-9]{13,}", _digits),
    (r"(?<=[0-9]) ?[-~] ?(?=[0-9])", " to "),
    (r"(?<![0-9])([0-9]{1,2})(?:st|nd|rd|th)\b", lambda found: ordinal(int(found[1]))),
    (rf"(?<=[A-Za-z])(?={_AMOUNT})|(?<=[0-9])(?=[A-Za-z])", " "),
    (_AMOUNT, _plain),
    (r"\*", "star"),
    (r"#", "hash"),
)
