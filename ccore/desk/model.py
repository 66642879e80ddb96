"""Handling a call, as values: what can be done, what came of it, and what an agent has to write."""

import enum
import re
from collections.abc import Iterator, Mapping, Set
from datetime import date
from math import isfinite

from ccore.centre.centre import Disposition, DispositionField


class Result(enum.StrEnum):
    """What came of a request; the words are told."""

    DONE = "done"
    NOT_TALKING = "the agent does not talk with the caller"
    NOT_ASKING = "nobody is being asked"
    NO_QUEUE = "there is no such queue"
    NO_AGENT = "that agent is not signed in"
    OUTSIDE_AGENT = "that agent is at a number outside: ask them first"
    OTHER_NODE = "that agent's phone is at another Asterisk"
    NO_TARGET = "transfers.toml has no such number"


class Consult(enum.StrEnum):
    """What can be done while somebody else is being asked."""

    COMPLETE = "complete"  # they and the caller talk, the agent is free
    CANCEL = "cancel"  # back to the caller
    THREE_WAY = "three-way"  # all three talk
    SWAP = "swap"  # the caller now, the other one waits


_PHONE = re.compile(r"\+?[0-9]{3,15}")
_LONGEST_TEXT = 500


def faults(disposition: Disposition, fields: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the fields that an agent has filled in."""
    for name, field in disposition.fields.items():
        given = fields.get(name, "").strip()
        if not given and field.required:
            yield f"{name} is missing"
        elif given and not _fits(field, given):
            yield f"{name} is no {field.kind}" + (f": {', '.join(field.choices)}" if field.choices else "")
    if unknown := sorted(fields.keys() - disposition.fields.keys()):
        yield f"there is no field {', '.join(unknown)}"


def value_faults(named: Set[str], given: Set[str]) -> Iterator[str]:
    """What is wrong with the values given for a text that names these."""
    for name in sorted(named - given):
        yield f"{name} is missing"
    if unknown := sorted(given - named):
        yield f"there is no value {', '.join(unknown)}"


def _fits(field: DispositionField, given: str) -> bool:
    match field.kind:
        case "number":
            return _is_number(given)
        case "date":
            return _is_date(given)
        case "phone":
            return _PHONE.fullmatch(given) is not None
        case "choice":
            return given in field.choices
        case "text":
            return len(given) <= _LONGEST_TEXT


def _is_number(text: str) -> bool:
    try:
        return len(text) <= 30 and isfinite(float(text))
    except ValueError:
        return False


def _is_date(text: str) -> bool:
    try:
        return len(text) == len("2026-11-22") and date.fromisoformat(text) is not None
    except ValueError:
        return False
