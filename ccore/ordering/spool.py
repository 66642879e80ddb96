"""The spool's lines: orders that wait for PostgreSQL, written by ``order_fallback.py`` or, if it is there, by ccore."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ccore.ordering.model import Attempt

MAX_LINE_BYTES = 512  # a true line has about 160
MAX_AGE = timedelta(days=7)  # an order this old surprises the customer: a person has to decide

# [0-9], never \d: other scripts' digits are no telephone digits.
_SHAPES = {
    "call_key": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}![A-Za-z0-9_.-]{1,128}"),
    "dialled": re.compile(r"[0-9]{3,20}"),
    "caller": re.compile(r"\+?[0-9]{3,20}|withheld|invalid"),
    "called_at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"),
}
# Only if it is known; without it, no rule of trunks catches the order.
_MAYBE = {"trunk": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no order, as it stands in the spool, and why."""

    line: bytes
    reason: str


def read_line(line: bytes, now: datetime) -> Attempt | BadLine:
    """The try to order a line holds, or what is wrong with it. Exactly the known keys, each in its strict shape.

    Lines of before have no trunk.
    """
    try:
        return _attempt(line, now)
    except ValueError as error:
        return BadLine(line, str(error))


def line_of(attempt: Attempt) -> bytes:
    """What ``read_line`` reads as the same try. Raises ValueError if a field of it has not its shape."""
    line = {
        "v": 1,
        "call_key": attempt.call_key,
        "dialled": attempt.dialled,
        "caller": attempt.caller,
        "called_at": attempt.called_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    if _MAYBE["trunk"].fullmatch(attempt.trunk):
        line["trunk"] = attempt.trunk
    written = json.dumps(line).encode()
    if isinstance(read := read_line(written, attempt.called_at), BadLine):
        raise ValueError(read.reason)
    return written


def _attempt(line: bytes, now: datetime) -> Attempt:
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        found = json.loads(line.decode(), object_pairs_hook=_each_key_once)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg}") from error
    if not isinstance(found, dict) or found.keys() - _MAYBE.keys() != {"v", *_SHAPES}:
        raise ValueError(f"not an object with exactly the keys v, {', '.join(_SHAPES)}")
    if repr(found.pop("v")) != "1":  # not 1.0 nor true
        raise ValueError("not version 1")
    for key, shape in {**_SHAPES, **{key: shape for key, shape in _MAYBE.items() if key in found}}.items():
        if not isinstance(found[key], str) or not shape.fullmatch(found[key]):
            raise ValueError(f"{key} has not its shape")
    # A node whose clock is ahead has promised its callers their orders all the same: they were not made after now.
    called_at = min(datetime.fromisoformat(found.pop("called_at")), now)
    if called_at < now - MAX_AGE:
        raise ValueError(f"called_at is more than {MAX_AGE.days} days ago")
    return Attempt(**found, called_at=called_at, channel="spool")


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
