"""Looks at every Asterisk after each login and every few seconds, and mends what is not as it should be."""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NoReturn

import asyncpg
import structlog

from ccore.ami.actions import Getvar
from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Unsendable
from ccore.db.pool import Database
from ccore.errors import ActionRefused, CcoreError, OutcomeUnknown, Unavailable
from ccore.upkeep import metrics
from ccore.upkeep.damping import Decision, Patience, decide, untried, without
from ccore.upkeep.model import (
    RECORDING_ID,
    Correction,
    Desired,
    Limits,
    Observed,
    Reason,
    Recording,
    WantedMember,
    WantedRecording,
)
from ccore.upkeep.reconcile import reconcile

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
RETRY_S = 1.0  # after a look that failed: the link or the database is away
_MONITOR_ID = re.compile(r"0x[0-9a-f]{1,16}")
# Corrections on their way at a time, in their order: after Asterisk's restart each member is one, and an answer takes
# longer than what it answers. What follows from one another is in one correction.
AT_ONCE = 100
FORGET_AFTER = timedelta(minutes=1)  # a recording may be decided on before its channel is there


class Upkeep:
    """The upkeep of the nodes of ``links``, each with its ``limits``. Make it before the links run."""

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        limits: Mapping[str, Limits],
        patience: Patience | None = None,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._every_s = every_s
        self._nodes = {
            name: _Node(database, link, limits[name], patience or Patience()) for name, link in links.items()
        }
        for name, link in links.items():
            link.on_login(partial(self._logged_in, name))

    async def keep(self, node: str, epoch: int) -> NoReturn:
        """Look after one node for ever, under the lease of ``epoch``, so that no two do what one should."""
        kept = self._nodes[node]
        log.info("upkeep_began", node=node, lease_epoch=epoch)
        try:
            while True:
                kept.wake.clear()
                well = await kept.look()
                await _set_within(kept.wake, self._every_s if well else RETRY_S)
        finally:
            kept.forget()  # from now on another ccore looks after it, and says what is wrong

    def nudge(self, node: str) -> None:
        """What should be true of ``node`` has changed: look now."""
        self._nodes[node].wake.set()

    def given_up(self, node: str) -> list[str]:
        """What is wrong with ``node`` now and has to be mended by people."""
        return [f"{correction.reason}: {correction.subject}" for correction in self._nodes[node].given_up]

    def corrections(self, node: str) -> int:
        """How many corrections this ccore has sent to ``node``."""
        return self._nodes[node].corrections

    async def _logged_in(self, node: str, _snapshot: Snapshot) -> None:
        self.nudge(node)


