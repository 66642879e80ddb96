"""Who rings: all that is known of a caller, read at once while the agent's phone rings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Database
from ccore.ivr.model import Customer
from ccore.ivr.paths import Path, Row, fold
from ccore.subscriber import e164

MOST_ORDERS, MOST_CONTACTS = 8, 8  # what an agent reads before they speak


@dataclass(frozen=True, slots=True)
class Pop:
    """``number`` is the caller's, as E.164; ``visit`` is theirs to a queue, ``path`` through the menus before it."""

    number: str
    customer: Customer
    visit: Record | None
    path: Path | None
    orders: Sequence[Record]
    contacts: Sequence[Record]
    call_backs: Sequence[Record]


class Pops:
    """Reads them; ``known`` says who a number is."""

    def __init__(self, database: Database, known: Callable[[str], Awaitable[Customer]], region: str) -> None:
        self._database = database
        self._known = known
        self._region = region

    async def of(self, nodes: Sequence[str], call: str, uniqueid: str, caller: str) -> Pop:
        """Of the caller on channel ``uniqueid`` of the call with LinkedID ``call``, on one of ``nodes``.

        The call may be over: then what was known of it is known still. Raises Unavailable.
        """
        visit, dialled, events = await asyncio.gather(
            self._database.fetch_row("pop.visit", nodes, uniqueid),
            self._database.fetch_value("pop.dialled", call),
            self._database.fetch("pop.walk", nodes, call),
        )
        number = dialled or (visit["number"] if visit else "") or e164(caller, self._region) or ""
        key = visit["call_key"] if visit else ""
        customer, orders, contacts, call_backs = await asyncio.gather(
            self._known(number) if number else _nobody(),
            self._database.fetch("pop.orders", number, MOST_ORDERS),
            self._database.fetch("pop.contacts", number, key, MOST_CONTACTS),
            self._database.fetch("pop.call_backs", number),
        )
        path = fold(Row(row["event_at"], row["cid_num"], row["eventextra"]) for row in events)
        return Pop(number, customer, visit, path, orders, contacts, call_backs)


async def _nobody() -> Customer:
    return Customer()


def waited_s(visit: Record, now: datetime) -> float:
    """How long they have been waiting since they came to their queue."""
    came_at: datetime = visit["came_at"]
    return max(0.0, (now - came_at).total_seconds())
