"""Pacing in the shipped scenarios: agents talk, and the limit of abandonment holds; an hour of one, and baselines.

What is promised of whole shifts is in test_pacing_shifts.py.
"""

import time

import pytest

from ccore.dialer.simulation import Scenario, scenarios
from ccore.dialer.simulation.comparison import Row, compared, heading, line, times

pytestmark = pytest.mark.figures

WORST_ABANDONMENT = 0.033
# The study's own runs of the same dice: progressive, and VICIdial's defaults: % talking, % abandoned.
STUDIED = {
    "a5-steady": {"progressive": (63.9, 0.00), "adaptive": (63.0, 3.70)},
    "a20-steady": {
        "progressive": (63.4, 0.00),
        "adaptive": (63.3, 3.14),
        "ratio=3": (85.5, 2.95),
        "oracle": (99.2, 0.0),
    },
    "a20-step": {"progressive": (71.9, 0.00), "adaptive": (71.6, 3.53), "ratio=1.75": (81.4, 1.65)},
    "a100-steady": {"progressive": (63.8, 0.00), "adaptive": (63.6, 3.51), "ratio=5.5": (92.3, 1.82)},
    "a500-steady": {"progressive": (63.6, 0.00), "adaptive": (63.2, 3.02), "ratio=8": (95.3, 2.57)},
    "a50-drift": {"progressive": (61.9, 0.00), "adaptive": (62.1, 3.44), "ratio=3.5": (85.6, 2.38)},
    "a50-bursty": {"progressive": (63.6, 0.00), "adaptive": (63.5, 3.35), "ratio=4": (89.2, 1.93)},
    "a50-channels": {"progressive": (52.3, 0.00), "adaptive": (66.1, 0.00), "ratio=14": (68.0, 0.01)},
    "a50-long-tail": {"progressive": (63.9, 0.00), "adaptive": (64.1, 3.22), "ratio=4": (89.5, 1.36)},
    "a100-half-leave": {"progressive": (64.3, 0.00), "adaptive": (63.9, 3.14), "ratio=5": (91.6, 1.92)},
    "a50-detection": {"progressive": (62.7, 1.08), "adaptive": (62.5, 4.48), "ratio=3.5": (87.0, 1.96)},
    "a50-low": {"progressive": (28.7, 0.00), "adaptive": (73.5, 2.13), "ratio=13": (86.7, 2.66)},
}


def seen(scenario: Scenario, *pacers: str) -> dict[str, Row]:
    """The rows by pacer; they are printed, too."""
    rows: dict[str, Row] = {}
    print(f"\n{scenario.title}\n{heading()}")
    for row in compared(scenario, pacers, scenario.seeds, time.thread_time):
        rows[row.pacer] = row
        print(line(row, rows))
    return rows


def test_an_hour_keeps_to_the_limit_and_talks_more_than_progressive() -> None:
    hour = Scenario.model_validate(scenarios()["a20-steady"].model_dump() | {"hours": 1.0, "seeds": (1,)})
    rows = seen(hour, "manual", "progressive", "predictive")
    predictive = rows["predictive"]
    assert predictive.runs[0].answered >= 400
    assert predictive.abandonment <= WORST_ABANDONMENT
    assert predictive.runs[0].p95_wait_s < 2.0
    assert (times(predictive, rows["manual"]) or 0) >= 1.5
    assert (times(predictive, rows["progressive"]) or 0) >= 1.2


def test_baselines_give_what_the_study_saw() -> None:
    as_studied("a20-step")


def as_studied(name: str) -> None:
    """So that its table and ours can be compared: to the last digit that is printed, and one of rounding."""
    rows = seen(scenarios()[name], *STUDIED[name])
    for pacer, (talking, abandoned) in STUDIED[name].items():
        assert 100 * rows[pacer].utilisation == pytest.approx(talking, abs=0.11)
        assert 100 * rows[pacer].abandonment == pytest.approx(abandoned, abs=0.011)
