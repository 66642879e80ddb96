"""Call records: Asterisk's CDR and CEL files of every node, followed into PostgreSQL and folded into calls."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import asyncpg
import structlog

from ccore.cdr import metrics
from ccore.cdr.folding import Folding, Replay
from ccore.cdr.intake import LogIntake
from ccore.cdr.rows import LOGS
from ccore.db.pool import Database
from ccore.errors import CcoreError

log = structlog.get_logger()

COUNT_EVERY_S = 60.0


class CallRecords:
    """The call records of ``nodes``: name → the log directory that holds ``cdr-custom/`` and ``cel-custom/``."""

    def __init__(self, database: Database, nodes: Mapping[str, Path]) -> None:
        self._database = database
        self._folding = Folding(database)
        self._intakes = {
            node: [LogIntake(database, node, directory, kind, self._folding.wake) for kind in LOGS]
            for node, directory in nodes.items()
        }

    async def run(self) -> None:
        """For ever. Rows are stored within a second and folded within three; sooner after ``nudge``."""
        async with asyncio.TaskGroup() as group:
            for intake in self._all():
                group.create_task(intake.run(), name=f"{intake.kind.name} of {intake.node}")
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

    async def catch_up(self) -> None:
        """Store and fold all that is in the files now. Not beside ``run``.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost, OSError if a file cannot be read.
        """
        for intake in self._all():
            await intake.catch_up()
        await self._folding.fold_due()

    async def replay(self, *, write: bool = False) -> Replay:
        """Fold all calls again from the stored rows and compare; with ``write``, save those that differ.

        Raises Unavailable or OutcomeUnknown if PostgreSQL is lost.
        """
        return await self._folding.replay(write=write)

    def health(self) -> Mapping[str, object]:
        """How far behind Asterisk the records are, and what keeps them."""
        troubles = {f"{intake.kind.name} of {intake.node}": intake.trouble for intake in self._all()}
        troubles["folding"] = self._folding.trouble
        return {
            "behind_bytes": sum(intake.behind_bytes for intake in self._all()),
            "behind_s": round(max((intake.behind_s for intake in self._all()), default=0.0), 1),
            "trouble": {name: trouble for name, trouble in troubles.items() if trouble},
        }

    def _all(self) -> list[LogIntake]:
        return [intake for intakes in self._intakes.values() for intake in intakes]

    async def _count_gaps(self) -> None:
        while True:
            try:
                metrics.WITHOUT_CDR.set(await self._database.fetch_value("cdr.calls_without_cdr"))
            except (CcoreError, asyncpg.PostgresError) as error:
                log.info("calls_without_cdr_not_counted", reason=str(error))
            await asyncio.sleep(COUNT_EVERY_S)
