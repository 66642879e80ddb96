"""Scenarios' files: what they may say, what is said of their faults, and what lengths come of it."""

from pathlib import Path
from statistics import fmean, median

import pytest

from ccore.dialer.simulation import load, scenarios
from ccore.dialer.simulation.lengths import Length, Short, cut_at
from ccore.dialer.simulation.staff import moves
from ccore.errors import FaultsFound
from tests.support.paced import small

THROWS = [(number + 0.5) / 4000 for number in range(4000)]


def lengths(length: Length) -> list[float]:
    quantile = length.quantile()
    drawn = [quantile(throw) for throw in THROWS]
    assert drawn == sorted(drawn)
    return drawn


def test_lengths_have_the_mean_or_median_that_is_said() -> None:
    assert fmean(lengths(Length(mean_s=120.0))) == pytest.approx(120.0, rel=0.01)
    assert fmean(lengths(Length(mean_s=120.0, spread=0.8))) == pytest.approx(120.0, rel=0.02)
    assert median(lengths(Length(median_s=9.0, spread=0.55))) == pytest.approx(9.0, rel=0.01)
    assert fmean(lengths(Length(between_s=(14.0, 24.0)))) == pytest.approx(19.0, rel=0.01)
    assert set(lengths(Length(measured_s=(1.0, 2.0, 4.0)))) == {1.0, 2.0, 4.0}
    assert max(lengths(Length(mean_s=120.0, most_s=200.0))) == 200.0


def test_some_are_over_at_once() -> None:
    quantile = Length(mean_s=220.0, short=Short(share=0.45, mean_s=12.0)).quantile()
    drawn = [quantile(throw) for throw in THROWS]
    assert fmean(drawn) == pytest.approx(0.45 * 12 + 0.55 * 220, rel=0.01)
    assert sum(each < 60 for each in drawn) / len(drawn) > 0.55


def test_a_cut_length_keeps_its_proportions() -> None:
    whole = Length(median_s=9.0, spread=0.55).quantile()
    cut = cut_at(whole, 12.0)
    kept = [length for length in map(whole, THROWS) if length < 12.0]
    drawn = [cut(throw) for throw in THROWS]
    assert max(drawn) <= 12.0
    assert median(drawn) == pytest.approx(median(kept), rel=0.01)


def test_the_throws_at_the_ends_are_no_endless_lengths() -> None:
    for length in (Length(mean_s=9.0), Length(median_s=9.0, spread=0.5), Length(measured_s=(1.0, 2.0))):
        quantile = length.quantile()
        assert 0.0 <= quantile(0.0) <= quantile(1.0) < 86_400


def test_breaks_are_the_same_for_the_same_seed() -> None:
    scenario = small(staff={"breaks": {}})
    assert moves(scenario, 1) == moves(scenario, 1)
    assert moves(scenario, 1) != moves(scenario, 2)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("agents = 3", 1, "title: this key is required"),
        ('title = "x"\nagents = 0', 2, "agents: Input should be greater than or equal to 1"),
        ('title = "x"\nagents = 3\nagent = 4', 3, "agent: unknown key"),
        ('title = "x"\nagents = 3\n[answers]\nrate = 1.5', 4, "answers.rate: Input should be less than or equal to 1"),
        ('title = "x"\nagents = 3\n[answers]\nrate = 0.3\ndrift = { swing = 0.4, period_s = 60.0 }', 3, "leads out of"),
        (
            'title = "x"\nagents = 3\n[answers]\nrate = 0.3\n[[answers.steps]]\nat_s = 9.0\nrate = 0.1\n'
            "[[answers.steps]]\nat_s = 5.0\nrate = 0.1", 3, "in the order of their at_s",
        ),
        ('title = "x"\nagents = 3\n[talk]\nspread = 0.8', 3, "in one of four ways"),
        ('title = "x"\nagents = 3\n[talk]\nmedian_s = 9.0', 3, "median_s needs its spread"),
        ('title = "x"\nagents = 3\n[wrap]\nbetween_s = [9.0, 3.0]', 3, "between_s is [least, most]"),
        ('title = "x"\nagents = 3\n[wrap]\nmeasured_s = [9.0, 3.0]', 3, "in ascending order"),
        ('title = "x"\nagents = 3\n[others]\nbusy = 0.5', 3, "the four shares together are not 1"),
        ('title = "x"\nagents = 3\nseeds = []', 3, "seeds: "),
        ('title = "x"\nagents = ', 2, "not TOML"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load(file)
    (fault,) = found.value.faults
    assert said in fault.message
    assert fault.code == "SC001"
    assert fault.line == line


def test_an_operators_file_may_leave_out_all_that_is_usual(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "A20 steady"\nagents = 20\nseeds = [1, 2, 3, 4, 5]\n', encoding="utf-8")
    assert load(file) == scenarios()["a20-steady"]
