"""Whether a try to order becomes an order, and if not, why not."""

from collections.abc import Iterator
from datetime import datetime

from ccore.ordering.commission import commission_fen
from ccore.ordering.model import Facts, Limits, Outcome, Placement, Refusal
from ccore.subscriber import NotAllowed, Subscriber, Withheld


def decide(
    caller: Subscriber | Withheld | NotAllowed, facts: Facts, limits: Limits, called_at: datetime
) -> Placement | Refusal:
    """Judge a call made at ``called_at``. The first row that holds decides:

    == =================================================  ==================  =====================
    1  the caller's number is withheld                    caller-withheld     withheld
    2  it is an extension of the site, a hotline, no      caller-not-allowed  as ``NotAllowed`` says
       valid number
    3  it is barred                                       caller-not-allowed  barred
    4  too many wrong codes before this call              too-many-tries      wrong-codes
    5  no such product, or nobody ever held the code      unknown-code        no-such-code
    6  the subscriber has the product already             already-yours       live-order
    7  the product is not on sale                         not-on-sale         outside-sale
    8  the claim is over                                  claim-ended         claim-over
    9  its employee has left                              claim-ended         employee-left
    10 a product for mobiles, called from another line    caller-not-allowed  not-a-mobile
    11 the claim's own employee is calling                caller-not-allowed  own-number
    12 too many orders within 24 hours                    too-many-tries      orders-per-day
    13 otherwise                                          placed
    == =================================================  ==================  =====================

    Who may not order learns nothing about codes (1–4 before 5); who has the product is told so, whatever became of
    the code since (6 before 7–12).
    """
    if isinstance(caller, Withheld):
        return Refusal(Outcome.CALLER_WITHHELD, "withheld")
    if isinstance(caller, NotAllowed):
        return Refusal(Outcome.CALLER_NOT_ALLOWED, caller.reason)
    for holds, outcome, reason in _rows_3_to_12(caller, facts, limits, called_at):
        if holds:
            return Refusal(outcome, reason)
    assert facts.product is not None
    assert facts.claim is not None
    return Placement(
        subscriber=caller.e164,
        nth=facts.orders_ever + 1,
        claim_id=facts.claim.claim_id,
        price_fen=facts.product.price_fen,
        commission_fen=commission_fen(facts.product.commission, facts.product.price_fen),
    )


def _rows_3_to_12(
    caller: Subscriber, facts: Facts, limits: Limits, called_at: datetime
) -> Iterator[tuple[bool, Outcome, str]]:
    yield facts.barred, Outcome.CALLER_NOT_ALLOWED, "barred"
    yield facts.wrong_codes >= limits.wrong_codes, Outcome.TOO_MANY_TRIES, "wrong-codes"
    product, claim = facts.product, facts.claim
    yield product is None or claim is None, Outcome.UNKNOWN_CODE, "no-such-code"
    assert product is not None
    assert claim is not None
    left = claim.employee_left_at
    yield facts.has_live_order, Outcome.ALREADY_YOURS, "live-order"
    yield not product.sale.holds(called_at), Outcome.NOT_ON_SALE, "outside-sale"
    yield not claim.period.holds(called_at), Outcome.CLAIM_ENDED, "claim-over"
    yield left is not None and left <= called_at, Outcome.CLAIM_ENDED, "employee-left"
    yield product.mobile_only and not caller.is_mobile, Outcome.CALLER_NOT_ALLOWED, "not-a-mobile"
    yield caller.e164 == claim.employee_phone, Outcome.CALLER_NOT_ALLOWED, "own-number"
    yield facts.orders_within_a_day >= limits.orders_per_day, Outcome.TOO_MANY_TRIES, "orders-per-day"
