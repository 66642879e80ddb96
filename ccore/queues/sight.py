"""What one Asterisk tells of the devices agents sit at: whether it reaches them, and what goes on at each."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls.model import Channel
from ccore.calls.tracker import Tracker
from ccore.queues.model import OUTSIDE_CONTEXT, Presence, State
from ccore.queues.presence import Event, Happened

_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
_AWAY_STATUS = frozenset({"4", "5"})  # the same as app_queue numbers them
_CONTACT_GONE = frozenset({"Removed", "Unreachable"})
_CALL_EVENTS = (
    *("Newstate", "Hangup", "Rename", "BridgeEnter", "BridgeLeave"),
    *("AgentCalled", "AgentConnect", "AgentRingNoAnswer"),
)
# As Device.interface has it: a phone's channel, and the half of a Local channel that app_queue has.
_PHONE = re.compile(r"(PJSIP/phone-[0-9]+)-[0-9a-f]+")
_OUTSIDE = re.compile(rf"(Local/[0-9]+@{OUTSIDE_CONTEXT})-[0-9a-f]+;1")


def interface_of(channel: str) -> str:
    """The interface that the channel of this name belongs to; "" if it is no agent's."""
    if phone := _PHONE.fullmatch(channel):
        return phone[1]
    outside = _OUTSIDE.fullmatch(channel)
    return f"{outside[1]}/n" if outside else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What goes on at a device: an answered channel (``up``), one that hears somebody (``talks``), one that ``rings``.

    ``line`` and ``call`` (LinkedID) are of the channel that talks or rings; the line is empty if no queue called it.
    """

    up: bool = False
    talks: bool = False
    rings: bool = False
    line: str = ""
    call: str = ""


def seen(channels: Iterable[Channel]) -> Seen:
    """What the channels of one device come to."""
    here = list(channels)
    talking = [each for each in here if each.state == "Up" and each.bridge]
    ringing = [each for each in here if _rings(each)]
    first = next(iter((*talking, *ringing)), None)
    return Seen(
        up=any(each.state == "Up" for each in here),
        talks=bool(talking),
        rings=bool(ringing),
        line=first.queue if first and first.member else "",
        call=first.call if first else "",
    )


def _rings(channel: Channel) -> bool:
    called = channel.state == "Ringing" or (channel.state == "Down" and channel.member != "")
    return called and not channel.missed


def news(presence: Presence, found: Seen, queue: str) -> Iterator[Event]:
    """What the presence does not know yet; ``queue`` is what ``found.line`` belongs to.

    Who has talked does so until their last answered channel is gone: on the way from one bridge to the next as well.
    """
    known = (presence.queue, presence.call)
    talks, rings = presence.state is State.TALKING, presence.state is State.RINGING
    if found.talks:
        if not talks or (queue and queue != presence.queue):
            yield Event(Happened.TALKED, queue=queue, call=found.call)
        return
    if talks and found.up:
        return
    if talks:
        yield Event(Happened.ENDED)
    if found.rings and (not rings or (queue and known != (queue, found.call))):
        yield Event(Happened.RANG, queue=queue, call=found.call)
    elif rings and not found.rings and not found.up:  # else it was just answered
        yield Event(Happened.STOPPED)


@dataclass(frozen=True, slots=True)
class Missing:
    """The member ``agent`` did not answer a call of ``line``."""

    agent: str
    line: str


class Sight:
    """The devices of one node. Make it after what keeps ``tracker``, and before the link runs."""

    def __init__(self, link: Link, tracker: Tracker) -> None:
        self.wake = asyncio.Event()
        self.boots = 0  # that Asterisk was found started anew
        self._link = link
        self._tracker = tracker
        self._epoch = 0  # of the snapshot that is known
        self._booted_at = ""
        self._lost: dict[str, bool] = {}
        self._contacts: dict[str, set[str]] = {}
        self._stirred: set[str] = set()  # interfaces about which something was told
        self._missed: list[Missing] = []
        for name in _CALL_EVENTS:
            link.on(name, self._heard_call)
        link.on("AgentRingNoAnswer", self._heard_miss)
        link.on("DeviceStateChange", self._heard_state)
        link.on("ContactStatus", self._heard_contact)
        link.on("QueueMemberAdded", self._heard_member)
        link.on_login(self._logged_in)

    @property
    def clear(self) -> bool:
        """Whether what is known is what goes on now."""
        return self._link.up and self._epoch == self._link.epoch

    def lost(self, interface: str) -> bool:
        """Whether Asterisk surely does not reach it. An outside number is never lost."""
        return self._lost.get(interface, False)

    def taken(self) -> tuple[set[str], list[Missing]]:
        """The interfaces about which something was told, and the calls missed, since this was asked last."""
        told = self._stirred, self._missed
        self._stirred, self._missed = set(), []
        return told

    def devices(self) -> Mapping[str, Seen]:
        """What goes on at each device that has a channel."""
        found: dict[str, list[Channel]] = {}
        for channel in self._tracker.channels.values():
            if interface := interface_of(channel.name):
                found.setdefault(interface, []).append(channel)
        return {interface: self._with_line(seen(channels)) for interface, channels in found.items()}

    def _with_line(self, found: Seen) -> Seen:
        """A busy Asterisk tells that a telephone rings before it tells by which line: its caller waits in that line."""
        if found.talks or not found.rings or found.line:
            return found
        return replace(found, line=next((each.queue for each in self._in_call(found.call) if each.waits), ""))

    def goes_on(self, call: str) -> bool:
        """Whether there is somebody in this call still who talks or waits: it was handed on."""
        return any(channel.bridge or channel.waits for channel in self._in_call(call))

    def _in_call(self, call: str) -> list[Channel]:
        """The channels of a call there are now."""
        known = self._tracker.calls.get(call)
        return [self._tracker.channels[uniqueid] for uniqueid in known.channels] if known else []

    def stir(self, interfaces: Iterable[str]) -> None:
        """Something is to be looked at."""
        self._stirred.update(interfaces)
        self.wake.set()

    async def _heard_call(self, event: Message) -> None:
        for header in ("channel", "destchannel", "newname"):
            if interface := interface_of(event.get(header)):
                self.stir([interface])

    async def _heard_miss(self, event: Message) -> None:
        self._missed.append(Missing(event.get("MemberName"), event.get("Queue")))
        self.wake.set()

    async def _heard_state(self, event: Message) -> None:
        self._note(event["Device"], lost=event["State"] in _AWAY)

    async def _heard_contact(self, event: Message) -> None:
        """A registration that is renewed from elsewhere begins before the old one ends: the last one counts."""
        interface = f"PJSIP/{event['EndpointName']}"
        contacts = self._contacts.setdefault(interface, set())
        gone = event["ContactStatus"] in _CONTACT_GONE
        (contacts.discard if gone else contacts.add)(event["URI"])
        self._note(interface, lost=not contacts)

    async def _heard_member(self, event: Message) -> None:
        if not event["Interface"].startswith("Local/"):
            self._note(event["Interface"], lost=event["Status"] in _AWAY_STATUS)

    async def _logged_in(self, snapshot: Snapshot) -> None:
        self._lost = {device: state in _AWAY for device, state in snapshot.devices.items()}
        self._contacts.clear()
        self.boots += snapshot.booted_at != self._booted_at
        self._booted_at, self._epoch = snapshot.booted_at, snapshot.epoch
        self.wake.set()

    def _note(self, interface: str, *, lost: bool) -> None:
        if lost:
            self._contacts.pop(interface, None)
        if self._lost.get(interface) is not lost:
            self._lost[interface] = lost
            self.stir([interface])
