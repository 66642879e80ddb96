"""Commission over HTTP: one's own, a manager's department's; adjustments, payouts and disputes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.clock import utc_now
from ccore.marketing.product import Time
from ccore.marketing.staff import Staff
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.commission.closing import OPENING
from ccore.ordering.commission.disputes import LONGEST_NOTE
from ccore.ordering.commission.enquiry import Enquiry
from ccore.ordering.commission.ledger import MOST_ADJUSTED_FEN, Employee, payout_file
from ccore.people.model import Role
from ccore.web.bodies import Page, Said
from ccore.web.v1 import within
from ccore.web.v1.operations import Asked, Done, Operation, Told

Number = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", description="an employee number")]
Note = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE, pattern=r"\S")]
State = Literal["open", "answered", "closed"]
Row = Annotated[int, Field(ge=1, le=2**63 - 1)]


class EntriesWanted(Page):
    """Which postings: booked from ``since`` until ``until``, of an ``order``; without them, all."""

    since: Time | None = None
    until: Time | None = None
    order: Row | None = None


class Adjustment(Said):
    """So much more for somebody, or, below zero, less; the note says why."""

    employee: Number
    fen: Annotated[int, Field(strict=True, ge=-MOST_ADJUSTED_FEN, le=MOST_ADJUSTED_FEN)]
    note: Note


class NewPayout(Said):
    """Pay everybody who is owed at least so much."""

    least_fen: Annotated[int, Field(strict=True, ge=1, le=10**12)] = 1


class NewPin(Said):
    """By which one asks by telephone."""

    pin: Annotated[str, Field(pattern=r"^[0-9]{6,12}$")]


class DisputesWanted(Page):
    """Which disputes: one's own, or all of a manager's department and below."""

    whose: Literal["mine", "department"] = "mine"
    state: State | None = None


class NewDispute(Said):
    """What one does not agree with: one's result of a period, or what an order earned; and why."""

    period: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = None
    order: Row | None = None
    note: Note


class NewNote(Said):
    """What is said, and what the dispute becomes by it."""

    became: State
    note: Note


class Rank(Told):
    """The best has rank 1. ``last``: were the period over now, they would be barred from claiming in the next."""

    rank: int
    of: int
    last: bool


class Earned(Told):
    """What somebody sold since ``since`` and is owed, in fen; ``forecast_fen`` with what volume would add by now."""

    employee: str
    period: str
    since: datetime
    orders: int
    sales_fen: int
    booked_fen: int
    forecast_fen: int
    held_fen: int
    payable_fen: int
    paid_fen: int
    rank: Rank | None


class Posting(Told):
    """What was booked for somebody at once, by account."""

    posting: int
    booked_at: datetime
    kind: Literal["sale", "tier", "release", "clawback", "payout", "adjustment"]
    order: int | None
    product: str | None
    held_fen: int
    payable_fen: int
    paid_fen: int
    note: str
    by: str


class Postings(Told):
    """The newest first."""

    postings: list[Posting]


class Adjusted(Told):
    """The posting that was made."""

    posting: int


class Payout(Told):
    """What was paid at once."""

    payout: int
    payees: int
    fen: int


class PastPayout(Payout):
    """And by whom, when."""

    made_at: datetime
    made_by: str


class Payouts(Told):
    """The newest first."""

    payouts: list[PastPayout]


class Dispute(Told):
    """What somebody does not agree with."""

    dispute: int
    employee: str
    name: str
    period: str | None
    order: int | None
    state: State
    opened_at: datetime
    changed_at: datetime


class Disputed(Told):
    """The newest first."""

    disputes: list[Dispute]


class Remark(Told):
    """What somebody said in a dispute."""

    at: datetime
    by: str
    became: State
    note: str


class WholeDispute(Dispute):
    """With all that was said."""

    notes: list[Remark]


class Opened(Told):
    """The dispute that is open now."""

    dispute: int


