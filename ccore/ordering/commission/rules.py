"""What a sale earns, to the fen, by the rule of its product: at once, and once a period's volume is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from ccore.ordering.model import FlatCommission, PercentCommission

_BASIS_POINTS = 10_000  # of the whole
MOST_FEN = 1_000_000_000  # as the table has it

Rate = FlatCommission | PercentCommission


@dataclass(frozen=True, slots=True)
class Tier:
    """From a holder's ``start``-th sale of the product in a period on, each sale earns ``rate``."""

    start: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a product's rule: the base ``rate``, tiers by volume, and how long what is earned may be lost.

    It is payable ``hold`` after the order became active. Who cancels before then, or within ``clawback`` of ordering,
    takes it back.
    """

    rate: Rate
    tiers: tuple[Tier, ...] = ()
    hold: timedelta = timedelta()
    clawback: timedelta = timedelta()


def commission_fen(rule: Rate, price_fen: int) -> int:
    """The commission on a sale at ``price_fen``; a share of the price is rounded half up to the whole fen."""
    if isinstance(rule, FlatCommission):
        return rule.fen
    return (price_fen * rule.basis_points + _BASIS_POINTS // 2) // _BASIS_POINTS


def rate_of(rule: Rule, ordinal: int) -> Rate:
    """What the holder's ``ordinal``-th sale (from 1) of the product in a period earns, marginally."""
    reached = (tier.rate for tier in reversed(rule.tiers) if tier.start <= ordinal)
    return next(reached, rule.rate)


def tier_fen(rule: Rule, price_fen: int, ordinal: int) -> int:
    """What volume adds to the base commission of that sale; below zero where more volume earns less."""
    return commission_fen(rate_of(rule, ordinal), price_fen) - commission_fen(rule.rate, price_fen)


def tiers_of(given: Sequence[Mapping[str, object]]) -> tuple[Tier, ...]:
    """Tiers as the rule's row has them: ``[{"from": 101, "fen": 300}, {"from": 501, "basis_points": 1500}]``.

    Raises ValueError, with a reason for people, for anything else, and for tiers that do not rise.
    """
    tiers = tuple(map(_tier, given))
    starts = [0, *(tier.start for tier in tiers)]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise ValueError("each tier begins at a later sale than the one before")
    return tiers


def _tier(given: Mapping[str, object]) -> Tier:
    match dict(given):
        case {"from": int(start), "fen": int(fen), **rest} if not rest and 0 <= fen <= MOST_FEN:
            return Tier(start, FlatCommission(fen))
        case {"from": int(start), "basis_points": int(points), **rest} if not rest and 0 <= points <= _BASIS_POINTS:
            return Tier(start, PercentCommission(points))
    raise ValueError('a tier is {"from": sales, "fen": …} or {"from": sales, "basis_points": …}')
