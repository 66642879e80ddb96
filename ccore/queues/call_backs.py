"""Callers who leave the line and keep their place: noted, listed, cancelled; and how they come back into the line."""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.queues.visit import Visit
from ccore.subscriber import Subscriber, subscriber

log = structlog.get_logger()

MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """What a place in a line depends on. ``came_at`` None: now."""

    queue: str
    tier: str = ""
    language: str = "zh"
    menu_priority: int = 0
    came_at: datetime | None = None


class CallBacks:
    """The table of call-backs. Everything raises Unavailable and OutcomeUnknown."""

    def __init__(self, database: Database, region: str, internal_extensions: str) -> None:
        self._database = database
        self._region = region
        self._internal_extensions = internal_extensions

    async def note(self, call_key: str, number: str, place: Place, noted_by: str = "caller") -> bool:
        """Have ``number`` called when its place has its turn.

        False if it is no subscriber's number of this country, or is not to be called.
        """
        who = subscriber(number, self._region, self._internal_extensions)
        if not isinstance(who, Subscriber):
            log.info("call_back_refused", call_id=call_key, number=number, queue=place.queue, reason="no subscriber")
            return False
        allowed: bool = await self._database.fetch_value(
            "waiting.note_call_back", call_key, who.e164, place.queue, place.came_at, place.tier, place.language,
            place.menu_priority, noted_by,
        )  # fmt: skip
        log.info("call_back_noted" if allowed else "call_back_refused", call_id=call_key, queue=place.queue)
        return allowed

    async def come_back(self, number: int, call_key: str) -> Visit | None:
        """Call-back ``number`` was accepted in the call ``call_key``: the visit it goes on with, None if it was not."""
        row = await self._database.fetch_row("waiting.accepted", number, call_key.partition("!")[2])
        if row is None:
            log.warning("call_back_not_known", call_id=call_key, call_back=number)
            return None
        log.info("call_back_accepted", call_id=call_key, call_back=number, queue=row["queue"])
        now, came_at = int(utc_now().timestamp()), int(row["came_at"].timestamp())
        return Visit(
            row["queue"],
            min(came_at, now - 1),
            now,
            language=row["language"],
            tier=row["tier"],
            menu_priority=row["menu_priority"],
        )

    async def listed(self, *, over: bool = False, queue: str | None = None, most: int = MOST_LISTED) -> list[Record]:
        """Those under way, and with ``over`` the others as well, who asked first, first."""
        return await self._database.fetch("waiting.call_backs", over, queue, most)

    async def cancel(self, number: int, who: str) -> bool:
        """``who`` wants nobody called; False if it is not open any more."""
        return await self._database.fetch_value("waiting.cancel", number, who) is not None


def came_at(visit: Visit) -> datetime:
    """When a caller came to their first queue."""
    return datetime.fromtimestamp(visit.came_at, UTC)
