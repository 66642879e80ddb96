"""Which calls are recorded: the weightiest rule decides, and a sample is the same calls every time."""

from pathlib import Path

import pytest

from ccore import config
from ccore.centre.centre import read_centre
from ccore.centre.queue import Queue, Recording
from ccore.centre.recording import RecordingRule, always_recorded
from ccore.check_recording import check_recording
from ccore.recording.disks import Level, level
from ccore.recording.model import milliseconds, read_file, read_stem, stem
from ccore.recording.policy import Policy, Subject, explained, in_sample, twice
from tests.support.operators import working_copy

CALL = "node1!node1-1795367413.7"
SALES = Subject(CALL, hotline="10086", queue="sales")


def rule(when: str, **conditions: object) -> RecordingRule:
    """A rule as the file gives it."""
    return RecordingRule.model_validate({"when": when, **conditions})


@pytest.mark.parametrize(
    ("rules", "queue", "subject", "kind", "said"),
    [
        ([], Recording(), SALES, "never", "no rule"),
        ([], Recording(when="always"), SALES, "always", "queue sales"),
        ([rule("never")], Recording(when="always"), SALES, "always", "queue sales"),
        ([rule("always")], Recording(), SALES, "always", "recording.toml rule 1"),
        ([rule("never", hotline="10086")], Recording(when="always"), SALES, "always", "queue sales"),
        (
            [rule("never", queue="sales", hotline="10086")],
            Recording(when="always"),
            SALES,
            "never",
            "recording.toml rule 1",
        ),
        ([rule("never", queue="sales", hotline="10089")], Recording(when="always"), SALES, "always", "queue sales"),
        ([rule("never"), rule("always", direction="in")], Recording(), SALES, "always", "recording.toml rule 2"),
        ([rule("always", campaign="spring")], Recording(), SALES, "never", "no rule"),
        (
            [rule("always", queue="sales"), rule("never", agent="1001")],
            Recording(),
            Subject(CALL, queue="sales", agent="1001"),
            "never",
            "recording.toml rule 2",
        ),
        ([], Recording(), Subject(CALL, hotline="10086", queue="sales", menu=True), "always", "menu"),
        ([], Recording(when="never"), Subject(CALL, queue="sales", menu=True), "never", "queue sales"),
        ([rule("sample", percent=0)], Recording(), SALES, "never", "recording.toml rule 1"),
        ([rule("sample", percent=100)], Recording(), SALES, "sample", "recording.toml rule 1"),
    ],
)  # fmt: skip
def test_the_rule_that_says_most_decides(
    rules: list[RecordingRule], queue: Recording, subject: Subject, kind: str, said: str
) -> None:
    decision = Policy(tuple(rules), {"sales": queue}).decide(subject)
    assert (decision.kind, decision.rule) == (kind, said)


def test_a_call_whose_agent_may_be_recorded_begins_in_silence() -> None:
    policy = Policy((rule("never"), rule("always", agent="1001", keep_days=7)))
    assert policy.decide(SALES).kind == "never"
    begins = policy.begins(SALES)
    assert (begins.kind, begins.rule, begins.keep_days) == ("on-demand", "recording.toml rule 2", 7)
    assert policy.names_agents


def test_an_agents_rule_of_another_queue_begins_nothing() -> None:
    policy = Policy((rule("always", agent="1001", queue="help"),))
    assert not policy.begins(SALES).records
    assert policy.begins(Subject(CALL, queue="help")).records


def test_a_sample_is_the_same_calls_every_time_and_as_many_as_it_says() -> None:
    keys = [f"node1!node1-1795367413.{number}" for number in range(4000)]
    chosen = [key for key in keys if in_sample(key, 25)]
    assert chosen == [key for key in keys if in_sample(key, 25)]
    assert 850 < len(chosen) < 1150
    assert all(in_sample(key, 40) for key in chosen), "a larger sample holds the smaller one"


def test_each_queue_is_explained() -> None:
    policy = Policy((rule("sample", percent=5),), {"sales": Recording(when="always"), "help": Recording()})
    assert list(explained(policy, ["sales", "help"])) == [
        "queue help: sample 5 % (recording.toml rule 1)",
        "queue sales: always (queue sales)",
    ]


