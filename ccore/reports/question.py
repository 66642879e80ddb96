"""What a report of sales is asked by, and which of the counts answer it with the least reading."""

import enum
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

MOST_DAYS_BY_SELLER = 92  # day by day and person by person: more is no report any more
_COMMA = re.compile(r"(?<!\\),")


class By(enum.StrEnum):
    """A column that sales are told apart by."""

    PRODUCT = "product"
    DEPARTMENT = "department"
    TEAM = "team"
    PERSON = "person"
    CLAIM = "claim"  # product and claim code
    CHANNEL = "channel"
    STATE = "state"
    DAY = "day"
    WEEK = "week"  # its Monday
    MONTH = "month"  # its first day


TIMES = (By.DAY, By.WEEK, By.MONTH)
_SELLERS = (By.PERSON, By.CLAIM)


@dataclass(frozen=True, slots=True)
class Question:
    """Sales of the days from ``since`` until before ``until``, by any columns in this order; "" names nothing: of all.

    ``departments`` are paths (``sales/north``) and have all that are under them, unless ``alone``; ``products`` are
    codes, ``people`` employee numbers, ``claims`` product and claim code. A day is one of the site's zone; an order
    counts for the day it was placed.
    """

    since: date
    until: date
    by: tuple[By, ...] = ()
    products: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    alone: bool = field(default=False, kw_only=True)


FILTERS = ("products", "departments", "teams", "people", "claims", "channels", "states")  # of a Question


def named(text: str) -> tuple[str, ...]:
    """Names as people give them, with commas between; one within a name is written with a backslash before it."""
    return tuple(name for each in _COMMA.split(text) if (name := each.strip().replace("\\,", ",")))


def columns(text: str) -> tuple[By, ...]:
    """Columns as people name them. Raises ValueError."""
    names = named(text)
    if unknown := [name for name in names if name not in set(By)]:
        raise ValueError(f"sales are not told apart by {unknown[0][:40]}, only by {', '.join(By)}")
    return tuple(map(By, names))


Range = tuple[date, date]
Counts = Literal["claim", "group", "product", "department"]


@dataclass(frozen=True, slots=True)
class Days:
    """Days that are added (``times`` 1), or taken away from whole months (-1); none, if both ends are the same."""

    span: Range
    times: int


@dataclass(frozen=True, slots=True)
class Source:
    """Of which ``counts`` whole ``months`` are read, and what days at their two ends; by product or department alone
    there are counts of days, and months are by group."""

    counts: Counts
    months: Range
    before: Days
    after: Days


def complaint(question: Question) -> str:
    """What is wrong with it, in words for whoever asks; "" if nothing is."""
    if question.until <= question.since:
        return "the time ends before it begins"
    if len(set(question.by)) < len(question.by):
        return "a column is named twice"
    if sum(column in TIMES for column in question.by) > 1:
        return "day, week and month are for one at a time"
    days = (question.until - question.since).days
    by_day = By.DAY in question.by or By.WEEK in question.by
    if by_day and any(column in _SELLERS for column in question.by) and days > MOST_DAYS_BY_SELLER:
        narrowed = question.people or question.claims
        return "" if narrowed else f"by day and by seller, {MOST_DAYS_BY_SELLER} days at most, or name the sellers"
    return ""


def source(question: Question) -> Source:
    """The smallest counts that answer it, and the fewest days: of most of a month, those that are not asked for."""
    counts, since, until = _counts(question), question.since, question.until
    first, last = since.replace(day=1), until.replace(day=1)
    if By.DAY in question.by or By.WEEK in question.by or first == last:
        return Source(counts, (last, last), Days((since, until), 1), Days((until, until), 1))
    before, after = Days((first, since), -1), Days((last, until), 1)
    following = _next_month(since)
    if following - since < since - first:
        first, before = following, Days((since, following), 1)
    if last < until and _next_month(last) - until < until - last:
        last, after = _next_month(last), Days((until, _next_month(last)), -1)
    return Source(counts, (first, last), before, after)


def _counts(question: Question) -> Counts:
    """By whom it was sold, and by what of product and department, as far as the question needs to know."""
    if question.people or question.claims or any(column in _SELLERS for column in question.by):
        return "claim"
    if not (question.teams or question.departments or {By.TEAM, By.DEPARTMENT} & set(question.by)):
        return "product"
    return "group" if question.products or By.PRODUCT in question.by else "department"


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
