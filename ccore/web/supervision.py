"""Supervision over HTTP: listen, whisper, barge, take over, and move callers who wait."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.calls.legs import Found, Leg
from ccore.db.pool import Database
from ccore.people.model import Person, Role
from ccore.supervision.model import Mode, Result
from ccore.supervision.service import Supervision
from ccore.tables import Name
from ccore.web.bodies import Asked, Page, body, query
from ccore.web.calls import CALL, Live
from ccore.web.once import Once

PhoneNumber = Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
Speech = Literal["listen", "whisper", "barge"]


class Listening(Asked):
    """How to be in a call; ``phone`` rings, the supervisor's own if they are signed in somewhere."""

    mode: Speech = "listen"
    agent: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")] | None = None
    phone: PhoneNumber | None = None


class TakingOver(Asked):
    """Which phone gets the caller."""

    agent: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")] | None = None
    phone: PhoneNumber | None = None


class Changed(Asked):
    """How a listening goes on."""

    mode: Speech


class Move(Asked):
    """Where a caller who waits goes: another queue, or the front."""

    queue: Name | None = None
    front: bool = False


def routes(live: Live, supervision: Supervision, database: Database, once: Once) -> list[web.RouteDef]:
    """What supervisors ask. Sessions of listening have numbers; a new mode is a new session."""

    async def supervised(request: web.Request) -> tuple[Person, Found]:
        await live.auth.person(request, Role.SUPERVISOR)
        person, found, _ = await live.call(request)
        return person, found

    def phone(person: Person, given: str | None) -> str:
        presence = live.presence(person.agent)
        own = presence.device.number if presence and presence.device and presence.device.kind != "outside" else ""
        return given or own

    async def listen(request: web.Request) -> web.Response:
        person, found = await supervised(request)
        wanted = await body(request, Listening)
        leg = _leg(found, wanted.agent)
        mode = Mode(wanted.mode)
        return _session(await supervision.listen(person.login, found, leg, mode, phone(person, wanted.phone)))

    async def take_over(request: web.Request) -> web.Response:
        person, found = await supervised(request)
        wanted = await body(request, TakingOver)
        leg = _leg(found, wanted.agent)
        return _session(await supervision.take_over(person.login, found, leg, phone(person, wanted.phone)))

    async def move(request: web.Request) -> web.Response:
        person, found = await supervised(request)
        wanted = await body(request, Move)
        if wanted.queue is None and not wanted.front:
            raise web.HTTPBadRequest(text="name a queue, or front")
        return _done(await supervision.move(person.login, found, wanted.queue, front=wanted.front))

    async def sessions(request: web.Request) -> web.Response:
        await live.auth.person(request, Role.SUPERVISOR)
        page = query(request, Page)
        rows = await database.fetch("handling.spied", page.before, page.size)
        return web.json_response({"sessions": [_as_data(row) for row in rows]})

    async def change(request: web.Request) -> web.Response:
        await live.auth.person(request, Role.SUPERVISOR)
        wanted = await body(request, Changed)
        session = await supervision.spying.change(int(request.match_info["session"]), Mode(wanted.mode))
        return _session(Result.NO_SESSION if session is None else session)

    async def end(request: web.Request) -> web.Response:
        await live.auth.person(request, Role.SUPERVISOR)
        return _done(await supervision.spying.end(int(request.match_info["session"])))

    one = "/api/listening/{session:[0-9]{1,15}}"
    return [
        web.post(f"/api/calls/{CALL}/listening", once(listen)),
        web.post(f"/api/calls/{CALL}/take-over", once(take_over)),
        web.post(f"/api/calls/{CALL}/move", once(move)),
        web.get("/api/listening", sessions),
        web.put(one, change),
        web.delete(one, end),
    ]


def _leg(found: Found, agent: str | None) -> Leg | None:
    return found.leg(agent) if agent is not None else found.leg()


def _session(result: int | Result) -> web.Response:
    return web.json_response({"session": result}, status=201) if isinstance(result, int) else _done(result)


def _done(result: Result) -> web.Response:
    if result is Result.DONE:
        return web.json_response({})
    status = 404 if result in {Result.NO_SESSION, Result.NO_QUEUE, Result.NO_CALL} else 409
    return web.json_response({"error": str(result)}, status=status)


def _as_data(row: Record) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
