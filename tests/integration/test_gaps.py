"""The ledger tells every time in which no ccore heard a node, and only those, whatever is away or killed meanwhile."""

import asyncio
import itertools
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from ccore.calls import gaps
from ccore.calls.gaps import GapLedger, open_gaps
from ccore.cdr import intake as module
from ccore.clock import utc_now
from ccore.config import Database as Settings
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.errors import Unavailable
from tests.integration.cdr_site import Site, calls
from tests.support.asterisk_logs import Logs, append
from tests.support.postgres import private_postgres
from tests.support.shop import sql
from tests.support.waiting import until

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
NOTED = "SELECT began_at, ended_at, why FROM ami_gaps ORDER BY began_at, ended_at"
Told = tuple[datetime, datetime, str]


def at(seconds: float) -> datetime:
    """So long after the beginning of a story."""
    return START + timedelta(seconds=seconds)


def ledger(database: Database, instance: str = "a") -> GapLedger:
    """A ccore that has just been started, as far as gaps go."""
    return GapLedger(database, instance, ["node1", "node2"])


async def noted(dsn: str) -> list[Told]:
    """The gaps of the ledger."""
    return [(row[0], row[1], row[2]) for row in await sql(dsn, NOTED)]


async def test_a_node_that_is_seen_for_the_first_time_has_no_gap(database: Database, dsn: str) -> None:
    first = ledger(database)
    first.linked("node1", at(0), 1)
    await first.write(at(1))
    assert await noted(dsn) == []
    assert await open_gaps(database, ["node1", "node2"]) == []


async def test_a_link_that_is_lost_and_made_again_leaves_a_gap(database: Database, dsn: str) -> None:
    kept = ledger(database)
    kept.linked("node1", at(0), 1)
    await kept.write(at(1))
    kept.lost("node1", at(2), "silent")
    kept.lost("node1", at(3), "unreachable")  # a try that failed: nothing new
    await kept.write(at(4))
    [lasting] = await open_gaps(database, ["node1", "node2"])
    assert (lasting.node, lasting.began_at, lasting.ended_at, lasting.why) == ("node1", at(2), None, "silent")
    assert await open_gaps(database, ["node2"]) == []
    kept.linked("node1", at(5), 2)
    await kept.write(at(6))
    await kept.write(at(8))
    assert await noted(dsn) == [(at(2), at(5), "silent")]
    [over] = await open_gaps(database, ["node1"])
    assert over.ended_at == at(5)
    [row] = await sql(dsn, "SELECT node, instance, epoch, closed_at FROM ami_gaps")
    assert tuple(row) == ("node1", "a", 2, None)
    assert kept.health() == {"open": 1, "unwritten": 0, "trouble": ""}


@pytest.mark.parametrize(
    ("before", "after", "why"), [("then", "then", "ccore-away"), ("then", "later", "asterisk-restarted")]
)
async def test_a_ccore_that_was_away_finds_the_gap_from_the_newest_heartbeat(
    database: Database, dsn: str, before: str, after: str, why: str
) -> None:
    killed = ledger(database, "b")
    killed.linked("node1", at(0), 7, before)
    for second in (2, 4, 6):
        await killed.write(at(second))
    back = ledger(database)
    back.linked("node1", at(60), 1, after)
    await back.write(at(61))
    assert await noted(dsn) == [(at(6), at(60), why)]


async def test_there_is_no_gap_while_another_ccore_hears_the_node(database: Database, dsn: str) -> None:
    one, two = ledger(database, "one"), ledger(database, "two")
    one.linked("node1", at(0), 1)
    two.linked("node1", at(1), 1)
    one.lost("node1", at(5), "closed")
    one.linked("node1", at(9), 2)
    await one.write(at(10))  # before two says that it heard the node meanwhile
    assert await noted(dsn) == [(at(5), at(9), "closed")]
    await two.write(at(11))
    assert await noted(dsn) == []
    two.lost("node1", at(20), "overflow")
    one.lost("node1", at(22), "closed")
    await one.write(at(23))
    assert len(await open_gaps(database, ["node1"])) == 0, "as far as one knows, two hears it"
    await two.write(at(23))
    [lasting] = await open_gaps(database, ["node1"])
    assert (lasting.began_at, lasting.why) == (at(22), "closed")
    two.linked("node1", at(25), 2)
    await two.write(at(26))
    assert await noted(dsn) == [(at(22), at(25), "closed")]