def operations(of: Commission, staff: Staff) -> list[Operation[Any, Any]]:
    """All of commission."""
    api = _Api(of, staff)
    mine, managed, everything = {Role.EMPLOYEE}, {Role.MANAGER}, set[Role]()
    both, people, disputes = mine | managed, "/commission/people/{employee}", "/commission/disputes"
    payouts, one_dispute = "/commission/payouts", f"{disputes}/{{dispute:int}}"
    own, wanted = "/commission/entries", EntriesWanted
    return [
        Operation("GET", "/commission", "What one has sold and earned", mine, api.own, answer=Earned),
        Operation("GET", own, "What was booked for oneself", mine, api.own_entries, None, wanted, Postings),
        Operation("PUT", "/commission/pin", "A PIN to ask by telephone", mine, api.set_pin, NewPin, None, Done,
                  secret=True),
        Operation("GET", people, "What somebody has sold and earned", managed, api.one, answer=Earned),
        Operation("GET", f"{people}/entries", "What was booked for somebody", managed, api.entries, None, wanted,
                  Postings),
        Operation("POST", "/commission/adjustments", "Give somebody an amount, or take it", managed, api.adjust,
                  Adjustment, None, Adjusted, 201),
        Operation("GET", payouts, "What was paid, and when", everything, api.payouts, None, Page, Payouts),
        Operation("POST", payouts, "Pay what is payable", everything, api.pay, NewPayout, None, Payout, 201),
        Operation("GET", f"{payouts}/{{payout:int}}/file", "Who is to get how much, as CSV", everything, api.file,
                  media=("text/csv",)),
        Operation("GET", disputes, "Disputes", both, api.disputes, None, DisputesWanted, Disputed),
        Operation("POST", disputes, "Dispute a result, or what an order earned", mine, api.open, NewDispute, None,
                  Opened, 201),
        Operation("GET", one_dispute, "All that was said in a dispute", both, api.dispute, answer=WholeDispute),
        Operation("POST", f"{one_dispute}/notes", "Say something in a dispute", both, api.note, NewNote, None, Done),
    ]  # fmt: skip


