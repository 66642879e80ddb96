"""Finds recordings by whatever is known of them."""

from dataclasses import astuple, dataclass
from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Database


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recordings: None is any. The order of the fields is that of the statement ``recording.find``.

    ``number`` is as recordings have it (``Ledger.number``), ``call`` a LinkedID, a Uniqueid or a call key, ``agent``
    anybody who talked in it, ``least_ms`` how long agents talked at least, ``most_ms`` at most;
    ``least_score`` and ``most_score`` are per mille of the last review.
    """

    queue: str | None = None
    agent: str | None = None
    number: str | None = None
    campaign: str | None = None
    hotline: str | None = None
    direction: str | None = None
    call: str | None = None
    state: str | None = None
    node: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    least_ms: int | None = None
    most_ms: int | None = None
    disposition: str | None = None
    least_score: int | None = None
    most_score: int | None = None


async def find(database: Database, wanted: Wanted, size: int, before: int | None = None) -> list[Record]:
    """At most ``size`` of them, the newest first; ``before``: only those with a smaller id, for the next page."""
    return await database.fetch("recording.find", *astuple(wanted), before, size)
