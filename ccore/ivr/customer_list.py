"""Lists of customers as people keep them: CSV files, read whole or not at all."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Fault, FaultsFound
from ccore.subscriber import e164

LIST_CODE = "CUSTOMER"  # code of every fault of a list
COLUMNS = ("number", "name", "tier", "language", "tags")
LANGUAGES = ("", "zh", "en")
MOST_CHARACTERS = 100  # of a name or a class
MOST_TAGS = 20
_TAG = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True, slots=True)
class Listed:
    """One customer of a list; ``number`` is E.164."""

    number: str
    name: str
    tier: str
    language: str
    tags: tuple[str, ...]


def read(text: str, path: Path, region: str) -> list[Listed]:
    """The customers of a CSV ``text`` said to be of ``path``, whose first line names its columns, in any order.

    ``number`` must be among them; ``region`` (ISO 3166) is that of numbers without a country code. Tags are separated
    by ``;``. Raises FaultsFound with every fault.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        if faults := list(_wrong_columns(rows.fieldnames or (), path)):
            raise FaultsFound(faults)
        return _customers(rows, path, region)
    except csv.Error as error:
        raise FaultsFound([Fault(path, rows.line_num, LIST_CODE, f"no CSV: {error}")]) from error


def _wrong_columns(names: object, path: Path) -> Iterator[Fault]:
    columns = list(names) if isinstance(names, list | tuple) else []
    if "number" not in columns:
        yield Fault(
            path, 1, LIST_CODE, f"the first line names the columns: number, and any of {', '.join(COLUMNS[1:])}"
        )
    elif len(set(columns)) < len(columns) or not set(columns) <= set(COLUMNS):
        yield Fault(path, 1, LIST_CODE, f"columns are {', '.join(COLUMNS)}, each once")


def _customers(rows: "csv.DictReader[str]", path: Path, region: str) -> list[Listed]:
    faults: list[Fault] = []
    lines: dict[str, int] = {}
    customers: list[Listed] = []
    for row in rows:
        try:
            customer = _customer(row, region)
            if customer.number in lines:
                raise ValueError(f"line {lines[customer.number]} has this number already")
            lines[customer.number] = rows.line_num
            customers.append(customer)
        except ValueError as error:
            faults.append(Fault(path, rows.line_num, LIST_CODE, str(error)))
    if faults:
        raise FaultsFound(faults)
    return customers


def _customer(row: Mapping[str, str | None], region: str) -> Listed:
    if None in row or None in row.values():
        raise ValueError("more or fewer columns than the first line names")
    cells = {name: (text or "").strip() for name, text in row.items()}
    number = e164(cells["number"], region)
    if number is None:
        raise ValueError("number: no valid telephone number")
    for column in ("name", "tier"):
        text = cells.get(column, "")
        if len(text) > MOST_CHARACTERS or not text.isprintable():
            raise ValueError(f"{column}: at most {MOST_CHARACTERS} characters on one line")
    if (language := cells.get("language", "")) not in LANGUAGES:
        raise ValueError("language: zh, en or nothing")
    return Listed(number, cells.get("name", ""), cells.get("tier", ""), language, _tags(cells.get("tags", "")))


def _tags(text: str) -> tuple[str, ...]:
    tags = tuple(tag for tag in (part.strip() for part in text.split(";")) if tag)
    if len(tags) > MOST_TAGS or not all(map(_TAG.fullmatch, tags)):
        raise ValueError(f"tags: at most {MOST_TAGS}, of letters, digits, - and _, separated by ;")
    return tags
