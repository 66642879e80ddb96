"""Keeps visits, rings and the quarters they are counted in true to the channel events, and proves that they are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.db.trouble import Trouble, until_none
from ccore.numbers.fold import fold
from ccore.numbers.model import Folded, How, Rang, Ring, Row, Visit, quarter, quarters

BATCH = 100  # calls
QUARTERS_AT_ONCE = 96  # a day
PAUSE_S = 1.0
SHOWN = 20  # of what differs
KINDS = ("queues", "skills", "agents")

_OUTSIDE = re.compile(r"Local/(?P<agent>[0-9]+)@ccore-outside")
_PHONE = re.compile(r"PJSIP/phone-(?P<number>[0-9]+)")

Key = tuple[str, str]  # node, linkedid


@dataclass(frozen=True, slots=True)
class Recount:
    """What folding and counting everything again came to: calls and quarters that are not what is stored."""

    calls: int
    differing: tuple[Key, ...]
    quarters: int
    miscounted: tuple[tuple[datetime, str, str], ...]  # began at, kind, name
    waiting: int
    written: bool

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differing and not self.miscounted

    def __str__(self) -> str:
        waiting = f" ({self.waiting} wait to be folded)" if self.waiting else ""
        wrong = [f"{kind} {name} {at:%FT%RZ}" for at, kind, name in self.miscounted]
        return "\n".join(
            [
                self._verdict(
                    f"{self.calls} calls of queues folded again{waiting}", [" ".join(k) for k in self.differing]
                ),
                self._verdict(f"{self.quarters} quarters of queue numbers counted again", wrong),
            ]
        )

    def _verdict(self, did: str, differing: Sequence[str]) -> str:
        shown = [f"  {name}" for name in differing[:SHOWN]]
        more = [f"  and {len(differing) - SHOWN} more"] if len(differing) > SHOWN else []
        done = " and were written anew" if self.written and differing else ""
        return "\n".join([f"{did}, {len(differing)} differ{done}", *shown, *more])


class QueueFolding:
    """The visits of every node: any number of ccores share the work. ``trouble`` says why it waits."""

    def __init__(self, database: Database) -> None:
        self.trouble = Trouble("queue_folding_waited")
        self._database = database

    async def run(self) -> None:
        """Fold and count what has come, for ever; while PostgreSQL is away, it waits."""
        await self.trouble.every(PAUSE_S, self._fold_and_count)

    async def _fold_and_count(self) -> None:
        await self.fold_due()
        await self.count_due()

    async def fold_due(self) -> int:
        """Fold every call that has new rows; how many. Raises Unavailable or OutcomeUnknown."""
        return await until_none(self._fold_some)

    async def count_due(self) -> int:
        """Count every quarter that is over and due; how many. Raises Unavailable or OutcomeUnknown."""
        await self._database.execute("numbers.mark_passed")
        return await until_none(self._count_one)

    async def replay(self, *, write: bool) -> Recount:
        """Fold and count everything again and compare; with ``write`` also save what differs.

        Others may fold meanwhile. Raises Unavailable or OutcomeUnknown.
        """
        if write:
            await self.fold_due()
        calls, waiting, differing = 0, 0, list[Key]()
        after: Key = ("", "")
        while keys := _keys(await self._database.fetch("numbers.calls_after", *after, BATCH)):
            after, calls = keys[-1], calls + len(keys)
            wrong, due = await self._compare(keys)
            differing, waiting = differing + wrong, waiting + due
        if write and differing:
            await self._database.execute("numbers.mark_due", *_columns(differing))
            await self.fold_due()
        if write:
            await self.count_due()
        quarters, miscounted = await self._recount(write=write)
        return Recount(calls, tuple(differing), quarters, tuple(miscounted), waiting, write)

    async def _fold_some(self) -> int:
        async with self._database.transaction() as transaction:
            await transaction.fetch_value("numbers.lazy_commit")
            keys = _keys(await transaction.fetch("numbers.take_due", BATCH))
            if keys:
                stored, folded = await _stored(transaction, keys), await _folded(transaction, keys)
                await _save(transaction, [key for key in keys if stored[key] != folded[key]], stored, folded)
        return len(keys)

    async def _count_one(self) -> bool:
        async with self._database.transaction() as transaction:
            began_at = await transaction.fetch_value("numbers.take_quarter")
            if began_at is not None:
                for kind in KINDS:
                    await transaction.execute(f"numbers.drop_{kind}", began_at)
                    await transaction.execute(f"numbers.count_{kind}", began_at)
        return began_at is not None

    async def _compare(self, keys: Sequence[Key]) -> tuple[list[Key], int]:
        """Those that differ in one moment's view, and how many wait to be folded."""
        async with self._database.transaction() as transaction:
            await transaction.execute("cdr.one_view")
            due = set(_keys(await transaction.fetch("numbers.due_of", *_columns(keys))))
            stored, folded = await _stored(transaction, keys), await _folded(transaction, keys)
        return [key for key in keys if key not in due and stored[key] != folded[key]], len(due)

    async def _recount(self, *, write: bool) -> tuple[int, list[tuple[datetime, str, str]]]:
        """How many quarters there are, and what in them is not what is counted now."""
        quarters, wrong = 0, list[tuple[datetime, str, str]]()
        since = datetime(1, 1, 2, tzinfo=UTC)
        while found := await self._database.fetch("numbers.counted", since, QUARTERS_AT_ONCE):
            for (began_at,) in found:
                quarters += 1
                for kind in KINDS:
                    rows = await self._database.fetch(f"numbers.miscounted_{kind}", began_at)
                    wrong += [(began_at, kind, row["name"]) for row in rows]
                if write and wrong and wrong[-1][0] == began_at:
                    await self._database.execute("numbers.due_quarter", began_at)
            since = found[-1]["began_at"] + (datetime.resolution)
        if write:
            await self.count_due()
        return quarters, wrong


