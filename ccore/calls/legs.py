"""Who is who in a call: the agents' channels, the customer's, and what can be done with them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ccore.calls.model import Call, Channel
from ccore.calls.tracker import Tracker

_PHONE = re.compile(r"PJSIP/phone-([0-9]+)-[0-9a-f]+")
_LOCAL_OTHER_HALF = ";2"


@dataclass(frozen=True, slots=True)
class Leg:
    """An agent's part in a call: their channel, and where they sit; ``agent`` is empty if nobody is signed in there."""

    channel: Channel
    phone: str
    agent: str


@dataclass(frozen=True, slots=True)
class Found:
    """A call that is there now, on ``node``; ``customer`` is the channel of who called, or was called, from outside."""

    node: str
    call: Call
    channels: tuple[Channel, ...]
    legs: tuple[Leg, ...]
    customer: Channel | None

    def leg(self, agent: str | None = None) -> Leg | None:
        """The part of ``agent``, or of whoever talks with the customer, else the first there is."""
        if agent is not None:
            return next((leg for leg in self.legs if leg.agent == agent), None)
        talking = [leg for leg in self.legs if self.talks(leg)]
        return next(iter([*talking, *self.legs]), None)

    def talks(self, leg: Leg) -> bool:
        """Whether the agent and the customer are in one bridge."""
        return self.customer is not None and leg.channel.bridge != "" and leg.channel.bridge == self.customer.bridge

    def consults(self, leg: Leg) -> bool:
        """Whether the agent asks somebody else while the customer waits."""
        apart = leg.channel.bridge != "" and not self.talks(leg)
        return apart and self.customer is not None and self.customer.bridge != ""

    @property
    def waiting(self) -> Channel | None:
        """The customer's channel, if it waits in a queue."""
        return self.customer if self.customer is not None and self.customer.waits else None


def phone_of(channel: Channel) -> str:
    """The number of the phone of ``phones.toml`` at the end of a channel; empty if none is."""
    found = _PHONE.fullmatch(channel.name)
    return found[1] if found else ""


def find(trackers: Mapping[str, Tracker], call_id: str, seated: Mapping[tuple[str, str], str]) -> Found | None:
    """The call with the LinkedID ``call_id``, or one that it has merged into; ``seated``: agents by node and phone."""
    for node, tracker in trackers.items():
        for call in tracker.calls.values():
            if call_id == call.id or call_id in call.merged:
                return describe(node, tracker, call, seated)
    return None


def everything(trackers: Mapping[str, Tracker], seated: Mapping[tuple[str, str], str]) -> Iterator[Found]:
    """Every call there is."""
    for node, tracker in trackers.items():
        for call in tracker.calls.values():
            yield describe(node, tracker, call, seated)


def describe(node: str, tracker: Tracker, call: Call, seated: Mapping[tuple[str, str], str]) -> Found:
    """Who is who in ``call``."""
    channels = tuple(tracker.channels[uniqueid] for uniqueid in call.channels)
    legs = tuple(leg for channel in channels if (leg := _leg(node, channel, seated)) is not None)
    ours = {leg.channel.uniqueid for leg in legs}
    outside = (each for each in channels if not each.is_local and each.uniqueid not in ours)
    return Found(node, call, channels, legs, next(outside, None))


def _leg(node: str, channel: Channel, seated: Mapping[tuple[str, str], str]) -> Leg | None:
    phone = phone_of(channel)
    if channel.is_local and (not channel.member or channel.name.endswith(_LOCAL_OTHER_HALF)):
        return None
    if not phone and not channel.member:
        return None
    return Leg(channel, phone, channel.member or seated.get((node, phone), ""))
