"""Commission at a glance over HTTP: what everybody of a manager's departments has, and what a payout would pay."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.marketing.service import Marketing
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.commission.overview import Overview, PersonSums, overview
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1 import within
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.periods import Name
from ccore.web.v1.slices import Slice


class OverviewWanted(Slice):
    """Of which period (by itself the running one), in which department and below, with ``find`` in number or name."""

    period: Name | None = None
    department: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    find: Annotated[str | None, Field(min_length=1, max_length=100)] = None


class PayoutWanted(Said):
    """As ``NewPayout`` has it."""

    least_fen: Annotated[int, Field(ge=1, le=10**12)] = 1


class CommissionSums(Told):
    """``booked_fen`` was earned in the period, net of ``clawed_back_fen``, which was given back in it, and
    ``paid_out_fen`` was paid in it; ``held_fen`` and ``payable_fen`` are owed by now, of all times.
    """

    booked_fen: int
    clawed_back_fen: int
    paid_out_fen: int
    held_fen: int
    payable_fen: int


class PersonCommission(Told):
    """One who sells."""

    employee: str
    name: str
    department: str
    left: bool
    sums: CommissionSums


class DepartmentCommission(Told):
    """A department without those below it: so many people with commission, and what it has by claims of its own."""

    department: str
    people: int
    sums: CommissionSums


class CommissionOverview(Told):
    """Who earned most is the first; ``next`` is the ``offset`` of the next page of people, null on the last.

    ``total`` is of all departments, whatever is searched for.
    """

    period: str
    begins: datetime
    ends: datetime
    closed_at: datetime | None
    total: CommissionSums
    departments: list[DepartmentCommission]
    people: list[PersonCommission]
    next: int | None


class NextPayout(Told):
    """What a payout would pay now."""

    payees: int
    fen: int


def operations(database: Database, config: Config, of: Commission, marketing: Marketing) -> list[Operation[Any, Any]]:
    """For managers; payouts are for admins."""

    async def period(name: str | None) -> tuple[Any, ...]:
        found = await (of.periods.running(utc_now()) if name is None else of.periods.named(name))
        if found is None and name is None:
            raise within.no_period()
        if found is None:
            raise web.HTTPNotFound(text=f"there is no period {name}")
        return found["name"], found["begins"], found["ends"], None if name is None else found["closed_at"]

    async def seen(asked: Asked[None, OverviewWanted]) -> int | None:
        path = asked.query.department
        if path is None:
            return await within.department(asked, marketing.staff)
        found = await marketing.claims.holder(department=path)
        if found is None:
            raise web.HTTPNotFound(text="there is no such department")
        await within.see_to(asked, marketing.staff, found[1])
        return found[0].row

    async def told(asked: Asked[None, OverviewWanted]) -> CommissionOverview:
        name, begins, ends, closed_at = await period(asked.query.period)
        found = await overview(database, config.zone, (begins, ends), await seen(asked))
        people, after = asked.query.of(_those(found, asked.query.find))
        departments = [
            DepartmentCommission(department=each.department, people=each.people, sums=_sums(each.sums))
            for each in found.departments
        ]
        return CommissionOverview(
            period=name, begins=begins, ends=ends, closed_at=closed_at, total=_sums(found.total),
            departments=departments, people=list(map(_person, people)), next=after,
        )  # fmt: skip

    async def to_pay(asked: Asked[None, PayoutWanted]) -> NextPayout:
        payees, fen = await of.ledger.to_pay(asked.query.least_fen)
        return NextPayout(payees=payees, fen=fen)

    return [
        Operation("GET", "/commission/overview", "What everybody earned and is owed", {Role.MANAGER}, told, None,
                  OverviewWanted, CommissionOverview),
        Operation("GET", "/commission/payouts/next", "What a payout would pay", set[Role](), to_pay, None,
                  PayoutWanted, NextPayout),
    ]  # fmt: skip


def _those(found: Overview, find: str | None) -> list[PersonSums]:
    wanted = (find or "").strip().lower()
    return [each for each in found.people if wanted in each.number.lower() or wanted in each.name.lower()]


def _sums(sums: object) -> CommissionSums:
    return CommissionSums.model_validate(sums, from_attributes=True)


def _person(one: PersonSums) -> PersonCommission:
    return PersonCommission(
        employee=one.number, name=one.name, department=one.department, left=one.has_left, sums=_sums(one.sums)
    )
