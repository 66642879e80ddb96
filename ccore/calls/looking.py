"""What a snapshot tells beyond the events: made up for in the state, and told in words."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from ccore.ami import snapshot as seen
from ccore.calls.model import FOUND, Channel, Kind
from ccore.calls.switchboard import Switchboard
from ccore.calls.talking import is_conversation

JUST_NOW = timedelta(seconds=5)  # a channel that ended so shortly before may still stand in a snapshot

Heard = Callable[[str], datetime | None]  # a Uniqueid → our clock at the last event about it


class Look:
    """A snapshot beside the state: what it says of the channels that no later event told of."""

    def __init__(self, board: Switchboard, snapshot: seen.Snapshot, heard: Heard) -> None:
        asked_at = snapshot.asked_at
        self._asked_at = asked_at if asked_at.tzinfo else asked_at.replace(tzinfo=UTC)
        # Events of an earlier login are older than it, however late they were told.
        self._is_first = snapshot.epoch != board.epoch
        self._board = board
        self._snapshot = snapshot
        self._heard = heard
        self._bridges = {bridge.bridge_id: bridge for bridge in snapshot.bridges}
        self._waiting = {caller.uniqueid: caller.queue for caller in snapshot.waiting}
        self._there = {channel.uniqueid: channel for channel in snapshot.channels}

    def make_up(self) -> None:
        """Bring the state to what the snapshot says, with a fact for everything that was missed."""
        gone = [channel.uniqueid for channel in self._absent()]
        told = [channel for channel in self._there.values() if self._tells_of(channel.uniqueid)]
        for channel in told:
            self._make_up_channel(channel)
        for uniqueid in gone:  # after calls have met: one lives on in the channels that the other left
            self._board.end(self._board.channels[uniqueid], vanished=True)
        self._board.settle()
        for channel in told:
            self._make_up_place(channel)

    def difference(self) -> Iterator[str]:
        """What it says otherwise than the state, in words.

        Conferences and parking are left out: Asterisk tells of them shortly before or after the bridge that they are.
        """
        for gone in self._absent():
            yield f"channel {gone.uniqueid} ({gone.name}) is no more"
        for channel in self._there.values():
            known = self._board.channels.get(channel.uniqueid)
            if not self._tells_of(channel.uniqueid):
                continue
            if known is None:
                yield f"channel {channel.uniqueid} ({channel.name}) is there"
            else:
                yield from self._differing(channel, known)

    def _differing(self, channel: seen.Channel, known: Channel) -> Iterator[str]:
        for what, says, knows in (
            ("name", channel.name, known.name),
            ("state", channel.state, known.state),
            ("call", self._board.call_of(channel.linkedid), known.call),
            ("bridge", channel.bridge_id, known.bridge),
            ("queue it waits in", self._queue(known), known.queue if known.waits else ""),
        ):
            if says != knows:
                yield f"channel {channel.uniqueid}: {what} is {says or 'none'}, not {knows or 'none'}"

    def _absent(self) -> list[Channel]:
        """The channels that are no more: unless all of them may be among those that could not be read."""
        known = self._board.channels.values()
        absent = [each for each in known if each.uniqueid not in self._there and self._tells_of(each.uniqueid)]
        return absent if len(absent) > self._snapshot.unreadable else []

    def _tells_of(self, uniqueid: str) -> bool:
        """Whether it knows better than the events: not if one of them came later than its question."""
        gone_at = self._board.gone_at(uniqueid)
        if gone_at is not None and gone_at > self._asked_at - JUST_NOW:
            return False
        heard_at = self._heard(uniqueid)
        return self._is_first or heard_at is None or heard_at <= self._asked_at

    def _make_up_channel(self, channel: seen.Channel) -> None:
        board = self._board
        known = board.channels.get(channel.uniqueid) or self._discovered(channel)
        if known.name != channel.name:
            board.rename(known, channel.name)
        if (call := board.call_of(channel.linkedid)) != known.call:
            board.merge(known.call, call)
        known = board.channels[channel.uniqueid]
        if known.state != channel.state:
            board.reach(known, channel.state, FOUND)

    def _discovered(self, channel: seen.Channel) -> Channel:
        began_at = self._board.now - timedelta(seconds=max(channel.duration_s, 0))
        call = self._board.call_of(channel.linkedid)
        return self._board.begin(
            Channel(channel.uniqueid, channel.name, call, channel.state, began_at, channel.caller), FOUND
        )

    def _make_up_place(self, channel: seen.Channel) -> None:
        board = self._board
        place = self._bridges.get(channel.bridge_id)
        known = board.channels[channel.uniqueid]
        if known.bridge != channel.bridge_id:
            board.exit(known, known.bridge, FOUND)
        if channel.bridge_id:
            talks = board.is_conversation(channel.bridge_id) or (
                place is not None and is_conversation(place.creator, place.technology)
            )
            board.enter(board.channels[channel.uniqueid], channel.bridge_id, conversation=talks, how=FOUND)
        if place is not None or not channel.bridge_id:  # else what kind of bridge it is could not be read
            self._make_up_purpose(board.channels[channel.uniqueid], place)
        self._make_up_queue(board.channels[channel.uniqueid])

    def _make_up_purpose(self, known: Channel, place: seen.Bridge | None) -> None:
        board = self._board
        if known.conference != (conference := _conference(place)):
            known = board.change(known, conference=conference)
            board.note(Kind.JOINED_CONFERENCE if conference else Kind.LEFT_CONFERENCE, known, how=FOUND)
        if known.parked != (parked := _is_parking(place)):
            known = board.change(known, parked=parked)
            board.note(Kind.PARKED if parked else Kind.UNPARKED, known, how=FOUND)

    def _make_up_queue(self, known: Channel) -> None:
        before, queue = known.queue if known.waits else "", self._queue(known)
        if before == queue:
            return
        known = self._board.change(known, queue=queue)
        if before:
            self._board.note(Kind.LEFT_QUEUE, known, queue=before, how=FOUND)
        if queue:
            self._board.note(Kind.JOINED_QUEUE, known, queue=queue, how=FOUND)

    def _queue(self, known: Channel) -> str:
        """Where it waits; where it was known to wait if that could not be read."""
        if known.member:
            return ""
        unread = known.queue if self._snapshot.unreadable else ""
        return self._waiting.get(known.uniqueid, unread)


def _conference(bridge: seen.Bridge | None) -> str:
    return bridge.name if bridge is not None and bridge.creator == "ConfBridge" else ""


def _is_parking(bridge: seen.Bridge | None) -> bool:
    return bridge is not None and bridge.creator == "Parking"
