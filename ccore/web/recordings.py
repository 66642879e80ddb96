"""Recordings over HTTP: found by what is known of them, and paused, resumed and started by who is in the call."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.db.pool import Database
from ccore.log import mask_number
from ccore.people.model import Person, Role
from ccore.recording.model import State
from ccore.recording.pauses import Outcome
from ccore.recording.recorder import Recorder
from ccore.recording.search import Wanted, find
from ccore.tables import Digits, Name
from ccore.web.bodies import Asked, Page, body, query
from ccore.web.calls import CALL, Live

_SAID = (
    "recording_id", "node", "call_id", "call_key", "hotline", "queue", "campaign", "agent", "agents", "direction",
    "state", "kind", "rule", "trouble", "adopted", "milliseconds",
)  # fmt: skip
_TIMES = ("expected_at", "started_at", "ended_at", "keep_until")
_DONE = {
    Outcome.NOT_RECORDED: (404, "this call is not being recorded"),
    Outcome.NOT_PAUSED: (409, "its recording does not pause"),
    Outcome.NOT_ASKED_FOR: (409, "it is recorded without being asked for"),
}

Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]


class Searched(Page):
    """What is known of the recordings wanted. Times without a zone are the site's."""

    queue: Name | None = None
    agent: Digits | None = None
    number: Number | None = None
    campaign: Name | None = None
    hotline: Digits | None = None
    direction: Literal["in", "out", "internal"] | None = None
    call: Annotated[str | None, Field(max_length=200)] = None
    state: State | None = None
    node: Name | None = None
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: Annotated[datetime | None, Field(alias="to")] = None
    least_s: Annotated[int | None, Field(ge=0, le=86_400)] = None


class Pausing(Asked):
    """For how long at most; nothing said: as long as the site allows."""

    most_s: Annotated[int | None, Field(ge=1, le=3600)] = None


def routes(live: Live, recorder: Recorder, database: Database, zone: ZoneInfo) -> list[web.RouteDef]:
    """``GET /api/recordings?…`` and ``POST /api/calls/{call}/recording/{pause|resume|start}``.

    Agents find those they talk in, if the site lets them hear those, and pause the recordings of calls they are in.
    """

    async def found(request: web.Request) -> web.Response:
        roles = (Role.QUALITY, Role.SUPERVISOR, *([Role.AGENT] if recorder.agents_hear_their_own else []))
        person = await live.auth.person(request, *roles)
        asked = query(request, Searched)
        rows = await find(database, _wanted(asked, person, recorder, zone), asked.size, asked.before)
        return web.json_response({"recordings": [_as_data(row) for row in rows]})

    async def pause(request: web.Request) -> web.Response:
        most_s = (await body(request, Pausing)).most_s if request.can_read_body else None
        return await _done(request, lambda call, by: recorder.pauses.pause(call, by, most_s))

    async def resume(request: web.Request) -> web.Response:
        return await _done(request, recorder.pauses.resume)

    async def start(request: web.Request) -> web.Response:
        return await _done(request, recorder.pauses.start)

    async def _done(request: web.Request, do: Callable[[str, str], Awaitable[Outcome]]) -> web.Response:
        person, call, _ = await live.call(request)
        outcome = await do(call.call.id, person.login)
        if outcome in _DONE:
            status, text = _DONE[outcome]
            return web.json_response({"error": text}, status=status)
        return web.json_response({"recording": outcome.value})

    path = f"/api/calls/{CALL}/recording"
    return [
        web.get("/api/recordings", found),
        web.post(f"{path}/pause", pause),
        web.post(f"{path}/resume", resume),
        web.post(f"{path}/start", start),
    ]


def _wanted(asked: Searched, person: Person, recorder: Recorder, zone: ZoneInfo) -> Wanted:
    return Wanted(
        queue=asked.queue,
        agent=person.agent if person.role is Role.AGENT else asked.agent,
        number=asked.number and recorder.ledger.number(asked.number),
        campaign=asked.campaign,
        hotline=asked.hotline,
        direction=asked.direction,
        call=asked.call,
        state=asked.state,
        node=asked.node,
        since=_local(asked.since, zone),
        until=_local(asked.until, zone),
        least_ms=None if asked.least_s is None else asked.least_s * 1000,
    )


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return at.replace(tzinfo=zone) if at is not None and at.tzinfo is None else at


def _as_data(row: Record) -> Mapping[str, object]:
    times = {name: row[name] and row[name].isoformat() for name in _TIMES}
    return {name: row[name] for name in _SAID} | times | {"number": mask_number(row["number"])}
