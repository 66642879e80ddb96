"""Today's orders of one audience: what is told of them is what they come to, whatever order they come and move in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.web.live import sold
from ccore.web.live.sold import LOST, MOST_SHOWN, TODAY, WAITING, Sold, Till
from ccore.web.live.topics import ALL, LiveSale, LiveSales

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
STATES = ["pending_confirm", "confirmed", "active", "rejected", "cancelled", "received"]
ORDERS = st.builds(
    Sold,
    order=st.integers(1, 12),
    state=st.sampled_from(STATES),
    at=st.integers(-5, 5).map(lambda hours: MIDNIGHT + timedelta(hours=hours)),
    caller=st.just("138****5678"),
    price_fen=st.integers(0, 5_000),
    product=st.just("10"),
    name_zh=st.just("流量"),
    name_en=st.just("Data"),
    employee=st.just("E001"),
    sellers=st.just(("E001", "E002")),
    departments=st.just((1, 3)),
    earned=st.dictionaries(st.sampled_from(["E001", "E002", ""]), st.integers(0, 300)),
)
ONE = Sold(
    7, "active", MIDNIGHT, "138****5678", 1000, "10", "流量", "Data", "E001", ("E001",), (1, 3), {"E001": 200, "": 50}
)


@given(orders=st.lists(ORDERS, max_size=40), audience=st.sampled_from([ALL, "employee E001", "department 3"]))
@settings(deadline=None)
def test_totals_are_those_of_the_orders(orders: list[Sold], audience: str) -> None:
    till, known = Till(audience), dict[int, Sold]()
    for each in orders:
        keys = till.take(each)
        known[each.order] = each
        assert keys == {TODAY, str(each.order)}
    over = till.begin_day(MIDNIGHT)
    today = {number: each for number, each in known.items() if each.at >= MIDNIGHT}
    assert over == ({TODAY, *map(str, known.keys() - today.keys())} if today != known else set())
    good = [each for each in today.values() if each.state not in LOST]
    assert till.entry(TODAY) == LiveSales(
        orders=len(good),
        waiting=sum(each.state in WAITING for each in good),
        lost=len(today) - len(good),
        price_fen=sum(each.price_fen for each in good),
        commission_fen=sum(each.commission(audience) for each in good),
    )
    assert set(till.told()) == {TODAY, *map(str, today)}
    for number in range(1, 13):
        assert (till.entry(str(number)) is not None) is (number in today)


def test_the_newest_are_shown_and_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sold, "MOST_SHOWN", 2)
    till = Till(ALL)
    for number in (5, 3, 9):
        keys = till.take(replace(ONE, order=number))
    assert keys == {TODAY, "9", "3"}
    assert set(till.told()) == {TODAY, "5", "9"}
    assert till.entry("3") is None
    total = till.entry(TODAY)
    assert isinstance(total, LiveSales)
    assert total.orders == 3
    assert MOST_SHOWN > 2


def test_everybody_sees_what_they_earned_themselves() -> None:
    assert ONE.commission("employee E001") == 200
    assert ONE.commission("employee E002") == 0
    assert ONE.commission("department 3") == ONE.commission(ALL) == 250
    assert ONE.audiences() == {"employee E001", "department 1", "department 3", ALL}
    till = Till("employee E001")
    till.take(ONE)
    shown = till.entry("7")
    assert isinstance(shown, LiveSale)
    assert (shown.commission_fen, shown.caller) == (200, "138****5678")