async def _stored(transaction: Transaction, keys: Sequence[Key]) -> dict[Key, Folded]:
    visits: dict[Key, list[Visit]] = {key: [] for key in keys}
    rings: dict[Key, list[Ring]] = {key: [] for key in keys}
    for row in await transaction.fetch("numbers.visits_of", *_columns(keys)):
        visit = Visit(*row)
        visits[visit.node, visit.linkedid].append(visit._replace(how=How(visit.how)))
    for row in await transaction.fetch("numbers.rings_of", *_columns(keys)):
        ring = Ring(*row)
        rings[ring.node, ring.linkedid].append(ring._replace(outcome=Rang(ring.outcome)))
    return {key: Folded(_in_order(visits[key]), tuple(sorted(rings[key], key=_ring_order))) for key in keys}


async def _folded(transaction: Transaction, keys: Sequence[Key]) -> dict[Key, Folded]:
    rows: dict[Key, list[Row]] = {key: [] for key in keys}
    for node, linkedid, *facts in await transaction.fetch("numbers.events_of", *_columns(keys)):
        rows[node, linkedid].append(Row(*facts))
    cuts = {
        (r["node"], r["linkedid"]): r["ended_at"] for r in await transaction.fetch("numbers.cut_of", *_columns(keys))
    }
    folded = {key: fold(*key, rows[key], cuts.get(key)) for key in keys}
    whose = await _whose(transaction, folded.values())
    return {key: _with_agents(each, whose) for key, each in folded.items()}


async def _whose(transaction: Transaction, folded: Iterable[Folded]) -> Mapping[tuple[str, datetime], str]:
    """The agents at the devices whose rows do not name them."""
    wanted = [(number, at) for each in folded for number, at in _unnamed(each)]
    if not wanted:
        return {}
    rows = await transaction.fetch("numbers.whose", [number for number, _ in wanted], [at for _, at in wanted])
    return {(row["number"], row["at"]): row["agent"] for row in rows}


def _unnamed(folded: Folded) -> Iterable[tuple[str, datetime]]:
    for device, at, agent in [
        *((visit.device, visit.answered_at, visit.agent) for visit in folded.visits),
        *((ring.device, ring.rung_at, ring.agent) for ring in folded.rings),
    ]:
        if not agent and at is not None and (phone := _PHONE.fullmatch(device)):
            yield phone["number"], at


def _with_agents(folded: Folded, whose: Mapping[tuple[str, datetime], str]) -> Folded:
    def agent(named: str, device: str, at: datetime | None) -> str:
        if named or at is None:
            return named
        if outside := _OUTSIDE.match(device):
            return outside["agent"]
        phone = _PHONE.fullmatch(device)
        return whose.get((phone["number"], at), "") if phone else ""

    return Folded(
        tuple(v._replace(agent=agent(v.agent, v.device, v.answered_at)) for v in folded.visits),
        tuple(r._replace(agent=agent(r.agent, r.device, r.rung_at)) for r in folded.rings),
    )


async def _save(
    transaction: Transaction, changed: Sequence[Key], stored: Mapping[Key, Folded], folded: Mapping[Key, Folded]
) -> None:
    if not changed:
        return
    await transaction.execute("numbers.forget_visits", *_columns(changed))
    await transaction.execute("numbers.forget_rings", *_columns(changed))
    await transaction.execute_many("numbers.save_visit", [visit for key in changed for visit in folded[key].visits])
    await transaction.execute_many("numbers.save_ring", [ring for key in changed for ring in folded[key].rings])
    quarters = {quarter for key in changed for each in (stored[key], folded[key]) for quarter in _quarters(each)}
    if quarters:  # last: other ccores wait for the quarters they share
        await transaction.execute("numbers.mark_quarters", sorted(quarters))


def _quarters(folded: Folded) -> Iterable[datetime]:
    """Those in which something of the call counts: where it entered and rang, and all that the talk lasts over."""
    for visit in folded.visits:
        yield quarter(visit.entered_at)
        if visit.answered_at is not None:
            yield from quarters(visit.answered_at, visit.ended_at or max(visit.answered_at, utc_now()))
    yield from (quarter(ring.rung_at) for ring in folded.rings)


def _in_order(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    return tuple(sorted(visits, key=lambda visit: (visit.entered_at, visit.uniqueid)))


def _ring_order(ring: Ring) -> tuple[datetime, str]:
    return ring.rung_at, ring.uniqueid


def _keys(rows: Iterable[Record]) -> list[Key]:
    return [(row["node"], row["linkedid"]) for row in rows]


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str]]:
    return [node for node, _ in keys], [linkedid for _, linkedid in keys]
