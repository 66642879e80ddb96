"""Attempts under way as this ccore knows them, and the moves each fact about their calls makes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ccore.calls.model import Call, Channel, Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.dialer.attempt import Event
from ccore.dialer.model import State

# Asterisk refuses the name of a channel with which a living channel's begins. So no attempt's may be the beginning of
# another's: their numbers begin at 1,000,000 in every database, and have one length as long as two can be in a call.
PREFIX = "attempt-"
OTHER_HALF = "-2"  # made after the first half, or it were refused


@dataclass(slots=True)
class Live:
    """One attempt. Its times are by this machine's clock (monotonic), None for what has not happened."""

    attempt: int
    campaign: str
    node: str
    channel: str
    state: State = State.CLAIMED
    agent: str = ""
    trunk: str = ""
    preview: bool = False
    cancelled: bool = False
    said: str = ""
    placed_at: float | None = None
    rang_at: float | None = None
    answered_at: float | None = None
    waited_s: float = 0.0
    abandoned: bool = False  # its pace knows
    nudged_at: float | None = None  # to look for an agent
    whole: bool = False  # every fact of it was seen
    missed_at: float | None = None  # not there, though nobody has told of its end
    gone_at: float | None = None
    tried_at: float | None = None  # to find out what came of it

    @property
    def unanswered(self) -> bool:
        """Whether nobody has answered yet."""
        return self.state in {State.CLAIMED, State.DIALLING, State.RINGING}


def of_row(row: Mapping[str, Any], now: float) -> Live:
    """As it stands in the database ``now``."""
    return Live(
        row["attempt_id"],
        row["campaign"],
        row["node"],
        row["channel"],
        State(row["state"]),
        row["agent"],
        row["trunk"] or "",
        row["mode"] == "preview",
        row["cancelled"],
        placed_at=_ago(row["placed_s"], now),
        rang_at=_ago(row["rang_s"], now),
        answered_at=_ago(row["answered_s"], now),
    )


def _ago(seconds: float | None, now: float) -> float | None:
    return None if seconds is None else now - seconds


@dataclass(slots=True)
class Board:
    """The attempts by number and by the call they are: one that has merged into another call is that one."""

    by_number: dict[int, Live] = field(default_factory=dict)
    by_call: dict[tuple[str, str], Live] = field(default_factory=dict)

    def add(self, live: Live) -> None:
        """Follow it from now on."""
        self.by_number[live.attempt] = live
        self.by_call[live.node, live.channel] = live

    def drop(self, live: Live) -> None:
        """It is over."""
        self.by_number.pop(live.attempt, None)
        for key in [key for key, each in self.by_call.items() if each is live]:
            del self.by_call[key]

    def of(self, fact: Fact) -> Live | None:
        """The attempt that a fact is about."""
        if fact.kind is Kind.MERGED and (live := self.by_call.get((fact.node, fact.peer))):
            self.by_call[fact.node, fact.call] = live
        return self.by_call.get((fact.node, fact.call))

    def at(self, campaign: str, node: str) -> Iterator[Live]:
        """Those of a campaign at a node."""
        return (live for live in self.by_number.values() if (live.campaign, live.node) == (campaign, node))


def call_of(tracker: Tracker, live: Live) -> Call | None:
    """The call that the attempt began, or that it has merged into."""
    own = tracker.calls.get(live.channel)
    return own or next((call for call in tracker.calls.values() if live.channel in call.merged), None)


def meant(fact: Fact, name: str, *, detects: bool, preview: bool) -> Event | None:
    """What a fact about a channel called ``name`` says of its attempt; ``detects``: machines are looked for first.

    ``preview``: the agent was called before, and is in no queue.
    """
    outside = not name.startswith(("Local/", "PJSIP/phone-"))
    match fact.kind:
        case Kind.RINGING if outside:
            return Event.RANG
        case Kind.ANSWERED if outside:
            return Event.PICKED_UP if detects else Event.ANSWERED
        case Kind.JOINED_QUEUE:
            return Event.ANSWERED
        case Kind.CONNECTED if fact.member or preview:
            return Event.CONNECTED
        case Kind.ENDED | Kind.VANISHED:
            return Event.ENDED
    return None


def shown(call: Call, channels: Mapping[str, Channel], *, detects: bool) -> tuple[Event, ...]:
    """What a call that is there now says of its attempt, in order, if nobody has seen it come so far."""
    events: list[Event] = []
    for channel in (channels[uniqueid] for uniqueid in call.channels):
        if channel.is_local or channel.name.startswith("PJSIP/phone-"):
            continue
        if channel.state == "Ringing":
            events.append(Event.RANG)
        elif channel.state == "Up":
            events.append(Event.PICKED_UP if detects else Event.ANSWERED)
        if channel.waits:
            events.append(Event.ANSWERED)
        if call.talking and any(channel.uniqueid in pair for pair in call.talking):
            events.append(Event.CONNECTED)
    return tuple(events)
