"""Periods of sales over HTTP: closing them, results, and exceptions for who came last."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.marketing.product import Time
from ccore.marketing.staff import Staff
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.commission.closing import Refused
from ccore.ordering.elimination import Fate
from ccore.people.model import Role
from ccore.web.bodies import Said
from ccore.web.v1 import within
from ccore.web.v1.commission import Note, Number
from ccore.web.v1.operations import Asked, Done, Operation, Told

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="of a period")]


class PeriodsWanted(Said):
    """Which periods: those that begin before ``before``, the newest first."""

    size: Annotated[int, Field(ge=1, le=200)] = 50
    before: Time | None = None


class Closing(Said):
    """Whether orders count that are confirmed and not active yet; not said: it is not closed while there are any."""

    open_orders: Literal["count", "leave-out"] | None = None


class ResultsWanted(Said):
    """Whose results: one's own, or all of a manager's department and below; the best first, ``after`` so many.

    ``fate``: of those alone of whom this came.
    """

    whose: Literal["mine", "department"] = "mine"
    fate: Fate | None = None
    size: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class Exemption(Said):
    """Who may claim after all, and why."""

    employee: Number
    why: Note


class SalesPeriod(Told):
    """A period of sales; one that is closed does not change any more."""

    name: str
    begins: datetime
    ends: datetime
    closed_at: datetime | None
    closed_by: str | None
    closing_since: datetime | None
    open_orders: Literal["count", "leave-out"] | None


class SalesPeriods(Told):
    """The newest first."""

    periods: list[SalesPeriod]


class ClosedPeriod(Told):
    """What closing it came to; ``tiers_fen`` is what volume added to ``tiers`` orders."""

    name: str
    ranked: int
    barred: int
    tiers: int
    tiers_fen: int


class Placed(Told):
    """What somebody sold, and which place that was: ``rank`` of ``of`` in ``group``."""

    employee: str
    name: str
    department: str
    group: str
    orders: float
    sales_fen: int
    commission_fen: int
    rank: int
    of: int


class Result(Placed):
    """Why they may claim in the next period or not: ``seats`` of ``of`` were for the last."""

    seats: int
    fate: Fate
    lifted_by: str | None
    lifted_why: str | None


class Results(Told):
    """By group, the best first; ``measure`` is what they are ranked by."""

    period: str
    measure: Literal["sales", "orders", "commission"]
    results: list[Result]


def operations(of: Commission, staff: Staff) -> list[Operation[Any, Any]]:
    """All of periods."""
    api = _Api(of, staff)
    both = {Role.EMPLOYEE, Role.MANAGER}
    one = "/periods/{period}"
    return [
        Operation("GET", "/periods", "Periods of sales", both, api.listed, None, PeriodsWanted, SalesPeriods),
        Operation("POST", f"{one}/close", "Close a period for good", set[Role](), api.close, Closing,
                  None, ClosedPeriod),
        Operation("GET", f"{one}/results", "Ranks of a closed period", both, api.results, None, ResultsWanted, Results),
        Operation("POST", f"{one}/exceptions", "Let somebody claim who came last", {Role.MANAGER}, api.lift, Exemption,
                  None, Done),
    ]  # fmt: skip


class _Api:
    def __init__(self, of: Commission, staff: Staff) -> None:
        self._of = of
        self._staff = staff

    async def listed(self, asked: Asked[None, PeriodsWanted]) -> SalesPeriods:
        rows = await self._of.periods.listed(asked.query.before, asked.query.size)
        names = SalesPeriod.model_fields
        return SalesPeriods(periods=[SalesPeriod(**{name: row[name] for name in names}) for row in rows])

    async def close(self, asked: Asked[Closing, None]) -> ClosedPeriod:
        closed = await self._of.periods.close(asked.path["period"], asked.person.login, asked.body.open_orders)
        if isinstance(closed, Refused):
            raise web.HTTPConflict(text=closed.why)
        return ClosedPeriod(
            name=closed.name, ranked=closed.ranked, barred=closed.barred, tiers=closed.tiers, tiers_fen=closed.tiers_fen
        )

    async def results(self, asked: Asked[None, ResultsWanted]) -> Results:
        wanted, employee, department = asked.query, None, None
        if wanted.whose == "mine":
            employee = await within.own_row(asked, self._staff)
        else:
            department = await within.department(asked, self._staff)
        period = await self._closed(asked)
        rows = await self._of.periods.results(
            period["period_id"], employee, department, wanted.after, wanted.size, wanted.fate
        )
        return Results(period=period["name"], measure=period["policy"]["measure"], results=list(map(_result, rows)))

    async def lift(self, asked: Asked[Exemption, None]) -> Done:
        row = await self._staff.of_number(asked.body.employee)
        await within.see_to(asked, self._staff, () if row is None else row["departments"])
        if asked.body.employee == asked.person.employee:
            raise web.HTTPForbidden(text="nobody makes an exception of themselves")
        period = await self._closed(asked)
        lifted = row is not None and await self._of.periods.lift(
            row["employee_id"], period["period_id"], asked.person.login, asked.body.why
        )
        if not lifted:
            raise web.HTTPConflict(text="they are not barred because of this period")
        return Done()

    async def _closed(self, asked: Asked[Any, Any]) -> Record:
        period = await self._of.periods.named(asked.path["period"])
        if period is None or period["closed_at"] is None:
            raise web.HTTPNotFound(text="there is no such closed period")
        return period


def _result(row: Record) -> Result:
    return Result(
        employee=row["number"], name=row["name"], department=row["department"], group=row["group_name"],
        orders=row["orders_bp"] / 10_000, sales_fen=row["sales_fen"], commission_fen=row["commission_fen"],
        rank=row["rank"], of=row["of"], seats=row["seats"], fate=row["fate"],
        lifted_by=row["lifted_by"], lifted_why=row["lifted_why"],
    )  # fmt: skip
