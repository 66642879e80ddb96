"""What a real Asterisk told of whole calls (``record_calls``), and the facts in it in words."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ccore.ami import wire
from ccore.ami.wire import Message
from ccore.calls.model import Fact

_CALLS = Path(__file__).parents[1] / "wire" / "data" / "calls"
NAMES = sorted(path.stem for path in _CALLS.glob("*.txt"))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def recorded(name: str) -> bytes:
    """The bytes from Asterisk's greeting on."""
    return (_CALLS / f"{name}.txt").read_bytes()


def messages(pieces: Iterable[bytes]) -> list[Message]:
    """The messages in bytes that come in these pieces, without Debian's own TestEvent, which cannot be read."""
    frames = wire.Frames()
    read = [wire.parse(block) for piece in pieces for block in frames.feed(piece)]
    assert {message.name for message in read if not isinstance(message, Message)} <= {"TestEvent"}
    return [message for message in read if isinstance(message, Message)]


@cache
def transcript(name: str) -> tuple[Message, ...]:
    """The messages of a recording."""
    return tuple(messages([recorded(name)]))


def letters(events: Iterable[Message]) -> dict[str, str]:
    """A letter for each Uniqueid, in the order in which its channel began."""
    uniqueids = [event["Uniqueid"] for event in events if event.name == "Newchannel"]
    return {uniqueid: chr(ord("A") + number) for number, uniqueid in enumerate(dict.fromkeys(uniqueids))}


def in_words(facts: Iterable[Fact], names: dict[str, str]) -> list[str]:
    """A line for each fact: its call, its kind, its channel, and whatever else it has."""
    return [
        " ".join([names[fact.call] + ":", fact.kind, names[fact.channel], *_details(fact, names)]) for fact in facts
    ]


def _details(fact: Fact, names: dict[str, str]) -> list[str]:
    peer = [names[fact.peer]] if fact.peer else []
    cause = [] if fact.cause is None else [str(fact.cause)]
    return [*peer, *(word for word in (fact.queue, fact.member, fact.how) if word), *cause]
