"""Choosing: whom app_queue has to ring, and when it is wrong to say that it did not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.centre.queue import Queue, Relaxation, Strategy
from ccore.queues.choosing import Best, Candidate, Count, Limits, best, choose, judge, limits, metric, roster
from ccore.queues.model import Agent, Device, Presence, State

NOW = 1_800_000_000
STRATEGIES: tuple[Strategy, ...] = ("longest-idle", "fewest-calls", "in-turn", "in-order", "at-random")
QUEUE = Queue(relax=(Relaxation(after_s=20), Relaxation(after_s=60)))


def member(agent: str, penalty: int = 0, rested_s: int | None = None, calls: int = 0, why_not: str = "") -> Candidate:
    count = Count(0 if rested_s is None else NOW - rested_s, calls, NOW - 3600)
    return Candidate(agent, penalty, why_not, count)


def chosen(strategy: Strategy, *members: Candidate, most: int = 9) -> set[str]:
    return set(choose(strategy, Limits(most), members, NOW).chosen)


def test_the_longest_rest_counts_in_whole_seconds_and_who_has_had_no_call_goes_first() -> None:
    assert chosen("longest-idle", member("1", rested_s=10), member("2", rested_s=11)) == {"2"}
    assert chosen("longest-idle", member("1", rested_s=10), member("2", rested_s=10)) == {"1", "2"}
    assert chosen("longest-idle", member("1", rested_s=9999), member("2"), member("3")) == {"2", "3"}


def test_the_fewest_calls_count_since_signing_in() -> None:
    assert chosen("fewest-calls", member("1", calls=2), member("2", calls=1), member("3", calls=1)) == {"2", "3"}


@pytest.mark.parametrize("strategy", ["in-turn", "at-random"])
def test_where_app_queue_is_free_all_alike_are_named(strategy: Strategy) -> None:
    assert chosen(strategy, member("1", rested_s=5), member("2", calls=7), member("3", 1)) == {"1", "2"}


def test_in_order_is_the_order_of_signing_in() -> None:
    first, second = member("1"), member("2")
    later = second._replace(counted=replace(second.counted, joined_at=NOW - 60))
    assert chosen("in-order", later, first) == {"1"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_lower_penalty_goes_before_everything_and_a_higher_one_has_to_wait(strategy: Strategy) -> None:
    members = [member("1", 10), member("2", 3, rested_s=2, calls=99), member("3", 3, rested_s=2, calls=99)]
    assert chosen(strategy, *members) == {"2", "3"}
    assert chosen(strategy, members[0]) == set()
    assert chosen(strategy, members[0], most=19) == {"1"}


def test_who_cannot_be_rung_is_passed_over_and_everybody_hears_why() -> None:
    found = choose(
        "longest-idle",
        Limits(9),
        [member("1", why_not="paused (lunch)"), member("2", rested_s=42), member("3", rested_s=7), member("4", 12)],
        NOW,
    )
    assert found.chosen == {"2"}
    assert found.because == {
        "2": "penalty 0 is the least of all who can be rung; has rested for 42 s, before all others"
    }
    assert found.others == {
        "1": "paused (lunch)", "3": "has rested for 7 s", "4": "not yet for this caller: penalty 12",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before_s", "in_line_s", "expected"),
    [
        (0, 0, Limits(9)), (0, 18.5, Limits(9)), (0, 19.2, Limits(9, next_maximum=19)), (0, 20, Limits(19)),
        (0, 59.5, Limits(19, next_maximum=29)), (0, 300, Limits(29)),
        (25, 0, Limits(19)), (25, 38, Limits(19)), (25, 40, Limits(29)), (100, 0, Limits(29)),
        (15, 10, Limits(9)), (15, 20, Limits(19)),
    ],
)  # fmt: skip
def test_limits_are_the_rules_that_app_queue_counts_from_the_joining(
    before_s: float, in_line_s: float, expected: Limits
) -> None:
    assert limits(QUEUE, before_s, in_line_s) == expected


def judged(
    *members: Candidate, rung: str = "1", strategy: Strategy = "longest-idle", most: Limits | None = None
) -> str:
    found = judge(strategy, most or Limits(9), members, rung, NOW)
    assert found.agreed is (found.objection == "")
    assert found.agreed or not found.exact
    return "exact" if found.exact else found.objection or "agreed"


def test_a_second_more_of_rest_is_no_disagreement_two_are() -> None:
    assert judged(member("1", rested_s=30), member("2", rested_s=30)) == "exact"
    assert judged(member("1", rested_s=30), member("2", rested_s=31)) == "agreed"
    assert judged(member("1", rested_s=30), member("2", rested_s=32)) == "2 goes before 1, who has rested for 30 s"


def test_calls_are_counted_exactly() -> None:
    assert judged(member("1", calls=3), member("2", calls=2), strategy="fewest-calls").startswith("2 goes before 1")


def test_of_whom_nothing_is_sure_there_is_no_objection() -> None:
    doubtful = member("2", rested_s=500)._replace(unsure=True)
    assert judged(member("1", rested_s=3), doubtful) == "agreed"
    assert judged(member("1", why_not="wraps up")._replace(unsure=True), member("2", why_not="talking")) == "agreed"


def test_ringing_whom_nobody_may_ring_is_wrong() -> None:
    assert judged(member("1", why_not="paused"), member("2")) == "1 cannot be rung: paused"
    assert judged(member("1", 12), member("2", why_not="talking")) == (
        "1 may not serve this caller yet: penalty 12, up to 9"
    )
    assert judged(member("1", 12), most=Limits(9, next_maximum=19)) == "agreed"
    assert judged(member("2")) == "1 is no member of the line"


def test_a_worse_one_is_wrong_while_a_better_one_is_free() -> None:
    assert judged(member("1", 3), member("2", 2)) == "2 goes before 1, who is less skilled: penalty 3, not 2"
    assert judged(member("1", 3), member("2", 2, why_not="talking")) == "exact"


MEMBERS = st.lists(
    st.builds(
        member,
        st.integers(0, 30).map(str),
        st.sampled_from([0, 1, 3, 10, 11, 20]),
        st.none() | st.integers(1, 5000),
        st.integers(0, 5),
        st.sampled_from(["", "", "paused"]),
    ),
    max_size=12,
    unique_by=lambda each: each.agent,
)


@given(strategy=st.sampled_from(STRATEGIES), members=MEMBERS, most=st.sampled_from([9, 19, 29]))
def test_the_chosen_are_all_the_least_and_every_member_is_explained(
    strategy: Strategy, members: list[Candidate], most: int
) -> None:
    found = choose(strategy, Limits(most), members, NOW)
    able = {each.agent: metric(strategy, each, NOW) for each in members if not each.why_not and each.penalty <= most}
    assert found.chosen == {agent for agent, one in able.items() if one == min(able.values())}
    assert found.because.keys() | found.others.keys() == {each.agent for each in members}
    assert found.because.keys() == found.chosen
    for agent in found.chosen:
        assert judge(strategy, Limits(most), members, agent, NOW).exact


@given(strategy=st.sampled_from(STRATEGIES), members=MEMBERS, data=st.data())
def test_whoever_is_rung_instead_is_objected_to_unless_times_are_too_near(
    strategy: Strategy, members: list[Candidate], data: st.DataObject
) -> None:
    found = choose(strategy, Limits(29), members, NOW)
    wrong = [each for each in members if each.agent not in found.chosen]
    if not wrong:
        return
    one = data.draw(st.sampled_from(wrong))
    verdict = judge(strategy, Limits(29), members, one.agent, NOW)
    assert not verdict.exact
    if verdict.agreed:
        least = min(metric(strategy, each, NOW) for each in members if each.agent in found.chosen)
        assert not one.why_not
        assert metric(strategy, one, NOW) - least <= 1


def test_best_puts_presences_penalties_and_counts_together() -> None:
    at = datetime.fromtimestamp(NOW, UTC)
    agents = {
        "2001": Agent("2001", "Li", {"sales": 5}), "2002": Agent("2002", "Wang", {"sales": 5}),
        "2003": Agent("2003", "Sun", {}), "2004": Agent("2004", "Zhao", {"sales": 5}),
        "2005": Agent("2005", "Qian", {"sales": 5}),
    }  # fmt: skip
    queue = Queue(wants={"sales": 3}, relax=(Relaxation(after_s=30),), wrap_up_s=10)
    members = roster("sales", agents, {"sales": queue})
    assert members == {"2001": 0, "2002": 0, "2003": 10, "2004": 0, "2005": 0}
    device = Device("phone", "2001", "node1")
    presences = {
        agent: Presence(agent, state, at - timedelta(seconds=100), device)
        for agent, state in zip(
            agents, (State.READY, State.READY, State.READY, State.TALKING, State.READY), strict=True
        )
    }
    counts = {
        "2001": Count(NOW - 50, 1, 0, 11), "2002": Count(NOW - 60, 9, 0, 11), "2005": Count(NOW - 9, 1, 0, 11),
    }  # fmt: skip
    found = best(queue, 5, members, presences, at, counts)
    assert found.chosen == {"2002"}
    assert found.others == {
        "2001": "has rested for 50 s", "2003": "not yet for this caller: penalty 10", "2004": "talking",
        "2005": "wraps up for 2 s more",
    }  # fmt: skip
    only = {"2003": presences["2003"]}
    assert best(queue, 5, members, only, at, counts) == Best(
        others=dict.fromkeys(["2001", "2002", "2004", "2005"], "signed out") | {"2003": found.others["2003"]}
    )
    assert best(queue, 31, members, only, at, counts).chosen == {"2003"}
