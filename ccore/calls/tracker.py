"""Folds what one Asterisk tells of its channels into facts about calls: in order, each once, whatever is lost."""

from collections.abc import Mapping
from datetime import datetime

from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message
from ccore.calls import events
from ccore.calls.looking import Look
from ccore.calls.model import Call, Channel, Fact
from ccore.calls.switchboard import Switchboard

# An event older than the last one about its channel was told before. What is older by more than this was not: somebody
# set Asterisk's clock back.
REPEATED_WITHIN_S = 60.0

_Last = tuple[float, str, datetime]  # an event's stamp by Asterisk, its name, and our clock when it came


class Tracker:
    """The calls of one node, as far as its events and snapshots tell. Keeps nothing of a call that has ended."""

    EVENTS: frozenset[str] = frozenset(events.MEANINGS)

    def __init__(self, node: str) -> None:
        self._board = Switchboard(node)
        self._last: dict[str, _Last] = {}  # the last event about each channel

    @property
    def calls(self) -> Mapping[str, Call]:
        """The calls there are now, by LinkedID."""
        return self._board.calls

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels there are now, by Uniqueid."""
        return self._board.channels

    def heard(self, event: Message, at: datetime) -> list[Fact]:
        """The facts in one event. ``at`` is our clock when it came; a repeated, late or unknown event is harmless."""
        prefix, meaning = events.MEANINGS.get(event.name, ("", None))
        uniqueid = event.fields.get(f"{prefix}uniqueid", "")
        if meaning is None or not uniqueid:
            return []
        stamp = events.stamp_of(event)
        if self._is_repeated(uniqueid, event.name, stamp):
            return []
        self._board.turn(at, stamp)
        if event.name == "Hangup" and uniqueid not in self._board.channels:
            self._board.bury(uniqueid)  # its beginning was never told: nobody waits for its end
            return []
        channel = events.meet(self._board, event, prefix)
        if channel is None:
            return []
        meaning(self._board, channel, event)
        if uniqueid in self._board.channels:
            self._last[uniqueid] = (stamp or 0.0, event.name, at)
        else:
            self._last.pop(uniqueid, None)
        return self._board.told

    def looked(self, snapshot: Snapshot, at: datetime) -> list[Fact]:
        """What the snapshot tells beyond the events, as facts.

        A snapshot says nothing about channels heard of after its ``asked_at``. Asterisk's events may come later than
        an answer that knows of them already: so hold a snapshot that no login asked for back for a second, or channels
        hung up just before it was asked for are told as vanished.
        """
        look = Look(self._board, snapshot, self._heard_at)
        self._board.turn(at)
        self._board.epoch = snapshot.epoch
        look.make_up()
        for gone in self._last.keys() - self._board.channels.keys():
            del self._last[gone]
        return self._board.told

    def difference(self, snapshot: Snapshot) -> list[str]:
        """What the snapshot says otherwise than this tracker, in words; empty if nothing."""
        return list(Look(self._board, snapshot, self._heard_at).difference())

    def _heard_at(self, uniqueid: str) -> datetime | None:
        last = self._last.get(uniqueid)
        return None if last is None else last[2]

    def _is_repeated(self, uniqueid: str, name: str, stamp: float | None) -> bool:
        last = self._last.get(uniqueid)
        if stamp is None or last is None or name == "Hangup":
            return False
        return 0 < last[0] - stamp < REPEATED_WITHIN_S or (stamp == last[0] and name == last[1])
