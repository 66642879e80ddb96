"""What came of one simulated campaign: its figures, and how it went over time."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

SAMPLED_EVERY_S = 30.0
WINDOW_S = 1800.0  # over which the rolling abandonment is counted
STRETCH_S = 900.0  # after the start, and after a change
LEAST_ANSWERS = 30  # in a window: fewer make no rate


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment: agents by state, calls on their way and waiting, and what was counted since the start."""

    at: float
    idle: int
    talk: int
    wrap: int
    pause: int
    ringing: int  # set up or ringing
    waiting: int  # answered, without an agent
    placed: int
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one run. Rates are shares (0.03 is 3 %), times are in s."""

    hours: float
    attempts: int
    answered: int  # by living persons
    abandoned: int  # answered, and no agent within the grace; or hung up by us before they had rung long enough
    connected: int  # persons
    cancelled: int  # hung up by us while they rang
    talk_s: float
    ready_s: float  # agents', all together: ready and waiting
    wrap_s: float
    pause_s: float
    p95_wait_s: float  # from answer to agent; who was abandoned waited the grace
    first_abandonment: float  # in the first 15 minutes
    changed_abandonment: float | None  # in the 15 minutes after the world's change, if it has one
    worst_rolling: float  # the worst 30 minutes
    most_channels: int
    mean_channels: float
    people_taken_for_machines: int
    decisions: int
    decide_mean_ms: float | None  # if a clock was given
    decide_p99_ms: float | None
    timeline: tuple[Sample, ...]

    @property
    def utilisation(self) -> float:
        """Of the time agents were there to talk, the share they talked."""
        return self.talk_s / max(self.talk_s + self.ready_s, 1e-9)

    @property
    def idle_s(self) -> float:
        """How long agents waited for each call they got."""
        return self.ready_s / max(self.connected, 1)

    @property
    def abandonment(self) -> float:
        """Of the persons who answered, the share who were abandoned."""
        return self.abandoned / max(self.answered, 1)

    @property
    def connects_h(self) -> float:
        """Persons an hour who got an agent."""
        return self.connected / self.hours

    @property
    def attempts_h(self) -> float:
        """Numbers dialled an hour."""
        return self.attempts / self.hours

    @property
    def agent_hours(self) -> float:
        """Hours agents were logged in, pauses among them."""
        return (self.talk_s + self.ready_s + self.wrap_s + self.pause_s) / 3600.0

    @property
    def calls_per_agent_hour(self) -> float:
        """Persons talked with in each hour an agent was logged in."""
        return self.connected / max(self.agent_hours, 1e-9)


def rate_between(answered: Sequence[float], abandoned: Sequence[float], since: float, until: float) -> float:
    """The abandonment among those of these times (in ascending order)."""
    return _within(abandoned, since, until) / max(_within(answered, since, until), 1)


def worst_rolling(answered: Sequence[float], abandoned: Sequence[float], length_s: float) -> float:
    """The worst of the trailing windows that end at each minute."""
    ends = [WINDOW_S + 60.0 * minute for minute in range(int((length_s - WINDOW_S) // 60.0) + 1)]
    windows = [(end - WINDOW_S, end) for end in ends]
    rates = [
        rate_between(answered, abandoned, *window) for window in windows if _within(answered, *window) >= LEAST_ANSWERS
    ]
    return max(rates, default=0.0)


def at_share(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them (in ascending order) are; 0 of none."""
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def _within(times: Sequence[float], since: float, until: float) -> int:
    return bisect_right(times, until) - bisect_right(times, since)
