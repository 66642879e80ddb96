"""One topic and all who are told of it: who sees what, worked out and encoded once for all who see the same."""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from ccore.clock import utc_now
from ccore.people.model import Person
from ccore.web.live.board import Board, Diff, frame
from ccore.web.live.topics import ALL, Live, Topic

KEPT_S = 60.0  # a board that nobody looks at: those whose line was cut come back to it


class Source:
    """Where the entries of a topic come from. Those of one audience alone have keys of their own, ``told_as`` another.

    ``now`` and ``seen_by`` must not wait.
    """

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        """What there is now of ``keys``; of all there are if None."""
        raise NotImplementedError

    async def audience(self, person: Person) -> str | None:
        """With whom they share what they see; None: nothing of this is for them. Raises Unavailable."""
        return ALL

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        """Which of the audiences that are ``there`` see an entry."""
        return there

    def told_as(self, key: str) -> str:
        """The key that is told."""
        return key

    async def begin(self, audience: str) -> None:
        """Somebody of this audience begins to look. Raises Unavailable."""

    def end(self, audience: str) -> None:
        """Nobody of it has looked for a while."""


class Told(Protocol):
    """Whoever can be told something."""

    def tell(self, topic: str, content: bytes) -> bool:
        """Write a frame."""


class _Shown(NamedTuple):
    entry: Live
    text: str
    audiences: frozenset[str]


@dataclass(slots=True, eq=False)
class Stand:
    """What one audience has before it, and who of it looks; ``left_at``: since when nobody does."""

    board: Board
    clients: dict[Told, None] = field(default_factory=dict)
    left_at: float = 0.0
    _snapshot: tuple[int, bytes] = (-1, b"")

    def snapshot(self) -> bytes:
        """Everything, as a frame: made once for all who come before the next change."""
        if self._snapshot[0] != self.board.seq:
            self._snapshot = self.board.seq, frame(self.board.snapshot())
        return self._snapshot[1]

    def since(self, epoch: str, seq: int) -> Sequence[Diff] | None:
        """What somebody has missed who had change ``seq`` of the board ``epoch``; None: a snapshot is needed."""
        return self.board.since(seq) if epoch == self.board.epoch else None


class Room:
    """A topic; ``epoch`` is of this ccore's run."""

    def __init__(self, topic: Topic, source: Source, epoch: str) -> None:
        self.topic = topic
        self.source = source
        self.gap: datetime | None = None  # since when facts may be missing
        self.stands: dict[str, Stand] = {}
        self._epoch = epoch
        self._boards = 0
        self._shown: dict[str, _Shown] = {}
        self._marked: set[str] = set()
        self._all = False
        self._marked_at: datetime | None = None
        self._waits_since = 0.0

    @property
    def news(self) -> bool:
        """Whether something was marked since the last look."""
        return self._all or bool(self._marked)

    def mark(self, *keys: str) -> None:
        """Look at these again; nobody waits for that here."""
        if self.stands:
            self._note()
            self._marked.update(keys)

    def mark_all(self) -> None:
        """Look at everything again."""
        if self.stands:
            self._note()
            self._all = True

    async def enter(self, person: Person) -> Stand | None:
        """What they see, from now on kept up to date; None: nothing is for them. Raises Unavailable."""
        audience = await self.source.audience(person)
        if audience is None:
            return None
        if audience not in self.stands:
            await self.source.begin(audience)
        if audience not in self.stands:  # somebody else was faster
            self._open(audience)
        return self.stands[audience]

    def forget(self, now: float) -> None:
        """Drop what nobody has looked at for long."""
        left = [name for name, each in self.stands.items() if not each.clients and now - each.left_at > KEPT_S]
        for audience in left:
            del self.stands[audience]
            self.source.end(audience)
        if not self.stands:
            self._shown, self._marked, self._all = {}, set(), False

    def turn(self) -> float | None:
        """Tell everybody what has changed of all that was marked; since when (monotonic) it waited, None: nothing."""
        if not self.news:
            return None
        at = (self._marked_at or utc_now()).isoformat()
        keys, self._marked = None if self._all else self._marked, set()
        self._all = False
        for audience, (new, gone) in self._changes(keys).items():
            stand = self.stands[audience]
            if diff := stand.board.turn(new, gone, at):
                _tell(stand, self.topic.name, frame(diff.text))
        return self._waits_since

    def gapped(self, since: datetime | None) -> None:
        """Tell everybody that facts may be missing since then; None: no more."""
        if since != self.gap:
            self.gap = since
            content = self.gap_frame()
            for stand in self.stands.values():
                _tell(stand, self.topic.name, content)

    def gap_frame(self) -> bytes:
        """Whether facts may be missing now."""
        gap = None if self.gap is None else {"since": self.gap.isoformat()}
        return frame(json.dumps({"topic": self.topic.name, "gap": gap}))

    def _note(self) -> None:
        if not self.news:
            self._waits_since = time.monotonic()
        self._marked_at = utc_now()

    def _open(self, audience: str) -> None:
        if self.stands:
            self.turn()  # so that all that is shown is of now
        self._boards += 1
        board = Board(self.topic.name, f"{self._epoch}.{self._boards}", at=utc_now().isoformat())
        if not self.stands:
            self._shown = {
                key: _Shown(entry, _text(entry), frozenset()) for key, entry in self.source.now(None).items()
            }
        self.stands[audience] = Stand(board, left_at=time.monotonic())
        theirs = {}
        for key, shown in self._shown.items():
            if audience in self.source.seen_by(key, shown.entry, (audience,)):
                theirs[self.source.told_as(key)] = shown.text
                self._shown[key] = shown._replace(audiences=shown.audiences | {audience})
        board.turn(theirs, (), utc_now().isoformat())

    def _changes(self, keys: Collection[str] | None) -> Mapping[str, tuple[dict[str, str], list[str]]]:
        """By audience: what is new or other, and what is gone."""
        found = self.source.now(keys)
        changes: dict[str, tuple[dict[str, str], list[str]]] = {}
        for key, entry in found.items():
            for audience, text in self._shows(key, entry):
                new, gone = changes.setdefault(audience, ({}, []))
                told = self.source.told_as(key)
                if text is None:
                    gone.append(told)
                else:
                    new[told] = text
        for key in [key for key in (self._shown if keys is None else keys) if key not in found]:
            if shown := self._shown.pop(key, None):
                for audience in shown.audiences & self.stands.keys():
                    changes.setdefault(audience, ({}, []))[1].append(self.source.told_as(key))
        return changes

    def _shows(self, key: str, entry: Live) -> Iterator[tuple[str, str | None]]:
        """Who sees it otherwise from now on, and what; None: no more."""
        text, before = _text(entry), self._shown.get(key)
        audiences = frozenset(self.source.seen_by(key, entry, self.stands.keys()))
        if before is not None and before.text == text and before.audiences == audiences:
            return
        self._shown[key] = _Shown(entry, text, audiences)
        yield from ((audience, text) for audience in audiences)
        if before is not None:
            yield from ((audience, None) for audience in before.audiences - audiences if audience in self.stands)


def _tell(stand: Stand, topic: str, content: bytes) -> None:
    for client in stand.clients:
        client.tell(topic, content)


def _text(entry: Live) -> str:
    return entry.model_dump_json()
