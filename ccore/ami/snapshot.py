"""The state of an Asterisk as one value: taken after every login, because events before it are never told again."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ccore.ami.actions import Action, BridgeList, CoreShowChannels, CoreStatus, DeviceStateList, QueueStatus, Reply
from ccore.ami.wire import Message
from ccore.clock import utc_now
from ccore.errors import ActionRefused

Send = Callable[[Action], Awaitable[Reply]]
Read = TypeVar("Read")

UNKNOWN_COMMAND = "Invalid/unknown command"  # the words of Asterisk's refusal when no module has registered an action
_NONE = ("<unknown>", "<none>", "(null)")  # Asterisk's words for a text that is not there


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel that is up. ``state`` is Asterisk's word (Up, Ring, Ringing …); ``duration_s`` since its creation.

    ``caller`` and ``connected`` are the numbers of its own end and of the line it talks to, empty if there is none;
    ``bridge_id`` is the bridge it is in, empty outside of any.
    """

    name: str
    uniqueid: str
    linkedid: str
    state: str
    context: str
    exten: str
    application: str
    application_data: str
    duration_s: int
    caller: str
    connected: str
    bridge_id: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """What joins channels: ``creator`` is the application that made it (Queue, Dial, ConfBridge …) or empty.

    ``technology`` is Asterisk's word (simple_bridge, native_rtp, softmix, holding_bridge); ``name`` is a conference's.
    """

    bridge_id: str
    technology: str
    creator: str
    name: str
    channels: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue; ``calls`` wait in it."""

    name: str
    calls: int
    strategy: str
    completed: int
    abandoned: int
    weight: int


@dataclass(frozen=True, slots=True)
class Member:
    """One interface's membership of one queue. ``status`` is app_queue's number of the device's state (1 not in use …).

    ``reason`` is why it is paused; ``last_call``, ``last_pause`` and ``logged_in_at`` are epoch seconds of Asterisk's
    clock, 0 for never; ``wrapup_s`` is the rest it has after each call.
    """

    queue: str
    interface: str
    name: str
    state_interface: str
    membership: str
    penalty: int
    paused: bool
    reason: str
    status: int
    in_call: bool
    calls_taken: int
    last_call: int
    last_pause: int
    logged_in_at: int
    wrapup_s: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One caller who waits in a queue, ``position`` from 1, for ``wait_s`` seconds now."""

    queue: str
    uniqueid: str
    channel: str
    position: int
    wait_s: int
    priority: int
    caller: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What there is at the ``epoch``-th login of this link, or later within that login.

    ``asked_at`` is our clock just before the first question: events that came before it are in what is said here.
    ``booted_at`` is Asterisk's own local time as text: only its change means anything, namely a restart.
    ``devices`` maps each device to Asterisk's word for its state (NOT_INUSE, INUSE, RINGING, ONHOLD, UNAVAILABLE …).
    ``unreadable`` counts channels, bridges, queues, members and callers that are there too, but of which Asterisk said
    something that cannot be read, such as a name with line breaks in it.
    """

    epoch: int
    booted_at: str
    channels: tuple[Channel, ...]
    unreadable: int = 0
    asked_at: datetime = field(kw_only=True)
    bridges: tuple[Bridge, ...] = ()
    queues: tuple[Queue, ...] = ()
    members: tuple[Member, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    devices: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in logs, beside the names of events."""
        return f"login {self.epoch}"


async def take(send: Send, epoch: int) -> Snapshot:
    """Ask Asterisk for its state. Raises what ``send`` raises, and KeyError if the boot time is missing."""
    asked_at = utc_now()
    status = (await send(CoreStatus())).response
    channels = _Items(await send(CoreShowChannels()))
    bridges = _Items(await send(BridgeList()))
    queues = _Items(await _list_of_module(send, QueueStatus()))
    devices = _Items(await _list_of_module(send, DeviceStateList()))
    return Snapshot(
        epoch,
        booted_at=f"{status['CoreStartupDate']} {status['CoreStartupTime']}",
        asked_at=asked_at,
        channels=channels.all("CoreShowChannel", _channel),
        bridges=bridges.all("BridgeListItem", _bridge),
        queues=queues.all("QueueParams", _queue),
        members=queues.all("QueueMember", _member),
        waiting=queues.all("QueueEntry", _waiting),
        devices=dict(devices.all("DeviceStateChange", _device)),
        unreadable=channels.unreadable + bridges.unreadable + queues.unreadable,
    )


