"""How willing people are to answer just now: changes are followed soon, and where nothing changes it holds still."""

import math

from ccore.dialer.pace.level import Level


def heard(level: Level, rate: float, since: int, until: int) -> list[float]:
    """The factor in each second, when of one answer expected in it, ``rate`` come: evenly."""
    factors, owed = [], 0.0
    for second in range(since, until):
        owed += rate
        level.expected(1.0)
        while owed >= 1.0:
            level.answered()
            owed -= 1.0
        level.weigh(float(second), 1e6)
        factors.append(level.factor)
    return factors


def test_where_nothing_changes_the_longest_memory_makes_it_sure() -> None:
    level = Level()
    factors = heard(level, 1.0, 0, 1200)
    assert all(0.97 < factor < 1.03 for factor in factors)
    assert level.worth > 200


def test_a_change_is_followed_within_two_minutes_and_doubted_meanwhile() -> None:
    for rate in (0.5, 2.0):
        level = Level()
        heard(level, 1.0, 0, 1200)
        sure = level.worth
        first = heard(level, rate, 1200, 1230)
        assert min(1.0, rate) <= first[-1] <= max(1.0, rate)
        assert level.worth < sure
        after = heard(level, rate, 1230, 1320)
        assert abs(math.log(after[-1] / rate)) < 0.25


def test_a_day_without_answers_is_survived() -> None:
    level = Level()
    for second in range(0, 400_000, 20):
        level.expected(50.0)
        level.weigh(float(second), 10.0)
    assert 0.1 < level.factor < 0.2
    assert max(heard(level, 1.0, 400_000, 401_200)[-60:]) > 0.8


def test_it_goes_on_from_what_was_kept() -> None:
    level = Level()
    heard(level, 1.5, 0, 100)
    other = Level()
    other.restore(level.snapshot())
    assert heard(other, 0.7, 100, 200) == heard(level, 0.7, 100, 200)
