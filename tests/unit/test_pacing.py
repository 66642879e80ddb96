"""The pacer: what it places, what it gives up, what it makes of wrong reports, and the traps on the way there."""

import json
from collections.abc import Hashable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ccore.dialer.pace.allowance import Allowance
from ccore.dialer.pace.hazards import Hazard
from ccore.dialer.pace.horizon import MOMENTS
from ccore.dialer.pace.shortage import Outlook
from ccore.dialer.pacing import AgentState, Decision, Pacer, Policy
from ccore.dialer.simulation import Scenario, run, scenarios

IDLE, TALK, WRAP, PAUSE, OUT = AgentState.IDLE, AgentState.TALK, AgentState.WRAP, AgentState.PAUSE, AgentState.OUT
PLENTY = 10_000  # channels


def staffed(agents: int, **rules: Any) -> Pacer:
    pacer = Pacer(Policy(**rules))
    for agent in range(agents):
        pacer.agent(0.0, agent, IDLE)
    return pacer


def dialled(pacer: Pacer, at: float, first: int, number: int) -> None:
    for call in range(first, first + number):
        pacer.placed(at, call)


def ringing(pacer: Pacer, at: float, number: int) -> None:
    """So many calls placed 2 s before, which ring now."""
    dialled(pacer, at - 2.0, 0, number)
    for call in range(number):
        pacer.ringing(at, call)


def outlook(doubt: float, mean: float = 8.0) -> Outlook:
    level, none = [mean] * len(MOMENTS), [0.0] * len(MOMENTS)
    new = [0.03 * (g + 1) for g in range(len(MOMENTS))]
    chances = new, [q * (1 - q) for q in new], [q * (1 - q) * (1 - 2 * q) for q in new]
    return Outlook(level, [4.0] * len(MOMENTS), none, none, [20.0] * len(MOMENTS), doubt, chances, [1 / 11] * 11)


def shortened(name: str, hours: float, **changes: Any) -> Scenario:
    return scenarios()[name].model_copy(update={"hours": hours, **changes})


# What it places.


def test_progressive_dials_one_line_for_each_idle_agent() -> None:
    pacer = staffed(5, mode="progressive")
    pacer.agent(1.0, 4, PAUSE)
    assert pacer.decide(1.0, PLENTY).start == 4
    dialled(pacer, 1.0, 0, 4)
    assert pacer.decide(1.5, PLENTY) == replace(pacer.decide(1.5, PLENTY), start=0, hang_up=())
    pacer.answered(9.0, 0)
    pacer.connected(9.0, 0, 2)
    pacer.failed(9.0, 1, "busy")
    assert pacer.decide(9.0, PLENTY).start == 1  # three idle, two calls out


def test_ratio_dials_ahead_while_the_allowance_lasts() -> None:
    pacer = staffed(4, mode="ratio", ratio=2.5)
    assert pacer.decide(0.0, PLENTY).start == 10
    pacer.allowance(answered=100, abandoned=4)
    dialled(pacer, 0.0, 0, 4)
    assert pacer.decide(5.0, PLENTY).start == 0  # one line each is out
    pacer.allowance(answered=200, abandoned=4)
    assert pacer.decide(10.0, PLENTY).start == 6


def test_predictive_dials_ahead_of_agents_who_will_be_free() -> None:
    pacer = staffed(50, max_calls_per_s=500)
    decision = pacer.decide(0.0, PLENTY)
    assert decision.start > 60  # of ten calls three are answered
    assert decision.why.gate == "allowance"
    talking = Pacer(Policy(prior_talk_s=30.0))
    for agent in range(200):
        talking.agent(0.0, agent, TALK)
    decision = talking.decide(1.0, PLENTY)
    assert decision.why.idle == 0
    assert decision.start > 0  # several will soon be


def test_with_few_agents_predictive_is_progressive() -> None:
    pacer = staffed(9, least_agents=10)
    assert pacer.decide(0.0, PLENTY).start == 9
    pacer.agent(1.0, "tenth", IDLE)
    dialled(pacer, 0.0, 0, 9)
    assert pacer.decide(1.0, PLENTY).start > 1


