"""Has the one who has waited longest ask first for an agent who gets free, where app_queue leaves it to chance.

Callers at the head of their lines look for an agent once a second, each at a moment of their own. Of lines with the
same weight the one whose moment comes first after an agent is free gets them, and as those moments hardly move, it may
be the same line time and again. A key that means nothing makes a caller's line look at once.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn

import structlog

from ccore.ami.actions import PlayDTMF
from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.centre.lines import is_aged
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.queues.choosing import Rosters
from ccore.queues.counts import Counts
from ccore.queues.model import Presence, State
from ccore.queues.routing import Waiting, first_of_equals, max_penalty

log = structlog.get_logger()

NO_KEY = "D"  # is on no telephone, and goes nowhere from a line (queue-keys)
# After the agent is free by app_queue's clock, which may be some milliseconds away from ours; who was too early looks
# again only a second later. All wrap-ups end on a second: by then we have heard of those of other agents, too.
LOOKS_AFTER_S = (0.05, 0.15, 0.4)
SEND_WITHIN_S = 1.0


class Fairness:
    """Of all nodes; ``presence_changed`` is to be told of every change, ``waiting`` tells who waits anywhere."""

    def __init__(
        self,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        rosters: Rosters,
        counts: Counts,
        presences: Callable[[], Mapping[str, Presence]],
        waiting: Callable[[], Sequence[Waiting]],
    ) -> None:
        self._links = links
        self._trackers = trackers
        self._rosters = rosters
        self._counts = counts
        self._presences = presences
        self._waiting = waiting
        self._queues: Mapping[str, Queue] = {}
        self._freed: dict[str, asyncio.Queue[str]] = {}  # agents, by node that is looked after here

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These are the queues from now on."""
        self._queues = queues

    def presence_changed(self, before: Presence, after: Presence) -> None:
        """An agent does something else now."""
        got_free = after.state is State.READY and before.state is not State.READY
        freed = self._freed.get(after.device.node) if got_free and after.device else None
        if freed is not None:
            freed.put_nowait(after.agent)

    async def run(self, node: str) -> NoReturn:
        """Look after one node, for ever."""
        freed = self._freed[node] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    agent = await freed.get()
                    group.create_task(self._give_turn(node, agent), name=f"turn for {agent}")
        finally:
            del self._freed[node]

    async def _give_turn(self, node: str, agent: str) -> None:
        for after_s in LOOKS_AFTER_S:
            await asyncio.sleep(after_s)
            first = self._first(node, agent)
            if first and (left_s := self._rest_s(node, agent, first.line)):
                await asyncio.sleep(left_s + after_s)
                first = self._first(node, agent)
            if first is None:
                return
            await self._ask(node, first)

    def _rest_s(self, node: str, agent: str, line: str) -> float:
        """How long it is until the line's callers see that the agent is free."""
        now = utc_now().timestamp()
        count = self._counts.at(node, line, agent, now)
        rested_at = count.last_call + max(count.rest_s, self._counts.rest_s(line)) if count.last_call else now
        return max(rested_at - now, 0.0)

    def _first(self, node: str, agent: str) -> Waiting | None:
        """Who asks first for an agent, if it is not clear without; None if it is, or they are free no more."""
        presence = self._presences().get(agent)
        if presence is None or presence.state is not State.READY or not self._any_aged(node):
            return None
        return first_of_equals([*self._able(node, agent)], self._queues)

    def _any_aged(self, node: str) -> bool:
        return any(each.waits and is_aged(each.queue) for each in self._trackers[node].channels.values())

    def _able(self, node: str, agent: str) -> Iterator[Waiting]:
        """Callers at ``node`` who may have the agent now, and have none that rings for them."""
        ringing = {each.call for each in self._presences().values() if each.state is State.RINGING}
        channels, now = self._trackers[node].channels, utc_now()
        for each in self._waiting():
            at, _, uniqueid = each.call_key.partition("!")
            penalty = self._rosters.of(each.line).get(agent) if at == node and uniqueid in channels else None
            most = max_penalty(self._queues[each.queue], (now - each.came_at).total_seconds())
            if penalty is not None and penalty <= most and channels[uniqueid].call not in ringing:
                yield each

    async def _ask(self, node: str, caller: Waiting) -> None:
        channel = self._trackers[node].channels[caller.call_key.partition("!")[2]]
        try:
            await self._links[node].send(PlayDTMF(channel.name, NO_KEY, 40, receive=True), SEND_WITHIN_S)
        except (ActionRefused, OutcomeUnknown, Unavailable) as error:  # gone meanwhile; and without it chance decides
            log.debug("turn_not_given", call_id=channel.call, queue=caller.queue, reason=str(error))
        else:
            log.debug("turn_given", call_id=channel.call, line=caller.line)
