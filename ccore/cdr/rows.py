"""Takes the bytes of Asterisk's CDR and CEL files apart into rows; what is no row is handed back with the reason."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds since the epoch of the years 2000 and 2100: outside, a number is no time.
TIMES_US = (946_684_800_000_000, 4_102_444_800_000_000)
MAX_ID_LENGTH = 200  # Asterisk's longest is 149; an index of PostgreSQL takes some 2,700 bytes
MAX_DIGITS = 18  # of a number that fits a bigint

# A row begins at a line's start with the node's name as a field of its own. Nothing a caller sends can look like that:
# inside a field Asterisk doubles every quote, so after a line break there comes no single one.
_START_OF_ROW = re.compile(rb'\n(?="[^"\n,]+",")')
_START_IN_LINE = re.compile(rb'(?="[^"\n,]+",")')


class BadRow(ValueError):
    """The bytes are no row; the message says why."""


class CdrRow(NamedTuple):
    """A row of the table ``cdr``, without ``read_at``."""

    node: str
    linkedid: str
    uniqueid: str
    sequence: int
    accountcode: str
    src: str
    dst: str
    dcontext: str
    clid: str
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    duration_ms: int
    billed_ms: int
    disposition: str
    amaflags: str
    userfield: str
    clock_suspect: bool
    mended: str | None
    digest: bytes


class CelRow(NamedTuple):
    """A row of the table ``cel``, without ``read_at``."""

    node: str
    linkedid: str
    digest: bytes
    eventtype: str
    event_at: datetime
    cid_name: str
    cid_num: str
    cid_ani: str
    cid_rdnis: str
    cid_dnid: str
    exten: str
    context: str
    channame: str
    appname: str
    appdata: str
    amaflags: str
    accountcode: str
    uniqueid: str
    userfield: str
    peer: str
    eventextra: str
    mended: str | None


Row = CdrRow | CelRow


@dataclass(frozen=True, slots=True)
class Reject:
    """Bytes that are no row, where they stood relative to what was read, and why."""

    raw: bytes
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stretch of a file holds: rows, where each stands in it, and what is no row.

    ``consumed`` bytes are dealt with; the rest is a row whose end is still to come.
    """

    rows: list[Row]
    spans: list[tuple[int, int]]
    rejects: list[Reject]
    consumed: int


def cdr_row(fields: Sequence[str], mended: str | None, digest: bytes) -> CdrRow:
    """A CDR row from its 21 fields. Raises BadRow."""
    node, uniqueid, linkedid, sequence, accountcode, src, dst, dcontext, clid, channel, dstchannel = fields[:11]
    lastapp, lastdata, start, answer, end, duration, billsec, disposition, amaflags, userfield = fields[11:]
    started_us, answered_us, ended_us = _time_us(start), _time_us(answer), _time_us(end)
    lasted_ms = (ended_us - started_us) // 1000
    billed_ms = (ended_us - answered_us) // 1000 if answered_us else 0
    answered_at = _time(answered_us) if answered_us else None
    clock_suspect = lasted_ms < 0 or billed_ms < 0 or "-" in duration or "-" in billsec
    return CdrRow(
        _id(node), _id(linkedid), _id(uniqueid), _sequence(sequence), accountcode, src, dst, dcontext, clid, channel,
        dstchannel, lastapp, lastdata, _time(started_us), answered_at, _time(ended_us), max(lasted_ms, 0),
        max(billed_ms, 0), disposition, amaflags, userfield, clock_suspect, mended, digest,
    )  # fmt: skip


