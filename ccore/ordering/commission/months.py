"""The spans of periods of sales: weeks, months or quarters of the site's time zone, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Length = Literal["week", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class Span:
    """From ``begins`` until just before ``ends``, called ``name``: 2026-W47, 2026-11 or 2026-Q4."""

    name: str
    begins: datetime
    ends: datetime


def spans(since: datetime, until: datetime, length: Length, zone: ZoneInfo) -> Iterator[Span]:
    """Every span that has something of the time from ``since`` to ``until``."""
    first = _first_day(since.astimezone(zone).date(), length)
    while (begins := _midnight(first, zone)) < until:
        after = _next(first, length)
        yield Span(_name(first, length), begins, _midnight(after, zone))
        first = after


def _first_day(day: date, length: Length) -> date:
    match length:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _next(first: date, length: Length) -> date:
    """A day within the span after, or one that begins it."""
    days = {"week": 7, "month": 31, "quarter": 92}  # of the longest
    return _first_day(first + timedelta(days=days[length]), length)


def _name(first: date, length: Length) -> str:
    match length:
        case "week":
            return f"{first:%G-W%V}"
        case "month":
            return f"{first:%Y-%m}"
        case "quarter":
            return f"{first:%Y}-Q{(first.month + 2) // 3}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