@pytest.mark.parametrize("seed", range(8))
async def test_whenever_each_writes_the_ledger_is_what_none_of_them_heard(
    database: Database, dsn: str, seed: int
) -> None:
    """Three ccores; each loses and makes its link at times of its own, and writes when PostgreSQL answers it."""
    dice = random.Random(seed)
    heard: list[tuple[float, float]] = []
    ledgers = [ledger(database, name) for name in "abc"]
    up_since: list[float | None] = [None, None, None]
    now = 0.0
    for _ in range(80):
        now += dice.choice([0.5, 1, 7, 30])
        which = dice.randrange(3)
        began = up_since[which]
        if began is None:
            ledgers[which].linked("node1", at(now), 1)
            up_since[which] = now
        elif dice.random() < 0.7:
            ledgers[which].lost("node1", at(now), "closed")
            heard.append((began, now))
            up_since[which] = None
        if dice.random() < 0.3:
            await ledgers[dice.randrange(3)].write(at(now))
    now += 1
    heard += [(began, now) for began in up_since if began is not None]
    for each in dice.sample(ledgers, 3):
        await each.write(at(now))
    assert [told[:2] for told in await noted(dsn)] == [(at(begin), at(end)) for begin, end in between(heard)]


def between(heard: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The times that lie between the first and the last of ``heard`` and in none of them."""
    found, until = [], min(heard)[0]
    for begin, end in sorted(heard):
        if begin > until:
            found.append((until, begin))
        until = max(until, end)
    return found


async def test_gaps_are_kept_while_postgresql_is_away(tmp_path: Path) -> None:
    async with private_postgres() as server:
        await migrate(server.dsn)
        database = Database(server.dsn, Settings(acquire_timeout_s=30))
        await database.open()
        kept = ledger(database)
        kept.linked("node1", began := utc_now(), 1)
        running = asyncio.create_task(kept.run())
        await until(lambda: kept.health()["unwritten"] == 0)
        await server.stop()
        for number in range(3):
            kept.lost("node1", began + timedelta(seconds=number + 1), "closed")
            kept.linked("node1", began + timedelta(seconds=number + 1.5), number + 2)
        await until(lambda: bool(kept.health()["trouble"]))
        assert kept.health()["unwritten"] == 3
        await server.start()
        await until(lambda: kept.health()["unwritten"] == 0)
        await until(lambda: kept.health()["trouble"] == "")  # the ledger clears it when the whole round is done
        assert [(begin - began, end - began) for begin, end, _ in await noted(server.dsn)] == [
            (timedelta(seconds=number), timedelta(seconds=number + 0.5)) for number in (1, 2, 3)
        ]
        running.cancel()
        await asyncio.wait((running,))
        await database.close()


async def test_more_gaps_than_can_be_kept_become_fewer_and_none_shorter(
    database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "MOST_LIVES", 3)
    kept = ledger(database)
    kept.linked("node1", at(0), 1)
    for number, why in enumerate(["closed", "silent", "closed", "overflow", "closed"]):
        kept.lost("node1", at(10 * number + 5), why)
        kept.linked("node1", at(10 * number + 10), number + 2)
    await kept.write(at(60))
    assert await noted(dsn) == [(at(5), at(40), "closed+silent+overflow"), (at(45), at(50), "closed")]


async def test_a_clock_that_is_set_back_hides_no_gap(database: Database, dsn: str) -> None:
    kept = ledger(database)
    kept.linked("node1", at(3600), 1)
    kept.lost("node1", at(3700), "closed")
    kept.linked("node1", at(101), 2)
    await kept.write(at(102))
    [(begin, end, _)] = await noted(dsn)
    assert (begin, end - begin) == (at(3700), gaps.SHORTEST)


async def test_a_write_whose_answer_is_lost_is_done_again_to_the_same_end(database: Database, dsn: str) -> None:
    kept = ledger(database)
    kept.linked("node1", at(0), 1)
    kept.lost("node1", at(5), "closed")
    kept.linked("node1", at(6), 2)
    await kept.write(at(7))
    again = ledger(database)  # which knows of no writing, as the first did before it had its answer
    again.linked("node1", at(0), 1)
    again.lost("node1", at(5), "closed")
    again.linked("node1", at(6), 2)
    await again.write(at(8))
    assert await noted(dsn) == [(at(5), at(6), "closed")]


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node whose files are read."""
    connection = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, connection)
    await connection.close()


async def with_gap(site: Site, began_s_ago: float, ended_s_ago: float) -> GapLedger:
    """A ccore that hears node1 again after a gap."""
    now = utc_now()
    kept = GapLedger(site.database, "a", ["node1"])
    kept.linked("node1", now - timedelta(hours=1), 1)
    kept.lost("node1", now - timedelta(seconds=began_s_ago), "closed")
    kept.linked("node1", now - timedelta(seconds=ended_s_ago), 2)
    await kept.write(now)
    return kept


async def is_open(site: Site, kept: GapLedger) -> bool:
    """Whether the one gap is open after another look, to the ledger and to whoever asks for statistics."""
    await kept.write(utc_now())
    now = utc_now()
    told = await site.records().statistics(now - timedelta(hours=1), now)
    assert told.complete is (kept.health()["open"] == 0)
    return not told.complete


