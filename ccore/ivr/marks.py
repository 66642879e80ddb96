"""Lines of the path log as one channel variable: Asterisk writes them into its channel events as they stand."""

import re
from dataclasses import dataclass

from ccore.ivr.model import Mark, State

EVENT = "CCORE_WALK"  # the name the dialplan gives the channel event

_BETWEEN_MARKS, _BETWEEN_FIELDS = ";", ":"
_FIELD = re.compile(r"[a-zA-Z0-9*# _.-]*")  # nothing that Asterisk, its CSV or its JSON would take for more than itself


@dataclass(frozen=True, slots=True)
class Step:
    """The marks of the ``asked``-th answer to a call of ``hotline``, which walks in these menus and this language."""

    version: int
    hotline: str
    language: str
    asked: int
    marks: tuple[Mark, ...]


def dump(state: State, marks: tuple[Mark, ...]) -> str:
    """``3:10086:zh:7;main:key:1:balance;balance:entered::``: where the call stands, then a part for each mark."""
    head = (str(state.version), state.hotline, state.language, str(state.asked))
    parts = (head, *((mark.node, mark.outcome, mark.key, mark.target) for mark in marks))
    return _BETWEEN_MARKS.join(_BETWEEN_FIELDS.join(map(_plain, part)) for part in parts)


def load(text: str) -> Step:
    """What ``dump`` wrote. Raises ValueError for anything else."""
    head, *parts = (part.split(_BETWEEN_FIELDS) for part in text.split(_BETWEEN_MARKS))
    try:
        version, hotline, language, asked = head
        marks = tuple(Mark(node, outcome, key, target) for node, outcome, key, target in parts)
        return Step(int(version), hotline, language, int(asked), marks)
    except ValueError as error:
        raise ValueError(f"no step of a walk: {error}") from error


def _plain(field: str) -> str:
    return field if _FIELD.fullmatch(field) else "?"
