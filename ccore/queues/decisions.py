"""Decides for every caller how they enter a queue, and writes down why; whatever is away, the caller is routed."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import asyncpg
import structlog

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.centre.lines import queue_of
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.queues.ageing import Ageing
from ccore.queues.choosing import Rosters
from ccore.queues.counts import Counts
from ccore.queues.estimates import Estimates
from ccore.queues.fairness import Fairness
from ccore.queues.model import Agent, Caller, Presence
from ccore.queues.offers import Offers
from ccore.queues.routing import Entry, Waiting, entry
from ccore.queues.visits import Decided

log = structlog.get_logger()

ASK_S = 0.5  # for each statement while a caller hears nothing
_PASSING = ["at", "waited_s", "position", "reasons"]  # of an entry: by themselves they make no new one

PresenceChanged = Callable[[Presence, Presence], None]
Work = Callable[[], Coroutine[Any, Any, None]]


class Staff(Protocol):
    """What routing needs to know of agents."""

    def agents(self) -> Mapping[str, Agent]:
        """Everybody, by number."""

    def presences(self) -> Mapping[str, Presence]:
        """What each does now."""

    def on_change(self, callback: PresenceChanged) -> None:
        """Have it called with what was and what is."""


class Routing:
    """The routing of one ccore. Make it before the links run; ``use`` says which queues there are."""

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        feed: Feed,
        staff: Staff,
        ask_s: float = ASK_S,
    ) -> None:
        self._database = database
        self._trackers = trackers
        self._staff = staff
        self._ask_s = ask_s
        self._queues: Mapping[str, Queue] = {}
        self.rosters = Rosters(staff.agents)
        self._counts = Counts(links)
        self._ageing = Ageing(database, links, trackers)
        self._offers = Offers(
            database, feed, tuple(trackers), staff.agents, staff.presences, self.rosters, self._counts
        )
        self.estimates = Estimates(feed, self.rosters, staff.presences, self.waiting)
        self._fairness = Fairness(links, trackers, self.rosters, self._counts, staff.presences, self.waiting)
        staff.on_change(self._offers.presence_changed)
        staff.on_change(self._fairness.presence_changed)

    def use(self, centre: Centre) -> None:
        """These are the queues from now on."""
        self._queues = centre.queues
        self.rosters.use(centre.queues)
        self._counts.use(centre.queues)
        self._ageing.use(centre.queues)
        self._offers.use(centre.queues)
        self._fairness.use(centre.queues)
        self.estimates.use(centre.queues)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"talk times": self.estimates.run()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        offers: dict[str, Work] = {f"offers {node}": partial(self._offers.judge, node) for node in self._trackers}
        turns: dict[str, Work] = {f"turns {node}": partial(self._fairness.run, node) for node in self._trackers}
        return offers | turns | {f"ageing {node}": partial(self._ageing.run, node) for node in self._trackers}

    def health(self) -> Mapping[str, object]:
        """How often app_queue chose as ccore would have since this ccore began."""
        return self._offers.health()

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self._offers.warnings()

    async def decide(self, name: str, caller: Caller) -> Decided:
        """How ``caller`` enters the queue ``name`` now, and at first how long it will take.

        Raises Unavailable if there is no such queue.
        """
        known = self._ageing.known(caller.call_key)
        entered = await self.enter(name, caller)
        agent = self._staff.agents().get(entered.sticky)
        is_new = known is None or known.queue != name
        return Decided(
            entered,
            own_penalty=agent.own_penalty if agent else None,
            expected_s=self._expected_s(caller, entered) if is_new else None,
        )

    def _expected_s(self, caller: Caller, entered: Entry) -> int | None:
        now = utc_now()
        waited_s = (now - caller.came_at).total_seconds()
        expected = self.estimates.expected(entered.line, entered.ahead + 1, now, entered.priority, waited_s)
        return None if expected is None else round(expected.total_seconds())

    async def enter(self, name: str, caller: Caller) -> Entry:
        """The decision, written down with its reasons; without PostgreSQL one without the caller's own agent."""
        if (queue := self._queues.get(name)) is None:
            raise Unavailable(f"{name} is no queue of this centre")
        now = utc_now()
        caller = await self._with_sticky(name, queue, caller, now)
        staff, presences = self._staff.agents(), self._staff.presences()
        entered = entry(self._queues, name, caller, staff, presences, self.waiting(), now)
        if self._ageing.known(caller.call_key) is None:  # each caller counts once
            self.estimates.entered(name, entered.priority, now)
        await self._note(caller, entered, now)
        return entered

    def waiting(self) -> list[Waiting]:
        """Everybody who waits in a line now, on all nodes, as far as it is known how they came there."""
        found = []
        for node, tracker in self._trackers.items():
            for channel in tracker.channels.values():
                name = queue_of(channel.queue, self._queues) if channel.waits else ""
                if name:
                    key = f"{node}!{channel.uniqueid}"
                    known = self._ageing.known(key)
                    found.append(
                        replace(known, line=channel.queue)
                        if known and known.queue == name
                        else Waiting(key, channel.queue, name, "", 0, channel.began_at, 0)
                    )
        return found

    async def _with_sticky(self, name: str, queue: Queue, caller: Caller, now: datetime) -> Caller:
        if queue.sticky is None or not caller.number or caller.sticky:
            return caller
        since = now - timedelta(days=queue.sticky.within_days)
        asked = self._database.fetch_value("routing.last_served", caller.number, name, since)
        try:
            return replace(caller, sticky=await self._database.within_deadline(self._ask_s, asked) or "")
        except (Unavailable, OutcomeUnknown, asyncpg.PostgresError) as error:
            log.warning("last_agent_not_known", call_id=_call_id(caller), queue=name, reason=str(error))
            return caller

    async def _note(self, caller: Caller, entered: Entry, now: datetime) -> None:
        self._ageing.entered(caller, entered)
        written = self._database.execute(
            "routing.note_visit", caller.call_key, entered.queue, entered.line, caller.number, caller.tier,
            caller.language, caller.menu_priority, entered.priority, caller.came_at, now,
            _as_data(caller, entered, now), _PASSING,
        )  # fmt: skip
        try:
            await self._database.within_deadline(self._ask_s, written)
        except (Unavailable, OutcomeUnknown, asyncpg.PostgresError) as error:
            log.warning("visit_not_noted", call_id=_call_id(caller), queue=entered.queue, reason=str(error))


def _as_data(caller: Caller, entered: Entry, now: datetime) -> Mapping[str, object]:
    """One entry of ``visits.decision``; ``ccore.queues.stories`` reads it."""
    return {
        "at": now.timestamp(),
        "waited_s": round((now - caller.came_at).total_seconds(), 1),
        "line": entered.line,
        "priority": entered.priority,
        "max_penalty": entered.max_penalty,
        "sticky": entered.sticky,
        "sticky_why": entered.sticky_why,
        "head_start_s": entered.head_start_s,
        "position": entered.ahead + 1,
        "reasons": list(entered.reasons),
    }


def _call_id(caller: Caller) -> str:
    return caller.call_key.partition("!")[2]
