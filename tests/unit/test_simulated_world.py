"""The simulated world keeps its rules, and each baseline gives in it what it is known to give."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation import Pacer, Scenario, run, scenarios
from ccore.dialer.simulation.baselines import AdaptiveLevel, ByHand, Counting, FixedRatio, Progressive, Wanted
from ccore.dialer.simulation.oracle import Oracle
from ccore.dialer.simulation.pacer import Call
from ccore.dialer.simulation.result import Result, worst_rolling
from tests.support.paced import Watched, busiest_second, logged, small

HARD: dict[str, Any] = {
    "channels": 24,
    "max_calls_per_s": 3.0,
    "staff": {"breaks": {"first_s": 300.0, "every_s": 400.0}},
    "detection": {"people_taken_for_machines": 0.05},
}
PERSONS = {Outcome.TALKED, Outcome.ABANDONED}


class Impatient(FixedRatio):
    """Hangs up what has rung for so long, or one in so many."""

    def __init__(self, after_s: float, one_in: int = 1) -> None:
        super().__init__(2.0)
        self._after_s = after_s
        self._one_in = one_in
        self._ringing: dict[Call, float] = {}

    def ringing(self, _at: float, call: Call) -> None:
        if hash(call) % self._one_in == 0:
            self._ringing[call] = _at

    def answered(self, _at: float, call: Call) -> None:
        super().answered(_at, call)
        self._ringing.pop(call, None)

    def decide(self, at: float, free_channels: int) -> Wanted:
        late = tuple(call for call, since in self._ringing.items() if at - since >= self._after_s)
        for call in late:
            del self._ringing[call]
        return Wanted(super().decide(at, free_channels).start, late)

    def failed(self, _at: float, call: Call, cause: str) -> None:
        super().failed(_at, call, cause)
        self._ringing.pop(call, None)


class Fates(FixedRatio):
    """Notes what becomes of each call, and how long after it was placed."""

    def __init__(self, ratio: float) -> None:
        super().__init__(ratio)
        self.since: dict[Call, float] = {}
        self.fates: dict[Call, tuple[str, float]] = {}

    def placed(self, _at: float, call: Call) -> None:
        super().placed(_at, call)
        self.since[call] = _at

    def answered(self, _at: float, call: Call) -> None:
        super().answered(_at, call)
        self.fates[call] = ("answered", round(_at - self.since[call], 6))

    def failed(self, _at: float, call: Call, cause: str) -> None:
        super().failed(_at, call, cause)
        self.fates[call] = (cause, round(_at - self.since[call], 6))


@pytest.fixture(scope="module")
def hour() -> dict[str, Result]:
    scenario = small()
    pacers: dict[str, Pacer] = {
        "manual": ByHand(), "progressive": Progressive(), "ratio": FixedRatio(3.0),
        "adaptive": AdaptiveLevel(scenario.length_s), "oracle": Oracle(),
    }  # fmt: skip
    return {name: run(scenario, 1, pacer) for name, pacer in pacers.items()}


# Wide: an hour of twenty agents. The whole shifts are held to the study's table in tests/acceptance.
@pytest.mark.parametrize(
    ("pacer", "talking", "abandoned"),
    [
        ("manual", (0.42, 0.53), (0.0, 0.0)),
        ("progressive", (0.57, 0.70), (0.0, 0.0)),
        ("ratio", (0.78, 0.92), (0.01, 0.08)),
        ("adaptive", (0.55, 0.80), (0.01, 0.12)),
        ("oracle", (0.97, 1.0), (0.0, 0.0)),
    ],
)
def test_each_baseline_gives_what_it_is_known_for(
    hour: dict[str, Result], pacer: str, talking: tuple[float, float], abandoned: tuple[float, float]
) -> None:
    result = hour[pacer]
    assert talking[0] <= result.utilisation <= talking[1]
    assert abandoned[0] <= result.abandonment <= abandoned[1]
    assert result.p95_wait_s <= 2.0


def test_nobody_passes_the_oracle(hour: dict[str, Result]) -> None:
    best = max(hour, key=lambda pacer: hour[pacer].calls_per_agent_hour)
    assert best == "oracle"
    assert max(hour, key=lambda pacer: hour[pacer].utilisation) == "oracle"


def test_figures_are_made_of_what_was_counted(hour: dict[str, Result]) -> None:
    ratio = hour["ratio"]
    assert ratio.answered == ratio.connected + ratio.abandoned + ratio.timeline[-1].waiting
    assert ratio.agent_hours == pytest.approx(20.0, abs=0.4)  # all log in within a minute
    assert ratio.idle_s * ratio.connected == pytest.approx(ratio.ready_s)
    assert ratio.connects_h == ratio.connected
    last = ratio.timeline[-1]
    assert last.idle + last.talk + last.wrap + last.pause == 20
    assert len(ratio.timeline) == 120


def test_the_same_dice_give_the_same_campaign() -> None:
    scenario = small(hours=0.3)
    first, again, other = (run(scenario, seed, FixedRatio(3.0)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_every_pacer_dials_the_same_people() -> None:
    """Contact number i does the same whoever paces, and only the time differs."""
    slow, fast = Fates(1.0), Fates(3.0)
    for pacer in (slow, fast):
        run(small(hours=0.5), 1, pacer)
    both = slow.fates.keys() & fast.fates.keys()
    assert len(both) > 200
    assert {call: slow.fates[call] for call in both} == {call: fast.fates[call] for call in both}
    assert [slow.since[call] for call in both] != [fast.since[call] for call in both]


@pytest.mark.parametrize("make", [Progressive, lambda: FixedRatio(3.0), lambda: Impatient(15.0), Oracle])
@pytest.mark.parametrize("others", [{}, HARD], ids=["plain", "hard"])
def test_a_pacer_is_told_only_what_can_be(make: Callable[[], Pacer], others: dict[str, Any]) -> None:
    scenario = small(hours=0.4, **others)
    pacer = make()
    watched = Watched(pacer)
    result = run(scenario, 1, _Seeing(watched, pacer) if isinstance(pacer, Oracle) else watched)
    assert watched.told["ended"] > 50
    assert watched.told["placed"] == result.attempts
    assert result.most_channels <= scenario.channels
    assert busiest_second(watched.placed_at) <= 2 * scenario.max_calls_per_s  # a second's worth may be saved up
    assert bool(watched.told["picked_up"]) == bool(scenario.detection)
    assert watched.told["cancelled"] == result.cancelled
    if others:
        assert watched.leaving
        assert result.pause_s > 0


class _Seeing(Oracle):
    """An oracle that is watched: what it is told goes through the watch."""

    def __init__(self, watched: Watched, oracle: Oracle) -> None:
        super().__init__()
        self.sees = oracle.sees  # type: ignore[method-assign]
        for name in ("placed", "ringing", "picked_up", "answered", "connected", "ended", "abandoned", "failed", "agent",
                     "agent_leaving", "decide"):  # fmt: skip
            setattr(self, name, getattr(watched, name))


def test_a_late_pacer_hears_everything_later() -> None:
    scenario = small(hours=0.3, decisions={"lag_s": 1.0})
    watched = Watched(Progressive(), lag_s=1.0)
    result = run(scenario, 1, watched)
    prompt = run(small(hours=0.3), 1, Progressive())
    assert 0.3 < result.utilisation < prompt.utilisation


def test_who_answers_waits_no_longer_than_the_grace_and_hears_the_message() -> None:
    scenario = small(hours=0.5, grace_s=1.5, message_s=4.0)
    result, attempts, _ = logged(scenario, FixedRatio(6.0))
    given_up = [each for each in attempts if each.outcome is Outcome.ABANDONED]
    assert len(given_up) > 20
    for each in given_up:
        assert each.ended_at is not None
        assert each.answered_at is not None
        assert each.ended_at - each.answered_at == pytest.approx(5.5)
    waits = [each.connected_at - each.answered_at for each in attempts if each.connected_at and each.answered_at]
    assert 0.0 < max(waits) <= 1.5
    assert result.abandonment > 0.1


def test_who_has_been_idle_longest_gets_the_call() -> None:
    _, _, states = logged(small(hours=0.3), Progressive())
    idle: dict[str, float] = {}
    calls = 0
    for each in states:
        if each.state is AgentState.TALK:
            assert idle[each.agent] == min(idle.values())
            calls += 1
        if each.state is AgentState.IDLE:
            idle[each.agent] = each.at
        else:
            idle.pop(each.agent, None)
    assert calls > 60


def test_hanging_up_too_soon_is_abandonment_and_later_is_not() -> None:
    scenario = small(hours=0.3)
    soon, late = run(scenario, 1, Impatient(5.0)), run(scenario, 1, Impatient(15.0))
    assert soon.cancelled > 100
    assert late.cancelled > 100
    assert soon.abandoned >= soon.cancelled
    assert late.abandonment < 0.1


def test_a_line_that_was_given_up_is_taken_again_at_once() -> None:
    begun: set[float] = set()
    given_up: set[float] = set()

    class Noting(Impatient):
        def placed(self, _at: float, call: Call) -> None:
            super().placed(_at, call)
            begun.add(_at)

        def failed(self, _at: float, call: Call, cause: str) -> None:
            super().failed(_at, call, cause)
            if cause == "cancelled":
                given_up.add(_at)

    run(small(hours=0.2, channels=10), 1, Noting(15.0))  # twice as many agents: there is always one idle for it
    assert len(given_up) > 50
    assert given_up <= begun


def test_by_hand_each_agent_has_one_line_and_looks_numbers_up() -> None:
    scenario = small(agents=5, hours=1.0)
    result, attempts, _ = logged(scenario, ByHand())
    for agent in "01234":
        mine = [each for each in attempts if each.agent == agent]
        assert len(mine) > 20
        for before, after in pairwise(mine):
            over_at = before.ended_at
            assert over_at is not None
            heard = 2.5 if before.outcome is Outcome.MACHINE else 0.0  # the agent goes on before the channel is free
            assert after.placed_at >= over_at - heard + scenario.look_up_s - 1e-6
    assert result.abandoned == 0


def test_by_hand_nothing_is_detected() -> None:
    erring = {"people_taken_for_machines": 0.5, "machines_taken_for_people": 0.5}
    assert run(small(5, 0.5, detection=erring), 1, ByHand()) == run(small(5, 0.5), 1, ByHand())


def test_half_of_the_agents_leave_after_their_call() -> None:
    result = run(small(hours=1.0, staff={"leave": {"at_s": 1800.0, "share": 0.5}}), 1, Progressive())
    before, after = (next(each for each in result.timeline if each.at >= at) for at in (1750.0, 2900.0))
    assert before.idle + before.talk + before.wrap == 20
    assert after.idle + after.talk + after.wrap == 10
    assert result.changed_abandonment == 0.0


def test_people_taken_for_machines_count_as_abandoned() -> None:
    perfect = {"people_taken_for_machines": 0.0, "machines_taken_for_people": 0.0}
    erring = {"people_taken_for_machines": 0.2, "machines_taken_for_people": 0.0}
    good, bad = (run(small(detection=detection), 1, Progressive()) for detection in (perfect, erring))
    assert good.people_taken_for_machines == good.abandoned == 0
    assert bad.abandoned == bad.people_taken_for_machines
    assert bad.abandonment == pytest.approx(0.2, abs=0.06)


def test_machines_taken_for_people_cost_agents_time() -> None:
    none, all_of_them = (
        run(
            small(10, detection={"people_taken_for_machines": 0.0, "machines_taken_for_people": share}),
            1,
            Progressive(),
        )
        for share in (0.0, 1.0)
    )
    assert all_of_them.connected < none.connected
    assert all_of_them.answered == all_of_them.connected + all_of_them.abandoned  # machines are no answers


def test_the_answer_rate_steps_and_drifts() -> None:
    def answered(scenario: Scenario, since: float, until: float) -> float:
        _, attempts, _ = logged(scenario, FixedRatio(3.0))
        placed = [each for each in attempts if since <= each.placed_at < until]
        return sum(each.outcome in PERSONS for each in placed) / len(placed)

    step = small(10, answers={"rate": 0.2, "steps": [{"at_s": 1800.0, "rate": 0.7}]})
    assert answered(step, 0, 1800) == pytest.approx(0.2, abs=0.06)
    assert answered(step, 1800, 3400) == pytest.approx(0.7, abs=0.06)
    drift = small(10, answers={"rate": 0.4, "drift": {"swing": 0.3, "period_s": 3600.0}})
    assert answered(drift, 600, 1200) == pytest.approx(0.67, abs=0.07)
    assert answered(drift, 2400, 3000) == pytest.approx(0.13, abs=0.07)


def test_the_adaptive_level_is_cut_over_the_limit() -> None:
    level = AdaptiveLevel(4 * 3600.0, method="hard-limit")
    level.agent(0.0, "a", AgentState.IDLE)
    for second in range(60):
        level.decide(float(second), 100)
    assert level.level == 3.0  # all are ready: as high as it may
    for call in range(60):
        level.placed(60.0, call)
        level.answered(60.0, call)
        level.abandoned(61.0, call)
    for second in range(60, 140):
        level.decide(float(second), 100)
    assert level.level == 1.0


def test_decisions_are_clocked_by_whose_clock_is_given() -> None:
    ticks = iter(range(10**9))
    result = run(small(hours=0.1), 1, Progressive(), clock=lambda: float(next(ticks)))
    assert result.decide_mean_ms == result.decide_p99_ms == 1000.0
    unclocked = run(small(hours=0.1), 1, Progressive())
    assert replace(result, decide_mean_ms=None, decide_p99_ms=None) == unclocked


def test_the_worst_half_hour_is_found() -> None:
    answered = [float(second * 10) for second in range(720)]
    abandoned = [at for at in answered if 3600 <= at < 3900]
    assert worst_rolling(answered, abandoned, 7200.0) == pytest.approx(30 / 180, abs=0.01)
    assert worst_rolling(answered, [], 7200.0) == 0.0


def test_nothing_wanted_is_nothing_dialled() -> None:
    assert run(small(hours=0.1), 1, Counting()).attempts == 0


def test_the_shipped_scenarios_are_those_of_the_study() -> None:
    shipped = scenarios()
    assert len(shipped) == 13
    assert {scenario.title for scenario in shipped.values()} >= {"A5 steady", "A20 step 30->60", "A50 trunk 60ch p=.2"}
    assert shipped["a5-steady"].seeds == tuple(range(1, 13))
    assert shipped["a500-steady"].hours == 2.0
