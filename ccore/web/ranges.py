"""The Range of a request: which bytes of something that is ``size`` bytes long."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Range:
    """The bytes from ``start`` up to ``stop``, not with it."""

    start: int
    stop: int


def asked(header: str | None, size: int) -> Range | None:
    """What the header asks for; None: all of it, as also where it says nothing we know, or several ranges at once.

    Raises ValueError if there is nothing of it.
    """
    found = _ONE.fullmatch(header or "")
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        wanted = Range(max(size - int(found["last"]), 0), size)
    else:
        stop = min(int(found["last"]) + 1, size) if found["last"] else size
        if found["last"] and int(found["last"]) < int(found["first"]):
            return None
        wanted = Range(int(found["first"]), stop)
    if wanted.start >= wanted.stop:
        raise ValueError(f"there are {size} bytes")
    return wanted
