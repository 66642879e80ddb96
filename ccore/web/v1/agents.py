"""Agents: what everybody does now, and what one has them do; agents for themselves, supervisors for all."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from aiohttp import web
from asyncpg import Record
from pydantic import Field, model_validator

from ccore.nodes import Name as NodeName
from ccore.people.model import Person, Role
from ccore.queues.agents import Agents, Outcome
from ccore.queues.model import Device, Presence
from ccore.queues.staff import Staff
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told

NUMBER = "{agent:[0-9]{1,12}}"
Level = Annotated[int, Field(ge=1, le=9)]
Skills = Annotated[dict[Name, Level], Field(max_length=100)]
# Those of ccore.queues.model, spelt out: front ends are told of each.
AgentState = Literal["signed-out", "ready", "ringing", "talking", "wrap-up", "paused", "unreachable"]
_REFUSED: Mapping[Outcome, tuple[type[web.HTTPException], str]] = {
    Outcome.UNKNOWN_AGENT: (web.HTTPNotFound, "there is no such agent"),
    Outcome.UNKNOWN_DEVICE: (web.HTTPUnprocessableEntity, "nobody takes calls there: see phones.toml, or the mobile"),
    Outcome.NO_DEVICE: (web.HTTPConflict, "no browser phone is free: see phones.toml"),
    Outcome.UNKNOWN_REASON: (web.HTTPUnprocessableEntity, "this is no reason of centre.toml"),
    Outcome.NOT_SIGNED_IN: (web.HTTPConflict, "they are not signed in"),
    Outcome.NOT_NOW: (web.HTTPConflict, "not in what they do now"),
    Outcome.RESULT_MISSING: (web.HTTPConflict, "say first what came of the call"),
}


class SeatWanted(Said):
    """Where they take calls: a phone or browser by its number, or their own number outside.

    A browser without a number is the one they sit at already, or one that nobody sits at.
    """

    kind: Literal["phone", "browser", "outside"] = "phone"
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")] | None = None
    node: NodeName | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind != "browser" and None in (self.number, self.node):
            raise ValueError("name number and node: only for a browser one is found that is free")
        return self


class PauseWanted(Said):
    """Why: a pause of centre.toml."""

    reason: Name


class WrapUpWanted(Said):
    """How long from now."""

    seconds: Annotated[int, Field(ge=1, le=3600)]


class SkillsWanted(Said):
    """All of them."""

    skills: Skills


class MobileWanted(Said):
    """Where they may take calls outside; nothing: nowhere."""

    number: Annotated[str, Field(max_length=20)]


class AgentWanted(Said):
    """Who they are; ``echelon`` 0 is regular staff, 1 to 4 standby."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    skills: Skills = Field(default={})
    echelon: Annotated[int, Field(ge=0, le=4)] = 0
    mobile: Annotated[str, Field(max_length=20)] = ""


class Seat(Told):
    """Where somebody takes calls."""

    kind: Literal["phone", "browser", "outside"]
    number: str
    node: str


class AgentPresence(Told):
    """What an agent does since when. ``reason`` is a pause's; ``call`` is the one they ring or talk in.

    ``paused`` is what they asked for: a call goes before it in ``state``, and it is there again after.
    """

    state: AgentState
    since: datetime
    device: Seat | None
    paused: bool
    reason: str
    queue: str
    call: str
    wrap_up_until: datetime | None


class AgentShown(Told):
    """Who they are, and what they do; null: that is not known yet. ``pin``: whether they have one for telephones."""

    agent: str
    name: str
    skills: dict[str, int]
    echelon: int
    mobile: str | None
    pin: bool
    presence: AgentPresence | None


class AgentsShown(Told):
    """In the order of their numbers."""

    agents: list[AgentShown]


