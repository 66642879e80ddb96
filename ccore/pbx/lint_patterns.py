"""Rules on patterns: no number is meant by two of them, and none takes away what another extension is for."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, zip_longest

from ccore.errors import Fault
from ccore.pbx.extensions import OWN_PATTERN, Dialplan, Surroundings, matches
from ccore.pbx.flow import reading_order

_DIGITS = "0123456789"
_ANY = _DIGITS + "*#"  # that a telephone can dial
_CLASSES = {"X": frozenset(_DIGITS), "Z": frozenset(_DIGITS[1:]), "N": frozenset(_DIGITS[2:]), ".": frozenset(_ANY)}
_PART = re.compile(r"\[[^\]]*\]|.")
_RANGE = re.compile(r"(\d)-(\d)")


def overlaps(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """Two patterns of a context never match the same number: which of them gets it is Asterisk's own affair."""
    for context in dialplan.values():
        patterns = [(name, steps[0]) for name, steps in context.extensions.items() if name.startswith(OWN_PATTERN)]
        for (first, there), (second, step) in combinations(patterns, 2):
            if share_a_number(first, second):
                message = (
                    f"{second} and {first} of line {there.line} match the same numbers, and Asterisk gives them to the "
                    "tighter one, whatever stands first: callers get what was meant for others; change one"
                )
                yield step.fault("DP223", message)


def takes(dialplan: Dialplan, _around: Surroundings) -> Iterator[Fault]:
    """A pattern does not keep calls from an extension that its context includes."""
    for context in dialplan.values():
        for pattern, steps in context.extensions.items():
            if pattern.startswith(OWN_PATTERN):
                for own in reading_order(dialplan, context.name)[1:]:
                    for name in dialplan[own].extensions.keys() - context.extensions.keys():
                        if not name.startswith(OWN_PATTERN) and matches(pattern, name):
                            message = f"{pattern} takes every call meant for {name} of [{own}], which is included here"
                            yield steps[0].fault("DP223", f"{message}: write one X for each digit, or move it")


def share_a_number(first: str, second: str) -> bool:
    """Whether some number matches both patterns."""
    ones, others = _places(first), _places(second)
    both = list(zip_longest(ones, others))
    return all(one is None or other is None or one & other for one, other in both) and (
        len(ones) == len(others) or _goes_on(min((first, ones), (second, others), key=lambda each: len(each[1]))[0])
    )


def _goes_on(pattern: str) -> bool:
    return pattern[-1] in ".!"


def _places(pattern: str) -> Sequence[frozenset[str]]:
    """The characters each place of a pattern can be, without the end that takes any number of any."""
    parts = _PART.findall(pattern.removeprefix(OWN_PATTERN).rstrip("!").upper())
    return [_CLASSES.get(part, frozenset(_spelled(part.strip("[]")))) for part in parts]


def _spelled(characters: str) -> str:
    """The characters of a class, with its ranges written out: ``2-5`` is ``2345``."""
    return _RANGE.sub(lambda found: _DIGITS[int(found[1]) : int(found[2]) + 1], characters)


RULES = (overlaps, takes)
