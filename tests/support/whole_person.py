"""A person of whom something stands at every place of the map, and a search of the whole database for their number."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import asyncpg

from ccore.privacy.model import Fate, Place, Ref
from ccore.privacy.places import PLACES

OTHER = "+8613987654321"  # somebody else, of whom the same stands everywhere
NEW_ROW = """SELECT column_name AS name, udt_name AS kind FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' AND column_default IS NULL
  AND is_nullable = 'NO' AND is_identity = 'NO'"""
# A row of one place alone would want half a shop around it: references count again once all rows are there.
BONDS = """SELECT conrelid::regclass AS table, conname AS name, pg_get_constraintdef(oid) AS said FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0"""
COLUMNS = """SELECT c.table_name AS table, c.column_name AS column, c.udt_name AS kind FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.udt_name IN ('text', 'jsonb', '_text', 'bytea', 'varchar', 'name')"""
# What checks and enumerations want, and what makes a row theirs that has no number.
SAID: Mapping[str, Mapping[str, object]] = {
    "agents": {"agent": "@771", "skills": "{}", "mobile": "#"},
    "attempts": {"number": "#", "mode": "predictive", "state": "over", "outcome": "answered", "campaign": "spring"},
    "call_backs": {"number": "#", "call_key": "~key"},
    "call_notes": {"call_id": "~call", "text": "张三 moves to # next week"},
    "call_record_rejects": {"log": "cdr", "raw": "1,#,2", "digest": "@d"},
    "call_log_places": {"log": "cdr", "head": "1,#,2", "file_id": "@f"},
    "call_statistics": {"dialled": "#"},
    "cases": {"recording_id": "~recording", "verdict": "good", "title": "# says", "from_ms": 0, "until_ms": 9},
    "cdr": {"linkedid": "~call", "src": "#", "clid": '"张三" <#>', "digest": "@a"},
    "cel": {
        "linkedid": "~call", "cid_num": "#", "cid_name": "张三", "appdata": "PJSIP/#@trunk", "digest": "@a",
        "eventtype": "CCORE_WALK", "eventextra": '{"extra":"3:10086:zh:7;main:key:1:card;card:key:622200:x"}',
    },
    "coaching_notes": {"recording_id": "~recording", "text": "call # back", "from_ms": 0, "until_ms": 9},
    "commission_dispute_notes": {"note": "of #", "became": "open"},
    "commission_postings": {"note": "of #", "kind": "adjustment"},
    "consents": {"number": "#", "purpose": "sale", "withdrawn_at": "2026-11-01", "withdrawn_by": "x"},
    "contacts": {"number": "#", "contact_id": "@7", "name": "张三"},
    "contact_call_backs": {"contact_id": "@7", "note": "ask for 张三"},
    "contact_numbers": {"contact_id": "@7", "number": "#"},
    "customers": {"number": "#", "name": "张三"},
    "dispositions": {"call_id": "~call", "fields": '{"address": "#"}'},
    "do_not_call_prefixes": {"prefix": "#"},
    "employee_numbers": {"number": "#", "kind": "own", "employee_id": "@5"},
    "employees": {"number": "#", "phone": "#", "employee_id": "@5", "kind": "staff", "language": "zh"},
    "erased_numbers": {"number": "#"},
    "folded_calls": {
        "linkedid": "~call", "state": "ended", "disposition": "answered", "ended_at": "2026-11-22 08:00+00",
        "started_at": "2026-11-22 07:00+00", "duration_ms": 1, "caller": "#", "caller_name": "张三",
        "call_keys": "~keys",
    },
    "fraud_flags": {"order_id": "~order", "detail": '{"subscriber": "#"}'},
    "handlings": {"call_id": "~call", "detail": '{"to": "#"}'},
    "idempotent_requests": {"key": "@k", "request": bytes(32), "body": '{"number": "#"}', "status": 200},
    "inbox": {"sender": "#", "gateway_id": "@1", "body": "10001 我是张三"},
    "last_served": {"number": "#"},
    "offers": {"call_key": "~key", "channel": "@c", "decision": '{"caller": "#"}', "agreed": True},
    "order_attempts": {"caller": "#", "subscriber": "#", "call_key": "~key", "channel": "call"},
    "order_moves": {"order_id": "~order", "reason": "# asked"},
    "orders": {
        "order_id": "~order", "subscriber": "#", "nth": 1, "call_key": "~key", "channel": "call", "state": "cancelled",
        "employee_id": 5,
    },
    "outbox": {
        "message_id": "@1", "recipient": "#", "params": '{"number": "#"}', "state": "sent", "body": "dear 张三, #",
    },
    "previews": {
        "number": "#", "contact_id": "@7", "reason": "# is away", "state": "over", "ended_at": "2026-11-01",
        "agent": "@77",
    },
    "provisionings": {"order_id": "~order", "reason": "no line #", "action": "on", "due_since": "2026-11-01"},
    "queue_calls": {"linkedid": "~call", "caller": "#", "how": "answered", "wait_ms": 0},
    "receipts": {"message_id": "@1", "word": "delivered", "detail": "to #"},
    "recording_holds": {"kind": "number", "value": "@none", "reason": "of #", "released_at": "2026-11-01"},
    "recording_listens": {"recording_id": "~recording", "way": "file"},
    "review_steps": {"note": "of #", "step": "submit"},
    "reviews": {"recording_id": "~recording", "summary": "# was angry", "scorecard_id": "@1"},
    "survey_answers": {"call_key": "~key", "score": 5},
    "texts_handled": {"call_key": "~key", "sender": "#", "asked": "10001"},
    "upload_faults": {"number": "#", "shown": "#"},
    "upload_rows": {"number": "#", "name": "张三"},
    "visits": {"call_key": "~key", "number": "#", "decision": '{"caller": "#"}'},
    "voicemails": {"call_key": "~key", "file": "@v", "caller": "#", "audio": "80"},
    "walk_steps": {"linkedid": "~call", "key": "#"},
    "walks": {"linkedid": "~call", "caller": "#", "outcome": "contained", "to_target_ms": 1},
}  # fmt: skip
# Made by their own hands: a recording with its sound, an audit and proofs of erasure that are whole chains.
BY_THEMSELVES = {"recordings", "audit", "erasures"}
_EMPTY: Mapping[str, object] = {
    "text": "x", "int8": 1, "int4": 1, "int2": 1, "jsonb": "{}", "_text": [], "bool": False, "bytea": b"\0",
    "timestamptz": "2026-11-22 07:00+00", "date": "2026-11-22", "float8": 1.0, "_int8": [], "numeric": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Somebody:
    """A number, and what leads to their rows that do not have it: a call, a recording that is there, an order."""

    number: str
    call: str
    recording: int
    order: int

    @property
    def known(self) -> dict[str, object]:
        """What words of SAID stand for."""
        key = f"node1!{self.call}"
        return {"~call": self.call, "~key": key, "~keys": [key], "~recording": self.recording, "~order": self.order}


async def made(dsn: str, *people: Somebody) -> None:
    """Leave a row of each at every place but those that are made by themselves."""
    connection = await asyncpg.connect(dsn)
    try:
        bonds = await connection.fetch(BONDS)
        tables = {row["table"] for row in await connection.fetch(COLUMNS)}
        await _all(connection, (f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}" for row in bonds))
        await _all(connection, (f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables))
        for one in people:
            await _made(connection, one)
        await _all(connection, (f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables))
        bound = "ALTER TABLE {} ADD CONSTRAINT {} {} NOT VALID"
        await _all(connection, (bound.format(row["table"], row["name"], row["said"]) for row in bonds))
    finally:
        await connection.close()


async def _made(connection: asyncpg.Connection, one: Somebody) -> None:
    for table in dict.fromkeys(place.table for place in PLACES if place.table not in BY_THEMSELVES):
        said = {**_ties(table), **SAID.get(table, {})}
        await _insert(connection, table, {name: _filled(value, one) for name, value in said.items()})
    await connection.execute(
        "INSERT INTO audit (actor, action, subject) VALUES ('ada', 'consent-noted', $1)", f"number:{one.number}"
    )


async def _all(connection: asyncpg.Connection, statements: Iterable[str]) -> None:
    await connection.execute(";".join(statements))


def _ties(table: str) -> dict[str, object]:
    return {
        tie.column: "#" for place in PLACES if place.table == table
        for tie in place.ties if tie.ref is Ref.NUMBER and not tie.many
    }  # fmt: skip


def _filled(value: object, one: Somebody) -> object:
    """``#`` is the number; ``@x`` differs from person to person."""
    if not isinstance(value, str):
        return value
    if value in one.known:
        return one.known[value]
    if value.startswith("@"):
        return value[1:] + one.number[-2:]
    return value.replace("#", one.number)


