"""When a hotline is open: hours of the week, public holidays, their make-up working days, and the site's own."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ccore.tables import Closed, Name

HolidayOrNot = Literal["holiday", "workday", "normal"]
Verdict = Literal["open", "closed", "holiday"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SATURDAY = 5


def _not_empty(span: str) -> str:
    first, _, last = span.partition("-")
    if first == last:
        raise ValueError(f"{span} begins when it ends; the whole day is 00:00-24:00")
    return span


_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]"
Span = Annotated[str, Field(pattern=rf"^{_CLOCK}-({_CLOCK}|24:00)$"), AfterValidator(_not_empty)]
Spans = tuple[Span, ...]


def _known(country: str) -> str:
    try:
        _public(country, 2026)  # a year as good as any: this also loads what no caller shall wait for
    except NotImplementedError:
        raise ValueError(f"the public holidays of {country!r} are not known: leave it empty, name the days") from None
    return country


@lru_cache(maxsize=64)
def _public(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """A year's public holidays and make-up working days; none without a country.

    Of a year not yet decreed the library knows the statutory days only: the site writes the others down.
    """
    if not country:
        return frozenset(), frozenset()
    import holidays  # noqa: PLC0415 - it takes a second: only those who read hours wait for it

    known = holidays.country_holidays(country, years=year)
    return frozenset(known), frozenset(getattr(known, "weekend_workdays", ()))


class Calendar(Closed):
    """Which days are holidays. ``days`` are the site's own and go before the country's public holidays.

    A ``workday`` has the hours of ``workdays`` whatever its day of the week; a ``normal`` day those of its weekday.
    """

    country: Annotated[
        str, Field(description="two letters; empty: no public holidays", validate_default=True), AfterValidator(_known)
    ] = "CN"
    days: dict[date, HolidayOrNot] = Field(default={})


class Hours(Closed):
    """Spans of opening by day, local time; a span may go past midnight (``22:00-06:00``) and belongs to its first day.

    ``workdays`` are Monday to Friday and make-up working days; a day named by itself goes before ``workdays`` and
    ``weekends``; ``dates`` go before everything.
    """

    workdays: Spans = ()
    weekends: Spans = ()
    holidays: Spans = ()
    monday: Spans | None = None
    tuesday: Spans | None = None
    wednesday: Spans | None = None
    thursday: Spans | None = None
    friday: Spans | None = None
    saturday: Spans | None = None
    sunday: Spans | None = None
    dates: dict[date, Spans] = Field(
        default={}, description='special hours of one date: "2027-02-05" = ["09:00-12:00"]'
    )


class HoursFile(Closed):
    """``hours.toml``: the calendar of the site, and its hours by name."""

    calendar: Calendar = Field(default_factory=Calendar)
    hours: dict[Name, Hours] = Field(default={})


def is_open(hours: Hours, calendar: Calendar, now: datetime) -> Verdict:
    """Whether it is open at ``now``, which is of the site's zone; closed on a holiday is ``holiday``."""
    today, clock = now.date(), now.time()
    yesterday = today - timedelta(days=1)
    if _within(_spans(hours, calendar, today), clock) or _still(_spans(hours, calendar, yesterday), clock):
        return "open"
    return "holiday" if kind_of_day(calendar, today) == "holiday" else "closed"


def kind_of_day(calendar: Calendar, day: date) -> HolidayOrNot:
    """What the calendar makes of a day: the site's word on it, else the country's."""
    if own := calendar.days.get(day):
        return own
    public, make_up = _public(calendar.country, day.year)
    if day in make_up:
        return "workday"
    return "holiday" if day in public else "normal"


def _spans(hours: Hours, calendar: Calendar, day: date) -> Spans:
    if day in hours.dates:
        return hours.dates[day]
    match kind_of_day(calendar, day):
        case "holiday":
            return hours.holidays
        case "workday":
            return hours.workdays
    own: Spans | None = getattr(hours, DAYS[day.weekday()])
    if own is not None:
        return own
    return hours.weekends if day.weekday() >= _SATURDAY else hours.workdays


def _within(spans: Iterable[str], clock: time) -> bool:
    return any(first <= clock and (clock < last or past) for first, last, past in map(_parted, spans))


def _still(spans: Iterable[str], clock: time) -> bool:
    """Whether a span of yesterday goes on past midnight until after ``clock``."""
    return any(past and clock < last for _, last, past in map(_parted, spans))


def _parted(span: str) -> tuple[time, time, bool]:
    """Begin, end, and whether the end is on the next day; 24:00 is the next day's 00:00."""
    first, _, last = span.partition("-")
    begin, end = time.fromisoformat(first), time() if last == "24:00" else time.fromisoformat(last)
    return begin, end, end <= begin
