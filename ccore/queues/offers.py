"""Looks at every agent a queue rings: was it the one ccore would have chosen, and why; and who has served whom."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import asyncpg
import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.calls.feed import Feed, Missed
from ccore.calls.model import Fact, Kind
from ccore.centre.lines import OWN_LINE, queue_of
from ccore.centre.queue import Queue
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.queues.choosing import Rosters
from ccore.queues.counts import Counts
from ccore.queues.hindsight import Hindsight, Rung, Stay, Verdict
from ccore.queues.model import Agent, Presence

log = structlog.get_logger()

# What happened at the same moment as the ringing is told by others (presences, app_queue's counts) a moment later.
JUDGED_AFTER_S = 2.0
LOOK_EVERY_S = 0.25
SAME_ATTEMPT_S = 1.0  # from one agent's refusal to the next one's ringing
FORGOTTEN_AFTER_S = 5.0
OPEN_MOST = 5_000  # agents who ring; of more the oldest have ended without a word
OTHERS_MOST = 40  # of those who were not chosen so many are written down

OFFERS = Counter(
    "ccore_queue_offers", "Agents rung by queues, by whether ccore would have chosen them", ["node", "outcome"]
)


@dataclass(slots=True)
class Offer:
    """An agent rings for a caller. ``due`` (monotonic, s) is when it is judged; ``verdict`` once it is."""

    fact: Fact
    due: float
    joined_at: float | None
    lag_s: float = 0.0
    tried: frozenset[str] = frozenset()
    attempt_at: float | None = None
    outcome: str | None = None
    ended_at: datetime | None = None
    verdict: Verdict | None = None
    written: bool = False
    ended: bool = False  # and that is written as well

    @property
    def caller(self) -> str:
        """The caller's call key."""
        return f"{self.fact.node}!{self.fact.peer}"


