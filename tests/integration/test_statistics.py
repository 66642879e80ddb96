"""The statistics in PostgreSQL are those of the records, whoever folds, is killed or comes late; `replay` proves it."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from ccore.cdr.folding import Folding
from ccore.cdr.rows import CEL, read
from ccore.cdr.statistics import QUARTER
from ccore.db.pool import Database
from tests.integration.cdr_site import Site, calls
from tests.support.asterisk_logs import FIRST_CALL_AT, NAMES, Logs, MadeUpCall, append, recorded_bytes
from tests.support.shop import call, open_shop, patient

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
DAY = (FIRST_CALL_AT, FIRST_CALL_AT + timedelta(days=1))


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node that has not written anything."""
    sql = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, sql)
    await sql.close()


async def assert_counted(site: Site) -> None:
    """The statistics say what the records say, and these what the rows say."""
    replay = await site.records().replay()
    assert (replay.same, replay.waiting) == (True, 0), str(replay)


@pytest.mark.parametrize("seed", range(3))
async def test_rows_in_any_order_and_pieces_are_counted_as_what_they_come_to(site: Site, seed: int) -> None:
    """Each recording's events come one by one, so calls go on, are answered, end, and move to earlier quarters."""
    rows = [row for name in NAMES for row in pieces(recorded_bytes(name, "cel"))]
    random.Random(seed).shuffle(rows)
    records = site.records()
    for begin in range(0, len(rows), 40):
        append(site.logs.cel, b"".join(rows[begin : begin + 40]))
        await records.catch_up()
        assert await site.database.fetch("cdr.miscounted", *EVER) == []
    assert await site.count("folded_calls WHERE state = 'ended'") > 20
    await assert_counted(site)


async def test_two_ccores_that_fold_at_once_count_every_call_once(site: Site, dsn: str) -> None:
    """They take different calls and change the same lines."""
    for made in calls(0, 1500):
        append(site.logs.cel, made.cel)
    await site.read()
    shared = False
    async with patient(dsn) as other:
        for _ in range(3):
            await move_all(site)
            done = await asyncio.gather(*(Folding(database).fold_due() for database in (site.database, other) * 2))
            assert sum(done) == 1500
            shared |= sum(part > 0 for part in done) > 1
            await assert_counted(site)
    assert shared, "they never shared the work"
    assert await site.count("call_statistics WHERE calls > 0") > 6


async def test_a_folding_that_is_cut_off_anywhere_counts_all_or_nothing(site: Site) -> None:
    for made in calls(0, 1500):
        append(site.logs.cel, made.cel)
    await site.read()
    dice, cut = random.Random(1), 0
    for _ in range(6):
        await move_all(site)
        folding = asyncio.create_task(Folding(site.database).fold_due())
        await asyncio.sleep(dice.random() * 0.2)
        await site.sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        await asyncio.wait((folding,))
        cut += folding.exception() is not None
        assert await site.database.fetch("cdr.miscounted", *EVER) == []
    assert cut, "it was never cut off in its work"
    await site.read_after_cut()
    await assert_counted(site)


async def test_a_call_is_counted_once_for_its_order_whenever_that_comes(site: Site) -> None:
    first, second, third = calls(0, 3)
    site.logs.add(first, second, third)
    shop = await open_shop(site.database)
    assert await shop.place(call("1008610001", first.caller, f"node1!{first.linkedid}", first.began_at)) == "placed"
    await site.read()
    assert await orders_of(site) == 1
    late = call("1008610002", "13900139000", f"node1!{second.linkedid}", second.began_at, "spool")
    assert await shop.place(late) == "placed"
    assert await orders_of(site) == 2
    await assert_counted(site)


async def test_a_number_of_any_length_is_counted(site: Site) -> None:
    endless = "".join(random.choices("0123456789张三", k=9000)).encode()
    append(site.logs.cel, calls(0, 1)[0].cel.replace(b"1008610001", endless))
    await site.read()
    [(line, _, _)] = (await site.records().statistics(*DAY)).lines
    assert line.dialled == endless.decode()[:80]
    await assert_counted(site)


async def test_statistics_are_of_whole_quarters_in_order(site: Site) -> None:
    site.logs.add(MadeUpCall(0), MadeUpCall(1), MadeUpCall(9_000), MadeUpCall(18_000), MadeUpCall(36_000))
    await site.read()
    inside = await site.records().statistics(FIRST_CALL_AT + QUARTER / 2, FIRST_CALL_AT + QUARTER * 1.5)
    assert (inside.begin, inside.end, inside.complete) == (FIRST_CALL_AT, FIRST_CALL_AT + 2 * QUARTER, True)
    assert [(line.began_at, count.calls, count.answered) for line, count, _ in inside.lines] == [
        (FIRST_CALL_AT, 2, 2), (FIRST_CALL_AT + QUARTER, 1, 1)
    ]  # fmt: skip
    [(line, count, _), *_] = inside.lines
    assert line[:3] == ("node1", "trunk", "1008610001")
    assert (count.duration_ms, count.billed_ms, count.talk_ms) == (3400, 3000, 0)
    whole = await site.records().statistics(*DAY)
    assert [count.calls for _, count, _ in whole.lines] == [2, 1, 1, 1]


