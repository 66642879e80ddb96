"""Who talked with a recorded channel, from when until when: from Asterisk's channel events and nothing else."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ccore.recording.model import Segment

_HALF = re.compile(r"(Local/.*;)([12])")
_PHONE = re.compile(r"PJSIP/phone-([0-9]{3,5})-[0-9a-f]{8}")
_ANSWERED = re.compile(r"answered \S+ \S+ (?P<agent>[0-9]{2,12}) \S+")
_WAITING = "holding_bridge"  # nobody talks in there


@dataclass(frozen=True, slots=True)
class Event:
    """One row of CEL. ``extra`` is its JSON."""

    at: datetime
    kind: str
    name: str  # of the channel
    channel: str  # Uniqueid
    extra: str

    def told(self, key: str) -> str:
        """What its JSON says of ``key``, or nothing."""
        try:
            said = json.loads(self.extra or "{}")
        except ValueError:
            return ""
        return str(said.get(key, "")) if isinstance(said, dict) else ""


@dataclass(slots=True)
class _Rooms:
    """The bridges and channels there are at one moment."""

    bridges: dict[str, dict[str, None]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of channels, by Uniqueid
    agents: dict[str, str] = field(default_factory=dict)  # who answered there, by Uniqueid

    def take(self, event: Event) -> None:
        self.names[event.channel] = event.name
        match event.kind:
            case "BRIDGE_ENTER" if event.told("bridge_technology") != _WAITING:
                self.bridges.setdefault(event.told("bridge_id"), {})[event.channel] = None
            case "BRIDGE_EXIT":
                self.bridges.get(event.told("bridge_id"), {}).pop(event.channel, None)
            case "CCORE_QUEUE" if found := _ANSWERED.match(event.told("extra")):
                self.agents[event.channel] = found["agent"]
            case "CHAN_END":
                for room in self.bridges.values():
                    room.pop(event.channel, None)
                del self.names[event.channel]

    def heard_by(self, channel: str) -> dict[str, str]:
        """The lines that ``channel`` hears, through Local channels too, each with the agent who answered on the way."""
        reached, via = [channel], {channel: ""}
        for each in reached:  # grows while it is walked
            for other in self._next_to(each):
                if other not in via:
                    reached.append(other)
                    via[other] = self.agents.get(other, "") or via[each]
        return {each: via[each] for each in reached[1:] if not self.names.get(each, "").startswith("Local/")}

    def _next_to(self, channel: str) -> Iterator[str]:
        for room in self.bridges.values():
            if channel in room:
                yield from room
        if half := _HALF.fullmatch(self.names.get(channel, "")):
            other = half[1] + ("2" if half[2] == "1" else "1")
            yield from (each for each, name in self.names.items() if name == other)


def segments(events: Iterable[Event], channel: str, seats: Mapping[str, str]) -> list[Segment]:
    """Who talked with ``channel``, in order. ``seats`` are the agents by their phones' numbers."""
    rooms, going_on, found = _Rooms(), dict[str, Segment](), list[Segment]()
    for event in events:
        rooms.take(event)
        heard = rooms.heard_by(channel) if channel in rooms.names else {}
        for gone in going_on.keys() - heard.keys():
            found.append(replace(going_on.pop(gone), ended_at=event.at))
        for other in heard.keys() - going_on.keys():
            going_on[other] = Segment("", other, event.at)
        for other, agent in heard.items():
            if not going_on[other].agent:  # app_queue tells who answered before the two are put together, or just after
                who = agent or seats.get(phone_of(rooms.names.get(other, "")), "")
                going_on[other] = replace(going_on[other], agent=who)
    found += going_on.values()
    return sorted((each for each in found if each.ended_at != each.began_at), key=lambda each: each.began_at)


def phone_of(name: str) -> str:
    """The number of the phone whose channel has this name; "" if it is none of phones.toml."""
    found = _PHONE.fullmatch(name)
    return found[1] if found else ""


def within(segment: Segment, began_at: datetime, ended_at: datetime) -> tuple[int, int] | None:
    """From and until when it is heard in a recording, in ms; None if it is not in there."""
    start = max(segment.began_at, began_at)
    end = min(segment.ended_at or ended_at, ended_at)
    if end <= start:
        return None
    return (start - began_at) // timedelta(milliseconds=1), (end - began_at) // timedelta(milliseconds=1)
