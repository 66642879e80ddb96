"""Which lines of a flood are written."""

from ccore.floods import EVERY_S, Flood


def test_the_first_line_is_written_and_then_one_for_many() -> None:
    flood = Flood()
    assert [flood.lines("late", 100.0 + tenth / 10) for tenth in range(50)] == [1] + [0] * 49
    assert flood.lines("late", 100.0 + EVERY_S) == 50
    assert flood.lines("late", 100.0 + 3 * EVERY_S) == 1


def test_kinds_are_told_apart() -> None:
    flood = Flood()
    assert [flood.lines(kind, 0.0) for kind in ("late", "forged", "late", "forged")] == [1, 1, 0, 0]
