"""No finished call is lost or doubled whatever is killed, stopped or doubled meanwhile: ccore, PostgreSQL, the disk."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from ccore.cdr import pace
from ccore.cdr.service import CallRecords
from ccore.config import Database as Settings
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from tests.integration.cdr_site import Site, calls, rotate, until
from tests.support.asterisk_logs import Logs, MadeUpCall, append
from tests.support.postgres import frozen, private_postgres


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node that has not written anything."""
    sql = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, sql)
    await sql.close()


@asynccontextmanager
async def reading(site: Site) -> AsyncIterator[CallRecords]:
    """A ccore that runs; stopped at the end, wherever it is then."""
    records = site.records()
    task = asyncio.create_task(records.run())
    try:
        yield records
        assert not task.done(), "it must not end, whatever happens"
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def test_a_running_ccore_stores_and_folds_by_itself(site: Site) -> None:
    async with reading(site):
        site.logs.add(*calls(0, 20))
        await until(lambda: site.has_just(20))
    await site.assert_just(*calls(0, 20))


async def test_a_nudge_makes_it_look_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "POLL_S", 3600.0)
    async with reading(site) as records:
        await asyncio.sleep(0.2)
        site.logs.add(*calls(0, 1))
        records.nudge("node1")
        await until(lambda: has_folded(site, 1))


@pytest.mark.parametrize("seed", range(4))
async def test_stopping_it_anywhere_and_going_on_loses_and_doubles_nothing(site: Site, seed: int) -> None:
    dice = random.Random(seed)
    written = 0
    for _ in range(12):
        async with reading(site):
            for _ in range(3):
                more = dice.randrange(1, 200)
                site.logs.add(*calls(written, written + more))
                written += more
                if dice.random() < 0.2:
                    rotate(site.logs.cel if dice.random() < 0.5 else site.logs.cdr)
                await asyncio.sleep(dice.random() * 0.02)
    await site.read_after_cut()
    await site.assert_just(*calls(0, written))


async def test_killing_it_anywhere_and_going_on_loses_and_doubles_nothing(site: Site, dsn: str) -> None:
    dice = random.Random(0)
    written = cut_short = 0
    for _ in range(6):
        site.logs.add(*calls(written, written + 2000))
        written += 2000
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.cdr_reader", dsn, str(site.logs.directory),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert reader.stdout is not None
        while (line := await reader.stdout.readline()).strip() != b"reading":
            assert line, "it ended before it read anything"
        await asyncio.sleep(dice.random() * 0.3)
        reader.send_signal(signal.SIGKILL)
        await reader.wait()
        cut_short += await site.count("cdr") < written
    assert cut_short, "it was never killed in its work"
    await site.read_after_cut()
    await site.assert_just(*calls(0, written))


async def test_two_ccores_on_one_log_store_each_row_once(site: Site) -> None:
    async with reading(site), reading(site):
        for begin in range(0, 600, 50):
            site.logs.add(*calls(begin, begin + 50))
            await asyncio.sleep(0.03)
        await until(lambda: site.has_just(600))
    await site.assert_just(*calls(0, 600))


async def test_it_waits_while_postgresql_is_stopped(tmp_path: Path) -> None:
    async with private_postgres() as server:
        await migrate(server.dsn)
        database = Database(server.dsn, Settings(acquire_timeout_s=30))
        await database.open()
        site = Site(Logs(tmp_path), database, await asyncpg.connect(server.dsn))
        async with reading(site) as records:
            site.logs.add(*calls(0, 50))
            await until(lambda: has_folded(site, 50))
            await site.sql.close()
            await server.stop()
            site.logs.add(*calls(50, 300))
            await until(lambda: is_behind(records))
            site.logs.add(*calls(300, 350))
            await server.start()
            site = Site(Logs(tmp_path), database, await asyncpg.connect(server.dsn))
            await until(lambda: site.has_just(350))
        await site.assert_just(*calls(0, 350))
        await site.sql.close()
        await database.close()


async def test_it_waits_while_postgresql_is_frozen(tmp_path: Path) -> None:
    async with private_postgres() as server:
        await migrate(server.dsn)
        database = Database(server.dsn, Settings(acquire_timeout_s=30))
        await database.open()
        site = Site(Logs(tmp_path), database, await asyncpg.connect(server.dsn))
        async with reading(site) as records:
            site.logs.add(*calls(0, 50))
            await until(lambda: has_folded(site, 50))
            with frozen(server):
                site.logs.add(*calls(50, 300))
                await until(lambda: is_behind(records))
            await until(lambda: site.has_just(300))
        await site.assert_just(*calls(0, 300))
        await site.sql.close()
        await database.close()


async def is_told(records: CallRecords, trouble: str) -> bool:
    return trouble in str(records.health()["trouble"])


async def is_well(records: CallRecords) -> bool:
    health = records.health()
    return (health["trouble"], health["behind_bytes"]) == ({}, 0)


async def test_a_log_that_cannot_be_read_is_told_and_tried_again(site: Site) -> None:
    site.logs.cdr.parent.parent.mkdir(exist_ok=True)
    site.logs.cdr.parent.write_text("a file where the directory should be")
    async with reading(site) as records:
        append(site.logs.cel, MadeUpCall(0).cel)
        await until(lambda: has_folded(site, 1))
        await until(lambda: is_told(records, "cdr of node1"))
        os.unlink(site.logs.cdr.parent)
        append(site.logs.cdr, MadeUpCall(0).cdr)
        await until(lambda: has_stored(site, 1))
        await until(lambda: is_well(records))  # it stores before it says so


async def test_a_row_postgresql_refuses_after_all_is_set_aside_alone(
    site: Site,
) -> None:
    """The checks before should let none through; if one does, the log goes on."""
    await site.sql.execute("ALTER TABLE cel ADD CHECK (cid_name <> 'poison')")
    poison = MadeUpCall(1, name="poison")
    site.logs.add(MadeUpCall(0), poison, MadeUpCall(2))
    await site.read()
    assert await site.count("cel") == 10
    rejects = await site.rejects()
    assert [log for log, _ in rejects] == ["cel"] * 5
    assert "".join(raw for _, raw in rejects) == poison.cel.decode()
    assert await site.count("folded_calls WHERE state = 'ended'") == 3


async def is_behind(records: CallRecords) -> bool:
    """Whether it knows, and says, that it cannot store what is there."""
    health = records.health()
    return bool(health["behind_bytes"]) and bool(health["trouble"])


async def has_folded(site: Site, number: int) -> bool:
    """Whether ``number`` calls have records, with their end; the other log may still be behind."""
    return await site.count("folded_calls WHERE state = 'ended' AND hangup_cause = 16") == number


async def has_stored(site: Site, number: int) -> bool:
    """Whether ``number`` CDR rows are there."""
    return await site.count("cdr") == number
