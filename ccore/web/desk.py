"""What agents do with their calls, over HTTP, and what they write about them; supervisors may for any call."""

from datetime import datetime
from typing import Annotated, Literal, Self

from aiohttp import web
from asyncpg import Record
from pydantic import Field, model_validator

from ccore.desk.afterwards import Said
from ccore.desk.model import Consult, Result
from ccore.desk.service import Desk
from ccore.people.model import Role
from ccore.tables import Name
from ccore.web.bodies import Asked, body
from ccore.web.calls import CALL, Live
from ccore.web.once import Once

AgentNumber = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]


class Transfer(Asked):
    """Whom the caller is put through to: just one of these."""

    queue: Name | None = None
    agent: AgentNumber | None = None
    outside: Name | None = None
    survey: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(each) for each in (self.queue, self.agent, self.outside, self.survey)) != 1:
            raise ValueError("name just one of queue, agent, outside, survey")
        return self


class Asking(Asked):
    """Who is asked while the caller waits: one of these."""

    agent: AgentNumber | None = None
    outside: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.agent is None) == (self.outside is None):
            raise ValueError("name agent or outside")
        return self


class GoingOn(Asked):
    """How it goes on from asking somebody."""

    how: Consult


class Keys(Asked):
    """Keys to press towards the caller's side."""

    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,20}$")]


class Disposition(Asked):
    """What came of a call."""

    disposition: Name
    fields: dict[Name, Annotated[str, Field(max_length=500)]] = Field(default={})
    agent: AgentNumber | None = None


class Note(Asked):
    """Words about a call."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Text(Asked):
    """A text message to the caller, of texts.toml."""

    text: Name
    language: Literal["zh", "en"] = "zh"


def routes(live: Live, desk: Desk, once: Once) -> list[web.RouteDef]:
    """Everything below ``/api/calls/{call}`` that handles a call, and the texts there are."""
    handling = desk.handling

    async def hold(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        return _done(await handling.hold(found, leg, person.login))

    async def resume(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        return _done(await handling.resume(found, leg, person.login))

    async def transfer(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        to = await body(request, Transfer)
        return _done(await desk.transfer(found, leg, person.login, queue=to.queue, agent=to.agent, outside=to.outside))

    async def ask(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        whom = await body(request, Asking)
        return _done(await desk.ask(found, leg, person.login, agent=whom.agent, outside=whom.outside))

    async def go_on(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        return _done(await handling.consult(found, leg, (await body(request, GoingOn)).how, person.login))

    async def keys(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        return _done(await handling.keys(found, leg, (await body(request, Keys)).digits, person.login))

    async def hang_up(request: web.Request) -> web.Response:
        person, found, leg = await live.part(request)
        return _done(await handling.hang_up(found, leg, person.login))

    async def dispose(request: web.Request) -> web.Response:
        person, call, found = await live.whose(request)
        said = await body(request, Disposition)
        leg = found.leg() if found else None
        agent = person.agent if person.role is Role.AGENT else said.agent or (leg.agent if leg else person.agent)
        presence = live.presence(agent)
        queue = presence.queue if presence and presence.call == call else ""
        wrong = await desk.afterwards.say(Said(call, agent, queue, said.disposition, said.fields, person.login))
        if wrong:
            raise web.HTTPUnprocessableEntity(text="; ".join(wrong))
        return web.json_response({}, status=201)

    async def note(request: web.Request) -> web.Response:
        person, call, _ = await live.whose(request, Role.QUALITY)
        number = await desk.afterwards.note(call, (await body(request, Note)).text, person.login)
        return web.json_response({"note": number}, status=201)

    async def written(request: web.Request) -> web.Response:
        _, call, _ = await live.whose(request, Role.QUALITY)
        found = await desk.afterwards.of(call)
        parts = {"handlings": found.handlings, "dispositions": found.dispositions, "notes": found.notes}
        return web.json_response({name: [_as_data(row) for row in rows] for name, rows in parts.items()})

    async def text(request: web.Request) -> web.Response:
        _, found, _ = await live.part(request)
        wanted = await body(request, Text)
        if desk.menus is None or wanted.text not in desk.menus.texts:
            raise web.HTTPNotFound(text=f"texts.toml has no {wanted.text}")
        caller = found.customer
        key = f"{found.node}!{caller.uniqueid}" if caller else ""
        if caller is None or not await desk.text(key, caller.caller, wanted.text, wanted.language):
            raise web.HTTPConflict(text="it cannot be sent: the caller's is no mobile number, or it needs values")
        return web.json_response({}, status=201)

    async def texts(request: web.Request) -> web.Response:
        await live.auth.person(request, Role.AGENT, Role.SUPERVISOR)
        known = desk.menus.texts if desk.menus else {}
        found = [{"name": name, **template.model_dump()} for name, template in sorted(known.items())]
        return web.json_response({"texts": found})

    call = f"/api/calls/{CALL}"
    return [
        web.post(f"{call}/hold", hold),
        web.post(f"{call}/resume", resume),
        web.post(f"{call}/transfer", once(transfer)),
        web.post(f"{call}/consult", once(ask)),
        web.put(f"{call}/consult", go_on),
        web.post(f"{call}/keys", once(keys)),
        web.post(f"{call}/hang-up", hang_up),
        web.post(f"{call}/disposition", dispose),
        web.post(f"{call}/notes", note),
        web.get(f"{call}/written", written),
        web.post(f"{call}/text", once(text)),
        web.get("/api/texts", texts),
    ]


def _done(result: Result) -> web.Response:
    if result is Result.DONE:
        return web.json_response({})
    status = 404 if result in {Result.NO_QUEUE, Result.NO_AGENT, Result.NO_TARGET} else 409
    return web.json_response({"error": str(result)}, status=status)


def _as_data(row: Record) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
