"""What callers key as numbers, dates and months: whether it can be one, and how it is kept."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from ccore.ivr.model import Value
from ccore.prompts.kinds import Kind

# Numbers as they are dialled in China; other regions take `any` with `least` and `most`.
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[1-9][0-9]{8,10}|00[1-9][0-9]{6,13}|[2-9][0-9]{6,7}")


def checked(check: str, digits: str, today: date) -> Value | None:
    """The value that ``digits`` are, None if they cannot be what ``check`` names.

    ``date`` takes YYYYMMDD, and MMDD as the nearest such day; ``month`` takes YYYYMM, and MM as the latest such month.
    """
    return _CHECKS[check](digits, today) if re.fullmatch("[0-9]+", digits) else None


def _any(digits: str, _today: date) -> Value | None:
    return Value(Kind.DIGITS, digits)


def _mobile(digits: str, _today: date) -> Value | None:
    return Value(Kind.DIGITS, digits) if _MOBILE.fullmatch(digits) else None


def _phone(digits: str, _today: date) -> Value | None:
    return Value(Kind.DIGITS, digits) if _PHONE.fullmatch(digits) else None


def _luhn(digits: str, _today: date) -> Value | None:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    good = len(digits) > 1 and sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
    return Value(Kind.DIGITS, digits) if good else None


def _date(digits: str, today: date) -> Value | None:
    if len(digits) == 8:
        days = [_day(int(digits[:4]), digits[4:])]
    else:
        days = [_day(today.year + more, digits) for more in (-1, 0, 1)] if len(digits) == 4 else []
    nearest = min((day for day in days if day), key=lambda day: abs(day - today), default=None)
    return Value(Kind.DATE, nearest.isoformat()) if nearest else None


def _day(year: int, month_and_day: str) -> date | None:
    try:
        return date(year, int(month_and_day[:2]), int(month_and_day[2:]))
    except ValueError:  # the 30th of February, or of a year without a 29th
        return None


def _month(digits: str, today: date) -> Value | None:
    if len(digits) not in {2, 6}:
        return None
    month = int(digits[-2:])
    year = int(digits[:4]) if len(digits) == 6 else today.year - (month > today.month)
    good = 1 <= month <= 12 and 1900 <= year <= 2999
    return Value(Kind.MONTH, f"{year:04}-{month:02}") if good else None


_CHECKS: Mapping[str, Callable[[str, date], Value | None]] = {
    "any": _any,
    "mobile": _mobile,
    "phone": _phone,
    "luhn": _luhn,
    "date": _date,
    "month": _month,
}
