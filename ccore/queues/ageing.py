"""Lets callers who wait go before others the longer they wait: every few seconds, where their priority has grown."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

import asyncpg
import structlog
from prometheus_client import Counter

from ccore.ami.actions import QueueChangePriorityCaller
from ccore.ami.link import Link
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.centre.lines import OWN_LINE
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import ActionRefused, CcoreError, OutcomeUnknown
from ccore.queues.model import Caller
from ccore.queues.routing import Entry, Waiting, priority

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
SEND_WITHIN_S = 2.0
KNOWN_MOST = 20_000  # callers, 4 MB: those who have gone are forgotten at the next look

RAISED = Counter("ccore_queue_priorities_raised", "Callers who go before more others for having waited", ["node"])


class Ageing:
    """The priorities of those who wait, on every node."""

    def __init__(self, database: Database, links: Mapping[str, Link], trackers: Mapping[str, Tracker]) -> None:
        self._database = database
        self._links = links
        self._trackers = trackers
        self._queues: Mapping[str, Queue] = {}
        self._known: dict[str, Waiting] = {}

    def use(self, queues: Mapping[str, Queue]) -> None:
        """How much waiting counts is theirs to say from now on."""
        self._queues = queues

    def known(self, call_key: str) -> Waiting | None:
        """How one who may be waiting came into their line."""
        return self._known.get(call_key)

    def entered(self, caller: Caller, entered: Entry) -> None:
        """Somebody enters a line by this ccore's decision."""
        self._known[caller.call_key] = Waiting(
            caller.call_key, entered.line, entered.queue, caller.tier, caller.menu_priority, caller.came_at,
            entered.priority,
        )  # fmt: skip
        while len(self._known) > KNOWN_MOST:
            del self._known[next(iter(self._known))]

    async def run(self, node: str) -> NoReturn:
        """Look after those who wait at one node, for ever."""
        while True:
            try:
                await self.look(node)
            except (CcoreError, asyncpg.PostgresError) as error:  # both are watched, and told of, by others
                log.debug("ageing_waited", node=node, reason=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, node: str) -> None:
        """Raise every priority that has grown. Raises Unavailable and the like."""
        there = {f"{node}!{each.uniqueid}": each for each in self._trackers[node].channels.values() if each.waits}
        self._forget_gone(node)
        await self._learn([key for key, channel in there.items() if self._is_news(key, channel)])
        for key, channel in there.items():
            known = self._known.get(key)
            if known is not None and known.line == channel.queue and known.queue in self._queues:
                await self._raise(node, channel, known)

    def _is_news(self, key: str, channel: Channel) -> bool:
        """Whether they are where this ccore has not sent them: it began later, or another one has."""
        known = self._known.get(key)
        return channel.queue != OWN_LINE and (known is None or known.line != channel.queue)

    def _forget_gone(self, node: str) -> None:
        """Not who is between two lines: their channel is there."""
        prefix, channels = f"{node}!", self._trackers[node].channels
        for key in [key for key in self._known if key.startswith(prefix) and key.removeprefix(prefix) not in channels]:
            del self._known[key]

    async def _learn(self, keys: list[str]) -> None:
        if keys:
            for row in await self._database.fetch("routing.visits_waiting", keys):
                self._known[row["call_key"]] = Waiting(**row)

    async def _raise(self, node: str, channel: Channel, known: Waiting) -> None:
        now = utc_now()
        waited_s = (now - known.came_at).total_seconds()
        wanted = priority(self._queues[known.queue], known.tier, known.menu_priority, waited_s)
        if wanted <= known.priority:
            return
        try:
            change = QueueChangePriorityCaller(channel.queue, channel.name, wanted)
            await self._links[node].send(change, SEND_WITHIN_S)
        except (ActionRefused, OutcomeUnknown) as error:  # they have just left the line, or the next look sees to it
            log.debug("priority_not_raised", call_id=channel.call, reason=str(error))
            return
        self._known[known.call_key] = replace(known, priority=wanted)
        RAISED.labels(node).inc()
        log.info("priority_raised", call_id=channel.call, queue=channel.queue, priority=wanted, waited_s=int(waited_s))
        await self._database.execute("routing.note_raised", known.call_key, known.queue, wanted, now.timestamp())