class _Api:
    def __init__(self, of: Commission, staff: Staff) -> None:
        self._of = of
        self._staff = staff

    async def own(self, asked: Asked[None, None]) -> Earned:
        return await self._earned(await self._oneself(asked))

    async def one(self, asked: Asked[None, None]) -> Earned:
        return await self._earned(await self._managed(asked, asked.path["employee"]))

    async def own_entries(self, asked: Asked[None, EntriesWanted]) -> Postings:
        return await self._entries(await self._oneself(asked), asked.query)

    async def entries(self, asked: Asked[None, EntriesWanted]) -> Postings:
        return await self._entries(await self._managed(asked, asked.path["employee"]), asked.query)

    async def set_pin(self, asked: Asked[NewPin, None]) -> Done:
        oneself = await self._oneself(asked)
        if complaint := await self._of.at_phone.set_pin(oneself, asked.body.pin, asked.person.login):
            raise web.HTTPUnprocessableEntity(text=complaint)
        return Done()

    async def adjust(self, asked: Asked[Adjustment, None]) -> Adjusted:
        employee = await self._managed(asked, asked.body.employee)
        if employee.number == asked.person.employee:
            raise web.HTTPForbidden(text="nobody adjusts their own commission")
        posting = await self._of.ledger.adjust(employee, asked.body.fen, asked.body.note, asked.person.login)
        if isinstance(posting, str):
            raise web.HTTPUnprocessableEntity(text=posting)
        return Adjusted(posting=posting)

    async def payouts(self, asked: Asked[None, Page]) -> Payouts:
        rows = await self._of.ledger.payouts(asked.query.before, asked.query.size)
        return Payouts(
            payouts=[
                PastPayout(payout=row["payout_id"], payees=row["payees"], fen=row["fen"], made_at=row["made_at"],
                           made_by=row["made_by"])
                for row in rows
            ]
        )  # fmt: skip

    async def pay(self, asked: Asked[NewPayout, None]) -> Payout:
        paid = await self._of.ledger.pay(asked.person.login, asked.body.least_fen)
        if paid is None:
            raise web.HTTPConflict(text="nobody is owed so much")
        return Payout(payout=paid.payout_id, payees=paid.payees, fen=paid.fen)

    async def file(self, asked: Asked[None, None]) -> web.Response:
        number = asked.number("payout")
        payees = await self._of.ledger.payees(number)
        if not payees:
            raise web.HTTPNotFound(text="there is no such payout")
        headers = {"Content-Disposition": f'attachment; filename="payout-{number}.csv"'}
        return web.Response(body=payout_file(number, payees), content_type="text/csv", charset="utf-8", headers=headers)

    async def disputes(self, asked: Asked[None, DisputesWanted]) -> Disputed:
        wanted, employee, department = asked.query, None, None
        if wanted.whose == "mine":
            employee = (await self._oneself(asked)).employee_id
        else:
            department = await within.department(asked, self._staff)
        rows = await self._of.disputes.listed(wanted.before, employee, department, wanted.state, wanted.size)
        return Disputed(disputes=[Dispute(**_dispute(row)) for row in rows])

    async def open(self, asked: Asked[NewDispute, None]) -> Opened:
        said = asked.body
        number = await self._of.disputes.open(
            await self._oneself(asked), said.period, said.order, said.note, asked.person.login
        )
        if isinstance(number, str):
            raise web.HTTPUnprocessableEntity(text=number)
        return Opened(dispute=number)

    async def dispute(self, asked: Asked[None, None]) -> WholeDispute:
        row = await self._seen(asked)
        notes = [Remark(**note) for note in await self._of.disputes.notes(row["dispute_id"])]
        return WholeDispute(**_dispute(row), notes=notes)

    async def note(self, asked: Asked[NewNote, None]) -> Done:
        """Who opened it may go on or end it; to answer it is for others."""
        row = await self._seen(asked)
        if row["number"] == asked.person.employee and asked.body.became == "answered":
            raise web.HTTPForbidden(text="nobody answers their own dispute")
        number = row["dispute_id"]
        if complaint := await self._of.disputes.note(number, asked.body.became, asked.body.note, asked.person.login):
            raise web.HTTPConflict(text=complaint)
        return Done()

    async def _seen(self, asked: Asked[Any, None]) -> Record:
        """A dispute of theirs, or of a manager's department. Raises HTTPNotFound for any other."""
        row = await self._of.disputes.one(asked.number("dispute"))
        own = row is not None and row["number"] == asked.person.employee
        if row is None or not (own or asked.person.is_one_of({Role.MANAGER})):
            raise web.HTTPNotFound(text="there is no such dispute")
        if not own:
            await self._managed(asked, row["number"])
        return row

    async def _earned(self, employee: Employee) -> Earned:
        enquiry = await self._of.enquiries.ranked(employee.number, utc_now())
        if enquiry is None:
            raise within.no_period()
        return _earned(enquiry)

    async def _entries(self, employee: Employee, wanted: EntriesWanted) -> Postings:
        since, until = wanted.since or OPENING, wanted.until or utc_now()
        rows = await self._of.ledger.statement(employee, since, until, wanted.before, wanted.size, wanted.order)
        return Postings(postings=list(map(_posting, rows)))

    async def _oneself(self, asked: Asked[Any, Any]) -> Employee:
        employee = await self._of.ledger.employee(asked.person.employee) if asked.person.employee else None
        if employee is None:
            raise web.HTTPForbidden(text="you sell under no employee number")
        return employee

    async def _managed(self, asked: Asked[Any, Any], number: str) -> Employee:
        """Somebody of the department of who asks. Raises HTTPNotFound for anybody else."""
        row = await self._staff.of_number(number)
        await within.see_to(asked, self._staff, () if row is None else row["departments"])
        employee = await self._of.ledger.employee(number)
        if employee is None:
            raise web.HTTPNotFound(text="there is nobody of this number")
        return employee


def _earned(enquiry: Enquiry) -> Earned:
    rank = None if enquiry.rank is None else Rank(rank=enquiry.rank.rank, of=enquiry.rank.of, last=enquiry.rank.last)
    return Earned(
        employee=enquiry.number, period=enquiry.period, since=enquiry.since, orders=enquiry.orders,
        sales_fen=enquiry.sales_fen, booked_fen=enquiry.booked_fen, forecast_fen=enquiry.forecast_fen,
        held_fen=enquiry.held_fen, payable_fen=enquiry.payable_fen, paid_fen=enquiry.paid_fen, rank=rank,
    )  # fmt: skip


def _posting(row: Record) -> Posting:
    return Posting(
        posting=row["posting_id"], booked_at=row["booked_at"], kind=row["kind"], order=row["order_id"],
        product=row["product"], held_fen=row["held"], payable_fen=row["payable"], paid_fen=row["paid"],
        note=row["note"], by=row["by"],
    )  # fmt: skip


def _dispute(row: Record) -> dict[str, Any]:
    return {
        "dispute": row["dispute_id"], "employee": row["number"], "name": row["name"], "period": row["period"],
        "order": row["order_id"], "state": row["state"], "opened_at": row["opened_at"], "changed_at": row["changed_at"],
    }  # fmt: skip
