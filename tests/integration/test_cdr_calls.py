"""Stored rows become one record for each call, with its order, and with an end even if Asterisk died in it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ccore.cdr.rows import CEL, read
from ccore.db.pool import Database
from ccore.ordering.demo import seed
from tests.integration.cdr_site import Site, calls
from tests.support.asterisk_logs import FIRST_CALL_AT, Logs, MadeUpCall, append, recorded_bytes

SECOND = timedelta(seconds=1)


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node that has not written anything."""
    sql = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, sql)
    await sql.close()


async def record(site: Site, linkedid: str) -> dict[str, Any]:
    """The call record as people read it."""
    [row] = await site.sql.fetch("SELECT * FROM call_records WHERE linkedid = $1", linkedid)
    return dict(row)


async def order(site: Site, call_key: str) -> int:
    """An order placed in the call ``call_key``, as ordering writes it; its number."""
    await seed(site.database)
    order_id: int = await site.sql.fetchval(
        "INSERT INTO orders (call_key, subscriber, nth, product_id, claim_id, employee_id, dialled, price_fen, channel,"
        " called_at) SELECT $1, '+8613800138000', 1, product_id, claim_id, employee_id, '1008610001', 1000, 'call', $2"
        " FROM claims LIMIT 1 RETURNING order_id",
        call_key,
        FIRST_CALL_AT,
    )
    await attempt(site, call_key, "placed", order_id)
    return order_id


async def attempt(site: Site, call_key: str, outcome: str, order_id: int | None) -> None:
    """A try to order, as ordering writes it."""
    await site.sql.execute(
        "INSERT INTO order_attempts (call_key, caller, subscriber, dialled, channel, outcome, reason, order_id,"
        " called_at) VALUES ($1, '13800138000', '+8613800138000', '1008610001', 'call', $2, '', $3, $4)",
        call_key,
        outcome,
        order_id,
        FIRST_CALL_AT,
    )


async def test_a_call_has_the_order_that_was_placed_in_it(site: Site) -> None:
    call, other = calls(0, 2)
    site.logs.add(call, other)
    order_id = await order(site, f"node1!{call.linkedid}")
    await site.read()
    assert (await record(site, call.linkedid))["order_id"] == order_id
    assert (await record(site, call.linkedid))["order_outcome"] == "placed"
    assert (await record(site, other.linkedid))["order_id"] is None


async def test_an_order_that_came_by_the_spool_after_the_call_is_found_too(site: Site) -> None:
    [call] = calls(0, 1)
    site.logs.add(call)
    await site.read()
    assert (await record(site, call.linkedid))["order_id"] is None
    order_id = await order(site, f"node1!{call.linkedid}")
    assert (await record(site, call.linkedid))["order_id"] == order_id


async def test_a_try_that_gave_no_order_is_told(site: Site) -> None:
    [call] = calls(0, 1)
    site.logs.add(call)
    await attempt(site, f"node1!{call.linkedid}", "unknown-code", None)
    await site.read()
    seen = await record(site, call.linkedid)
    assert (seen["order_id"], seen["order_outcome"]) == (None, "unknown-code")


async def test_the_order_of_a_call_that_was_bridged_into_another_stays_with_it(site: Site) -> None:
    append(site.logs.cel, recorded_bytes("merged", "cel"))
    append(site.logs.cdr, recorded_bytes("merged", "cdr"))
    order_id = await order(site, "node1!node1-1795333778.12")
    await site.read()
    assert (await record(site, "node1-1795333778.12"))["order_id"] == order_id
    assert (await record(site, "node1-1795333777.11"))["order_id"] is None


@pytest.mark.parametrize(
    ("name", "disposition"),
    [("unanswered", "no-answer"), ("busy", "busy"), ("congestion", "congestion"), ("cancelled", "no-answer")],
)
async def test_calls_that_nobody_answered_are_records_too(site: Site, name: str, disposition: str) -> None:
    append(site.logs.cel, recorded_bytes(name, "cel"))
    append(site.logs.cdr, recorded_bytes(name, "cdr"))
    await site.read()
    [row] = await site.sql.fetch("SELECT state, disposition, billed_ms, answered_at FROM call_records")
    assert tuple(row) == ("ended", disposition, 0, None)


