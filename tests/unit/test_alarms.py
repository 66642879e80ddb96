"""Alarms: raised after a time beyond their limit, over after a time back, and never flapping."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.centre.alerts import Alarm, load_alerts
from ccore.errors import FaultsFound
from ccore.numbers.alarms import Change, Watch, judge, said

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LEVEL = Alarm(measure="service-level", raise_at=70, raise_after_s=60, clear_at=80, clear_after_s=120)
WAIT = Alarm(measure="longest-wait", raise_at=60, raise_after_s=0, clear_at=30, clear_after_s=0)


def changes(alarm: Alarm, figures: Sequence[tuple[float, float | None]]) -> list[tuple[float, Change]]:
    """When something is told, of figures at seconds."""
    watch, told = Watch(), []
    for second, value in figures:
        watch, change = judge(watch, alarm, value, BEGAN + timedelta(seconds=second))
        if change:
            told.append((second, change))
    return told


def test_raised_after_its_time_and_over_after_its_time() -> None:
    figures = [(0, 90), (10, 65), (69, 65), (70, 65), (80, 60), (100, 85), (219, 85), (220, 85), (230, 85)]
    assert changes(LEVEL, figures) == [(70, Change.RAISED), (220, Change.CLEARED)]


def test_a_moment_back_begins_the_time_anew() -> None:
    assert changes(LEVEL, [(0, 65), (50, 71), (60, 65), (119, 65)]) == []


def test_between_the_limits_nothing_changes() -> None:
    assert changes(LEVEL, [(0, 65), (60, 65), (70, 75), (3600, 75), (7200, 79)]) == [(60, Change.RAISED)]


def test_a_figure_that_must_not_be_high() -> None:
    assert changes(WAIT, [(0, 60), (1, 61), (2, 31), (3, 30)]) == [(1, Change.RAISED), (3, Change.CLEARED)]


def test_too_few_callers_are_no_alarm_and_end_one() -> None:
    assert changes(LEVEL, [(0, None), (100, None)]) == []
    assert changes(LEVEL, [(0, 10), (60, 10), (70, None), (190, None)]) == [(60, Change.RAISED), (190, Change.CLEARED)]


def test_a_clock_that_was_set_back_raises_nothing_early() -> None:
    assert changes(LEVEL, [(1000, 10), (0, 10), (59, 10), (60, 10)]) == [(60, Change.RAISED)]


@given(
    st.lists(st.tuples(st.floats(0.1, 120), st.one_of(st.none(), st.floats(0, 100))), max_size=60),
    st.floats(0, 100), st.floats(0, 100), st.integers(0, 300), st.integers(0, 300),
)  # fmt: skip
def test_it_never_flaps(
    steps: list[tuple[float, float | None]], one: float, other: float, raise_s: int, clear_s: int
) -> None:
    alarm = Alarm(measure="service-level", raise_at=min(one, other), raise_after_s=raise_s, clear_at=max(one, other),
                  clear_after_s=clear_s)  # fmt: skip
    figures, second = list[tuple[float, float | None]](), 0.0
    for step, value in steps:
        second += step
        figures.append((second, value))
    told = changes(alarm, figures)
    assert _alternates([change for _, change in told])
    for moment, change in told:
        # Whatever is told has been so, without a moment's break, for as long as the alarm says.
        lasts = raise_s if change is Change.RAISED else clear_s
        since = [value for at, value in figures if moment - lasts + 1e-6 < at <= moment]
        assert all(_stands(alarm, change, value) for value in since)
    for (before, _), (after, change) in pairwise(told):
        assert after - before >= (raise_s if change is Change.RAISED else clear_s) - 1e-6


def _alternates(told: Sequence[Change]) -> bool:
    return all(change is (Change.CLEARED if number % 2 else Change.RAISED) for number, change in enumerate(told))


def _stands(alarm: Alarm, change: Change, value: float | None) -> bool:
    if change is Change.RAISED:
        return value is not None and value < alarm.raise_at
    return value is None or value >= alarm.clear_at


def test_what_is_said() -> None:
    assert said(LEVEL, "en", "sales", 61.4, "10086") == "sales: service level 61 %, below 70 %"
    assert said(LEVEL, "zh", "sales", 61.4, "10086") == "sales 服务水平 61%，低于 70%"
    own = LEVEL.model_copy(update={"text": {"en": "{site}: {queue} {value}/{limit}"}})
    assert said(own, "en", "sales", 61.4, "10086") == "10086: sales 61/70"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('measure = "service-level"\nraise_at = 80\nclear_at = 70', "would flap"),
        ('measure = "longest-wait"\nraise_at = 60\nclear_at = 70', "would flap"),
        ('measure = "ready-agents"\nraise_at = 2\nclear_at = 3\nqueues = ["sales"]', "not of queues"),
        ('measure = "mood"\nraise_at = 2\nclear_at = 3', "measure"),
        ('measure = "waiting"\nraise_at = 2\nclear_at = 1\ntext_to = ["13812345678"]', "text_to"),
    ],
)
def test_faults_of_the_file(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "alerts.toml").write_text(f"[alert.one]\n{text}\n", encoding="utf-8")
    with pytest.raises(FaultsFound, match=fault):
        load_alerts(tmp_path)


def test_without_a_file_nothing_is_watched(tmp_path: Path) -> None:
    assert not load_alerts(tmp_path).alert
