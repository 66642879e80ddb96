"""The rules against orders made for commission: which of them an order runs into, and what that means for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccore.hours import Calendar, Hours, is_open
from ccore.ordering.model import Facts, Outcome
from ccore.selling import Effect, Fraud

# What the caller is told of a refusal; of all other rules: caller-not-allowed.
_NO_HOLIDAYS = Calendar(country="")
_TOO_OFTEN = frozenset({"velocity", "claim-hour", "trunk-hour", "cycle"})


@dataclass(frozen=True, slots=True)
class Caught:
    """A rule that an order runs into, by its word, and what it does about it."""

    reason: str
    effect: Effect

    @property
    def outcome(self) -> Outcome:
        """What the caller is told if it is refused."""
        return Outcome.TOO_MANY_TRIES if self.reason in _TOO_OFTEN else Outcome.CALLER_NOT_ALLOWED


def caught(rules: Fraud, facts: Facts, trunk: str, called_at: datetime) -> tuple[Caught, ...]:
    """Every rule that is on and catches an order of what ``facts`` say, in the order of the configuration.

    ``facts`` have a product and a claim; ``trunk`` is "" if nobody knows by which the call came: a text message comes
    by none, and no rule of trunks catches it. ``called_at`` is of the site's zone.
    """
    rows = _rows(rules, facts, trunk, called_at)
    return tuple(Caught(reason, effect) for reason, effect, holds in rows if holds and effect != "off")


def _rows(rules: Fraud, facts: Facts, trunk: str, called_at: datetime) -> Iterator[tuple[str, Effect, bool]]:
    assert facts.product is not None
    assert facts.claim is not None
    seen = facts.signs
    yield "own-number", rules.own_number, facts.claim.own_number
    yield "price", rules.price.effect, facts.product.price_fen >= rules.price.from_fen
    yield "first-order", rules.first_order.effect, not seen.has_had
    yield "velocity", rules.velocity.effect, seen.recent >= rules.velocity.orders
    yield "odd-trunk", rules.odd_trunk.effect, trunk in rules.odd_trunk.trunks
    new_since = called_at - timedelta(days=rules.new_seller.days)
    joined = seen.newest_seller
    yield "new-seller", rules.new_seller.effect, joined is not None and joined > new_since
    yield "off-shift", rules.off_shift.effect, _off_shift(rules.off_shift.shifts, seen.department, called_at)
    yield "claim-hour", rules.claim_hour.effect, seen.claim_hour >= rules.claim_hour.orders
    yield "trunk-hour", rules.trunk_hour.effect, seen.trunk_hour >= rules.trunk_hour.orders
    yield "cycle", rules.cycle.effect, seen.given_up >= rules.cycle.times


def _off_shift(shifts: Mapping[str, Hours], department: str, at: datetime) -> bool:
    """Whether it is outside the shifts of the department; where none are said, nobody is ever off."""
    own = department
    while own and own not in shifts:
        own = own.rpartition("/")[0]
    return own in shifts and is_open(shifts[own], _NO_HOLIDAYS, at) != "open"