class _Node:
    """One Asterisk and what is remembered of it."""

    def __init__(self, database: Database, link: Link, limits: Limits, patience: Patience) -> None:
        self.wake = asyncio.Event()
        self.corrections = 0  # sent
        self._database = database
        self._link = link
        self._limits = limits
        self._patience = patience
        self._epoch = 0
        self._wanted = Desired()
        self._decided = Decision()
        self._failing = False

    @property
    def given_up(self) -> tuple[Correction, ...]:
        """What was seen at the last look and is left to people."""
        return self._decided.given_up

    def forget(self) -> None:
        """Know of nothing."""
        self._decided = Decision()
        self._tell_given_up(())

    async def look(self) -> bool:
        """Compare and mend once; whether that was possible."""
        began = time.monotonic()
        try:
            # Seen first, wanted second: what was decided in between is what gets done, never the opposite.
            observed = Observed(await self._link.look())
            desired = await self._desired()
            observed = replace(observed, recordings=await self._recordings(desired, observed.snapshot))
            await self._mend(desired, observed)
            await self._forget_recordings(desired, observed.snapshot)
        except (CcoreError, asyncpg.PostgresError) as error:
            metrics.FAILURES.labels(self._link.node).inc()
            if not self._failing:
                log.warning("upkeep_waited", node=self._link.node, reason=str(error))
            self._failing = True
            return False
        self._failing = False
        metrics.LOOK_S.labels(self._link.node).set(time.monotonic() - began)
        return True

    async def _desired(self) -> Desired:
        node = self._link.node
        members = await self._database.fetch("upkeep.wanted_members", node)
        recordings = await self._database.fetch("upkeep.wanted_recordings", node)
        return Desired(
            frozenset(row["queue"] for row in members),
            tuple(WantedMember(*row) for row in members if row["interface"] is not None),
            tuple(WantedRecording(*row) for row in recordings),
        )

    async def _recordings(self, desired: Desired, snapshot: Snapshot) -> dict[str, Recording | None]:
        """Which of the channels that something is wanted of are recorded, by ccore's dialplan, now."""
        there = {channel.uniqueid for channel in snapshot.channels}
        asked = [wanted.channel for wanted in desired.recordings if wanted.channel in there]
        return {channel: found for channel in asked for found in await self._recording(channel)}

    async def _recording(self, channel: str) -> list[Recording | None]:
        """The recording or None; nothing if the channel has gone meanwhile."""
        try:
            monitor = await self._variable(channel, RECORDING_ID)
            known = _MONITOR_ID.fullmatch(monitor)  # a dialplan can write anything there
            file = await self._variable(channel, f"MIXMONITOR({monitor},filename)") if known else ""
        except ActionRefused:
            return []
        return [Recording(monitor, file) if file else None]

    async def _variable(self, channel: str, name: str) -> str:
        return (await self._link.send(Getvar(channel, name))).response.get("Value")

    async def _mend(self, desired: Desired, observed: Observed) -> None:
        past = without(self._decided.past, desired.changed_since(self._wanted))
        self._wanted = desired
        if observed.snapshot.epoch != self._epoch:
            past = untried(past)  # Asterisk may have been started anew: then it has no member, and that is no loop
            self._epoch = observed.snapshot.epoch
        needed = reconcile(desired, observed, self._limits)
        before = {correction.matter for correction in self.given_up}
        self._decided = decide(needed, past, time.monotonic(), self._limits, self._patience)
        self._tell_given_up(before)
        for some in _batches(self._decided.make, AT_ONCE):
            results = await asyncio.gather(*map(self._make, some), return_exceptions=True)
            for error in filter(None, results):
                raise error

    async def _make(self, correction: Correction) -> None:
        """Send one correction. Raises Unavailable or OutcomeUnknown: the rest waits for the next look."""
        outcome, detail = "done", ""
        try:
            for action in correction.actions:
                try:
                    await self._link.send(action)
                except (ActionRefused, Unsendable) as error:
                    outcome, detail = "refused", str(error)
        except (Unavailable, OutcomeUnknown) as error:
            outcome, detail = ("unknown" if isinstance(error, OutcomeUnknown) else "unavailable"), str(error)
            raise
        finally:
            metrics.CORRECTIONS.labels(self._link.node, correction.reason, outcome).inc()
            self.corrections += 1
            log.info("correction_made", **self._words(correction), outcome=outcome, detail=detail)

    def _tell_given_up(self, before: Iterable[tuple[Reason, str]]) -> None:
        known = set(before)
        for reason in Reason:
            count = sum(correction.reason is reason for correction in self.given_up)
            metrics.GIVEN_UP.labels(self._link.node, reason).set(count)
        for correction in self.given_up:
            if correction.matter not in known:
                log.error("correction_given_up", **self._words(correction))

    def _words(self, correction: Correction) -> dict[str, str]:
        words = {"node": self._link.node, "reason": correction.reason.value, "subject": correction.subject}
        return words | ({"call_id": correction.call_id} if correction.call_id else {})

    async def _forget_recordings(self, desired: Desired, snapshot: Snapshot) -> None:
        """What is wanted of channels that are gone is wanted no more."""
        there = {channel.uniqueid for channel in snapshot.channels}
        if snapshot.unreadable or all(wanted.channel in there for wanted in desired.recordings):
            return
        await self._database.execute(
            "upkeep.forget_recordings", self._link.node, list(there), snapshot.asked_at - FORGET_AFTER
        )


def _batches(corrections: Sequence[Correction], size: int) -> Iterator[Sequence[Correction]]:
    return (corrections[start : start + size] for start in range(0, len(corrections), size))


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return once ``event`` is set or the time is over."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