async def test_replay_tells_wrong_lines_changes_nothing_and_on_demand_counts_anew(site: Site) -> None:
    site.logs.add(*calls(0, 20), MadeUpCall(9_000), MadeUpCall(18_000))
    await site.read()
    await site.sql.execute("UPDATE call_statistics SET talk_ms = 7 WHERE began_at = $1", FIRST_CALL_AT)
    await site.sql.execute("DELETE FROM call_statistics WHERE began_at = $1", FIRST_CALL_AT + QUARTER)
    nonsense = "INSERT INTO call_statistics SELECT 'node7', '', '', $1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"
    await site.sql.execute(nonsense, FIRST_CALL_AT)
    everything = "SELECT s::text FROM call_statistics s UNION ALL SELECT c::text FROM folded_calls c ORDER BY 1"
    before = await site.sql.fetch(everything)
    found = await site.records().replay()
    assert [(line.node, line.began_at) for line in found.miscounted] == [
        ("node1", FIRST_CALL_AT), ("node7", FIRST_CALL_AT), ("node1", FIRST_CALL_AT + QUARTER)
    ]  # fmt: skip
    assert (found.same, found.differing) == (False, ())
    assert str(found).splitlines()[1:3] == [
        "2 lines of the statistics counted again, 3 differ", "  node1 trunk 1008610001 2026-11-22T01:00Z"
    ]  # fmt: skip
    assert await site.sql.fetch(everything) == before
    mended = await site.records().replay(write=True)
    assert mended.miscounted == found.miscounted
    await assert_counted(site)
    await site.assert_just(*calls(0, 20), MadeUpCall(9_000), MadeUpCall(18_000))


async def test_replay_judges_no_call_that_waits_to_be_folded_and_leaves_it_so(site: Site) -> None:
    site.logs.add(*calls(0, 5))
    await site.read()
    await site.sql.execute("UPDATE cel SET cid_num = '110'")
    await site.sql.execute("INSERT INTO call_folds_due SELECT node, linkedid FROM folded_calls LIMIT 4")
    replay = await site.records().replay()
    assert (replay.waiting, len(replay.differing), await site.count("call_folds_due")) == (4, 1, 4)
    assert str(replay).startswith("5 calls folded again (4 wait to be folded), 1 differ\n  node1 ")
    assert len((await site.records().replay(write=True)).differing) == 1
    assert await site.count("call_folds_due") == 0
    await assert_counted(site)


async def test_replay_beside_a_ccore_that_folds_finds_nothing_and_mends_without_harm(site: Site, dsn: str) -> None:
    """What it compares is one moment's view; what it mends nobody else folds meanwhile."""
    for made in calls(0, 600):
        append(site.logs.cel, made.cel)
    await site.read()
    enough = asyncio.Event()
    busy = asyncio.create_task(keep_moving(dsn, enough))
    for _ in range(12):
        replay = await site.records().replay()
        assert (replay.calls, replay.same) == (600, True), str(replay)
    for _ in range(3):
        for wrong in random.sample(
            calls(0, 600), 20
        ):  # each alone: nobody folds and waits for a stranger's UPDATE of many
            await site.sql.execute("UPDATE folded_calls SET caller = 'x', legs = 7 WHERE linkedid = $1", wrong.linkedid)
        assert (await site.records().replay(write=True)).calls == 600
    assert not busy.done(), busy.exception()
    enough.set()
    await busy  # to the end of its round: of a statement cut off nobody knows when it is done
    await site.read()
    assert await site.count("folded_calls WHERE legs = 7") == 0
    await assert_counted(site)


def pieces(data: bytes) -> list[bytes]:
    """The rows of a CEL file."""
    return [data[begin:end] for begin, end in read(CEL, data).spans]


MOVE = "UPDATE cel SET exten = (1 + (random() * 5)::int)::text, event_at = event_at + random() * interval '40 min'"


async def move_all(site: Site) -> None:
    """Make all calls ones of other numbers and times."""
    await site.sql.execute(MOVE)
    await site.sql.execute("INSERT INTO call_folds_due SELECT node, linkedid FROM folded_calls ON CONFLICT DO NOTHING")


async def keep_moving(dsn: str, enough: asyncio.Event) -> None:
    """Change some calls and fold them as another ccore would, until it is enough."""
    async with patient(dsn) as database:
        sql = await asyncpg.connect(dsn)
        try:
            while not enough.is_set():
                async with sql.transaction():  # rows and mark, as they are stored
                    some = "SELECT node, linkedid FROM folded_calls WHERE random() < 0.1"
                    await sql.execute(
                        f"WITH chosen AS ({some}),"
                        " due AS (INSERT INTO call_folds_due SELECT * FROM chosen ORDER BY 1, 2"
                        " ON CONFLICT (node, linkedid) DO UPDATE SET linkedid = excluded.linkedid)"
                        f" {MOVE} FROM chosen WHERE (cel.node, cel.linkedid) = (chosen.node, chosen.linkedid)"
                    )
                await Folding(database).fold_due()
        finally:
            await sql.close()


async def orders_of(site: Site) -> int:
    """The orders that the statistics of the day tell."""
    return sum(orders for _, _, orders in (await site.records().statistics(*DAY)).lines)
