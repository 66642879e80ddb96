"""What an order is: the number dialled, the facts it is judged by, and what came of it."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Channel = Literal["call", "spool"]  # how a try to order reached ccore


class Outcome(enum.StrEnum):
    """What came of one try to order. The value is the dialplan's CCORE_RESULT and the name of the prompt played."""

    PLACED = "placed"
    ALREADY_YOURS = "already-yours"
    UNKNOWN_CODE = "unknown-code"
    NOT_ON_SALE = "not-on-sale"
    CLAIM_ENDED = "claim-ended"
    CALLER_WITHHELD = "caller-withheld"
    CALLER_NOT_ALLOWED = "caller-not-allowed"
    TOO_MANY_TRIES = "too-many-tries"


@dataclass(frozen=True, slots=True)
class OrderCode:
    """An order code taken apart: access ``10086``, product ``10``, claim ``001``."""

    access: str
    product: str
    claim: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to order, as it came from the telephone network or the spool.

    ``call_key`` names the call for ever (node, ``!``, uniqueid); ``caller`` and ``dialled`` are as received, unchecked.
    """

    call_key: str
    caller: str
    dialled: str
    called_at: datetime
    channel: Channel

    @property
    def call_id(self) -> str:
        """The call's name in the logs: its uniqueid."""
        return self.call_key.partition("!")[2]


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` until just before ``end``; None means without limit on that side."""

    start: datetime | None
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether ``at`` lies within."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class FlatCommission:
    """The same amount for every sale."""

    fen: int


@dataclass(frozen=True, slots=True)
class PercentCommission:
    """A share of the price, in basis points: 1250 is 12.5 %."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class Product:
    """What is for sale under a product code."""

    price_fen: int
    mobile_only: bool
    sale: Period
    commission: FlatCommission | PercentCommission


@dataclass(frozen=True, slots=True)
class Claim:
    """An employee's hold on one code of a product; ended when the period is over or the employee has left."""

    claim_id: int
    period: Period
    employee_phone: str
    employee_left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows about one try. Product and claim are None where the dialled code names none.

    ``wrong_codes`` are the caller's within the window before the call; ``orders_within_a_day`` those within 24 hours.
    """

    product: Product | None
    claim: Claim | None
    barred: bool
    wrong_codes: int
    orders_ever: int
    orders_within_a_day: int
    has_live_order: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a caller may try and order before being refused."""

    wrong_codes: int
    wrong_codes_window: timedelta
    orders_per_day: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision to place an order: the subscriber's ``nth``, sold by the holder of the claim."""

    subscriber: str
    nth: int
    claim_id: int
    price_fen: int
    commission_fen: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The decision not to; ``reason`` says for support staff what the outcome leaves open."""

    outcome: Outcome
    reason: str
