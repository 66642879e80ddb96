"""What agents do with their calls, and what they write about them; supervisors may for any call."""

from datetime import datetime
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import Field, model_validator

from ccore.calls.legs import Found, Leg
from ccore.desk import afterwards
from ccore.desk.model import Consult, Result
from ccore.desk.service import Desk
from ccore.marketing.product import Time
from ccore.people.model import Role
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.operations import Asked, Done, Operation, Told

AgentNumber = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
_MISSING = {Result.NO_QUEUE, Result.NO_AGENT, Result.NO_TARGET}


class Transfer(Said):
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


class Consultation(Said):
    """Who is asked while the caller waits: one of these."""

    agent: AgentNumber | None = None
    outside: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.agent is None) == (self.outside is None):
            raise ValueError("name agent or outside")
        return self


class GoingOn(Said):
    """How it goes on from asking somebody."""

    how: Consult


class Keys(Said):
    """Keys to press towards the caller's side."""

    digits: Annotated[str, Field(pattern=r"^[0-9*#A-D]{1,20}$")]


class Disposition(Said):
    """What came of a call; of one of a campaign, when they want to be called again, and whether by this agent alone."""

    disposition: Name
    fields: dict[Name, Annotated[str, Field(max_length=500)]] = Field(default={}, max_length=50)
    agent: AgentNumber | None = None
    at: Time | None = None
    own: bool = False


class CallNote(Said):
    """Words about a call."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


class NoteWritten(Told):
    """Its number."""

    note: int


class Handled(Told):
    """Somebody did something with a call that was an agent's."""

    agent: str
    by_whom: str
    what: str
    detail: dict[str, Any]
    at: datetime


class Disposed(Told):
    """What an agent said came of it."""

    agent: str
    queue: str
    disposition: str
    fields: dict[str, str]
    by_whom: str
    at: datetime


class Noted(Told):
    """What somebody wrote about it."""

    by_whom: str
    text: str
    at: datetime


class CallWritten(Told):
    """All that there is about a call, the first first."""

    handlings: list[Handled]
    dispositions: list[Disposed]
    notes: list[Noted]


class _Handling:
    def __init__(self, live: LiveCalls, desk: Desk) -> None:
        self._live = live
        self._desk = desk

    async def hold(self, asked: Asked[None, None]) -> Done:
        return _done(await self._desk.handling.hold(*self._part(asked), asked.person.login))

    async def resume(self, asked: Asked[None, None]) -> Done:
        return _done(await self._desk.handling.resume(*self._part(asked), asked.person.login))

    async def hang_up(self, asked: Asked[None, None]) -> Done:
        return _done(await self._desk.handling.hang_up(*self._part(asked), asked.person.login))

    async def keys(self, asked: Asked[Keys, None]) -> Done:
        return _done(await self._desk.handling.keys(*self._part(asked), asked.body.digits, asked.person.login))

    async def transfer(self, asked: Asked[Transfer, None]) -> Done:
        part, by, to = self._part(asked), asked.person.login, asked.body
        return _done(await self._desk.transfer(*part, by, queue=to.queue, agent=to.agent, outside=to.outside))

    async def take_again(self, asked: Asked[None, None]) -> Done:
        found, leg = self._part(asked)
        if not leg.agent or leg.agent != asked.person.agent:
            raise web.HTTPConflict(text="that is no call of yours")
        return _done(
            await self._desk.transfer(found, leg, asked.person.login, queue=None, agent=leg.agent, outside=None)
        )

    async def consult(self, asked: Asked[Consultation, None]) -> Done:
        part, by, whom = self._part(asked), asked.person.login, asked.body
        return _done(await self._desk.ask(*part, by, agent=whom.agent, outside=whom.outside))

    async def go_on(self, asked: Asked[GoingOn, None]) -> Done:
        return _done(await self._desk.handling.consult(*self._part(asked), asked.body.how, asked.person.login))

    async def dispose(self, asked: Asked[Disposition, None]) -> Done:
        said, person = asked.body, asked.person
        call, found = self._live.whose(person, asked.path["call"])
        leg = found.leg() if found else None
        agent = person.agent if person.role is Role.AGENT else said.agent or (leg.agent if leg else person.agent)
        presence = self._live.presence(agent)
        queue = presence.queue if presence and presence.call == call else ""
        what = afterwards.Said(call, agent, queue, said.disposition, said.fields, person.login, said.at, said.own)
        if wrong := await self._desk.afterwards.say(what):
            raise web.HTTPUnprocessableEntity(text="; ".join(wrong))
        return Done()

    async def note(self, asked: Asked[CallNote, None]) -> NoteWritten:
        call, _ = self._live.whose(asked.person, asked.path["call"])
        return NoteWritten(note=await self._desk.afterwards.note(call, asked.body.text, asked.person.login))

    async def written(self, asked: Asked[None, None]) -> CallWritten:
        call, _ = self._live.whose(asked.person, asked.path["call"])
        found = await self._desk.afterwards.of(call)
        return CallWritten(
            handlings=[Handled.model_validate(dict(row)) for row in found.handlings],
            dispositions=[Disposed.model_validate(dict(row)) for row in found.dispositions],
            notes=[Noted.model_validate(dict(row)) for row in found.notes],
        )

    def _part(self, asked: Asked[Any, Any]) -> tuple[Found, Leg]:
        return self._live.part(asked.person, asked.path["call"])


def operations(live: LiveCalls, desk: Desk) -> list[Operation[Any, Any]]:
    """All that handles a call, or is written about one."""
    on, call = _Handling(live, desk), f"/calls/{CALL}"
    both = frozenset({Role.AGENT, Role.SUPERVISOR})
    write = both | {Role.QUALITY}
    return [
        Operation("POST", f"{call}/hold", "The caller hears music", both, on.hold, answer=Done),
        Operation("POST", f"{call}/resume", "Back to the caller", both, on.resume, answer=Done),
        Operation("POST", f"{call}/transfer", "Put the caller through", both, on.transfer, body=Transfer, answer=Done),
        Operation("POST", f"{call}/take-again", "Ring the agent's own phone again, whose browser lost the call", both,
                  on.take_again, answer=Done),
        Operation("POST", f"{call}/consult", "Ask somebody while the caller waits", both, on.consult,
                  body=Consultation, answer=Done),
        Operation("PUT", f"{call}/consult", "How it goes on from asking", both, on.go_on, body=GoingOn, answer=Done),
        Operation("POST", f"{call}/keys", "Press keys towards the caller's side", both, on.keys, body=Keys,
                  answer=Done),
        Operation("POST", f"{call}/hang-up", "End the agent's part", both, on.hang_up, answer=Done),
        Operation("POST", f"{call}/disposition", "What came of a call", both, on.dispose, body=Disposition,
                  answer=Done, status=201),
        Operation("POST", f"{call}/notes", "Write about a call", write, on.note, body=CallNote, answer=NoteWritten,
                  status=201),
        Operation("GET", f"{call}/written", "What was written about a call", write, on.written, answer=CallWritten),
    ]  # fmt: skip


def _done(result: Result) -> Done:
    if result is Result.DONE:
        return Done()
    raise (web.HTTPNotFound if result in _MISSING else web.HTTPConflict)(text=str(result))
