"""Files of telephone numbers, of which nothing else is wanted: such as those that are not to be called."""

from collections.abc import Iterator
from pathlib import Path

from ccore.dialer.lists.sheet_columns import places
from ccore.dialer.lists.sheet_model import Columns, What
from ccore.dialer.lists.sheet_rows import Known, Site, known_number
from ccore.sheets import Anyhow, NoSheet, heading, is_empty, opened
from ccore.subscriber import e164


def numbers_of(file: Path, site: Site) -> Iterator[tuple[int, str | What]]:
    """Of each row its number, or what is wrong with it: of the column that looks like one, else of the first.

    The first row may be a heading. Raises NoSheet and OSError.
    """
    place = 0
    with opened(file, Anyhow()) as sheet:
        for row, cells in sheet.rows:
            if is_empty(cells):
                continue
            if row == 1:
                place = _place([heading(cell) for cell in cells])
            text = heading(cells[place]) if place < len(cells) else ""
            found = _number(text, site)
            if row > 1 or (isinstance(found, str) and not isinstance(found, What)):
                yield row, found


def _number(text: str, site: Site) -> str | What:
    known = known_number(text, site, abroad=True)
    if isinstance(known, Known):
        return known.number
    return e164(text, site.region) or known  # of a service: nobody calls those, but why not


def _place(headings: list[str]) -> int:
    try:
        return places(headings, Columns()).number
    except NoSheet:
        return 0
