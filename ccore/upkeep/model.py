"""What should be true of one Asterisk, what is true, and what is to be done about a difference."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from ccore.ami.actions import Action
from ccore.ami.snapshot import Snapshot

# The channel variable that the dialplan has MixMonitor write its id to (option i); empty once ccore has ended it.
RECORDING_ID = "CCORE_RECORDING"
RESTS = "wrap-up"


class Reason(enum.StrEnum):
    """Why something has to be mended."""

    QUEUE_MISSING = "queue-missing"  # Asterisk does not know a queue that ccore decides on
    MEMBER_MISSING = "member-missing"
    MEMBER_UNWANTED = "member-unwanted"
    MEMBER_DIFFERS = "member-differs"  # in its name or its state interface
    PENALTY_WRONG = "penalty-wrong"
    PAUSE_WRONG = "pause-wrong"  # or its reason
    MEMBER_STUCK = "member-stuck"  # counts as busy and has no channel
    RECORDING_MISSING = "recording-missing"
    RECORDING_UNWANTED = "recording-unwanted"
    AGI_STUCK = "agi-stuck"  # its FastAGI server has fallen silent
    CHANNEL_ORPHANED = "channel-orphaned"  # its whole call is in no bridge and runs no application
    HALF_ALONE = "half-alone"  # half of a Local channel without the other
    CALL_TOO_LONG = "call-too-long"


def member_subject(queue: str, interface: str) -> str:
    """How a queue's member is named in corrections."""
    return f"{queue} {interface}"


@dataclass(frozen=True, slots=True)
class WantedMember:
    """An interface that should be in a queue; ``pause_reason`` is empty unless it is paused.

    Who ``rests`` has a wrap-up or a call, which app_queue keeps by itself; but not of a member that is added anew, so
    such a one is added paused, for RESTS.
    """

    queue: str
    interface: str
    name: str
    state_interface: str
    penalty: int = 0
    paused: bool = False
    pause_reason: str = ""
    rests: bool = False

    @property
    def subject(self) -> str:
        """What its corrections are about."""
        return member_subject(self.queue, self.interface)


@dataclass(frozen=True, slots=True)
class WantedRecording:
    """Whether the channel (Uniqueid) of call ``call_id`` should be recorded, to ``file`` below Asterisk's directory."""

    channel: str
    call_id: str
    file: str
    recorded: bool

    @property
    def subject(self) -> str:
        """What its corrections are about."""
        return self.channel


@dataclass(frozen=True, slots=True)
class Desired:
    """What should be true. Members of queues that are not ``queues`` are nobody's business here."""

    queues: frozenset[str] = frozenset()
    members: tuple[WantedMember, ...] = ()
    recordings: tuple[WantedRecording, ...] = ()

    def changed_since(self, before: "Desired") -> set[str]:
        """The subjects of which something else was wanted before, or nothing."""
        was, now = before._by_subject(), self._by_subject()
        return {subject for subject in was.keys() | now.keys() if was.get(subject) != now.get(subject)}

    def _by_subject(self) -> dict[str, object]:
        return {member.subject: member for member in self.members} | {each.subject: each for each in self.recordings}


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that runs: ``monitor`` is MixMonitor's id, ``file`` its whole path as Asterisk sees it."""

    monitor: str
    file: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What is true. ``recordings`` by Uniqueid: None for a channel that is not recorded, missing if nobody asked."""

    snapshot: Snapshot
    recordings: Mapping[str, Recording | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correction:
    """What to do and why. The same ``reason`` and ``subject`` are the same matter at every look.

    ``actions`` in this order; none means that people have to mend it. ``state`` is what was seen: when it changes, the
    matter is a new one. ``call_id`` is the LinkedID, if a call is concerned.
    """

    reason: Reason
    subject: str
    actions: tuple[Action, ...]
    state: str = ""
    call_id: str = ""

    @property
    def matter(self) -> tuple[Reason, str]:
        """What it is about."""
        return self.reason, self.subject


@dataclass(frozen=True, slots=True)
class Limits:
    """How long something may look wrong before it is mended, in seconds of this machine's monotonic clock.

    ``agi_url`` is how ccore's own FastAGI URLs begin: only sessions with ccore are bounded by ``agi_s``.
    """

    agi_url: str
    agi_s: float
    longest_call_s: float
    orphan_s: float = 30.0  # a call that is being set up or transferred is whole again within seconds
    stuck_member_s: float = 15.0  # app_queue hears of a device's state in another thread, after the channel is gone
    recording_s: float = 10.0  # the decision is written down before the dialplan gets to MixMonitor

    def patience_s(self, reason: Reason) -> float:
        """How long to look on; what the database decides is put right at once."""
        return {
            Reason.AGI_STUCK: self.agi_s,
            Reason.CALL_TOO_LONG: self.longest_call_s,
            Reason.CHANNEL_ORPHANED: self.orphan_s,
            Reason.HALF_ALONE: self.orphan_s,
            Reason.MEMBER_STUCK: self.stuck_member_s,
            Reason.RECORDING_MISSING: self.recording_s,
        }.get(reason, 0.0)
