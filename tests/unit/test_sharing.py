"""Each agent works for one campaign: by priority, then by need, and no longer than it makes sense."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ccore.dialer.sharing import Need, shared

ALL = frozenset(f"{number}" for number in range(1, 9))


def test_the_one_of_higher_priority_has_all_it_could_use() -> None:
    low, high = Need("low", 0, ALL, 8), Need("high", 5, ALL, 8)
    given_to, kept = shared([low, high], {}, (), 0)
    assert set(given_to.values()) == {"high"}
    assert not kept
    given_to, _ = shared([low, Need("high", 5, ALL, 3)], {}, (), 0)
    assert Counter(given_to.values()) == {"high": 3, "low": 5}


def test_equals_share_them() -> None:
    given_to, _ = shared([Need("a", 0, ALL, 8), Need("b", 0, ALL, 8)], {}, (), 0)
    assert Counter(given_to.values()) == {"a": 4, "b": 4}


def test_nobody_changes_without_reason_and_nobody_in_a_call() -> None:
    needs = [Need("a", 0, ALL, 8), Need("b", 0, ALL, 8)]
    first, _ = shared(needs, {}, (), 0)
    assert shared(needs, first, (), 0)[0] == first
    higher = [Need("a", 0, ALL, 8), Need("b", 9, ALL, 8)]
    given_to, _ = shared(higher, dict.fromkeys(ALL, "a"), {"1", "2"}, 0)
    assert {agent for agent, name in given_to.items() if name == "a"} == {"1", "2"}


def test_one_that_had_nobody_to_call_for_a_moment_gets_its_share_again() -> None:
    needs = [Need("a", 0, ALL, 8), Need("b", 0, ALL, 8)]
    alone, _ = shared([Need("a", 0, ALL, 8), Need("b", 0, ALL, 0)], {}, (), 0)
    assert set(alone.values()) == {"a"}
    again, _ = shared(needs, alone, (), 0)
    assert Counter(again.values()) == {"a": 4, "b": 4}
    assert shared(needs, again, (), 0)[0] == again


def test_some_of_the_free_ones_are_kept_for_callers() -> None:
    given_to, kept = shared([Need("a", 0, ALL, 8)], {}, {"1", "2"}, 3)
    assert len(kept) == 3
    assert set(given_to) == ALL - kept
    assert not kept & {"1", "2"}


def test_who_has_nobody_to_call_needs_nobody_while_others_do() -> None:
    given_to, _ = shared([Need("done", 9, ALL, 0), Need("b", 0, ALL, 8)], dict.fromkeys(ALL, "done"), (), 0)
    assert set(given_to.values()) == {"b"}


_needs = st.lists(
    st.builds(
        Need,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 3),
        st.frozensets(st.sampled_from(sorted(ALL))),
        st.integers(0, 9),
    ),
    unique_by=lambda need: need.campaign,
)


@given(_needs, st.dictionaries(st.sampled_from(sorted(ALL)), st.sampled_from("abcd")), st.integers(0, 9))
def test_everybody_works_for_one_they_may_work_for(needs: list[Need], held: dict[str, str], inbound: int) -> None:
    given_to, kept = shared(needs, held, frozenset("123"), inbound)
    able = {need.campaign: need.agents for need in needs}
    assert all(agent in able[name] for agent, name in given_to.items())
    assert set(given_to) | kept == frozenset().union(*able.values())
    assert len(kept) <= inbound
