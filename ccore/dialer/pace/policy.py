"""What a campaign's pace has to keep to, and what is assumed before anything was seen."""

import math
from dataclasses import dataclass, fields
from typing import Literal, get_args

Mode = Literal["progressive", "ratio", "predictive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one campaign's pacing; ValueError names the value that is out of range.

    ``progressive`` dials one line per idle agent, ``ratio`` dials ``ratio`` lines per idle agent while the allowance
    lasts, ``predictive`` dials ahead of agents who will be idle soon. ``abandonment_limit`` is a share of the calls a
    person answered, of which ``false_positive_rate`` (people taken for machines) is spent beforehand; whoever answers
    is served within ``answer_grace_s``. An unanswered call is hung up only if ``may_hang_up``, and after ``min_ring_s``
    of ringing. A call is over at the latest ``setup_timeout_s + ring_timeout_s`` after it was placed. With fewer agents
    than ``least_agents`` predictive is progressive; ``at_most_per_agent`` bounds the unanswered calls per agent.
    The ``prior_*`` values are where learning starts: share of calls answered, mean talk and wrap-up, median ringing.
    """

    mode: Mode = "predictive"
    ratio: float = 1.5
    abandonment_limit: float = 0.03
    answer_grace_s: float = 2.0
    min_ring_s: float = 15.0
    ring_timeout_s: float = 30.0
    setup_timeout_s: float = 15.0
    max_calls_per_s: float = 50.0
    may_hang_up: bool = True
    prior_answer_rate: float = 0.30
    prior_talk_s: float = 120.0
    prior_wrap_s: float = 15.0
    prior_ring_s: float = 9.0
    false_positive_rate: float = 0.0
    least_agents: int = 1
    at_most_per_agent: float = 10.0

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise ValueError(f"mode is {self.mode!r}: it must be one of {', '.join(get_args(Mode))}")
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not (least <= value <= most and math.isfinite(value)):  # "not" also refuses NaN
                raise ValueError(f"{name} is {value}: it must be from {least:g} to {most:g}")

    @property
    def spendable(self) -> float:
        """The share of answered calls that may be abandoned by our pacing: what the machine detection leaves."""
        return max(0.0, self.abandonment_limit - self.false_positive_rate)

    @property
    def longest_attempt_s(self) -> float:
        """An attempt that has not ended by then has lost its ending."""
        return self.setup_timeout_s + self.ring_timeout_s + LOST_AFTER_S


LOST_AFTER_S = 10.0  # beyond the time-outs: a delayed ending is not yet a lost one

RANGES = {
    "ratio": (1.0, 20.0),
    "abandonment_limit": (0.0, 0.5),
    "answer_grace_s": (0.0, 10.0),
    "min_ring_s": (0.0, 120.0),
    "ring_timeout_s": (5.0, 180.0),
    "setup_timeout_s": (1.0, 120.0),
    "max_calls_per_s": (0.01, 10_000.0),
    "prior_answer_rate": (0.001, 0.999),
    "prior_talk_s": (1.0, 7200.0),
    "prior_wrap_s": (0.1, 3600.0),
    "prior_ring_s": (0.5, 120.0),
    "false_positive_rate": (0.0, 0.5),
    "least_agents": (0, 10_000),
    "at_most_per_agent": (1.0, 1000.0),
}
assert set(RANGES) == {field.name for field in fields(Policy)} - {"mode", "may_hang_up"}
