"""Who waits in which queue, in what order: looked up at most once for all that is told of it together."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.log import mask_number
from ccore.queues.routing import Waiting
from ccore.web.live.room import Source
from ccore.web.live.topics import Live, LiveWaiting


class Lines:
    """``waiting`` tells who waits on all nodes, whose channels ``trackers`` know."""

    def __init__(self, waiting: Callable[[], Collection[Waiting]], trackers: Mapping[str, Tracker]) -> None:
        self._waiting, self._trackers = waiting, trackers
        self._stale = True
        self._queues: dict[str, list[Waiting]] = {}

    def changed(self) -> None:
        """Somebody has come, gone or been moved."""
        self._stale = True

    def of(self, queue: str) -> list[Waiting]:
        """Those of a queue, the next one first."""
        return self.all().get(queue, [])

    def since(self, each: Waiting) -> datetime:
        """How long somebody has waited in this call: who was put to the front counts as come long before it."""
        channel = self.channel(each)
        return each.came_at if channel is None else max(each.came_at, channel.began_at)

    def channel(self, each: Waiting) -> Channel | None:
        """Of somebody who waits."""
        node, _, uniqueid = each.call_key.partition("!")
        return self._trackers[node].channels.get(uniqueid)

    def all(self) -> Mapping[str, list[Waiting]]:
        """Everybody, by queue."""
        if self._stale:
            self._stale, self._queues = False, {}
            for each in sorted(self._waiting(), key=lambda each: (-each.priority, each.came_at)):
                self._queues.setdefault(each.queue, []).append(each)
        return self._queues


class WaitingNow(Source):
    """The topic ``waiting``."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """All of them: whoever comes or goes changes the places of others."""
        found: dict[str, Live] = {}
        for waiting in self._lines.all().values():
            places: dict[str, int] = {}
            for each in waiting:
                places[each.line] = places.get(each.line, 0) + 1
                if channel := self._lines.channel(each):
                    found[channel.call] = _entry(each, self._lines.since(each), channel, places[each.line])
        return found


def _entry(each: Waiting, since: datetime, channel: Channel, place: int) -> LiveWaiting:
    return LiveWaiting(
        queue=each.queue,
        line=each.line,
        node=each.call_key.partition("!")[0],
        since=since,
        caller=mask_number(channel.caller) if channel.caller else "",
        tier=each.tier,
        priority=each.priority,
        place=place,
    )
