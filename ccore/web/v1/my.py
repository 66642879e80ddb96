"""What those who sell see of themselves: what they may claim and why not, what they sold, where they stand."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from ccore.clock import utc_now
from ccore.marketing.model import Held, Holder
from ccore.marketing.product import Product
from ccore.marketing.service import Marketing
from ccore.ordering.assembly import Selling
from ccore.ordering.elimination import Fate
from ccore.ordering.ranking import Grouping, Measure
from ccore.people.model import Role
from ccore.reports.headings import Language
from ccore.reports.question import Question, columns
from ccore.reports.service import Reports
from ccore.settling import Periods
from ccore.web.bodies import Said
from ccore.web.v1 import within
from ccore.web.v1.operations import Asked, Operation, Told
from ccore.web.v1.reports import Day, answered

MOST_DAYS = 400
WhyNot = Literal["holder-gone", "held", "not-on-sale", "barred", "limit", "no-number-range", "exhausted"]


class SalesWanted(Said):
    """Whose days: from the beginning of ``since`` until the beginning of ``until``, told apart ``by``."""

    since: Day
    until: Day
    by: Literal["day", "month", "product", "channel", "state"] = "day"
    language: Language = "zh"


class PeriodBar(Told):
    """Who came last in the period before may not claim in ``period``: rank ``rank`` of ``of``, where that is known."""

    period: str
    rank: int | None
    of: int | None


class Offer(Told):
    """A product on sale, or soon. ``why_not`` is null for who may claim it; so many codes are ``left``, if known."""

    product: Product
    why_not: WhyNot | None
    left: int | None


class OwnPool(Told):
    """What one may claim: ``held`` claims of ``at_once`` are taken; ``bar`` keeps one from any."""

    at_once: int
    held: int
    bar: PeriodBar | None
    offers: list[Offer]


class SalesLine(Told):
    """``key`` is a day, a month, a product with its name, a channel or a state; money is in fen."""

    key: str
    orders: int
    live: int
    active: int
    sales_fen: int
    commission_fen: int


class OwnSales(Told):
    """What was sold under one's own codes; ``behind``: changes of orders that are not counted yet."""

    total: SalesLine
    lines: list[SalesLine]
    behind: int


class OwnEnquiry(Told):
    """What one dials to hear one's own figures, with a PIN; nothing, where the number plan has none that fits."""

    numbers: list[str]


class OwnStanding(Told):
    """One's rank were the running period over now, and the rule: of each group that has at least ``least_group`` people
    besides newcomers, the last ``last_percent`` % by ``measure`` may not claim in the next; ``seats`` are so many here.

    ``rank`` is null while one is not ranked.
    """

    period: str
    begins: datetime
    ends: datetime
    measure: Measure
    groups: Grouping
    last_percent: int
    least_group: int
    newcomer_days: int
    rank: int | None
    of: int | None = Field(description="in one's group")
    seats: int | None
    fate: Fate | None
    bar: PeriodBar | None


class _My:
    def __init__(self, marketing: Marketing, selling: Selling, reports: Reports, rules: Periods) -> None:
        self._marketing, self._selling, self._reports, self._rules = marketing, selling, reports, rules

    async def pool(self, asked: Asked[None, None]) -> OwnPool:
        held = await self._held(asked)
        now = utc_now()
        left = {fill.product: fill.of - fill.taken for fill in self._marketing.claims.fills}
        on_sale = [
            each.product
            for each in await self._marketing.products.all(now)
            if each.state.value == "on-sale" and (each.product.sale.ends or now) >= now
        ]
        offers = [
            Offer(product=product, why_not=self._why_not(product, held, now, left.get(product.code)),
                  left=left.get(product.code))
            for product in on_sale
        ]  # fmt: skip
        return OwnPool(at_once=held.at_once, held=len(held.products), bar=_bar(held), offers=offers)

    async def sales(self, asked: Asked[None, SalesWanted]) -> OwnSales:
        want = asked.query
        await within.own_row(asked, self._marketing.staff)
        until = min(want.until, want.since + timedelta(days=MOST_DAYS))
        question = Question(want.since, until, columns(want.by), people=(asked.person.employee,))
        report = await answered(self._reports.sales(question, want.language))
        found = [
            SalesLine(key=" ".join(line.keys), orders=line.sums.orders, live=line.sums.live, active=line.sums.active,
                      sales_fen=line.sums.sales_fen, commission_fen=line.sums.commission_fen)
            for line in report.lines
        ]  # fmt: skip
        none = SalesLine(key="", orders=0, live=0, active=0, sales_fen=0, commission_fen=0)
        total = next((line for line in found if not line.key), none)
        return OwnSales(total=total, lines=[line for line in found if line.key], behind=report.behind)

    async def standing(self, asked: Asked[None, None]) -> OwnStanding:
        held = await self._held(asked)
        now = utc_now()
        commission = self._selling.commission
        enquiry = await commission.enquiries.ranked(asked.person.employee, now)
        period = await commission.periods.running(now)
        if enquiry is None or period is None:
            raise within.no_period()
        rank, rules = enquiry.rank, self._rules
        return OwnStanding(
            period=period["name"], begins=period["begins"], ends=period["ends"], measure=rules.measure,
            groups=rules.groups, last_percent=rules.last_percent, least_group=rules.least_group,
            newcomer_days=rules.newcomer_days, rank=rank and rank.rank, of=rank and rank.of, seats=rank and rank.seats,
            fate=rank and rank.fate, bar=_bar(held),
        )  # fmt: skip

    async def enquiry(self, asked: Asked[None, None]) -> OwnEnquiry:
        await within.own_row(asked, self._marketing.staff)
        digits = "".join(filter(str.isdecimal, asked.person.employee)).lstrip("0")
        numbers = [
            each.number + digits.zfill(each.employee_width)
            for each in self._selling.plan.enquiry
            if 1 <= len(digits) <= each.employee_width
        ]
        return OwnEnquiry(numbers=numbers)

    async def _held(self, asked: Asked[Any, Any]) -> Held:
        row = await within.own_row(asked, self._marketing.staff)
        return await self._marketing.claims.held(Holder("employee", row))

    def _why_not(self, product: Product, held: Held, now: datetime, left: int | None) -> WhyNot | None:
        whys: dict[WhyNot, bool] = {
            "holder-gone": held.gone,
            "held": product.code in held.products,
            "not-on-sale": (product.sale.starts or now) > now,
            "barred": held.barred_in is not None,
            "limit": len(held.products) >= held.at_once,
            "no-number-range": not self._marketing.claims.number(product.code, ""),
            "exhausted": left is not None and left <= 0,
        }
        return next((why for why, holds in whys.items() if holds), None)


def operations(marketing: Marketing, selling: Selling, reports: Reports, rules: Periods) -> list[Operation[Any, Any]]:
    """For those who sell."""
    on, sellers = _My(marketing, selling, reports, rules), frozenset({Role.EMPLOYEE})
    return [
        Operation("GET", "/my/pool", "What one may claim, and why not", sellers, on.pool, answer=OwnPool),
        Operation("GET", "/my/sales", "What one has sold", sellers, on.sales, query=SalesWanted, answer=OwnSales),
        Operation("GET", "/my/enquiry", "What one dials to hear it", sellers, on.enquiry, answer=OwnEnquiry),
        Operation("GET", "/my/standing", "One's rank, and what it means", sellers, on.standing, answer=OwnStanding),
    ]


def _bar(held: Held) -> PeriodBar | None:
    return None if held.barred_in is None else PeriodBar(period=held.barred_in, rank=held.rank, of=held.of)
