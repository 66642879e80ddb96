"""Recordings as values: what is known of one, and the names of its files."""

import enum
import re
from dataclasses import dataclass
from datetime import UTC, datetime

MONITOR = "/srv/ccore/spool/monitor"  # where Asterisk sees the folder of the raw files
# Raw samples of 16 bits, by the format's name: how many bytes a millisecond has. There is no header in them: what is
# written can be read whatever ends Asterisk. The dialplan says which is taken when.
BYTES_PER_MS = {"sln": 16, "sln16": 32}
RECEIVED, SENT = "rx", "tx"  # what the caller says, and what the caller hears

_UNIQUEID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}-([0-9]{10})\.[0-9]{1,10}")
_FILE = re.compile(r"(?P<stem>[^/]+/[^/]+)-(?P<direction>rx|tx)\.(?P<format>sln|sln16)")
_STEM = re.compile(r"[0-9]{8}/(?P<channel>[A-Za-z0-9][A-Za-z0-9-]{0,62}-[0-9]{10}\.[0-9]{1,10})_(?P<part>[0-9]{1,3})")


class State(enum.StrEnum):
    """Where a recording is between the decision to make it and its erasure."""

    EXPECTED = "expected"
    RECORDING = "recording"
    FINISHED = "finished"
    STORED = "stored"
    FAILED = "failed"
    DISCARDED = "discarded"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Segment:
    """``agent`` (or ``channel``, if that is nobody's) talked with the recorded channel; ``until`` None: still does."""

    agent: str
    channel: str
    began_at: datetime
    ended_at: datetime | None = None


def stem(channel: str, part: int) -> str:
    """The path of a recording's files, without direction and ending: no caller's number is in it.

    ``channel`` is a Uniqueid of Asterisk's making. Raises ValueError if it is none.
    """
    found = _UNIQUEID.fullmatch(channel)
    if found is None:
        raise ValueError(f"{channel!r} is no uniqueid")
    return f"{day(datetime.fromtimestamp(int(found[1]), UTC))}/{channel}_{part}"


def day(moment: datetime) -> str:
    """The folder of the recordings of channels that began on this day, in UTC."""
    return f"{moment.astimezone(UTC):%Y%m%d}"


def read_stem(path: str) -> tuple[str, int] | None:
    """Which channel (Uniqueid) and which recording of it a stem names; None if it is none."""
    found = _STEM.fullmatch(path)
    return (found["channel"], int(found["part"])) if found else None


def read_file(path: str) -> tuple[str, str, str] | None:
    """Stem, direction and format of a raw file, by its path below the monitor folder; None if it is no such file."""
    found = _FILE.fullmatch(path)
    return (found["stem"], found["direction"], found["format"]) if found else None


def milliseconds(form: str, size: int) -> int:
    """How long a raw file of ``size`` bytes is."""
    return size // BYTES_PER_MS[form]
