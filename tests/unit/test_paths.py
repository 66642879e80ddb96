"""Walks as Asterisk 22 recorded them (``data/walks-cel.csv``: real rows), and what the fold makes of others."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from ccore.ivr import paths
from ccore.ivr.marks import dump
from ccore.ivr.model import Mark, State
from ccore.ivr.paths import Row, fold

RECORDED = Path(__file__).parent / "data" / "walks-cel.csv"
BEGAN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def recorded() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    with RECORDED.open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            if line[1] == "CCORE_WALK":
                at = datetime.fromtimestamp(float(line[2]), UTC)
                rows.setdefault(line[15].partition(".")[2], []).append(Row(at, line[4], line[19]))
    return rows


def told(*steps: Sequence[Mark], asked: Sequence[int] = (), caller: str = "13800138000") -> list[Row]:
    """Rows a second apart, one for each step."""
    state = State(3, "10086", "zh", "main")
    numbers = asked or range(1, len(steps) + 1)
    return [
        Row(BEGAN + timedelta(seconds=second), caller, json.dumps({"extra": _text(state, number, step)}))
        for second, (number, step) in enumerate(zip(numbers, steps, strict=True))
    ]


def _text(state: State, asked: int, step: Sequence[Mark]) -> str:
    return dump(State(state.version, state.hotline, state.language, state.node, asked=asked), tuple(step))


ENTERED = (Mark("main", "entered"),)
TO_QUEUE = (Mark("main", "key", "0", "people"), Mark("people", "entered"), Mark("people", "left", "", "queue service"))
BACK = (Mark("people", "failed", "", "main"), Mark("main", "entered"))
FOUND = (Mark("main", "key", "1", "ask"), Mark("ask", "found", "", "tell"), Mark("main", "entered"))
BYE = (Mark("main", "left", "", "hang-up"),)
FAILED = (Mark("main", "failed", "", "hang-up"), *BYE)


def test_what_asterisk_recorded_folds_into_what_happened() -> None:
    found = {channel: fold(rows) for channel, rows in recorded().items()}
    said = {channel: (path.outcome, path.target, path.to_target_ms) for channel, path in found.items() if path}
    assert said == {
        "0": ("contained", "", None),
        "1": ("dropped", "", None),
        "9": ("dropped", "", None),  # the queue gave them back
        "10": ("voicemail", "voicemail service", 506),
        "12": ("order", "order 1008610001", 529),
        "13": ("transfer", "transfer office", 1325),
    }
    first = found["0"]
    assert first is not None
    assert (first.language, first.caller, first.missing, len(first.steps)) == ("en", "13812345678", 0, 12)


@pytest.mark.parametrize(
    ("steps", "outcome", "target", "after_ms"),
    [
        ([ENTERED], "dropped", "", None),
        ([ENTERED, TO_QUEUE], "queue", "queue service", 1000),
        ([ENTERED, TO_QUEUE, (Mark("people", "done"),)], "queue", "queue service", 1000),
        ([ENTERED, TO_QUEUE, BACK], "dropped", "", None),
        ([ENTERED, FOUND], "contained", "ask", 1000),
        ([ENTERED, FOUND, TO_QUEUE], "queue", "queue service", 2000),
        ([ENTERED, FOUND, TO_QUEUE, BACK], "contained", "ask", 1000),
        ([ENTERED, BYE], "contained", "", None),
        ([ENTERED, FAILED], "given-up", "", None),
    ],
)
def test_what_a_caller_got_last_is_what_became_of_the_walk(
    steps: Sequence[Sequence[Mark]], outcome: str, target: str, after_ms: int | None
) -> None:
    path = fold(told(*steps))
    assert path is not None
    assert (path.outcome, path.target, path.to_target_ms) == (outcome, target, after_ms)


def test_rows_in_any_order_and_twice_give_the_same_walk() -> None:
    rows = told(ENTERED, FOUND, TO_QUEUE, BACK)
    assert {fold([*order, rows[0]]) for order in permutations(rows)} == {fold(rows)}


@pytest.mark.parametrize(("asked", "missing"), [([1, 2], 0), ([2, 5], 3), ([1, 1], 0)])
def test_answers_that_left_no_row_are_counted(asked: list[int], missing: int) -> None:
    path = fold(told(ENTERED, FOUND, asked=asked))
    assert path is not None
    assert path.missing == missing


@pytest.mark.parametrize(
    "extra", ["", "{}", "[]", '{"extra": 1}', '{"extra": "x"}', '{"extra": "99999999999:1:zh:1"}', "[" * 100_000]
)
def test_rows_that_are_not_ccores_are_nothing(extra: str) -> None:
    assert paths.read(extra) is None
    assert fold([Row(BEGAN, "", extra)]) is None


@pytest.mark.parametrize(("told_as", "caller"), [("anonymous", ""), ("+8613800138000", "+8613800138000"), ("", "")])
def test_a_caller_who_has_no_number_has_none(told_as: str, caller: str) -> None:
    path = fold(told(ENTERED, caller=told_as))
    assert path is not None
    assert path.caller == caller