def test_nobody_there_nothing_is_placed() -> None:
    pacer = staffed(2)
    for agent in range(2):
        pacer.agent(1.0, agent, OUT)
    decision = pacer.decide(1.0, PLENTY)
    assert (decision.start, decision.why.gate) == (0, "nobody")


def test_an_agent_about_to_leave_is_not_counted_on() -> None:
    staying, leaving = staffed(1, mode="progressive"), staffed(1, mode="progressive")
    leaving.agent_leaving(1.0, 0)
    assert (staying.decide(1.0, PLENTY).start, leaving.decide(1.0, PLENTY).start) == (1, 0)
    leaving.agent(2.0, 0, PAUSE)
    leaving.agent(60.0, 0, IDLE)
    assert leaving.decide(60.0, PLENTY).start == 1


@pytest.mark.parametrize(
    ("channels", "rate", "per_agent", "start", "gate"),
    [
        (3, 50, 10, 3, "channels"),
        (0, 50, 10, 0, "channels"),
        (900, 7, 10, 7, "calls_per_s"),
        (900, 50, 1, 20, "per_agent"),
    ],
)
def test_a_decision_says_what_limited_it(channels: int, rate: float, per_agent: float, start: int, gate: str) -> None:
    pacer = staffed(20, max_calls_per_s=rate, at_most_per_agent=per_agent)
    decision = pacer.decide(0.0, channels)
    assert (decision.start, decision.why.gate) == (start, gate)


def test_no_second_takes_more_than_its_calls() -> None:
    pacer = staffed(500, max_calls_per_s=20, at_most_per_agent=1000)
    starts = [(at / 10, pacer.decide(at / 10, PLENTY).start) for at in range(100)]
    for at, _ in starts:
        assert sum(start for when, start in starts if at <= when < at + 0.999) <= 20
    assert sum(start for _, start in starts) >= 190


def test_a_start_is_counted_before_it_is_reported_and_not_for_ever() -> None:
    pacer = staffed(3, mode="progressive")
    assert [pacer.decide(at, PLENTY).start for at in (0.0, 0.5, 1.0)] == [3, 0, 0]
    assert pacer.decide(4.0, PLENTY).start == 3  # it was not placed: nobody left to call, or a refusal


# What it gives up.


def test_only_calls_that_rang_long_enough_are_hung_up() -> None:
    pacer = staffed(1)
    ringing(pacer, 10.0, 30)
    pacer.agent(11.0, 0, TALK)
    assert pacer.decide(24.9, PLENTY).hang_up == ()
    hung_up = pacer.decide(25.0, PLENTY).hang_up
    assert hung_up
    assert set(hung_up) <= set(range(30))


def test_a_call_that_was_picked_up_is_not_hung_up() -> None:
    pacer = staffed(1)
    ringing(pacer, 10.0, 30)
    pacer.agent(11.0, 0, TALK)
    for call in range(1, 30):
        pacer.picked_up(24.0, call)
    assert pacer.decide(26.0, PLENTY).hang_up == (0,)


def test_when_lines_are_short_old_calls_make_room_for_fresh_ones() -> None:
    pacer = staffed(60)
    ringing(pacer, 2.0, 30)
    decision = pacer.decide(24.0, 0)
    assert len(decision.hang_up) > 0
    assert decision.start == 0
    assert decision.why.wake_at == 24.0  # they can be placed as soon as those are gone


def test_nothing_is_hung_up_where_it_may_not() -> None:
    pacer = staffed(1, may_hang_up=False)
    ringing(pacer, 10.0, 30)
    pacer.agent(11.0, 0, TALK)
    assert pacer.decide(30.0, 0).hang_up == ()


# The traps.


def test_time_of_what_still_goes_on_counts() -> None:
    """Of a hundred talks of 100 s on average ten have ended after 10 s: of those alone, talks last 5 s."""
    talk = Hazard((0, 30, 60), lambda _: 1 / 40, weight=1.0, memory=3000.0)
    for ended_at in range(1, 11):
        talk.ended(0.0, float(ended_at))
    talk.lived(0.0, 10.0, number=90)
    assert 1 / 130 < talk.by_second(1)[0] < 1 / 75


