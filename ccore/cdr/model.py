"""What a call record is made of: channel events and CDR rows as facts, and the call they fold into."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

CHANNEL_BEGAN = "CHAN_START"  # the channel event; the others are named where they are folded


class State(enum.StrEnum):
    """Whether a call goes on. ``INTERRUPTED``: its Asterisk died in it, so nothing more will ever come."""

    OPEN = "open"
    ENDED = "ended"
    INTERRUPTED = "interrupted"


class Disposition(enum.StrEnum):
    """What came of a call. ``NO_ANSWER``: or the caller gave up; ``INTERRUPTED``: Asterisk died before an answer."""

    ANSWERED = "answered"
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    CONGESTION = "congestion"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One channel event (CEL), as much of it as folding needs.

    ``extra`` is Asterisk's JSON as text. ``ahead``: dated later than ccore read it, so Asterisk's clock was wrong.
    """

    at: datetime
    kind: str
    uniqueid: str
    channel: str = ""
    caller: str = ""
    caller_name: str = ""
    dnid: str = ""
    exten: str = ""
    context: str = ""
    extra: str = ""
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One CDR row, as much of it as folding needs. ``disposition`` is Asterisk's word, such as ``NO ANSWER``."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    uniqueid: str
    sequence: int
    channel: str
    dstchannel: str
    caller: str
    dialled: str
    context: str
    disposition: str
    clock_suspect: bool


class Call(NamedTuple):
    """One call; the fields are the columns of ``folded_calls``, in order.

    ``billed_ms`` runs from the answer to the caller's hang-up, ``talk_ms`` while the caller is connected to somebody;
    both are None while the call is open. ``trunk`` is "" for a call that began inside. ``legs`` counts telephone
    channels, not Asterisk's inner ones. ``call_keys`` name the channels that were born in this call, for its order.
    """

    node: str
    linkedid: str
    state: State
    disposition: Disposition | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    billed_ms: int | None
    talk_ms: int | None
    caller: str
    caller_name: str
    dialled: str
    context: str
    channel: str
    trunk: str
    hangup_cause: int | None
    hangup_source: str
    legs: int
    transferred: bool
    cdrs: int
    clock_suspect: bool
    call_keys: list[str]
