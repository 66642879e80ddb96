"""Whether the raw files of a recording are whole, and what making one stereo file of them asks for and gives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ccore.recording.model import BYTES_PER_MS, milliseconds

SAMPLES_PER_S = {form: 500 * per_ms for form, per_ms in BYTES_PER_MS.items()}  # of 16 bits
# Of the two directions against each other, and of both against the call: Asterisk opens and closes files one after the
# other, and a phone that sends nothing for a while leaves as much out.
TOLERANCE_MS = 2000
TOLERANCE_PER_CENT = 1
# A file may be some tenths of a second behind the clock or ahead of it: where silence begins, as much more goes.
AROUND_MS = 500


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to be stored: its raw files as the ledger knows them, and where it goes.

    ``rx`` is what the caller said. Sizes, and ``wall_ms`` (how long it took by the call's own times), are None if
    unknown. ``as_it_is``: also if it is not whole. Nothing is kept of what was said within ``silences`` (from and
    until, in ms).
    """

    recording: int
    rx: str
    tx: str
    format: str
    rx_bytes: int | None
    tx_bytes: int | None
    wall_ms: int | None
    as_it_is: bool
    encoding: str
    storage: str
    object: str
    key: str  # the recording's own, in hex
    silences: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """It is in the storage, and was read back: the length of the sound, and hashes and sizes of content and object."""

    milliseconds: int
    sha256: str
    bytes: int
    stored_sha256: str
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The raw files are not those of a whole recording: trying again does not help."""

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be stored now."""

    why: str


Outcome = Stored | Broken | Failed


def object_name(recording: int, ended_at: datetime, attempt: str) -> str:
    """Where it goes. Each attempt has a name of its own: one that is given up never writes over its successor's."""
    return f"{ended_at:%Y/%m/%d}/{recording}-{attempt}.ccr"


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing was to be recorded from ``from_at`` to ``until_at``; Asterisk knew so at ``muted_at`` (None: never)."""

    from_at: datetime
    muted_at: datetime | None
    until_at: datetime


def silences(began_at: datetime, pauses: Iterable[Pause]) -> list[tuple[int, int]]:
    """What is to be silenced in a file that begins at ``began_at``: what Asterisk recorded until it knew of a pause.

    The rest of a pause is silent already. What was said before a recording was asked for is of that kind: such a one
    pauses from its beginning.
    """
    found = []
    for pause in pauses:
        from_ms = _ms_after(began_at, pause.from_at) - AROUND_MS
        until_ms = _ms_after(began_at, pause.until_at)
        if pause.muted_at is not None:
            until_ms = min(until_ms, _ms_after(began_at, pause.muted_at) + AROUND_MS)
        if until_ms > 0:
            found.append((max(from_ms, 0), until_ms))
    return found


def _ms_after(began_at: datetime, moment: datetime) -> int:
    return round((moment - began_at).total_seconds() * 1000)


def tolerance_ms(milliseconds: int) -> int:
    """How much lengths may differ."""
    return TOLERANCE_MS + milliseconds * TOLERANCE_PER_CENT // 100


def why_not_whole(job: Job, rx: int | None, tx: int | None) -> str:
    """What is wrong with raw files that have ``rx`` and ``tx`` bytes (None: is not there); "" if they are whole."""
    if job.format not in SAMPLES_PER_S:
        return f"nobody knows the format {job.format}"
    if not rx and not tx:
        return "there is no sound"
    if job.as_it_is:
        return ""
    if rx is None or tx is None:
        return f"{Path(job.rx if rx is None else job.tx).name} is missing"
    for name, size, closed in ((job.rx, rx, job.rx_bytes), (job.tx, tx, job.tx_bytes)):
        if closed is not None and size != closed:
            return f"{Path(name).name} has {size} bytes, and had {closed} when it was closed"
    return _lengths_differ(job, milliseconds(job.format, rx), milliseconds(job.format, tx))


def _lengths_differ(job: Job, rx_ms: int, tx_ms: int) -> str:
    longest = max(rx_ms, tx_ms)
    if abs(rx_ms - tx_ms) > tolerance_ms(longest):
        return f"the caller's side has {rx_ms} ms and the agent's {tx_ms}"
    if job.wall_ms is not None and abs(longest - job.wall_ms) > tolerance_ms(job.wall_ms):
        return f"there are {longest} ms of a call of {job.wall_ms}"
    return ""
