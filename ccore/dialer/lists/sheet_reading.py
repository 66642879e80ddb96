"""The process that reads a file of contacts for ccore: told what by one line, it writes rows as PostgreSQL takes them.

On standard output comes a line of JSON for each piece: ``{"head": …}`` once, ``{"table": …, "bytes": n, "read": rows}``
with so many bytes after it, ``{"refused": why}`` or ``{"over": rows}`` at the end.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from ccore.dialer.lists.sheet_columns import Places, letters, places
from ccore.dialer.lists.sheet_model import Row, Said, Wanted
from ccore.dialer.lists.sheet_rows import Site, read_row
from ccore.sheets import Cell, NoSheet, Sheet, clean, heading, is_empty, opened

NICE = 10  # calls come first
MOST_MEMORY = 1 << 30  # bytes; whatever a file contains, the machine goes on
ROWS_AT_ONCE = 5000
MOST_AT_ONCE = 1 << 20  # characters: ccore holds as much of the file in memory

TABLES = {
    "upload_rows": (
        "upload_id",
        "row",
        "number",
        "zone",
        "region",
        "name",
        "fields",
        "priority",
        "not_before",
        "agent",
        "others",
    ),
    "upload_faults": ("upload_id", "row", "col", "what", "shown", "number"),
}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def order(upload: int, file: Path, wanted: Wanted, site: Site) -> bytes:
    """The line the process is told."""
    told = {"upload": upload, "file": str(file), "wanted": wanted.model_dump(mode="json"), "site": asdict(site)}
    return json.dumps(told).encode() + b"\n"


def read(out: BinaryIO, told: Mapping[str, Any]) -> None:
    """Do what the line said."""
    wanted, site = Wanted.model_validate(told["wanted"]), Site(**told["site"])
    try:
        with opened(Path(told["file"]), wanted) as sheet:
            _read(out, told["upload"], sheet, wanted, site)
    except NoSheet as error:
        _say(out, {"refused": clean(str(error))})
    except MemoryError:
        _say(out, {"refused": "the file needs too much memory: save it as CSV / 文件占用内存过多，请另存为 CSV"})


def _read(out: BinaryIO, upload: int, sheet: Sheet, wanted: Wanted, site: Site) -> None:
    found, rows = _headings(sheet, wanted)
    head = {"encoding": sheet.encoding, "rows_there": sheet.rows_there, "columns": found.as_data()}
    _say(out, {"head": head})
    done = size = 0
    good: list[str] = []
    faults: list[str] = []
    for row, cells in rows:
        if is_empty(cells):
            continue
        done += 1
        result = read_row(row, cells, found, wanted, site)
        if isinstance(result, Row):
            good.append(_good(upload, result))
            size += len(good[-1])
            faults += [_fault(upload, said) for said in result.said]
        else:
            faults += [_fault(upload, said) for said in result]
        if len(good) + len(faults) >= ROWS_AT_ONCE or size > MOST_AT_ONCE:
            _put(out, done, good, faults)
            size = 0
    _put(out, done, good, faults)
    _say(out, {"over": done})


def _headings(sheet: Sheet, wanted: Wanted) -> tuple[Places, Iterator[tuple[int, Sequence[Cell]]]]:
    for row, cells in sheet.rows:
        if is_empty(cells):
            continue
        if wanted.heading:
            return places([heading(cell) for cell in cells], wanted.columns), sheet.rows
        return places(letters(len(cells)), wanted.columns), _again(row, cells, sheet.rows)
    raise NoSheet("the file is empty / 文件是空的")


def _again(
    row: int, cells: Sequence[Cell], rows: Iterator[tuple[int, Sequence[Cell]]]
) -> Iterator[tuple[int, Sequence[Cell]]]:
    yield row, cells
    yield from rows


def _good(upload: int, row: Row) -> str:
    not_before = None if row.not_before is None else row.not_before.isoformat()
    fields = json.dumps(row.fields, ensure_ascii=False, separators=(",", ":"))
    cells = (row.number, row.zone, row.region, row.name, fields, row.priority, not_before, row.agent)
    others = "{" + ",".join(row.others) + "}"  # digits and +: nothing to quote
    return _line(upload, row.row, *cells, others)


def _fault(upload: int, said: Said) -> str:
    return _line(upload, said.row, said.col, said.what.value, said.shown, said.number)


def _line(*cells: object) -> str:
    return "\t".join("\\N" if cell is None else str(cell).translate(_ESCAPES) for cell in cells) + "\n"


def _put(out: BinaryIO, done: int, good: list[str], faults: list[str]) -> None:
    for table, lines in (("upload_rows", good), ("upload_faults", faults)):
        if lines:
            content = "".join(lines).encode()
            _say(out, {"table": table, "bytes": len(content), "read": done})
            out.write(content)
            lines.clear()
    out.flush()


def _say(out: BinaryIO, what: Mapping[str, object]) -> None:
    out.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")
    out.flush()


def bounded(work: Callable[[BinaryIO, Mapping[str, Any]], None]) -> None:
    """Do what standard input says, in bounds."""
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        work(sys.stdout.buffer, json.loads(sys.stdin.buffer.readline()))
    except BrokenPipeError:
        os._exit(1)  # whoever asked has gone, and nobody wants the rest


if __name__ == "__main__":
    bounded(read)
