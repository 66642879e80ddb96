"""Where a caller is in their visit, packed into one channel variable, so that the next step is any ccore's."""

import base64
import json
import zlib
from dataclasses import astuple, fields

from ccore.queues.visit import Next, Visit

MOST_CHARACTERS = 1000  # AGI's GET VARIABLE answers 1,023 bytes
_MOST_BYTES = 10_000  # of text unpacked: what is ours is far below it
_TYPES = (str, int, int, str, str, int, int, bool, bool, str, bool, str, str, int, str, list)
assert len(_TYPES) == len(fields(Visit))


def dump(visit: Visit) -> str:
    """The visit as at most 1,000 letters, digits, ``-`` and ``_``. Raises ValueError if it is longer."""
    text = json.dumps(astuple(visit), ensure_ascii=False, separators=(",", ":"))
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).rstrip(b"=").decode()
    if len(packed) > MOST_CHARACTERS:
        raise ValueError("the visit is too long")
    return packed


def load(text: str) -> Visit:
    """The visit that ``dump`` packed. Raises ValueError for anything else."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), _MOST_BYTES)
        if not unpacker.eof:  # its checksum has not been seen
            raise ValueError("the visit is cut")
        return _visit(json.loads(data))
    except (zlib.error, TypeError, RecursionError) as error:
        raise ValueError(f"no visit: {error}") from error


def _visit(data: object) -> Visit:
    if not isinstance(data, list) or tuple(map(type, data)) != _TYPES or not all(isinstance(n, str) for n in data[-1]):
        raise ValueError("no visit")
    names = [field.name for field in fields(Visit)]
    told = dict(zip(names, data, strict=True))
    return Visit(**{**told, "then": Next(told["then"]), "behind": tuple(told["behind"])})
