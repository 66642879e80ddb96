"""Reports as files: CSV that no spreadsheet takes for a formula, and XLSX."""

from collections.abc import Iterator, Sequence

from ccore import workbooks
from ccore.numbers.report import Line


def as_csv(heads: Sequence[str], lines: Sequence[Line]) -> bytes:
    """One row for each line, with a head; times with their offset."""
    return workbooks.as_bytes("csv", "", ["name", "from", "to", *heads, "complete"], _rows(lines))


def as_xlsx(title: str, heads: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The same as a workbook: numbers as numbers, times as local times without a zone, as Excel knows none."""
    return workbooks.as_bytes("xlsx", title, ["name", "from", "to", *heads, "complete"], _rows(lines))


def _rows(lines: Sequence[Line]) -> Iterator[list[object]]:
    for line in lines:
        yield [line.name, line.began_at, line.ended_at, *line.cells, "yes" if line.complete else "no"]
