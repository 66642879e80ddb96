"""Puts together what callers need who wait: their visits to queues, emergencies that close these, and call-backs."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.hours import is_open
from ccore.queues.agents import Agents
from ccore.queues.call_backs import CallBacks, Place, came_at
from ccore.queues.calling_back import CallingBack, Sight
from ccore.queues.closings import Closings
from ccore.queues.decisions import Routing
from ccore.queues.turns import free_agents
from ccore.queues.visit import EVERY_QUEUE, Visit
from ccore.queues.visits import CallWaiting, Means, Visits

LEASE = "call-backs"  # of the work that dials

Work = Callable[[], Coroutine[Any, Any, None]]


async def _no_tier(_number: str) -> str:
    return ""


async def _no_text(_call_key: str, _caller: str, _name: str, _language: str) -> bool:
    return False


async def _no_recording(_call: CallWaiting, _visit: Visit) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Outside:
    """What waiting callers need of other parts of ccore, which queues know nothing of.

    ``tier``: of the customer with a number. ``text``: send the text (call key, caller, name in texts.toml, language).
    ``recording``: the stem this call is recorded to, or ""; ``records``: whether it will be. ``known``: whether all
    channels of a node are. ``sure``: whether a lease is surely held here.
    """

    tier: Callable[[str], Awaitable[str]] = _no_tier
    text: Callable[[str, str, str, str], Awaitable[bool]] = _no_text
    recording: Callable[[CallWaiting, Visit], Awaitable[str]] = _no_recording
    records: Callable[[CallWaiting, Visit], bool] = lambda _call, _visit: False
    known: Callable[[str], bool] = lambda _node: False
    sure: Callable[[str], bool] = lambda _lease: False


class WaitingRoom:
    """``visits`` answers Asterisk, ``call_backs`` and ``closings`` are for people. Make it before the links run."""

    def __init__(
        self,
        config: Config,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        agents: Agents,
        routing: Routing,
        outside: Outside,
    ) -> None:
        region, internal = config.site.region, config.ordering.internal_extensions
        self.call_backs = CallBacks(database, region, internal)
        self.closings = Closings(database, links, trackers, routing.waiting)
        means = Means(
            tier=outside.tier,
            waiting=routing.waiting,
            decide=routing.decide,
            recording=outside.recording,
            records=outside.records,
            note_call_back=self._note,
            send_text=self._text,
            called_back=self.call_backs.come_back,
            closings=self.closings.now,
        )
        self.visits = Visits(means, config)
        sight = Sight(
            trunks=config.trunks_of,
            known=outside.known,
            waiting=routing.waiting,
            free=self._free,
            serves=self._serves,
            sure=lambda: outside.sure(LEASE),
        )
        self._calling = CallingBack(database, links, trackers, sight)
        self._zone = config.zone
        self._agents = agents
        self._rosters = routing.rosters
        self._outside = outside
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """These are the queues from now on."""
        self._centre = centre
        self.visits.use(centre)
        self._calling.use(centre)

    def queues(self) -> Collection[str]:
        """Those there are now."""
        return self._centre.queues.keys() if self._centre else ()

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"closings": self.closings.run()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {LEASE: self._calling.run, "emergencies": self.closings.clear}

    def health(self) -> Mapping[str, object]:
        """Which queues are closed."""
        return {"closed": sorted(self.closings.now())}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        for queue in sorted(self.closings.now()):
            yield "every queue is closed" if queue == EVERY_QUEUE else f"queue {queue} is closed"
        if reason := self._calling.trouble.reason:
            yield f"nobody is called back: {reason}"

    async def _note(self, call: CallWaiting, visit: Visit, number: str) -> bool:
        place = Place(visit.queue, visit.tier, visit.language, visit.menu_priority, came_at(visit))
        return await self.call_backs.note(call.key, number, place)

    async def _text(self, call: CallWaiting, visit: Visit, name: str) -> bool:
        return await self._outside.text(call.key, call.caller, name, visit.language)

    def _free(self, name: str, line: str, waited_s: float) -> Set[str]:
        if self._centre is None:
            return frozenset()
        roster, presences = self._rosters.of(line), self._agents.presences()
        return free_agents(self._centre.queues[name], waited_s, roster, presences, utc_now())

    def _serves(self, name: str) -> bool:
        """Whether the queue is open now, by its hours and without an emergency."""
        if self._centre is None or self.closings.now().keys() & {name, EVERY_QUEUE}:
            return False
        hours = self._centre.hours.get(self._centre.queues[name].hours or "")
        now = utc_now().astimezone(self._zone)
        return hours is None or is_open(hours, self._centre.calendar, now) == "open"
