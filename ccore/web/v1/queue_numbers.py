"""Numbers of queues: those of now, and reports of days gone by."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import AfterValidator, Field

from ccore.numbers.live import Now
from ccore.numbers.report import HEADS, Line
from ccore.numbers.service import Numbers
from ccore.numbers.sheets import as_csv, as_xlsx
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told

LONGEST = timedelta(days=400)  # of a report
FINE = {"15m": timedelta(days=32), "30m": timedelta(days=62), "hour": timedelta(days=93)}  # their longest
YEARS = range(2000, 2200)
_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _in_reach(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError(f"a year from {YEARS.start} to {YEARS.stop - 1}")
    return at


Moment = Annotated[datetime, AfterValidator(_in_reach)]


class QueueReportWanted(Said):
    """What of a report is wanted. Times without a zone are the site's; without any it is today.

    ``names``: of these alone, with commas between. ``together``: as if all of them were one, whose name is empty; not
    of skills, as one call may want several.
    """

    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Annotated[Moment | None, Field(alias="to")] = None
    interval: Literal["15m", "30m", "hour", "day", "month", "whole"] = "15m"
    format: Literal["json", "csv", "xlsx"] = "json"
    names: Annotated[str, Field(max_length=4000)] = ""
    together: bool = False

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when until when, in ``zone``. Raises HTTPBadRequest."""
        since = _local(self.since or datetime.combine(datetime.now(zone), time()), zone)
        until = _local(self.until or since + timedelta(days=1), zone)
        if not timedelta(0) < until - since <= FINE.get(self.interval, LONGEST):
            raise web.HTTPBadRequest(text="to must be after from, and not too long after it for this interval")
        return since, until


class QueueNumbers(Told):
    """One queue, percentages in percent: null while there is nothing to make them of."""

    waiting: int
    longest_wait_s: float
    service_level_30_min: float | None
    service_level_last_20: float | None
    service_level_today: float | None
    abandonment_30_min: float | None
    asa_30_min_s: float | None
    offered_today: int


class NumbersNow(Told):
    """All queues, and how many agents are in each state, or paused for each reason; and how fresh that is."""

    at: datetime
    queues_fresh_at: datetime | None
    agents_fresh_at: datetime
    queues: dict[str, QueueNumbers]
    agents: dict[str, int]
    paused: dict[str, int]


class ReportLine(Told):
    """What it is of, from when until when; ``complete``: no record of it can still come."""

    name: str
    since: Annotated[datetime, Field(serialization_alias="from")]
    until: Annotated[datetime, Field(serialization_alias="to")]
    complete: bool


class QueueLine(ReportLine):
    """Of a queue, or of a skill. Percentages and means are null of nothing."""

    offered: int
    answered: int
    within: int
    service_level: float | None
    abandoned: int
    abandonment: float | None
    short_abandoned: int
    overflowed: int
    called_back: int
    voicemail: int
    chose: int
    timed_out: int
    refused: int
    interrupted: int
    waiting: int
    transferred: int
    asa_s: float | None
    longest_wait_s: float
    talk_s: float
    hold_s: float
    wrap_up_s: float
    handling_s: float | None
    rings: int
    missed: int


class AgentLine(ReportLine):
    """Of an agent; ``pauses``: seconds by reason, as ``lunch=1800.0``."""

    rings: int
    answered: int
    missed: int
    cancelled: int
    transferred: int
    talk_s: float
    hold_s: float
    wrap_up_s: float
    signed_in_s: float
    ready_s: float
    paused_s: float
    unreachable_s: float
    occupancy: float | None
    pauses: str


class QueueReport(Told):
    """By name and interval."""

    lines: list[QueueLine]


class AgentReport(Told):
    """By name and interval."""

    lines: list[AgentLine]


