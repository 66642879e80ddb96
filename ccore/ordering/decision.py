"""Whether a try to order becomes an order, and if not, why not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ccore.ordering.commission.rules import commission_fen
from ccore.ordering.commission.shares import divided
from ccore.ordering.life import State, wanted
from ccore.ordering.model import (
    Channel,
    Claim,
    Confirm,
    Facts,
    Limits,
    Outcome,
    Placement,
    Product,
    Refusal,
)
from ccore.ordering.policy import Caught, caught
from ccore.subscriber import NotAllowed, Subscriber, Withheld


def decide(
    caller: Subscriber | Withheld | NotAllowed,
    facts: Facts,
    limits: Limits,
    called_at: datetime,
    channel: Channel = "call",
    trunk: str = "",
) -> Placement | Refusal:
    """Judge a try to order of ``called_at``. The first row that holds decides:

    == =================================================  ==================  =====================
    1  the caller's number is withheld                    caller-withheld     withheld
    2  it is an extension of the site, a hotline, no      caller-not-allowed  as ``NotAllowed`` says
       valid number
    3  it is barred                                       caller-not-allowed  barred
    4  too many wrong codes before this call              too-many-tries      wrong-codes
    5  no such product, or nobody ever held the code      unknown-code        no-such-code
    6  the subscriber has to confirm an order of it       already-asked       waits-for-them
    7  the subscriber has the product already             already-yours       live-order
    8  the product is not on sale                         not-on-sale         outside-sale
    9  it is not sold this way                            not-on-sale         other-ways
    10 the claim is over, or its team has nobody          claim-ended         claim-over
    11 its employee has left                              claim-ended         employee-left
    12 a product for mobiles, called from another line    caller-not-allowed  not-a-mobile
    13 the product is not for them                        not-eligible        as the product says
    14 a rule of ``[fraud]`` refuses it                   as ``policy`` says  the rule
    15 too many orders within 24 hours                    too-many-tries      orders-per-day
    16 it needs a reply, and no text message reaches it   caller-not-allowed  no-texts
    17 a rule, or the product, wants it confirmed, or     confirm-text, -key  the rule, by-product,
       somebody who sells says that it is wanted (web)                        by-seller
    18 otherwise                                          placed              placed
    == =================================================  ==================  =====================

    Who may not order learns nothing about codes (1–4 before 5); who has the product is told so, whatever became of
    the code since (6 and 7 before the rest).
    """
    if isinstance(caller, Withheld):
        return Refusal(Outcome.CALLER_WITHHELD, "withheld")
    if isinstance(caller, NotAllowed):
        return Refusal(Outcome.CALLER_NOT_ALLOWED, caller.reason)
    for holds, outcome, reason in _rows_3_to_13(caller, facts, limits, called_at, channel):
        if holds:
            return Refusal(outcome, reason)
    rules = caught(limits.fraud, facts, trunk, called_at.astimezone(limits.zone))
    for rule in rules:
        if rule.effect == "refuse":
            return Refusal(rule.outcome, rule.reason)
    if facts.orders_within_a_day >= limits.orders_per_day:
        return Refusal(Outcome.TOO_MANY_TRIES, "orders-per-day")
    return _ordered(caller, facts, limits, channel, rules)


def _ordered(
    caller: Subscriber, facts: Facts, limits: Limits, channel: Channel, rules: Sequence[Caught]
) -> Placement | Refusal:
    assert facts.product is not None
    assert facts.claim is not None
    demanded = tuple(rule.reason for rule in rules if rule.effect == "confirm")
    if channel == "web":  # nobody has heard the subscriber want it
        demanded = (*demanded, "by-seller")
    confirm_by = _confirm_by(facts.product, channel, demanded, can_read=caller.is_mobile)
    if confirm_by is None:
        return Refusal(Outcome.CALLER_NOT_ALLOWED, "no-texts")
    waits = confirm_by != "none"
    return Placement(
        subscriber=caller.e164,
        nth=facts.orders_ever + 1,
        claim_id=facts.claim.claim_id,
        price_fen=facts.product.price_fen,
        earned=_earned(facts.product, facts.claim),
        state=State.PENDING_CONFIRM if waits else wanted(provided=facts.product.provided),
        confirm_by=confirm_by,
        within=_within(facts.product, limits, confirm_by) if waits else None,
        demanded_by=demanded,
        flags=tuple(rule.reason for rule in rules if rule.effect == "flag"),
    )


def _confirm_by(product: Product, channel: Channel, demanded: Sequence[str], *, can_read: bool) -> Confirm | None:
    """How the order has to be confirmed; None: it has to be, and cannot.

    What a rule demands is a second factor: the reply of who holds the number, while a key can be pressed by whoever
    has forged it. Who called from a telephone that shows no text messages has the key alone.
    """
    if product.confirm == "none" and not demanded:
        return "none"
    if product.confirm == "key" and not demanded and channel == "call":
        return "key"
    if can_read:
        return "sms"
    return "key" if channel == "call" else None


def _within(product: Product, limits: Limits, confirm_by: Confirm) -> timedelta:
    if confirm_by == "key":
        return timedelta(seconds=limits.confirmation.key_within_s)
    return product.confirm_within if product.confirm != "none" else limits.confirmation.demanded_within


def _earned(product: Product, claim: Claim) -> tuple[tuple[int | None, int], ...]:
    fen = commission_fen(product.commission, product.price_fen)
    parts = divided(fen, [seller.basis_points for seller in claim.sellers])
    return tuple((seller.employee_id, part) for seller, part in zip(claim.sellers, parts, strict=True))


def _rows_3_to_13(
    caller: Subscriber, facts: Facts, limits: Limits, called_at: datetime, channel: Channel
) -> Iterator[tuple[bool, Outcome, str]]:
    yield facts.barred, Outcome.CALLER_NOT_ALLOWED, "barred"
    yield facts.wrong_codes >= limits.wrong_codes, Outcome.TOO_MANY_TRIES, "wrong-codes"
    product, claim = facts.product, facts.claim
    yield product is None or claim is None, Outcome.UNKNOWN_CODE, "no-such-code"
    assert product is not None
    assert claim is not None
    left = claim.left_at
    yield facts.waits, Outcome.ALREADY_ASKED, "waits-for-them"
    yield facts.has_live_order, Outcome.ALREADY_YOURS, "live-order"
    yield not (product.on_sale and product.sale.holds(called_at)), Outcome.NOT_ON_SALE, "outside-sale"
    way = "call" if channel == "spool" else channel
    yield way not in product.ways, Outcome.NOT_ON_SALE, "other-ways"
    yield not (claim.sellers and claim.period.holds(called_at)), Outcome.CLAIM_ENDED, "claim-over"
    yield left is not None and left <= called_at, Outcome.CLAIM_ENDED, "employee-left"
    yield product.mobile_only and not caller.is_mobile, Outcome.CALLER_NOT_ALLOWED, "not-a-mobile"
    yield facts.not_eligible != "", Outcome.NOT_ELIGIBLE, facts.not_eligible
