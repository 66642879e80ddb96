"""Contacts who are to be called back: listed, given to another agent, moved, cancelled."""

from datetime import datetime
from typing import Any

from aiohttp import web
from asyncpg import Record

from ccore.dialer.results import Results
from ccore.log import mask_number
from ccore.marketing.product import Time
from ccore.people.model import Role
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.handling import AgentNumber
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.slices import Slice


class ContactCallbacksWanted(Slice):
    """Of which campaign; none named: of all."""

    campaign: Name | None = None


class ContactCallbackMoved(Said):
    """Whose a call-back is (null: anybody's), and when; without ``at`` as it was."""

    agent: AgentNumber | None
    at: Time | None = None


class ContactCallback(Told):
    """A contact of a list asked to be called again; the number is masked. No agent: by anybody."""

    callback: int
    campaign: str
    agent: str | None
    due_at: datetime
    note: str
    made_by: str
    made_at: datetime
    contact: int
    list: str
    name: str
    number: str


class ContactCallbacks(Told):
    """Those that are open, the first due first; ``offset`` gives the next page, and is null on the last."""

    callbacks: list[ContactCallback]
    offset: int | None


def operations(results: Results) -> list[Operation[Any, Any]]:
    """For agents, of their own, and supervisors."""

    async def listed(asked: Asked[None, ContactCallbacksWanted]) -> ContactCallbacks:
        own = asked.person.agent if asked.person.role is Role.AGENT else None
        rows, offset = asked.query.of(await results.call_backs(asked.query.campaign, own))
        return ContactCallbacks(callbacks=[_told(row) for row in rows], offset=offset)

    async def move(asked: Asked[ContactCallbackMoved, None]) -> Done:
        wrong = await results.move(asked.number("number"), asked.body.agent, asked.body.at)
        if wrong is None:
            raise _missing()
        if wrong:
            raise web.HTTPUnprocessableEntity(text="; ".join(wrong))
        return Done()

    async def cancel(asked: Asked[None, None]) -> Done:
        person, number = asked.person, asked.number("number")
        theirs = person.role is not Role.AGENT or await results.owner(number) == person.agent
        if not theirs or not await results.cancel(number, person.login):
            raise _missing()
        return Done()

    both, supervisors, one = frozenset({Role.AGENT, Role.SUPERVISOR}), frozenset({Role.SUPERVISOR}), "{number:int}"
    return [
        Operation("GET", "/contact-callbacks", "Contacts to be called back", both, listed,
                  query=ContactCallbacksWanted, answer=ContactCallbacks),
        Operation("PUT", f"/contact-callbacks/{one}", "By another agent, or at another time", supervisors, move,
                  body=ContactCallbackMoved, answer=Done),
        Operation("DELETE", f"/contact-callbacks/{one}", "Call them back no more", both, cancel, answer=Done),
    ]  # fmt: skip


def _told(row: Record) -> ContactCallback:
    return ContactCallback.model_validate(
        {
            **row,
            "callback": row["contact_call_back_id"],
            "contact": row["contact_id"],
            "number": mask_number(row["number"]),
        }
    )


def _missing() -> web.HTTPException:
    return web.HTTPNotFound(text="there is no such call-back")
