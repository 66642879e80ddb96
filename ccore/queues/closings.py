"""Emergencies that close queues: known to every ccore within two seconds, and to those who wait if they shall be."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NoReturn

import structlog

from ccore.ami.actions import Redirect
from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.queues.routing import Waiting
from ccore.queues.visit import EVERY_QUEUE, Closing

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
SEND_WITHIN_S = 2.0
_OUT_OF_THE_LINE = ("queue-keys", "0")  # of the dialplan: as if they had pressed a key, so ccore is asked again


class Closings:
    """The emergencies there are; while PostgreSQL is away, those that were."""

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        waiting: Callable[[], Iterable[Waiting]],
    ) -> None:
        self.trouble = Trouble("closings_not_looked_up")
        self._database = database
        self._links = links
        self._trackers = trackers
        self._waiting = waiting
        self._there: list[tuple[str, Closing, datetime | None]] = []

    def now(self) -> Mapping[str, Closing]:
        """By queue, or for all; the last one made counts."""
        now = utc_now()
        return {queue: closing for queue, closing, ends_at in self._there if ends_at is None or ends_at > now}

    async def run(self) -> NoReturn:
        """Look for them, for ever."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> None:
        """What there is now. Raises Unavailable."""
        rows = await self._database.fetch("waiting.closings")
        self._there = [(row["queue"], Closing(row["prompt"], row["waiting"]), row["ends_at"]) for row in rows]

    async def clear(self) -> NoReturn:
        """Have those who wait hear of it, if they are to, for ever: for one ccore at a time."""
        while True:
            closings = self.now()
            for each in self._waiting():
                closing = closings.get(each.queue) or closings.get(EVERY_QUEUE)
                if closing and closing.waiting:
                    await self._take_out(each)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _take_out(self, caller: Waiting) -> None:
        node, _, uniqueid = caller.call_key.partition("!")
        channel = self._trackers[node].channels.get(uniqueid)
        if channel is None:
            return
        try:
            await self._links[node].send(Redirect(channel.name, *_OUT_OF_THE_LINE), SEND_WITHIN_S)
        except (ActionRefused, OutcomeUnknown, Unavailable) as error:  # gone meanwhile, or the next look does it
            log.info("caller_not_taken_out", call_id=uniqueid, queue=caller.queue, reason=str(error))
        else:
            log.info("caller_taken_out", call_id=uniqueid, queue=caller.queue)


async def close(database: Database, queue: str, closing: Closing, until: datetime | None, who: str) -> int:
    """Close ``queue``, or all, until then or until it is opened; the emergency's number. Raises Unavailable."""
    number: int = await database.fetch_value("waiting.close", queue, closing.prompt, closing.waiting, until, who)
    return number


async def reopen(database: Database, queue: str, who: str) -> int:
    """End every emergency of ``queue``; how many there were. Raises Unavailable."""
    count: int = await database.fetch_value("waiting.open", queue, who)
    return count
