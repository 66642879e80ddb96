"""Calls customers back when their place in the line has its turn: each one once at a time, whoever is killed meanwhile.

A row of ``call_backs`` is moved before anything is done, and names the channel before Asterisk is asked for it. So
whoever goes on after a crash knows what may have been dialled, and looks for that channel before anything else.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import prometheus_client
import structlog
from asyncpg import Record

from ccore.ami.actions import Originate
from ccore.ami.link import Link
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.centre.lines import line_of, young_line
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.nodes import E1Trunk, SipTrunk
from ccore.pbx import transfers
from ccore.pbx.campaign_trunk import trunk_of
from ccore.queues.routing import Waiting
from ccore.queues.turns import Due, Outcome, became, outcome, turns
from ccore.subscriber import national

log = structlog.get_logger()

ENDED = prometheus_client.Counter(
    "ccore_call_backs", "Calls to customers who waited to be called back, by what came of it", ["outcome"]
)

LOOK_EVERY_S = 1.0
# Events of a channel are in the database by then, or there will be none: it never was, or Asterisk took it along.
NEVER_TOLD_S = 60.0
SEND_WITHIN_S = 5.0
CONTEXT = "ccore-call-back"  # of the dialplan: whoever answers is asked to press 1

Trunk = SipTrunk | E1Trunk


@dataclass(frozen=True, slots=True)
class Sight:
    """What calling back needs to know of the rest of ccore.

    ``trunks`` are those of a node; ``known`` whether all its channels are; ``free`` the agents of a queue's line who
    are free, or about to be, and may serve one who has waited so many seconds; ``serves`` whether a queue is open now;
    ``sure`` whether nobody else dials.
    """

    trunks: Callable[[str], Mapping[str, Trunk]]
    known: Callable[[str], bool]
    waiting: Callable[[], Iterable[Waiting]]
    free: Callable[[str, str, float], Set[str]]
    serves: Callable[[str], bool]
    sure: Callable[[], bool]


class CallingBack:
    """``run`` it on one ccore at a time."""

    def __init__(
        self, database: Database, links: Mapping[str, Link], trackers: Mapping[str, Tracker], sight: Sight
    ) -> None:
        self.trouble = Trouble("calling_back_waited")
        self._database = database
        self._links = links
        self._trackers = trackers
        self._sight = sight
        self._centre: Mapping[str, Queue] = {}
        self._queues: Mapping[str, Queue] = {}  # of these, whose callers are called back
        self._missed: dict[str, float] = {}  # channels that are not there, since when, by this machine's clock

    def use(self, centre: Centre) -> None:
        """These are the queues from now on."""
        self._centre = centre.queues
        self._queues = {name: queue for name, queue in centre.queues.items() if queue.call_back.trunk}

    async def run(self) -> NoReturn:
        """See what became of those who were called, and call whoever has their turn, for ever."""
        await self.trouble.every(LOOK_EVERY_S, self.look)

    async def look(self) -> None:
        """Once. Raises Unavailable and OutcomeUnknown."""
        taken: set[str] = set()  # agents who have somebody coming to them
        for row in await self._database.fetch("waiting.under_way"):
            name = row["queue"]
            if not await self._is_over(row) and row["state"] != "accepted" and name in self._queues:
                line = line_of(name, self._centre, row["language"], 0)
                taken.update(sorted(self._sight.free(name, line, 0) - taken)[:1])
        for name, queue in self._queues.items():
            await self._database.execute("waiting.expire", name, timedelta(seconds=queue.call_back.expires_s))
        for line, due in (await self._due()).items():
            for each in self._turns(line, due, taken):
                await self._call(each)

    async def _due(self) -> Mapping[str, list[Due]]:
        """The open call-backs of queues that are open, by line."""
        names = [name for name in self._queues if self._sight.serves(name)]
        rows = await self._database.fetch("waiting.open_call_backs", names) if names else []
        due: dict[str, list[Due]] = {}
        for row in rows:
            each = Due(*row)
            due.setdefault(each.line(self._centre), []).append(each)
        return due

    def _turns(self, line: str, due: list[Due], taken: set[str]) -> Iterable[Due]:
        """Those of one line who are called now; each has an agent ``taken``."""
        now, name = utc_now(), due[0].queue
        waiting = [each for each in self._sight.waiting() if young_line(each.line) == line]
        free = sorted(self._sight.free(name, line, max(each.waited_s(now) for each in due)) - taken)
        called = turns(self._centre, due, waiting, len(free), now)
        taken.update(free[: len(called)])
        return called

    async def _call(self, due: Due) -> None:
        """Dial, unless no trunk has a channel left."""
        if (found := self._way(due)) is None or not self._sight.sure():
            return
        node, outside = found
        # Of one length for each call-back: Asterisk refuses a name with which that of a living channel begins.
        channel = f"callback-{due.number}-{int(utc_now().timestamp())}.{secrets.randbelow(10**9):09}"
        if await self._database.fetch_value("waiting.dial", due.number, channel, node) is None:
            return
        if not self._sight.sure():  # another may go on with this row: it will find no channel of that name
            return
        queue = self._queues[due.queue]
        log.info("call_back_dialled", call_id=channel, call_back=due.number, queue=due.queue, node=node)
        action = Originate(
            outside,
            channel,
            CONTEXT,
            "s",
            timeout_ms=queue.call_back.ring_s * 1000,
            caller_id=queue.call_back.caller_id,
            variable=_variables(due),
        )
        try:
            await self._links[node].send(action, SEND_WITHIN_S)
        except Unavailable:
            await self._database.execute("waiting.not_sent", channel)
        except ActionRefused as error:
            log.warning("call_back_not_dialled", call_id=channel, call_back=due.number, reason=str(error))
            await self._ended(due.queue, channel, "dialling", "no-answer")
        except OutcomeUnknown as error:  # as if it was: the channel tells
            log.warning("call_back_perhaps_dialled", call_id=channel, call_back=due.number, reason=str(error))

    def _way(self, due: Due) -> tuple[str, str] | None:
        """The node, if it can be the one where the caller was, and what it calls; None if no line is free."""
        name = self._queues[due.queue].call_back.trunk or ""
        for node in sorted(self._links, key=lambda node: node != due.node):
            trunk = self._sight.trunks(node).get(name)
            if trunk is not None and self._links[node].up and self._has_room(node, name, trunk):
                return node, transfers.line(national(due.to), name, trunk)
        return None

    def _has_room(self, node: str, name: str, trunk: Trunk) -> bool:
        trunks, channels = self._sight.trunks(node), self._trackers[node].channels.values()
        return sum(trunk_of(each.name, trunks) == name for each in channels) < trunk.channels

    async def _is_over(self, row: Record) -> bool:
        """Move a call-back under way to where its channel is; whether it is one no longer."""
        node, channel = row["node"], row["channel"]
        if node not in self._links or not self._sight.known(node):  # it waits
            return False
        match became(row["state"], self._trackers[node].channels.get(channel)):
            case "asked":
                await self._database.execute("waiting.answered", channel)
            case "accepted":
                await self._database.execute("waiting.in_line", channel)
            case "connected":
                await self._connected(row)
                return True
            case "gone":
                return await self._gone(row)
        self._missed.pop(channel, None)
        return False

    async def _gone(self, row: Record) -> bool:
        """There is no such channel: its events tell whether they have talked, also if no ccore was there."""
        told = await self._database.fetch_row("waiting.events", row["node"], row["channel"])
        assert told is not None, "an aggregate always gives one row"
        missed_at = self._missed.setdefault(row["channel"], time.monotonic())
        if not told["talked"] and not told["over"] and time.monotonic() - missed_at < NEVER_TOLD_S:
            return False
        del self._missed[row["channel"]]
        if told["talked"]:
            await self._connected(row)
        else:
            how = outcome(row["state"], answered=told["answered"])
            await self._ended(row["queue"], row["channel"], row["state"], how)
        return True

    async def _connected(self, row: Record) -> None:
        await self._database.execute("waiting.connected", row["channel"])
        log.info("call_back_connected", call_id=row["channel"], call_back=row["call_back_id"], queue=row["queue"])
        ENDED.labels("connected").inc()

    async def _ended(self, queue_name: str, channel: str, state: str, how: Outcome) -> None:
        """No agent has talked with them: again later if they had not accepted, as long as there are attempts left."""
        settings = self._queues.get(queue_name, Queue()).call_back
        if how == "hung-up":
            await self._database.execute("waiting.gave_up", channel)
        else:
            pause = timedelta(seconds=settings.pause_s)
            await self._database.execute("waiting.attempt_over", channel, state, how, settings.attempts, pause)
        log.info("call_back_attempt_over", call_id=channel, queue=queue_name, outcome=how)
        ENDED.labels(how).inc()


def _variables(due: Due) -> tuple[tuple[str, str], ...]:
    """What the dialplan needs to know of the call."""
    return (
        ("CCORE_CALL_BACK", str(due.number)),
        ("CCORE_QUEUE", due.queue),
        ("CCORE_CALLER", due.to),
        ("CALL_BACK_LANGUAGE", due.language),
    )
