"""Speed, shown beside its baseline in one run: ``make bench``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: ``value`` and ``baseline`` in ``unit``, medians of the same run; ``goal`` as a sentence.

    ``met`` says whether the goal holds; None where the figure only reports.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    goal: str
    met: bool | None
