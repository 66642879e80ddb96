"""The proof of erasures: a chain in which each carries the hash of all before it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

BEGINNING = ""  # what the first one follows


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, when, by whom and why. ``sha256`` is that of the content, ``key_sha256`` of its wrapped key."""

    number: int
    recording: int
    at: datetime
    by_whom: str
    reason: str
    sha256: str
    object: str
    key_sha256: str
    previous: str


def sealed(erasure: Erasure) -> str:
    """The hash of an erasure, which the next one has as its ``previous``."""
    said = asdict(erasure) | {"at": erasure.at.astimezone(UTC).isoformat(timespec="microseconds")}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def faults(rows: Iterable[Mapping[str, object]], number: int = 0, previous: str = BEGINNING) -> Iterator[str]:
    """What is wrong with a chain as it is kept, from the first erasure on or from after ``number``."""
    for row in rows:
        erasure = of_row(row)
        if erasure.number != number + 1:
            yield f"erasure {number + 1} is missing"
        elif erasure.previous != previous:
            yield f"erasure {erasure.number} does not follow the one before"
        elif sealed(erasure) != row["hash"]:
            yield f"erasure {erasure.number} is not as it was written"
        number, previous = erasure.number, str(row["hash"])


def of_row(row: Mapping[str, object]) -> Erasure:
    """As the table ``erasures`` has it."""
    at = row["at"]
    number, recording = row["erasure_id"], row["recording_id"]
    assert isinstance(at, datetime)
    assert isinstance(number, int)
    assert isinstance(recording, int)
    words = (str(row[name]) for name in ("by_whom", "reason", "sha256", "object", "key_sha256", "previous"))
    return Erasure(number, recording, at, *words)
