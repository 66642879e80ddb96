"""What closing a period would come to, before anybody does it: ranks, bars and tiers as they would be now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database, Transaction
from ccore.ordering.commission.closing import SETTLED, OpenOrders, contenders, policy_of, tiers_of_period
from ccore.ordering.commission.counting import counting_states, earned_by
from ccore.ordering.elimination import Fate, Judged, judged
from ccore.settling import Periods as Settings

LIMIT_S = 25.0  # of a statement: ranks take a second for a million orders
MOST_PARTS = 50  # of the orders that tiers count, 2000 each: more would keep who asks waiting


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who would be barred."""

    judged: Judged
    number: str
    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What closing would come to; ``tiers`` is None where too many orders would have to be counted for it."""

    open_orders: int
    ranked: int
    fates: Counter[Fate]
    last: Sequence[Candidate]
    tiers: int | None
    tiers_fen: int | None


async def ahead(database: Database, settings: Settings, period: Record, open_orders: OpenOrders) -> Ahead:
    """What closing ``period`` would come to now, if orders that are still open count so."""
    span, counted_at = (period["begins"], period["ends"]), utc_now() - SETTLED
    states = counting_states(with_open=open_orders == "count")
    async with database.transaction() as transaction:
        await transaction.be_patient(LIMIT_S)
        waiting: int = await transaction.fetch_value("periods.open_orders", *span, counted_at)
        added, tiers = await _tiers(transaction, span, counted_at, states)
        sellers = await contenders(transaction, span, counted_at, states, added, settings)
        found = judged(sellers, policy_of(settings), period["ends"])
        last = await _named(transaction, [one for one in found if one.fate is Fate.BARRED])
    fen = None if tiers is None else sum(added.values())
    return Ahead(waiting, len(found), Counter(one.fate for one in found), last, tiers, fen)


async def _tiers(
    transaction: Transaction, span: tuple[datetime, datetime], counted_at: datetime, states: Sequence[str]
) -> tuple[Counter[int], int | None]:
    """What volume would add to whom, and to how many orders; None: there are too many."""
    added: Counter[int] = Counter()
    tiers = parts = 0
    async for _, orders in tiers_of_period(transaction, span, counted_at, states):
        if (parts := parts + 1) > MOST_PARTS:
            return added, None
        added.update(earned_by(entry for _, entries in orders for entry in entries))
        tiers += len(orders)
    return added, tiers


async def _named(transaction: Transaction, last: Sequence[Judged]) -> list[Candidate]:
    rows = await transaction.fetch("periods.people", [one.ranked.contender.employee_id for one in last])
    known = {row["employee_id"]: row for row in rows}
    people = [(one, known[one.ranked.contender.employee_id]) for one in last]
    return [Candidate(one, row["number"], row["name"], row["department"]) for one, row in people]