def operations(numbers: Numbers, zone: ZoneInfo) -> list[Operation[Any, Any]]:
    """For supervisors. Reports of queues, skills and agents are files as well."""

    async def now(_asked: Asked[None, None]) -> NumbersNow:
        return told(await numbers.now())

    def reporting(
        kind: str, made: Callable[[Sequence[Line]], QueueReport | AgentReport]
    ) -> Callable[[Asked[None, QueueReportWanted]], Awaitable[QueueReport | AgentReport | web.Response]]:
        async def report(asked: Asked[None, QueueReportWanted]) -> QueueReport | AgentReport | web.Response:
            want = asked.query
            if want.together and kind == "skills":
                raise web.HTTPBadRequest(text="a call that wants two skills would be counted twice")
            names = {name for each in want.names.split(",") if (name := each.strip())}
            period = want.period(zone)
            lines = await numbers.report(kind, *period, want.interval, names, together=want.together)
            if want.format == "json":
                return await asyncio.to_thread(made, lines)
            return await asyncio.to_thread(_file, kind, want.format, lines)  # it takes its time, and calls go on

        return report

    who, path, files = frozenset({Role.SUPERVISOR}), "/queues/reports", tuple(_TYPES.values())
    return [
        Operation("GET", "/queues/numbers", "Queues and agents now", who, now, answer=NumbersNow),
        Operation("GET", f"{path}/queues", "Report of queues", who, reporting("queues", of_queues),
                  query=QueueReportWanted, answer=QueueReport, media=files),
        Operation("GET", f"{path}/skills", "Report of skills", who, reporting("skills", of_queues),
                  query=QueueReportWanted, answer=QueueReport, media=files),
        Operation("GET", f"{path}/agents", "Report of agents", who, reporting("agents", of_agents),
                  query=QueueReportWanted, answer=AgentReport, media=files),
    ]  # fmt: skip


def told(now: Now) -> NumbersNow:
    """Numbers of queues are of when Asterisk's records were read, those of agents of now."""
    return NumbersNow(
        at=now.at,
        queues_fresh_at=now.read_until,
        agents_fresh_at=now.at,
        queues={name: _queue(now, name) for name in sorted(now.queues)},
        agents=dict(sorted(Counter(doing.state for doing in now.agents).items())),
        paused=dict(sorted(Counter(doing.reason for doing in now.agents if doing.state == "paused").items())),
    )


def of_queues(lines: Sequence[Line]) -> QueueReport:
    """A report of queues or skills."""
    return QueueReport(lines=[QueueLine.model_validate(_cells("queues", line)) for line in lines])


def of_agents(lines: Sequence[Line]) -> AgentReport:
    """A report of agents."""
    return AgentReport(lines=[AgentLine.model_validate(_cells("agents", line)) for line in lines])


def _queue(now: Now, name: str) -> QueueNumbers:
    queue = now.queues[name]
    return QueueNumbers(
        waiting=queue.waiting,
        longest_wait_s=round(now.longest_wait_s(name), 1),
        service_level_30_min=queue.service_level,
        service_level_last_20=queue.service_level_last,
        service_level_today=queue.service_level_today,
        abandonment_30_min=queue.abandonment,
        asa_30_min_s=queue.asa_s,
        offered_today=queue.offered_today,
    )


def _cells(kind: str, line: Line) -> dict[str, object]:
    known = {"name": line.name, "since": line.began_at, "until": line.ended_at, "complete": line.complete}
    return {**dict(zip(HEADS[kind], line.cells, strict=True)), **known}


def _file(kind: str, form: Literal["csv", "xlsx"], lines: Sequence[Line]) -> web.Response:
    content = as_csv(HEADS[kind], lines) if form == "csv" else as_xlsx(kind, HEADS[kind], lines)
    headers = {"Content-Disposition": f'attachment; filename="{kind}.{form}"'}
    charset = "utf-8" if form == "csv" else None
    return web.Response(body=content, content_type=_TYPES[form], charset=charset, headers=headers)


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)
