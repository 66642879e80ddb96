"""What there is at one node now, as a state that writes a fact for every change of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ccore.calls.model import FOUND, Call, Channel, Fact, Kind
from ccore.calls.talking import pairs

# Asterisk tells a few things of a channel after its end, app_queue some seconds after. They must not raise the dead.
REMEMBERED = timedelta(seconds=60)
REMEMBERED_LIMIT = 100_000  # ended channels: 10 MB, in case our clock is set back


class Switchboard:
    """Channels and calls by their ids; ``told`` has the facts since ``turn``."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.epoch = 0
        self.channels: dict[str, Channel] = {}
        self.calls: dict[str, Call] = {}
        self.told: list[Fact] = []
        self._numbered = 0
        self._now: datetime | float = 0.0
        self._heard_at = datetime.min.replace(tzinfo=UTC)
        self._gone: dict[str, datetime] = {}  # ended channels and when we heard of it, the oldest first
        self._merged: dict[str, str] = {}  # LinkedIDs that are no more → what they became
        self._named: dict[str, str] = {}
        self._rooms: dict[str, dict[str, None]] = {}  # bridges in which people talk → who is in there
        self._moving: set[str] = set()  # calls that Asterisk takes a Local channel out of right now

    def turn(self, at: datetime, stamp: float | None = None) -> None:
        """Something new comes at ``at``, by our clock; ``stamp`` is Asterisk's, in epoch seconds."""
        self.told = []
        self._heard_at = at
        self._now = at if stamp is None else stamp

    @property
    def now(self) -> datetime:
        """When what is told now happened."""
        if isinstance(self._now, float):
            self._now = datetime.fromtimestamp(self._now, UTC)
        return self._now

    def note(self, kind: Kind, channel: Channel, **details: Any) -> None:
        """Write a fact about a channel."""
        self.note_call(kind, channel.call, channel.uniqueid, **details)

    def note_call(self, kind: Kind, call: str, channel: str, **details: Any) -> None:
        """Write a fact about a call."""
        self._numbered += 1
        self.told.append(Fact(self.node, self.epoch, self._numbered, self.now, kind, call, channel, **details))

    def change(self, channel: Channel, **changes: Any) -> Channel:
        """The channel as it is from now on."""
        changed = self.channels[channel.uniqueid] = channel._replace(**changes)
        return changed

    def gone_at(self, uniqueid: str) -> datetime | None:
        """When we heard of a channel's end, if that is not long ago."""
        return self._gone.get(uniqueid)

    def bury(self, uniqueid: str) -> None:
        """Remember for a while that a channel is no more."""
        self._gone[uniqueid] = self._heard_at
        while (oldest := next(iter(self._gone))) != uniqueid and (
            self._heard_at - self._gone[oldest] > REMEMBERED or len(self._gone) > REMEMBERED_LIMIT
        ):
            del self._gone[oldest]

    def call_of(self, linkedid: str) -> str:
        """The call that a LinkedID belongs to now."""
        return self._merged.get(linkedid, linkedid)

    def begin(self, channel: Channel, how: str = "") -> Channel:
        """A channel is there; its ``call`` is ``call_of`` what Asterisk says."""
        self._gone.pop(channel.uniqueid, None)
        self.channels[channel.uniqueid] = channel
        self._named[channel.name] = channel.uniqueid
        call = self.calls.get(channel.call)
        if call is None:
            self.calls[channel.call] = Call(channel.call, channel.began_at, channel.uniqueid, (channel.uniqueid,))
            self.note(Kind.STARTED, channel, how=how)
        else:
            self.calls[call.id] = call._replace(channels=(*call.channels, channel.uniqueid))
        self._note_state(channel, how)
        return channel

    def reach(self, channel: Channel, state: str, how: str = "") -> None:
        """A channel is in a state that it was not in."""
        self._note_state(self.change(channel, state=state), how)

    def rename(self, channel: Channel, name: str) -> None:
        """A channel has another name."""
        self._forget_name(channel)
        self._named[name] = channel.uniqueid
        self.change(channel, name=name)

    def end(self, channel: Channel, cause: int | None = None, *, vanished: bool = False) -> None:
        """A channel is gone, and with it whatever it was in."""
        how = FOUND if vanished else ""
        self._close(channel, how)
        self.exit(channel, channel.bridge, how)
        del self.channels[channel.uniqueid]
        self._forget_name(channel)
        self.bury(channel.uniqueid)
        self._leave_call(channel, cause, vanished)
        if channel.is_local:
            self.moved(channel.call)

    def enter(self, channel: Channel, bridge: str, *, conversation: bool, how: str = "") -> None:
        """A channel is in a bridge; calls that meet in a conversation are one from then on, as Asterisk has it."""
        if channel.bridge not in ("", bridge):
            self.exit(channel, channel.bridge, how)
            channel = self.channels[channel.uniqueid]
        channel = self.change(channel, bridge=bridge)
        if not conversation:
            return
        room = self._rooms.setdefault(bridge, {})
        room[channel.uniqueid] = None
        for other in room:
            self._meet(self.channels[channel.uniqueid].call, self.channels[other].call)
        self._listen(self.channels[channel.uniqueid].call, how)

    def exit(self, channel: Channel, bridge: str, how: str = "") -> None:
        """A channel is out of a bridge, if it was in that one."""
        if not bridge or channel.bridge != bridge:
            return
        self.change(channel, bridge="")
        room = self._rooms.get(bridge)
        if room is not None and channel.uniqueid in room:
            del room[channel.uniqueid]
            if not room:
                del self._rooms[bridge]
            self._listen(channel.call, how)

    def is_conversation(self, bridge: str) -> bool:
        """Whether people talk in this bridge, as far as anybody is known to be in there."""
        return bridge in self._rooms

    def moving(self, call: str) -> None:
        """Asterisk begins to take a Local channel out: until it has, nobody is disconnected by it."""
        self._moving.add(call)

    def moved(self, call: str, how: str = "") -> None:
        """Asterisk has taken a Local channel out, or the half of one is gone."""
        if call in self._moving:
            self._moving.discard(call)
            self._listen(call, how)

    def settle(self) -> None:
        """No Local channel is on its way out, whatever was told."""
        for call in tuple(self._moving):
            self.moved(call, FOUND)

    def merge(self, loser: str, winner: str) -> None:
        """All of a call belongs to another one from now on."""
        lost = self.calls.pop(loser)
        if winner not in self.calls:
            self.calls[winner] = lost._replace(id=winner, channels=(), talking=(), merged=())
            self.note_call(Kind.STARTED, winner, lost.first, how=FOUND)
        won = self.calls[winner]
        for uniqueid in lost.channels:
            self.change(self.channels[uniqueid], call=winner)
        merged = (loser, *lost.merged)
        self._merged.update(dict.fromkeys(merged, winner))
        self.calls[winner] = won._replace(
            channels=won.channels + lost.channels,
            talking=won.talking + lost.talking,
            merged=won.merged + merged,
        )
        if loser in self._moving:
            self._moving.discard(loser)
            self._moving.add(winner)
        self.note_call(Kind.MERGED, winner, lost.first, peer=loser)

    def _note_state(self, channel: Channel, how: str) -> None:
        kind = Kind.ANSWERED if channel.state == "Up" else Kind.RINGING if channel.state == "Ringing" else None
        if kind is not None and not channel.is_local:
            self.note(kind, channel, how=how)

    def _meet(self, one: str, other: str) -> None:
        if one != other:
            older, younger = sorted((one, other), key=lambda call: self.calls[call].began_at)
            self.merge(younger, older)

    def _listen(self, call_id: str, how: str) -> None:
        """Who hears whom in a call may have changed."""
        if call_id in self._moving:
            return
        call = self.calls[call_id]
        heard = pairs(call.channels, self.channels, self._rooms, self._named)
        if tuple(heard) == call.talking:
            return
        self.calls[call_id] = call._replace(talking=tuple(heard))
        for channel, peer in call.talking:
            if (channel, peer) not in heard:
                self.note_call(Kind.DISCONNECTED, call_id, channel, peer=peer, how=how)
        for (channel, peer), by in heard.items():
            if (channel, peer) not in call.talking:
                member = self.channels.get(by)
                queue, name = (member.queue, member.member) if member else ("", "")
                self.note_call(Kind.CONNECTED, call_id, channel, peer=peer, queue=queue, member=name, how=how)

    def _close(self, channel: Channel, how: str) -> None:
        if channel.waits:
            self.note(Kind.LEFT_QUEUE, channel, queue=channel.queue, how=how or "abandoned")
        if channel.parked:
            self.note(Kind.UNPARKED, channel, how=how or "hung-up")
        if channel.conference:
            self.note(Kind.LEFT_CONFERENCE, channel, how=how)
        if channel.recording:
            self.note(Kind.RECORDING_STOPPED, channel, how=how)

    def _leave_call(self, channel: Channel, cause: int | None, vanished: bool) -> None:
        call = self.calls[channel.call]
        left = tuple(uniqueid for uniqueid in call.channels if uniqueid != channel.uniqueid)
        call = call._replace(channels=left, cause=cause if channel.uniqueid == call.first else call.cause)
        if left:
            self.calls[call.id] = call
            return
        del self.calls[call.id]
        self._moving.discard(call.id)
        for linkedid in call.merged:
            del self._merged[linkedid]
        if vanished:
            self.note_call(Kind.VANISHED, call.id, call.first, how=FOUND)
        else:
            self.note_call(Kind.ENDED, call.id, call.first, cause=cause if call.cause is None else call.cause)

    def _forget_name(self, channel: Channel) -> None:
        if self._named.get(channel.name) == channel.uniqueid:
            del self._named[channel.name]
