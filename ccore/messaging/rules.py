"""Whether a message goes now, later or not at all: expiry, consent, quiet hours, and caps for each number."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET_LOOK = timedelta(minutes=10)  # a message held back by quiet hours is looked at again so often


@dataclass(frozen=True, slots=True)
class Caps:
    """How many messages of a purpose one number gets, at most."""

    per_hour: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a message and its recipient. Counts are of messages of its purpose that were sent to the number.

    ``hour_again_at`` and ``day_again_at`` are when the oldest of those that fill a cap is an hour, or a day, old.
    """

    purpose: Literal["service", "marketing"]
    not_after: datetime | None
    queued_at: datetime
    expires_after_s: int | None
    within_hour: int = 0
    within_day: int = 0
    hour_again_at: datetime | None = None
    day_again_at: datetime | None = None
    barred: bool = False
    consented: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """It goes now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is looked at again at ``until``."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """It does not go: it is of no use any more (``expired``), or not wanted."""

    reason: str
    expired: bool = False


Verdict = Send | Wait | Never


def judged(facts: Facts, caps: Caps, now: datetime) -> Verdict:
    """What is to become of a message that is due."""
    if _expires_at(facts) <= now:
        return Never("of no use any more", expired=True)
    if facts.purpose == "marketing" and (reason := _unwanted(facts)):
        return Never(reason)
    return _until(facts, caps, now) or Send()


def _unwanted(facts: Facts) -> str:
    if facts.barred:
        return "do-not-call"
    return "" if facts.consented else "no-consent"


def _until(facts: Facts, caps: Caps, now: datetime) -> Wait | None:
    soon = now + timedelta(seconds=1)
    if facts.purpose == "marketing" and facts.quiet:
        return Wait(now + QUIET_LOOK, "quiet-hours")
    if facts.within_day >= caps.per_day:
        return Wait(max(facts.day_again_at or now + DAY, soon), "cap-per-day")
    if facts.within_hour >= caps.per_hour:
        return Wait(max(facts.hour_again_at or now + HOUR, soon), "cap-per-hour")
    return None


def _expires_at(facts: Facts) -> datetime:
    own = facts.not_after or datetime.max.replace(tzinfo=facts.queued_at.tzinfo)
    if facts.expires_after_s is None:
        return own
    return min(own, facts.queued_at + timedelta(seconds=facts.expires_after_s))
