"""Numbers of queues, reports, alarms and standby staff, over HTTP: for supervisors."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field

from ccore.clock import utc_now
from ccore.numbers.report import HEADS, Line
from ccore.numbers.service import Numbers
from ccore.numbers.sheets import as_csv, as_xlsx
from ccore.tables import Name
from ccore.web.auth import Auth, Role
from ccore.web.bodies import Asked, Page, body, query

LONGEST = timedelta(days=400)  # of a report
FINE = {"15m": timedelta(days=32), "30m": timedelta(days=62), "hour": timedelta(days=93)}  # their longest
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Reported(Asked):
    """What of a report is wanted. Times without a zone are the site's; without any it is today."""

    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None
    interval: Literal["15m", "30m", "hour", "day", "month", "whole"] = "15m"
    format: Literal["json", "csv", "xlsx"] = "json"

    def period(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when until when, in ``zone``. Raises HTTPBadRequest."""
        since = _local(self.since or datetime.combine(datetime.now(zone), time()), zone)
        until = _local(self.until or since + timedelta(days=1), zone)
        if not timedelta(0) < until - since <= FINE.get(self.interval, LONGEST):
            raise web.HTTPBadRequest(text="to must be after from, and not too long after it for this interval")
        return since, until


class Listed(Page):
    """Which alerts."""

    all: bool = False


class CallUp(Asked):
    """For which queue."""

    queue: Name


def routes(auth: Auth, numbers: Numbers, zone: ZoneInfo) -> list[web.RouteDef]:
    """All of them.

    ``GET /api/queues/numbers``; ``GET /api/reports/{queues|agents|skills}?from&to&interval&format``;
    ``GET /api/alerts?all&size&before``, ``POST /api/alerts/{alert}/acknowledge``;
    ``GET /api/echelons``, ``POST /api/echelons/{level}/call-up`` with ``{"queue": …}``.
    """

    async def get_now(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR)
        return web.json_response((await numbers.now()).as_data())

    async def get_report(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR)
        asked, kind = query(request, Reported), request.match_info["kind"]
        period = asked.period(zone)
        lines = await numbers.report(kind, *period, asked.interval)
        return await asyncio.to_thread(_answer, kind, asked.format, lines)  # a sheet takes its time, and calls go on

    async def get_alerts(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR)
        asked = query(request, Listed)
        rows = await numbers.alerts(every=asked.all, before=asked.before, most=asked.size)
        return web.json_response({"alerts": [{key: _plain(value) for key, value in row.items()} for row in rows]})

    async def acknowledge(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.SUPERVISOR)
        done = await numbers.acknowledge(int(request.match_info["alert"]), person.login)
        return web.json_response({"acknowledged": done}, status=200 if done else 409)

    async def get_echelons(request: web.Request) -> web.Response:
        await auth.person(request, Role.SUPERVISOR)
        return web.json_response(await numbers.staff.shown(utc_now()))

    async def call_up(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.SUPERVISOR)
        asked, level = await body(request, CallUp), int(request.match_info["level"])
        return web.json_response(
            {"called_up": list(await numbers.staff.call_up(level, asked.queue, person.login, utc_now()))}
        )

    return [
        web.get("/api/queues/numbers", get_now),
        web.get("/api/reports/{kind:queues|agents|skills}", get_report),
        web.get("/api/alerts", get_alerts),
        web.post(r"/api/alerts/{alert:[0-9]{1,18}}/acknowledge", acknowledge),
        web.get("/api/echelons", get_echelons),
        web.post(r"/api/echelons/{level:[1-4]}/call-up", call_up),
    ]


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def _answer(kind: str, form: str, lines: list[Line]) -> web.Response:
    heads = HEADS[kind]
    if form == "json":
        return web.json_response({"lines": [as_data(heads, line) for line in lines]})
    content = as_csv(heads, lines) if form == "csv" else as_xlsx(kind, heads, lines)
    kinds = {"csv": "text/csv", "xlsx": _XLSX}
    told = {"Content-Disposition": f'attachment; filename="{kind}.{form}"'}
    return web.Response(
        body=content, content_type=kinds[form], charset="utf-8" if form == "csv" else None, headers=told
    )


def as_data(heads: tuple[str, ...], line: Line) -> dict[str, object]:
    """One line of a report as JSON tells it."""
    began_at, ended_at = line.began_at.isoformat(), line.ended_at.isoformat()
    cells = dict(zip(heads, line.cells, strict=True))
    return {"name": line.name, "from": began_at, "to": ended_at, **cells, "complete": line.complete}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
