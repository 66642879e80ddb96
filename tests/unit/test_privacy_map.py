"""The map of personal data is whole: each column that can hold text is decided about; the queries are made of it."""

import re

import pytest

from ccore.privacy.forms import pattern, written
from ccore.privacy.nobodys import NOBODYS
from ccore.privacy.places import PLACES
from ccore.privacy.statements import files
from ccore.shipped import shipped

_TABLE = re.compile(r"CREATE (?:UNLOGGED )?TABLE public\.(\w+) \(\n(.*?)\n(?:\)|PARTITION)", re.DOTALL)
# Whatever can hold a number, a name or a sentence; numbers of telephones are kept as text everywhere.
_HOLDING = re.compile(r'^\s*"?(\w+)"? (?:text|jsonb?|bytea|char|citext|inet|xml|name)\b(?! *\()')


def holding() -> dict[str, frozenset[str]]:
    """By table of the schema, the columns that could have something of a person."""
    schema = (shipped("sql") / "schema.sql").read_text(encoding="utf-8")
    found = {}
    for table, body in _TABLE.findall(schema):
        lines = [line for line in body.splitlines() if not line.lstrip().startswith("CONSTRAINT")]
        found[table] = frozenset(match[1] for line in lines if (match := _HOLDING.match(line)))
    return found


def mapped(table: str, columns: frozenset[str]) -> frozenset[str]:
    """Those of a table that the map decides about."""
    mine = [place.columns for place in PLACES if place.table == table]
    return columns if None in mine else frozenset[str]().union(*(each or () for each in mine))


def nobodys(table: str) -> frozenset[str]:
    return frozenset(" ".join(kind.get(table, "") for kind in NOBODYS).split())


def test_every_column_that_can_hold_text_is_decided_about() -> None:
    """A migration that adds one has to say whose it is: in ccore/privacy/places.py, or in nobodys.py and why."""
    undecided = {
        table: sorted(left)
        for table, columns in holding().items()
        if (left := columns - mapped(table, columns) - nobodys(table))
    }
    assert undecided == {}


def test_what_is_decided_about_is_there() -> None:
    there = holding()
    assert len(there) > 100
    gone = {table: sorted(nobodys(table) - columns) for table, columns in there.items()}
    assert {table: left for table, left in gone.items() if left} == {}
    assert {table for kind in NOBODYS for table in kind} | {place.table for place in PLACES} <= set(there)


def test_nothing_is_decided_about_twice() -> None:
    both = {
        table: sorted(twice)
        for table, columns in holding().items()
        if (twice := nobodys(table) & mapped(table, columns))
    }
    assert both == {}
    assert len({place.key for place in PLACES}) == len(PLACES)


def test_the_queries_are_those_of_the_map() -> None:
    directory = shipped("sql") / "queries"
    for name, text in files(PLACES).items():
        assert (directory / name).read_text(encoding="utf-8") == text, "run `python -m tests.privacy_queries`"


def test_whatever_stays_says_why() -> None:
    assert [place.key for place in PLACES if place.fate != "deleted" and place.why is None] == []


@pytest.mark.parametrize(
    "text",
    [
        "13812345678", "+8613812345678", "8613812345678", "008613812345678", "013812345678", "138 1234 5678",
        "138-1234-5678", "+86 138 1234 5678", "PJSIP/13812345678@trunk", '"张三" <13812345678>', "客户13812345678来电",
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert re.search(pattern("+8613812345678"), text)


@pytest.mark.parametrize(
    "text", ["138123456789", "+86138****5678", "113812345678", "1381234567", "+8613812345679", "20138123456780"]
)
def test_another_is_not(text: str) -> None:
    assert re.search(pattern("+8613812345678"), text) is None


def test_every_way_of_writing_is_found_as_well() -> None:
    for number in ("+8613812345678", "+862088886666", "+85291234567"):
        assert all(re.fullmatch(pattern(number), form) for form in written(number))
