"""Commission is exact, to the fen."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ordering.commission.rules import commission_fen
from ccore.ordering.commission.shares import divided
from ccore.ordering.model import FlatCommission, PercentCommission

prices = st.integers(0, 10**12)
basis_points = st.integers(0, 10_000)


@given(prices, basis_points)
def test_a_share_is_the_exact_share_rounded_half_up_to_the_fen(price_fen: int, points: int) -> None:
    exact = Decimal(price_fen) * Decimal(points) / Decimal(10_000)
    assert commission_fen(PercentCommission(points), price_fen) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(prices, basis_points)
def test_a_share_is_never_more_than_the_price_nor_negative(price_fen: int, points: int) -> None:
    assert 0 <= commission_fen(PercentCommission(points), price_fen) <= price_fen


@given(prices, prices, basis_points)
def test_a_dearer_product_never_earns_less(one: int, other: int, points: int) -> None:
    low, high = sorted((one, other))
    rule = PercentCommission(points)
    assert commission_fen(rule, low) <= commission_fen(rule, high)


@given(prices, st.integers(0, 10**9))
def test_a_flat_commission_does_not_depend_on_the_price(price_fen: int, fen: int) -> None:
    assert commission_fen(FlatCommission(fen), price_fen) == fen


@pytest.mark.parametrize(
    ("price_fen", "points", "earned"),
    [(1990, 1250, 249), (1000, 500, 50), (50, 100, 1), (49, 100, 0), (1, 10_000, 1), (12900, 0, 0)],
)
def test_shares_as_people_expect_them(price_fen: int, points: int, earned: int) -> None:
    assert commission_fen(PercentCommission(points), price_fen) == earned


shares = st.lists(st.integers(1, 10_000), min_size=1, max_size=20)


@given(st.integers(-(10**12), 10**12), shares)
def test_parts_sum_to_the_fen_and_none_is_a_fen_off_its_exact_share(fen: int, units: list[int]) -> None:
    parts = divided(fen, units)
    assert sum(parts) == fen
    for part, unit in zip(parts, units, strict=True):
        assert abs(part - Decimal(fen) * unit / sum(units)) < 1


@pytest.mark.parametrize("units", [[], [0], [1, -1]])
def test_shares_that_are_none_are_refused(units: list[int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        divided(100, units)
