"""Reads what a run has left in the database and in Asterisk's files."""

import csv
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import asyncpg

from ccore.cdr.rows import CDR, CEL
from tests.chaos.model import Attempt, Entry, Evidence, Folded, Heard, Line, Log, Message, Order
from tests.support.site import Site

PROMPT = "ccore/"

Rows = Callable[[str], Awaitable[list[asyncpg.Record]]]  # what a query answers


_ORDERS = """
SELECT o.order_id, o.call_key, o.subscriber, o.product_id, o.nth, o.employee_id,
       (SELECT c.employee_id FROM claims c JOIN products d USING (product_id)
        WHERE '10086' || d.code || c.code = o.dialled AND c.valid @> o.called_at) AS holder_id,
       o.dialled, coalesce(r.fen, round(o.price_fen * r.basis_points / 10000.0))::bigint
           AS owed_fen,
       o.state, o.earns IS NULL AS sold, o.confirm_by,
       EXISTS (SELECT FROM provisionings v WHERE v.order_id = o.order_id AND v.action = 'on') AS provided
FROM orders o JOIN commission_rules r USING (rule_id) ORDER BY o.order_id
"""
_ATTEMPTS = "SELECT call_key, caller, dialled, channel, outcome, order_id FROM order_attempts ORDER BY attempt_id"
_LEDGER = "SELECT order_id, employee_id, kind, amount_fen FROM commission_ledger ORDER BY entry_id"
_MESSAGES = (
    "SELECT order_id, coalesce(call_key, '') AS call_key, kind, recipient, state FROM outbox ORDER BY message_id"
)
_CALLS = "SELECT linkedid, state, duration_ms, billed_ms, call_keys FROM folded_calls"


async def gather(site: Site) -> Evidence:
    """Read it all, from the site's only node; what the database has, as of one moment."""
    connection = await asyncpg.connect(site.postgres.dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _gathered(site, connection.fetch)
    finally:
        await connection.close()


async def _gathered(site: Site, rows: Rows) -> Evidence:
    name = site.node.name
    return Evidence(
        cel=await _log(site, rows, site.config.log_dir(name) / CEL.path, "cel"),
        cdr=await _log(site, rows, site.config.log_dir(name) / CDR.path, "cdr"),
        orders=[Order(**row) for row in await rows(_ORDERS)],
        attempts=[Attempt(**row) for row in await rows(_ATTEMPTS)],
        ledger=[Entry(**row) for row in await rows(_LEDGER)],
        messages=[Message(**row) for row in await rows(_MESSAGES)],
        audited=[row["subject"] for row in await rows("SELECT subject FROM audit ORDER BY audit_id")],
        calls=[Folded(**{**row, "call_keys": tuple(row["call_keys"])}) for row in await rows(_CALLS)],
        rejected=(await rows("SELECT count(*) FROM call_record_rejects"))[0][0],
        due=(await rows("SELECT count(*) FROM call_folds_due"))[0][0],
        spool=sorted(
            str(path.relative_to(site.config.spool_dir(name)))
            for path in site.config.spool_dir(name).rglob("*")
            if path.is_file()
        ),
    )


async def _log(site: Site, rows: Rows, path: Path, table: str) -> Log:
    stored = [row["digest"] for row in await rows(f"SELECT digest FROM {table}")]
    return read_log(path.read_bytes() if path.exists() else b"", site.node.name, table, stored)


def read_log(data: bytes, node: str, table: str, stored: Sequence[bytes] = ()) -> Log:
    """The lines of a file of rows that hold no line break, as those of our own callers do not."""
    width, at = (CEL.width, _CEL_FIELDS) if table == "cel" else (CDR.width, _CDR_FIELDS)
    lines, torn = [], 0
    for piece in data.split(b"\n")[:-1]:
        # What a full disk cut off stands before the next row, in one line with it.
        start = max(piece.rfind(f'"{node}","'.encode()), 0)
        torn += start > 0
        fields = _fields(piece[start:].decode(errors="replace"))
        if len(fields) == width and fields[0] == node:
            digest = hashlib.blake2b(piece[start:], digest_size=16).digest()
            lines.append(Line(digest, **{key: fields[index] for key, index in at.items()}))
        else:
            torn += 1
    return Log(lines, torn, list(stored), unfinished=not data.endswith(b"\n") and data != b"")


_CEL_FIELDS = {"event": 1, "name": 3, "caller": 4, "app": 11, "data": 12, "uniqueid": 15, "linkedid": 16}
_CDR_FIELDS = {"uniqueid": 1, "linkedid": 2}


def _fields(text: str) -> list[str]:
    if not (text.startswith('"') and text.endswith('"')):
        return []
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return []


def heard(log: Log, node: str) -> Iterator[Heard]:
    """Every channel of the CEL file, in order."""
    channels: dict[str, list[Line]] = {}
    for line in log.lines:
        channels.setdefault(line.uniqueid, []).append(line)
    for uniqueid, lines in channels.items():
        told = [line.data.removeprefix(PROMPT) for line in lines if (line.event, line.app) == ("APP_START", "Playback")]
        yield Heard(
            f"{node}!{uniqueid}",
            next((line.name for line in lines if line.name), ""),
            next((line.caller for line in lines if line.caller), ""),
            any(line.event == "ANSWER" for line in lines),
            tuple(told),
        )
