"""Whatever is reported, in whatever order: the pacer decides within its limits, and decides the same again."""

import json
import math
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.dialer.pacing import AgentState, Decision, Pacer, Policy

CAUSES = ["noanswer", "busy", "invalid", "fax", "machine", "congestion", "cancelled", "lost", "of another kind"]
Step = tuple[str, float, int, Any]

times = st.one_of(st.floats(-3.0, 5.0), st.floats(0.0, 120.0), st.sampled_from([0.0, -1e6, 1e6, float("nan")]))
steps = st.tuples(
    st.sampled_from(
        ["placed", "ringing", "picked_up", "answered", "connected", "ended", "abandoned", "failed"] * 2
        + ["agent"] * 6
        + ["agent_leaving"]
        + ["decide"] * 6
    ),
    times,  # since the last one
    st.integers(0, 12),
    st.integers(0, 100),
)
soups = st.lists(steps, max_size=120)
policies = st.builds(
    Policy,
    mode=st.sampled_from(["progressive", "ratio", "predictive"]),
    ratio=st.floats(1.0, 5.0),
    abandonment_limit=st.sampled_from([0.0, 0.03, 0.5]),
    max_calls_per_s=st.sampled_from([0.5, 3.0, 50.0]),
    may_hang_up=st.booleans(),
    min_ring_s=st.sampled_from([0.0, 15.0]),
    least_agents=st.sampled_from([0, 1, 10]),
    at_most_per_agent=st.sampled_from([1.0, 10.0]),
    answer_grace_s=st.sampled_from([0.0, 1.7, 2.0, 10.0]),
)


def told(pacer: Pacer, what: str, at: float, which: int, more: int) -> Decision | None:
    if what == "decide":
        return pacer.decide(at, more - 2)
    tell: Callable[..., None] = getattr(pacer, what)
    more_of = {
        "connected": (more % 13,),
        "failed": (CAUSES[more % len(CAUSES)],),
        "agent": (AgentState(more % len(AgentState)),),
    }
    tell(at, which, *more_of.get(what, ()))
    return None


def played(pacer: Pacer, soup: list[Step]) -> list[tuple[float, int, Decision]]:
    """When, with how many channels, what was decided."""
    at, decisions = 0.0, []
    for what, later, which, more in soup:
        decision = told(pacer, what, at + later, which, more)
        at = max(at, at + later) if math.isfinite(later) else at
        if decision:
            decisions.append((at, more - 2, decision))
    return decisions


@given(policy=policies, soup=soups)
@settings(max_examples=60, deadline=None)
def test_no_soup_of_reports_is_too_much_and_no_limit_is_exceeded(policy: Policy, soup: list[Step]) -> None:
    pacer = Pacer(policy)
    recent: list[tuple[float, int]] = []
    for at, channels, decision in played(pacer, soup):
        why = decision.why
        assert 0 <= decision.start <= max(0, channels)
        within = sum(start for when, start in recent if when > at - 1.0)
        assert within + decision.start <= max(1.0, policy.max_calls_per_s)
        recent.append((at, decision.start))
        assert decision.start == 0 or why.idle + why.busy > 0
        assert why.outstanding + decision.start <= max(why.outstanding, policy.at_most_per_agent * 13)
        assert policy.mode == "predictive" or decision.start + why.outstanding <= max(
            why.outstanding, why.idle * (policy.ratio if policy.mode == "ratio" else 1)
        )
        assert min(why.idle, why.waiting, why.busy, why.outstanding) >= 0
        assert not decision.hang_up or (policy.may_hang_up and policy.mode == "predictive")
        assert len(set(decision.hang_up)) == len(decision.hang_up) <= why.outstanding
    answered, abandoned = pacer.counted
    assert 0 <= abandoned <= answered


@given(policy=policies, soup=soups)
@settings(max_examples=25, deadline=None)
def test_the_same_reports_get_the_same_decisions(policy: Policy, soup: list[Step]) -> None:
    assert repr(played(Pacer(policy), soup)) == repr(played(Pacer(policy), soup))


@given(policy=policies, soup=soups)
@settings(max_examples=30, deadline=None)
def test_everything_over_nothing_is_left(policy: Policy, soup: list[Step]) -> None:
    """Memory is of who is there: long after the last report no call is, and no agent who is out."""
    pacer = Pacer(policy)
    played(pacer, soup)
    late = max(pacer.decide(0.0, 0).why.wake_at, 0.0) + 1.0
    for agent in range(13):
        pacer.agent(late, agent, AgentState.OUT)
    for at in (late + 100.0, late + 120.0):
        why = pacer.decide(at, 10).why
    assert (why.idle, why.busy, why.waiting, why.outstanding) == (0, 0, 0, 0)
    assert not pacer._calls._known
    assert not pacer._calls._gone
    assert not pacer._staff._known


@given(policy=policies, soup=soups)
@settings(max_examples=25, deadline=None)
def test_what_was_learnt_survives_a_restart(policy: Policy, soup: list[Step]) -> None:
    pacer = Pacer(policy)
    played(pacer, soup)
    kept = json.loads(json.dumps(pacer.snapshot()))
    restored = Pacer.restore(policy, kept)
    assert restored.snapshot() == pacer.snapshot()
    for agent in range(5):
        restored.agent(1e7, agent, AgentState.IDLE)
    assert restored.decide(1e7, 100).start >= 1


@given(rang=st.lists(st.floats(0.0, 60.0), min_size=1, max_size=40), asked=st.lists(st.floats(0.0, 90.0), max_size=30))
@settings(max_examples=40, deadline=None)
def test_no_call_is_hung_up_before_it_rang_long_enough(rang: list[float], asked: list[float]) -> None:
    pacer = Pacer(Policy())
    pacer.agent(0.0, "only", AgentState.IDLE)
    begun = dict(enumerate(sorted(rang)))
    moments = sorted([(at, "ringing", call) for call, at in begun.items()] + [(at, "decide", 0) for at in asked])
    for at, what, call in moments:
        if what == "ringing":
            pacer.placed(at - 1.0, call)
            pacer.ringing(at, call)
        else:
            for hung_up in pacer.decide(at, 0).hang_up:
                assert isinstance(hung_up, int)
                assert at - begun[hung_up] >= 15.0
                pacer.failed(at, hung_up, "cancelled")
