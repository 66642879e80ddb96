"""Every row of the table that decides about a call, and which of two rows goes first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from ccore.ordering.decision import decide
from ccore.ordering.model import (
    Channel,
    Claim,
    Facts,
    FlatCommission,
    Limits,
    Outcome,
    PercentCommission,
    Period,
    Placement,
    Product,
    Refusal,
    Seller,
    Signs,
)
from ccore.selling import Fraud
from ccore.subscriber import NotAllowed, Subscriber, Withheld

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
LIMITS = Limits(wrong_codes=5, wrong_codes_window=timedelta(minutes=15), orders_per_day=3)
ALWAYS = Period(None, None)
OVER = Period(None, NOW)
CALLER = Subscriber("+8613812345678", is_mobile=True)
REGULAR = Signs(has_had=True)
USUAL = Fraud()
PRODUCT = Product(1000, False, ALWAYS, FlatCommission(200))
CLAIM = Claim(7, ALWAYS, own_number=False, left_at=None, sellers=(Seller(1, 10_000),))


@dataclass(frozen=True)
class Case:
    """A call; as it stands it becomes an order."""

    caller: Subscriber | Withheld | NotAllowed = CALLER
    product: Product | None = PRODUCT
    claim: Claim | None = CLAIM
    barred: bool = False
    wrong_codes: int = 0
    orders_within_a_day: int = 0
    has_live_order: bool = False
    waits: bool = False
    not_eligible: str = ""
    signs: Signs = REGULAR
    fraud: Fraud = USUAL
    channel: Channel = "call"
    trunk: str = "local"

    def decided(self) -> Placement | Refusal:
        return decide(
            self.caller,
            Facts(
                self.product,
                self.claim,
                self.barred,
                self.wrong_codes,
                orders_ever=2,
                orders_within_a_day=self.orders_within_a_day,
                has_live_order=self.has_live_order,
                waits=self.waits,
                not_eligible=self.not_eligible,
                signs=self.signs,
            ),
            replace(LIMITS, fraud=self.fraud),
            NOW,
            self.channel,
            self.trunk,
        )


def with_product(case: Case, **changes: object) -> Case:
    assert case.product is not None
    return replace(case, product=replace(case.product, **changes))  # type: ignore[arg-type]


def with_claim(case: Case, **changes: object) -> Case:
    assert case.claim is not None
    return replace(case, claim=replace(case.claim, **changes))  # type: ignore[arg-type]


# In the order of decide's table: what to change in a good call, and what it comes to.
ROWS: list[tuple[Callable[[Case], Case], Refusal]] = [
    (lambda c: replace(c, caller=Withheld()), Refusal(Outcome.CALLER_WITHHELD, "withheld")),
    (
        lambda c: replace(c, caller=NotAllowed("internal-extension")),
        Refusal(Outcome.CALLER_NOT_ALLOWED, "internal-extension"),
    ),
    (lambda c: replace(c, barred=True), Refusal(Outcome.CALLER_NOT_ALLOWED, "barred")),
    (lambda c: replace(c, wrong_codes=5), Refusal(Outcome.TOO_MANY_TRIES, "wrong-codes")),
    (lambda c: replace(c, claim=None), Refusal(Outcome.UNKNOWN_CODE, "no-such-code")),
    (lambda c: replace(c, waits=True), Refusal(Outcome.ALREADY_ASKED, "waits-for-them")),
    (lambda c: replace(c, has_live_order=True), Refusal(Outcome.ALREADY_YOURS, "live-order")),
    (lambda c: with_product(c, sale=OVER), Refusal(Outcome.NOT_ON_SALE, "outside-sale")),
    (lambda c: with_product(c, on_sale=False), Refusal(Outcome.NOT_ON_SALE, "outside-sale")),
    (lambda c: with_product(c, ways=frozenset({"web"})), Refusal(Outcome.NOT_ON_SALE, "other-ways")),
    (lambda c: with_claim(c, period=OVER), Refusal(Outcome.CLAIM_ENDED, "claim-over")),
    (lambda c: with_claim(c, sellers=()), Refusal(Outcome.CLAIM_ENDED, "claim-over")),
    (lambda c: with_claim(c, left_at=NOW), Refusal(Outcome.CLAIM_ENDED, "employee-left")),
    (
        lambda c: replace(with_product(c, mobile_only=True), caller=Subscriber("+862088886666", is_mobile=False)),
        Refusal(Outcome.CALLER_NOT_ALLOWED, "not-a-mobile"),
    ),
    (
        lambda c: replace(c, not_eligible="lacks-needed-product"),
        Refusal(Outcome.NOT_ELIGIBLE, "lacks-needed-product"),
    ),
    (lambda c: with_claim(c, own_number=True), Refusal(Outcome.CALLER_NOT_ALLOWED, "own-number")),
    (lambda c: replace(c, orders_within_a_day=3), Refusal(Outcome.TOO_MANY_TRIES, "orders-per-day")),
]
PAIRS = list(combinations(ROWS, 2))


def test_a_good_call_becomes_the_subscribers_next_order() -> None:
    assert Case().decided() == Placement("+8613812345678", nth=3, claim_id=7, price_fen=1000, earned=((1, 200),))


def test_a_teams_members_share_the_commission_to_the_fen() -> None:
    team = (Seller(1, 3333), Seller(2, 3333), Seller(3, 3334))
    decision = with_claim(Case(), sellers=team).decided()
    assert isinstance(decision, Placement)
    assert decision.earned == ((1, 67), (2, 66), (3, 67))
    assert decision.commission_fen == 200


def test_the_commission_is_by_the_products_rule() -> None:
    decision = with_product(Case(), price_fen=1990, commission=PercentCommission(1250)).decided()
    assert isinstance(decision, Placement)
    assert decision.commission_fen == 249


@pytest.mark.parametrize(("change", "refusal"), ROWS, ids=[row[1].reason for row in ROWS])
def test_each_row_of_the_table(change: Callable[[Case], Case], refusal: Refusal) -> None:
    assert change(Case()).decided() == refusal


@pytest.mark.parametrize(
    ("first", "second"),
    PAIRS,
    ids=[f"{one[1].reason}-before-{other[1].reason}" for one, other in PAIRS],
)
def test_of_two_rows_that_hold_the_first_decides(
    first: tuple[Callable[[Case], Case], Refusal], second: tuple[Callable[[Case], Case], Refusal]
) -> None:
    assert first[0](second[0](Case())).decided() == first[1]


@pytest.mark.parametrize(
    "case",
    [
        replace(Case(), wrong_codes=4),
        replace(Case(), orders_within_a_day=2),
        with_claim(Case(), left_at=NOW + timedelta(microseconds=1)),
        with_claim(Case(), period=Period(NOW, NOW + timedelta(microseconds=1))),
        with_product(Case(), sale=Period(NOW, NOW + timedelta(microseconds=1))),
        with_product(Case(), mobile_only=True),
        replace(Case(), caller=Subscriber("+862088886666", is_mobile=False)),
    ],
    ids=["4 wrong codes", "2 orders", "leaves later", "claim", "sale", "mobile", "landline, any product"],
)
def test_just_within_the_limits(case: Case) -> None:
    assert isinstance(case.decided(), Placement)


def test_an_unknown_product_is_an_unknown_code() -> None:
    assert replace(Case(), product=None, claim=None).decided() == Refusal(Outcome.UNKNOWN_CODE, "no-such-code")


def test_what_a_seller_says_is_wanted_its_subscriber_confirms_by_text_always() -> None:
    entered = Case(channel="web").decided()
    assert isinstance(entered, Placement)
    assert (entered.outcome, entered.confirm_by, entered.reason) == (Outcome.CONFIRM_TEXT, "sms", "by-seller")
    unreadable = Case(channel="web", caller=Subscriber("+862088886666", is_mobile=False)).decided()
    assert unreadable == Refusal(Outcome.CALLER_NOT_ALLOWED, "no-texts")
    heard = Case(channel="agent").decided()
    assert isinstance(heard, Placement)
    assert heard.outcome is Outcome.PLACED
