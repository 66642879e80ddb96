"""What the subscribers of one topic have before them: entries by key, every change numbered, the last ones kept.

Entries are JSON already: one that many see is encoded once, and compared as text.
"""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_KEPT = 300  # changes: half a minute of a busy topic, and then a snapshot is shorter
MOST_KEPT_BYTES = 1_000_000  # of them together


class Diff(NamedTuple):
    """Change number ``seq`` of a board: entries that are new or other than before, keys that are gone."""

    seq: int
    set: Mapping[str, str]
    unset: Sequence[str]
    text: str  # as it is told


@dataclass(slots=True)
class Board:
    """``epoch`` names this board and no other: what was heard of another one says nothing about this."""

    topic: str
    epoch: str
    seq: int = 0
    at: str = ""  # when the newest fact in it happened
    entries: dict[str, str] = field(default_factory=dict)
    _kept: deque[Diff] = field(default_factory=deque)
    _kept_bytes: int = 0

    def turn(self, entries: Mapping[str, str], gone: Iterable[str], at: str) -> Diff | None:
        """Have these entries, and none of the ``gone``; what changed by that, if anything did."""
        new = {key: text for key, text in entries.items() if self.entries.get(key) != text}
        unset = sorted({key for key in gone if key in self.entries and key not in entries})
        if not new and not unset:
            return None
        self.entries.update(new)
        for key in unset:
            del self.entries[key]
        self.seq, self.at = self.seq + 1, at
        diff = Diff(self.seq, new, unset, self._told(f'"set":{_object(new)},"unset":{json.dumps(unset)}'))
        self._keep(diff)
        return diff

    def since(self, seq: int) -> Sequence[Diff] | None:
        """All changes after number ``seq``; None if they are not kept, or there was no such number."""
        missed = self.seq - seq
        if not 0 <= missed <= len(self._kept):
            return None
        return list(self._kept)[len(self._kept) - missed :]

    def snapshot(self) -> str:
        """Everything, as it is told."""
        return self._told(f'"snapshot":{_object(self.entries)}')

    def _told(self, what: str) -> str:
        head = json.dumps({"topic": self.topic, "epoch": self.epoch, "seq": self.seq})[:-1]
        return f'{head},{what},"at":{json.dumps(self.at)}}}'

    def _keep(self, diff: Diff) -> None:
        self._kept.append(diff)
        self._kept_bytes += len(diff.text)
        while len(self._kept) > MOST_KEPT or self._kept_bytes > MOST_KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft().text)


def _object(entries: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in entries.items()) + "}"


def frame(text: str) -> bytes:
    """One text frame of a WebSocket, as a server sends it: the same bytes for everybody who is told."""
    content = text.encode()
    size = len(content)
    if size < 126:
        return bytes((0x81, size)) + content
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + content
    return b"\x81\x7f" + size.to_bytes(8, "big") + content
