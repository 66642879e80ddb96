"""Puts together what supervisors do with calls."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.legs import Found, Leg
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.centre.lines import queue_of
from ccore.db.pool import Database
from ccore.people import audit
from ccore.supervision.model import Mode, Result
from ccore.supervision.moving import move
from ccore.supervision.spying import Spying

Work = Callable[[], Coroutine[Any, Any, None]]


class Supervision:
    """One ccore's. Make it before the links run; what it does raises as Link.send does."""

    def __init__(
        self, database: Database, links: Mapping[str, Link], trackers: Mapping[str, Tracker], feed: Feed
    ) -> None:
        self.spying = Spying(database, links, trackers, feed)
        self._database = database
        self._links = links
        self._centre: Centre | None = None

    def use(self, centre: Centre) -> None:
        """These are the phones and queues from now on, and whether agents are warned."""
        self._centre = centre

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"listening": self.spying.run()}

    async def listen(self, who: str, found: Found, leg: Leg | None, mode: Mode, phone: str) -> int | Result:
        """Have ``phone`` ring, and whoever takes it be in the agent's call; the number of the session."""
        if leg is None or not leg.channel.bridge:
            return Result.NOT_TALKING
        if not self._is_phone(found.node, phone):
            return Result.NO_PHONE
        if any(each.phone == phone for each in found.legs):
            return Result.OWN_PHONE
        if self._warns:
            await self.spying.warn(found, leg)
        return await self.spying.begin(who, found, leg, mode, phone)

    async def take_over(self, who: str, found: Found, leg: Leg | None, phone: str) -> int | Result:
        """Give the caller to the phone that listens, or have ``phone`` ring and then have it; the session's number."""
        if leg is None or not found.talks(leg):
            return Result.NOT_TALKING
        session: int | Result | None = await self.spying.session_of(who, found.call.id)
        if session is None:
            session = await self.listen(who, found, leg, Mode.TAKE_OVER, phone)
        return session if isinstance(session, Result) else await self.spying.take_over(session, found)

    async def move(self, who: str, found: Found, queue: str | None, *, front: bool) -> Result:
        """Send a waiting caller to another queue, or to the front."""
        if found.waiting is None:
            return Result.NOT_WAITING
        if queue is not None and (self._centre is None or queue not in self._centre.queues):
            return Result.NO_QUEUE
        await move(self._links[found.node], found.waiting, queue, front=front)
        here = queue_of(found.waiting.queue, self._centre.queues) if self._centre else ""
        here = here or found.waiting.queue  # the line, where nothing else is known of it
        detail = {"from": here, "to": queue or here, "front": front}
        await audit.note(self._database, who, "caller-moved", f"call:{found.call.id}", detail)
        return Result.DONE

    @property
    def _warns(self) -> bool:
        return self._centre is not None and self._centre.words.spy_warning

    def _is_phone(self, node: str, phone: str) -> bool:
        ranges = self._centre.phones if self._centre else ()
        return any(phone in each.numbers and (each.nodes is None or node in each.nodes) for each in ranges)
