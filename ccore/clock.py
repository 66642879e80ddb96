"""Where time enters ccore: wall-clock time in UTC, handed as an argument to everything that decides."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment, timezone-aware, in UTC. Deadlines use ``time.monotonic`` instead: wall clocks jump."""
    return datetime.now(UTC)
