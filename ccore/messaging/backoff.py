"""When a message that was not taken is tried again, and when no more."""

from datetime import datetime, timedelta

from ccore.backoff import doubled_s

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 600.0


def pause(tries: int, spread: float) -> timedelta:
    """Before the next try after ``tries`` that failed: 1, 2, 4 … seconds, at most ten minutes.

    ``spread`` (0 to 1, chosen by chance) takes up to a quarter of it away, so that many do not come back at once.
    """
    return timedelta(seconds=doubled_s(tries, FIRST_PAUSE_S, LONGEST_PAUSE_S) * (1 - spread / 4))


def is_over(first_try_at: datetime, give_up_after: timedelta, now: datetime) -> bool:
    """Whether it has been tried for long enough."""
    return now - first_try_at >= give_up_after
