"""Where a caller is in their visit, packed into one channel variable, so that the next step is any ccore's."""

from dataclasses import astuple, fields

from ccore.packed import MOST_CHARACTERS, pack, unpack
from ccore.queues.visit import Next, Visit

_MOST_BYTES = 10_000  # of text unpacked: what is ours is far below it
_TYPES = (str, int, int, str, str, int, int, bool, bool, str, bool, str, str, int, str, list)
assert len(_TYPES) == len(fields(Visit))


def dump(visit: Visit) -> str:
    """The visit as at most 1,000 letters, digits, ``-`` and ``_``. Raises ValueError if it is longer."""
    packed = pack(astuple(visit))
    if len(packed) > MOST_CHARACTERS:
        raise ValueError("the visit is too long")
    return packed


def load(text: str) -> Visit:
    """The visit that ``dump`` packed. Raises ValueError for anything else."""
    try:
        return _visit(unpack(text, _MOST_BYTES))
    except (TypeError, ValueError) as error:
        raise ValueError(f"no visit: {error}") from error


def _visit(data: object) -> Visit:
    if not isinstance(data, list) or tuple(map(type, data)) != _TYPES or not all(isinstance(n, str) for n in data[-1]):
        raise ValueError("no visit")
    names = [field.name for field in fields(Visit)]
    told = dict(zip(names, data, strict=True))
    return Visit(**{**told, "then": Next(told["then"]), "behind": tuple(told["behind"])})
