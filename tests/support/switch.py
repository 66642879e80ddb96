"""A plain model of what an Asterisk has after some events, to hold the tracker against; and events made by hand."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccore.ami.snapshot import Bridge, Channel, Snapshot, Waiting
from ccore.ami.wire import Message
from ccore.calls.model import Fact
from ccore.calls.tracker import Tracker
from tests.support.transcripts import NOW, transcript

LATER = NOW + timedelta(days=1)  # nothing was heard after it: a snapshot of then knows better than all events
_STATES = ("Down", "Ring", "Ringing", "Up")


def event(name: str, /, **fields: str) -> Message:
    """An event with these headers; ``event("Newchannel", uniqueid="a", linkedid="a")``."""
    return Message("Event", name, {"event": name, **fields})


def snapshot(channels: Iterable[Channel] = (), epoch: int = 1, asked_at: datetime = LATER, **more: object) -> Snapshot:
    """A snapshot with these channels."""
    whole = Snapshot(epoch, "2026-11-22 07:00:00", tuple(channels), asked_at=asked_at)
    return replace(whole, **more)  # type: ignore[arg-type]


def channel(uniqueid: str, linkedid: str = "", state: str = "Up", bridge: str = "", name: str = "") -> Channel:
    """A channel as a snapshot tells of it."""
    name = name or f"PJSIP/trunk-{uniqueid}"
    return Channel(name, uniqueid, linkedid or uniqueid, state, "from-trunk", "1", "Dial", "", 7, "138", "", bridge)


def bridge(bridge_id: str, technology: str = "simple_bridge", creator: str = "", name: str = "") -> Bridge:
    """A bridge as a snapshot tells of it."""
    return Bridge(bridge_id, technology, creator, name, 2)


@dataclass(frozen=True, slots=True)
class Source:
    """The events of one recorded call, with ids of its own, so that it can happen many times at once."""

    name: str
    number: int

    def events(self) -> list[Message]:
        """Its events."""
        return [
            Message(told.kind, told.name, {key: self._own(key, value) for key, value in told.fields.items()})
            for told in transcript(self.name)
        ]

    def _own(self, key: str, value: str) -> str:
        if value and key.endswith(("uniqueid", "linkedid")):
            return f"{value}#{self.number}"
        return re.sub(r"-0000(?=\d{4})", f"-{self.number:04}", value) if key.endswith("channel") else value


class Switch:
    """What there is after the events it was told: no more than Asterisk's words taken at their face."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._bridges: dict[str, Bridge] = {}
        self._waiting: dict[str, str] = {}

    def take(self, told: Message) -> None:
        """Let one event happen."""
        uniqueid = told.get("Uniqueid")
        if told.name == "Newchannel":
            self._channels[uniqueid] = channel(uniqueid, name=told["Channel"])
        if told.name == "Hangup":
            del self._channels[uniqueid]
            self._waiting.pop(uniqueid, None)
        if uniqueid not in self._channels:
            return
        if told.get("ChannelStateDesc") in _STATES and told.name in {"Newchannel", "Newstate"}:
            self._set(uniqueid, state=told["ChannelStateDesc"])
        if told.get("Linkedid"):
            self._set(uniqueid, linkedid=told["Linkedid"])
        if told.name == "BridgeEnter":
            told_bridge = bridge(
                told["BridgeUniqueid"], told["BridgeTechnology"], told["BridgeCreator"], told["BridgeName"]
            )
            self._bridges[told_bridge.bridge_id] = told_bridge
            self._set(uniqueid, bridge_id=told_bridge.bridge_id)
        elif told.name == "BridgeLeave":
            self._set(uniqueid, bridge_id="")
        elif told.name == "QueueCallerJoin":
            self._waiting[uniqueid] = told["Queue"]
        elif told.name in {"QueueCallerLeave", "QueueCallerAbandon"}:
            self._waiting.pop(uniqueid, None)

    def look(self, epoch: int = 1, asked_at: datetime = LATER) -> Snapshot:
        """All there is."""
        waiting = tuple(
            Waiting(queue, uniqueid, self._channels[uniqueid].name, 1, 0, 0, "")
            for uniqueid, queue in self._waiting.items()
        )
        bridges = tuple(self._bridges.values())
        return snapshot(self._channels.values(), epoch, asked_at, bridges=bridges, waiting=waiting)

    def _set(self, uniqueid: str, **changes: str) -> None:
        self._channels[uniqueid] = replace(self._channels[uniqueid], **changes)  # type: ignore[arg-type]


def assert_sound(tracker: Tracker) -> None:
    """Every channel belongs to one call, and every call has channels; who talks is there."""
    listed = [uniqueid for call in tracker.calls.values() for uniqueid in call.channels]
    assert sorted(listed) == sorted(tracker.channels)
    for call in tracker.calls.values():
        assert call.channels
        assert {tracker.channels[uniqueid].call for uniqueid in call.channels} == {call.id}
        assert {each for pair in call.talking for each in pair} <= set(call.channels)
    merged = [linkedid for call in tracker.calls.values() for linkedid in call.merged]
    assert not set(merged) & set(tracker.calls)
    assert len(merged) == len(set(merged))


def hear_all(tracker: Tracker, events: Sequence[Message]) -> list[Fact]:
    """Tell the tracker; the facts without what depends on other calls."""
    facts = [fact for told in events for fact in tracker.heard(told, NOW)]
    return [replace(fact, number=0, epoch=0) for fact in facts]
