"""What a campaign did, as tables: of what was counted, by the definitions that regulators use: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Protocol

Cell = str | int | float | None

TALKING, WAITING = frozenset({"talking"}), frozenset({"ready", "ringing"})
LIST, TRUNK, AGENT, HOUR = 1, 2, 3, 4  # what a row of `figures` is of; 0: all
WINDOWS: Mapping[int, str] = {43_200: "30 days, or the campaign", 1440: "24 h", 30: "30 min"}  # minutes
FIGURES = ("attempts", "dialled", "rang", "answered", "live", "connected", "abandoned", "abandonment", "talk_s", "yuan")


class Row(Protocol):
    """A row of a query."""

    def __getitem__(self, column: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a report; percentages are to a hundredth, seconds to a tenth."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def as_data(self) -> list[dict[str, Cell]]:
        """As JSON tells it."""
        return [dict(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Detection:
    """People among those taken for machines: ``persons`` of ``judged`` samples, or else ``percent`` of all people.

    Both None: machines are not looked for.
    """

    percent: float | None = None
    judged: int | None = None
    persons: int = 0

    def false_positives(self, live: int, machines: int) -> float:
        """How many people were hung up on as machines, among so many verdicts, beside so many live answers."""
        if self.judged:
            return machines * self.persons / self.judged
        if self.percent is None or not machines:
            return 0.0
        return min(live * self.percent / (100 - self.percent), machines)


@dataclass(frozen=True, slots=True)
class Counted:
    """The rows of ``campaign_report.sql`` by the names of their queries; ``waits`` are p50 and p95."""

    figures: Sequence[Row] = ()
    windows: Sequence[Row] = ()
    causes: Sequence[Row] = ()
    waits: tuple[float | None, float | None] = (None, None)
    tried: int = 0
    contacts: Sequence[Row] = ()
    dispositions: Sequence[Row] = ()
    work: Sequence[Row] = ()
    detection: Detection = field(default_factory=Detection)
    limit_percent: float | None = None


def tables(counted: Counted, zone: tzinfo) -> tuple[Table, ...]:
    """All of a report's; hours are those of ``zone``."""
    return (
        Table("funnel", ("step", "count", "of_dialled"), list(_funnel(counted))),
        Table("abandonment", _ABANDONMENT, [_window(row, counted) for row in counted.windows]),
        Table("outcomes", ("outcome", "status", "q850", "sip", "reason", "attempts", "share"), list(_causes(counted))),
        Table("work", ("figure", "value"), list(_work(counted))),
        Table("machines", ("figure", "value"), list(_machines(counted))),
        Table("lists", ("list", *FIGURES), list(_split(counted, LIST, zone))),
        Table("trunks", ("trunk", *FIGURES), list(_split(counted, TRUNK, zone))),
        Table("agents", ("agent", *FIGURES, *_SECONDS, "utilisation"), list(_agents(counted, zone))),
        Table("hours", ("hour", *FIGURES), list(_split(counted, HOUR, zone))),
    )


_ABANDONMENT = (
    "window", "live", "no_agent", "left", "late", "cut", "false_positives", "abandoned", "abandonment", "limit",
)  # fmt: skip
_SECONDS = ("ready_s", "talking_s", "wrap_up_s", "paused_s")


def percent(part: float, whole: float) -> float | None:
    """To a hundredth; None of nothing."""
    return round(100 * part / whole, 2) if whole else None


def _total(counted: Counted) -> Row | None:
    return next((row for row in counted.figures if row["kind"] == 0), None)


def _funnel(counted: Counted) -> Iterator[tuple[str, int, float | None]]:
    total = _total(counted)
    states = {row["state"]: row["contacts"] for row in counted.contacts}
    dialled = 0 if total is None else total["dialled"]
    yield "contacts of its lists now", sum(states.values()), None
    for state, count in states.items():
        yield f"contacts now {state}", count, None
    yield "contacts dialled", counted.tried, None
    if total is None:
        return
    yield "attempts", total["attempts"], None
    for step, name in _STEPS.items():
        yield step, total[name], percent(total[name], dialled)
    for row in counted.dispositions:
        yield f"result {row['disposition']}", row["calls"], percent(row["calls"], dialled)


_STEPS: Mapping[str, str] = {
    "dialled": "dialled", "rang": "rang", "answered": "picked_up", "answered by a person": "live",
    "connected": "connected", "abandoned": "abandoned",
}  # fmt: skip


