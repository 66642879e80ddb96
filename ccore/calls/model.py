"""What is known of calls: facts as they happen, and the calls and channels there are now."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

FOUND = "found"  # how of a fact that no event told: a snapshot did, or an event about a channel unknown until then


class Kind(enum.StrEnum):
    """What happened. STARTED, MERGED, ENDED and VANISHED are about a call, all others about one channel of it."""

    STARTED = "started"  # the first channel of a call is there
    RINGING = "ringing"  # a called telephone rings
    ANSWERED = "answered"  # a channel was answered, by Asterisk itself or by a person
    JOINED_QUEUE = "joined-queue"
    LEFT_QUEUE = "left-queue"  # how: connected, abandoned, or left (time-out, key, redirected)
    AGENT_RINGING = "agent-ringing"  # a queue calls a member: channel is the member's, peer the caller's
    AGENT_MISSED = "agent-missed"  # the member did not take the call in time; channel and peer as before
    CONNECTED = "connected"  # channel and peer hear each other; queue and member if a queue put them together
    DISCONNECTED = "disconnected"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"  # how: blind or attended; channel is who transfers, peer who is transferred
    PARKED = "parked"
    UNPARKED = "unparked"  # how: taken (by peer), timed-out, or hung-up
    JOINED_CONFERENCE = "joined-conference"
    LEFT_CONFERENCE = "left-conference"
    RECORDING_STARTED = "recording-started"
    RECORDING_STOPPED = "recording-stopped"
    MERGED = "merged"  # two calls met: call is the older one, which lives on, peer the LinkedID that is no more
    ENDED = "ended"  # its last channel is gone; channel is its first one, cause that one's
    VANISHED = "vanished"  # as ended, but Asterisk never told of the end of its last channel


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a call of one node.

    ``number`` is the position among the facts of this node, from 1, and ``epoch`` the login it was learnt in.
    ``at`` is UTC, by Asterisk's clock where an event told it and by ours where a snapshot did.
    ``call`` is the LinkedID, ``channel`` and ``peer`` are Uniqueids; ``cause`` is Q.850's.
    """

    node: str
    epoch: int
    number: int
    at: datetime
    kind: Kind
    call: str
    channel: str
    peer: str = ""
    queue: str = ""
    member: str = ""
    how: str = ""
    cause: int | None = None


class Channel(NamedTuple):  # as Call: every event makes a new one, at a quarter of what a dataclass's copy costs
    """One channel that is there now.

    ``state`` is Asterisk's word (Down, Ring, Ringing, Up …), ``bridge`` the bridge it is in, empty outside of any.
    ``queue`` is where it waits or, of the channel to a member, the queue that called; ``member`` is the member's name.
    """

    uniqueid: str
    name: str
    call: str
    state: str
    began_at: datetime
    caller: str = ""
    bridge: str = ""
    queue: str = ""
    member: str = ""
    missed: bool = False  # the member did not take the call
    held: bool = False
    parked: bool = False
    conference: str = ""
    recording: bool = False

    @property
    def waits(self) -> bool:
        """Whether it waits in ``queue``."""
        return self.queue != "" and self.member == ""

    @property
    def is_local(self) -> bool:
        """Whether it is half of a Local channel: a way within Asterisk, no line to anybody."""
        return self.name.startswith("Local/")


class Call(NamedTuple):
    """One call that is there now: everything with its LinkedID, or with one that merged into it.

    ``channels`` are there now, the oldest first; ``first`` is the one that began the call, ``cause`` how it ended.
    ``talking`` has the pairs of channels that hear each other.
    """

    id: str
    began_at: datetime
    first: str
    channels: tuple[str, ...]
    talking: tuple[tuple[str, str], ...] = ()
    merged: tuple[str, ...] = ()
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which no ccore heard ``node``. ``ended_at`` None: it still lasts.

    ``why`` is one word: a reason of ``ccore.ami``, ``ccore-away`` or ``asterisk-restarted``.
    """

    node: str
    began_at: datetime
    ended_at: datetime | None
    why: str

    def touches(self, begin: datetime, end: datetime) -> bool:
        """Whether a part of it lies in ``begin`` to ``end``."""
        return self.began_at < end and (self.ended_at is None or self.ended_at >= begin)
