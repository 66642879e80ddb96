"""Which of the operators' files people edit as text: not sounds, and nothing outside of what ccore reads."""

import re

MOST_BYTES = 262_144  # of one file: a hotline of 500 nodes has a quarter of it
MOST_CHANGED = 200  # files of a draft

_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,60}"
_SINGLE = "alerts|centre|hotlines|hours|lookups|numbers|outgoing|phones|recording|texts|transfers"
_FOLDERS = "campaigns|menus|messages|prompts|queues|scorecards"
PATTERN = rf"^(({_SINGLE})|({_FOLDERS})/{_NAME})\.toml$|^extensions\.d/{_NAME}\.conf$"
_PATH = re.compile(PATTERN)


def edited(path: str) -> bool:
    """Whether there may be a file of this path that people write; it leads nowhere else."""
    return len(path) <= 100 and bool(_PATH.fullmatch(path))


def refused(text: str) -> str | None:
    """Why ``text`` cannot be a file; None if it can."""
    if "\0" in text:
        return "a file has no NUL"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "that is no text: it has half a character"
    return f"a file has {MOST_BYTES >> 10} kB at most" if size > MOST_BYTES else None
