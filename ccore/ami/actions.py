"""The verbs ccore may say to Asterisk, as values, and what comes back; nothing else can be sent."""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ccore.ami.wire import Message

Header = tuple[str, str]
Variables = tuple[tuple[str, str], ...]

_CHANNEL_ID = re.compile(r"[A-Za-z0-9_.-]{1,149}")  # Asterisk cuts at 149
# A plain variable. Parentheses would make it a dialplan function, and FILE(…)= writes files; Asterisk takes a comma in
# a value for the end of the variable and the start of the next one.
_VARIABLE_NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,78}")
_RECORDING_FILE = re.compile(r"MIXMONITOR\(0x[0-9a-f]{1,16},filename\)")
_VARIABLE_UNSAFE = frozenset(',"\\')
_CONTEXT = re.compile(r"[a-z][a-z0-9-]{0,78}")
_EXTEN = re.compile(r"[A-Za-z0-9*#]{1,40}(?:-[A-Za-z0-9*#-]{1,38})?")
_ENDPOINT = re.compile(r"[a-z][a-z0-9-]{0,78}")
_DIGIT = re.compile(r"[0-9*#A-D]")
_LONGEST_DIGIT_MS = 2_000  # Asterisk holds the key for so long, and a caller hears nothing else


@dataclass(frozen=True, slots=True)
class Login:
    """Sign in; ``events`` "on" or "off"."""

    username: str
    secret: str = field(repr=False)
    events: str = "on"


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask for a sign of life; the reply's Timestamp is Asterisk's clock."""


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """When Asterisk was started, and how many calls it has."""


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Which Asterisk it is, and what it allows itself."""


@dataclass(frozen=True, slots=True)
class CoreShowChannels:
    """Every channel there is: one CoreShowChannel item each."""


@dataclass(frozen=True, slots=True)
class BridgeList:
    """Every bridge there is: one BridgeListItem item each."""


@dataclass(frozen=True, slots=True)
class DeviceStateList:
    """Every device whose state Asterisk knows: one DeviceStateChange item each."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Queues with their members and callers: QueueParams, QueueMember and QueueEntry items."""

    queue: str | None = None


@dataclass(frozen=True, slots=True)
class QueueAdd:
    """Make an interface a member of a queue."""

    queue: str
    interface: str
    member_name: str | None = None
    state_interface: str | None = None
    penalty: int | None = None
    paused: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class QueueRemove:
    """End an interface's membership of a queue."""

    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class QueuePause:
    """Pause a member, or let calls reach it again, in one queue or in all."""

    interface: str
    paused: bool
    queue: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class QueuePenalty:
    """Set a member's penalty, in one queue or in all."""

    interface: str
    penalty: int
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class StopMixMonitor:
    """End the recordings of one channel, or the one of them that MixMonitor's option ``i`` gave an id.

    To begin one (MixMonitor) an account needs the class system, and with it could load modules and write Asterisk's
    database; its Command would run in a shell. So recordings are begun by the dialplan alone.
    """

    channel: str
    mixmonitor_id: str | None = field(default=None, metadata={"header": "MixMonitorID"})


@dataclass(frozen=True, slots=True)
class Getvar:
    """Read a variable of a channel, or which file its recording ``MIXMONITOR(id,filename)`` goes to.

    ``channel`` is a channel's name or Uniqueid. A variable that is not set is empty.
    """

    channel: str
    variable: str

    def __post_init__(self) -> None:
        if not _VARIABLE_NAME.fullmatch(self.variable) and not _RECORDING_FILE.fullmatch(self.variable):
            raise ValueError(f"{self.variable!r} is neither a plain variable nor the file of a recording")


@dataclass(frozen=True, slots=True)
class Setvar:
    """Set a plain variable of a channel (name or Uniqueid)."""

    channel: str
    variable: str
    value: str

    def __post_init__(self) -> None:
        if not _VARIABLE_NAME.fullmatch(self.variable):
            raise ValueError(f"{self.variable!r} is no plain variable")
        if not self.channel:
            raise ValueError("without a channel it would be a global variable, which the dialplan believes")