async def test_a_gap_is_closed_once_both_logs_are_read_past_it_and_its_calls_are_folded(site: Site) -> None:
    kept = await with_gap(site, 60, 30)
    assert await is_open(site, kept)
    [cdr, cel] = site.records()._intakes["node1"]
    await cdr.catch_up()
    assert await is_open(site, kept), "the other log may tell more"
    append(site.logs.cel, calls(0, 1)[0].cel)
    await cel.catch_up()
    assert await is_open(site, kept), "its call is not folded"
    before = datetime.now(UTC) - timedelta(hours=2)
    assert (await site.records().statistics(before - timedelta(hours=1), before)).complete, "the gap is not there"
    await site.records()._folding.fold_due()
    assert not await is_open(site, kept)
    assert await site.count("ami_gaps WHERE closed_at > ended_at") == 1


async def test_calls_that_came_after_the_gap_was_read_do_not_keep_it_open(site: Site) -> None:
    """At 50 calls a second some call always waits to be folded."""
    kept = await with_gap(site, 60, 30)
    append(site.logs.cel, calls(0, 1)[0].cel)
    for intake in site.records()._intakes["node1"]:
        await intake.catch_up()
    assert await is_open(site, kept)
    await site.records()._folding.fold_due()
    append(site.logs.cel, calls(1, 2)[0].cel)
    for intake in site.records()._intakes["node1"]:
        await intake.catch_up()
    assert await site.count("call_folds_due") == 1
    assert not await is_open(site, kept)


async def test_a_gap_of_just_now_waits_for_what_asterisk_has_yet_to_write(site: Site) -> None:
    kept = await with_gap(site, 2, 0)

    async def is_closed() -> bool:
        await site.read()
        return not await is_open(site, kept)

    await until(is_closed)
    assert await site.sql.fetchval("SELECT closed_at > ended_at + $1 FROM ami_gaps", gaps.READ_PAST)


async def test_looks_without_news_are_noted_too_and_once_a_second(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    second_s = 3600.0  # in which a busy machine, too, has looked as often as here
    monkeypatch.setattr(module, "NOTE_EVERY_S", second_s)
    records = site.records()
    times = []
    for _ in range(5):
        await records.catch_up()
        times.append(await site.sql.fetch("SELECT log, read_until FROM call_log_reads ORDER BY log"))
    assert [row["log"] for row in times[0]] == ["cdr", "cel"]
    assert times[0] == times[-1], "not at every look"
    [cdr, _] = records._intakes["node1"]
    cdr._noted_at -= second_s
    await records.catch_up()
    later = await site.sql.fetch("SELECT log, read_until FROM call_log_reads ORDER BY log")
    assert later[0]["read_until"] > times[0][0]["read_until"]
    assert later[1] == times[0][1]


async def test_kill_9_of_a_ccore_leaves_a_gap_from_its_last_heartbeat(database: Database, dsn: str) -> None:
    program = "import asyncio, sys; from tests.integration.test_gaps import hear; asyncio.run(hear(sys.argv[1]))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, dsn)
    beats = "SELECT count(*) FROM ami_links WHERE alive_at > up_at"
    try:
        await until(lambda: is_one(dsn, beats))
        [(heard_at,)] = await sql(dsn, "SELECT alive_at FROM ami_links")
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    killed_at = utc_now()
    back = ledger(database, "hearer")
    back.linked("node1", utc_now(), 1)
    await back.write(utc_now())
    [(began_at, ended_at, why)] = await noted(dsn)
    assert heard_at <= began_at <= killed_at <= ended_at
    assert why == "ccore-away"


async def hear(dsn: str) -> None:
    """A ccore that hears node1 until it is killed."""
    database = Database(dsn, Settings(acquire_timeout_s=30))
    await database.open()
    kept = GapLedger(database, "hearer", ["node1"])
    kept.linked("node1", utc_now(), 1)
    await kept.run()


async def is_one(dsn: str, query: str) -> bool:
    """Whether the query's answer is 1."""
    [row] = await sql(dsn, query)
    return bool(row[0] == 1)


async def test_old_lives_are_forgotten_but_for_those_the_next_gap_begins_after(database: Database, dsn: str) -> None:
    long_ago = utc_now() - timedelta(days=90)
    for node, instance, days in itertools.product(("node1", "node2"), ("a", "b"), (0, 10, 30)):
        seen = GapLedger(database, instance, [node])
        seen.linked(node, long_ago + timedelta(days=days), 1)
        await seen.write(long_ago + timedelta(days=days + 1))
    recent = ledger(database)
    recent.linked("node1", utc_now(), 1)
    await recent.write(utc_now())
    noted_before = await noted(dsn)
    await database.execute("calls.forget_links")
    left = await sql(dsn, "SELECT node, count(*) FROM ami_links GROUP BY node ORDER BY node")
    assert [tuple(row) for row in left] == [("node1", 3), ("node2", 2)]
    await recent.write(utc_now())
    assert await noted(dsn) == noted_before


async def test_without_postgresql_write_says_so(dsn: str) -> None:
    database = Database(dsn.replace("test_", "no_such_"), Settings())
    kept = ledger(database)
    kept.linked("node1", at(0), 1)
    with pytest.raises(Unavailable):
        await kept.write(at(1))
