"""Which column of a file of contacts is what: as its sender says, else as its headings do."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice, product
from string import ascii_uppercase

from ccore.dialer.lists.sheet_model import MOST_FIELDS, MOST_OTHERS, Columns
from ccore.sheets import NoSheet

# Headings by which a column is known, without spaces, - and _, in small letters.
KNOWN: Mapping[str, frozenset[str]] = {
    what: frozenset(words.split())
    for what, words in {
        "number": "number phone phonenumber telephone telephonenumber tel mobile mobilephone mobilenumber cell msisdn "
        "手机 手机号 手机号码 电话 电话号码 号码 联系电话 联系方式 用户号码 客户号码",
        "name": "name fullname customer customername contact 姓名 名字 客户 客户姓名 客户名称 用户姓名 联系人",
        "priority": "priority prio 优先级 优先",
        "not_before": "notbefore after callafter 不早于 最早拨打 预约时间",
        "agent": "agent owner 座席 坐席 工号 座席工号 坐席工号 归属座席",
    }.items()
}
# Of further numbers, those that are called after the first.
_OTHERS = (
    "othernumber othernumbers alternativenumber altnumber altphone secondnumber number2 phone2 mobile2 telephone2 tel2 "
    "number3 phone3 mobile3 telephone3 tel3 备用号码 备用电话 备用手机 其他号码 其他电话 第二号码 "
    "号码2 号码3 电话2 电话3 手机2 手机3 联系电话2 联系电话3"
)
KNOWN_OTHERS = frozenset(_OTHERS.split())
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,30}")
_BETWEEN = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, slots=True)
class Places:
    """The place of each column, from 0; ``left_out`` are headings that nothing is taken of."""

    headings: tuple[str, ...]
    number: int
    name: int | None = None
    priority: int | None = None
    not_before: int | None = None
    agent: int | None = None
    others: tuple[int, ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Which heading is what, as JSON tells it."""
        one = {what: self._heading(place) for what in KNOWN if (place := getattr(self, what)) is not None}
        fields = {name: self._heading(place) for name, place in self.fields.items()}
        others = {"others": [self._heading(place) for place in self.others]} if self.others else {}
        return {**one, **others, "fields": fields, "left_out": list(self.left_out)}

    def _heading(self, place: int) -> str:
        return self.headings[place]


def places(headings: Sequence[str], wanted: Columns) -> Places:
    """Where everything is. Raises NoSheet if there is no column of numbers, or none of a heading that was named."""
    there = tuple(heading.strip() for heading in headings)
    named = {what: _named(there, heading) for what in KNOWN if (heading := getattr(wanted, what)) is not None}
    taken = set(named.values())
    for what in KNOWN.keys() - named.keys():
        found = [place for place, heading in enumerate(there) if _plain(heading) in KNOWN[what] and place not in taken]
        if found:
            named[what] = found[0]
            taken.add(found[0])
    if "number" not in named:
        listed = ", ".join(there[:MOST_FIELDS])
        raise NoSheet(f"no column looks like telephone numbers: name it / 找不到号码列，请指明. Headings: {listed}")
    others = _others(there, wanted, taken)
    fields = _fields(there, wanted, taken | set(others))
    used = {*named.values(), *others, *fields.values()}
    left_out = tuple(heading for place, heading in enumerate(there) if place not in used and heading)
    return Places(there, others=others, fields=fields, left_out=left_out, **named)


def letters(columns: int) -> tuple[str, ...]:
    """What a spreadsheet calls its columns: A … Z, AA …"""
    endless = ("".join(each) for length in count(1) for each in product(ascii_uppercase, repeat=length))
    return tuple(islice(endless, columns))


def _others(there: Sequence[str], wanted: Columns, taken: set[int]) -> tuple[int, ...]:
    if wanted.others is not None:
        return tuple(_named(there, heading) for heading in wanted.others)
    named = set() if wanted.fields is None else {_named(there, heading) for heading in wanted.fields.values()}
    found = [place for place, heading in enumerate(there) if _plain(heading) in KNOWN_OTHERS]
    return tuple(place for place in found if place not in taken | named)[:MOST_OTHERS]


def _fields(there: Sequence[str], wanted: Columns, taken: set[int]) -> dict[str, int]:
    if wanted.fields is not None:
        return {name: _named(there, heading) for name, heading in wanted.fields.items()}
    found: dict[str, int] = {}
    for place, heading in enumerate(there):
        name = _BETWEEN.sub("_", heading.lower())
        if place not in taken and _FIELD.fullmatch(name) and len(found) < MOST_FIELDS:
            found.setdefault(name, place)
    return found


def _named(there: Sequence[str], heading: str) -> int:
    same = [place for place, each in enumerate(there) if each == heading.strip()]
    if not same:
        raise NoSheet(f"there is no column {heading!r} / 没有这一列. Headings: {', '.join(there[:MOST_FIELDS])}")
    if len(same) > 1:
        raise NoSheet(f"two columns are called {heading!r} / 有两列同名")
    return same[0]


def _plain(heading: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", heading).lower())
