"""What an order is: the number dialled, the facts it is judged by, and what came of it."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from ccore.ordering.life import State
from ccore.selling import Confirmation, Fraud

Channel = Literal["call", "spool", "sms", "web", "agent"]  # how a try to order reached ccore
CALLER = "caller"  # who orders, in the audit, if nobody does it for them
Confirm = Literal["none", "key", "sms"]  # what a product asks of who orders it: nothing, a key in the call, a reply


class Outcome(enum.StrEnum):
    """What came of one try to order. The value is the dialplan's CCORE_RESULT and the name of the prompt played."""

    PLACED = "placed"
    CONFIRM_KEY = "confirm-key"  # an order that waits for a key in this call
    CONFIRM_TEXT = "confirm-text"  # an order that waits for the reply to a text message
    ALREADY_ASKED = "already-asked"  # the subscriber has one that waits for them
    ALREADY_YOURS = "already-yours"
    UNKNOWN_CODE = "unknown-code"
    NOT_ON_SALE = "not-on-sale"
    NOT_ELIGIBLE = "not-eligible"
    CLAIM_ENDED = "claim-ended"
    CALLER_WITHHELD = "caller-withheld"
    CALLER_NOT_ALLOWED = "caller-not-allowed"
    TOO_MANY_TRIES = "too-many-tries"

    @property
    def ordered(self) -> bool:
        """Whether there is an order of this try."""
        return self in {Outcome.PLACED, Outcome.CONFIRM_KEY, Outcome.CONFIRM_TEXT}


@dataclass(frozen=True, slots=True)
class OrderCode:
    """An order code taken apart: access ``10086``, product ``10``, claim ``001``."""

    access: str
    product: str
    claim: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to order, as it came from the telephone network or the spool.

    ``call_key`` names the call for ever (node, ``!``, uniqueid; a text message's is ``sms!`` and its number);
    ``caller`` and ``dialled`` are as received, unchecked. ``trunk`` is "" if nobody knows by which the call came.
    ``by`` is the login of who orders for the caller, and ``seller`` the number under which they sell ("": they do not).
    """

    call_key: str
    caller: str
    dialled: str
    called_at: datetime
    channel: Channel
    trunk: str = ""
    by: str = CALLER
    seller: str = ""

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
    """What is for sale under a product code.

    ``ways`` it can be ordered by; ``provided``: a provider has to switch it on.
    """

    price_fen: int
    mobile_only: bool
    sale: Period
    commission: FlatCommission | PercentCommission
    on_sale: bool = True
    ways: frozenset[str] = frozenset({"call", "sms", "web", "agent"})
    confirm: Confirm = "none"
    confirm_within: timedelta = timedelta(hours=24)
    provided: bool = False


@dataclass(frozen=True, slots=True)
class Seller:
    """Who earns a part of a sale: a person, or (``employee_id`` None) the department that holds the claim."""

    employee_id: int | None
    basis_points: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The hold of a person, a team or a department on one code of a product.

    Ended when the period is over or the person has left. ``own_number``: the caller is one of the ``sellers``, or of
    their families.
    """

    claim_id: int
    period: Period
    own_number: bool
    left_at: datetime | None
    sellers: tuple[Seller, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What the rules against fraud look at.

    Of the subscriber: ``has_had`` something before, ``recent`` orders, and how often this product was ``given_up``.
    Of the claim: when the ``newest_seller`` joined, and orders within the hour before; of the trunk the same. The path
    of the holder's ``department`` is "" while no rule asks for it.
    """

    has_had: bool = False
    recent: int = 0
    given_up: int = 0
    newest_seller: datetime | None = None
    claim_hour: int = 0
    trunk_hour: int = 0
    department: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows about one try. Product and claim are None where the dialled code names none.

    ``wrong_codes`` are the caller's within the window before the call; ``orders_within_a_day`` those within 24 hours.
    ``waits``: the live order is one that they have to confirm. ``not_eligible`` says why they may not have the product.
    """

    product: Product | None
    claim: Claim | None
    barred: bool
    wrong_codes: int
    orders_ever: int
    orders_within_a_day: int
    has_live_order: bool
    waits: bool = False
    not_eligible: str = ""
    signs: Signs = Signs()


_NO_OTHER, _USUAL = Fraud(), Confirmation()


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a caller may try and order before being refused; rules against fraud, and how orders are confirmed."""

    wrong_codes: int
    wrong_codes_window: timedelta
    orders_per_day: int
    fraud: Fraud = _NO_OTHER
    confirmation: Confirmation = _USUAL
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision to place an order: the subscriber's ``nth``, sold by the holder of the claim.

    ``earned``: each seller (an employee's id, None for the department that holds the claim) with their part, in fen.
    It begins in ``state``; if that is to be confirmed, ``confirm_by`` a key or a text message, ``within`` some time,
    ``demanded_by`` rules or (none) by the product. ``flags`` are for the fraud desk.
    """

    subscriber: str
    nth: int
    claim_id: int
    price_fen: int
    earned: tuple[tuple[int | None, int], ...]
    state: State = State.ACTIVE
    confirm_by: Confirm = "none"
    within: timedelta | None = None
    demanded_by: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What the subscriber is told."""
        said: dict[Confirm, Outcome] = {"key": Outcome.CONFIRM_KEY, "sms": Outcome.CONFIRM_TEXT}
        return said.get(self.confirm_by, Outcome.PLACED)

    @property
    def reason(self) -> str:
        """Why that, in a word."""
        if self.confirm_by == "none":
            return "placed"
        return self.demanded_by[0] if self.demanded_by else "by-product"

    @property
    def commission_fen(self) -> int:
        """All parts together."""
        return sum(fen for _, fen in self.earned)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The decision not to; ``reason`` says for support staff what the outcome leaves open."""

    outcome: Outcome
    reason: str
