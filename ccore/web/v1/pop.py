"""``GET /calls/{call}/pop``: what an agent sees of a caller while the phone rings."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web
from asyncpg import Record

from ccore.calls.legs import Found
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.desk.pop import Pop, Pops, waited_s
from ccore.ivr.paths import Path
from ccore.log import mask_number
from ccore.people.model import Role
from ccore.web.v1.live_calls import CALL, LiveCalls
from ccore.web.v1.operations import Asked, Operation, Told

HEARD_WITHIN_S, LOOK_EVERY_S = 1.0, 0.03


class PopStep(Told):
    """A step through the menus: at which node, what the caller did there, and where it led."""

    at: datetime
    menu: str
    outcome: str
    key: str
    target: str


class PopWait(Told):
    """What the caller waited for: ``reasons`` are those of the last place they were given, as ccore says them.

    ``position``: the place in the line they had then. ``sticky``: their own agent.
    """

    queue: str
    title: dict[str, str]
    since: datetime
    waited_s: float
    position: int | None
    priority: int
    sticky: str
    reasons: list[str]


class PopOrder(Told):
    """An order of the caller's."""

    order: int
    product: str
    name_zh: str
    name_en: str
    state: str
    channel: str
    at: datetime
    price_fen: int


class PopContact(Told):
    """The caller came to a queue before."""

    call_key: str
    queue: str
    at: datetime
    how: str
    agent: str
    talk_ms: int | None
    disposition: str
    notes: list[str]


class PopCallBack(Told):
    """The caller waits to be called back."""

    queue: str
    at: datetime


class CallPop(Told):
    """Who it is: ``caller`` is masked, and empty if nobody knows it. ``path`` may come a second late."""

    call: str
    caller: str
    name: str
    tier: str
    language: str
    tags: list[str]
    hotline: str
    wait: PopWait | None
    path: list[PopStep]
    orders: list[PopOrder]
    contacts: list[PopContact]
    call_backs: list[PopCallBack]


def operations(
    live: LiveCalls, pops: Pops, queues: Callable[[], Mapping[str, Queue]], nodes: Sequence[str]
) -> list[Operation[Any, Any]]:
    """For the agent of the call, also while they write about it afterwards, and for supervisors."""

    async def pop(asked: Asked[None, None]) -> CallPop:
        call, found = await _whose(live, asked)
        caller = found.customer if found else None
        where = [found.node] if found else nodes  # over: it was at one of them, and began with the caller's channel
        who = await pops.of(where, call, caller.uniqueid if caller else call, caller.caller if caller else "")
        return _told(call, who, queues())

    both = frozenset({Role.AGENT, Role.SUPERVISOR})
    return [Operation("GET", f"/calls/{CALL}/pop", "Who calls, and why", both, pop, answer=CallPop)]


async def _whose(live: LiveCalls, asked: Asked[None, None]) -> tuple[str, Found | None]:
    """As ``live.whose``; a phone may ring before Asterisk's manager has told whom it rings."""
    ends = time.monotonic() + HEARD_WITHIN_S
    while True:
        try:
            return live.whose(asked.person, asked.path["call"])
        except web.HTTPNotFound:
            if time.monotonic() > ends:
                raise
        await asyncio.sleep(LOOK_EVERY_S)


def _told(call: str, pop: Pop, queues: Mapping[str, Queue]) -> CallPop:
    customer, visit = pop.customer, pop.visit
    return CallPop(
        call=call,
        caller=mask_number(pop.number) if pop.number else "",
        name=customer.name,
        tier=(visit["tier"] if visit else "") or customer.tier,
        language=(visit["language"] if visit else "") or customer.language,
        tags=sorted(customer.tags),
        hotline=pop.path.hotline if pop.path else "",
        wait=_wait(visit, queues) if visit else None,
        path=_steps(pop.path),
        orders=[
            PopOrder.model_validate({**row, "order": row["order_id"], "at": row["placed_at"]}) for row in pop.orders
        ],
        contacts=[PopContact.model_validate({**row, "at": row["entered_at"]}) for row in pop.contacts],
        call_backs=[PopCallBack(queue=row["queue"], at=row["asked_at"]) for row in pop.call_backs],
    )


def _wait(visit: Record, queues: Mapping[str, Queue]) -> PopWait:
    queue, last = queues.get(visit["queue"]), visit["decision"][-1]
    return PopWait(
        queue=visit["queue"],
        title=dict(queue.title) if queue else {},
        since=visit["came_at"],
        waited_s=waited_s(visit, utc_now()),
        position=last.get("position"),
        priority=visit["priority"],
        sticky=last.get("sticky", ""),
        reasons=list(last.get("reasons", [])),
    )


def _steps(path: Path | None) -> list[PopStep]:
    steps = path.steps if path else ()
    return [
        PopStep(at=each.at, menu=each.menu, outcome=each.outcome, key=each.key, target=each.target) for each in steps
    ]
