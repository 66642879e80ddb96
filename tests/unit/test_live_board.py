"""Boards and rooms of the live socket: whatever is told, missed, resumed or skipped, a page has what the server has."""

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.people.model import Person, Role
from ccore.web.live import board as boards
from ccore.web.live.board import Board, frame
from ccore.web.live.room import Room, Source
from ccore.web.live.topics import ALL, TOPICS, Live
from tests.support.live import Shown

AT = "2026-11-23T03:00:00+00:00"
KEYS = st.sampled_from(["a", "b", "c", 'd"', "世"])
CHANGES = st.dictionaries(KEYS, st.integers(0, 3).map(str), max_size=4)
GONE = st.lists(KEYS, max_size=3)


@dataclass
class Wire:
    """A page, and the frames on their way to it."""

    shown: Shown = field(default_factory=Shown)
    coming: list[str] = field(default_factory=list)
    joined: bool = False
    late: bool = False

    def told(self, text: str) -> None:
        if self.joined and not self.late:
            self.coming.append(text)

    def read(self, count: int) -> None:
        for text in self.coming[:count]:
            assert self.shown.take(json.loads(text)), "every frame follows on the one before"
        del self.coming[:count]

    def subscribe(self, board: Board) -> None:
        """As the hub answers it."""
        missed = board.since(self.shown.seq) if self.shown.epoch == board.epoch and self.shown.seq is not None else None
        self.coming = [board.snapshot()] if missed is None else [diff.text for diff in missed]
        self.joined, self.late = True, False


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), CHANGES, GONE),
        st.tuples(
            st.sampled_from(["read", "subscribe", "cut", "late", "restart"]), st.integers(0, 1), st.integers(0, 4)
        ),
    ),
    max_size=60,
)


@given(steps=STEPS, kept=st.integers(0, 5), kept_bytes=st.sampled_from([0, 300, 10**6]))
@settings(max_examples=300, deadline=None)
def test_every_page_ends_with_what_the_server_has(steps: list[Any], kept: int, kept_bytes: int) -> None:
    most, most_bytes = boards.MOST_KEPT, boards.MOST_KEPT_BYTES
    boards.MOST_KEPT, boards.MOST_KEPT_BYTES = kept, kept_bytes
    try:
        board, truth, wires, life = Board("agents", "1"), dict[str, str](), [Wire(), Wire()], 1
        for what, first, second in steps:
            if what == "turn":
                truth = {key: text for key, text in {**truth, **first}.items() if key not in second or key in first}
                if diff := board.turn(first, second, AT):
                    for each in wires:
                        each.told(diff.text)
            elif what == "restart":  # another ccore, or the same anew: it knows nothing of what it told
                life += 1
                board, truth = Board("agents", str(life)), {}
                for each in wires:
                    each.joined, each.coming = False, []
            else:
                _do(wires[first], what, second, board)
            assert board.entries == truth
        for each in wires:
            if not each.joined or each.late:
                each.subscribe(board)
            each.read(len(each.coming))
            assert {key: str(entry) for key, entry in each.shown.entries.items()} == truth
            assert (each.shown.epoch, each.shown.seq) == (board.epoch, board.seq)
    finally:
        boards.MOST_KEPT, boards.MOST_KEPT_BYTES = most, most_bytes


def _do(wire: Wire, what: str, count: int, board: Board) -> None:
    match what:
        case "read":
            wire.read(count)
        case "subscribe":
            wire.subscribe(board)
        case "cut":
            wire.joined, wire.coming = False, []
        case "late":  # what is told from now on is told anew, later
            wire.late = wire.joined


def test_nothing_is_told_of_what_is_as_it_was() -> None:
    board = Board("agents", "1")
    assert board.turn({"a": "1"}, (), AT) is not None
    assert board.turn({"a": "1"}, ["b"], AT) is None
    assert board.seq == 1


