"""Claims as values: who holds, what came of asking, and the words in which it is said."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol


class Range(Protocol):
    """The access number after which a product's codes stand, and how many digits those of its claims have.

    Where there is a ``check_digit``, ``complete`` adds it to the digits of product and claim.
    """

    @property
    def number(self) -> str:
        """Such as 10086."""

    @property
    def claim_width(self) -> int:
        """Such as 3."""

    @property
    def check_digit(self) -> bool:
        """Whether one more follows."""

    def complete(self, code: str) -> str:
        """What is dialled after the number, and texted."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a claim, by the number of its row."""

    kind: Literal["employee", "team", "department"]
    row: int

    @property
    def columns(self) -> tuple[int | None, int | None, int | None]:
        """As three columns: employee, team, department."""
        return (
            self.row if self.kind == "employee" else None,
            self.row if self.kind == "team" else None,
            self.row if self.kind == "department" else None,
        )


class Why(enum.StrEnum):
    """Why a claim is not made, or not changed. The words stand in the API."""

    NO_PRODUCT = "no-such-product"
    NO_HOLDER = "no-such-holder"
    NO_RANGE = "no-number-range"
    NOT_ON_SALE = "not-on-sale"
    GONE = "holder-gone"
    BARRED = "barred"
    HELD = "held"
    LIMIT = "limit"
    EXHAUSTED = "exhausted"
    PAST = "past"
    OVER = "claim-over"


# English and Chinese, for whoever asked.
SAID: Mapping[Why, str] = {
    Why.NO_PRODUCT: "there is no such product / 没有这个产品",
    Why.NO_HOLDER: "there is nobody of this number, and no such team or department / 没有这个员工、团队或部门",
    Why.NO_RANGE: "the number plan has no numbers for codes of so many digits / 号码计划中没有这种长度的产品编码",
    Why.NOT_ON_SALE: "the product is not on sale then / 产品不在销售期",
    Why.GONE: "they have left, or the team has ended / 已离职，或团队已解散",
    Why.BARRED: "barred from claiming in this period / 本期不能认领",
    Why.HELD: "the product is held already / 已认领该产品",
    Why.LIMIT: "as many claims as one may hold at once / 同时认领数已达上限",
    Why.EXHAUSTED: "every code of this product is taken / 该产品的编码已用完",
    Why.PAST: "that time is over: orders of then are judged already / 不能是过去的时间",
    Why.OVER: "there is no such claim, or it is over / 没有这个认领，或已结束",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done; ``detail`` says more than the reason does, where there is more to say."""

    why: Why
    detail: str = ""

    def __str__(self) -> str:
        return f"{SAID[self.why]}{': ' if self.detail else ''}{self.detail}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A new claim: ``number`` is dialled, ``code`` sent as a text message; ``kits`` went out to so many people."""

    claim: int
    product: str
    number: str
    code: str
    starts: datetime
    kits: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How codes are given."""

    quarantine: timedelta
    at_once: int
    reserved: frozenset[str]
    nearly_full_percent: int

    def kept_back(self, width: int) -> list[str]:
        """Codes of ``width`` digits that nobody is given: that of tests, and the site's own."""
        return sorted({code_of_tests(width)} | {code for code in self.reserved if len(code) == width})


def code_of_tests(width: int) -> str:
    """The claim code of dry orders."""
    return "0" * width


@dataclass(frozen=True, slots=True)
class Facts:
    """What a claim is judged by. ``barred``: the period's name and why, or nothing."""

    product: bool
    on_sale: bool
    holder: bool
    gone: bool
    barred: str


def judge(facts: Facts) -> Refused | None:
    """Whether a claim may be made, but for what others do at the same moment; the first that holds decides."""
    for holds, why in (
        (not facts.holder, Why.NO_HOLDER),
        (facts.gone, Why.GONE),
        (not facts.product, Why.NO_PRODUCT),
        (not facts.on_sale, Why.NOT_ON_SALE),
        (bool(facts.barred), Why.BARRED),
    ):
        if holds:
            return Refused(why, facts.barred if why is Why.BARRED else "")
    return None


@dataclass(frozen=True, slots=True)
class Held:
    """The products of which somebody has a claim, ``at_once`` of them at most, and what keeps them from any more:
    they are ``gone``, or barred in a period, for their rank ``of`` so many in the one before."""

    products: frozenset[str]
    at_once: int
    gone: bool
    barred_in: str | None
    rank: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a product's codes are: so many ``taken``, those in quarantine among them, ``of`` those to be given."""

    product: str
    taken: int
    of: int

    def is_nearly_full(self, policy: Policy) -> bool:
        """Whether an operator should act."""
        return self.taken * 100 >= self.of * policy.nearly_full_percent
