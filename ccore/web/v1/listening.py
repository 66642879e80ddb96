"""Supervision: listen, whisper, barge, take over, and move callers who wait."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.calls.legs import Found, Leg
from ccore.db.pool import Database
from ccore.people.model import Person, Role
from ccore.supervision.model import Mode, Result
from ccore.supervision.service import Supervision
from ccore.tables import Name
from ccore.web.bodies import Page, Said
from ccore.web.v1.handling import AgentNumber
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.operations import Asked, Done, Operation, Told

PhoneNumber = Annotated[str, Field(pattern=r"^[2-8][0-9]{2,4}$")]
Speech = Literal["listen", "whisper", "barge"]
_MISSING = {Result.NO_SESSION, Result.NO_QUEUE, Result.NO_CALL}


class ListenWanted(Said):
    """How to be in a call; ``phone`` rings, the supervisor's own if they are signed in somewhere."""

    mode: Speech = "listen"
    agent: AgentNumber | None = None
    phone: PhoneNumber | None = None


class TakeOverWanted(Said):
    """Which phone gets the caller."""

    agent: AgentNumber | None = None
    phone: PhoneNumber | None = None


class ListenOtherwise(Said):
    """How a listening goes on."""

    mode: Speech


class MoveCaller(Said):
    """Where a caller who waits goes: another queue, or the front."""

    queue: Name | None = None
    front: bool = False


class ListeningBegun(Told):
    """The number of its session; another mode is another session."""

    session: int


class ListeningSession(Told):
    """Who listened to whom, and how; without ``began_at`` their phone did not answer."""

    session: int
    call: str
    agent: str
    who: str
    phone: str
    mode: Mode
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    seconds: float | None


class ListeningSessions(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    sessions: list[ListeningSession]
    before: int | None


class _Listening:
    def __init__(self, live: LiveCalls, supervision: Supervision, database: Database) -> None:
        self._live = live
        self._supervision = supervision
        self._database = database

    async def listen(self, asked: Asked[ListenWanted, None]) -> ListeningBegun:
        found, wanted = self._found(asked), asked.body
        leg, phone = _leg(found, wanted.agent), self._phone(asked.person, wanted.phone)
        return _begun(await self._supervision.listen(asked.person.login, found, leg, Mode(wanted.mode), phone))

    async def take_over(self, asked: Asked[TakeOverWanted, None]) -> ListeningBegun:
        found, wanted = self._found(asked), asked.body
        leg, phone = _leg(found, wanted.agent), self._phone(asked.person, wanted.phone)
        return _begun(await self._supervision.take_over(asked.person.login, found, leg, phone))

    async def move(self, asked: Asked[MoveCaller, None]) -> Done:
        found, wanted = self._found(asked), asked.body
        if wanted.queue is None and not wanted.front:
            raise web.HTTPBadRequest(text="name a queue, or front")
        return _done(await self._supervision.move(asked.person.login, found, wanted.queue, front=wanted.front))

    async def sessions(self, asked: Asked[None, Page]) -> ListeningSessions:
        page = asked.query
        rows = await self._database.fetch("handling.spied", page.before, page.size)
        sessions = [
            ListeningSession.model_validate({**row, "session": row["session_id"], "call": row["call_id"]})
            for row in rows
        ]
        return ListeningSessions(sessions=sessions, before=sessions[-1].session if len(sessions) == page.size else None)

    async def change(self, asked: Asked[ListenOtherwise, None]) -> ListeningBegun:
        session = await self._supervision.spying.change(asked.number("session"), Mode(asked.body.mode))
        return _begun(Result.NO_SESSION if session is None else session)

    async def end(self, asked: Asked[None, None]) -> Done:
        return _done(await self._supervision.spying.end(asked.number("session")))

    def _found(self, asked: Asked[Any, None]) -> Found:
        found, _ = self._live.call(asked.person, asked.path["call"])
        return found

    def _phone(self, person: Person, given: str | None) -> str:
        presence = self._live.presence(person.agent)
        own = presence.device.number if presence and presence.device and presence.device.kind != "outside" else ""
        return given or own


def operations(live: LiveCalls, supervision: Supervision, database: Database) -> list[Operation[Any, Any]]:
    """For supervisors. Sessions of listening have numbers."""
    on, call, one = _Listening(live, supervision, database), f"/calls/{CALL}", "/listening/{session:int}"
    who = frozenset({Role.SUPERVISOR})
    return [
        Operation("POST", f"{call}/listening", "Listen to a call", who, on.listen, body=ListenWanted,
                  answer=ListeningBegun, status=201),
        Operation("POST", f"{call}/take-over", "Have the caller oneself", who, on.take_over, body=TakeOverWanted,
                  answer=ListeningBegun, status=201),
        Operation("POST", f"{call}/move", "Move a caller who waits", who, on.move, body=MoveCaller, answer=Done),
        Operation("GET", "/listening", "Who listened to whom", who, on.sessions, query=Page, answer=ListeningSessions),
        Operation("PUT", one, "Listen otherwise", who, on.change, body=ListenOtherwise, answer=ListeningBegun,
                  status=201),
        Operation("DELETE", one, "Listen no more", who, on.end, answer=Done),
    ]  # fmt: skip


def _leg(found: Found, agent: str | None) -> Leg | None:
    return found.leg(agent) if agent is not None else found.leg()


def _begun(result: int | Result) -> ListeningBegun:
    if isinstance(result, Result):
        raise _refusal(result)
    return ListeningBegun(session=result)


def _done(result: Result) -> Done:
    if result is Result.DONE:
        return Done()
    raise _refusal(result)


def _refusal(result: Result) -> web.HTTPException:
    return (web.HTTPNotFound if result in _MISSING else web.HTTPConflict)(text=str(result))
