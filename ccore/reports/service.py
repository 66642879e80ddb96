"""Answers what was sold: reads the counts, names what they are of, and adds the totals."""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from asyncpg import Record

from ccore.db.pool import Database, Statements
from ccore.ordering.model import Outcome
from ccore.ordering.number import NumberPlan
from ccore.reports.counting import Counting
from ccore.reports.headings import Language
from ccore.reports.question import TIMES, By, Question, complaint, source
from ccore.reports.totals import Line, Measure, Sums, lines, ranked

MOST_LINES = 100_000
NOT_TOLD_APART = "-"  # in a column, of what has none: no team, no person
_ORDERED = frozenset(outcome.value for outcome in Outcome if outcome.ordered)


class TooMuch(ValueError):
    """A question whose answer nobody could read, or that makes no sense; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Report:
    """Lines of sales with totals at each level. ``heads`` name the key columns; ``behind``: marks not counted yet."""

    heads: tuple[str, ...]
    lines: Sequence[Line]
    behind: int


@dataclass(frozen=True, slots=True)
class Step:
    """Tries to order told apart by ``keys``: how many there were, named a code somebody holds (``understood``), were
    placed (also those that wait to be confirmed), and of those orders how many are live and active now; ``refused`` by
    outcome."""

    keys: tuple[str, ...]
    tries: int
    understood: int
    placed: int
    live: int
    active: int
    refused: Mapping[str, int]


class Reports:
    """Of one database, in days of ``zone``."""

    def __init__(self, database: Database, zone: str, plan: NumberPlan) -> None:
        self.counting = Counting(database, zone, plan)
        self._database = database

    def use(self, plan: NumberPlan) -> None:
        """Understand dialled numbers by ``plan`` from now on."""
        self.counting.plan = plan

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        return {"sales counting": self.counting.run}

    def health(self) -> Mapping[str, object]:
        """Why nothing is counted, if nothing is."""
        return {"waits": self.counting.trouble.reason}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self.counting.trouble.reason:
            yield f"sales are not counted: {self.counting.trouble.reason}"

    async def sales(self, question: Question, language: Language = "zh", order: Measure | None = None) -> Report:
        """Sales with totals at each level. Raises TooMuch."""
        leaves = await self._leaves(question, language)
        return Report(tuple(question.by), lines(leaves, len(question.by), order), await self.behind())

    async def behind(self) -> int:
        """How many changes of orders and tries are not counted yet."""
        found: int = await self._database.fetch_value("reports.behind")
        return found

    async def ranks(
        self, question: Question, order: Measure, most: int, language: Language = "zh"
    ) -> list[tuple[int, Line]]:
        """The best by one measure, told apart as the question says. Raises TooMuch."""
        leaves = [line for line in await self._leaves(question, language) if NOT_TOLD_APART not in line.keys]
        return ranked(leaves, order, most)

    async def funnel(self, question: Question, language: Language = "zh") -> list[Step]:
        """From tries to live orders, by product, claim, channel and a time at most. Raises TooMuch."""
        known = {By.PRODUCT, By.CLAIM, By.CHANNEL, *TIMES}
        if other := [column for column in question.by if column not in known]:
            raise TooMuch(f"tries are not told apart by {', '.join(other)}")
        if question.people or question.teams or question.departments or question.claims:
            raise TooMuch("tries are of products and channels: nobody knows who holds a code that was not understood")
        named = replace(question, states=())
        placed = {line.keys: line.sums for line in await self._leaves(named, language)}
        rows = await self._database.fetch(
            "reports.tries",
            question.since,
            question.until,
            list(question.by),
            list(question.products) or None,
            list(question.channels) or None,
        )
        names = await self._product_names(language) if By.PRODUCT in question.by else {}
        outcomes: dict[tuple[str, ...], Counter[str]] = {}
        for row in rows:
            keys = tuple(_try_key(row, column, names) for column in question.by)
            outcomes.setdefault(keys, Counter())[row["outcome"]] += row["attempts"]
        return [_step(keys, tried, placed.get(keys, Sums())) for keys, tried in sorted(outcomes.items())]

    async def _leaves(self, question: Question, language: Language) -> list[Line]:
        if why := complaint(question):
            raise TooMuch(why)
        read = source(question)
        days = (part for days in (read.before, read.after) for part in (*days.span, days.times))
        asked = (list(question.by), read.counts, *read.months, *days)
        async with self._database.transaction() as transaction:
            await transaction.fetch("reports.as_asked")
            rows = await transaction.fetch(
                "reports.sales", *asked, *await filters(transaction, question), MOST_LINES + 1
            )
        if len(rows) > MOST_LINES:
            raise TooMuch(f"more than {MOST_LINES} lines: ask for fewer columns, or a shorter time")
        return [
            Line(
                tuple(_key(row, column, language) for column in question.by),
                Sums(row["orders"], row["live"], row["active"], row["sales_fen"], row["commission_fen"]),
            )
            for row in rows
        ]

    async def _product_names(self, language: Language) -> dict[str, str]:
        rows = await self._database.fetch("reports.products")
        return {row["code"]: row[f"name_{language}"] for row in rows}


async def filters(statements: Statements, question: Question) -> list[list[int] | list[str] | None]:
    """What a question names, as the counts and orders have it; None: of all. What names nothing known finds nothing."""
    asked = (question.products, question.departments, question.teams, question.people, question.claims)
    row = await statements.fetch_row("reports.numbered", *map(list, asked), question.alone)
    assert row is not None, "the query always gives a row"
    found = [(rows or []) if names else None for rows, names in zip(row, asked, strict=True)]
    return [*found, list(question.channels) or None, list(question.states) or None]


def _key(row: Record, column: By, language: Language) -> str:
    match column:
        case By.PRODUCT:
            return f"{row['product']} {row[f'product_{language}']}"
        case By.PERSON:
            return NOT_TOLD_APART if row["person"] is None else f"{row['person']} {row['person_name']}"
        case _:
            return _plain_key(row, column)


def _try_key(row: Record, column: By, names: Mapping[str, str]) -> str:
    if column is By.PRODUCT:
        return f"{row['product']} {names[row['product']]}" if row["product"] in names else NOT_TOLD_APART
    return _plain_key(row, column)


def _plain_key(row: Record, column: By) -> str:
    if column not in TIMES:
        return row[column.value] or NOT_TOLD_APART
    day: date = row["day"]
    return day.isoformat()[:7] if column is By.MONTH else day.isoformat()


def _step(keys: tuple[str, ...], outcomes: Mapping[str, int], now: Sums) -> Step:
    tries = sum(outcomes.values())
    placed = sum(outcomes.get(name, 0) for name in _ORDERED)
    refused = {name: count for name, count in sorted(outcomes.items()) if name not in _ORDERED}
    return Step(keys, tries, tries - outcomes.get("unknown-code", 0), placed, now.live, now.active, refused)
