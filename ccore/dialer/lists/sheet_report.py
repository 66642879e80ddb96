"""The report of an upload as a CSV file: each row that there is something to say of, in English and Chinese."""

import csv
import io
from collections.abc import Iterable

from ccore.cells import BYTE_ORDER_MARK, harmless
from ccore.dialer.lists.sheet_model import BAD, DUPLICATE, SAID

HEADING = ("row", "column", "cell", "loaded", "what", "what to do", "说明", "处理")


def heading() -> bytes:
    """The beginning of the file."""
    return (BYTE_ORDER_MARK + _lines([HEADING])).encode()


def lines(said: Iterable[tuple[int, str, str, str]]) -> bytes:
    """Its lines, of (row, column, what, cell)."""
    return _lines(
        (row, column, cell, "yes" if loaded(what) else "no", *_words(what)) for row, column, what, cell in said
    ).encode()


def words(what: str) -> str:
    """What is said of a row, for people at a terminal."""
    english, todo, chinese, _ = SAID[what]
    return f"{english}; {todo} / {chinese}"


def loaded(what: str) -> bool:
    """Whether a row of which that is said is taken into the list."""
    return what not in BAD | DUPLICATE


def _words(what: str) -> tuple[str, ...]:
    english, todo, chinese, chinese_todo = SAID[what]
    return english, todo, chinese, chinese_todo


def _lines(rows: Iterable[Iterable[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return file.getvalue()
