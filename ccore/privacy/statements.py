"""SQL made of the map: ``sql/queries/privacy_*.sql`` are written of it by ``python -m tests.privacy_queries``.

Every statement is about one request ($1): its finds stand in ``person_finds``, the pattern and the pseudonym with it.
"""

# ruff: noqa: S608 - all of it is made of the map, which is a part of the program

from collections.abc import Iterator, Sequence

from ccore.privacy.forms import BETWEEN
from ccore.privacy.model import COUNTED, Fate, Hand, Place, Ref, Tie

_PATTERN = "(SELECT pattern FROM person_requests WHERE request_id = $1)"
_CORE = "(SELECT core FROM person_requests WHERE request_id = $1)"
_PSEUDONYM = "(SELECT pseudonym FROM person_requests WHERE request_id = $1)"
NOBODY = "0"  # in place of a number within JSON: a number or a text, it fits


def files(places: Sequence[Place]) -> dict[str, str]:
    """The text of each file of queries, by its name."""
    of_map = [place for place in places if place.hand is Hand.MAP and place.fate is not Fate.KEPT]
    queries = {
        "finding": (
            "What leads on from what was found of a person.",
            [_query(f"{place.key}_{ref}", _find(place, ref)) for place in places for ref in place.gives],
        ),
        "counting": ("How much of a person stands where.", [_query(place.key, _count(place)) for place in places]),
        "telling": (
            "What a person is told of themselves.", [_query(place.key, _tell(place)) for place in places if place.told]
        ),
        "erasing": ("What is taken away of a person.", [_query(place.key, _erase(place)) for place in of_map]),
        "checking": (
            "What is left of a person where nothing may be.", [_query(place.key, _left(place)) for place in of_map]
        ),
    }  # fmt: skip
    return {f"privacy_{name}.sql": _file(*each) for name, each in queries.items()}


def _file(what: str, queries: Sequence[str]) -> str:
    head = f"-- {what}\n-- Made of ccore/privacy/places.py by `python -m tests.privacy_queries`: change that.\n\n"
    return head + "\n".join(queries)


def _query(name: str, sql: str) -> str:
    return f"-- name: {name}\n-- Of request $1.\n{sql};\n"


def _find(place: Place, ref: Ref) -> str:
    found = f"SELECT {place.gives[ref]} AS found FROM {place.table} t WHERE {theirs(place, bounded=False)}"
    return (
        f"INSERT INTO person_finds SELECT DISTINCT $1::bigint, '{ref}', f.found::text FROM ({found}) f"
        " WHERE f.found IS NOT NULL ON CONFLICT DO NOTHING"
    )


def _count(place: Place) -> str:
    kept = f"count(*) FILTER (WHERE {place.kept.when})" if place.kept else "0::bigint"
    return f"SELECT count(*) AS rows, {kept} AS kept FROM {place.table} t WHERE {theirs(place)}"


def _tell(place: Place) -> str:
    hidden = "".join(f" - '{column}'" for column in (*place.hides, *place.binary))
    return f"SELECT (to_jsonb(t){hidden})::text AS told FROM {place.table} t WHERE {theirs(place)}"


def _erase(place: Place) -> str:
    where = f"({theirs(place)}){_unless(place)}"
    if place.fate is Fate.DELETED:
        return f"DELETE FROM {place.table} t WHERE {where}"
    return f"UPDATE {place.table} t SET {', '.join(_changes(place))} WHERE {where}"


def _changes(place: Place) -> Iterator[str]:
    for column in place.numbers:
        yield f"{column} = regexp_replace(t.{column}, {_PATTERN}, {_PSEUDONYM}, 'g')"
    for column in place.jsons:
        yield f"{column} = regexp_replace(t.{column}::text, {_PATTERN}, '{NOBODY}', 'g')::jsonb"
    for column, value in place.sets.items():
        yield f"{column} = {value}"


def _left(place: Place) -> str:
    """Rows that are there still, or that have the number still."""
    where = theirs(place)
    if place.fate is Fate.REPLACED:
        where = _named(place, (*place.numbers, *place.jsons, *place.sets), theirs(place))
    return f"SELECT count(*) AS left FROM {place.table} t WHERE ({where}){_unless(place)}"


def _named(place: Place, columns: Sequence[str], where: str) -> str:
    return f"({where}) AND {_mentioned([f't.{column}::text' for column in columns])}"


def _mentioned(said: Sequence[str], *, by_people: bool = True) -> str:
    """LIKE is ten times as fast as the pattern, and leaves it next to nothing; only people put blanks into numbers."""
    text = f"concat_ws(' ', {', '.join(said)})"
    closed = f"translate({text}, '{BETWEEN}', '')" if by_people else text
    return f"{closed} LIKE {_CORE} AND {text} ~ {_PATTERN}"


def _unless(place: Place) -> str:
    return f" AND NOT coalesce({place.kept.when}, false)" if place.kept else ""


def theirs(place: Place, *, bounded: bool = True) -> str:
    """The condition for a row ``t`` of theirs; ``bounded``: numbers in texts are looked for only where some were."""
    ways = [_tied(tie) for tie in place.ties]
    if said := [f"t.{column}::text" for column in place.mention] + [f"encode(t.{c}, 'escape')" for c in place.binary]:
        mentioned = _mentioned(said, by_people=not place.within)
        if place.within and bounded:
            mentioned = f"({' OR '.join(map(_tied, place.within))}) AND {mentioned}"
        ways.append(mentioned)
    any_way = " OR ".join(f"({way})" for way in ways)
    but = [f"NOT coalesce({_tied(tie)}, false)" for tie in place.besides] + [place.only] * bool(place.only)
    return " AND ".join([f"({any_way})", *but]) if but else any_way


def _tied(tie: Tie) -> str:
    found = "ref::bigint" if tie.ref in COUNTED else "ref"
    finds = f"ARRAY(SELECT {found} FROM person_finds WHERE request_id = $1 AND kind = '{tie.ref}')"
    return f"t.{tie.column} && {finds}" if tie.many else f"t.{tie.column} = ANY ({finds})"
