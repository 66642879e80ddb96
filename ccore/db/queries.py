"""Named SQL: each statement of ccore stands in ``sql/queries/<domain>.sql`` under a name and a line that explains it.

::

    -- name: place
    -- The order and all that belongs to it.
    INSERT INTO orders …

is ``ordering.place`` if the file is ``ordering.sql``. Parameters are PostgreSQL's own, ``$1``. A statement that begins
with SELECT only reads, so it may be sent again when its answer was lost; it must not call a function that writes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Fault, FaultsFound

_HEADING = re.compile(r"-- name:\s*(.*)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement and where it stands."""

    name: str
    sql: str
    file: Path
    line: int

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return bool(re.match(r"SELECT\b", self.sql, re.IGNORECASE))


def load(directory: Path) -> dict[str, Query]:
    """Every query of the ``*.sql`` files in ``directory`` by its name, ``file.name``.

    Raises FaultsFound with every query that is unnamed, unexplained, empty or named twice.
    """
    queries: dict[str, Query] = {}
    faults: list[Fault] = []
    for path in sorted(directory.glob("*.sql")):
        for query, complaint in _blocks(path):
            if complaint:
                faults.append(Fault(path, query.line, "QUERY", complaint))
            elif earlier := queries.get(query.name):
                faults.append(Fault(path, query.line, "QUERY", f"{query.name} stands already at line {earlier.line}"))
            queries[query.name] = query
    if faults:
        raise FaultsFound(faults)
    return queries


def _blocks(path: Path) -> Iterator[tuple[Query, str | None]]:
    """The queries of a file, each with what is wrong with it."""
    heading: tuple[int, str | None] = (1, None)
    body: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := _HEADING.match(line):
            yield from _block(path, heading, body)
            heading, body = (number, match[1].strip()), []
        else:
            body.append(line)
    yield from _block(path, heading, body)


def _block(path: Path, heading: tuple[int, str | None], body: list[str]) -> Iterator[tuple[Query, str | None]]:
    number, name = heading
    lines = [line for line in body if line.strip()]
    statement = [line for line in lines if not line.lstrip().startswith("--")]
    query = Query(f"{path.stem}.{name}", "\n".join(statement).rstrip().removesuffix(";"), path, number)
    if name is None:
        if statement:
            yield query, "the statement has no name: put `-- name: what_it_does` before it"
    elif not _NAME.fullmatch(name):
        yield query, f"{name!r} is no name: use small letters, digits and _"
    elif not statement:
        yield query, f"{query.name} has no statement"
    elif not lines[0].startswith("-- "):
        yield query, f"{query.name} does not say what it is for: put a comment line under its name"
    else:
        yield query, None
