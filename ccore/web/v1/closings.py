"""Emergencies that close queues."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from ccore.db.pool import Database
from ccore.marketing.product import Time
from ccore.people.model import Role
from ccore.prompts.catalogue import load_catalogue
from ccore.queues.closings import close, reopen
from ccore.queues.visit import EVERY_QUEUE
from ccore.queues.visit import Closing as Closed
from ccore.queues.waiting_room import WaitingRoom
from ccore.tables import Name
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told


class Emergency(Said):
    """Callers hear ``prompt`` until then, or until the queue is opened; ``waiting``: those who wait already too."""

    prompt: Name
    until: Time | None = None
    waiting: bool = False


class QueueClosing(Told):
    """A queue, or ``all`` of them, is closed until ``ends_at``, or until somebody opens it."""

    closing: int
    queue: str
    prompt: str
    waiting: bool
    ends_at: datetime | None
    made_by: str
    made_at: datetime


class QueueClosings(Told):
    """Those that are not over."""

    closings: list[QueueClosing]


class ClosingPrompt(Told):
    """What callers can be told."""

    prompt: str
    zh: str
    en: str


class ClosingPrompts(Told):
    """By name."""

    prompts: list[ClosingPrompt]


class QueueClosed(Told):
    """The number of the closing."""

    closing: int


def operations(database: Database, room: WaitingRoom, dialplan: Path) -> list[Operation[Any, Any]]:
    """Agents see them, supervisors make them; ``dialplan`` has the prompts."""

    async def listed(_asked: Asked[None, None]) -> QueueClosings:
        rows = await database.fetch("waiting.closings")
        return QueueClosings(
            closings=[QueueClosing.model_validate({**row, "closing": row["closing_id"]}) for row in rows]
        )

    async def sayable(_asked: Asked[None, None]) -> ClosingPrompts:
        known = await asyncio.to_thread(load_catalogue, dialplan)
        plain = [(name, each) for name, each in sorted(known.items()) if not each.values]
        return ClosingPrompts(prompts=[ClosingPrompt(prompt=name, zh=each.zh, en=each.en) for name, each in plain])

    async def shut(asked: Asked[Emergency, None]) -> QueueClosed:
        emergency, name = asked.body, asked.path["name"]
        if name not in {EVERY_QUEUE, *room.queues()}:
            raise web.HTTPNotFound(text=f"there is no queue {name}")
        if emergency.prompt not in await asyncio.to_thread(load_catalogue, dialplan):
            raise web.HTTPBadRequest(text=f"there is no prompt {emergency.prompt}")
        closed = Closed(emergency.prompt, emergency.waiting)
        return QueueClosed(closing=await close(database, name, closed, emergency.until, asked.person.login))

    async def opened(asked: Asked[None, None]) -> Done:
        if not await reopen(database, asked.path["name"], asked.person.login):
            raise web.HTTPConflict(text="that queue is not closed")
        return Done()

    both, supervisors, one = frozenset({Role.AGENT, Role.SUPERVISOR}), frozenset({Role.SUPERVISOR}), "/queues/{name}"
    return [
        Operation("GET", "/closings", "Closed queues", both, listed, answer=QueueClosings),
        Operation("GET", "/closings/prompts", "What callers of a closed queue can be told", supervisors, sayable,
                  answer=ClosingPrompts),
        Operation("POST", f"{one}/closing", "Close a queue", supervisors, shut, body=Emergency, answer=QueueClosed,
                  status=201),
        Operation("DELETE", f"{one}/closing", "Open a queue", supervisors, opened, answer=Done),
    ]  # fmt: skip
