"""AMI on the wire: bytes in, messages out; headers in, bytes out; strict both ways, and no I/O."""

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Asterisk 22's largest event is about 1 KB and its lists come item by item: something this long is not a message.
MAX_MESSAGE_BYTES = 256 * 1024
MAX_BANNER_BYTES = 256
# Asterisk refuses an input line over 1024 bytes and an action over 128 headers; we stop before it does.
MAX_LINE_BYTES = 1000
MAX_HEADERS = 120

_END_OF_LINE = b"\r\n"
_END_OF_MESSAGE = b"\r\n\r\n"
_BANNER = re.compile(rb"Asterisk Call Manager/(\d+(?:\.\d+)*)")
_CONTROLS = bytes([*range(0x20), 0x7F])
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9()_-]*")
_NAMES_REMEMBERED = 4096  # Asterisk has some 600; a forger may invent any number
_MAY_REPEAT = re.compile(r"[a-z]*chanvariable(\(.*\))?|variable|output")
# Whatever tells of a channel says its state before what a caller can write, and its linkedid after it.
_CHANNEL_HEADERS = (("channelstate", "linkedid"), ("destchannelstate", "destlinkedid"))
# How Asterisk 22 begins each event it sends of itself (manager.conf timestampevents=yes, asterisk.conf systemname).
_BROADCAST = re.compile(
    rb"Event: \w+\r\nPrivilege: [a-z]+(?:,[a-z]+)*\r\nTimestamp: \d{10}\.\d{6}\r\nSystemName: [^\r\n]+\r\n"
)


class Garbage(Exception):
    """The bytes are not Asterisk's: the connection cannot be trusted any further."""


class NotAsterisk(Garbage):
    """The peer did not greet as an Asterisk Manager Interface does."""


class TooLong(Garbage):
    """A message is longer than any that Asterisk sends."""


class Unsendable(ValueError):
    """An action holds what must not reach Asterisk: a control character, or a line or list that is too long."""


class Flaw(enum.StrEnum):
    """Why one message is dropped while the connection goes on."""

    CONTROL_CHARACTER = "control_character"  # within a line: a value with a line break would forge headers
    HEADER_SHAPE = "header_shape"  # a line that is no "Name: value"
    REPEATED_HEADER = "repeated_header"  # which of the two is Asterisk's?
    CUT_SHORT = "cut_short"  # a forged empty line took its end away
    NEITHER_EVENT_NOR_RESPONSE = "neither_event_nor_response"  # the tail of a message cut by a forged empty line
    NOT_AS_BROADCAST = "not_as_broadcast"  # does not begin as Asterisk begins its events
    UNEXPECTED = "unexpected"  # answers nothing that was asked: unknown ActionID, second or untimely answer


@dataclass(frozen=True, slots=True)
class Message:
    """One event or response: ``kind`` is "Event" or "Response", ``name`` the event's name or the response's word.

    ``fields`` maps header names in lower case (Asterisk writes Uniqueid and UniqueID) to their values; a header that
    may repeat has its values joined by line feeds, which no value can hold.
    """

    kind: str
    name: str
    fields: Mapping[str, str]

    def __getitem__(self, header: str) -> str:
        """The value of a header that must be there; KeyError if it is not."""
        return self.fields[header.lower()]

    def get(self, header: str, default: str = "") -> str:
        """The value of a header that may be missing."""
        return self.fields.get(header.lower(), default)

    def all(self, header: str) -> list[str]:
        """Every value of a header that may repeat, such as ChanVariable."""
        found = self.fields.get(header.lower())
        return [] if found is None else found.split("\n")


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that must not be used, and why; ``name`` is what it claims to be, cleaned for the log."""

    flaw: Flaw
    name: str


class Frames:
    """Cuts the byte stream of one connection into messages, at empty lines only, before anything is decoded."""

    def __init__(self) -> None:
        self.version: str | None = None  # from the banner, such as "11.0.0"
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that ``data`` completes, without their empty line. Raises Garbage; then the object is spent."""
        look_from = max(0, len(self._rest) - len(_END_OF_MESSAGE) + 1)
        self._rest += data
        if self.version is None:
            if not self._greeted():
                return []
            look_from = 0
        if self._rest.find(_END_OF_MESSAGE, look_from) < 0:
            blocks = []
        else:
            *blocks, rest = bytes(self._rest).split(_END_OF_MESSAGE)
            self._rest = bytearray(rest)
        if max(map(len, blocks), default=0) > MAX_MESSAGE_BYTES or len(self._rest) > MAX_MESSAGE_BYTES:
            raise TooLong(f"more than {MAX_MESSAGE_BYTES} bytes without an empty line")
        return blocks

    def _greeted(self) -> bool:
        banner, end, rest = bytes(self._rest).partition(_END_OF_LINE)
        if not end and len(banner) <= MAX_BANNER_BYTES:
            return False
        match = _BANNER.fullmatch(banner)
        if match is None:
            raise NotAsterisk(f"greeted with {banner[:40]!r}")
        self.version = match[1].decode()
        self._rest = bytearray(rest)
        return True


