"""Lists of agents as people keep them: CSV files, read whole or not at all."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Fault, FaultsFound

LIST_CODE = "AGENT"  # code of every fault of a list
COLUMNS = ("number", "name", "skills", "echelon", "mobile")
_SKILL = re.compile(r"([a-z][a-z0-9-]{1,40})=([1-9])")
_NUMBER = re.compile(r"[0-9]{2,12}")


@dataclass(frozen=True, slots=True)
class Listed:
    """One agent of a list; ``mobile`` as it is written there."""

    line: int
    number: str
    name: str
    skills: Mapping[str, int]
    echelon: int
    mobile: str


def read(text: str, path: Path) -> list[Listed]:
    """The agents of a CSV ``text`` said to be of ``path``, whose first line names its columns, in any order.

    Skills are ``sales=7;english=3``. Raises FaultsFound with every fault.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    names = list(rows.fieldnames or ())
    if not {"number", "name"} <= set(names) <= set(COLUMNS) or len(set(names)) < len(names):
        needed = f"the first line names the columns: number, name, and any of {', '.join(COLUMNS[2:])}"
        raise FaultsFound([Fault(path, 1, LIST_CODE, needed)])
    found: list[Listed] = []
    faults: list[Fault] = []
    try:
        for row in rows:
            try:
                found.append(_listed(row, rows.line_num))
            except ValueError as error:
                faults.append(Fault(path, rows.line_num, LIST_CODE, str(error)))
    except csv.Error as error:
        faults.append(Fault(path, rows.line_num, LIST_CODE, f"no CSV: {error}"))
    faults += _twice(found, path)
    if faults:
        raise FaultsFound(faults)
    return found


def skills_of(text: str) -> dict[str, int]:
    """Skills as people write them. Raises ValueError."""
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        skill = _SKILL.fullmatch(part)
        if skill is None or skill[1] in found:
            raise ValueError(f"skills are written like sales=7;english=3, each once, with levels from 1 to 9: {part!r}")
        found[skill[1]] = int(skill[2])
    return found


def _listed(row: Mapping[str, str | None], line: int) -> Listed:
    if None in row or None in row.values():
        raise ValueError("more or fewer columns than the first line names")
    cells = {name: (text or "").strip() for name, text in row.items()}
    if not _NUMBER.fullmatch(cells["number"]):
        raise ValueError("number: 2 to 12 digits")
    if not cells["name"] or not cells["name"].isprintable():
        raise ValueError("name: one line, and not nothing")
    if (echelon := cells.get("echelon") or "0") not in tuple("01234"):
        raise ValueError("echelon: 0 (regular staff) to 4")
    skills = skills_of(cells.get("skills", ""))
    return Listed(line, cells["number"], cells["name"], skills, int(echelon), cells.get("mobile", ""))


def _twice(found: list[Listed], path: Path) -> Iterator[Fault]:
    lines: dict[str, int] = {}
    for each in found:
        if each.number in lines:
            yield Fault(path, each.line, LIST_CODE, f"line {lines[each.number]} has agent {each.number} already")
        lines.setdefault(each.number, each.line)
