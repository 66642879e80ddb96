"""Keeps presences true to what one Asterisk tells: one ccore of all those on a database does so for each node."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

import structlog

from ccore.centre.lines import OWN_LINE, queue_of
from ccore.clock import utc_now
from ccore.db.trouble import Trouble
from ccore.queues.agents import Agents
from ccore.queues.model import Presence, State
from ccore.queues.presence import Event, Happened
from ccore.queues.sight import Missing, Seen, Sight, news

log = structlog.get_logger()

LOOK_EVERY_S = 5.0  # at every agent, whatever was told: what an event did not tell is seen then
RETRY_S = 0.5  # PostgreSQL is away
SHORTEST_S = 0.01  # a wrap-up that seems over by one clock and not yet by another does not make this spin
BEGUN_BY_AGENTS = "attempt-"  # how the LinkedID of calls begins that are a queue's, and come by no line
AT_ONCE = 4  # agents: each is a transaction, callers need connections too, and Asterisk may end all calls at once
_WRAPPING = frozenset({State.WRAP_UP, State.UNREACHABLE})


class Watch:
    """The agents at the devices of ``node``."""

    def __init__(self, node: str, agents: Agents, sight: Sight) -> None:
        self.trouble = Trouble("agents_not_followed")
        self._node = node
        self._agents = agents
        self._sight = sight
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._lines: dict[str, str] = {}  # agent → the line of the call they ring or talk in
        self._boots = 0
        agents.on_change(self._changed)

    async def follow(self) -> NoReturn:
        """For ever; wait for nobody but PostgreSQL."""
        await self._agents.known.wait()
        loop = asyncio.get_running_loop()
        next_look = 0.0
        while True:
            self._sight.wake.clear()
            clear, everybody = self._sight.clear, loop.time() >= next_look
            with self.trouble.noted():
                await self.look(everybody=everybody)
            if self.trouble.reason or not clear:
                next_look = 0.0  # what was told meanwhile is lost
            elif everybody:
                next_look = loop.time() + LOOK_EVERY_S
            if self.trouble.reason:
                await asyncio.sleep(RETRY_S)
                continue
            with suppress(TimeoutError):
                longest_s = next_look - loop.time() if clear else LOOK_EVERY_S
                await asyncio.wait_for(self._sight.wake.wait(), self._rest_s(longest_s))

    async def look(self, *, everybody: bool = True) -> None:
        """See what goes on at the devices, of everybody or of those something was told of."""
        stirred, missed = self._sight.taken()
        here = [each for each in self._agents.presences().values() if each.device and each.device.node == self._node]
        over = {each.agent for each in here if each.wrap_up_until and each.wrap_up_until <= utc_now()}
        if not self._sight.clear:
            await self._each(self._time_passed(each) for each in here if each.agent in over)
            return
        if self._sight.boots != self._boots:
            self._boots = self._sight.boots
            self._lines.clear()  # app_queue knows of no call that was
            everybody = True
        found = self._sight.devices()
        await self._each(self._missed(each) for each in missed)
        await self._each(
            self._seen(each, found.get(interface, Seen()), lost=self._sight.lost(interface))
            for each in here
            if (interface := each.device.interface(each.agent) if each.device else "")
            and (everybody or interface in stirred or each.agent in over)
        )

    def _changed(self, before: Presence, later: Presence) -> None:
        """Somebody sits at another device, maybe by another ccore's doing: look at it."""
        if later.device is not None and later.device != before.device and later.device.node == self._node:
            self._sight.stir([later.device.interface(later.agent)])

    def _rest_s(self, longest_s: float) -> float:
        """Until something is to be done at this node: the next look, or the end of a wrap-up."""
        ends = [
            each.wrap_up_until
            for each in self._agents.presences().values()
            if each.wrap_up_until and each.state in _WRAPPING and each.device and each.device.node == self._node
        ]
        left_s = (min(ends) - utc_now()).total_seconds() if ends else longest_s
        return max(min(left_s, longest_s), SHORTEST_S)

    async def _each(self, work: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Do all of it, some at once; then raise what went wrong first."""

        async def one(each: Coroutine[Any, Any, None]) -> None:
            async with self._at_once:
                await each

        results = await asyncio.gather(*map(one, work), return_exceptions=True)
        for error in filter(None, results):
            raise error

    async def _time_passed(self, presence: Presence) -> None:
        await self._agents.happened(presence.agent, Event(Happened.TIME))

    async def _missed(self, missing: Missing) -> None:
        presence = self._agents.presences().get(missing.agent)
        if presence is not None and presence.device is not None and presence.device.node == self._node:
            queue = queue_of(missing.line, self._agents.queues()) or presence.queue
            await self._agents.happened(missing.agent, Event(Happened.MISSED, queue=queue))

    async def _seen(self, presence: Presence, found: Seen, *, lost: bool) -> None:
        agent = presence.agent
        if lost is not presence.lost:
            await self._agents.happened(agent, Event(Happened.LOST if lost else Happened.FOUND))
        if presence.wrap_up_until is not None and presence.wrap_up_until <= utc_now():
            await self._agents.happened(agent, Event(Happened.TIME))
        presence = self._agents.presences().get(agent, presence)
        for event in news(presence, found, await self._queue(presence, found)):
            await self._agents.happened(agent, self._with_its_line(presence, event, found.line))

    async def _queue(self, presence: Presence, found: Seen) -> str:
        """The queue of the call at the device; "" if there is none, or it is of no queue."""
        if not found.line and found.call.startswith(BEGUN_BY_AGENTS):
            return await self._agents.queue_of_call(f"{self._node}!{found.call}")
        if found.line != OWN_LINE:
            return queue_of(found.line, self._agents.queues()) or found.line
        if self._lines.get(presence.agent) == OWN_LINE and presence.call == found.call:
            return presence.queue
        return await self._agents.queue_of_call(f"{self._node}!{found.call}")

    def _with_its_line(self, presence: Presence, event: Event, line: str) -> Event:
        """The event as it is of a call that came by ``line``.

        app_queue keeps the wrap-ups of calls that came by the queue's own lines, from the end of the whole call on.
        """
        if event.what is Happened.ENDED:
            by_its_line = queue_of(self._lines.pop(presence.agent, ""), self._agents.queues()) == presence.queue
            return replace(event, unprotected=not by_its_line or self._sight.goes_on(presence.call))
        if event.what in {Happened.RANG, Happened.TALKED} and line:
            self._lines[presence.agent] = line
            if presence.state is State.WRAP_UP or presence.paused:
                log.error("agent_rung_in_between", agent=presence.agent, state=presence.state.value, call_id=event.call)
        return event
