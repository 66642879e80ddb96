"""One row of a file of contacts: somebody who can be called, or all that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers

from ccore.dialer.lists.sheet_columns import Places
from ccore.dialer.lists.sheet_model import MOST_CELL, Row, Said, Wanted, What
from ccore.dialer.zones import joined, zone_of_parsed
from ccore.sheets import Cell, clean, is_empty, is_text, text_of, usual
from ccore.subscriber import NotAllowed, judged, line

MOST_SHOWN = 60  # characters of a cell in a report
_AGENT = re.compile(r"[0-9]{2,12}")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]+")
_PUNCTUATION = re.compile(r"[\s()\[\]./·・‐-―-]+")
_REASONS: Mapping[str, What] = {
    "other-country": What.ABROAD,
    "not-a-subscriber": What.NOT_A_SUBSCRIBER,
    "internal-extension": What.INTERNAL,
}
_TIMES = ("", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日")  # "": ISO 8601
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class Site:
    """Whose numbers and times are meant."""

    region: str
    internal_extensions: str
    zone: str


@dataclass(frozen=True, slots=True)
class Known:
    """A number that can be called."""

    number: str
    zone: str
    region: str


def read_row(row: int, cells: Sequence[Cell], places: Places, wanted: Wanted, site: Site) -> Row | list[Said]:
    """The contact of a row that is not empty, or everything that is wrong with it."""
    reader = _Reader(row, cells, places)
    if len(cells) > len(places.headings) and not is_empty(cells[len(places.headings) :]):
        reader.wrong(What.MORE_CELLS, len(places.headings))
    known = reader.number(wanted, site)
    others, said = reader.others(wanted, site)
    made = {
        "name": reader.text(places.name),
        "fields": {name: text for name, place in places.fields.items() if (text := reader.text(place))},
        "priority": reader.priority(wanted),
        "not_before": reader.time(site),
        "agent": reader.agent(),
    }
    if reader.faults or known is None:
        return reader.faults
    further = {each.number: each.zone for each in others if each.number != known.number}
    zone = joined([known.zone, *further.values()])
    return Row(row, known.number, zone, known.region, others=tuple(further), said=tuple(said), **made)  # type: ignore[arg-type]


class _Reader:
    """Reads the cells of one row, and keeps what is wrong with them."""

    def __init__(self, row: int, cells: Sequence[Cell], places: Places) -> None:
        self._row, self._cells, self._places = row, cells, places
        self.faults: list[Said] = []

    def wrong(self, what: What, place: int) -> None:
        headings = self._places.headings
        cell = self._cells[place] if place < len(self._cells) else ""
        self.faults.append(Said(self._row, what, headings[place] if place < len(headings) else "", _shown(cell)))

    def text(self, place: int | None) -> str:
        cell = None if place is None or place >= len(self._cells) else self._cells[place]
        if cell is None:
            return ""
        assert place is not None
        text = text_of(cell)
        if len(text) > MOST_CELL:
            self.wrong(What.TOO_LONG, place)
        elif not is_text(text):
            self.wrong(What.NO_TEXT, place)
        return text

    def number(self, wanted: Wanted, site: Site) -> Known | None:
        before, place = len(self.faults), self._places.number
        text = self.text(place)
        if len(self.faults) > before:
            return None
        found = known_number(text, site, abroad=wanted.abroad)
        if isinstance(found, What):
            self.wrong(found, place)
            return None
        return found

    def others(self, wanted: Wanted, site: Site) -> tuple[list[Known], list[Said]]:
        """The further numbers; one that cannot be called is no reason to leave the row out, but is told."""
        good: list[Known] = []
        said: list[Said] = []
        for place in self._places.others:
            cell = self._cells[place] if place < len(self._cells) else None
            found = known_number("" if cell is None else text_of(cell)[:MOST_CELL], site, abroad=wanted.abroad)
            if isinstance(found, Known):
                good.append(found)
            elif found is not What.NO_NUMBER:
                said.append(Said(self._row, What.OTHER_LEFT_OUT, self._places.headings[place], _shown(cell)))
        return good, said

    def priority(self, wanted: Wanted) -> int:
        text = usual(self.text(self._places.priority))
        if not text:
            return wanted.priority
        if not (len(text) == 1 and text.isdecimal()):
            assert self._places.priority is not None
            self.wrong(What.BAD_PRIORITY, self._places.priority)
            return 0
        return int(text)

    def time(self, site: Site) -> datetime | None:
        text = usual(self.text(self._places.not_before))
        if not text:
            return None
        if (at := _time(text)) is None:
            assert self._places.not_before is not None
            self.wrong(What.BAD_TIME, self._places.not_before)
            return None
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(site.zone))

    def agent(self) -> str | None:
        text = usual(self.text(self._places.agent))
        if text and not _AGENT.fullmatch(text):
            assert self._places.agent is not None
            self.wrong(What.BAD_AGENT, self._places.agent)
        return text or None


def known_number(text: str, site: Site, *, abroad: bool) -> Known | What:
    """A number as people and spreadsheets write it: whom it calls, or why nobody."""
    plain = usual(text).lstrip("'")
    if not plain:
        return What.NO_NUMBER
    if _ROUNDED.fullmatch(plain):
        return What.ROUNDED
    found = line(_PUNCTUATION.sub("", plain), site.region, site.internal_extensions)
    if isinstance(found, NotAllowed):
        return _REASONS.get(found.reason, What.NOT_A_NUMBER)
    who = judged(found, None if abroad else site.region)
    if isinstance(who, NotAllowed):
        return _REASONS.get(who.reason, What.NOT_A_NUMBER)
    return Known(who.e164, zone_of_parsed(found), phonenumbers.region_code_for_number(found) or "")


@lru_cache(maxsize=4096)
def _time(text: str) -> datetime | None:
    for form in _TIMES:
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - see `time`
        except ValueError:
            continue
        return at if at.year in _YEARS else None
    return None


def _shown(cell: Cell) -> str:
    return "" if cell is None else clean(text_of(cell)[:MOST_SHOWN])