@dataclass(frozen=True, slots=True)
class Originate:
    """Call ``channel`` and, when it answers, run the dialplan at context, extension, priority.

    ``channel_id`` becomes the Uniqueid, so that the call is known before it exists and when it fails; a Local channel
    needs ``other_channel_id`` for its other half. The reply says only that the call is queued: OriginateResponse tells
    what came of it.
    """

    channel: str
    channel_id: str
    context: str
    exten: str
    priority: int = 1
    other_channel_id: str | None = None
    timeout_ms: int = field(default=30_000, metadata={"header": "Timeout"})
    caller_id: str | None = None
    account: str | None = None
    variable: Variables = ()
    # Without Async the session's own thread makes the call, and answers nothing else until it ends.
    async_: bool = field(default=True, init=False, metadata={"header": "Async"})

    def __post_init__(self) -> None:
        for channel_id in (self.channel_id, self.other_channel_id):
            if channel_id is not None and not _CHANNEL_ID.fullmatch(channel_id):
                raise ValueError(f"{channel_id!r} is no channel id: letters, digits, _ . - and at most 149 of them")
        for name, value in self.variable:
            if not _VARIABLE_NAME.fullmatch(name) or not _VARIABLE_UNSAFE.isdisjoint(value):
                raise ValueError(f"variable {name!r}: a plain name, and a value without comma, quote or backslash")


@dataclass(frozen=True, slots=True)
class Hangup:
    """End one channel, by name or Uniqueid; ``cause`` is the Q.850 cause its peer sees."""

    channel: str
    cause: int = 16

    def __post_init__(self) -> None:
        if self.channel.startswith("/"):  # Asterisk would take it for a regular expression and end every match
            raise ValueError("a channel's name does not begin with /")


@dataclass(frozen=True, slots=True)
class Redirect:
    """Take a channel out of what it does and run the dialplan with it; ``extra_channel`` at the same moment elsewhere.

    Of two channels that talk with one another the one not named is hung up, unless its own dialplan goes on.
    """

    channel: str
    context: str
    exten: str
    priority: int = 1
    extra_channel: str | None = None
    extra_context: str | None = None
    extra_exten: str | None = None
    extra_priority: int | None = None

    def __post_init__(self) -> None:
        _must_be_channels(self.channel, self.extra_channel)
        _must_be_place(self.context, self.exten, self.priority)
        extra = (self.extra_context, self.extra_exten, self.extra_priority)
        if (self.extra_channel is None) != (extra == (None, None, None)) or (None in extra and any(extra)):
            raise ValueError("an extra channel goes to a place of its own, all of which is named")
        if self.extra_context is not None and self.extra_exten is not None and self.extra_priority is not None:
            _must_be_place(self.extra_context, self.extra_exten, self.extra_priority)


@dataclass(frozen=True, slots=True)
class QueueChangePriorityCaller:
    """Give a waiting caller another priority (higher goes first); ``immediate`` also their place in the line."""

    queue: str
    caller: str
    priority: int
    immediate: bool = True

    def __post_init__(self) -> None:
        _must_be_channels(self.caller)
        if not 0 <= self.priority <= 1000:
            raise ValueError(f"priority {self.priority} is not from 0 to 1000")


@dataclass(frozen=True, slots=True)
class MixMonitorMute:
    """Write silence into a channel's recordings (``state``), or again what is heard; of one of them or of all."""

    channel: str
    state: bool
    direction: Literal["read", "write", "both"] = "both"
    mixmonitor_id: str | None = field(default=None, metadata={"header": "MixMonitorID"})

    def __post_init__(self) -> None:
        _must_be_channels(self.channel)
        _must_be_one_of(self.direction, "read", "write", "both")