def _window(row: Row, counted: Counted) -> tuple[Cell, ...]:
    """Abandoned by live answers; people who were taken for machines are both."""
    wrong = counted.detection.false_positives(row["live"], row["machines"])
    pieces = [row[name] for name in ("no_agent", "left", "late", "cut")]
    abandoned, live = sum(pieces) + wrong, row["live"] + wrong
    return (
        WINDOWS[row["minutes"]], row["live"], *pieces, round(wrong, 1), round(abandoned, 1), percent(abandoned, live),
        counted.limit_percent,
    )  # fmt: skip


def _machines(counted: Counted) -> Iterator[tuple[str, Cell]]:
    """How often detection was wrong: about people, whom it hangs up on, and machines, which it gives to agents."""
    total = _total(counted)
    if total is None:
        return
    hung_up, met = total["machines"], total["machines_met"]
    people = counted.detection.false_positives(total["live"], hung_up)
    machines = hung_up - people + met
    yield "taken for machines", hung_up
    yield "people among them", round(people, 1)
    yield "machines that agents were given", met
    yield "false_positives_percent", percent(people, total["live"] + people)
    yield "false_negatives_percent", percent(met, machines)


def _causes(counted: Counted) -> Iterator[tuple[Cell, ...]]:
    every = sum(row["attempts"] for row in counted.causes)
    for row in counted.causes:
        q850, sip, count = row["cause"] or None, row["sip"] or None, row["attempts"]
        yield row["outcome"], row["status"], q850, sip, row["reason"], count, percent(count, every)


def _split(counted: Counted, kind: int, zone: tzinfo) -> Iterator[tuple[Cell, ...]]:
    for row in counted.figures:
        if row["kind"] == kind and (name := _name(row, zone)):
            yield name, *_cells(row)


def _name(row: Row, zone: tzinfo) -> str:
    hour: datetime | None = row["hour"]
    return str(row["name"]) if hour is None else hour.astimezone(zone).isoformat(timespec="minutes")


def _cells(row: Row) -> tuple[Cell, ...]:
    """As FIGURES: abandonment is without people who were taken for machines, who can only be told for all together."""
    return (
        row["attempts"], row["dialled"], row["rang"], row["picked_up"], row["live"], row["connected"], row["abandoned"],
        percent(row["abandoned"], row["live"]), round(row["talk_s"], 1), row["fen"] / 100,
    )  # fmt: skip


def _agents(counted: Counted, zone: tzinfo) -> Iterator[tuple[Cell, ...]]:
    did = {cells[0]: cells[1:] for cells in _split(counted, AGENT, zone)}
    seconds = _seconds(counted.work)
    nothing: tuple[Cell, ...] = (0, 0, 0, 0, 0, 0, 0, None, 0.0, 0.0)
    for agent in sorted({*map(str, did), *seconds}):
        theirs = seconds.get(agent, {})
        told = [round(theirs.get(state, 0.0), 1) for state in ("ready", "talking", "wrap-up", "paused")]
        yield agent, *did.get(agent, nothing), *told, _utilisation(theirs)


def _seconds(work: Sequence[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in work:
        found.setdefault(row["agent"], {})[row["state"]] = row["seconds"]
    return found


def _utilisation(seconds: Mapping[str, float]) -> float | None:
    """Talk by talk and waiting for it: wrap-up and pauses are no part of either."""
    talk = sum(seconds.get(state, 0.0) for state in TALKING)
    return percent(talk, talk + sum(seconds.get(state, 0.0) for state in WAITING))


def _work(counted: Counted) -> Iterator[tuple[str, Cell]]:
    """``agent_hours`` are those they were signed in, in the hours in which the campaign had attempts."""
    together: dict[str, float] = {}
    for theirs in _seconds(counted.work).values():
        for state, seconds in theirs.items():
            together[state] = together.get(state, 0.0) + seconds
    hours, total = sum(together.values()) / 3600, _total(counted)
    talk_s, connected = (total["talk_s"], total["connected"]) if total is not None else (0.0, 0)
    waiting = sum(together.get(state, 0.0) for state in WAITING)
    yield "agents", len(_seconds(counted.work))
    yield "agent_hours", round(hours, 2)
    yield "utilisation_percent", _utilisation(together)
    yield "talk_min_per_agent_hour", round(talk_s / 60 / hours, 2) if hours else None
    yield "connected_per_agent_hour", round(connected / hours, 2) if hours else None
    yield "idle_s_per_connected", round(waiting / connected, 1) if connected else None
    yield "answered_wait_p50_s", _rounded(counted.waits[0])
    yield "answered_wait_p95_s", _rounded(counted.waits[1])


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)
