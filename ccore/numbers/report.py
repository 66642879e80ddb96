"""Adds up quarters of an hour to the intervals that people read, in their own time zone: local at the edge only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from ccore.numbers.model import quarter

INTERVALS = ("15m", "30m", "hour", "day", "month", "whole")
QUEUE_HEADS = (
    "offered", "answered", "within", "service_level", "abandoned", "abandonment", "short_abandoned", "overflowed",
    "called_back", "voicemail", "chose", "timed_out", "refused", "interrupted", "waiting", "transferred", "asa_s",
    "longest_wait_s", "talk_s", "hold_s", "wrap_up_s", "handling_s", "rings", "missed",
)  # fmt: skip
AGENT_HEADS = (
    "rings", "answered", "missed", "cancelled", "transferred", "talk_s", "hold_s", "wrap_up_s", "signed_in_s",
    "ready_s", "paused_s", "unreachable_s", "occupancy", "pauses",
)  # fmt: skip
HEADS: Mapping[str, tuple[str, ...]] = {"queues": QUEUE_HEADS, "skills": QUEUE_HEADS, "agents": AGENT_HEADS}
Quarter = Mapping[str, object]
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report: ``began_at`` and ``ended_at`` are local; ``complete``: no record of it can still come."""

    name: str
    began_at: datetime
    ended_at: datetime
    cells: Sequence[Cell]
    complete: bool


def lines(
    kind: str,
    quarters: Iterable[Quarter],
    interval: str,
    period: tuple[datetime, datetime],
    doubtful: Sequence[tuple[datetime, datetime]],
) -> list[Line]:
    """The report ``kind`` of quarters (rows of the tables, with ``name``), by name and interval.

    ``period`` is what was asked for, in the zone that days and hours are those of.

    Percentages and means are made of the sums, never of other percentages. An hour that comes twice when clocks go
    back is two lines; a day is as long as it was. ``doubtful`` are times of which records may be missing.
    """
    sums: dict[tuple[datetime, str], dict[str, object]] = {}
    zone = period[0].tzinfo
    assert zone is not None
    for row in quarters:
        at = _time(row["began_at"])
        began_at = period[0] if interval == "whole" else beginning(at, interval, zone)
        _add(sums.setdefault((began_at.astimezone(UTC), str(row["name"])), {}), row)  # in UTC no hour comes twice
    return [_line(kind, interval, period, doubtful, *key, total) for key, total in sorted(sums.items(), key=_key)]


def _key(item: tuple[tuple[datetime, str], object]) -> tuple[datetime, str]:
    return item[0]


def _line(
    kind: str,
    interval: str,
    period: tuple[datetime, datetime],
    doubtful: Sequence[tuple[datetime, datetime]],
    at: datetime,
    name: str,
    total: Quarter,
) -> Line:
    began_at = at.astimezone(period[0].tzinfo)
    until = period[1] if interval == "whole" else end(began_at, interval)
    cells = _of_agent(total) if kind == "agents" else _of_queue(total)
    return Line(name, began_at, until, cells, not _touched(began_at, until, doubtful))


def beginning(at: datetime, interval: str, zone: tzinfo) -> datetime:
    """When the local interval that holds ``at`` began, in ``zone``."""
    local = quarter(at).astimezone(zone)
    match interval:
        case "30m" | "hour":
            minutes = local.minute % (30 if interval == "30m" else 60)
            return (local - timedelta(minutes=minutes)).replace(fold=local.fold)
        case "day":
            return datetime.combine(local.date(), time(), zone)
        case "month":
            return datetime(local.year, local.month, 1, tzinfo=zone)
    return local


def end(began_at: datetime, interval: str) -> datetime:
    """When the local interval that began then ends."""
    zone = began_at.tzinfo
    match interval:
        case "day":
            return datetime.combine(began_at.date() + timedelta(days=1), time(), zone)
        case "month":
            return (began_at.replace(day=28) + timedelta(days=4)).replace(day=1)
    length = {"15m": 15, "30m": 30, "hour": 60}[interval]
    return datetime.fromtimestamp(began_at.timestamp() + 60 * length, zone)


def _time(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value


def _add(total: dict[str, object], row: Quarter) -> None:
    for key, value in row.items():
        before = total.get(key)
        if key == "longest_wait_ms":
            total[key] = max(_count(before), _count(value))
        elif isinstance(value, int):
            total[key] = _count(before) + value
        elif isinstance(value, Mapping):
            pauses = dict(before) if isinstance(before, Mapping) else {}
            total[key] = {
                reason: _count(pauses.get(reason)) + _count(value.get(reason)) for reason in {**pauses, **value}
            }


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def share(part: int, whole: int) -> float | None:
    """Percent, to a tenth; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def counted(total: Quarter) -> int:
    """Callers a service level is of: those who were answered, gave up or were sent on; not who gave up at once, and not
    who still waits."""
    return _count(total["offered"]) - _count(total["short_abandoned"]) - _count(total["waiting"])


def _of_queue(total: Quarter) -> list[Cell]:
    n = {key: _count(value) for key, value in total.items()}
    base = counted(total)
    handled = n["talk_ms"] + n["wrap_up_ms"]
    return [
        n["offered"], n["answered"], n["within"], share(n["within"], base), n["abandoned"], share(n["abandoned"], base),
        n["short_abandoned"], n["overflowed"], n["called_back"], n["voicemail"], n["chose"], n["timed_out"],
        n["refused"], n["interrupted"], n["waiting"], n["transferred"], _mean_s(n["answered_wait_ms"], n["answered"]),
        _s(n["longest_wait_ms"]), _s(n["talk_ms"]), _s(n["hold_ms"]), _s(n["wrap_up_ms"]),
        _mean_s(handled, n["answered"]), n["rings"], n["missed"],
    ]  # fmt: skip


def _of_agent(total: Quarter) -> list[Cell]:
    n = {key: _count(value) for key, value in total.items()}
    pauses = total.get("pauses")
    told = sorted(pauses.items()) if isinstance(pauses, Mapping) else []
    worked, there = n["talk_ms"] + n["wrap_up_ms"], n["signed_in_ms"] - n["paused_ms"]
    return [
        n["rings"], n["answered"], n["missed"], n["cancelled"], n["transferred"], _s(n["talk_ms"]), _s(n["hold_ms"]),
        _s(n["wrap_up_ms"]), _s(n["signed_in_ms"]), _s(n["ready_ms"]), _s(n["paused_ms"]), _s(n["unreachable_ms"]),
        share(worked, there), " ".join(f"{reason or '-'}={_s(ms)}" for reason, ms in told),
    ]  # fmt: skip


def _s(ms: int) -> float:
    return round(ms / 1000, 1)


def _mean_s(ms: int, count: int) -> float | None:
    return round(ms / count / 1000, 1) if count else None


def _touched(since: datetime, until: datetime, doubtful: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(began_at < until and ended_at >= since for began_at, ended_at in doubtful)
