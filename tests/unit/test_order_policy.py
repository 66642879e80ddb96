"""The rules against fraud, each by its figure; and what an order comes to that runs into them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore import selling
from ccore.ordering.decision import decide
from ccore.ordering.life import State
from ccore.ordering.model import (
    Channel,
    Claim,
    Facts,
    FlatCommission,
    Limits,
    Outcome,
    Period,
    Placement,
    Product,
    Refusal,
    Seller,
    Signs,
)
from ccore.ordering.policy import caught
from ccore.selling import Fraud
from ccore.subscriber import Subscriber

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
ALWAYS = Period(None, None)
MOBILE, LANDLINE = Subscriber("+8613812345678", is_mobile=True), Subscriber("+862088886666", is_mobile=False)
PRODUCT = Product(9_999, False, ALWAYS, FlatCommission(200))
CLAIM = Claim(7, ALWAYS, own_number=False, left_at=None, sellers=(Seller(1, 10_000),))
REGULAR = Signs(has_had=True, newest_seller=NOW - timedelta(days=31))
FACTS = Facts(PRODUCT, CLAIM, False, 0, 2, 0, False, signs=REGULAR)
WORDS = {
    "own_number": "own-number",
    "price": "price",
    "first_order": "first-order",
    "velocity": "velocity",
    "odd_trunk": "odd-trunk",
    "new_seller": "new-seller",
    "claim_hour": "claim-hour",
    "trunk_hour": "trunk-hour",
    "cycle": "cycle",
}
# What runs into each rule, and what just does not.
ROWS: dict[str, tuple[Facts, Facts]] = {
    "own_number": (replace(FACTS, claim=replace(CLAIM, own_number=True)), FACTS),
    "price": (replace(FACTS, product=replace(PRODUCT, price_fen=10_000)), FACTS),
    "first_order": (replace(FACTS, signs=replace(REGULAR, has_had=False)), FACTS),
    "velocity": tuple(replace(FACTS, signs=replace(REGULAR, recent=n)) for n in (2, 1)),  # type: ignore[dict-item]
    "new_seller": tuple(  # type: ignore[dict-item]
        replace(FACTS, signs=replace(REGULAR, newest_seller=NOW - timedelta(days=30) + timedelta(seconds=s)))
        for s in (1, 0)
    ),
    "claim_hour": tuple(replace(FACTS, signs=replace(REGULAR, claim_hour=n)) for n in (30, 29)),  # type: ignore[dict-item]
    "trunk_hour": tuple(replace(FACTS, signs=replace(REGULAR, trunk_hour=n)) for n in (1000, 999)),  # type: ignore[dict-item]
    "cycle": tuple(replace(FACTS, signs=replace(REGULAR, given_up=n)) for n in (2, 1)),  # type: ignore[dict-item]
}


def rules(**effects: str) -> Fraud:
    """All off, but these."""
    each = {rule: {"effect": effects.get(rule, "off")} for rule in WORDS if rule != "own_number"}
    for rule, orders in (("claim_hour", 30), ("trunk_hour", 1000)):
        each[rule]["orders"] = orders  # type: ignore[assignment]
    each["odd_trunk"]["trunks"] = ["roaming"]  # type: ignore[assignment]
    return Fraud.model_validate({**each, "own_number": effects.get("own_number", "off")})


def limits(fraud: Fraud) -> Limits:
    return Limits(5, timedelta(minutes=15), 3, fraud, selling.Confirmation())


@pytest.mark.parametrize("rule", ROWS)
@pytest.mark.parametrize("effect", ["off", "flag", "confirm", "refuse"])
def test_each_rule_by_its_figure_and_effect(rule: str, effect: str) -> None:
    found = [(each.reason, each.effect) for each in caught(rules(**{rule: effect}), ROWS[rule][0], "", NOW)]
    assert found == ([] if effect == "off" else [(WORDS[rule], effect)])
    assert caught(rules(**{rule: effect}), ROWS[rule][1], "", NOW) == ()


def test_odd_trunks_are_those_that_are_named() -> None:
    fraud = rules(odd_trunk="confirm")
    assert [each.reason for each in caught(fraud, FACTS, "roaming", NOW)] == ["odd-trunk"]
    assert caught(fraud, FACTS, "local", NOW) == caught(fraud, FACTS, "", NOW) == ()


SHIFTS = {
    "": {"workdays": ["08:00-18:00"], "weekends": ["10:00-16:00"], "holidays": ["08:00-18:00"]},
    "Sales/Night": {"workdays": ["22:00-06:00"], "saturday": []},
}


@pytest.mark.parametrize(
    ("department", "day", "hour", "off"),
    [
        ("Sales/Day", 24, 8, False), ("Sales/Day", 24, 18, True), ("Sales/Day", 28, 9, True), ("", 24, 7, True),
        ("Sales/Night", 24, 23, False), ("Sales/Night/East", 25, 5, False), ("Sales/Night/East", 25, 6, True),
        ("Sales/Nightly", 24, 23, True), ("Sales/Night", 28, 5, False), ("Sales/Night", 28, 23, True),
    ],
)  # fmt: skip
def test_a_code_is_off_shift_outside_the_hours_of_its_department(
    department: str, day: int, hour: int, off: bool
) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    at = datetime(2026, 11, day, hour, tzinfo=shanghai)  # the 24th is a Tuesday
    facts = replace(FACTS, signs=replace(REGULAR, department=department, newest_seller=None))
    fraud = Fraud.model_validate({"off_shift": {"effect": "flag", "shifts": SHIFTS}, "claim_hour": {"orders": 30}})
    decision = decide(MOBILE, facts, replace(limits(fraud), zone=shanghai), at.astimezone(UTC))
    assert isinstance(decision, Placement)
    assert decision.flags == (("off-shift",) if off else ())
    assert decide(MOBILE, facts, replace(limits(Fraud()), zone=shanghai), at) == replace(decision, flags=())


def test_where_no_shifts_are_said_nobody_is_off() -> None:
    fraud = Fraud.model_validate({"off_shift": {"effect": "refuse", "shifts": {"Sales": {}}}})
    for department, reasons in (("Stock", []), ("", []), ("Sales/East", ["off-shift"])):
        facts = replace(FACTS, signs=replace(REGULAR, department=department))
        assert [each.reason for each in caught(fraud, facts, "", NOW)] == reasons


def test_by_default_only_their_own_orders_are_refused() -> None:
    usual = Fraud()
    assert {each.effect for facts, _ in ROWS.values() for each in caught(usual, facts, "", NOW)} == {
        "refuse",
        "flag",
        "confirm",
    }
    assert decide(MOBILE, ROWS["own_number"][0], limits(usual), NOW) == Refusal(
        Outcome.CALLER_NOT_ALLOWED, "own-number"
    )


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [("price", Outcome.CALLER_NOT_ALLOWED), ("velocity", Outcome.TOO_MANY_TRIES), ("cycle", Outcome.TOO_MANY_TRIES)],
)
def test_a_rule_that_refuses_gives_its_reason(rule: str, outcome: Outcome) -> None:
    assert decide(MOBILE, ROWS[rule][0], limits(rules(**{rule: "refuse"})), NOW) == Refusal(outcome, WORDS[rule])


def test_a_rule_that_demands_a_reply_makes_the_order_wait_for_it() -> None:
    decision = decide(MOBILE, ROWS["velocity"][0], limits(rules(velocity="confirm", claim_hour="flag")), NOW)
    assert isinstance(decision, Placement)
    assert (decision.state, decision.confirm_by, decision.demanded_by) == (
        State.PENDING_CONFIRM,
        "sms",
        ("velocity",),
    )
    assert (decision.outcome, decision.reason, decision.within) == (
        Outcome.CONFIRM_TEXT,
        "velocity",
        timedelta(hours=24),
    )


def test_a_rule_that_flags_changes_nothing_that_the_caller_hears() -> None:
    decision = decide(MOBILE, ROWS["claim_hour"][0], limits(rules(claim_hour="flag")), NOW)
    assert isinstance(decision, Placement)
    assert (decision.outcome, decision.state, decision.flags) == (Outcome.PLACED, State.ACTIVE, ("claim-hour",))


CONFIRMS = st.sampled_from(["none", "key", "sms"])
CHANNELS = st.sampled_from(["call", "spool", "sms", "web", "agent"])


@given(CONFIRMS, CHANNELS, st.booleans(), st.booleans(), st.booleans())
def test_whoever_has_to_confirm_can(
    confirm: str, channel: Channel, mobile: bool, demanded: bool, provided: bool
) -> None:
    """A key is asked for in calls alone, a reply of mobiles alone, and no key for what a rule demands of a mobile."""
    product = replace(PRODUCT, confirm=confirm, provided=provided)  # type: ignore[arg-type]
    facts = replace(FACTS, product=product, signs=replace(REGULAR, has_had=not demanded))
    caller = MOBILE if mobile else LANDLINE
    decision = decide(caller, facts, limits(rules(first_order="confirm")), NOW, channel)
    if isinstance(decision, Refusal):
        assert decision.reason == "no-texts"
        assert not mobile
        assert channel != "call"
        return
    waits = confirm != "none" or demanded or channel == "web"
    assert (decision.state is State.PENDING_CONFIRM) == waits == (decision.confirm_by != "none")
    assert (decision.within is not None) == waits
    if decision.confirm_by == "key":
        assert channel == "call"
        assert not (mobile and demanded)
    if decision.confirm_by == "sms":
        assert mobile
    if not waits:
        assert decision.state is (State.CONFIRMED if provided else State.ACTIVE)
