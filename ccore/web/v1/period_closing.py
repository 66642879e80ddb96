"""One period of sales over HTTP: how it stands, how far its closing is, and what closing it would come to."""

from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from asyncpg import Record

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.ahead import Ahead, Candidate, ahead
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.commission.closing import OpenOrders, Stage, stage_of
from ccore.ordering.elimination import Fate, Ties
from ccore.ordering.ranking import Grouping, Measure
from ccore.people.model import Role
from ccore.settling import Periods
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.periods import Placed

MOST_SHOWN = 1000  # of those who would be barred


class AheadWanted(Said):
    """Whether orders count that are confirmed and not active yet."""

    open_orders: OpenOrders = "count"


class PeriodNow(Told):
    """How a period stands. ``open_before`` has to be closed first; who came last does not claim in ``next``.

    While it is being closed, tiers are booked for ``done_permille`` of its time; once it is closed, so many were
    ``ranked`` and ``barred``, of whom some may claim all the same (``lifted``).
    """

    name: str
    begins: datetime
    ends: datetime
    stage: Stage
    open_before: str | None
    next: str | None
    closing_since: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    open_orders: Literal["count", "leave-out"] | None
    done_permille: int
    tiers: int
    tiers_fen: int
    ranked: int
    barred: int
    lifted: int


class EliminationRule(Told):
    """Of each group with at least ``least_group`` people besides newcomers, the last ``last_percent`` % are barred."""

    measure: Measure
    groups: Grouping
    ties: Ties
    last_percent: int
    least_group: int
    newcomer_days: int


class LastOne(Placed):
    """Somebody who would be barred."""


class PeriodAhead(Told):
    """What closing would come to now: so many orders are still open, so many people would be ``ranked``, and of these
    ``barred`` (the first thousand are in ``last``), or not for being new, in a small group, or equal to others.

    ``tiers`` and ``tiers_fen`` are null where too many orders would have to be counted.
    """

    period: str
    next: str | None
    open_orders: int
    ranked: int
    barred: int
    newcomers: int
    in_small_groups: int
    ties_spared: int
    tiers: int | None
    tiers_fen: int | None
    rule: EliminationRule
    last: list[LastOne]


def operations(database: Database, of: Commission, rules: Periods) -> list[Operation[Any, Any]]:
    """Managers see how it stands; what it would come to is for those who close it."""

    async def one(asked: Asked[None, None]) -> PeriodNow:
        period = await named(asked)
        return _now(period, await of.periods.came_to(period["period_id"]))

    async def coming(asked: Asked[None, AheadWanted]) -> PeriodAhead:
        period = await named(asked)
        if period["closing_since"] is not None:
            raise web.HTTPConflict(text="it is being closed, or closed")
        return _ahead(period, await ahead(database, rules, period, asked.query.open_orders), rules)

    async def named(asked: Asked[None, Any]) -> Record:
        period = await of.periods.named(asked.path["period"])
        if period is None:
            raise web.HTTPNotFound(text="there is no such period")
        return period

    return [
        Operation("GET", "/periods/{period}", "How a period stands", {Role.MANAGER}, one, answer=PeriodNow),
        Operation("GET", "/periods/{period}/ahead", "What closing it would come to", set[Role](), coming,
                  query=AheadWanted, answer=PeriodAhead),
    ]  # fmt: skip


def _now(period: Record, came_to: Record) -> PeriodNow:
    same = ("name", "begins", "ends", "open_before", "closing_since", "closed_at", "closed_by", "open_orders", "tiers",
            "tiers_fen")  # fmt: skip
    return PeriodNow(
        **{name: period[name] for name in same}, **came_to, next=period["next_name"],
        stage=stage_of(period, utc_now()), done_permille=_done_permille(period),
    )  # fmt: skip


def _done_permille(period: Record) -> int:
    """How much of its time the orders lie in whose tiers are booked."""
    if period["closed_at"] is not None:
        return 1000
    if period["tiers_through_at"] is None:
        return 0
    return int(1000 * (period["tiers_through_at"] - period["begins"]) / (period["ends"] - period["begins"]))


def _ahead(period: Record, found: Ahead, rules: Periods) -> PeriodAhead:
    fates = found.fates
    return PeriodAhead(
        period=period["name"], next=period["next_name"], open_orders=found.open_orders, ranked=found.ranked,
        barred=fates[Fate.BARRED], newcomers=fates[Fate.NEWCOMER], in_small_groups=fates[Fate.SMALL_GROUP],
        ties_spared=fates[Fate.TIE_SPARED], tiers=found.tiers, tiers_fen=found.tiers_fen,
        rule=EliminationRule.model_validate(rules, from_attributes=True),
        last=[_last(each) for each in found.last[:MOST_SHOWN]],
    )  # fmt: skip


def _last(one: Candidate) -> LastOne:
    place, sold = one.judged.ranked, one.judged.ranked.contender.figures
    return LastOne(
        employee=one.number, name=one.name, department=one.department, group=place.group,
        orders=sold.orders_bp / 10_000, sales_fen=sold.sales_fen, commission_fen=sold.commission_fen, rank=place.rank,
        of=place.of,
    )  # fmt: skip