@dataclass(frozen=True, slots=True)
class PJSIPQualify:
    """Ask the telephones of an endpoint for a sign of life now."""

    endpoint: str

    def __post_init__(self) -> None:
        if not _ENDPOINT.fullmatch(self.endpoint):
            raise ValueError(f"{self.endpoint!r} is no endpoint")


@dataclass(frozen=True, slots=True)
class PlayDTMF:
    """Press a key: who is on the channel hears it, or with ``receive`` it is as if they had pressed it."""

    channel: str
    digit: str
    duration_ms: int = field(default=160, metadata={"header": "Duration"})
    receive: bool = False

    def __post_init__(self) -> None:
        _must_be_channels(self.channel)
        if not _DIGIT.fullmatch(self.digit) or not 40 <= self.duration_ms <= _LONGEST_DIGIT_MS:
            raise ValueError(f"{self.digit!r} for {self.duration_ms} ms is no key pressed for 40 to 2,000 ms")


@dataclass(frozen=True, slots=True)
class BlindTransfer:
    """Send whom the channel talks with to a place of the dialplan; the channel itself is free then."""

    channel: str
    context: str
    exten: str

    def __post_init__(self) -> None:
        _must_be_channels(self.channel)
        _must_be_place(self.context, self.exten)


@dataclass(frozen=True, slots=True)
class Atxfer:
    """The channel asks the one at a place of the dialplan first, while whom it talks with waits."""

    channel: str
    exten: str
    context: str

    def __post_init__(self) -> None:
        _must_be_channels(self.channel)
        _must_be_place(self.context, self.exten)


@dataclass(frozen=True, slots=True)
class CancelAtxfer:
    """Back from who was asked to who waits."""

    channel: str

    def __post_init__(self) -> None:
        _must_be_channels(self.channel)


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let two channels talk with one another; ``tone``: who hears one before."""

    channel1: str
    channel2: str
    tone: Literal["no", "Channel1", "Channel2", "Both"] = "no"

    def __post_init__(self) -> None:
        _must_be_channels(self.channel1, self.channel2)
        _must_be_one_of(self.tone, "no", "Channel1", "Channel2", "Both")


def _must_be_channels(*channels: str | None) -> None:
    for channel in channels:
        if channel is not None and (not channel or channel.startswith("/")):
            raise ValueError("a channel has a name, and it does not begin with /")


def _must_be_place(context: str, exten: str, priority: int = 1) -> None:
    if not _CONTEXT.fullmatch(context) or not _EXTEN.fullmatch(exten) or not 1 <= priority <= 999:
        raise ValueError(f"{context!r}, {exten!r}, {priority} is no place of the dialplan")


def _must_be_one_of(word: str, *words: str) -> None:
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")


Action = (
    Login | Ping | CoreStatus | CoreSettings | CoreShowChannels | BridgeList | DeviceStateList | QueueStatus
    | QueueAdd | QueueRemove | QueuePause | QueuePenalty | StopMixMonitor | Getvar | Setvar | Originate | Hangup
    | Redirect | QueueChangePriorityCaller | MixMonitorMute | PJSIPQualify | PlayDTMF | BlindTransfer | Atxfer
    | CancelAtxfer | Bridge
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer: the response and, for a list, its items without the closing event.

    ``refused`` counts items that Asterisk sent and that were refused as malformed.
    """

    response: Message
    items: tuple[Message, ...] = ()
    refused: int = 0


def headers(action: Action) -> list[Header]:
    """The action as AMI headers, without an ActionID: a field ``channel_id`` is the header ChannelId, None is none."""
    found = [("Action", type(action).__name__)]
    for each in dataclasses.fields(action):
        name = each.metadata.get("header") or "".join(word.capitalize() for word in each.name.split("_"))
        found += [(name, text) for text in _texts(getattr(action, each.name))]
    return found


def _texts(value: str | int | bool | Variables | None) -> Iterator[str]:
    match value:
        case None:
            return
        case bool():
            yield "true" if value else "false"
        case tuple():
            yield from (f"{name}={text}" for name, text in value)
        case _:
            yield str(value)
