"""Follows agents, callers and calls for those who are told live: what Asterisk tells, and what is counted of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime, time, tzinfo
from typing import Any, NoReturn

from asyncpg import Record

from ccore.calls.feed import Feed, Missed
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.centre.lines import queue_of
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.numbers.live import ROLLING
from ccore.queues.floor import Floor
from ccore.queues.model import Presence
from ccore.web.live.hub import Hub
from ccore.web.live.lines import Lines, WaitingNow
from ccore.web.live.room import Source
from ccore.web.live.staff import AgentsNow, Counted, QueuesNow, Serving, StatesNow
from ccore.web.live.talk import CallsNow, MeNow, Today, key_of
from ccore.web.live.topics import LivePreview

COUNT_QUEUES_EVERY_S = 3.0  # today's and the last half hour's, for everybody who looks together
COUNT_AGENTS_EVERY_S = 10.0
PREVIEWS_EVERY_S = 0.5
LOOK_EVERY_S = 1.0  # at who serves what, and at priorities, which grow
OF_QUEUES = frozenset({Kind.JOINED_QUEUE, Kind.LEFT_QUEUE, Kind.CONNECTED, Kind.MERGED, Kind.ENDED, Kind.VANISHED})


class FloorLive:
    """The topics of one floor: ``agents``, ``queues``, ``waiting``, ``calls``, ``me``. Make it before the links run."""

    def __init__(
        self, database: Database, floor: Floor, feed: Feed, trackers: Mapping[str, Tracker], zone: tzinfo
    ) -> None:
        self._database, self._agents, self._zone = database, floor.agents, zone
        self._hub: Hub | None = None
        self._facts = feed.subscribe("live")
        self._serving = Serving(floor.agents, floor.routing.rosters)
        self._lines = Lines(floor.routing.waiting, trackers)
        self._queues = QueuesNow(floor.agents, self._serving, self._lines)
        self._me = MeNow(floor.agents.presences, self._level)
        self.sources: Mapping[str, Source] = {
            "agents": AgentsNow(floor.agents, self._serving),
            "states": StatesNow(floor.agents),
            "queues": self._queues,
            "waiting": WaitingNow(self._lines),
            "calls": CallsNow(trackers, floor.agents.presences),
            "me": self._me,
        }
        floor.agents.on_change(self._changed)

    def work(self, hub: Hub) -> dict[str, Coroutine[Any, Any, NoReturn]]:
        """What goes on for ever, by name; ``hub`` is told."""
        self._hub = hub
        return {
            "live facts": self._hear(hub),
            "live lines": self._look(hub),
            "live counts of queues": self._while(hub, ("queues", "me"), COUNT_QUEUES_EVERY_S, self._count_queues),
            "live counts of agents": self._while(hub, ("me",), COUNT_AGENTS_EVERY_S, self._count_agents),
            "live previews": self._while(hub, ("me",), PREVIEWS_EVERY_S, self._look_at_previews),
        }

    def _changed(self, before: Presence, presence: Presence) -> None:
        queues = self._serving.presence(presence.agent, presence)
        if (hub := self._hub) is None:
            return
        hub.mark("agents", presence.agent)
        hub.mark("me", presence.agent)
        if before.state is not presence.state:
            hub.mark("states", before.state.value, presence.state.value)
        hub.mark("queues", *queues)
        if before.device != presence.device:  # they may sit at the phone of a call
            hub.mark_all("calls")

    async def _hear(self, hub: Hub) -> NoReturn:
        async for fact in self._facts:
            if isinstance(fact, Missed):
                self._lines.changed()
                for topic in ("calls", "waiting", "queues"):
                    hub.mark_all(topic)
            else:
                self._heard(hub, fact)
        raise AssertionError("nobody closes the subscription")

    def _heard(self, hub: Hub, fact: Fact) -> None:
        hub.mark("calls", key_of(fact.node, fact.call))
        if fact.kind is Kind.MERGED:
            hub.mark("calls", key_of(fact.node, fact.peer))
        if fact.kind in OF_QUEUES:
            self._lines.changed()
            hub.mark_all("waiting")
            if queue := queue_of(fact.queue, self._agents.queues()):
                hub.mark("queues", queue)

    async def _look(self, hub: Hub) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._lines.changed()
            hub.mark_all("waiting")
            if self._serving.look():
                hub.moved("queues")
                hub.mark_all("agents")
                hub.mark_all("queues")

    async def _while(
        self, hub: Hub, topics: Collection[str], every_s: float, look: Callable[[Hub], Coroutine[Any, Any, None]]
    ) -> NoReturn:
        """Look so often, as long as anybody looks at one of the topics."""
        trouble = Trouble("live_counts_not_seen")
        while True:
            if any(hub.watched(topic) for topic in topics):
                with trouble.noted():
                    await look(hub)
            await asyncio.sleep(every_s)

    async def _count_queues(self, hub: Hub) -> None:
        fetch, now = self._database.fetch, utc_now()
        rolling = await fetch("numbers.rolling", now - ROLLING)
        calls = {row["queue"]: row["offered"] - row["short_abandoned"] for row in rolling}
        within = {row["queue"]: row["within"] for row in rolling}
        level = {queue: 1000 * within[queue] // count for queue, count in calls.items() if count > 0}
        today = _sums(await fetch("numbers.queues", self._midnight(now), now))
        until = await self._database.fetch_value("numbers.read_until")
        self._queues.counted = Counted(today, level, calls, until)
        hub.mark_all("queues")

    async def _count_agents(self, hub: Hub) -> None:
        now = utc_now()
        self._me.today = Today(_sums(await self._database.fetch("numbers.agents", self._midnight(now), now)), now)
        hub.mark_all("me")

    async def _look_at_previews(self, hub: Hub) -> None:
        rows = await self._database.fetch("live.previews", sorted(self._me.there))
        before, self._me.previews = self._me.previews, {row["agent"]: _preview(row) for row in rows}
        hub.mark("me", *{agent for agent, _ in before.items() ^ self._me.previews.items()})

    def _level(self, agent: str) -> tuple[int | None, int | None]:
        """Of the queues that they serve: the worst now, and what is promised there."""
        queues, levels = self._agents.queues(), self._queues.counted.level_permille
        worst = min((queue for queue in self._serving.of(agent) if queue in levels), key=levels.__getitem__, default="")
        return (levels[worst], queues[worst].service_level.percent * 10) if worst in queues else (None, None)

    def _midnight(self, now: datetime) -> datetime:
        return datetime.combine(now.astimezone(self._zone).date(), time(), self._zone)


def _preview(row: Record) -> LivePreview:
    number, campaign = row["preview_id"], row["campaign"]
    return LivePreview(number=number, campaign=campaign, state=row["state"], decide_by=row["decide_by"])


def _sums(rows: list[Record]) -> Mapping[str, Counter[str]]:
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        numbers = {key: value for key, value in row.items() if isinstance(value, int)}
        sums.setdefault(row["name"], Counter()).update(numbers)
    return sums
