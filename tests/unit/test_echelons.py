"""Echelons: proposed by volume and service, up fast, down slowly, and whom they call up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.centre.centre import Echelon
from ccore.errors import FaultsFound
from ccore.numbers.echelons import RISES_AFTER, STANDS_DOWN_AFTER, Standby, Standing, Volume, decide, percent, proposed
from ccore.numbers.standby import read_plans

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ECHELONS = tuple(Echelon(volume_percent=level) for level in (110, 130, 160, 200))


def at(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def volume(percent_: float, level: float | None = 50) -> Volume:
    """Half an hour with so many percent of 1,000 calls."""
    return Volume(round(5 * percent_), timedelta(minutes=30), 1000, level)


def run(figures: Sequence[tuple[float, Volume]], standing: Standing | None = None) -> list[tuple[float, int]]:
    """When which level is decided."""
    standing, told = standing or Standing(), []
    for minutes, seen in figures:
        after = decide(standing, ECHELONS, seen, at(minutes))
        if after.level != standing.level:
            told.append((minutes, after.level))
        standing = after
    return told


def test_the_volume_is_extrapolated_from_a_part_of_the_hour() -> None:
    assert percent(Volume(300, timedelta(minutes=15), 1000)) == 120
    assert percent(Volume(300, timedelta(minutes=9), 1000)) is None
    assert percent(Volume(300, timedelta(minutes=15), None)) is None
    assert percent(Volume(300, timedelta(minutes=15), 0)) is None


def test_up_after_three_minutes_down_after_fifteen() -> None:
    figures = [(minute, volume(135)) for minute in range(5)] + [(minute, volume(90, 95)) for minute in range(5, 30)]
    assert run(figures) == [(3, 2), (20, 0)]


def test_good_service_needs_nobody_and_bad_service_sends_nobody_home() -> None:
    assert run([(minute, volume(220, 90)) for minute in range(60)]) == []
    assert run([(minute, volume(80, 60)) for minute in range(60)], Standing(2, 2)) == []


def test_near_the_limit_who_has_come_stays() -> None:
    assert run([(minute, volume(125, 95)) for minute in range(60)], Standing(2, 2)) == []
    assert run([(minute, volume(116, 95)) for minute in range(60)], Standing(2, 2)) == [(15, 1)]


def test_without_a_plan_nothing_moves() -> None:
    assert run([(minute, Volume(900, timedelta(minutes=30), None)) for minute in range(60)], Standing(1, 1)) == []


@given(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 300), st.one_of(st.none(), st.floats(0, 100))), max_size=60))
def test_it_never_flaps(steps: list[tuple[float, float, float | None]]) -> None:
    figures, minute = list[tuple[float, Volume]](), 0.0
    for step, share, level in steps:
        minute += step
        figures.append((minute, volume(share, level)))
    told = [(0.0, 0), *run(figures)]
    for (before, low), (after, high) in pairwise(told):
        least = RISES_AFTER if high > low else STANDS_DOWN_AFTER
        assert high != low
        assert timedelta(minutes=after - before) >= least - timedelta(seconds=1)
        assert 0 <= high <= 4


def test_whom_a_level_calls_up() -> None:
    here = Standby("1", "Li", 1, "+8613800000001", signed_in=True)
    first = Standby("2", "Wang", 1, "+8613800000002", signed_in=False)
    second = Standby("3", "Zhao", 2, "+8613800000003", signed_in=False)
    nobody = Standby("4", "Sun", 1, "", signed_in=False)
    regular = Standby("5", "Zhou", 0, "+8613800000005", signed_in=False)
    everybody = [second, regular, nobody, first, here]
    assert proposed(everybody, 1) == (first,)
    assert proposed(everybody, 4) == (first, second)
    assert proposed(everybody, 0) == ()


def test_plans_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "plan.csv"
    file.write_text("\ufeffqueue,weekday,hour,calls\nsales,1,9,300\nsales,1,10,400\n", encoding="utf-8")
    assert read_plans(file, ["sales"]) == [("sales", 1, 9, 300), ("sales", 1, 10, 400)]
    rows = [
        "sales,8,9,1",
        "sales,1,24,1",
        "sales,1,9,-1",
        "sales,1,9",
        "other,1,9,1",
        "sales,1,9,5",
        "sales,1,9,6",
        "x",
    ]
    file.write_text("\n".join(["queue,weekday,hour,calls", *rows]), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        read_plans(file, ["sales"])
    assert [fault.line for fault in found.value.faults] == [2, 3, 4, 5, 6, 8, 9]
    file.write_text("hour,calls\n", encoding="utf-8")
    with pytest.raises(FaultsFound, match="first line"):
        read_plans(file, ["sales"])
