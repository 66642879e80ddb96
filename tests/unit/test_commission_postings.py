"""What is booked sums to nothing, an order never costs anybody, and volume counts the same however it is counted."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.ordering.commission import postings
from ccore.ordering.commission.counting import Order, Sold, Volume, figures, sellers
from ccore.ordering.commission.postings import Entry, Holder, balance, totals
from ccore.ordering.commission.rules import Rule, Tier, commission_fen, rate_of, tier_fen, tiers_of
from ccore.ordering.model import FlatCommission, PercentCommission, Seller

rates = st.one_of(
    st.builds(FlatCommission, st.integers(0, 10**9)), st.builds(PercentCommission, st.integers(0, 10_000))
)
prices = st.integers(0, 10**9)
starts = st.lists(st.integers(1, 60), unique=True, max_size=4).map(sorted)
rules = st.builds(
    lambda rate, begins, others: Rule(rate, tuple(map(Tier, begins, others))),
    rates,
    starts,
    st.lists(rates, min_size=4, max_size=4),
)
teams = st.lists(st.integers(1, 5000), min_size=1, max_size=6).map(
    lambda shares: [Seller(number, share) for number, share in enumerate(shares, 1)]
)


def owed(entries: Any) -> Counter[tuple[str, Holder]]:
    """What every account of a person has."""
    sums: Counter[tuple[str, Holder]] = Counter()
    for account, holder, fen in entries:
        if holder is not None:
            sums[account, holder] += fen
    return sums


@settings(max_examples=50)
@given(rules, prices, teams, st.integers(1, 70), st.booleans(), st.booleans())
def test_every_posting_of_an_orders_life_sums_to_nothing_and_leaves_nobody_below_nothing(
    rule: Rule, price: int, members: list[Seller], ordinal: int, early: bool, ended: bool
) -> None:
    """The hold may be over before the period is closed, or after; the order may end at any time."""
    booked = list(postings.sale(rule, price, members))
    steps = ["release", "tier"] if early else ["tier", "release"]
    for step in steps:
        released = any(entry.account == "payable" for entry in booked)
        more = (
            postings.release(booked)
            if step == "release"
            else postings.tier(rule, price, ordinal, members, None, released=released)
        )
        assert balance(more) == 0
        booked += more
    assert balance(booked) == 0
    whole = commission_fen(rate_of(rule, ordinal), price)
    assert -sum(entry.fen for entry in booked if entry.account == "expense") == whole
    assert all(fen >= 0 for fen in owed(booked).values())
    if ended:
        back = postings.clawback(booked)
        assert balance(back) == 0
        assert not any(entry.fen for entry in totals([*booked, *back]))
        assert postings.clawback([*booked, *back]) == ()


@settings(max_examples=50)
@given(rules, prices, teams, st.integers(1, 70))
def test_what_people_have_of_an_order_does_not_depend_on_whether_hold_or_period_ended_first(
    rule: Rule, price: int, members: list[Seller], ordinal: int
) -> None:
    sale = postings.sale(rule, price, members)
    released_first = [*sale, *postings.release(sale)]
    paid_out = any(entry.account == "payable" for entry in released_first)
    released_first += postings.tier(rule, price, ordinal, members, None, released=paid_out)
    released_first += postings.release(released_first)
    closed_first = [*sale, *postings.tier(rule, price, ordinal, members, None, released=False)]
    closed_first += postings.release(closed_first)
    assert +owed(released_first) == +owed(closed_first)


@settings(max_examples=50)
@given(rules, prices, teams, st.integers(1, 70))
def test_an_order_with_its_tier_is_divided_as_if_it_had_been_booked_at_once(
    rule: Rule, price: int, members: list[Seller], ordinal: int
) -> None:
    whole = Rule(rate_of(rule, ordinal))
    parts = [*postings.sale(rule, price, members), *postings.tier(rule, price, ordinal, members, None, released=False)]
    assert +owed(parts) == +owed(postings.sale(whole, price, members))


@settings(max_examples=50)
@given(rules, st.lists(st.tuples(prices, st.integers(1, 3)), max_size=30), st.integers())
def test_volume_counts_each_holder_alone_and_only_the_order_of_placing_matters(
    rule: Rule, sales: list[tuple[int, int]], seed: int
) -> None:
    orders = [Order(n, 1, 1, price, who, None, 7, None) for n, (price, who) in enumerate(sales)]
    volume = Volume({1: rule}, {})
    together: Counter[int] = Counter()
    for order in orders:
        together[order.employee_id or 0] -= sum(e.fen for e in volume.adds(order) if e.account == "expense")
    apart: Counter[int] = Counter()
    for who in {who for _, who in sales}:
        mine = [order for order in orders if order.employee_id == who]
        apart[who] = sum(tier_fen(rule, order.price_fen, ordinal) for ordinal, order in enumerate(mine, 1))
    assert {w: fen for w, fen in together.items() if fen} == {w: fen for w, fen in apart.items() if fen}
    # However orders of different holders lie between each other.
    lanes = {who: [order for order in orders if order.employee_id == who] for who in {who for _, who in sales}}
    draw, mixed = random.Random(seed), []
    while lanes:
        who = draw.choice(sorted(lane for lane in lanes if lane is not None))
        mixed.append(lanes[who].pop(0))
        lanes = {key: lane for key, lane in lanes.items() if lane}
    volume = Volume({1: rule}, {})
    assert sum(balance(e for e in volume.adds(order) if e.holder) for order in mixed) == sum(together.values())


@given(st.dictionaries(st.integers(1, 50), st.integers(-1000, 1000), max_size=20), st.integers(1, 500))
def test_a_payout_pays_all_that_is_payable_to_those_who_are_owed_enough(owed_fen: dict[int, int], least: int) -> None:
    payable = {Holder(employee, None): fen for employee, fen in owed_fen.items()}
    paid = postings.payout(payable, least)
    assert paid.keys() == {holder for holder, fen in payable.items() if fen >= least}
    for holder, entries in paid.items():
        assert balance(entries) == 0
        assert [entry.fen for entry in entries if entry.account == "paid"] == [payable[holder]]


@given(st.integers(-(10**8), 10**8))
def test_an_adjustment_sums_to_nothing(fen: int) -> None:
    entries = postings.adjustment(Holder(1, None), fen)
    assert balance(entries) == 0
    assert owed(entries)["payable", Holder(1, None)] == fen


@given(st.lists(st.tuples(prices, st.integers(1, 50)), max_size=20), teams)
def test_a_teams_sales_are_all_its_members_sales(sold: list[tuple[int, int]], members: list[Seller]) -> None:
    rows = [Sold(None, 1, price, count, price * count) for price, count in sold]
    found = figures(rows, {}, {1: members})
    assert sum(each.sales_fen for each in found.values()) == sum(row.sales_fen for row in rows)


def test_marginal_tiers_as_people_expect_them() -> None:
    rule = Rule(FlatCommission(200), tiers_of([{"from": 3, "fen": 300}, {"from": 5, "basis_points": 5000}]))
    earned = [commission_fen(rate_of(rule, ordinal), 1000) for ordinal in range(1, 7)]
    assert earned == [200, 200, 300, 300, 500, 500]


def test_a_tier_may_earn_less_and_is_booked_as_less() -> None:
    rule = Rule(FlatCommission(300), tiers_of([{"from": 2, "fen": 100}]))
    less = postings.tier(rule, 1000, 2, [Seller(1, 5000), Seller(2, 5000)], None, released=False)
    assert less == (
        Entry("held", Holder(1, None), -100),
        Entry("held", Holder(2, None), -100),
        Entry("expense", None, 200),
    )


def test_a_department_earns_by_its_own_claims() -> None:
    order = Order(1, 1, 1, 1000, None, None, 7, None)
    assert postings.sale(Rule(FlatCommission(200)), 1000, sellers(order, {}), 7) == (
        Entry("held", Holder(None, 7), 200),
        Entry("expense", None, -200),
    )


@pytest.mark.parametrize(
    "tiers",
    [
        [{"from": 0, "fen": 3}],
        [{"from": 5, "fen": 3}, {"from": 5, "fen": 4}],
        [{"from": 5, "fen": 3}, {"from": 4, "fen": 4}],
        [{"from": 5, "fen": -3}],
        [{"from": 5, "basis_points": 10_001}],
        [{"from": 5, "fen": 3, "basis_points": 5}],
        [{"from": "5", "fen": 3}],
        [{"fen": 3}],
        [{}],
    ],
)
def test_tiers_that_are_none_are_refused(tiers: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match="tier"):
        tiers_of(tiers)


def test_what_was_earned_can_be_lost_until_hold_and_claw_back_are_both_over() -> None:
    placed = datetime(2026, 11, 1, tzinfo=UTC)
    active = placed + timedelta(days=2)
    rule = Rule(FlatCommission(1), hold=timedelta(days=30), clawback=timedelta(days=60))
    assert postings.given_back_until(rule, placed, active) == placed + timedelta(days=60)
    rule = Rule(FlatCommission(1), hold=timedelta(days=30), clawback=timedelta(days=7))
    assert postings.given_back_until(rule, placed, active) == active + timedelta(days=30)
