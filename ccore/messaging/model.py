"""What a text message is, on its way out and on its way in, and what a gateway can say of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a message of the outbox is; ``life.MOVES`` are its ways."""

    QUEUED = "queued"
    SENDING = "sending"  # a gateway is being asked, or was, and nobody knows what it said
    SENT = "sent"  # a gateway has taken it
    DELIVERED = "delivered"
    FAILED = "failed"  # the gateway or the network has refused it for good
    GIVEN_UP = "given_up"  # no gateway has taken it in time: an alarm
    EXPIRED = "expired"  # it was of no use any more before it could be sent
    WITHHELD = "withheld"  # the recipient has said no, or never yes, to messages of its purpose
    CANCELLED = "cancelled"  # by a person


class Word(StrEnum):
    """What a receipt says of a message."""

    ACCEPTED = "accepted"  # the network has it
    BUFFERED = "buffered"  # the network keeps it: the telephone is off
    DELIVERED = "delivered"
    FAILED = "failed"  # it could not be delivered
    REJECTED = "rejected"  # the network did not take it


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message as a gateway is given it. ``message_id`` is the same however often it is tried."""

    message_id: int
    recipient: str  # E.164
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gateway says, later, of a message it was given; one that knows only its own number says ``gateway_id``."""

    message_id: int
    gateway: str
    word: Word
    detail: str = ""
    gateway_id: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text message as a gateway hands it over; ``gateway_id`` is its own number, the same if it comes again."""

    gateway: str
    gateway_id: str
    sender: str
    receiver: str
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text message that came in. ``sender`` is E.164 if it is a number, ``receiver`` the number it was sent to."""

    inbox_id: int
    sender: str
    receiver: str
    text: str
    received_at: datetime

    @property
    def key(self) -> str:
        """Names it for ever, as a call key names a call: whatever comes of it is done once by this."""
        return f"sms!{self.inbox_id}"


# Does what a text message asks for, idempotent by its key, and says in a word or two what came of it. Whatever it
# raises, it is asked again; what is not Unavailable or OutcomeUnknown has the message set aside after some tries.
Handle = Callable[[Incoming], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Taken:
    """The gateway has the message; ``gateway_id`` is its own number of it, if it says one."""

    gateway_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway does not take this message, ever."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The gateway did not take it now. ``unknown``: it may have, the answer was lost."""

    reason: str
    unknown: bool = False


Answer = Taken | Refused | NotTaken
