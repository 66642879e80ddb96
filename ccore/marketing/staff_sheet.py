"""Lists of those who sell as people keep them: which column is what, and what each row says, or is wrong with it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from ccore.marketing.staff_model import DEEPEST, MOST_CELL, Listed, Read, Said, Site, What
from ccore.sheets import Cell, NoSheet, clean, heading, is_empty, is_text, text_of, usual
from ccore.subscriber import e164

MOST_SHOWN = 60
MOST_ROWS = 200_000  # they are held in memory
MOST_NUMBERS = 20  # further numbers of one person

# Headings by which a column is known, without spaces, - and _, in small letters.
KNOWN: Mapping[str, frozenset[str]] = {
    what: frozenset(words.split())
    for what, words in {
        "number": "number employee employeenumber staffnumber id 工号 员工号 员工工号 编号",
        "name": "name fullname employeename 姓名 名字 员工姓名",
        "phone": "phone mobile mobilenumber telephone tel 手机 手机号 手机号码 电话 联系电话",
        "department": "department dept unit organisation organization 部门 所属部门 单位 机构",
        "kind": "kind type employment 类型 员工类型 用工形式 性质",
        "joined": "joined joinedon hired start 入职 入职日期 入司日期 签约日期",
        "left": "left lefton leave resigned 离职 离职日期 解约日期",
        "language": "language lang 语言",
        "others": "othernumbers furthernumbers others 其他号码 其他电话 本人其他号码",
        "family": "family familynumbers relatives 亲属号码 家属号码 家人号码",
        "codes": "codes claims claimcodes 编码 认领编码 订购编码 已有编码",
    }.items()
}
NEEDED = ("number", "name", "phone", "department")
_KINDS: Mapping[str, str] = {
    "": "staff",
    **dict.fromkeys(["staff", "employee", "员工", "正式", "正式员工", "在编"], "staff"),
    **dict.fromkeys(["contracted", "contractor", "合作", "外包", "签约", "代理"], "contracted"),
    **dict.fromkeys(["friend", "friends", "亲友", "朋友"], "friend"),
}
_LANGUAGES: Mapping[str, str] = {"": "zh", "zh": "zh", "中文": "zh", "en": "en", "english": "en", "英文": "en"}
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_CODES = re.compile(r"[0-9]{2,12}")
_BETWEEN = re.compile(r"[\s_\-]+")
_LISTED = re.compile(r"[;；、,，|\n]+")
_PUNCTUATION = re.compile(r"[\s()\[\]·‐-―-]+")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]+")
_TIMES = ("", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y/%m/%d %H:%M")  # "": ISO 8601
_YEARS = range(1950, 2100)


def read(rows: Iterable[tuple[int, Sequence[Cell]]], site: Site) -> Read:
    """The people of a sheet whose first row names its columns. Raises NoSheet."""
    filled = ((row, cells) for row, cells in rows if not is_empty(cells))
    _, first = next(filled, (0, ()))
    headings = [heading(cell) for cell in first]
    places = _places(headings)
    listed: list[Listed] = []
    said: list[Said] = []
    count = 0
    for row, cells in filled:
        count += 1
        if count > MOST_ROWS:
            raise NoSheet(f"more than {MOST_ROWS} rows: send it in parts / 超过 {MOST_ROWS} 行，请分几个文件")
        reader = _Row(row, cells, headings, places, site)
        one = reader.listed()
        said += reader.said
        if not reader.said and one is not None:
            listed.append(one)
    kept, clashes = _once_each(listed)
    used = set(places.values())
    left_out = tuple(each for place, each in enumerate(headings) if each and place not in used)
    columns = {what: headings[place] for what, place in places.items()}
    return Read(count, tuple(kept), tuple(sorted([*said, *clashes], key=lambda each: each.row)), columns, left_out)


def _places(headings: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, each in enumerate(headings):
        plain = _BETWEEN.sub("", usual(each)).lower()
        for what, words in KNOWN.items():
            if plain in words and what not in places:
                places[what] = place
                break
    if missing := [what for what in NEEDED if what not in places]:
        there = ", ".join(headings[:30]) or "-"
        said = f"the first row names no column {', '.join(missing)} / 缺少列（工号、姓名、手机号、部门）"
        raise NoSheet(f"{said}. Headings: {there}")
    return places


class _Row:
    """Reads the cells of one row, and keeps what is wrong with them."""

    def __init__(
        self, row: int, cells: Sequence[Cell], headings: Sequence[str], places: Mapping[str, int], site: Site
    ) -> None:
        self._row, self._cells, self._headings, self._places, self._site = row, cells, headings, places, site
        self.said: list[Said] = []
        if len(cells) > len(headings) and not is_empty(cells[len(headings) :]):
            self.said.append(Said(row, What.MORE_CELLS))

    def listed(self) -> Listed | None:
        phone = self._phone(self._text("phone"), "phone")
        joined, left = self._time("joined"), self._time("left")
        if joined is not None and left is not None and left < joined:
            self._wrong(What.LEFT_EARLIER, "left")
        made = Listed(
            row=self._row,
            number=self._matching("number", _NUMBER, What.BAD_NUMBER),
            name=self._needed("name"),
            phone=phone or "",
            department=self._department(),
            kind=self._one_of("kind", _KINDS, What.BAD_KIND),
            joined=joined,
            left=left,
            says_left="left" in self._places,
            language=self._one_of("language", _LANGUAGES, What.BAD_LANGUAGE),
            others=self._phones("others"),
            family=self._phones("family"),
            codes=self._codes(),
        )
        return None if self.said else made

    def _wrong(self, what: What, column: str) -> None:
        place = self._places[column]
        shown = text_of(self._cells[place]) if place < len(self._cells) else ""
        self.said.append(Said(self._row, what, self._headings[place], clean(shown[:MOST_SHOWN])))

    def _text(self, column: str) -> str:
        place = self._places.get(column)
        text = "" if place is None or place >= len(self._cells) else text_of(self._cells[place])
        if len(text) > MOST_CELL:
            self._wrong(What.TOO_LONG, column)
            return ""
        if not is_text(text):
            self._wrong(What.NO_TEXT, column)
            return ""
        return text.strip()

    def _needed(self, column: str) -> str:
        before, text = len(self.said), self._text(column)
        if not text and len(self.said) == before:
            self._wrong(What.MISSING, column)
        elif not text.isprintable():
            self._wrong(What.NO_TEXT, column)
        return text

    def _matching(self, column: str, pattern: re.Pattern[str], what: What) -> str:
        text = usual(self._needed(column))
        if text and not pattern.fullmatch(text):
            self._wrong(what, column)
        return text

    def _department(self) -> tuple[str, ...]:
        text = self._needed("department")
        path = tuple(part.strip() for part in re.split(r"[/／\\>]", text))
        if text and (not all(path) or len(path) > DEEPEST or any(len(part) > 100 for part in path)):
            self._wrong(What.BAD_DEPARTMENT, "department")
        return path

    def _one_of(self, column: str, words: Mapping[str, str], what: What) -> str | None:
        if column not in self._places:
            return None
        found = words.get(usual(self._text(column)).lower())
        if found is None:
            self._wrong(what, column)
        return found

    def _time(self, column: str) -> datetime | None:
        text = usual(self._text(column))
        if not text:
            return None
        at = _time(text)
        if at is None:
            self._wrong(What.BAD_DATE, column)
            return None
        return at if at.tzinfo else at.replace(tzinfo=self._site.zone)

    def _phone(self, text: str, column: str) -> str | None:
        plain = _PUNCTUATION.sub("", usual(text).lstrip("'"))
        if not plain:
            self._wrong(What.MISSING, column)
            return None
        found = None if not re.fullmatch(r"\+?[0-9]{3,20}", plain) else e164(plain, self._site.region)
        if found is None:
            self._wrong(What.ROUNDED if _ROUNDED.fullmatch(plain) else What.BAD_PHONE, column)
        return found

    def _phones(self, column: str) -> tuple[str, ...] | None:
        if column not in self._places:
            return None
        each = [part for part in _LISTED.split(self._text(column)) if part.strip()]
        if len(each) > MOST_NUMBERS:
            self._wrong(What.TOO_LONG, column)
            return None
        found = {number for part in each if (number := self._phone(part, column)) is not None}
        return tuple(sorted(found))

    def _codes(self) -> tuple[str, ...]:
        if "codes" not in self._places:
            return ()
        each = [usual(part) for part in _LISTED.split(self._text("codes")) if part.strip()]
        if not all(_CODES.fullmatch(part) for part in each):
            self._wrong(What.BAD_CODES, "codes")
        return tuple(dict.fromkeys(each))


def _once_each(listed: Sequence[Listed]) -> tuple[list[Listed], Iterator[Said]]:
    """Without rows that stand there again, and without all those of which two people cannot both be right."""
    said: list[Said] = []
    owners: dict[tuple[What, str], dict[str, list[int]]] = {}
    seen: dict[object, int] = {}
    kept: list[Listed] = []
    for one in listed:
        same = (
            one.number,
            one.name,
            one.phone,
            one.department,
            one.kind,
            one.joined,
            one.left,
            one.language,
            one.others,
        )
        whole = (*same, one.family, one.codes)
        if whole in seen:
            said.append(Said(one.row, What.REPEATED, shown=one.number))
            continue
        seen[whole] = one.row
        kept.append(one)
        claims = [(What.TWO_OWNERS, one.number.lower()), *((What.CODE_TWICE, code) for code in one.codes)]
        claims += [] if one.left else [(What.PHONE_TWICE, one.phone)]
        for claim in claims:
            owner = str(one.row) if claim[0] is What.TWO_OWNERS else one.number.lower()
            owners.setdefault(claim, {}).setdefault(owner, []).append(one.row)
    wrong: set[int] = set()
    for (what, of), rows in owners.items():
        if len(rows) > 1:
            for row in sorted({row for some in rows.values() for row in some}):
                said.append(Said(row, what, shown=of))
                wrong.add(row)
    return [one for one in kept if one.row not in wrong], iter(said)


def _time(text: str) -> datetime | None:
    for form in _TIMES:
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - the site's zone
        except ValueError:
            continue
        return at if at.year in _YEARS else None
    return None
