"""Totals of reports, ranks, and which counts answer a question."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.reports.question import By, Question, complaint, source
from ccore.reports.totals import Line, Sums, lines, ranked

DAY = date(2026, 11, 22)
keys = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))
leaves = st.lists(
    st.builds(lambda key, n: Line(key, Sums(n, n, n, n * 100, n * 7)), keys, st.integers(0, 50)), max_size=30
)
days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


@given(leaves)
def test_every_total_is_the_sum_of_its_parts_and_stands_before_them(given_leaves: list[Line]) -> None:
    found = lines(given_leaves, 2)
    assert found[0].keys == ()
    of = {line.keys: line.sums for line in found}
    assert len(of) == len(found)
    whole: Counter[tuple[str, ...]] = Counter()
    for leaf in given_leaves:
        for level in range(3):
            whole[leaf.keys[:level]] += leaf.sums.orders
    assert {key: sums.orders for key, sums in of.items() if key or given_leaves} == dict(whole)
    place = {line.keys: number for number, line in enumerate(found)}
    assert all(place[key[:-1]] < place[key] for key in place if key)


@given(leaves)
def test_by_a_measure_the_largest_part_of_each_total_comes_first(given_leaves: list[Line]) -> None:
    found = lines(given_leaves, 2, order="orders")
    for level in (1, 2):
        for total in {line.keys[:-1] for line in found if line.level == level}:
            parts = [line.sums.orders for line in found if line.level == level and line.keys[:-1] == total]
            assert parts == sorted(parts, reverse=True)


def test_equal_ones_share_a_rank_and_the_last_rank_is_told_whole() -> None:
    sold = [Line((name,), Sums(orders=n)) for name, n in (("a", 5), ("b", 9), ("c", 5), ("d", 1), ("e", 5))]
    assert [(rank, line.keys[0]) for rank, line in ranked(sold, "orders", 2)] == [
        (1, "b"),
        (2, "a"),
        (2, "c"),
        (2, "e"),
    ]
    assert [rank for rank, _ in ranked(sold, "orders", 9)] == [1, 2, 2, 2, 5]


@given(days, st.integers(1, 900), st.sampled_from([(), (By.PRODUCT,), (By.PERSON,), (By.DAY,), (By.CLAIM, By.MONTH)]))
def test_the_counts_that_are_read_cover_each_day_once(since: date, length: int, by: tuple[By, ...]) -> None:
    until = since + timedelta(days=length)
    read = source(Question(since, until, by))
    covered: Counter[date] = Counter()
    for (first, last), times in ((read.months, 1), *((days.span, days.times) for days in (read.before, read.after))):
        for n in range((last - first).days):
            covered[first + timedelta(days=n)] += times
    assert +covered == Counter({since + timedelta(days=n): 1 for n in range(length)})
    assert min(covered.values()) >= 0
    whole = read.months[0] < read.months[1]
    assert not whole or {day.day for day in read.months} == {1}
    assert not (whole and By.DAY in by)
    days = sum((last - first).days for first, last in (read.before.span, read.after.span))
    assert days <= 31 or not whole


@pytest.mark.parametrize(
    ("columns", "counts"),
    [
        ((), "product"),
        ((By.PRODUCT, By.DAY, By.CHANNEL, By.STATE), "product"),
        ((By.DEPARTMENT, By.TEAM, By.WEEK), "department"),
        ((By.PRODUCT, By.TEAM), "group"),
        ((By.PRODUCT, By.CLAIM), "claim"),
        ((By.PERSON,), "claim"),
    ],
)
def test_the_smallest_counts_that_know_the_columns_are_read(columns: tuple[By, ...], counts: str) -> None:
    assert source(Question(DAY, DAY + timedelta(days=40), columns)).counts == counts


@pytest.mark.parametrize(
    ("named", "counts"),
    [
        ({"products": ("10",)}, "product"),
        ({"departments": ("a",)}, "department"),
        ({"teams": ("a",)}, "department"),
        ({"teams": ("a",), "products": ("10",)}, "group"),
        ({"people": ("E1",), "products": ("10",)}, "claim"),
        ({"claims": ("10001",)}, "claim"),
    ],
)
def test_and_that_know_what_is_named(named: dict[str, Any], counts: str) -> None:
    assert source(Question(DAY, DAY + timedelta(days=40), **named)).counts == counts


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question(DAY, DAY), "ends before"),
        (Question(DAY, DAY + timedelta(1), (By.DAY, By.MONTH)), "one at a time"),
        (Question(DAY, DAY + timedelta(1), (By.DAY, By.DAY)), "twice"),
        (Question(DAY, DAY + timedelta(400), (By.DAY, By.PERSON)), "92 days at most"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(question: Question, words: str) -> None:
    assert words in complaint(question)


def test_one_person_may_see_each_day_of_a_year() -> None:
    assert complaint(Question(DAY, DAY + timedelta(400), (By.DAY, By.PERSON), people=("E001",))) == ""
