"""What is different between two sets of files, as people read it."""

import difflib
from collections.abc import Iterator

from ccore.versions.model import Files


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


def _what(before: bytes | None, after: bytes | None) -> str:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"
