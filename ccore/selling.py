"""``[ordering]``, ``[confirmation]``, ``[fraud]`` and ``[provisioning]``: what the configuration says of orders."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ccore.breaker import Breaker
from ccore.hours import Hours
from ccore.nodes import Name, Section

Effect = Literal["off", "flag", "confirm", "refuse"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Days = Annotated[int, Field(ge=1, le=3660)]


class Ordering(Section):
    """Limits on orders, against guessing and misuse."""

    wrong_codes_limit: Annotated[
        int, Field(ge=1, description="wrong codes of one caller within the window before refusal")
    ] = 5
    wrong_codes_window_s: Annotated[int, Field(ge=1)] = 900
    orders_per_day: Annotated[int, Field(ge=1, description="orders of one subscriber within 24 hours")] = 3
    internal_extensions: Annotated[str, Field(description="regular expression of the site's own extensions")] = (
        r"[2-8]\d{2,4}"
    )

    @field_validator("internal_extensions")
    @classmethod
    def _regular(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from error
        return value


class Confirmation(Section):
    """How orders are confirmed that have to be."""

    key_within_s: Annotated[int, Field(ge=1, le=3600, description="for the key; then it is as `no_key` says")] = 60
    no_key: Literal["sms", "expire"] = "sms"  # a call that ended without the key: ask by text message, or no order
    demanded_within_h: Annotated[int, Field(ge=1, le=720, description="for a reply that a rule of [fraud] demands")] = (
        24
    )

    @property
    def demanded_within(self) -> timedelta:
        """As a time."""
        return timedelta(hours=self.demanded_within_h)


class Rule(Section):
    """What is done about an order that a rule catches.

    ``flag``: the fraud desk sees it and its commission stays held; ``confirm``: the subscriber has to confirm it by
    text message; ``refuse``: it is none.
    """

    effect: Effect = "off"


class Price(Rule):
    """The price is ``from_fen`` or more."""

    from_fen: Annotated[int, Field(ge=0)] = 10_000


class Velocity(Rule):
    """The subscriber has made ``orders`` within ``within_s`` before this one."""

    orders: Count = 2
    within_s: Annotated[int, Field(ge=1, le=86_400)] = 3600


class OddTrunk(Rule):
    """The call came in by one of ``trunks``: roaming, payphones, an office."""

    trunks: tuple[Name, ...] = ()


class NewSeller(Rule):
    """Somebody who earns by it has not been here for ``days``."""

    days: Days = 30


class OffShift(Rule):
    """Nobody who holds the claim is on duty: it is outside the ``shifts`` of their department (by its path).

    Where it has none, those of the next one above it hold, "" being that of all others; where there are none at all,
    everybody is. Days are those of the site's zone; no day is a holiday.
    """

    shifts: dict[str, Hours] = Field(default={})


class Hourly(Rule):
    """``orders`` within the hour before this one: of the claim, or by the trunk."""

    orders: Count


class Cycle(Rule):
    """The subscriber has had this product ``times`` within ``days`` and given it up."""

    times: Count = 2
    days: Days = 30


class Busiest(Rule):
    """Nightly: a claim sold ``times`` as much in the day as the middle one of those that sold, ``orders`` at least."""

    effect: Literal["off", "flag"] = "flag"
    times: Annotated[int, Field(ge=2, le=1000)] = 5
    orders: Count = 30


class FewNumbers(Rule):
    """Nightly: in ``days`` a claim sold ``orders`` or more, to less than ``percent`` as many numbers."""

    effect: Literal["off", "flag"] = "flag"
    orders: Count = 20
    percent: Annotated[int, Field(ge=1, le=100)] = 50
    days: Annotated[int, Field(ge=1, le=31)] = 7


class FormerStaff(Rule):
    """Nightly: a claim of somebody who left was tried ``tries`` times: its orders of the ``days`` before are seen."""

    effect: Literal["off", "flag"] = "flag"
    tries: Count = 5
    days: Annotated[int, Field(ge=1, le=31)] = 7


class Fraud(Section):
    """The rules against orders that are made for commission; each by its own word, which is the reason that is noted.

    Beside them, in ``[ordering]``: wrong codes, and orders of a subscriber in a day.
    """

    own_number: Effect = "refuse"  # who earns by it, or their family, orders
    price: Price = Price()
    first_order: Rule = Rule()  # the subscriber has had nothing before
    velocity: Velocity = Velocity()
    odd_trunk: OddTrunk = OddTrunk()
    new_seller: NewSeller = NewSeller()
    off_shift: OffShift = OffShift()
    claim_hour: Hourly = Hourly(effect="flag", orders=30)
    trunk_hour: Hourly = Hourly(orders=1000)
    cycle: Cycle = Cycle(effect="confirm")
    busiest: Busiest = Busiest()
    few_numbers: FewNumbers = FewNumbers()
    former_staff: FormerStaff = FormerStaff()
    nightly_at: Annotated[int, Field(ge=0, le=23, description="the hour from which the day before is looked at")] = 3


class Provisioning(Section):
    """The system that switches products on and off.

    It takes POST of JSON (order, action ``on`` or ``off``, product, subscriber) with an ``Idempotency-Key``, the same
    however often it is asked: 200 or 201, it is done; 202, 409 or 425, not yet; 400, 404, 410 or 422, never, for the
    ``reason`` in its JSON answer; anything else or nothing: nobody knows, and it is asked again.
    """

    url: Annotated[str, Field(pattern=r"^$|^https?://[^\s@#]+$")] = ""  # "": nothing is switched on or off
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    at_once: Annotated[int, Field(ge=1, le=200)] = 20
    first_pause_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    longest_pause_s: Annotated[float, Field(gt=0, le=3600)] = 300.0
    late_after_s: Annotated[float, Field(gt=0, description="an order that waits for so long is an alarm")] = 900.0
    breaker: Breaker = Breaker()
