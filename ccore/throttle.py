"""How much may be done just now: so many a second, and no more at once than were saved up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Throttle:
    """What is left, and when that was so (in seconds, as ``now``)."""

    left: float
    at: float


def refilled(throttle: Throttle, per_s: float, most: float, now: float) -> Throttle:
    """What is left ``now``, ``most`` if nothing was done for long."""
    return Throttle(min(throttle.left + per_s * max(now - throttle.at, 0), most), now)


def spent(throttle: Throttle, count: int) -> Throttle:
    """What is left after ``count`` have gone."""
    return Throttle(throttle.left - count, throttle.at)


def pause_s(throttle: Throttle, per_s: float) -> float:
    """Until one more may go; 0: now."""
    return max(1.0 - throttle.left, 0.0) / per_s
