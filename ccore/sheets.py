"""Files that people send, read row by row: CSV in any usual encoding, and workbooks; hostile ones are refused."""

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Protocol

Cell = str | int | float | bool | date | time | None

MOST_ROWS = 2_000_000
MOST_COLUMNS = 500
MOST_RECORD = 4 << 20  # characters of a line, or of a cell over several: then a quotation mark was never closed
MOST_UNPACKED = 3 << 30  # bytes of a workbook: a million rows of twenty columns have 1.5 GB
MOST_SHARED = 256 << 20  # bytes of its texts, which are held in memory
MOST_RATIO = 200  # a workbook of text is packed to a tenth, at best a thirtieth
_SMALL = 50 << 20  # below, nobody minds how well it was packed
_PIECE = 1 << 20
_ZIP, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_CODECS = {"utf-8": "utf-8-sig", "utf-16": "utf-16-le", "gb18030": "gb18030", "big5": "big5hkscs", "latin-1": "latin-1"}
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t|"
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
MOST_HEADING = 200  # characters


class NoSheet(Exception):
    """The file as a whole cannot be taken; its message says why, for people, in English and Chinese."""


class How(Protocol):
    """How a file is read: ``auto``, or one of the names that ``Anyhow`` has."""

    @property
    def encoding(self) -> str:
        """utf-8, utf-16, gb18030, big5, latin-1."""

    @property
    def separator(self) -> str:
        """What stands between cells."""

    @property
    def sheet(self) -> str:
        """Of a workbook; none: the first."""


@dataclass(frozen=True, slots=True)
class Anyhow:
    """As the file itself says."""

    encoding: str = "auto"
    separator: str = "auto"
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open file: ``rows`` gives each row once, with its number as a spreadsheet counts, from 1."""

    encoding: str
    rows_there: int | None  # about; None: nobody can tell before they are read
    rows: Iterator[tuple[int, Sequence[Cell]]]


@contextmanager
def opened(path: Path, wanted: How) -> Iterator[Sheet]:
    """The file's rows while the block runs. Raises NoSheet, also while they are read."""
    with path.open("rb") as file:
        head = file.read(4)
    if head == _OLD:
        raise NoSheet(
            "an old or encrypted workbook: save it as .xlsx or CSV, without a password / 请另存为 xlsx 或 CSV"
        )
    with _workbook(path, wanted) if head == _ZIP else _text(path, wanted) as sheet:
        yield sheet


@contextmanager
def _text(path: Path, wanted: How) -> Iterator[Sheet]:
    codec, lines = _encoding(path, wanted)
    csv.field_size_limit(MOST_RECORD)
    try:
        with path.open(encoding=codec, newline="") as file:
            separator = _separator(file, wanted)
            rows = csv.reader(_lines(file), delimiter=separator)
            yield Sheet(codec.removesuffix("-sig"), lines, _numbered(_parsed(rows)))
    except UnicodeDecodeError as error:
        raise NoSheet(f"the file is not in {codec} / 编码不是 {codec}: {error.reason}") from error


def _encoding(path: Path, wanted: How) -> tuple[str, int]:
    """The codec, and how many lines there are: a mark, else what was asked, else the first that reads all of it."""
    with path.open("rb") as file:
        head = file.read(4096)
    marked = [codec for mark, codec in _MARKS.items() if head.startswith(mark)]
    if marked:
        tried = marked
    elif wanted.encoding != "auto":
        tried = [_CODECS[wanted.encoding]]
    elif half := _half_empty(head):
        tried = [half]
    else:
        tried = ["utf-8", "gb18030"]  # of which the second reads GBK and GB2312 as well
    for codec in tried:
        try:
            return codec, _count_lines(path, codec)
        except UnicodeDecodeError:
            continue
    names = " / ".join(tried)
    raise NoSheet(f"the text is not in {names}: save it as UTF-8, or name its encoding / 无法识别编码，请另存为 UTF-8")