async def _list_of_module(send: Send, action: Action) -> Reply | None:
    """The list; None from an Asterisk that has not loaded the module which knows the action: then there are none."""
    try:
        return await send(action)
    except ActionRefused as error:
        if UNKNOWN_COMMAND in str(error):
            return None
        raise


class _Items:
    """The items of one reply, read into values; what cannot be read is counted."""

    def __init__(self, reply: Reply | None) -> None:
        self._items = () if reply is None else reply.items
        self.unreadable = 0 if reply is None else reply.refused

    def all(self, name: str, read: Callable[[Message], Read]) -> tuple[Read, ...]:
        """Every item of this name."""
        return tuple(self._readable(name, read))

    def _readable(self, name: str, read: Callable[[Message], Read]) -> Iterator[Read]:
        for item in self._items:
            if item.name == name:
                try:
                    yield read(item)
                except (KeyError, ValueError):
                    self.unreadable += 1


def _channel(item: Message) -> Channel:
    hours, minutes, seconds = map(int, item["Duration"].split(":"))
    return Channel(
        name=item["Channel"],
        uniqueid=item["Uniqueid"],
        linkedid=item["Linkedid"],
        state=item["ChannelStateDesc"],
        context=item["Context"],
        exten=item["Exten"],
        application=item["Application"],
        application_data=item.get("ApplicationData"),
        duration_s=hours * 3600 + minutes * 60 + seconds,
        caller=_known(item, "CallerIDNum"),
        connected=_known(item, "ConnectedLineNum"),
        bridge_id=item.get("BridgeId"),
    )


def _bridge(item: Message) -> Bridge:
    return Bridge(
        bridge_id=item["BridgeUniqueid"],
        technology=item["BridgeTechnology"],
        creator=_known(item, "BridgeCreator"),
        name=_known(item, "BridgeName"),
        channels=int(item["BridgeNumChannels"]),
    )


def _queue(item: Message) -> Queue:
    return Queue(
        name=item["Queue"],
        calls=int(item["Calls"]),
        strategy=item["Strategy"],
        completed=int(item["Completed"]),
        abandoned=int(item["Abandoned"]),
        weight=int(item["Weight"]),
    )


def _member(item: Message) -> Member:
    return Member(
        queue=item["Queue"],
        interface=item["Location"],
        name=item["Name"],
        state_interface=item["StateInterface"],
        membership=item["Membership"],
        penalty=int(item["Penalty"]),
        paused=item["Paused"] == "1",
        reason=item.get("PausedReason"),
        status=int(item["Status"]),
        in_call=item["InCall"] == "1",
        calls_taken=int(item["CallsTaken"]),
        last_call=int(item["LastCall"]),
        last_pause=int(item["LastPause"]),
        logged_in_at=int(item["LoginTime"]),
        wrapup_s=int(item["Wrapuptime"]),
    )


def _waiting(item: Message) -> Waiting:
    return Waiting(
        queue=item["Queue"],
        uniqueid=item["Uniqueid"],
        channel=item["Channel"],
        position=int(item["Position"]),
        wait_s=int(item["Wait"]),
        priority=int(item["Priority"]),
        caller=_known(item, "CallerIDNum"),
    )


def _device(item: Message) -> tuple[str, str]:
    return item["Device"], item["State"]


def _known(item: Message, header: str) -> str:
    """A value for which Asterisk writes <unknown> when there is none."""
    value = item.get(header)
    return "" if value in _NONE else value
