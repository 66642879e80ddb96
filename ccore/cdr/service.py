"""Call records: Asterisk's CDR and CEL files of every node, followed into PostgreSQL and folded into calls."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import structlog

from ccore.calls.gaps import open_gaps
from ccore.cdr import metrics
from ccore.cdr.folding import Folding, Replay
from ccore.cdr.intake import LogIntake
from ccore.cdr.rotation import Rotation
from ccore.cdr.rows import LOGS
from ccore.cdr.statistics import QUARTER, Count, Line, Statistics, quarter
from ccore.db.pool import Database
from ccore.errors import CcoreError

log = structlog.get_logger()

COUNT_EVERY_S = 60.0
CUT_EVERY_S = 10.0
CUT_AFTER = timedelta(seconds=30)  # of silence: what Asterisk writes of a call's end is read long before
Living = Callable[[str], Collection[str] | None]
NO_TIME = timedelta(microseconds=1)
KEYS = len(Line._fields)


class CallRecords:
    """The call records of ``nodes``: name → the log directory that holds ``cdr-custom/`` and ``cel-custom/``.

    ``rotations``: of the nodes whose logs ccore itself keeps from growing for ever. ``living`` says which LinkedIDs a
    node's Asterisk has now, None if that is not known for sure: an open call that it has no more is closed.
    """

    def __init__(
        self,
        database: Database,
        nodes: Mapping[str, Path],
        rotations: Mapping[str, Rotation] | None = None,
        living: Living = lambda _node: None,
    ) -> None:
        self._database = database
        self._living = living
        self._read_here: set[str] = set()
        self._folding = Folding(database)
        self._intakes = {
            node: [
                LogIntake(database, node, directory, kind, self._folding.wake, (rotations or {}).get(node))
                for kind in LOGS
            ]
            for node, directory in nodes.items()
        }

    async def run(self) -> None:
        """Read every node and fold, for ever: for a ccore that is alone."""
        async with asyncio.TaskGroup() as group:
            for node in self._intakes:
                group.create_task(self.read(node), name=f"call records of {node}")
            group.create_task(self.fold(), name="folding of calls")

    async def read(self, node: str) -> None:
        """Store what the Asterisk of ``node`` writes, within a second and sooner after ``nudge``, for ever."""
        self._read_here.add(node)
        try:
            async with asyncio.TaskGroup() as group:
                for intake in self._intakes[node]:
                    group.create_task(intake.run(), name=f"{intake.kind.name} of {node}")
                group.create_task(self._cut_often(node), name=f"calls without an end of {node}")
        finally:
            self._read_here.discard(node)

    async def fold(self) -> None:
        """Fold the calls that have new rows, within two seconds, for ever: any number of ccores share them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._folding.run(), name="folding")
            group.create_task(self._count_gaps(), name="calls without CDR")

    def nudge(self, node: str) -> None:
        """A call of ``node`` has ended: read its files now."""
        for intake in self._intakes[node]:
            intake.nudge()

    def note_boot(self, node: str, booted_at: datetime) -> None:
        """Asterisk ``node`` has been running since ``booted_at`` (rather a little early than late).

        Calls it had not ended before are closed as interrupted, at their last sign of life. Written as soon as
        PostgreSQL answers. Without being told, ccore notices a start by the numbers of new channels.
        """
        self._folding.note_boot(node, booted_at)

    async def cut(self, node: str, living: Collection[str], after: timedelta = CUT_AFTER) -> int:
        """Close the calls of ``node`` whose end was never written: none of ``living``, and silent for ``after``.

        They become interrupted at their last sign of life; more rows of theirs open them again. How many they were.
        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost.
        """
        cut = len(await self._database.fetch("cdr.cut_calls", node, list(living), after))
        if cut:
            metrics.CUT.labels(node).inc(cut)
            log.warning("calls_cut", node=node, count=cut)
            self._folding.wake()
        return cut

    async def catch_up(self) -> None:
        """Store and fold all that is in the files now. Not beside ``run``.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost, OSError if a file cannot be read.
        """
        for intake in self._all():
            await intake.catch_up()
        await self._folding.fold_due()

    async def replay(self, *, write: bool = False) -> Replay:
        """Fold and count all calls again from the stored rows and compare; with ``write``, save what differs.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost.
        """
        return await self._folding.replay(write=write)

    async def statistics(self, begin: datetime, end: datetime) -> Statistics:
        """Calls that began from ``begin`` until before ``end``, each taken to the quarter of an hour it is in.

        Raises Unavailable if PostgreSQL is lost.
        """
        begin, end = quarter(begin), quarter(end - NO_TIME) + QUARTER
        # The gaps first: one that is closed in between had its calls in the lines by then.
        gaps = [gap for gap in await open_gaps(self._database, self._intakes) if gap.touches(begin, end)]
        rows = await self._database.fetch("cdr.statistics", begin, end)
        lines = [(Line(*row[:KEYS]), Count(*row[KEYS:-1]), row["orders"]) for row in rows]
        return Statistics(begin, end, lines, gaps)

    def health(self) -> Mapping[str, object]:
        """How far behind Asterisk the records are, and what keeps them."""
        troubles = {f"{intake.kind.name} of {intake.node}": intake.trouble for intake in self._all()}
        troubles["folding"] = self._folding.trouble.reason
        return {
            "behind_bytes": sum(intake.behind_bytes for intake in self._all()),
            "behind_s": round(max((intake.behind_s for intake in self._all()), default=0.0), 1),
            "trouble": {name: trouble for name, trouble in troubles.items() if trouble},
            "elsewhere": sorted(self._intakes.keys() - self._read_here),
        }

    def behind(self, node: str) -> Mapping[str, float]:
        """How far the records of one node are behind its Asterisk."""
        return {
            "behind_bytes": sum(intake.behind_bytes for intake in self._intakes[node]),
            "behind_s": round(max(intake.behind_s for intake in self._intakes[node]), 1),
        }

    def _all(self) -> list[LogIntake]:
        return [intake for intakes in self._intakes.values() for intake in intakes]

    async def _cut_often(self, node: str) -> None:
        while True:
            await asyncio.sleep(CUT_EVERY_S)
            living = self._living(node)
            try:
                if living is not None:
                    await self.cut(node, living)
            except (CcoreError, asyncpg.PostgresError) as error:
                log.info("calls_not_cut", node=node, reason=str(error))

    async def _count_gaps(self) -> None:
        while True:
            try:
                metrics.WITHOUT_CDR.set(await self._database.fetch_value("cdr.calls_without_cdr"))
            except (CcoreError, asyncpg.PostgresError) as error:
                log.info("calls_without_cdr_not_counted", reason=str(error))
            await asyncio.sleep(COUNT_EVERY_S)
