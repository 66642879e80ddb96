"""What queue numbers are made of: rows of channel events, and the visits and rings they fold into."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def quarter(at: datetime) -> datetime:
    """When the quarter of an hour that holds ``at`` began."""
    return at - (at - _EPOCH) % QUARTER


def quarters(since: datetime, until: datetime) -> Iterator[datetime]:
    """The quarters that ``since`` to ``until`` touches; a day's worth at most: no talk lasts longer."""
    first = quarter(since)
    count = min((quarter(until) - first) // QUARTER, 96)
    return (first + number * QUARTER for number in range(count + 1))


class How(enum.StrEnum):
    """How a visit ended. The words stand in the database, in the API and in reports."""

    WAITING = "waiting"  # it has not
    ANSWERED = "answered"
    ABANDONED = "abandoned"  # the caller hung up, while waiting or while being told something in between
    OVERFLOWED = "overflowed"  # went on to another queue
    CHOSE = "chose"  # pressed a key: call-back, voicemail, text
    TIMED_OUT = "timed-out"
    REFUSED = "refused"  # the queue was full, closed, or nobody was there
    INTERRUPTED = "interrupted"  # its Asterisk died, or lost the call


class Rang(enum.StrEnum):
    """What came of a ring at an agent."""

    RINGING = "ringing"  # nothing yet
    ANSWERED = "answered"
    MISSED = "missed"
    CANCELLED = "cancelled"  # the caller was gone, or somebody else had them, before the agent's time was up


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One channel event (CEL), as much of it as folding needs; ``extra`` is Asterisk's JSON as text."""

    at: datetime
    kind: str
    uniqueid: str
    channel: str = ""
    caller: str = ""
    extra: str = ""


class Visit(NamedTuple):
    """One caller's time with one queue, however often they came back to it; the columns of ``queue_calls`` in order.

    ``visit`` is the number of its first entry on this channel, ``line`` the last line waited in. ``left_at`` ends the
    wait: the answer, or leaving. ``ended_at`` ends the talk with the agent, ``hold_ms`` is what of it the caller was
    connected to nobody: a hold that a telephone does by itself leaves no channel event, and counts as talk.
    """

    node: str
    linkedid: str
    uniqueid: str
    visit: int
    queue: str
    line: str
    language: str
    tier: str
    priority: int
    caller: str
    entered_at: datetime
    left_at: datetime | None
    how: How
    wait_ms: int | None
    answered_at: datetime | None
    agent: str
    device: str
    ended_at: datetime | None
    talk_ms: int | None
    hold_ms: int
    transferred: bool
    entries: int


class Ring(NamedTuple):
    """One ring at one agent; the columns of ``queue_rings`` in order. ``visit`` is the caller's, 0 if unknown."""

    node: str
    linkedid: str
    uniqueid: str  # of the agent's channel
    caller: str  # the caller's channel
    visit: int
    queue: str
    line: str
    agent: str
    device: str
    rung_at: datetime
    ended_at: datetime | None
    outcome: Rang


@dataclass(frozen=True, slots=True)
class Folded:
    """All that the rows of one call say of queues."""

    visits: tuple[Visit, ...] = ()
    rings: tuple[Ring, ...] = ()