def test_no_more_is_kept_than_is_allowed() -> None:
    board = Board("agents", "1")
    for number in range(boards.MOST_KEPT + 50):
        board.turn({"a": str(number)}, (), AT)
    assert board.since(board.seq - boards.MOST_KEPT) is not None
    assert board.since(board.seq - boards.MOST_KEPT - 1) is None
    assert board.since(board.seq + 1) is None, "a number that there was not yet is another life's"
    board.turn({"b": json.dumps("x" * boards.MOST_KEPT_BYTES)}, (), AT)
    assert board.since(board.seq - 1) is None


def test_frames_are_those_of_the_protocol() -> None:
    for text, head in (("x" * 125, b"\x81\x7d"), ("x" * 126, b"\x81\x7e\x00\x7e"), ("世" * 30_000, None)):
        made = frame(text)
        assert head is None or made.startswith(head)
        assert made.endswith(text.encode())
    assert frame("x" * 70_000)[:10] == b"\x81\x7f" + (70_000).to_bytes(8, "big")


class Entry(Live):
    """One of a test's own."""

    value: int
    whose: tuple[str, ...]


class Truth(Source):
    """What there is, and who sees it: some all, some their own, under a key of their own."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def now(self, keys: Collection[str] | None) -> Mapping[str, Live]:
        wanted = self.entries if keys is None else keys
        return {key: self.entries[key] for key in wanted if key in self.entries}

    async def audience(self, person: Person) -> str | None:
        return person.agent or ALL

    def seen_by(self, key: str, entry: Live, there: Collection[str]) -> Iterable[str]:
        assert isinstance(entry, Entry)
        return [each for each in (ALL, *entry.whose) if each in there]

    def seen(self, audience: str) -> dict[str, Any]:
        """By audience, worked out anew."""
        mine = {key: each for key, each in self.entries.items() if audience in (ALL, *each.whose)}
        return {key: json.loads(each.model_dump_json()) for key, each in mine.items()}


class Listener:
    """Hears frames."""

    def __init__(self) -> None:
        self.shown = Shown()

    def tell(self, topic: str, content: bytes) -> bool:
        length = {126: 4, 127: 10}.get(content[1], 2)
        assert self.shown.take(json.loads(content[length:])), f"{topic}: every frame follows on the one before"
        return True


WHO = st.sampled_from(["", "2001", "2002"])
ROOM_STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"), KEYS, st.tuples(st.integers(0, 2), st.lists(WHO.filter(bool), max_size=2, unique=True))
        ),
        st.tuples(st.just("drop"), KEYS, st.none()),
        st.tuples(st.sampled_from(["enter", "leave", "turn", "all", "forget"]), WHO, st.none()),
    ),
    max_size=50,
)


@given(steps=ROOM_STEPS)
@settings(max_examples=200, deadline=None)
def test_every_audience_sees_what_is_for_it(steps: list[Any]) -> None:
    asyncio.run(_room(steps))


async def _room(steps: list[Any]) -> None:
    source, listeners = Truth(), dict[str, Listener]()
    room = Room(TOPICS["calls"], source, "1")
    for what, key, more in steps:
        if what == "put":
            source.entries[key] = Entry(value=more[0], whose=tuple(more[1]))
            room.mark(key)
        elif what == "drop":
            source.entries.pop(key, None)
            room.mark(key)
        elif what == "enter" and key not in listeners:
            stand = await room.enter(Person("x", "X", Role.AGENT, key))
            assert stand is not None
            listeners[key] = Listener()
            listeners[key].tell("calls", stand.snapshot())
            stand.clients[listeners[key]] = None
        elif what == "leave" and key in listeners:
            room.stands[key].clients.pop(listeners.pop(key))
        elif what == "turn":
            room.turn()
        elif what == "all":
            room.mark_all()
        elif what == "forget":
            room.forget(float("inf"))
    room.turn()
    for audience, listener in listeners.items():
        assert listener.shown.entries == source.seen(audience)
        assert room.stands[audience].board.entries.keys() == listener.shown.entries.keys()