def test_rules_for_just_the_same_calls_are_found() -> None:
    rules = [rule("always", queue="sales"), rule("never", hotline="10086"), rule("always", hotline="10086")]
    queues = {"sales": Queue(recording=Recording(when="never")), "help": Queue()}
    assert list(twice(rules, queues)) == [(0, "queues/sales.toml"), (2, "rule 2")]


def test_the_file_is_read_with_its_lines(tmp_path: Path) -> None:
    text = '[[rules]]\nqueue = "sales"\nwhen = "always"\n\n[[rules]]\nwhen = "sometimes"\n'
    (tmp_path / "recording.toml").write_text(text, encoding="utf-8")
    centre, faults = read_centre(tmp_path)
    assert [(fault.file.name, fault.line) for fault in faults] == [("recording.toml", 6)]
    assert centre.recording == ()
    (tmp_path / "recording.toml").write_text(text.replace("sometimes", "never"), encoding="utf-8")
    centre, faults = read_centre(tmp_path)
    assert faults == []
    assert [each.when for each in centre.recording] == ["always", "never"]
    assert centre.place("recording", "rules", "1", "when")[1] == 6


def test_files_are_named_after_the_channel_and_nobodys_number() -> None:
    path = stem("node1-1795367413.7", 2)
    assert path == "20261122/node1-1795367413.7_2"
    assert read_stem(path) == ("node1-1795367413.7", 2)
    assert read_file(f"{path}-rx.sln16") == (path, "rx", "sln16")
    assert (milliseconds("sln16", 64_000), milliseconds("sln", 64_000)) == (2000, 4000)


@pytest.mark.parametrize(
    "name", ["20261122/other.wav", "x-rx.sln", "20261122/node1-1795367413.7_1-rx.wav", "a/b/c-rx.sln"]
)
def test_other_files_are_no_recordings(name: str) -> None:
    read = read_file(name)
    assert read is None or read_stem(read[0]) is None


@pytest.mark.parametrize("channel", ["node1", "../../etc/passwd", "node1-1795367413.7/..", "node1-17953674131.7"])
def test_no_file_is_named_after_what_is_no_channel(channel: str) -> None:
    with pytest.raises(ValueError, match="no uniqueid"):
        stem(channel, 1)


@pytest.mark.parametrize(
    ("free", "found"),
    [(0.5, Level.ENOUGH), (0.2, Level.ENOUGH), (0.19, Level.LITTLE), (0.1, Level.LITTLE), (0.09, Level.NONE)],
)
def test_how_full_is_too_full(free: float, found: Level) -> None:
    assert level(free, 20, 10) is found


def test_rules_that_name_what_is_not_there_are_found(tmp_path: Path) -> None:
    site = working_copy(tmp_path)
    rules = [
        '[[rules]]\nqueue = "servise"\nwhen = "always"\n',
        '[[rules]]\nhotline = "99999"\nwhen = "always"\n',
        '[[rules]]\ndirection = "in"\nwhen = "always"\npercent = 5\n',
        '[[rules]]\ndirection = "in"\nwhen = "never"\n',
        '[[rules]]\nhotline = "10086"\nqueue = "service"\nwhen = "sample"\npercent = 5\n',
    ]
    (site / "dialplan/recording.toml").write_text("\n".join(rules), encoding="utf-8")
    found = [(fault.line, fault.code) for fault in sorted(check_recording(config.load(site / "ccore.toml")))]
    assert found == [(2, "RE101"), (6, "RE102"), (12, "RE104"), (16, "RE103")]
    assert "did you mean service?" in str(check_recording(config.load(site / "ccore.toml"))[0])


def test_the_switch_knows_by_itself_which_queues_are_always_recorded() -> None:
    queues = {
        "own": Queue(recording=Recording(when="always")),
        "sampled": Queue(recording=Recording(when="sample")),
        "said": Queue(),
        "unsaid": Queue(),
        "divided": Queue(recording=Recording(when="always")),
    }
    rules = [rule("never", hotline="10089"), rule("always", queue="said"), rule("never", queue="divided", agent="1001")]
    assert list(always_recorded(queues, rules)) == ["own", "said"]
    assert list(always_recorded(queues, [rule("always"), rule("never", hotline="10089")])) == ["own", "divided"]
    assert list(always_recorded(queues, [rule("always")])) == ["own", "said", "unsaid", "divided"]
