"""Folds calls whose rows have come, and all of them again to prove that their records say what the rows say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog
from asyncpg import Record

from ccore.cdr import metrics
from ccore.cdr.fold import fold
from ccore.cdr.intake import note_boot
from ccore.cdr.model import Call, Event, Leg
from ccore.cdr.pace import Pace
from ccore.db.pool import Database, Transaction
from ccore.errors import CcoreError

log = structlog.get_logger()

BATCH = 100  # calls: some 1,500 events, 20 ms of work in pieces
PAUSE_S = 2.0  # a short call is over by then, and folded once

Key = tuple[str, str]  # node, linkedid


@dataclass(frozen=True, slots=True)
class Replay:
    """What folding everything again came to."""

    calls: int
    differing: tuple[Key, ...]
    written: bool

    @property
    def same(self) -> bool:
        """Whether every record says what its rows say."""
        return not self.differing

    def __str__(self) -> str:
        shown = "".join(f"\n  {node} {linkedid}" for node, linkedid in self.differing[:20])
        more = f"\n  and {len(self.differing) - 20} more" if len(self.differing) > 20 else ""
        done = " and were written anew" if self.written and self.differing else ""
        return f"{self.calls} calls folded again, {len(self.differing)} differ{done}{shown}{more}"


class Folding:
    """Keeps ``folded_calls`` true to ``cel`` and ``cdr``."""

    def __init__(self, database: Database) -> None:
        self.trouble = ""
        self._database = database
        self._pace = Pace(PAUSE_S)
        self._boots: dict[str, datetime] = {}

    async def run(self) -> None:
        """For ever; while PostgreSQL is away, it waits."""
        while True:
            try:
                await self.fold_due()
                self.trouble = ""
            except (CcoreError, asyncpg.PostgresError) as error:
                if not self.trouble:
                    log.error("call_folding_waited", reason=str(error))
                self.trouble = str(error) or type(error).__name__
            await self._pace.rest()

    def wake(self) -> None:
        """Calls have new rows."""
        self._pace.nudge()

    def note_boot(self, node: str, booted_at: datetime) -> None:
        """``node`` has been running since ``booted_at``; what was open before is closed as interrupted."""
        self._boots[node] = booted_at
        self.wake()

    async def fold_due(self) -> int:
        """Fold every call that has new rows; how many.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost; what is left is folded the next time.
        """
        await self._write_boots()
        folded = 0
        while done := await self._fold_some():
            folded += done
        return folded

    async def replay(self, *, write: bool) -> Replay:
        """Fold all calls again and compare; with ``write``, save those that differ. Raises Unavailable."""
        await self.fold_due()
        calls, differing = 0, list[Key]()
        after: Key = ("", "")
        while keys := _keys(await self._database.fetch("cdr.calls_after", *after, BATCH)):
            after = keys[-1]
            calls += len(keys)
            # Twice, as rows may come between two looks at a call that goes on.
            if suspects := await self._differing(keys, write=False):
                await self.fold_due()
                differing += await self._differing(suspects, write=write)
        return Replay(calls, tuple(differing), write)

    async def _write_boots(self) -> None:
        for node, booted_at in list(self._boots.items()):
            async with self._database.transaction() as transaction:
                await note_boot(transaction, node, booted_at)
            if self._boots[node] == booted_at:
                del self._boots[node]

    async def _fold_some(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.fetch_value("cdr.lazy_commit")
            boots = await _boots(transaction)
            keys = sorted(_keys(await transaction.fetch("cdr.take_due", BATCH)))
            calls = await _folded(transaction, keys, boots)
            await transaction.execute_many("cdr.save_call", calls)
        metrics.FOLDED.inc(len(calls))
        return len(keys)

    async def _differing(self, keys: Sequence[Key], *, write: bool) -> list[Key]:
        async with self._database.transaction() as transaction:
            boots = await _boots(transaction)
            saved = await transaction.fetch("cdr.saved_calls", *_columns(keys))
            known = {(row["node"], row["linkedid"]): tuple(row) for row in saved}
            calls = await _folded(transaction, keys, boots)
            differing = [call for call in calls if known.get((call.node, call.linkedid)) != tuple(call)]
            if write:
                await transaction.execute_many("cdr.save_call", differing)
        return [(call.node, call.linkedid) for call in differing]


async def _boots(transaction: Transaction) -> dict[str, datetime]:
    return {row["node"]: row["booted_at"] for row in await transaction.fetch("cdr.boots")}


async def _folded(transaction: Transaction, keys: Sequence[Key], boots: dict[str, datetime]) -> list[Call]:
    if not keys:
        return []
    events: dict[Key, list[Event]] = {key: [] for key in keys}
    legs: dict[Key, list[Leg]] = {key: [] for key in keys}
    for node, linkedid, *facts in await transaction.fetch("cdr.events_of", *_columns(keys)):
        events[node, linkedid].append(Event(*facts))
    for node, linkedid, *facts in await transaction.fetch("cdr.legs_of", *_columns(keys)):
        legs[node, linkedid].append(Leg(*facts))
    calls = (fold(*key, events[key], legs[key], boots.get(key[0])) for key in keys)
    return [call for call in calls if call is not None]


def _keys(rows: Iterable[Record]) -> list[Key]:
    return [(row["node"], row["linkedid"]) for row in rows]


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str]]:
    return [node for node, _ in keys], [linkedid for _, linkedid in keys]
