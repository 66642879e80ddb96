"""Folds calls whose rows have come, and all of them again to prove that their records say what the rows say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asyncpg import Record

from ccore.cdr import metrics
from ccore.cdr.fold import fold
from ccore.cdr.intake import note_boot
from ccore.cdr.model import Call, Event, Leg
from ccore.cdr.pace import Pace
from ccore.cdr.report import printable
from ccore.cdr.statistics import Line, difference, quarter
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble, until_none

BATCH = 100  # calls: some 1,500 events, 20 ms of work in pieces
SHOWN = 20  # of what differs
COUNTED_AT_ONCE = timedelta(hours=1)  # of a carrier 400,000 calls, which take PostgreSQL some seconds
PAUSE_S = 2.0  # a short call is over by then, and folded once
END_OF_TIME = datetime.max.replace(tzinfo=UTC)  # a clock that was ahead is not believed

Key = tuple[str, str]  # node, linkedid


@dataclass(frozen=True, slots=True)
class Replay:
    """What folding and counting everything again came to. ``waiting``: calls not folded yet, which cannot be judged."""

    calls: int
    differing: tuple[Key, ...]
    lines: int
    miscounted: tuple[Line, ...]
    written: bool
    waiting: int = 0

    @property
    def same(self) -> bool:
        """Whether every record says what its rows say, and every line of the statistics what the records say."""
        return not self.differing and not self.miscounted

    def __str__(self) -> str:
        waiting = f" ({self.waiting} wait to be folded)" if self.waiting else ""
        return "\n".join(
            [
                self._verdict(f"{self.calls} calls folded again{waiting}", [" ".join(key) for key in self.differing]),
                self._verdict(
                    f"{self.lines} lines of the statistics counted again",
                    [
                        f"{where.node} {where.trunk} {where.dialled} {where.began_at:%FT%RZ}"
                        for where in self.miscounted
                    ],
                ),
            ]
        )

    def _verdict(self, did: str, differing: Sequence[str]) -> str:
        shown = [printable(f"  {name}") for name in differing[:SHOWN]]
        more = [f"  and {len(differing) - SHOWN} more"] if len(differing) > SHOWN else []
        done = " and were written anew" if self.written and differing else ""
        return "\n".join([f"{did}, {len(differing)} differ{done}", *shown, *more])


class Folding:
    """Keeps ``folded_calls`` true to ``cel`` and ``cdr``, and ``call_statistics`` to ``folded_calls``."""

    def __init__(self, database: Database) -> None:
        self.trouble = Trouble("call_folding_waited")
        self._database = database
        self._pace = Pace(PAUSE_S)
        self._boots: dict[str, datetime] = {}

    async def run(self) -> None:
        """For ever; while PostgreSQL is away, it waits."""
        while True:
            with self.trouble.noted():
                await self.fold_due()
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
        return await until_none(self._fold_some)

    async def replay(self, *, write: bool) -> Replay:
        """Fold and count all calls again and compare; with ``write``, save what differs, else change nothing.

        Other ccores may fold meanwhile. Raises Unavailable.
        """
        if write:
            await self.fold_due()
        calls, waiting, differing = 0, 0, list[Key]()
        after: Key = ("", "")
        while keys := _keys(await self._database.fetch("cdr.calls_after", *after, BATCH)):
            after = keys[-1]
            calls += len(keys)
            wrong, due = await self._compare(keys)
            waiting += due
            differing += wrong
            if write and wrong:
                await self._mend(wrong)
        lines = await self._database.fetch_value("cdr.count_lines")
        return Replay(calls, tuple(differing), lines, tuple(await self._recount(write=write)), write, waiting)

    async def _write_boots(self) -> None:
        for node, booted_at in list(self._boots.items()):
            async with self._database.transaction() as transaction:
                await note_boot(transaction, node, booted_at)
            if self._boots[node] == booted_at:
                del self._boots[node]

    async def _fold_some(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.fetch_value("cdr.lazy_commit")
            boots = await _boots(transaction, "cdr.boots")
            keys = _keys(await transaction.fetch("cdr.take_due", BATCH))
            changes = await _changes(transaction, keys, boots)
            await _save(transaction, changes)
        metrics.FOLDED.inc(len(changes))
        return len(keys)

    async def _compare(self, keys: Sequence[Key]) -> tuple[list[Key], int]:
        """Those that differ in one moment's view, in which rows and folding cannot be seen half done; how many wait."""
        async with self._database.transaction() as transaction:
            await transaction.execute("cdr.one_view")
            due = set(_keys(await transaction.fetch("cdr.due_of", *_columns(keys))))
            changes = await _changes(transaction, keys, await _boots(transaction, "cdr.boots_in_view"))
        return [(call.node, call.linkedid) for _, call in changes if (call.node, call.linkedid) not in due], len(due)

    async def _mend(self, keys: Sequence[Key]) -> None:
        """Fold these whether due or not; nobody else does meanwhile."""
        async with self._database.transaction() as transaction:
            boots = await _boots(transaction, "cdr.boots")
            await transaction.execute("cdr.hold", *_columns(keys))
            await _save(transaction, await _changes(transaction, keys, boots))
            await transaction.execute("cdr.release", *_columns(keys))

    async def _recount(self, *, write: bool) -> list[Line]:
        """The lines of the statistics that are not what the records say."""
        miscounted: list[Line] = []
        until = datetime(1, 1, 2, tzinfo=UTC)
        while at := await self._database.fetch_value("cdr.next_counted", until):
            since, until = quarter(at), quarter(at) + COUNTED_AT_ONCE
            found = await self._database.fetch("cdr.miscounted", since, until)
            miscounted += [Line(*row) for row in found]
            if write and found:
                await self._count_again(since, until)
        return miscounted

    async def _count_again(self, since: datetime, until: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("cdr.hold_statistics")
            await transaction.execute("cdr.drop_statistics", since, until)
            await transaction.execute("cdr.count_again", since, until)


async def _boots(transaction: Transaction, query: str) -> dict[str, datetime]:
    return {row["node"]: row["booted_at"] for row in await transaction.fetch(query)}


async def _changes(
    transaction: Transaction, keys: Sequence[Key], boots: dict[str, datetime]
) -> list[tuple[Call | None, Call]]:
    """The calls whose records are not what their rows say: as they are recorded, and as they should be."""
    if not keys:
        return []
    events: dict[Key, list[Event]] = {key: [] for key in keys}
    legs: dict[Key, list[Leg]] = {key: [] for key in keys}
    saved = {
        (row["node"], row["linkedid"]): Call(*row) for row in await transaction.fetch("cdr.saved", *_columns(keys))
    }
    for node, linkedid, *facts in await transaction.fetch("cdr.events_of", *_columns(keys)):
        events[node, linkedid].append(Event(*facts))
    for node, linkedid, *facts in await transaction.fetch("cdr.legs_of", *_columns(keys)):
        legs[node, linkedid].append(Leg(*facts))
    cut = dict.fromkeys(_keys(await transaction.fetch("cdr.cuts_of", *_columns(keys))), END_OF_TIME)
    calls = {key: fold(*key, events[key], legs[key], cut.get(key) or boots.get(key[0])) for key in keys}
    return [(saved.get(key), call) for key, call in calls.items() if call is not None and call != saved.get(key)]


async def _save(transaction: Transaction, changes: Sequence[tuple[Call | None, Call]]) -> None:
    """Write records and, with them, the statistics. These come last: other ccores wait for the lines they share."""
    if not changes:
        return
    await transaction.execute_many("cdr.save_call", [call for _, call in changes])
    if lines := difference(changes):
        rows = [(*where, *what) for where, what in lines.items()]
        await transaction.execute("cdr.add_to_statistics", *map(list, zip(*rows, strict=True)))


def _keys(rows: Iterable[Record]) -> list[Key]:
    return [(row["node"], row["linkedid"]) for row in rows]


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str]]:
    return [node for node, _ in keys], [linkedid for _, linkedid in keys]
