"""Agents over HTTP: what everybody does now, and what one has them do; agents for themselves, supervisors for all."""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.nodes import Name as NodeName
from ccore.people.model import Person, Role
from ccore.queues.agents import Agents, Outcome
from ccore.queues.model import Device, Presence
from ccore.queues.staff import Staff
from ccore.tables import Name
from ccore.web.auth import Auth
from ccore.web.bodies import Asked, body

AGENT = "/api/agents/{agent}"
_SUPERVISORS = (Role.SUPERVISOR,)
_REFUSED: Mapping[Outcome, tuple[type[web.HTTPException], str]] = {
    Outcome.UNKNOWN_AGENT: (web.HTTPNotFound, "there is no such agent"),
    Outcome.UNKNOWN_DEVICE: (web.HTTPUnprocessableEntity, "nobody takes calls there: see phones.toml, or the mobile"),
    Outcome.UNKNOWN_REASON: (web.HTTPUnprocessableEntity, "this is no reason of centre.toml"),
    Outcome.NOT_SIGNED_IN: (web.HTTPConflict, "they are not signed in"),
    Outcome.NOT_NOW: (web.HTTPConflict, "not in what they do now"),
    Outcome.RESULT_MISSING: (web.HTTPConflict, "say first what came of the call"),
}


class SignIn(Asked):
    """Where they take calls: a phone or browser by its number, or their own number outside."""

    kind: Literal["phone", "browser", "outside"] = "phone"
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]
    node: NodeName


class Pause(Asked):
    """Why."""

    reason: Name


class WrapUp(Asked):
    """How long from now."""

    seconds: Annotated[int, Field(ge=1, le=3600)]


class Skills(Asked):
    """All of them."""

    skills: dict[Name, Annotated[int, Field(ge=1, le=9)]]


class Mobile(Asked):
    """Where they may take calls outside; nothing: nowhere."""

    number: Annotated[str, Field(max_length=20)]