class _HeaderNames(dict[str, str]):
    """Header names in lower case; each is checked when it is first met. Raises ValueError for what is no name."""

    def __missing__(self, name: str) -> str:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(name)
        lower = name.lower()
        if len(self) < _NAMES_REMEMBERED:
            self[name] = lower
        return lower


_LOWER = _HeaderNames()


def parse(block: bytes) -> Message | Malformed:
    """The message in ``block`` (bytes between two empty lines), or what is wrong with it. Bad UTF-8 is replaced."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    if len(block) - len(block.translate(None, _CONTROLS)) != 2 * (len(lines) - 1):
        return malformed(Flaw.CONTROL_CHARACTER, block)  # beside the CRLF between the lines
    try:
        fields = {_LOWER[name]: value for name, value in [line.split(": ", 1) for line in lines]}
        if len(fields) != len(lines):
            fields = _joined(lines)
    except ValueError:
        return malformed(Flaw.HEADER_SHAPE, block)
    except KeyError:
        return malformed(Flaw.REPEATED_HEADER, block)
    for state, last in _CHANNEL_HEADERS:
        if state in fields and last not in fields:
            return malformed(Flaw.CUT_SHORT, block)
    kind, name = lines[0].split(": ", 1)
    if kind not in {"Event", "Response"}:
        return malformed(Flaw.NEITHER_EVENT_NOR_RESPONSE, block)
    return Message(kind, name, fields)


def begins_as_broadcast(block: bytes) -> bool:
    """Whether ``block`` begins as every event that Asterisk sends of itself: event, privilege, time, system name.

    A caller can put CRLFCRLF and an event of their own into a number; Asterisk cuts numbers at 79 bytes, which cannot
    hold these four lines and anything of use after them.
    """
    return _BROADCAST.match(block) is not None


def malformed(flaw: Flaw, block: bytes) -> Malformed:
    """Names the flaw and, in printable ASCII, what the message claims to be; never a caller's data."""
    name = re.match(rb"(?:Event|Response): ([A-Za-z]{1,40})", block)
    return Malformed(flaw, name[1].decode() if name else "?")


def render(headers: Iterable[tuple[str, str]]) -> bytes:
    """An action as bytes: the only way from ccore to Asterisk's manager port. Raises Unsendable."""
    lines = [f"{name}: {value}".encode() for name, value in headers]
    if len(lines) > MAX_HEADERS:
        raise Unsendable(f"an action of {len(lines)} headers: Asterisk takes {MAX_HEADERS}")
    for line in lines:
        name = line.partition(b":")[0].decode()
        if len(line) > MAX_LINE_BYTES:
            raise Unsendable(f"{name} is {len(line)} bytes long: Asterisk takes {MAX_LINE_BYTES}")
        if len(line.translate(None, _CONTROLS)) != len(line):
            raise Unsendable(f"{name} holds a control character, which would forge a line or an action")
    return _END_OF_LINE.join([*lines, b"", b""])


def _joined(lines: list[str]) -> dict[str, str]:
    """The fields with repeated values joined. Raises KeyError for a header that must not be repeated."""
    fields: dict[str, str] = {}
    for line in lines:
        name, value = line.split(": ", 1)
        name = _LOWER[name]
        if name not in fields:
            fields[name] = value
        elif _MAY_REPEAT.fullmatch(name):
            fields[name] += "\n" + value
        else:
            raise KeyError(name)
    return fields
