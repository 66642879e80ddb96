"""Finds what was decided for a call."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncpg import Record

from ccore.db.pool import Database
from ccore.subscriber import e164


@dataclass(frozen=True, slots=True)
class Explained:
    """The rows of ``visits`` and ``offers`` of one call, the first ones first."""

    visits: Sequence[Record]
    offers: Sequence[Record]


async def explained(database: Database, call: str, nodes: Sequence[str], region: str) -> Explained | None:
    """Of the call with this key, Uniqueid or LinkedID, or the last one of a number; None if it came to no queue.

    Raises Unavailable.
    """
    number = e164(call, region)
    visits = await database.fetch("routing.visits_of", call, list(nodes))
    if not visits and number is not None:
        visits = await database.fetch("routing.visits_of", number, list(nodes))
    if not visits:
        return None
    return Explained(visits, await database.fetch("routing.offers_of", visits[0]["call_key"]))
