"""Rows of text as columns, for people at a terminal."""

from collections.abc import Iterator, Sequence


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    """A line for each row, all of as many cells: the first ``left`` of them begin together, the others end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [*map(str.ljust, row[:left], widths), *map(str.rjust, row[left:], widths[left:])]
        yield "  ".join(cells).rstrip()