class _Agents:
    def __init__(self, agents: Agents, staff: Staff) -> None:
        self._agents = agents
        self._staff = staff

    async def everybody(self, _asked: Asked[None, None]) -> AgentsShown:
        return AgentsShown(agents=[self._shown(row) for row in await self._staff.listed()])

    async def one(self, asked: Asked[None, None]) -> AgentShown:
        return await self._of(_theirs(asked))

    async def sign_in(self, asked: Asked[SeatWanted, None]) -> AgentPresence:
        agent, seat, by = _theirs(asked), asked.body, _by(asked.person)
        if seat.number is None or seat.node is None:
            doing = self._agents.sign_in_anywhere(agent, by, seat.number, seat.node)
        else:
            doing = self._agents.sign_in(agent, Device(seat.kind, seat.number, seat.node), by)
        return await self._done(asked, "signed-in", doing)

    async def sign_out(self, asked: Asked[None, None]) -> AgentPresence:
        return await self._done(asked, "signed-out", self._agents.sign_out(_theirs(asked), _by(asked.person)))

    async def pause(self, asked: Asked[PauseWanted, None]) -> AgentPresence:
        doing = self._agents.pause(_theirs(asked), asked.body.reason, _by(asked.person))
        return await self._done(asked, "paused", doing)

    async def resume(self, asked: Asked[None, None]) -> AgentPresence:
        return await self._done(asked, "resumed", self._agents.resume(_theirs(asked), _by(asked.person)))

    async def extend_wrap_up(self, asked: Asked[WrapUpWanted, None]) -> AgentPresence:
        doing = self._agents.extend_wrap_up(_theirs(asked), asked.body.seconds, _by(asked.person))
        return await self._done(asked, "wrap-up-extended", doing)

    async def end_wrap_up(self, asked: Asked[None, None]) -> AgentPresence:
        return await self._done(asked, "wrap-up-ended", self._agents.end_wrap_up(_theirs(asked), _by(asked.person)))

    async def write(self, asked: Asked[AgentWanted, None]) -> AgentShown:
        who, agent, by = asked.body, asked.path["agent"], asked.person.login
        await _possible(self._staff.write(agent, who.name, who.skills, by, who.echelon, who.mobile))
        return await self._of(agent)

    async def remove(self, asked: Asked[None, None]) -> Done:
        if not await self._staff.remove(asked.path["agent"], asked.person.login):
            raise _nobody()
        return Done()

    async def skills(self, asked: Asked[SkillsWanted, None]) -> AgentShown:
        agent = asked.path["agent"]
        return await self._known(agent, self._staff.set_skills(agent, asked.body.skills, asked.person.login))

    async def mobile(self, asked: Asked[MobileWanted, None]) -> AgentShown:
        agent = asked.path["agent"]
        return await self._known(agent, self._staff.set_mobile(agent, asked.body.number, asked.person.login))

    async def _done(self, asked: Asked[Any, None], action: str, doing: Awaitable[Outcome]) -> AgentPresence:
        agent, person, outcome = asked.path["agent"], asked.person, await doing
        if outcome is not Outcome.DONE:
            kind, text = _REFUSED[outcome]
            raise kind(text=text)
        if person.agent != agent:
            await self._staff.note(person.login, f"agent-{action}", agent)
        return presence_told(self._agents.presences()[agent])

    async def _known(self, agent: str, doing: Awaitable[bool]) -> AgentShown:
        if not await _possible(doing):
            raise _nobody()
        return await self._of(agent)

    async def _of(self, agent: str) -> AgentShown:
        rows = await self._staff.listed(agent)
        if not rows:
            raise _nobody()
        return self._shown(rows[0])

    def _shown(self, row: Record) -> AgentShown:
        known = self._agents.presences().get(row["agent"])
        return AgentShown.model_validate({**row, "presence": known and presence_told(known)})


def operations(agents: Agents, staff: Staff) -> list[Operation[Any, Any]]:
    """For agents, of themselves; supervisors, of all; who is one, and where outside (that costs money), say admins."""
    on, one = _Agents(agents, staff), f"/agents/{NUMBER}"
    both, supervisors, nobody_else = (
        frozenset({Role.AGENT, Role.SUPERVISOR}),
        frozenset({Role.SUPERVISOR}),
        frozenset[Role](),
    )
    return [
        Operation("GET", "/agents", "Agents with what they do", supervisors, on.everybody, answer=AgentsShown),
        Operation("GET", one, "An agent", both, on.one, answer=AgentShown),
        Operation("PUT", one, "A new agent, or one anew", nobody_else, on.write, body=AgentWanted, answer=AgentShown),
        Operation("DELETE", one, "An agent no more", nobody_else, on.remove, answer=Done),
        Operation("PUT", f"{one}/skills", "Other skills", supervisors, on.skills, body=SkillsWanted,
                  answer=AgentShown),
        Operation("PUT", f"{one}/mobile", "Another number outside", nobody_else, on.mobile, body=MobileWanted,
                  answer=AgentShown),
        Operation("POST", f"{one}/sign-in", "Take calls at a device", both, on.sign_in, body=SeatWanted,
                  answer=AgentPresence),
        Operation("POST", f"{one}/sign-out", "Take no more calls", both, on.sign_out, answer=AgentPresence),
        Operation("POST", f"{one}/pause", "Take none for now", both, on.pause, body=PauseWanted,
                  answer=AgentPresence),
        Operation("POST", f"{one}/resume", "Take calls again", both, on.resume, answer=AgentPresence),
        Operation("POST", f"{one}/wrap-up", "More time after the call", both, on.extend_wrap_up, body=WrapUpWanted,
                  answer=AgentPresence),
        Operation("DELETE", f"{one}/wrap-up", "Enough time after the call", both, on.end_wrap_up,
                  answer=AgentPresence),
    ]  # fmt: skip


def presence_told(presence: Presence) -> AgentPresence:
    """What an agent does, as the API tells it."""
    return AgentPresence.model_validate(presence, from_attributes=True)


def _theirs(asked: Asked[Any, None]) -> str:
    """Whom it is about: agents may for themselves only. Raises HTTPNotFound."""
    agent, person = asked.path["agent"], asked.person
    if person.role is Role.AGENT and person.agent != agent:
        raise web.HTTPNotFound(text="you are no such agent")
    return agent


async def _possible(doing: Awaitable[bool | None]) -> bool:
    try:
        return bool(await doing)
    except ValueError as error:
        raise web.HTTPUnprocessableEntity(text=str(error)) from error


def _nobody() -> web.HTTPException:
    return web.HTTPNotFound(text="there is no such agent")


def _by(person: Person) -> str:
    return f"person {person.login}"
