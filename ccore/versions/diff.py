"""What is different between two sets of files, as people read it."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ccore.versions.model import Files

AROUND = 3  # lines before and after what is different
MOST_LINES = 20_000  # of both sides: comparing more takes too long, and nobody would read it


def changed(old: Files, new: Files) -> list[str]:
    """The paths that are new, gone, or hold something else, in order."""
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def diff(old: Files, new: Files) -> Iterator[str]:
    """The lines of a unified diff of every text; of sounds and such, what became of them."""
    for path in changed(old, new):
        before, after = old.get(path), new.get(path)
        old_lines, new_lines = _lines(before), _lines(after)
        if old_lines is None or new_lines is None:
            yield f"{_what(before, after)} {path}"
        else:
            old_name = "/dev/null" if before is None else f"a/{path}"
            new_name = "/dev/null" if after is None else f"b/{path}"
            yield from difflib.unified_diff(old_lines, new_lines, old_name, new_name, lineterm="")


def _lines(content: bytes | None) -> list[str] | None:
    """The lines of a text; none of a file that is not there; None if it is no text."""
    if content is None:
        return []
    try:
        return None if b"\0" in content else content.decode().splitlines()
    except UnicodeDecodeError:
        return None


def _what(before: bytes | None, after: bytes | None) -> Literal["added", "removed", "changed"]:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: both sides have it, or one; ``old`` and ``new`` are its numbers there."""

    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What is different in one file. ``hunks`` are pieces of it, with a few lines around.

    A file that is no text, or has too many lines, has none.
    """

    path: str
    what: Literal["added", "removed", "changed"]
    hunks: tuple[tuple[Line, ...], ...]


def file_diffs(old: Files, new: Files) -> list[FileDiff]:
    """What is different, file by file, in order."""
    return [_file_diff(path, old.get(path), new.get(path)) for path in changed(old, new)]


def _file_diff(path: str, before: bytes | None, after: bytes | None) -> FileDiff:
    old, new = _lines(before), _lines(after)
    if old is None or new is None or len(old) + len(new) > MOST_LINES:
        return FileDiff(path, _what(before, after), ())
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    groups = matcher.get_grouped_opcodes(AROUND)
    hunks = tuple(tuple(line for code in group for line in _of(code, old, new)) for group in groups)
    return FileDiff(path, _what(before, after), hunks)


def _of(code: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[Line]:
    what, old_from, old_to, new_from, new_to = code
    if what == "equal":
        for offset in range(old_to - old_from):
            yield Line(old_from + offset + 1, new_from + offset + 1, old[old_from + offset])
        return
    yield from (Line(number + 1, None, old[number]) for number in range(old_from, old_to))
    yield from (Line(None, number + 1, new[number]) for number in range(new_from, new_to))
