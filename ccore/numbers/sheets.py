"""Reports as files: CSV that no spreadsheet takes for a formula, and XLSX."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from ccore.numbers.report import Cell, Line

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet calculates, or hides, at a cell's beginning
_BYTE_ORDER_MARK = "\ufeff"  # without it, Excel takes UTF-8 for the machine's own letters


def as_csv(heads: Sequence[str], lines: Sequence[Line]) -> bytes:
    """One row for each line, with a head; times with their offset."""
    file = io.StringIO(_BYTE_ORDER_MARK)
    file.seek(0, io.SEEK_END)
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(["name", "from", "to", *heads, "complete"])
    for line in lines:
        cells = [line.name, _iso(line.began_at), _iso(line.ended_at), *line.cells, "yes" if line.complete else "no"]
        rows.writerow([harmless(cell) for cell in cells])
    return file.getvalue().encode()


def harmless(cell: Cell) -> Cell:
    """A text that looks like a formula gets an apostrophe before it: then it is a text to every spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_xlsx(title: str, heads: Sequence[str], lines: Sequence[Line]) -> bytes:
    """The same as a workbook: numbers as numbers, times as local times without a zone, as Excel knows none."""
    # These take 0.2 s, with the numpy they look for, which every command of ccore would wait for.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "B2"
    row = []
    for head in ["name", "from", "to", *heads, "complete"]:
        cell = WriteOnlyCell(sheet, value=head)
        cell.font = Font(bold=True)
        row.append(cell)
    sheet.append(row)
    for line in lines:
        began_at, ended_at = (at.replace(tzinfo=None) for at in (line.began_at, line.ended_at))
        values = [line.name, began_at, ended_at, *line.cells, "yes" if line.complete else "no"]
        row = [WriteOnlyCell(sheet, value=value) for value in values]
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # whatever it begins with
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
