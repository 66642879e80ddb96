"""Who comes last: never more than the share, equal ones alike, newcomers never, and never somebody who sold more."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.ordering.elimination import Fate, Judged, Policy, Ties, judged
from ccore.ordering.ranking import Contender, Figures, fully_measured, measured

ENDED = datetime(2026, 12, 1, tzinfo=UTC)
LAST_TENTH = Policy("sales", 10, "spare", timedelta(days=30), 10, "all")

policies = st.builds(
    Policy,
    measure=st.sampled_from(["sales", "orders", "commission"]),
    percent=st.integers(0, 50),
    ties=st.sampled_from(["spare", "bar", "next-measure"]),
    newcomer=st.integers(0, 60).map(lambda days: timedelta(days=days)),
    least_group=st.integers(2, 15),
    groups=st.sampled_from(["all", "department", "kind", "department-and-kind"]),
)
little = st.integers(0, 8)  # so that there are ties
sellers = st.lists(
    st.tuples(
        little, little, little, st.sampled_from("AB"), st.sampled_from(["staff", "contracted"]), st.integers(0, 90)
    ),
    max_size=40,
).map(
    lambda rows: [
        Contender(number, department, kind, ENDED - timedelta(days=days), Figures(orders, sales, commission))
        for number, (orders, sales, commission, department, kind, days) in enumerate(rows, 1)
    ]
)


def fates(found: list[Judged]) -> dict[int, Fate]:
    """Everybody's, by number."""
    return {each.ranked.contender.employee_id: each.fate for each in found}


def competing(found: list[Judged], group: str) -> list[Judged]:
    """Those of a group who are no newcomers."""
    return [each for each in found if each.ranked.group == group and each.fate is not Fate.NEWCOMER]


@settings(max_examples=50)
@given(sellers, policies)
def test_never_more_are_barred_than_the_share_but_who_is_equal_to_the_last_where_the_policy_says_so(
    contenders: list[Contender], policy: Policy
) -> None:
    found = judged(contenders, policy, ENDED)
    for group in {each.ranked.group for each in found}:
        those = competing(found, group)
        barred = [each for each in those if each.fate is Fate.BARRED]
        seats = len(those) * policy.percent // 100 if len(those) >= policy.least_group else 0
        if policy.ties != "bar":
            assert len(barred) <= seats
        elif barred:
            best = max(measured(each.ranked.contender.figures, policy.measure) for each in barred)
            worse = [e for e in barred if measured(e.ranked.contender.figures, policy.measure) < best]
            assert len(worse) < seats
        assert all(each.seats == seats for each in those)


@settings(max_examples=50)
@given(sellers, policies)
def test_equal_ones_are_treated_alike_and_nobody_is_barred_before_one_who_sold_less(
    contenders: list[Contender], policy: Policy
) -> None:
    found = judged(contenders, policy, ENDED)

    def worth(one: Contender) -> tuple[int, ...]:
        whole = fully_measured(one.figures, policy.measure)
        return whole if policy.ties == "next-measure" else whole[:1]

    for group in {each.ranked.group for each in found}:
        by_worth = sorted((worth(each.ranked.contender), each.fate) for each in competing(found, group))
        assert len(set(by_worth)) == len({value for value, _ in by_worth})
        after_the_barred = [fate is Fate.BARRED for _, fate in by_worth]
        assert after_the_barred == sorted(after_the_barred, reverse=True)


@settings(max_examples=50)
@given(sellers, policies)
def test_newcomers_and_small_groups_are_never_barred_and_everybody_has_a_rank(
    contenders: list[Contender], policy: Policy
) -> None:
    found = judged(contenders, policy, ENDED)
    assert sorted(fates(found)) == [each.employee_id for each in contenders]
    for each in found:
        is_new = each.ranked.contender.joined_at > ENDED - policy.newcomer
        assert (each.fate is Fate.NEWCOMER) == is_new
        assert 1 <= each.ranked.rank <= each.ranked.of
        better = sum(
            measured(other.ranked.contender.figures, policy.measure)
            > measured(each.ranked.contender.figures, policy.measure)
            for other in found
            if other.ranked.group == each.ranked.group
        )
        assert each.ranked.rank == better + 1
        if each.fate is Fate.BARRED:
            assert len(competing(found, each.ranked.group)) >= policy.least_group


@settings(max_examples=50)
@given(sellers, policies, st.integers())
def test_it_does_not_matter_in_which_order_they_are_counted(
    contenders: list[Contender], policy: Policy, seed: int
) -> None:
    mixed = list(contenders)
    random.Random(seed).shuffle(mixed)
    assert fates(judged(mixed, policy, ENDED)) == fates(judged(contenders, policy, ENDED))


@settings(max_examples=50)
@given(sellers, policies, st.data())
def test_who_sells_more_is_never_barred_for_it(
    contenders: list[Contender], policy: Policy, data: st.DataObject
) -> None:
    if not contenders:
        return
    before = fates(judged(contenders, policy, ENDED))
    one = data.draw(st.sampled_from(contenders))
    more = one.figures.plus(Figures(*(data.draw(st.integers(0, 5)),) * 3))
    after = judged([replace(each, figures=more) if each is one else each for each in contenders], policy, ENDED)
    if before[one.employee_id] is not Fate.BARRED:
        assert fates(after)[one.employee_id] is not Fate.BARRED


def test_the_last_tenth_as_people_expect_it() -> None:
    contenders = [
        Contender(n, "A", "staff", ENDED - timedelta(days=400), Figures(sales_fen=n * 100)) for n in range(1, 26)
    ]
    found = judged(contenders, LAST_TENTH, ENDED)
    assert [each.ranked.contender.employee_id for each in found if each.fate is Fate.BARRED] == [2, 1]
    assert [(each.ranked.rank, each.ranked.of, each.seats) for each in found][-1] == (25, 25, 2)


@pytest.mark.parametrize(("ties", "barred"), [("spare", set()), ("bar", {1, 2, 3}), ("next-measure", {2, 3})])
def test_where_the_line_falls_between_equals_the_policy_decides(ties: Ties, barred: set[int]) -> None:
    joined = ENDED - timedelta(days=400)
    equal = [
        Contender(n, "A", "staff", joined, Figures(orders_bp=20_000 if n == 1 else 0, sales_fen=5)) for n in (1, 2, 3)
    ]
    others = [Contender(n, "A", "staff", joined, Figures(sales_fen=100 + n)) for n in range(4, 21)]
    found = judged([*equal, *others], replace(LAST_TENTH, ties=ties), ENDED)
    assert {employee for employee, fate in fates(found).items() if fate is Fate.BARRED} == barred
    spared = {employee for employee, fate in fates(found).items() if fate is Fate.TIE_SPARED}
    assert spared == ({1, 2, 3} if ties == "spare" else set())
