"""Folds what a call's steps through menus left in the channel events into its walk: any rows, in any order."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ccore.ivr import marks
from ccore.ivr.menu import HANG_UP
from ccore.ivr.model import Mark

ONE_MS = timedelta(milliseconds=1)
MOST = 2**31  # of what is a number in our tables
NUMBER = re.compile(r"\+?[0-9]{3,20}")


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One CCORE_WALK row of table cel: ``extra`` is Asterisk's JSON around the text of ``marks.dump``."""

    at: datetime
    caller: str
    extra: str


class WalkStep(NamedTuple):
    """One line of a walk; with its key before, the columns of ``walk_steps`` in order."""

    number: int
    at: datetime
    menu: str
    outcome: str
    key: str
    target: str


@dataclass(frozen=True, slots=True)
class Path:
    """A caller's walk; the columns of ``walks`` after its key in order, but for its ``steps``.

    ``outcome``: what of queue, order, transfer or voicemail the caller was left in last; ``contained`` if the menus
    themselves gave them what they wanted or said goodbye; ``given-up`` if the menus gave up on them; else ``dropped``:
    they hung up with nothing. ``target`` is what they got last. ``missing`` counts answers that left no row.
    """

    hotline: str
    caller: str
    version: int
    language: str
    began_at: datetime
    moved_at: datetime
    outcome: str
    target: str
    to_target_ms: int | None
    missing: int
    steps: tuple[WalkStep, ...]


@dataclass(frozen=True, slots=True)
class _Got:
    """What a caller got: ``what`` is a word and its object, such as ``queue service``, or a node of the menus."""

    at: datetime
    menu: str
    what: str
    outcome: str


def fold(rows: Iterable[Row]) -> Path | None:
    """The walk that the rows of one channel tell of; None if none of them can be read."""
    told = sorted({(row.at, found.asked, row.caller, found) for row in rows if (found := read(row.extra))},
                  key=lambda item: item[:3])  # fmt: skip
    if not told:
        return None
    lines = [(at, mark) for at, _, _, step in told for mark in step.marks]
    steps = tuple(WalkStep(number, at, *_columns(mark)) for number, (at, mark) in enumerate(lines))
    began_at, moved_at, last = told[0][0], told[-1][0], told[-1][3]
    got = _got(lines)
    return Path(
        hotline=last.hotline,
        caller=told[0][2] if NUMBER.fullmatch(told[0][2]) else "",
        version=last.version,
        language=last.language,
        began_at=began_at,
        moved_at=moved_at,
        outcome=got.outcome if got else _without(lines),
        target=got.what if got else "",
        to_target_ms=(got.at - began_at) // ONE_MS if got else None,
        missing=_missing([asked for _, asked, _, _ in told]),
        steps=steps,
    )


def read(extra: str) -> marks.Step | None:
    """The step that a row tells of; None if it was not ccore that wrote it."""
    try:
        text = json.loads(extra)["extra"]
        step = marks.load(text) if isinstance(text, str) else None
        return step if step and 0 <= step.version < MOST else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _columns(mark: Mark) -> tuple[str, str, str, str]:
    return mark.node, mark.outcome, mark.key, mark.target


def _got(lines: Sequence[tuple[datetime, Mark]]) -> _Got | None:
    """What the caller got last. Who comes back from a queue in which nobody took them has not got it."""
    got: list[_Got] = []
    for at, mark in lines:
        match mark.outcome:
            case "left" if mark.target != HANG_UP:
                got.append(_Got(at, mark.node, mark.target, mark.target.partition(" ")[0]))
            case "found" | "done" if not (got and got[-1].menu == mark.node):
                got.append(_Got(at, mark.node, mark.node, "contained"))
            case "failed" if got and got[-1].menu == mark.node:
                got.pop()
    return got[-1] if got else None


def _without(lines: Sequence[tuple[datetime, Mark]]) -> str:
    """What became of a caller who got nothing."""
    outcomes = [mark.outcome for _, mark in lines]
    if outcomes[-1:] != ["left"]:
        return "dropped"
    return "given-up" if {"failed", "exhausted"} & set(outcomes) else "contained"


def _missing(asked: Sequence[int]) -> int:
    """Holes in the numbers of the answers; a walk that began anew counts from 1 again."""
    return sum(max(after - before - 1, 0) for before, after in zip([0, *asked], asked, strict=False) if after != 1)
