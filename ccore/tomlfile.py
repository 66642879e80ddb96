"""TOML files read into pydantic models, with every fault given the line it stands on."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ccore.errors import Fault, FaultsFound

Model = TypeVar("Model", bound=BaseModel)

_TABLE = re.compile(r"^\s*\[(\[?)\s*([^\]]+?)\s*\]\]?")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")

Location = tuple[str | int, ...]

KEPT = 256  # texts: a check, and a start, reads each file of an operator some ten times

# pydantic's words, said again for an operator; anything not here is passed on as pydantic says it.
_PLAIN = {
    "extra_forbidden": "unknown key: remove it or correct its spelling",
    "ip_v4_network": "no network: write its first address and its length, such as 192.0.2.0/24",
    "union_tag_not_found": "`do` is required and is not there: it says what happens at this node",
    "missing": "this key is required and is not there",
}


@lru_cache(KEPT)
def line_index(text: str) -> Mapping[Location, int]:
    """The line (from 1) on which each table and key of a TOML text stands; ``[[x]]`` tables are numbered from 0."""
    lines: dict[Location, int] = {(): 1}
    table: Location = ()
    counts: dict[Location, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = _within(_parts(match[2]), counts)
            if match[1]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            _outer(lines, table, number)
            lines.setdefault(table, number)
        elif match := _KEY.match(line):
            key = (*table, *_parts(match[1]))
            _outer(lines, key, number)
            lines.setdefault(key, number)
    return lines


def _within(name: Location, counts: Mapping[Location, int]) -> Location:
    """Where a table of this name is: ``[a.b]`` after the second ``[[a]]`` is in that one."""
    location: Location = ()
    for part in name[:-1]:
        location = (*location, part)
        if location in counts:
            location = (*location, counts[location])
    return (*location, *name[-1:])


def _outer(lines: dict[Location, int], location: Location, number: int) -> None:
    """Tables that are there only because something in them is, such as ``a`` of ``[a.b]``, stand where that is."""
    for length in range(1, len(location)):
        lines.setdefault(location[:length], number)


def load(path: Path, model: type[Model], code: str) -> Model:
    """Read a TOML file into ``model``.

    Raises FaultsFound with one Fault per fault, each with ``code``, its line and the key it is about.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(path, 0, code, f"cannot be read: {error}")]) from error
    return parse(text, path, model, code, {})


def parse(text: str, path: Path, model: type[Model], code: str, over: Mapping[str, Any]) -> Model:
    """Make a ``model`` of a TOML ``text`` said to be of ``path``; ``over`` goes before its keys. Raises as ``load``."""
    try:
        data = _data(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())  # else it says: at end of document
        raise FaultsFound([Fault(path, line, code, f"not TOML: {error}")]) from error
    try:
        return model.model_validate({**data, **over})
    except ValidationError as error:
        lines = line_index(text)
        raise FaultsFound(
            [
                _fault(path, code, lines, item["loc"], item["type"], item["msg"])
                for item in error.errors(include_url=False, include_input=False)
            ]
        ) from error


@lru_cache(KEPT)
def _data(text: str) -> Mapping[str, Any]:
    return tomllib.loads(text)


def line_of(lines: Mapping[Location, int], location: Location) -> int:
    """The line of ``location``, or of the nearest table around it."""
    return lines.get(_written(lines, location), 0)


def _written(lines: Mapping[Location, int], location: Location) -> Location:
    """What of ``location`` stands in the file: pydantic also names the kind of a table, which does not."""
    written: Location = ()
    for part in location:
        if (*written, part) in lines:
            written = (*written, part)
    return written


def _fault(path: Path, code: str, lines: Mapping[Location, int], location: Location, kind: str, message: str) -> Fault:
    written = _written(lines, location)
    full = written if written[-1:] == location[-1:] else (*written, *location[-1:])
    name = ".".join(map(str, full)) or "the file"
    return Fault(path, line_of(lines, location), code, f"{name}: {_PLAIN.get(kind, message)}")


def _parts(dotted: str) -> Location:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
