"""Keeps the calls of every node: what each Asterisk tells goes into its tracker, and the facts into the feed."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn, Protocol

import structlog

from ccore.ami.link import Link
from ccore.ami.session import Lost
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls import metrics
from ccore.calls.feed import Feed
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.errors import OutcomeUnknown, Unavailable

log = structlog.get_logger()

# An event into which a caller wrote line breaks never comes: what it would have told is seen so much later at most.
LOOK_EVERY_S = 15.0
SETTLE_S = 1.0  # events older than a look may come later than it: they are waited for
MINUTE_S = 60.0
MOST_BEGUN = 60_000  # within it: more than any Asterisk takes
BEHIND_LIMIT_S = SETTLE_S / 2  # with older events still untold a look would be taken for news


class Ledger(Protocol):
    """Who is told from when to when a node was heard."""

    def linked(self, node: str, at: datetime, epoch: int, booted_at: str = "") -> None:
        """All that ``node`` tells is heard from ``at`` on."""

    def lost(self, node: str, at: datetime, why: str) -> None:
        """What ``node`` tells may be missing from ``at`` on."""


class Calls:
    """The calls of all nodes. Made before the links run; ``trackers`` by node say what there is now."""

    def __init__(self, links: Mapping[str, Link], feed: Feed, ledger: Ledger) -> None:
        self.trackers = {node: Tracker(node) for node in links}
        self._seen: dict[str, Snapshot] = {}
        self._begun: dict[str, deque[float]] = {node: deque(maxlen=MOST_BEGUN) for node in links}
        self._links = links
        self._feed = feed
        self._ledger = ledger
        for node, link in links.items():
            self._listen(node, link)

    async def run(self) -> None:
        """Look at every Asterisk from time to time, for ever."""
        async with asyncio.TaskGroup() as group:
            for node in self._links:
                group.create_task(self._look_often(node), name=f"look at {node}")

    def health(self) -> Mapping[str, Mapping[str, object]]:
        """How many calls and channels there are, by node."""
        return {
            node: {"calls": len(tracker.calls), "channels": len(tracker.channels)}
            for node, tracker in self.trackers.items()
        }

    def living(self, node: str) -> frozenset[str] | None:
        """The LinkedIDs Asterisk had when it was looked at last; None if that is not known for sure, or long ago."""
        seen = self._seen.get(node)
        if seen is None or not self._links[node].up or seen.epoch != self._links[node].epoch or seen.unreadable:
            return None
        if utc_now() - seen.asked_at > timedelta(seconds=1.5 * LOOK_EVERY_S):
            return None
        return frozenset(channel.linkedid for channel in seen.channels)

    def devices(self, node: str) -> Mapping[str, str]:
        """Asterisk's word for the state of each device, as of the last look; none while it is not linked."""
        return self._seen[node].devices if node in self._seen and self._links[node].up else {}

    def begun(self, node: str) -> int:
        """How many calls have begun within the last minute."""
        begun, since = self._begun[node], time.monotonic() - MINUTE_S
        while begun and begun[0] < since:
            begun.popleft()
        return len(begun)

    def known(self, node: str) -> bool:
        """Whether every channel of the node is in its tracker."""
        return self.living(node) is not None

    async def look(self, node: str) -> bool:
        """Compare with what Asterisk says now, and mend the difference; False if nothing could be compared.

        Takes SETTLE_S. Raises Unavailable and OutcomeUnknown.
        """
        link = self._links[node]
        seen = await link.look()
        await asyncio.sleep(SETTLE_S)
        if seen.epoch != link.epoch or link.behind_s > BEHIND_LIMIT_S:
            return False
        self._take_in(node, seen, "look")
        return True

    async def _look_often(self, node: str) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK_EVERY_S * random.uniform(0.75, 1.25))  # noqa: S311 jitter is no secret
            try:
                outcome = "compared" if await self.look(node) else "skipped"
            except (Unavailable, OutcomeUnknown) as error:
                outcome = "unavailable"
                log.debug("calls_look_failed", node=node, reason=str(error))
            metrics.LOOKS.labels(node, outcome).inc()

    def _listen(self, node: str, link: Link) -> None:
        tracker = self.trackers[node]
        for name in tracker.EVENTS:
            link.on(name, partial(self._heard, tracker))
        link.on_login(partial(self._logged_in, node))
        link.on_lost(partial(self._lost, node))
        metrics.OPEN.labels(node).set_function(lambda: len(tracker.calls))
        metrics.CHANNELS.labels(node).set_function(lambda: len(tracker.channels))

    async def _heard(self, tracker: Tracker, event: Message) -> None:
        self._publish(tracker.heard(event, utc_now()))

    async def _logged_in(self, node: str, seen: Snapshot) -> None:
        self._take_in(node, seen, "login")
        link = self._links[node]
        if link.up and link.epoch == seen.epoch:  # else it was lost again while others were told of it
            self._ledger.linked(node, seen.asked_at, seen.epoch, seen.booted_at)

    def _lost(self, node: str, lost: Lost) -> None:
        self._ledger.lost(node, self._links[node].heard_until or utc_now(), lost.reason)

    def _take_in(self, node: str, seen: Snapshot, by: str) -> None:
        self._seen[node] = seen
        facts = self.trackers[node].looked(seen, utc_now())
        for fact in facts:
            metrics.CORRECTIONS.labels(node, by, fact.kind).inc()
        if facts:
            log.info("calls_corrected", node=node, by=by, epoch=seen.epoch, facts=len(facts))
        self._publish(facts)

    def _publish(self, facts: list[Fact]) -> None:
        for fact in facts:
            metrics.FACTS.labels(fact.node, fact.kind).inc()
            if fact.kind is Kind.STARTED:
                self._begun[fact.node].append(time.monotonic())
        self._feed.publish(facts)
