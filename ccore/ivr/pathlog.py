"""Keeps the walks through menus true to the channel events that tell of them, and reports them."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime

from asyncpg import Record

from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble, until_none
from ccore.ivr.paths import Path, Row, fold

BATCH = 100  # calls
PAUSE_S = 2.0

Key = tuple[str, str, str]  # node, linkedid, uniqueid


class PathLog:
    """The path log of every node: any number of ccores share the folding. ``trouble`` says why it waits."""

    def __init__(self, database: Database) -> None:
        self.trouble = Trouble("walk_folding_waited")
        self._database = database

    async def run(self) -> None:
        """Fold the walks of which rows have come, within two seconds, for ever; while PostgreSQL is away, it waits."""
        await self.trouble.every(PAUSE_S, self.fold_due)

    async def fold_due(self) -> int:
        """Fold the walks of every call that has new rows; how many calls. Raises Unavailable or OutcomeUnknown."""
        return await until_none(self._fold_some)

    async def report(self, name: str, since: datetime, until: datetime, *more: str | None) -> list[Record]:
        """The rows of a report of ``walks.sql`` on the walks that began from ``since`` until before ``until``."""
        return await self._database.fetch(f"walks.{name}", since, until, *more)

    async def _fold_some(self) -> int:
        async with self._database.transaction() as transaction:
            due = [(row["node"], row["linkedid"]) for row in await transaction.fetch("walks.take_due", BATCH)]
            if due:
                calls = [node for node, _ in due], [linkedid for _, linkedid in due]
                rows = await transaction.fetch("walks.events_of", *calls)
                await transaction.execute("walks.forget", *calls)
                await _save(transaction, _folded(rows))
        return len(due)


def _folded(rows: Sequence[Record]) -> list[tuple[Key, Path]]:
    channels: dict[Key, list[Row]] = {}
    for node, linkedid, uniqueid, at, caller, extra in rows:
        channels.setdefault((node, linkedid, uniqueid), []).append(Row(at, caller, extra))
    return [(key, path) for key, told in channels.items() if (path := fold(told))]


async def _save(transaction: Transaction, walks: Sequence[tuple[Key, Path]]) -> None:
    await transaction.execute_many("walks.save_walk", [(*key, *astuple(path)[:-1]) for key, path in walks])
    await transaction.execute_many("walks.save_step", [(*key, *step) for key, path in walks for step in path.steps])
