"""Who rang, who talked with whom and who put a call through: of the channel events of one call, in any order."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

_GONE = ("HANGUP", "CHAN_END")
_HOLD = "CCORE_HOLD"  # the channel event that the dialplan writes
_TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")


class Seen(NamedTuple):
    """A channel event; the columns of ``story.events`` in order."""

    at: datetime
    kind: str
    uniqueid: str
    name: str
    extra: str


class Channel(NamedTuple):
    """A channel, by its name in Asterisk: ``PJSIP/phone-2001-0000002a``."""

    uniqueid: str
    name: str


class Ringing(NamedTuple):
    """A channel that is not the caller's rang; or, of a transfer, when it was made."""

    channel: Channel
    at: datetime
    until: datetime | None = None
    answered: bool = False


class Conversation(NamedTuple):
    """A channel heard ``others``, of whom the caller was one, or was not."""

    channel: Channel
    at: datetime
    until: datetime | None
    with_caller: bool
    others: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Conversing:
    """All of one call; ``holds``: when the caller heard music, each with the channel that let them wait."""

    channels: Mapping[str, Channel]
    rings: tuple[Ringing, ...]
    talks: tuple[Conversation, ...]
    holds: tuple[Ringing, ...]
    transfers: tuple[Ringing, ...]


class _Stay(NamedTuple):
    uniqueid: str
    bridge: str
    at: datetime
    until: datetime | None


def conversing(linkedid: str, events: Iterable[Seen]) -> Conversing:
    """What the events of the call tell: the caller's channel has the call's own name, or is the first there was."""
    told = sorted(events, key=lambda event: event.at)
    channels = {event.uniqueid: Channel(event.uniqueid, event.name) for event in reversed(told)}
    caller = linkedid if linkedid in channels else next((event.uniqueid for event in told), "")
    people = {each: channel for each, channel in channels.items() if each != caller and _is_somebody(channel)}
    stays = list(_stays(told))
    return Conversing(
        channels,
        tuple(_rings(told, people)),
        tuple(_talks(stays, people, caller)),
        tuple(_holds(told, channels)),
        tuple(Ringing(people[event.uniqueid], event.at) for event in told
              if event.kind in _TRANSFERS and event.uniqueid in people),
    )  # fmt: skip


def _is_somebody(channel: Channel) -> bool:
    """Asterisk's own channels between two others are nobody's."""
    return not channel.name.startswith("Local/")


def _rings(told: Sequence[Seen], people: Mapping[str, Channel]) -> Iterator[Ringing]:
    for uniqueid, channel in people.items():
        own = [event for event in told if event.uniqueid == uniqueid]
        began = next((event.at for event in own if event.kind == "CHAN_START"), None)
        answered = next((event.at for event in own if event.kind == "ANSWER"), None)
        gone = next((event.at for event in own if event.kind in _GONE), None)
        if began is not None:
            yield Ringing(channel, began, answered or gone, answered is not None)


def _stays(told: Sequence[Seen]) -> Iterator[_Stay]:
    """Each channel's times in each bridge."""
    inside: dict[tuple[str, str], datetime] = {}
    for event in told:
        key = (event.uniqueid, _bridge(event.extra))
        if event.kind == "BRIDGE_ENTER":
            inside.setdefault(key, event.at)
        elif event.kind == "BRIDGE_EXIT" and key in inside:
            yield _Stay(*key, inside.pop(key), event.at)
        elif event.kind in _GONE:
            for left in [each for each in inside if each[0] == event.uniqueid]:
                yield _Stay(*left, inside.pop(left), event.at)
    for left, at in inside.items():
        yield _Stay(*left, at, None)


def _talks(stays: Sequence[_Stay], people: Mapping[str, Channel], caller: str) -> Iterator[Conversation]:
    for stay in stays:
        if stay.uniqueid not in people:
            continue
        met = [
            each
            for each in stays
            if each.bridge == stay.bridge and each.uniqueid != stay.uniqueid and _meet(each, stay)
        ]
        if not met:
            continue
        others = tuple(people[each.uniqueid] for each in met if each.uniqueid in people)
        at = max(stay.at, min(each.at for each in met))
        ends = [each.until for each in met]
        last = None if None in ends else max(each for each in ends if each is not None)
        until = min((each for each in (stay.until, last) if each is not None), default=None)
        yield Conversation(people[stay.uniqueid], at, until, any(each.uniqueid == caller for each in met), others)


def _holds(told: Sequence[Seen], channels: Mapping[str, Channel]) -> Iterator[Ringing]:
    """The dialplan's own words: ``held PJSIP/phone-2001-0000002a`` on the caller's channel, and ``resumed …``."""
    by_name = {channel.name: channel for channel in channels.values()}
    since: dict[str, Ringing] = {}
    for event in told:
        what, _, name = str(_json(event.extra).get("extra", "")).partition(" ") if event.kind == _HOLD else ("", "", "")
        if what == "held":
            since.setdefault(event.uniqueid, Ringing(by_name.get(name, Channel("", name)), event.at))
        elif event.uniqueid in since and (what == "resumed" or event.kind in _GONE):
            yield since.pop(event.uniqueid)._replace(until=event.at)
    yield from since.values()


def _meet(one: _Stay, other: _Stay) -> bool:
    return (one.until is None or other.at < one.until) and (other.until is None or one.at < other.until)


def _bridge(extra: str) -> str:
    return str(_json(extra).get("bridge_id", ""))


def _json(extra: str) -> Mapping[str, object]:
    try:
        found = json.loads(extra) if extra else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
