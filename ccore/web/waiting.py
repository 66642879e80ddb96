"""Call-backs and emergencies over HTTP: ``/api/callbacks`` and ``/api/queues/NAME/closing``."""

import asyncio
import uuid
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import AwareDatetime, Field

from ccore.db.pool import Database
from ccore.prompts.catalogue import load_catalogue
from ccore.queues.call_backs import Place
from ccore.queues.closings import close, reopen
from ccore.queues.visit import EVERY_QUEUE, Closing
from ccore.queues.waiting_room import WaitingRoom
from ccore.tables import Name
from ccore.web.auth import Auth, Role
from ccore.web.bodies import Asked, body, query
from ccore.web.once import Once


class Wish(Asked):
    """Somebody is to be called back; ``came_at``: at the place of one who came then."""

    number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,20}$")]
    queue: Name
    language: Literal["zh", "en"] = "zh"
    came_at: AwareDatetime | None = None


class Which(Asked):
    """Which call-backs; ``over``: those that are over as well."""

    queue: Name | None = None
    over: bool = False


class Emergency(Asked):
    """Callers hear ``prompt`` until then, or until the queue is opened; ``waiting``: those who wait already too."""

    prompt: Name
    until: AwareDatetime | None = None
    waiting: bool = False


def routes(database: Database, room: WaitingRoom, dialplan: Path, auth: Auth, once: Once) -> list[web.RouteDef]:
    """What agents and supervisors ask; ``dialplan`` has the prompts."""

    async def listed(request: web.Request) -> web.Response:
        await auth.person(request, Role.AGENT, Role.SUPERVISOR)
        which = query(request, Which)
        rows = await room.call_backs.listed(over=which.over, queue=which.queue)
        return web.json_response({"callbacks": [_as_data(row) for row in rows]})

    async def asked(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.AGENT, Role.SUPERVISOR)
        wish = await body(request, Wish)
        if wish.queue not in room.queues():
            raise web.HTTPNotFound(text=f"there is no queue {wish.queue}")
        place = Place(wish.queue, language=wish.language, came_at=wish.came_at)
        if not await room.call_backs.note(f"api!{uuid.uuid4().hex}", wish.number, place, person.login):
            raise web.HTTPConflict(text="that number is not to be called, or is no subscriber's of this country")
        return web.json_response({}, status=201)

    async def cancelled(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.AGENT, Role.SUPERVISOR)
        if not await room.call_backs.cancel(int(request.match_info["number"]), person.login):
            raise web.HTTPConflict(text="that call-back is not open")
        return web.json_response({})

    async def closings(request: web.Request) -> web.Response:
        await auth.person(request, Role.AGENT, Role.SUPERVISOR)
        return web.json_response({"closings": [_as_data(row) for row in await database.fetch("waiting.closings")]})

    async def closed(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.SUPERVISOR)
        emergency, name = await body(request, Emergency), request.match_info["name"]
        if name not in {EVERY_QUEUE, *room.queues()}:
            raise web.HTTPNotFound(text=f"there is no queue {name}")
        if emergency.prompt not in await asyncio.to_thread(load_catalogue, dialplan):
            raise web.HTTPBadRequest(text=f"there is no prompt {emergency.prompt}")
        closing = Closing(emergency.prompt, emergency.waiting)
        number = await close(database, name, closing, emergency.until, person.login)
        return web.json_response({"closing": number}, status=201)

    async def opened(request: web.Request) -> web.Response:
        person = await auth.person(request, Role.SUPERVISOR)
        if not await reopen(database, request.match_info["name"], person.login):
            raise web.HTTPConflict(text="that queue is not closed")
        return web.json_response({})

    return [
        web.get("/api/callbacks", listed),
        web.post("/api/callbacks", once(asked)),
        web.delete(r"/api/callbacks/{number:[0-9]{1,15}}", cancelled),
        web.get("/api/closings", closings),
        web.post("/api/queues/{name}/closing", closed),
        web.delete("/api/queues/{name}/closing", opened),
    ]


def _as_data(row: Record) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
