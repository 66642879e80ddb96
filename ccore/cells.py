"""Cells of the files ccore writes for spreadsheets: none that a spreadsheet takes for a formula."""

from typing import TypeVar

BYTE_ORDER_MARK = "\ufeff"  # without it, Excel takes UTF-8 for the machine's own letters
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet calculates, or hides, at a cell's beginning

Cell = TypeVar("Cell")


def harmless(cell: Cell) -> Cell | str:
    """A text that looks like a formula gets an apostrophe before it: then it is a text to every spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