def test_unanswered_ringing_lowers_hope_before_the_calls_end() -> None:
    pacer = staffed(20)
    hoped = pacer.decide(0.0, PLENTY).start
    ringing(pacer, 2.0, hoped)
    for at in range(2, 28):
        pacer.decide(float(at), 0)
    assert pacer._answers.level.factor < 0.8


def test_what_is_not_known_well_makes_cautious() -> None:
    assert outlook(doubt=1 / 8).most(0.05, 500) < outlook(doubt=1 / 300).most(0.05, 500)


def test_a_pool_that_has_just_begun_is_dialled_for_with_care() -> None:
    """A cold start of 100 agents: of calls and talks that have ended alone it would seem that all is quick (8 %)."""
    world = shortened("a100-steady", 0.05)
    begun = run(world, 8, Pacer(Policy(max_calls_per_s=50)))
    assert begun.answered > 100
    assert begun.abandonment <= 0.04


def test_one_abandoned_call_is_no_reason_to_stop() -> None:
    """After three answers one abandoned is a third: a bank of calls is little moved by it."""
    allowance = Allowance(0.03)
    at_first = allowance.theta(20)
    for _ in range(3):
        allowance.answer(20)
    allowance.abandon()
    assert allowance.theta(20) > 0.6 * at_first


def test_caution_grows_step_by_step() -> None:
    allowance = Allowance(0.03)
    for _ in range(1000):
        allowance.answer(20)
    thetas = [allowance.theta(20)]
    for _ in range(44):
        allowance.abandon()
        thetas.append(allowance.theta(20))
    assert all(0.5 < after / before <= 1.0 for before, after in pairwise(thetas) if before > 0.1 * thetas[0])
    assert thetas[-1] < 0.1 * thetas[0]
    assert allowance.exhausted(20)


def test_a_large_pool_is_not_frightened_by_a_cluster() -> None:
    def reaction(staff: int) -> float:
        allowance = Allowance(0.03)
        for _ in range(2000):
            allowance.answer(staff)
        for _ in range(60):
            allowance.abandon()
        before = allowance.theta(staff)
        for _ in range(3):
            allowance.abandon()
        return allowance.theta(staff) / before

    assert reaction(20) < reaction(100) < reaction(500) < 1.0


def test_the_rate_is_of_calls_people_answered() -> None:
    pacer = staffed(3)
    for call in range(40):
        pacer.placed(0.0, call)
        pacer.failed(20.0, call, ("noanswer", "busy", "machine", "invalid")[call % 4])
    assert pacer.counted == (0, 0)
    for call in range(100, 110):
        pacer.placed(21.0, call)
        pacer.answered(30.0, call)
    pacer.abandoned(32.0, 100)
    assert pacer.counted == (10, 1)
    assert pacer.decide(33.0, PLENTY).why.bank == pytest.approx(0.03 * 10 - 1)


def test_with_nothing_to_spend_nothing_is_dared() -> None:
    pacer = staffed(20, abandonment_limit=0.01, false_positive_rate=0.02, max_calls_per_s=500)
    assert pacer.decide(0.0, PLENTY).start == 20


def test_what_detection_errs_is_spent_beforehand() -> None:
    assert Policy(false_positive_rate=0.01).spendable == pytest.approx(0.02)
    assert Policy(false_positive_rate=0.05).spendable == 0.0


# What is reported wrongly.


def test_reports_out_of_order_twice_and_late_are_one_call() -> None:
    pacer = staffed(2, mode="progressive")
    pacer.answered(10.0, "call")
    pacer.placed(1.0, "call")
    pacer.ringing(3.0, "call")
    pacer.answered(10.0, "call")
    assert pacer.counted == (1, 0)
    pacer.connected(10.1, "call", 0)
    pacer.connected(10.1, "call", 0)
    pacer.agent(9.5, 0, IDLE)  # late
    pacer.abandoned(12.0, "call")
    pacer.abandoned(12.0, "call")
    assert pacer.counted == (1, 1)
    pacer.ended(60.0, "call")
    pacer.ringing(59.0, "call")
    why = pacer.decide(60.0, PLENTY).why
    assert (why.outstanding, why.waiting, why.busy, why.idle) == (0, 0, 1, 1)  # who wraps up was not said, but follows


