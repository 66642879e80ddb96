"""Orders over HTTP: who sells sees theirs, managers their department's, the fraud desk all; numbers are masked."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.db.pool import Database
from ccore.log import mask_number
from ccore.marketing.staff import Staff
from ccore.ordering.assembly import Selling
from ccore.ordering.book import Story, Wanted, is_within, listed, story
from ccore.ordering.life import State
from ccore.ordering.lives import Cancelled
from ccore.ordering.model import CALLER, OrderCode
from ccore.ordering.number import parse
from ccore.ordering.texts import Order as Dialled
from ccore.ordering.texts import understand
from ccore.people.model import Person, Role
from ccore.subscriber import e164
from ccore.web.bodies import Page, Said
from ccore.web.v1 import within
from ccore.web.v1.employees import Department
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.reports import Day

Code = Annotated[str, Field(pattern="^[0-9]{1,6}$")]
Channel = Literal["call", "spool", "sms", "web", "agent"]
DECIDES = frozenset({Role.MANAGER, Role.FRAUD})


class Sought(Page):
    """Which orders; ``employee`` is who sold them, alone or in a team; ``code``: of which claim, as it is dialled.

    ``department`` has those below it too. Placed from the beginning of ``since`` until the beginning of ``until``, days
    of the site's time zone.
    """

    state: State | None = None
    product: Code | None = None
    employee: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    subscriber: Annotated[str | None, Field(min_length=3, max_length=20)] = None
    channel: Channel | None = None
    code: Annotated[str | None, Field(pattern="^[0-9]{3,30}$")] = None
    department: Department | None = None
    since: Day | None = None
    until: Day | None = None


class Why(Said):
    """Why somebody does it: it stands in the audit."""

    why: Annotated[str, Field(min_length=1, max_length=500)]


class Order(Told):
    """One order. ``employee`` is "" where a team or a department sold it, which is then the ``holder``."""

    order: int
    state: State
    state_at: datetime
    subscriber: str
    channel: Channel
    called_at: datetime
    product: str
    name_zh: str
    name_en: str
    claim: str
    price_fen: int
    employee: str
    holder: str | None
    confirm_by: Literal["key", "sms"] | None
    confirm_until: datetime | None
    demanded_by: list[str]
    flagged: bool


class Orders(Told):
    """The newest first; ``before`` gives the next page, and is null on the last."""

    orders: list[Order]
    before: int | None


class How(Told):
    """How it came: ``call`` is the key of the call or message, ``entered_by`` who entered it for its subscriber.

    ``held_fen`` of its commission are payable from ``due_at`` on, unless the fraud desk looks at it; null: none waits.
    """

    placed_at: datetime
    dialled: str
    trunk: str
    call: str
    entered_by: str
    department: str
    held_fen: int
    payable_fen: int
    due_at: datetime | None


class Move(Told):
    """From one state to another."""

    was: State
    became: State
    at: datetime
    by: str
    reason: str


class Message(Told):
    """A text message about it."""

    kind: str
    state: str
    queued_at: datetime


class Entry(Told):
    """What it earned somebody, or took back from them; ``employee`` "": their department."""

    employee: str
    kind: str
    amount_fen: int
    booked_at: datetime


class Provisioned(Told):
    """What the provider was asked, and what it said last."""

    action: str
    state: str
    tries: int
    reason: str
    due_since: datetime
    ended_at: datetime | None


class Whole(Told):
    """All about one order."""

    order: Order
    how: How
    moves: list[Move]
    told: list[Message]
    earned: list[Entry]
    provisioned: list[Provisioned]


class _Orders:
    def __init__(self, database: Database, selling: Selling, staff: Staff, region: str, zone: ZoneInfo) -> None:
        self._database, self._selling, self._staff = database, selling, staff
        self._region, self._zone = region, zone

    async def listed(self, asked: Asked[None, Sought]) -> Orders:
        want = asked.query
        number = None if want.subscriber is None else e164(want.subscriber, self._region) or "nobody"
        employee = _whose(asked.person) or want.employee
        if employee is not None and number is not None:
            raise web.HTTPUnprocessableEntity(text="orders are looked for by who sold or by who ordered, not by both")
        product, claim = self._claim(want)
        wanted = Wanted(
            want.state, product, employee, number, want.channel, want.before, await self._department(asked),
            want.department, claim, self._midnight(want.since), self._midnight(want.until),
        )  # fmt: skip
        rows = await listed(self._database, wanted, want.size)
        orders = [_order(row) for row in rows]
        return Orders(orders=orders, before=orders[-1].order if len(orders) == want.size else None)

    async def one(self, asked: Asked[None, None]) -> Whole:
        number = asked.number("order")
        found = await story(self._database, number, _whose(asked.person), await self._department(asked))
        if found is None:
            raise web.HTTPNotFound(text=_NOTHING)
        return _whole(found, asked.person)

    async def cancel(self, asked: Asked[Why, None]) -> Done:
        await self._see_to(asked)
        ended = await self._selling.lives.cancel(asked.number("order"), asked.person.login, asked.body.why)
        if ended is Cancelled.UNKNOWN:
            raise web.HTTPNotFound(text=_NOTHING)
        if ended is Cancelled.OVER:
            raise web.HTTPConflict(text="it has ended already")
        return Done()

    async def confirm(self, asked: Asked[Why, None]) -> Done:
        await self._see_to(asked)
        if not await self._selling.lives.confirm(asked.number("order"), asked.person.login, asked.body.why):
            raise web.HTTPConflict(text="there is no such order that waits to be confirmed")
        return Done()

    async def _see_to(self, asked: Asked[Why, None]) -> None:
        """Raises HTTPNotFound unless the order is the business of whoever asks."""
        mine = await self._department(asked)
        if mine is not None and not await is_within(self._database, asked.number("order"), mine):
            raise web.HTTPNotFound(text=_NOTHING)

    def _claim(self, want: Sought) -> tuple[str | None, str | None]:
        """The codes of the product and of the claim; no claim has the code "", which is none in the number plan."""
        if want.code is None:
            return want.product, None
        plan = self._selling.plan
        asked = understand(want.code, plan)
        found = parse(plan, asked.dialled if isinstance(asked, Dialled) else want.code)
        if not isinstance(found, OrderCode) or want.product not in {None, found.product}:
            return want.product or "", ""
        return found.product, found.claim

    def _midnight(self, day: date | None) -> datetime | None:
        return None if day is None else datetime.combine(day, time(), self._zone)

    async def _department(self, asked: Asked[Any, Any]) -> int | None:
        """The department whose orders, with those below, a manager sees; None: it is not by a department."""
        return await within.department(asked, self._staff) if asked.person.role is Role.MANAGER else None


def operations(
    database: Database, selling: Selling, staff: Staff, region: str, zone: ZoneInfo
) -> list[Operation[Any, Any]]:
    """To look for everybody who sells; to decide for managers and the fraud desk."""
    on = _Orders(database, selling, staff, region, zone)
    everybody, one = DECIDES | {Role.EMPLOYEE}, "/orders/{order:int}"
    return [
        Operation("GET", "/orders", "Orders", everybody, on.listed, query=Sought, answer=Orders),
        Operation("GET", one, "One order", everybody, on.one, answer=Whole),
        Operation("POST", f"{one}/cancellation", "End it", DECIDES, on.cancel, body=Why, answer=Done),
        Operation("POST", f"{one}/confirmation", "Confirm it", DECIDES, on.confirm, body=Why, answer=Done),
    ]


_NOTHING = "there is no such order, or it is nobody's business"


def _whose(person: Person) -> str | None:
    """The employee whose orders alone they see; None: everybody's."""
    return None if person.is_one_of(DECIDES) else person.employee


def _order(row: Record) -> Order:
    return Order.model_validate({**row, "order": row["order_id"], "subscriber": mask_number(row["subscriber"])})


def _whole(found: Story, person: Person) -> Whole:
    """Who sees only their own sees only what they themselves earned of it."""
    own = _whose(person)
    earned = [row for row in found.earned if own is None or row["employee"] == own]
    return Whole(
        order=_order(found.order),
        how=_how(found, mine=own is not None),
        moves=[Move.model_validate(dict(row)) for row in found.moves],
        told=[Message.model_validate(dict(row)) for row in found.told],
        earned=[Entry.model_validate(dict(row)) for row in earned],
        provisioned=[Provisioned.model_validate(dict(row)) for row in found.provisioned],
    )


def _how(found: Story, *, mine: bool) -> How:
    """Of a team's order everybody sees what they themselves earn alone: nothing is told of the money of all of them."""
    row = found.how
    money = {"held_fen": 0, "payable_fen": 0, "due_at": None} if mine else {}
    by = "" if row["by"] == CALLER else row["by"]
    return How.model_validate({**row, **money, "call": row["call_key"], "entered_by": by})