class Offers:
    """The offers of all nodes. ``presence_changed`` is to be told of every change."""

    def __init__(
        self,
        database: Database,
        feed: Feed,
        nodes: Sequence[str],
        agents: Callable[[], Mapping[str, Agent]],
        presences: Callable[[], Mapping[str, Presence]],
        rosters: Rosters,
        counts: Counts,
    ) -> None:
        self._feed = feed
        self._hindsight = Hindsight(agents, rosters, counts)
        self._nodes = {node: _Node(database, node, self._hindsight, presences) for node in nodes}

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These are the queues from now on."""
        self._hindsight.use(queues)
        for node in self._nodes.values():
            node.queues = queues

    def presence_changed(self, before: Presence, after: Presence) -> None:
        """An agent does something else now."""
        self._hindsight.presence_changed(before, after)

    def health(self) -> Mapping[str, object]:
        """How many were judged by this ccore, and how many were not what it would have chosen."""
        nodes = self._nodes.values()
        return {"judged": sum(node.judged for node in nodes), "disagreed": sum(node.disagreed for node in nodes)}

    def warnings(self) -> Iterator[str]:
        """Where queues ring others than they should."""
        for name, node in self._nodes.items():
            if node.disagreed:
                yield f"queues of {name} rang {node.disagreed} agents whom ccore would not have chosen: {node.last}"

    async def judge(self, node: str) -> None:
        """Judge every offer of one node, for ever."""
        judging, facts = self._nodes[node], self._feed.subscribe(f"offers {node}")
        judging.forget()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(judging.run(), name=f"judge offers {node}")
                async for fact in facts:
                    if isinstance(fact, Missed):
                        log.warning("offers_missed", node=node, facts=fact.count)
                    elif fact.node == node:
                        judging.heard(fact)
        finally:
            facts.close()


class _Node:
    """What happens at one Asterisk."""

    def __init__(
        self, database: Database, node: str, hindsight: Hindsight, presences: Callable[[], Mapping[str, Presence]]
    ) -> None:
        self.queues: Mapping[str, Queue] = {}
        self.judged = 0
        self.disagreed = 0
        self.last = ""
        self._database = database
        self._node = node
        self._hindsight = hindsight
        self._presences = presences
        self.forget()

    def forget(self) -> None:
        """Nothing is known yet."""
        self._offers: dict[str, Offer] = {}  # by the Uniqueid of the agent's channel
        self._stays: dict[str, tuple[str, float]] = {}  # of callers, by Uniqueid: their line, and since when
        self._served: list[tuple[list[str], str, datetime]] = []
        self._lag_s = self._lag_at = 0.0  # how late facts are heard, and when that was measured

    def heard(self, fact: Fact) -> None:
        """Take in what happened."""
        late_s = (utc_now() - fact.at).total_seconds()
        self._lag_s = max(late_s, self._lag_s - (time.monotonic() - self._lag_at), 0.0)  # forgotten as time passes
        self._lag_at = time.monotonic()
        match fact.kind:
            case Kind.JOINED_QUEUE:
                self._stays[fact.channel] = (fact.queue, fact.at.timestamp())
                self._hindsight.came(self._node, fact.queue, fact.channel, fact.at.timestamp())
            case Kind.LEFT_QUEUE:
                self._left(fact)
            case Kind.AGENT_RINGING:
                self._rings(fact)
            case Kind.AGENT_MISSED:
                self._end(self._offers.get(fact.channel), "missed", fact.at)
            case Kind.CONNECTED if fact.member:
                self._connected(fact)
            case Kind.ENDED | Kind.VANISHED:
                self._stays.pop(fact.channel, None)

    def _left(self, fact: Fact) -> None:
        self._stays.pop(fact.channel, None)
        self._hindsight.left(self._node, fact.queue, fact.channel, fact.at.timestamp())
        for offer in self._of_caller(fact.channel, fact.queue):  # one rings at a time
            self._end(offer, "answered" if fact.how == "connected" else "caller-left", fact.at)

    def _rings(self, fact: Fact) -> None:
        self._hindsight.rings(fact.member, fact.at.timestamp())
        line, since = self._stays.get(fact.peer, ("", 0.0))
        due = time.monotonic() + JUDGED_AFTER_S + self._lag_s
        offer = Offer(fact, due, since if line == fact.queue else None, lag_s=self._lag_s)
        before = next(reversed([*self._of_caller(fact.peer, fact.queue)]), None)
        if before and before.ended_at and (fact.at - before.ended_at).total_seconds() < SAME_ATTEMPT_S:
            offer.tried = before.tried | {before.fact.member}
            offer.attempt_at = before.attempt_at or before.fact.at.timestamp()
        self._offers[fact.channel] = offer
        for channel in list(islice(self._offers, max(len(self._offers) - OPEN_MOST, 0))):
            del self._offers[channel]

    def _connected(self, fact: Fact) -> None:
        sides = [f"{self._node}!{uniqueid}" for uniqueid in (fact.channel, fact.peer)]
        self._served.append((sides, fact.member, fact.at))

    def _of_caller(self, uniqueid: str, line: str = "") -> Iterator[Offer]:
        for offer in self._offers.values():
            if offer.fact.peer == uniqueid and line in ("", offer.fact.queue):
                yield offer

    def _end(self, offer: Offer | None, outcome: str, at: datetime) -> None:
        if offer is not None and offer.outcome is None:
            offer.outcome, offer.ended_at = outcome, at

    async def run(self) -> None:
        """Judge what is due and write down what has become of it, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                for channel, offer in list(self._offers.items()):
                    if offer.due <= time.monotonic():
                        await self._settle(channel, offer)
                await self._write_served()
            except (CcoreError, asyncpg.PostgresError) as error:  # PostgreSQL's own watch tells of it; tried again soon
                log.debug("offers_not_written", node=self._node, reason=str(error))

    async def _settle(self, channel: str, offer: Offer) -> None:
        if offer.verdict is None:
            visit = await self._visit(offer)
            self._hindsight.known(self._presences())
            offer.verdict = self._hindsight.verdict(_rung(offer), _stay(offer, visit))
            self._tell(offer, offer.verdict)
        if not offer.written:
            await self._write(channel, offer, offer.verdict)
        if offer.outcome is not None and not offer.ended:
            await self._database.execute("routing.end_offer", self._node, channel, offer.outcome, offer.ended_at)
            offer.ended, offer.due = True, time.monotonic() + FORGOTTEN_AFTER_S
        elif offer.ended:
            del self._offers[channel]

    async def _visit(self, offer: Offer) -> Record | None:
        queue = "" if offer.fact.queue == OWN_LINE else queue_of(offer.fact.queue, self.queues)
        return await self._database.fetch_row("routing.visit_of_line", offer.caller, queue)

    async def _write(self, channel: str, offer: Offer, verdict: Verdict) -> None:
        await self._database.execute(
            "routing.note_offer", self._node, channel, offer.caller, offer.fact.queue, offer.fact.member,
            offer.fact.at, _as_data(verdict), verdict.judgement.agreed,
        )  # fmt: skip
        offer.written = True

    async def _write_served(self) -> None:
        while self._served:
            await self._database.execute("routing.note_served", *self._served[0])
            self._served.pop(0)

    def _tell(self, offer: Offer, verdict: Verdict) -> None:
        found = verdict.judgement
        outcome = "exact" if found.exact else "agreed" if found.agreed else "disagreed"
        OFFERS.labels(self._node, outcome).inc()
        self.judged += 1
        if not found.agreed:
            self.disagreed += 1
            self.last = f"{offer.fact.queue} of {offer.fact.at:%H:%M:%S}: {found.objection}"
            log.warning(
                "agent_not_as_chosen", call_id=offer.fact.call, queue=offer.fact.queue, agent=offer.fact.member,
                reason=found.objection, chosen=sorted(found.best.chosen),
            )  # fmt: skip


def _rung(offer: Offer) -> Rung:
    fact = offer.fact
    return Rung(fact.node, fact.queue, fact.member, fact.at.timestamp(), offer.lag_s)


def _stay(offer: Offer, visit: Record | None) -> Stay:
    """As far as it is known; who was routed without ccore has waited since they joined the line."""
    rung_at = offer.fact.at.timestamp()
    joined_at = offer.joined_at
    if joined_at is None:
        joined_at = visit["decision"][-1]["at"] if visit else rung_at
    came_at = min(visit["came_at"].timestamp(), joined_at) if visit else joined_at
    sticky = visit["decision"][-1]["sticky"] if visit else ""
    return Stay(came_at, joined_at, sticky, offer.tried, offer.attempt_at)


def _as_data(verdict: Verdict) -> Mapping[str, object]:
    """``offers.decision``; ``ccore.queues.stories`` reads it."""
    found = verdict.judgement
    return {
        "chosen": sorted(found.best.chosen),
        "because": dict(found.best.because),
        "others": dict(islice(found.best.others.items(), OTHERS_MOST)),
        "more": max(len(found.best.others) - OTHERS_MOST, 0),
        "exact": found.exact,
        "objection": found.objection,
        "penalty": verdict.penalty,
        "max_penalty": verdict.limits.maximum,
        "free_since": verdict.free_since,
    }
