"""A campaign's log: written, read, and replayed; the replay of a known world gives the known world's figures."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation import Journal, Pacer, Scenario, run
from ccore.dialer.simulation.baselines import FixedRatio, Progressive
from ccore.dialer.simulation.comparison import Row
from ccore.dialer.simulation.log import AgentLog, AttemptLog, CampaignLog, Log, lines, logged, read
from ccore.dialer.simulation.replay import CannotReplay, replayed
from ccore.dialer.simulation.scenario import UNLIMITED
from ccore.errors import FaultsFound
from tests.support.paced import small
from tests.unit.test_simulated_world import Impatient

EPOCH = 1_790_000_000.0
CHANGING: dict[str, Any] = {
    "channels": 40,
    "limit": 0.02,
    "answers": {"rate": 0.2, "steps": [{"at_s": 3600.0, "rate": 0.5}]},
    "staff": {"breaks": {}, "leave": {"at_s": 5400.0, "share": 0.3}},
}


def log_of(scenario: Scenario, seed: int, pacer: Pacer | None = None) -> Log:
    journal = Journal(scenario, EPOCH)
    run(scenario, seed, pacer or FixedRatio(2.5), journal=journal)
    return logged(journal.rows)


def runs(scenario: Scenario, ratio: float, seeds: tuple[int, ...]) -> Row:
    return Row("", tuple(run(scenario, seed, FixedRatio(ratio)) for seed in seeds))


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = log_of(small(hours=0.1, agents=5), 1)
    rows: list[AgentLog | AttemptLog | CampaignLog] = [*log.agents, *log.attempts, log.campaign or CampaignLog("none")]
    file = tmp_path / "june.jsonl"
    file.write_text("\n".join(lines(rows)) + "\n", encoding="utf-8")
    assert read(file) == log
    assert '"state":"idle"' in file.read_text(encoding="utf-8")
    assert log.campaign == CampaignLog("small", limit=0.03, grace_s=2.0, channels=None, max_calls_per_s=50.0)


def test_what_was_not_reached_may_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "june.jsonl"
    file.write_text('{"kind":"attempt","placed_at":1.5,"ended_at":2,"outcome":"busy","number_hash":"ab"}\n')
    (attempt,) = read(file).attempts
    assert attempt == AttemptLog(1.5, None, None, None, 2.0, Outcome.BUSY, number_hash="ab")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[]", "`kind` is one of attempt, agent, campaign"),
        ('{"kind":"call"}', "`kind` is one of"),
        ('{"kind":"attempt"}', "placed_at: "),
        ('{"kind":"attempt","placed_at":1,"outcome":"busier"}', "outcome: "),
        ('{"kind":"agent","agent":"a","at":1,"state":"asleep"}', "state: "),
    ],
)
def test_lines_that_cannot_be_understood_are_told(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "june.jsonl"
    file.write_text(f'{{"kind":"agent","agent":"a","at":1,"state":"idle"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        read(file)
    (fault,) = found.value.faults
    assert (fault.line, fault.code) == (2, "SC002")
    assert said in fault.message


def test_a_replay_gives_the_figures_of_the_world_it_was_logged_in() -> None:
    """Within 3 points of utilisation, 1 of abandonment, 5 % of talks, 8 % of attempts, for a pacer it never saw.

    Most of that is the other dice: whole shifts are held to less in tests/acceptance.
    """
    world = small(agents=20)
    replay = replayed(log_of(world, 7), "june")
    for ratio in (1.0, 3.0):
        known, told = runs(world, ratio, (7, 8)), runs(replay, ratio, (1, 2))
        assert told.utilisation == pytest.approx(known.utilisation, abs=0.03)
        assert told.abandonment == pytest.approx(known.abandonment, abs=0.01)
        assert told.mean("connects_h") == pytest.approx(known.mean("connects_h"), rel=0.05)
        assert told.mean("attempts_h") == pytest.approx(known.mean("attempts_h"), rel=0.08)
        assert told.runs[0].agent_hours == pytest.approx(known.runs[0].agent_hours, rel=0.01)


def test_a_changing_world_is_replayed_with_its_changes() -> None:
    world = small(agents=20, hours=1.9, **CHANGING)  # the break at 6,900 s, a little later, would be cut off
    replay = replayed(log_of(world, 3), "june")
    assert (replay.channels, replay.limit, replay.agents) == (40, 0.02, 20)
    before = [step.rate for step in replay.answers.steps if step.at_s < 3000] + [replay.answers.rate]
    after = [step.rate for step in replay.answers.steps if step.at_s > 4200]
    assert max(before) < 0.3
    assert min(after) > 0.4
    known, told = runs(world, 2.5, (3,)), runs(replay, 2.5, (1,))
    assert told.utilisation == pytest.approx(known.utilisation, abs=0.03)
    assert told.mean("connects_h") == pytest.approx(known.mean("connects_h"), rel=0.06)
    assert told.runs[0].pause_s == pytest.approx(known.runs[0].pause_s, rel=0.1)


@pytest.mark.parametrize(("one_in", "least", "most"), [(2, 0.27, 0.33), (1, 0.15, 0.25)])
def test_calls_hung_up_do_not_hide_who_would_have_answered(one_in: int, least: float, most: float) -> None:
    """They stand for those that rang on; if none did, for people who do not answer: never for more answers."""
    world = small(agents=20, ringing={"person": {"median_s": 12.0, "spread": 0.5}})
    log = log_of(world, 5, Impatient(15.0, one_in))
    cancelled = sum(each.outcome is Outcome.CANCELLED for each in log.attempts)
    assert cancelled > 0.1 * len(log.attempts)
    answered = sum(each.outcome in {Outcome.TALKED, Outcome.ABANDONED} for each in log.attempts)
    assert answered / (len(log.attempts) - cancelled) > most + 0.02
    replay = replayed(log, "june")
    assert least < replay.answers.rate < most
    assert replay.ringing.at_most_s == pytest.approx(30.0, abs=0.1)


def test_more_agents_work_as_the_others_did() -> None:
    log = log_of(small(agents=10, hours=1.0), 1)
    replay = replayed(log, "june")
    more = Scenario.model_validate(replay.model_dump() | {"agents": 15})
    few, many = run(replay, 1, Progressive()), run(more, 1, Progressive())
    assert many.agent_hours == pytest.approx(1.5 * few.agent_hours, rel=0.02)
    assert many.connected > 1.3 * few.connected


def test_what_nobody_knows_is_no_answer_rate() -> None:
    log = log_of(small(agents=10, hours=1.0), 1)
    lost = [replace(each, outcome=Outcome.LOST) for each in log.attempts]
    both = Log(log.campaign, tuple(sorted([*log.attempts, *lost], key=lambda each: each.placed_at)), log.agents)
    assert replayed(both, "june") == replayed(log, "june")
    assert replayed(log, "june").channels == UNLIMITED


def test_too_little_or_too_much_cannot_be_replayed() -> None:
    log = log_of(small(agents=10, hours=1.0), 1)
    with pytest.raises(CannotReplay, match="0 attempts"):
        replayed(logged([]), "june")
    with pytest.raises(CannotReplay, match="agents"):
        replayed(Log(log.campaign, log.attempts, ()), "june")
    late = AgentLog("9", EPOCH + 100_000.0, AgentState.OUT)
    with pytest.raises(CannotReplay, match="cut the log into days"):
        replayed(Log(log.campaign, log.attempts, (*log.agents, late)), "june")
