"""What somebody has sold and earned in the running period, and where that puts them: asked by phone, text and API."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.ordering.commission.closing import contenders, policy_of
from ccore.ordering.commission.counting import (
    Volume,
    counting_states,
    figures,
    orders_of,
    rules_of,
    sold_of,
    teams_of,
    with_tiers,
)
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.elimination import Fate, judged
from ccore.ordering.ranking import Figures
from ccore.settling import Periods as Settings

log = structlog.get_logger()

RANKS_LAST_S = 60.0  # to rank everybody takes a second for a million orders
STATEMENT_LIMIT_S = 25.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's rank ``of`` so many in their group, were the period over now; ``seats`` would be
    for the last of them."""

    rank: int
    of: int
    fate: Fate
    seats: int

    @property
    def last(self) -> bool:
        """They would be barred."""
        return self.fate is Fate.BARRED


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What an employee has sold since ``since``, net of what was cancelled, and what they are owed; money in fen.

    ``orders`` they had a part in; ``sales_fen`` is their part. ``booked_fen`` was earned in the period so far, and
    ``forecast_fen`` is that with what volume would add if the period ended now. ``held_fen`` and ``payable_fen`` are
    of all times. ``rank`` is None where they are not ranked, or nobody has been yet.
    """

    number: str
    period: str
    since: datetime
    orders: int
    sales_fen: int
    booked_fen: int
    held_fen: int
    payable_fen: int
    paid_fen: int
    forecast_fen: int
    rank: Standing | None = None


class Enquiries:
    """Answers on a database; ranks are a minute old at most, and looked up beside whoever asks."""

    def __init__(self, database: Database, settings: Settings, tallies: Tallies) -> None:
        self._database = database
        self._tallies = tallies
        self._settings = settings
        self._ranks: dict[int, Standing] = {}
        self._ranked_at = 0.0
        self._ranked_period = 0
        self._ranking: asyncio.Task[None] | None = None
        self._trouble = Trouble("sellers_not_ranked")

    async def enquiry(self, employee: str, now: datetime) -> Enquiry | None:
        """What the employee with this number has sold; None: there is nobody with it, or no period.

        The rank may be missing. Raises Unavailable.
        """
        person = await self._database.fetch_row("commission.employee", employee)
        period = await self._database.fetch_row("periods.running", now)
        if person is None or period is None:
            return None
        self._rank_soon(period)
        rank = self._ranks.get(person["employee_id"]) if self._ranked_period == period["period_id"] else None
        return await self._answer(person, period, rank)

    async def by_text(self, employee_id: int, now: datetime) -> Mapping[str, object]:
        """The params of the text message that tells an employee; nothing, if there is no period. Raises Unavailable."""
        number = await self._database.fetch_value("commission.number_of", employee_id)
        found = await self.enquiry(number, now)
        if found is None:
            return {}
        since, commission = found.since.isoformat(), found.booked_fen
        return {"orders": found.orders, "sales_fen": found.sales_fen, "commission_fen": commission, "since": since}

    async def ranked(self, employee: str, now: datetime) -> Enquiry | None:
        """The same for whoever can wait for the ranks."""
        await self.enquiry(employee, now)
        if self._ranking is not None:
            await asyncio.wait((self._ranking,), timeout=STATEMENT_LIMIT_S)
        return await self.enquiry(employee, now)

    async def _answer(self, person: Record, period: Record, rank: Standing | None) -> Enquiry:
        employee, span = person["employee_id"], (period["begins"], period["ends"])
        rules = await self._database.fetch("periods.rules")
        teams = teams_of(await self._database.fetch("periods.teams"))
        tiered = with_tiers(rules)
        runs = await self._tallies.sold(employee, span, tiered)
        sold = sold_of(runs)
        mine = figures(sold, {}, teams).get(employee, Figures())
        booked = await self._tallies.earned_fen(employee, span)
        balances = await self._tallies.owed(employee)
        volume = Volume(rules_of(rules), teams)
        more = sum(volume.earns(run)[employee] for run in runs)
        return Enquiry(
            person["number"], period["name"], period["begins"], orders_of(sold), mine.sales_fen, booked,
            balances["held"], balances["payable"], balances["paid"], booked + more, rank,
        )  # fmt: skip

    def _rank_soon(self, period: Record) -> None:
        fresh = time.monotonic() - self._ranked_at < RANKS_LAST_S and self._ranked_period == period["period_id"]
        if not fresh and (self._ranking is None or self._ranking.done()):
            self._ranking = asyncio.create_task(self._rank(period), name="ranks of those who sell")

    async def _rank(self, period: Record) -> None:
        with self._trouble.noted():
            self._ranks = await self._ranks_in(period)
            self._ranked_at, self._ranked_period = time.monotonic(), period["period_id"]

    async def _ranks_in(self, period: Record) -> dict[int, Standing]:
        """Everybody's rank if the period ended now."""
        span, ends = (period["begins"], period["ends"]), period["ends"]
        async with self._database.transaction() as transaction:
            await transaction.be_patient(STATEMENT_LIMIT_S)
            states = counting_states(with_open=True)
            sellers = await contenders(transaction, span, ends, states, Counter(), self._settings)
        found = judged(sellers, policy_of(self._settings), ends)
        return {
            one.ranked.contender.employee_id: Standing(one.ranked.rank, one.ranked.of, one.fate, one.seats)
            for one in found
        }

    async def end(self) -> None:
        """Rank nobody any more."""
        if self._ranking is not None:
            self._ranking.cancel()
            await asyncio.wait((self._ranking,))