async def test_rows_that_come_late_change_the_record(site: Site) -> None:
    call = MadeUpCall(0)
    records = site.records()
    lines = [line + b"\n" for line in call.cel.splitlines()]
    states = []
    for line in (lines[2], lines[0], lines[4], lines[1], lines[3]):
        append(site.logs.cel, line)
        await records.catch_up()
        states.append((await record(site, call.linkedid))["state"])
    append(site.logs.cdr, call.cdr)
    await records.catch_up()
    assert states == ["open", "open", "ended", "ended", "ended"]
    await site.assert_just(call)


async def test_calls_open_when_asterisk_died_are_closed_once_it_runs_again(site: Site) -> None:
    records = site.records()
    append(site.logs.cel, recorded_bytes("interrupted", "cel"))
    await records.catch_up()
    assert await site.count("call_records WHERE state = 'open'") == 2
    [last] = await site.sql.fetch("SELECT max(event_at) AS at FROM cel")
    records.note_boot("node1", last["at"] + SECOND)
    records.note_boot("node2", last["at"] + SECOND)
    await records.catch_up()
    assert await site.count("call_records WHERE state = 'interrupted' AND disposition = 'answered'") == 2
    ends = await site.sql.fetch("SELECT ended_at FROM call_records ORDER BY ended_at")
    assert ends[-1]["ended_at"] == last["at"]
    assert (await records.replay()).same


async def test_an_older_start_told_late_closes_nothing(site: Site) -> None:
    records = site.records()
    append(site.logs.cel, recorded_bytes("interrupted", "cel"))
    await records.catch_up()
    first = await site.sql.fetchval("SELECT min(event_at) FROM cel")
    records.note_boot("node1", first - SECOND)
    await records.catch_up()
    assert await site.count("call_records WHERE state = 'open'") == 2


async def test_a_start_in_the_future_closes_what_was_open_and_nothing_after(site: Site) -> None:
    """Asterisk's clock, or the time zone configured for it, is wrong."""
    records = site.records()
    append(site.logs.cel, MadeUpCall(0).event("CHAN_START", 0))
    await records.catch_up()
    now: datetime = await site.sql.fetchval("SELECT now()")
    records.note_boot("node1", now + 8 * 3600 * SECOND)
    await records.catch_up()
    later = MadeUpCall(int((now + 60 * SECOND - FIRST_CALL_AT) / (SECOND / 10)))
    append(site.logs.cel, later.event("CHAN_START", 0))
    await records.catch_up()
    assert (await record(site, MadeUpCall(0).linkedid))["state"] == "interrupted"
    assert (await record(site, later.linkedid))["state"] == "open"


async def test_a_new_start_shows_in_the_channel_events_themselves(site: Site) -> None:
    """No AMI: the first channel of the new Asterisk has a lower number than those before."""
    append(site.logs.cel, recorded_bytes("interrupted", "cel"))
    await site.read()
    append(site.logs.cel, recorded_bytes("interrupted", "cel") + recorded_bytes("after_restart", "cel"))
    append(site.logs.cdr, recorded_bytes("after_restart", "cdr"))
    await site.read()
    states = await site.sql.fetch("SELECT state, count(*) FROM call_records GROUP BY state ORDER BY state")
    assert [tuple(row) for row in states] == [("ended", 1), ("interrupted", 2)]


async def test_calls_interrupted_are_folded_so_though_their_rows_are_read_after_the_start(site: Site) -> None:
    records = site.records()
    records.note_boot("node1", FIRST_CALL_AT + timedelta(days=365))
    append(site.logs.cel, recorded_bytes("interrupted", "cel"))
    await records.catch_up()
    assert await site.count("call_records WHERE state = 'interrupted'") == 2