async def _insert(connection: asyncpg.Connection, table: str, row: Mapping[str, object]) -> None:
    needed = {each["name"]: each["kind"] for each in await connection.fetch(NEW_ROW, table)}
    typed = "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = $1"
    kinds: dict[str, str] = {each[0]: each[1] for each in await connection.fetch(typed, table)}
    whole = {**{name: "zh" if name == "language" else _EMPTY[kind] for name, kind in needed.items()}, **row}
    values = ", ".join(f"{_literal(value)}::{kinds[name]}" for name, value in whole.items())
    names = ", ".join(f'"{name}"' for name in whole)
    try:
        await connection.execute(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})")
    except asyncpg.PostgresError as error:
        raise AssertionError(f"{table}: {error}: say what it wants in SAID") from error


def _literal(value: object) -> str:
    match value:
        case bytes():
            return f"'\\x{value.hex()}'"
        case list():
            return "ARRAY[{}]::text[]".format(", ".join(map(_literal, value)))
        case bool() | int() | float():
            return f"'{value}'"
    return "'" + str(value).replace("'", "''") + "'"


async def standing(dsn: str, pattern: str) -> dict[str, int]:
    """In how many rows of which tables a number stands, in any column that holds text."""
    connection = await asyncpg.connect(dsn)
    try:
        columns: dict[str, list[str]] = {}
        for row in await connection.fetch(COLUMNS):
            said = f"encode(\"{row['column']}\", 'escape')" if row["kind"] == "bytea" else f'"{row["column"]}"::text'
            columns.setdefault(row["table"], []).append(said)
        found = {}
        for table, every in columns.items():
            sql = f"SELECT count(*) FROM {table} WHERE concat_ws(' ', {', '.join(every)}) ~ $1"
            found[table] = await connection.fetchval(sql, pattern)
        return {table: rows for table, rows in found.items() if rows}
    finally:
        await connection.close()


def may_stay() -> Iterator[str]:
    """Tables in which the map keeps numbers."""
    yield from (place.table for place in PLACES if _keeps(place))


def _keeps(place: Place) -> bool:
    return place.fate is Fate.KEPT and (
        any(tie.ref is Ref.NUMBER for tie in place.ties) or bool(place.mention + place.binary)
    )