def cel_row(fields: Sequence[str], mended: str | None, digest: bytes) -> CelRow:
    """A CEL row from its 20 fields. Raises BadRow."""
    node, eventtype, eventtime, name, number, ani, rdnis, dnid, exten, context, channame = fields[:11]
    appname, appdata, amaflags, accountcode, uniqueid, linkedid, userfield, peer, eventextra = fields[11:]
    if not eventtype:
        raise BadRow("the event has no name")
    return CelRow(
        _id(node), _id(linkedid), digest, eventtype, _time(_time_us(eventtime)), name, number, ani, rdnis, dnid, exten,
        context, channame, appname, appdata, amaflags, accountcode, _id(uniqueid), userfield, peer, eventextra, mended,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Log:
    """One kind of file: the name of its table, where the file is in Asterisk's log directory, and how a row is read."""

    name: str
    path: str
    width: int
    row: Callable[[Sequence[str], str | None, bytes], Row]
    columns: tuple[str, ...]


CDR = Log("cdr", "cdr-custom/ccore.csv", 21, cdr_row, CdrRow._fields)
CEL = Log("cel", "cel-custom/ccore.csv", 20, cel_row, CelRow._fields)
LOGS = (CDR, CEL)


def read(log: Log, data: bytes, *, whole: bool = False) -> Reading:
    """Every row of ``data``, which begins where a row should.

    ``whole`` means that no more bytes will ever follow, so a row without its end is rejected instead of waited for.
    """
    reading = Reading([], [], [], 0)
    consumed = 0
    for begin, end, closed in _pieces(data):
        try:
            reading.rows.append(_row(log, data[begin:end]))
            reading.spans.append((begin, end))
            consumed = end
        except BadRow:
            consumed = _read_broken(log, data, (begin, end), closed or whole, reading)
    return replace(reading, consumed=consumed)


def _pieces(data: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each row of ``data`` begins and ends, and whether another row begins after it."""
    begin = 0
    for start in _START_OF_ROW.finditer(data):
        yield begin, start.end(), True
        begin = start.end()
    if begin < len(data):
        yield begin, len(data), False


def _read_broken(log: Log, data: bytes, piece: tuple[int, int], closed: bool, reading: Reading) -> int:
    """Make the best of a piece that is not one row, line by line; the end of what is dealt with."""
    begin, end = piece
    while begin < end:
        line_end = _end_of_line(data, begin, end)
        row, start = _row_at_end(log, data, begin, line_end or end)
        if row is None and line_end is None and not closed:
            return begin
        line_end = line_end or end
        if row is None or start > begin:
            reading.rejects.append(Reject(data[begin:start], begin, _fault(log, data[begin:start])))
        if row is not None:
            reading.rows.append(row)
            reading.spans.append((start, line_end))
        begin = line_end
    return end


def _end_of_line(data: bytes, begin: int, end: int) -> int | None:
    """Where the line that begins at ``begin`` ends, after a line break outside quotes; None if it does not end."""
    line_end, quotes = begin, 0
    while (line_break := data.find(b"\n", line_end, end)) >= 0:
        quotes += data.count(b'"', line_end, line_break)
        line_end = line_break + 1
        if quotes % 2 == 0:
            return line_end
    return None


def _row_at_end(log: Log, data: bytes, begin: int, end: int) -> tuple[Row | None, int]:
    """The row that ends at ``end``, and where it begins: a full disk or a kill may have cut one off in its line."""
    starts = [begin] + [start.start() for start in _START_IN_LINE.finditer(data, begin + 1, end)]
    for start in reversed(starts[:1] + starts[1:][-2 * log.width :]):
        try:
            return _row(log, data[start:end]), start
        except BadRow:
            continue
    return None, end


def _fault(log: Log, piece: bytes) -> str:
    """Why ``piece`` is no row."""
    try:
        _row(log, piece)
    except BadRow as bad:
        return str(bad)
    raise AssertionError("a row was rejected")


def _row(log: Log, piece: bytes) -> Row:
    if not piece.endswith(b"\n"):
        raise BadRow("the row has no end")
    line = piece[:-1]
    text, mended = _text(line)
    return log.row(_fields(text, log.width), mended, hashlib.blake2b(line, digest_size=16).digest())


def _text(line: bytes) -> tuple[str, str | None]:
    mended = []
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode(errors="replace")
        mended.append("bytes that are not UTF-8 were replaced")
    if "\0" in text:
        text = text.replace("\0", "")
        mended.append("NUL was removed")
    return text, "; ".join(mended) or None


def _fields(text: str, width: int) -> Sequence[str]:
    if len(text) < 2 or not text[0] == text[-1] == '"':
        raise BadRow("a row begins and ends with a quote")
    fields = text[1:-1].split('","')
    if len(fields) == width and _undoubled(fields):
        return fields
    # A field that itself holds `","`, or no CSV at all: rare, and three times slower.
    try:
        fields = next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        raise BadRow(f"not CSV: {error}") from error
    if len(fields) != width:
        raise BadRow(f"{len(fields)} fields instead of {width}")
    return fields


def _undoubled(fields: list[str]) -> bool:
    """Make single quotes of the double ones, in place; False if that leaves one: the split was within a field."""
    for index, field in enumerate(fields):
        if '"' in field:
            if '"' in field.replace('""', ""):
                return False
            fields[index] = field.replace('""', '"')
    return True


def _id(text: str) -> str:
    if not text:
        raise BadRow("the node, uniqueid or linkedid is empty")
    if '"' in text:  # cut off after its first field, where the next row's first one then ends it by a doubled quote
        raise BadRow("the node, uniqueid or linkedid has a quote in it")
    if len(text) > MAX_ID_LENGTH:
        raise BadRow("the node, uniqueid or linkedid is too long")
    return text


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise BadRow("the sequence is no number")
    return int(text)


def _time_us(text: str) -> int:
    """Microseconds since the epoch from ``1795332928.495918``; 0, as Asterisk writes it, for a time that never came."""
    seconds, _, fraction = text.partition(".")
    digits = seconds + fraction
    if len(fraction) == 6 and len(digits) <= MAX_DIGITS and digits.isdigit() and digits.isascii():
        return int(digits)
    if digits:
        raise BadRow(f"{text[:40]!r} is no time")
    return 0


def _time(since_epoch_us: int) -> datetime:
    if not TIMES_US[0] <= since_epoch_us <= TIMES_US[1]:
        raise BadRow(f"a time is missing or in no year of ours: {since_epoch_us}")
    return EPOCH + timedelta(microseconds=since_epoch_us)
