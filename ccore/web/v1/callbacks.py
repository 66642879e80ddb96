"""Callers who are to be called back by a queue."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from ccore.marketing.product import Time
from ccore.people.model import Role
from ccore.queues.call_backs import CallBacks, Place
from ccore.queues.waiting_room import WaitingRoom
from ccore.tables import Language, Name
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.slices import Slice

CallbackState = Literal[
    "open", "dialling", "asked", "accepted", "connected", "failed", "expired", "cancelled", "refused", "done"
]


class CallbackWish(Said):
    """Somebody is to be called back; ``came_at``: at the place of one who came then."""

    number: Annotated[str, Field(pattern=r"^\+?[0-9]{3,20}$")]
    queue: Name
    language: Language = "zh"
    came_at: Time | None = None


class CallbacksWanted(Slice):
    """Which call-backs; ``over``: those that are over as well."""

    queue: Name | None = None
    over: bool = False


class Callback(Told):
    """Somebody who has kept their place of ``came_at``; ``not_before`` the next try."""

    callback: int
    number: str
    queue: str
    asked_at: datetime
    came_at: datetime
    language: Language
    state: CallbackState
    attempts: int
    not_before: datetime | None
    reason: str
    noted_by: str
    done_at: datetime | None
    done_by: str | None


class Callbacks(Told):
    """Who asked first, first; ``offset`` gives the next page, and is null on the last."""

    callbacks: list[Callback]
    offset: int | None


def operations(room: WaitingRoom) -> list[Operation[Any, Any]]:
    """For agents and supervisors."""
    known: CallBacks = room.call_backs

    async def listed(asked: Asked[None, CallbacksWanted]) -> Callbacks:
        rows, offset = asked.query.of(await known.listed(over=asked.query.over, queue=asked.query.queue))
        callbacks = [Callback.model_validate({**row, "callback": row["call_back_id"]}) for row in rows]
        return Callbacks(callbacks=callbacks, offset=offset)

    async def ask(asked: Asked[CallbackWish, None]) -> Done:
        wish = asked.body
        if wish.queue not in room.queues():
            raise web.HTTPNotFound(text=f"there is no queue {wish.queue}")
        place = Place(wish.queue, language=wish.language, came_at=wish.came_at)
        if not await known.note(f"api!{uuid.uuid4().hex}", wish.number, place, asked.person.login):
            raise web.HTTPConflict(text="that number is not to be called, or is no subscriber's of this country")
        return Done()

    async def cancel(asked: Asked[None, None]) -> Done:
        if not await known.cancel(asked.number("number"), asked.person.login):
            raise web.HTTPConflict(text="that call-back is not open")
        return Done()

    who = frozenset({Role.AGENT, Role.SUPERVISOR})
    return [
        Operation("GET", "/callbacks", "Callers to be called back", who, listed, query=CallbacksWanted,
                  answer=Callbacks),
        Operation("POST", "/callbacks", "Have somebody called back", who, ask, body=CallbackWish, answer=Done,
                  status=201),
        Operation("DELETE", "/callbacks/{number:int}", "Call them back no more", who, cancel, answer=Done),
    ]  # fmt: skip
