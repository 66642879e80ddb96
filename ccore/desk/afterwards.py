"""What an agent writes about a call: what came of it, and notes; and that their wrap-up lasts until they have."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore.centre.centre import Centre
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.desk.model import faults
from ccore.errors import CcoreError
from ccore.queues.agents import Agents
from ccore.queues.model import Presence, State

log = structlog.get_logger()

Judged = Callable[[str, str, datetime | None, bool], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent says came of a call, with its fields filled in."""

    call: str
    agent: str
    queue: str
    disposition: str
    fields: Mapping[str, str]
    by: str
    again_at: datetime | None = None  # of somebody whom a campaign has called: when they want to be called again
    own: bool = False  # and by this agent alone


@dataclass(frozen=True, slots=True)
class Written:
    """All that was written about one call, the oldest first."""

    handlings: Sequence[Record]
    dispositions: Sequence[Record]
    notes: Sequence[Record]


class Afterwards:
    """What is written about calls. An agent of a queue with dispositions is in wrap-up until they have named one.

    ``judged`` says what campaigns find wrong with a result: of this call, when again, by this agent alone.
    """

    def __init__(self, database: Database, agents: Agents, judged: Judged) -> None:
        self._judged = judged
        self._database = database
        self._agents = agents
        self._centre: Centre | None = None
        self._wrapping: asyncio.Queue[Presence] = asyncio.Queue()
        agents.on_change(self._changed)
        agents.wait_for(self.owes)

    def use(self, centre: Centre) -> None:
        """These are the results there are from now on, and which queues want them."""
        self._centre = centre

    async def say(self, said: Said) -> list[str]:
        """Write down what came of a call; what is wrong with it, if it was not written."""
        if wrong := [*self._wrong(said), *await self._judged(said.call, said.disposition, said.again_at, said.own)]:
            return wrong
        await self._database.execute(
            "handling.dispose",
            said.call,
            said.agent,
            said.queue,
            said.disposition,
            dict(said.fields),
            said.by,
            said.again_at,
            said.own,
        )
        log.info("call_disposed", call_id=said.call, agent=said.agent, disposition=said.disposition)
        if (presence := self._agents.presences().get(said.agent)) and presence.call == said.call:
            self._wrapping.put_nowait(presence)
        return []

    async def note(self, call: str, text: str, by: str) -> int:
        """Write a note; its number."""
        number: int = await self._database.fetch_value("handling.write_note", call, by, text)
        return number

    async def of(self, call: str) -> Written:
        """All about one call."""
        return Written(
            await self._database.fetch("handling.handlings", call),
            await self._database.fetch("handling.dispositions", call),
            await self._database.fetch("handling.notes", call),
        )

    async def owes(self, agent: str) -> bool:
        """Whether an agent in wrap-up still has to say what came of their call."""
        presence = self._agents.presences().get(agent)
        return presence is not None and await self._owed(presence)

    async def run(self) -> NoReturn:
        """Keep agents in wrap-up who have not said yet what came of their call, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._settle(await self._wrapping.get()))

    def _changed(self, before: Presence, later: Presence) -> None:
        if later.state is State.WRAP_UP and before.state is not State.WRAP_UP:
            self._wrapping.put_nowait(later)

    async def _settle(self, presence: Presence) -> None:
        """Lengthen the wrap-up, or, once the result is there, end it when it would have ended."""
        try:
            queue = self._queue(presence)
            if queue is None or not queue.dispositions:
                return
            if await self._owed(presence):
                await self._agents.extend_wrap_up(presence.agent, queue.wrap_up_most_s, "ccore")
                return
            if presence.idle_since is not None:
                ends = presence.idle_since + timedelta(seconds=queue.wrap_up_s)
                await asyncio.sleep(max(0.0, (ends - utc_now()).total_seconds()))
            now = self._agents.presences().get(presence.agent)
            if now is not None and now.state is State.WRAP_UP and now.call == presence.call:
                await self._agents.end_wrap_up(presence.agent, "ccore")
        except (CcoreError, asyncpg.PostgresError) as error:
            log.warning("wrap_up_left_as_it_is", agent=presence.agent, reason=str(error))

    async def _owed(self, presence: Presence) -> bool:
        queue = self._queue(presence)
        if queue is None or not queue.dispositions or presence.state is not State.WRAP_UP:
            return False
        return not await self._database.fetch_value("handling.disposed", presence.call, presence.agent)

    def _queue(self, presence: Presence) -> Queue | None:
        return self._agents.queues().get(presence.queue)

    def _wrong(self, said: Said) -> list[str]:
        known = {} if self._centre is None else self._centre.words.disposition
        queue = self._agents.queues().get(said.queue)
        allowed = queue.dispositions if queue is not None and queue.dispositions else tuple(known)
        if said.disposition not in allowed or said.disposition not in known:
            return [f"there is no result {said.disposition}: there is {', '.join(allowed) or 'none'}"]
        return list(faults(known[said.disposition], said.fields))
