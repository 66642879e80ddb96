"""Asterisk's .conf files read as lines that keep their numbers, with every line Asterisk would drop in silence told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Fault


@dataclass(frozen=True, slots=True)
class Section:
    """``[name](options)`` on its line."""

    file: Path
    line: int
    name: str
    options: str


@dataclass(frozen=True, slots=True)
class Setting:
    """``key => value`` on its line, comments removed."""

    file: Path
    line: int
    key: str
    value: str


_SECTION = re.compile(r"\[([^\[\]]+)\]\s*(?:\(([^()]*)\))?")
_SETTING = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*=>?\s*(.*)")
_COMMENT = re.compile(r"(?<!\\);(--(?!-))?")  # ;-- begins a comment over lines, ;--- does not
# What a keyboard set to Chinese, or a word processor, puts in place of ASCII; and what no eye sees.
_LOOKALIKE = re.compile("[\uff01-\uff5e\u3000\u3001\u3002\u00a0\u2018-\u201f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def read(file: Path, text: str, faults: list[Fault]) -> list[Section | Setting]:
    """The sections and settings of ``text`` in order; what cannot be read goes to ``faults``."""
    found: list[Section | Setting] = []
    for number, line in _without_comments(file, text, faults):
        if bad := _LOOKALIKE.search(line) or _CONTROL.search(line):
            faults.append(_invisible(file, number, bad[0]))
        elif line.startswith("#"):
            faults.append(_directive(file, number, line))
        elif line.startswith("["):
            if match := _SECTION.fullmatch(line):
                found.append(Section(file, number, match[1].strip(), match[2] or ""))
            else:
                message = f"{line!r} is no [section]: Asterisk stops reading here, and numbers below are not answered"
                faults.append(Fault(file, number, "DP102", message))
        elif match := _SETTING.fullmatch(line):
            found.append(Setting(file, number, match[1], match[2]))
        else:
            message = f"{line!r} is neither [section], `key => value` nor ; comment: Asterisk ignores it"
            faults.append(Fault(file, number, "DP101", message))
    return found


def _without_comments(file: Path, text: str, faults: list[Fault]) -> Iterator[tuple[int, str]]:
    """Numbered lines that hold something, without ``; …`` and ``;-- … --;``."""
    opened = 0  # the line on which the block comment around us began
    for number, raw in enumerate(text.split("\n"), 1):
        rest, line = raw.removesuffix("\r"), ""
        while rest:
            if opened:
                _, ended, rest = rest.partition("--;")
                opened = 0 if ended else opened
                continue
            mark = _COMMENT.search(rest)
            line += rest[: mark.start()] if mark else rest
            opened = number if mark and mark[1] else 0
            rest = rest[mark.end() :] if mark and mark[1] else ""
        if stripped := line.strip():
            yield number, stripped
    if opened:
        message = "this ;-- comment is never closed with --; so everything below it is lost"
        faults.append(Fault(file, opened, "DP103", message))


def _invisible(file: Path, number: int, character: str) -> Fault:
    message = (
        f"holds {character!r} (U+{ord(character):04X}), which looks like an ordinary character and is none: "
        "Asterisk reads the line otherwise than you do; type it with the keyboard set to English"
    )
    return Fault(file, number, "DP104", message)


def _directive(file: Path, number: int, line: str) -> Fault:
    if line.startswith("#exec"):
        message = "#exec runs a program with Asterisk's rights whenever the dialplan is loaded: remove it"
    else:
        message = (
            f"{line.split(maxsplit=1)[0]}: every file of extensions.d is loaded anyway, and no other may be: remove it"
        )
    return Fault(file, number, "DP105", message)