async def test_calls_whose_end_was_never_written_are_closed_once_asterisk_has_them_no_more(site: Site) -> None:
    """Its disk was full, or its clock was ahead when it died."""
    lost, living, ahead = MadeUpCall(0), MadeUpCall(1), MadeUpCall(10 * 60 * 60 * 24 * 3650)
    records, at_once = site.records(), timedelta(0)
    for call in (lost, living, ahead):
        append(site.logs.cel, call.event("CHAN_START", 0))
    await records.catch_up()
    assert await records.cut("node2", [], at_once) == 0
    assert await records.cut("node1", []) == 0, "what was read of them came just now"
    assert await records.cut("node1", [living.linkedid], at_once) == 2
    await records.catch_up()
    states = {call: (await record(site, call.linkedid))["state"] for call in (lost, living, ahead)}
    assert states == {lost: "interrupted", living: "open", ahead: "interrupted"}
    assert (await records.replay()).same
    append(site.logs.cel, lost.event("ANSWER", 1))
    await records.catch_up()
    assert (await record(site, lost.linkedid))["state"] == "open", "it lives after all"
    assert await records.cut("node1", [living.linkedid], at_once) == 1
    append(site.logs.cel, lost.event("LINKEDID_END", 2))
    await records.catch_up()
    assert (await record(site, lost.linkedid))["state"] == "ended"
    assert (await records.replay()).same


async def test_a_clock_ahead_of_ours_is_noted(site: Site) -> None:
    call = MadeUpCall(10 * 60 * 60 * 24 * 3650)  # ten years from the others
    site.logs.add(call)
    await site.read()
    assert (await record(site, call.linkedid))["clock_suspect"]
    await site.assert_just(call)


async def test_replay_finds_and_mends_what_is_not_what_the_rows_say(site: Site) -> None:
    site.logs.add(*calls(0, 250))
    await site.read()
    wrong, missing = calls(0, 250)[7].linkedid, calls(0, 250)[240].linkedid
    await site.sql.execute("UPDATE folded_calls SET caller = 'somebody' WHERE linkedid = $1", wrong)
    await site.sql.execute("DELETE FROM folded_calls WHERE linkedid = $1", missing)
    records = site.records()
    found = await records.replay()
    assert (found.same, set(found.differing)) == (False, {("node1", wrong), ("node1", missing)})
    assert await site.count("folded_calls WHERE caller = 'somebody'") == 1, "it only looked"
    mended = await records.replay(write=True)
    assert set(mended.differing) == set(found.differing)
    assert (await records.replay()).same
    await site.assert_just(*calls(0, 250))


async def test_a_row_committed_while_its_call_is_folded_is_folded_next(site: Site) -> None:
    """Its mark is there already, is not taken away from under it, and so is taken after it."""
    call = MadeUpCall(0)
    lines = [line + b"\n" for line in call.cel.splitlines()]
    append(site.logs.cel, b"".join(lines[:2]))
    append(site.logs.cdr, call.cdr)
    records = site.records()
    await records.catch_up()
    await site.sql.execute("INSERT INTO call_folds_due SELECT node, linkedid FROM folded_calls")
    async with site.database.transaction() as transaction:
        await transaction.execute("cdr.make_cel_incoming")
        await transaction.copy_records("cel_incoming", columns=CEL.columns, records=read(CEL, lines[4]).rows)
        await transaction.fetch_value("cdr.store_cel")
        await site.records().catch_up()  # another ccore folds in this very moment
    await records.catch_up()
    assert (await record(site, call.linkedid))["state"] == "ended"


async def test_ended_calls_without_cdr_are_counted(site: Site) -> None:
    """F6: the disk was full when Asterisk wrote the CDR."""
    site.logs.add(*calls(0, 3))
    append(site.logs.cel, MadeUpCall(3).cel)
    await site.read()
    assert await site.count("folded_calls WHERE cdrs = 0") == 1
    await site.sql.execute("UPDATE folded_calls SET started_at = started_at + d, answered_at = answered_at + d,"
                           " ended_at = ended_at + d FROM (SELECT now() - interval '1 hour' - min(started_at) AS d"
                           " FROM folded_calls) AS shift")  # fmt: skip
    assert await site.database.fetch_value("cdr.calls_without_cdr") == 1
