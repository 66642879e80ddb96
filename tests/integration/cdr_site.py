"""One node's log directory and the database its calls end up in, with the questions tests ask of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from ccore.cdr.service import CallRecords
from ccore.db.pool import Database
from tests.support.asterisk_logs import Logs, MadeUpCall

WAIT_S = 60.0  # for what takes milliseconds on an idle machine


@dataclass(frozen=True, slots=True)
class Site:
    """A node called node1."""

    logs: Logs
    database: Database
    sql: "asyncpg.Connection[Any]"

    def records(self) -> CallRecords:
        """A ccore that has just been started, as far as call records go."""
        return CallRecords(self.database, {"node1": self.logs.directory})

    async def read(self) -> None:
        """Start a ccore, let it deal with all there is, and stop it."""
        await self.records().catch_up()

    async def read_after_cut(self) -> None:
        """As ``read``, after a ccore that was cut off: PostgreSQL may still have to undo what it was folding then."""

        async def read() -> bool:
            await self.read()
            return await self.count("call_folds_due") == 0

        await until(read)

    async def count(self, table: str) -> int:
        """The number of rows."""
        number: int = await self.sql.fetchval(f"SELECT count(*) FROM {table}")
        return number

    async def has_just(self, number: int) -> bool:
        """Whether ``number`` calls have records made of all their rows, CEL's and the CDR's, and none waits."""
        whole = await self.count("folded_calls WHERE state = 'ended' AND hangup_cause = 16 AND cdrs = 1")
        return (whole, await self.count("call_folds_due")) == (number, 0)

    async def assert_just(self, *calls: MadeUpCall) -> None:
        """These calls are there, each row of theirs once, and nothing else; records and statistics say so."""
        stored = await self.sql.fetch("SELECT linkedid FROM cdr")
        assert sorted(row["linkedid"] for row in stored) == sorted(call.linkedid for call in calls)
        assert await self.count("cel") == 5 * len(calls)
        assert await self.count("folded_calls WHERE state = 'ended' AND disposition = 'answered'") == len(calls)
        replay = await self.records().replay()
        assert (replay.calls, replay.same, replay.waiting) == (len(calls), True, 0), str(replay)
        assert await self.sql.fetchval("SELECT coalesce(sum(calls), 0) FROM call_statistics") == len(calls)

    async def rejects(self) -> list[tuple[str, str]]:
        """What was set aside: the log, and the bytes as text."""
        rows = await self.sql.fetch("SELECT log, raw FROM call_record_rejects ORDER BY reject_id")
        return [(row["log"], row["raw"]) for row in rows]


def calls(begin: int, end: int, node: str = "node1") -> list[MadeUpCall]:
    """Made-up calls number ``begin`` to ``end - 1``."""
    return [MadeUpCall(number, node) for number in range(begin, end)]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until ``holds`` does."""
    limit = time.monotonic() + WAIT_S
    while not await holds():
        assert time.monotonic() < limit, "it did not come true"
        await asyncio.sleep(0.02)


def rotate(path: Path) -> Path:
    """Rename a log out of the way, to a name not used yet."""
    if not path.exists():
        return path
    return path.rename(path.with_name(f"{path.name}.{len(list(path.parent.iterdir()))}"))