class Written(Asked):
    """Who they are."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    skills: dict[Name, Annotated[int, Field(ge=1, le=9)]] = Field(default={})
    echelon: Annotated[int, Field(ge=0, le=4)] = 0
    mobile: Annotated[str, Field(max_length=20)] = ""


class _Pages:
    """The handlers, with what they need."""

    def __init__(self, auth: Auth, agents: Agents, staff: Staff) -> None:
        self._auth = auth
        self._agents = agents
        self._staff = staff

    async def everybody(self, request: web.Request) -> web.Response:
        """All agents with what they do."""
        await self._auth.person(request, *_SUPERVISORS)
        return web.json_response({"agents": [self._as_data(row) for row in await self._staff.listed()]})

    async def one(self, request: web.Request) -> web.Response:
        """One agent."""
        agent, _ = await self._theirs(request)
        return web.json_response(await self._of(agent))

    async def sign_in(self, request: web.Request) -> web.Response:
        """Take calls at a device from now on."""
        agent, person = await self._theirs(request)
        asked = await body(request, SignIn)
        device = Device(asked.kind, asked.number, asked.node)
        return await self._done(agent, person, "signed-in", self._agents.sign_in(agent, device, _by(person)))

    async def sign_out(self, request: web.Request) -> web.Response:
        """Take no more calls."""
        agent, person = await self._theirs(request)
        return await self._done(agent, person, "signed-out", self._agents.sign_out(agent, _by(person)))

    async def pause(self, request: web.Request) -> web.Response:
        """Take none for now."""
        agent, person = await self._theirs(request)
        asked = await body(request, Pause)
        return await self._done(agent, person, "paused", self._agents.pause(agent, asked.reason, _by(person)))

    async def resume(self, request: web.Request) -> web.Response:
        """Take calls again."""
        agent, person = await self._theirs(request)
        return await self._done(agent, person, "resumed", self._agents.resume(agent, _by(person)))

    async def extend_wrap_up(self, request: web.Request) -> web.Response:
        """More time after the call."""
        agent, person = await self._theirs(request)
        asked = await body(request, WrapUp)
        doing = self._agents.extend_wrap_up(agent, asked.seconds, _by(person))
        return await self._done(agent, person, "wrap-up-extended", doing)

    async def end_wrap_up(self, request: web.Request) -> web.Response:
        """Enough time after the call."""
        agent, person = await self._theirs(request)
        return await self._done(agent, person, "wrap-up-ended", self._agents.end_wrap_up(agent, _by(person)))

    async def write(self, request: web.Request) -> web.Response:
        """A new agent, or one anew."""
        person = await self._auth.person(request, Role.ADMIN)
        asked, agent = await body(request, Written), request.match_info["agent"]
        await _possible(self._staff.write(agent, asked.name, asked.skills, person.login, asked.echelon, asked.mobile))
        return web.json_response(await self._of(agent))

    async def remove(self, request: web.Request) -> web.Response:
        """One who is no agent any more."""
        person = await self._auth.person(request, Role.ADMIN)
        if not await self._staff.remove(request.match_info["agent"], person.login):
            raise web.HTTPNotFound(text="there is no such agent")
        return web.json_response({"removed": request.match_info["agent"]})

    async def skills(self, request: web.Request) -> web.Response:
        """Other skills."""
        person = await self._auth.person(request, *_SUPERVISORS)
        asked, agent = await body(request, Skills), request.match_info["agent"]
        return await self._known(agent, self._staff.set_skills(agent, asked.skills, person.login))

    async def mobile(self, request: web.Request) -> web.Response:
        """Another number outside, which costs money: for admins."""
        person = await self._auth.person(request, Role.ADMIN)
        asked, agent = await body(request, Mobile), request.match_info["agent"]
        return await self._known(agent, self._staff.set_mobile(agent, asked.number, person.login))

    async def _theirs(self, request: web.Request) -> tuple[str, Person]:
        """Whom it is about, and who asks. Agents may for themselves only."""
        agent = request.match_info["agent"]
        person = await self._auth.person(request, Role.AGENT, Role.SUPERVISOR)
        if person.role is Role.AGENT and person.agent != agent:
            raise web.HTTPNotFound(text="you are no such agent")
        return agent, person

    async def _done(self, agent: str, person: Person, action: str, doing: Awaitable[Outcome]) -> web.Response:
        outcome = await doing
        if outcome is not Outcome.DONE:
            kind, text = _REFUSED[outcome]
            raise kind(text=text)
        if person.agent != agent:
            await self._staff.note(person.login, f"agent-{action}", agent)
        return web.json_response(_doing(self._agents.presences()[agent]))

    async def _known(self, agent: str, doing: Awaitable[bool]) -> web.Response:
        if not await _possible(doing):
            raise web.HTTPNotFound(text="there is no such agent")
        return web.json_response(await self._of(agent))

    async def _of(self, agent: str) -> dict[str, object]:
        rows = await self._staff.listed(agent)
        if not rows:
            raise web.HTTPNotFound(text="there is no such agent")
        return self._as_data(rows[0])

    def _as_data(self, row: Record) -> dict[str, object]:
        known = self._agents.presences().get(row["agent"])
        who = {name: row[name] for name in ("agent", "name", "skills", "echelon", "mobile", "pin")}
        return who | ({"presence": _doing(known)} if known else {})


def routes(auth: Auth, agents: Agents, staff: Staff) -> list[web.RouteDef]:
    """Everything below ``/api/agents``."""
    pages = _Pages(auth, agents, staff)
    return [
        web.get("/api/agents", pages.everybody),
        web.get(AGENT, pages.one),
        web.put(AGENT, pages.write),
        web.delete(AGENT, pages.remove),
        web.put(f"{AGENT}/skills", pages.skills),
        web.put(f"{AGENT}/mobile", pages.mobile),
        web.post(f"{AGENT}/sign-in", pages.sign_in),
        web.post(f"{AGENT}/sign-out", pages.sign_out),
        web.post(f"{AGENT}/pause", pages.pause),
        web.post(f"{AGENT}/resume", pages.resume),
        web.post(f"{AGENT}/wrap-up", pages.extend_wrap_up),
        web.delete(f"{AGENT}/wrap-up", pages.end_wrap_up),
    ]


async def _possible(doing: Awaitable[bool | None]) -> bool:
    try:
        return bool(await doing)
    except ValueError as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from error


def _by(person: Person) -> str:
    return f"person {person.login}"


def _doing(presence: Presence) -> dict[str, object]:
    device = presence.device
    return {
        "state": presence.state.value,
        "since": presence.since.isoformat(),
        "device": None if device is None else {"kind": device.kind, "number": device.number, "node": device.node},
        "paused": presence.paused,
        "reason": presence.reason,
        "queue": presence.queue,
        "call": presence.call,
        "wrap_up_until": presence.wrap_up_until.isoformat() if presence.wrap_up_until else None,
    }
