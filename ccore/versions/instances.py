"""Each ccore says of itself that it is there, so that all of them can tell who is, and who has gone without a word."""

from datetime import timedelta
from typing import NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore import __version__
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.errors import CcoreError
from ccore.pulse import Pulse

log = structlog.get_logger()

BEAT_S = 2.0
HERE = timedelta(seconds=8)  # as long as work takes to pass from one that is not to another
KEPT = timedelta(days=7)  # of one that was killed: an admin may come after the holidays
GOODBYE_S = 1.0


class Instances:
    """The ccores on one database, ``instance`` among them. Raises what the database raises."""

    def __init__(self, database: Database, instance: str, pulse: Pulse) -> None:
        self._database, self._instance, self._pulse = database, instance, pulse
        self.began_at = utc_now()

    async def run(self) -> NoReturn:
        """Say for ever that this one is here."""
        await Trouble("instance_not_told").every(BEAT_S, self.beat)

    async def beat(self) -> None:
        """Say so once, and forget who has not for long."""
        said = self._instance, __version__, self.began_at, round(self._pulse.worst_s * 1000), KEPT
        await self._database.execute("nodes.beat", *said)

    async def leave(self) -> None:
        """Say that this one ends."""
        try:
            leaving = self._database.execute("nodes.leave", self._instance)
            await self._database.within_deadline(GOODBYE_S, leaving)
        except (CcoreError, asyncpg.PostgresError) as error:
            log.info("instance_end_not_told", reason=str(error))

    async def listed(self) -> list[Record]:
        """All there are or were lately: instance, software, began_at, loop_lag_ms, seen_at, here, version, applied_at,
        error, leads."""
        return await self._database.fetch("nodes.instances", HERE)
