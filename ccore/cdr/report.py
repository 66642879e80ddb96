"""Statistics as people read them: a table in their own time zone, with a line for whatever makes it incomplete."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo

from ccore.calls.model import Gap
from ccore.cdr.statistics import Count, Line, Statistics
from ccore.columns import aligned

# What the table's lines are by: a name → the line's own.
GROUPS: Mapping[str, Callable[[Line, tzinfo], str]] = {
    "time": lambda line, zone: f"{line.began_at.astimezone(zone):%F %R}",
    "hour": lambda line, zone: f"{line.began_at.astimezone(zone):%F %H:00}",
    "number": lambda line, _zone: line.dialled or "-",
    "trunk": lambda line, _zone: line.trunk or "-",
    "node": lambda line, _zone: line.node,
}
_HEADS = (
    "calls",
    "answered",
    "no answer",
    "busy",
    "congestion",
    "failed",
    "interrupted",
    "going on",
    "orders",
    "talk s",
)


def printable(text: str) -> str:
    """``text``, which may be a stranger's, without what a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def table(statistics: Statistics, by: str, zone: tzinfo) -> str:
    """The lines of ``statistics`` summed up ``by`` a name of GROUPS, their total, and what makes them incomplete."""
    sums: dict[str, tuple[Count, int]] = {}
    for line, count, orders in statistics.lines:
        name = GROUPS[by](line, zone)
        before, ordered = sums.get(name, (Count(), 0))
        sums[name] = before.plus(count), ordered + orders
    rows = [[by, *_HEADS], *([printable(name), *_cells(*sums[name])] for name in sorted(sums))]
    rows.append(["total", *_cells(*_total(sums.values()))])
    suspect = sum(count.clock_suspect for _, count, _ in statistics.lines)
    begin, end = statistics.begin.astimezone(zone), statistics.end.astimezone(zone)
    return "\n".join(
        [
            f"calls that began from {begin:%F %R} to {end:%F %R %Z}",
            *aligned(rows),
            *([f"{suspect} of them under a clock that was wrong: their times are in doubt"] if suspect else []),
            *(f"INCOMPLETE: {_said(gap, zone)}" for gap in statistics.gaps),
        ]
    )


def as_data(statistics: Statistics) -> dict[str, object]:
    """As JSON tells it: every line, times in UTC."""
    return {
        "from": _iso(statistics.begin),
        "to": _iso(statistics.end),
        "complete": statistics.complete,
        "gaps": [
            {"node": gap.node, "from": _iso(gap.began_at), "to": gap.ended_at and _iso(gap.ended_at), "why": gap.why}
            for gap in statistics.gaps
        ],
        "lines": [
            {**line._asdict(), "began_at": _iso(line.began_at), **count._asdict(), "orders": orders}
            for line, count, orders in statistics.lines
        ],
    }


def _total(sums: Iterable[tuple[Count, int]]) -> tuple[Count, int]:
    total, orders = Count(), 0
    for count, ordered in sums:
        total, orders = total.plus(count), orders + ordered
    return total, orders


def _cells(count: Count, orders: int) -> list[str]:
    numbers = (count.calls, count.answered, count.no_answer, count.busy, count.congestion, count.failed)
    return [*map(str, (*numbers, count.interrupted, count.going_on, orders)), f"{count.talk_ms / 1000:.0f}"]


def _said(gap: Gap, zone: tzinfo) -> str:
    begin = f"{gap.began_at.astimezone(zone):%F %T}"
    if gap.ended_at is None:
        return f"{gap.node} has not been heard since {begin} ({gap.why})"
    end = f"{gap.ended_at.astimezone(zone):%F %T}"
    return f"{gap.node} was not heard from {begin} to {end} ({gap.why}), and its call logs are not read past that yet"


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%FT%T.%fZ}"
