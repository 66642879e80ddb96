"""What an agent reads out to a contact: the campaign's script with the contact's fields in it, as plain text."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_VALUE = 500  # of a field in a sentence: who has put more into a list has put it into the wrong column
_FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,30})\}")
_KEPT = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a script: the campaign's own words, or the value of the contact's ``field``."""

    text: str
    field: str = ""


def filled(script: str, values: Mapping[str, object]) -> Iterator[Part]:
    """The script in pieces; a field that the contact does not have is empty.

    A value is looked at once and stays what it is: what looks like a field or like markup in it is text.
    """
    end = 0
    for found in _FIELD.finditer(script):
        if found.start() > end:
            yield Part(script[end : found.start()])
        yield Part(shown(values.get(found[1], "")), found[1])
        end = found.end()
    if end < len(script):
        yield Part(script[end:])


def shown(value: object) -> str:
    """A value from a list as one may look at it: without signs that nobody sees, or that turn the rest around."""
    kept = (sign for sign in str(value) if sign in _KEPT or unicodedata.category(sign) not in {"Cc", "Cf", "Co", "Cs"})
    return "".join(kept)[:LONGEST_VALUE]
