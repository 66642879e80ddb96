"""Files for spreadsheets, row by row: CSV that none takes for a formula, and workbooks whose texts stay texts."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Literal, Protocol

from ccore.cells import BYTE_ORDER_MARK, harmless

Format = Literal["csv", "xlsx"]
MOST_ROWS = 1_048_575  # of one sheet beside its heads, as Excel can have


class Sheets(Protocol):
    """A file that is being written. Nothing is in it for sure before ``close``."""

    def begin(self, name: str, heads: Sequence[str]) -> None:
        """A sheet (in CSV: rows after the others) with a head for each column."""

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Rows of the sheet that was begun last."""

    def close(self) -> None:
        """That was all."""


def written_to(file: IO[bytes], kind: Format) -> Sheets:
    """One that is written to ``file``, which stays open."""
    return _Csv(file) if kind == "csv" else _Xlsx(file)


def as_bytes(kind: Format, name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A file of one sheet."""
    file = io.BytesIO()
    sheets = written_to(file, kind)
    sheets.begin(name, heads)
    sheets.add(rows)
    sheets.close()
    return file.getvalue()


class _Csv:
    def __init__(self, file: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._text.write(BYTE_ORDER_MARK)
        self._rows = csv.writer(self._text, lineterminator="\r\n")

    def begin(self, _name: str, heads: Sequence[str]) -> None:
        self._rows.writerow(heads)

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        self._rows.writerows([harmless(_said(cell)) for cell in row] for row in rows)

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _Xlsx:
    """Numbers as numbers, times as local times without a zone, as Excel knows none, text as text."""

    def __init__(self, file: IO[bytes]) -> None:
        # These take 0.2 s, with the numpy they look for, which every command of ccore would wait for.
        from openpyxl import Workbook  # noqa: PLC0415
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
        from openpyxl.styles import Font  # noqa: PLC0415

        self._file = file
        self._cell = WriteOnlyCell
        self._bold = Font(bold=True)
        self._book = Workbook(write_only=True)
        self._name, self._heads, self._left, self._parts = "", list[str](), 0, 0

    def begin(self, name: str, heads: Sequence[str]) -> None:
        self._name, self._heads, self._parts = name, list(heads), 0
        self._open()

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            if self._left == 0:
                self._open()
            self._left -= 1
            self._sheet.append([self._as_cell(value) for value in row])

    def close(self) -> None:
        self._book.save(self._file)

    def _open(self) -> None:
        self._parts += 1
        self._sheet = self._book.create_sheet(self._name[:27] + (f" {self._parts}" if self._parts > 1 else ""))
        self._sheet.freeze_panes = "B2"
        self._left = MOST_ROWS
        heads = [self._cell(self._sheet, value=head) for head in self._heads]
        for cell in heads:
            cell.font = self._bold
        self._sheet.append(heads)

    def _as_cell(self, value: object) -> object:
        cell = self._cell(self._sheet, value=value.replace(tzinfo=None) if isinstance(value, datetime) else value)
        if isinstance(cell.value, str):
            cell.data_type = "s"  # whatever it begins with
        return cell


def _said(cell: object) -> object:
    return cell.isoformat(timespec="minutes") if isinstance(cell, datetime) else cell