def _half_empty(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of digits and separators is 0."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head) // 2 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _count_lines(path: Path, codec: str) -> int:
    decoder = codecs.getincrementaldecoder(codec)()
    feeds = returns = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            text = decoder.decode(piece)
            feeds, returns = feeds + text.count("\n"), returns + text.count("\r")
        decoder.decode(b"", final=True)
    return feeds or returns


def _separator(file: io.TextIOWrapper, wanted: How) -> str:
    """What is between cells; the file is left where its rows begin."""
    start = file.tell()
    line = file.readline(MOST_RECORD)
    if line.lower().startswith("sep=") and len(line.rstrip("\r\n")) == len("sep=;"):  # Excel's own word for it
        return line[4]
    file.seek(start)
    if wanted.separator != "auto":
        return wanted.separator
    bare = "".join(line.split('"')[0::2])
    return max(_SEPARATORS, key=bare.count)


def _lines(file: io.TextIOWrapper) -> Iterator[str]:
    while line := file.readline(MOST_RECORD + 1):
        if len(line) > MOST_RECORD:
            raise NoSheet(
                f"a line has more than {MOST_RECORD >> 20} MB: this is no CSV file / 某一行过长，不是 CSV 文件"
            )
        yield line


def _parsed(rows: Iterator[list[str]]) -> Iterator[Sequence[Cell]]:
    done = 0
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise NoSheet(
                f"row {done + 1} has a quotation mark that is never closed / 第 {done + 1} 行的引号没有闭合"
            ) from error
        done += 1


def _numbered(rows: Iterator[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for row, cells in enumerate(rows, 1):
        if row > MOST_ROWS:
            raise NoSheet(f"more than {MOST_ROWS} rows: send it in parts / 超过 {MOST_ROWS} 行，请分几个文件上传")
        if len(cells) > MOST_COLUMNS:
            raise NoSheet(f"row {row} has more than {MOST_COLUMNS} columns / 第 {row} 行超过 {MOST_COLUMNS} 列")
        yield row, cells


@contextmanager
def _workbook(path: Path, wanted: How) -> Iterator[Sheet]:
    _look_into(path)
    from openpyxl import load_workbook  # noqa: PLC0415 - takes 0.2 s, for workbooks alone

    with path.open("rb") as file:  # by its name, openpyxl would want it to end in .xlsx
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except MemoryError:
            raise
        except Exception as error:  # whatever a broken workbook makes of a library, it is no workbook
            raise NoSheet(
                f"this is no workbook that can be read / 无法读取的工作簿 ({type(error).__name__})"
            ) from error
        try:
            sheet = _chosen(book, wanted.sheet)
            there = sheet.max_row
            sheet.reset_dimensions()  # programs write them wrong
            yield Sheet("xlsx", there, _numbered(_cells(sheet)))
        finally:
            book.close()


def _look_into(path: Path) -> None:
    """Before anything is unpacked: how large it would be."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise NoSheet("the workbook is broken: save it again / 工作簿已损坏，请重新保存") from error
    whole = sum(part.file_size for part in parts)
    packed_bytes = sum(part.compress_size for part in parts) or 1
    shared = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    bomb = whole > _SMALL and whole > MOST_RATIO * packed_bytes
    if bomb or whole > MOST_UNPACKED or shared > MOST_SHARED or len(parts) > 10_000:
        raise NoSheet(
            f"the workbook would be {whole >> 20} MB unpacked: save the sheet as CSV / 工作簿解压后过大，请另存为 CSV"
        )


def _chosen(book: Any, name: str) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if not names or (name and name not in names):
        raise NoSheet(f"there is no sheet {name!r} / 没有这个工作表. Sheets: {', '.join(names)}")
    return book[name] if name else book.worksheets[0]


def _cells(sheet: Any) -> Iterator[Sequence[Cell]]:
    rows = sheet.iter_rows(values_only=True)
    while True:
        try:
            cells = list(next(rows))
        except StopIteration:
            return
        except MemoryError:
            raise
        except Exception as error:  # as above: it is broken further down
            raise NoSheet(
                f"the workbook cannot be read to its end / 工作簿无法读完 ({type(error).__name__})"
            ) from error
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


def is_empty(cells: Sequence[Cell]) -> bool:
    """Whether nothing stands in a row."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def text_of(cell: Cell) -> str:
    """What stands in a cell, as text; numbers without the .0 that spreadsheets give them."""
    match cell:
        case bool():
            return "1" if cell else "0"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() | time() | date():
            return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
        case _:
            return "" if cell is None else str(cell).strip()


def usual(text: str) -> str:
    """Full-width digits and signs as the usual ones, and a whole number without the .0 of a spreadsheet."""
    same = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return same.strip().removesuffix(".0")


def is_text(text: str) -> bool:
    """Whether PostgreSQL can hold it and people can see it."""
    return not _NO_TEXT.search(text)


def clean(text: str) -> str:
    """Without what is no text, on one line."""
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text).replace("\n", " ").replace("\r", " ")


def heading(cell: Cell) -> str:
    """What a column is called."""
    return clean(text_of(cell)[:MOST_HEADING])