def test_a_call_without_an_end_is_given_up_on() -> None:
    pacer = staffed(1, mode="progressive", ring_timeout_s=30.0, setup_timeout_s=15.0)
    pacer.placed(0.0, "lost")
    pacer.answered(1.0, "waiting")
    pacer.agent(1.0, "second", IDLE)
    assert [pacer.decide(at, PLENTY).start for at in (10.0, 54.0)] == [0, 1]  # the one that waited is gone by now
    pacer.placed(54.0, "new")
    assert pacer.decide(56.0, PLENTY).start == 1


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ({"mode": "reckless"}, "mode"),
        ({"abandonment_limit": 0.6}, "abandonment_limit"),
        ({"abandonment_limit": -0.01}, "abandonment_limit"),
        ({"max_calls_per_s": 0}, "max_calls_per_s"),
        ({"ratio": 0.5}, "ratio"),
        ({"min_ring_s": -1}, "min_ring_s"),
        ({"prior_answer_rate": float("nan")}, "prior_answer_rate"),
        ({"prior_talk_s": float("inf")}, "prior_talk_s"),
    ],
)
def test_a_value_out_of_range_is_named(rules: dict[str, Any], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        Policy(**rules)


# Restart and change.


def test_it_goes_on_from_a_snapshot_as_if_nothing_had_been() -> None:
    pacer = staffed(20)
    run(shortened("a20-steady", 0.05), 3, pacer)
    pacer.decide(400.0, PLENTY)
    kept = pacer.snapshot()
    written = json.dumps(kept)
    restored = Pacer.restore(pacer.policy, json.loads(written))
    assert restored.snapshot() == kept
    starts = []
    for each in (pacer, restored):
        for agent in range(20):
            each.agent(400.0, agent, IDLE if agent < 5 else TALK)
        starts.append(sum(each.decide(float(at), PLENTY).start for at in range(440, 460)))
    assert starts[0] > 5
    assert starts[1] == pytest.approx(starts[0], abs=2)  # their learning takes turns at other moments
    assert json.dumps(kept) == written


def test_of_another_version_only_the_counts_are_taken() -> None:
    pacer = staffed(3)
    pacer.allowance(500, 9)
    assert Pacer.restore(Policy(), {**pacer.snapshot(), "version": 99, "answers": {}}).counted == (500, 9)


def test_a_new_policy_holds_at_once_and_keeps_what_was_learnt() -> None:
    pacer = staffed(40)
    pacer.allowance(1000, 20)
    pacer.renew(Policy(abandonment_limit=0.01, max_calls_per_s=4))
    decision = pacer.decide(1.0, PLENTY)
    assert decision.why.bank == pytest.approx(-10)
    assert decision.start == 4


# How it does.


def test_a_quarter_of_an_hour_of_twenty_agents() -> None:
    done = run(shortened("a20-steady", 0.25), 5, Pacer(Policy()))
    assert done.utilisation > 0.78  # progressive 63 %; the first minutes count here
    assert done.abandonment <= 0.045  # of some 120 answers


def test_the_same_reports_get_the_same_decisions() -> None:
    class Journal(Pacer):
        def __init__(self) -> None:
            super().__init__(Policy())
            self.decisions: list[Decision] = []

        def decide(self, at: float, free_channels: int) -> Decision:
            self.decisions.append(super().decide(at, free_channels))
            return self.decisions[-1]

    first, second = Journal(), Journal()
    for journal in (first, second):
        run(shortened("a5-steady", 0.06), 11, journal)
    assert first.decisions == second.decisions
    assert len(first.decisions) > 450


def test_keys_are_anything_hashable() -> None:
    pacer = Pacer(Policy())
    agents: list[Hashable] = ["eve", 7, ("node", 3), frozenset({1})]
    for agent in agents:
        pacer.agent(0.0, agent, IDLE)
        pacer.placed(0.0, agent)
        pacer.connected(4.0, agent, agent)
    assert pacer.decide(5.0, PLENTY).why.busy == len(agents)
