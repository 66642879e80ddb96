"""The logs of ccore's own Asterisk are renamed when long and removed when old, and no row is lost or doubled by it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from ccore.cdr import tail
from ccore.cdr.rotation import Rotation
from ccore.cdr.rows import CDR, CEL
from ccore.cdr.service import CallRecords
from ccore.db.pool import Database
from tests.integration.cdr_site import Site, calls, until
from tests.support import sip
from tests.support.asterisk import node_config, running
from tests.support.asterisk_logs import Logs

DAY_S = 86400
ROUNDS, CALLS, RATE = 3, 50, 40
DIALPLAN = """
[from-trunk]
exten => _X.,1,Answer()
 same => n,Wait(0.2)
 same => n,Hangup()
"""


@pytest.fixture
async def site(tmp_path: Path, database: Database, dsn: str) -> AsyncIterator[Site]:
    """A node that has not written anything."""
    sql = await asyncpg.connect(dsn)
    yield Site(Logs(tmp_path), database, sql)
    await sql.close()


@asynccontextmanager
async def reading(site: Site, rotation: Rotation) -> AsyncIterator[None]:
    """A ccore that reads and rotates."""
    records = CallRecords(site.database, {"node1": site.logs.directory}, {"node1": rotation})
    task = asyncio.create_task(records.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def files(path: Path) -> list[Path]:
    """The log and all it was renamed to."""
    return sorted(path.parent.glob(f"{path.name}*"))


def renamed(path: Path) -> int:
    """How often the log was."""
    return len(list(path.parent.glob(f"{path.name}.*")))


async def test_no_row_of_a_real_asterisk_is_lost_or_doubled_over_rotations(
    asterisk_root: Path, tmp_path: Path, site: Site
) -> None:
    assert asterisk_root
    config = node_config(tmp_path / "node", DIALPLAN)
    logs = Logs(config.log_dir("node1"))
    async with running(config), reading(Site(logs, site.database, site.sql), Rotation(1, DAY_S)):
        for number in range(1, ROUNDS + 1):
            callers = [(f"138{n:08}", "100") for n in range(CALLS * (number - 1), CALLS * number)]
            placed = await sip.place(config.nodes["node1"].sip_port, callers, rate=RATE)
            assert {call.code for call in placed} == {200}
            for path in (logs.cdr, logs.cel):

                async def rotated(path: Path = path, times: int = number) -> bool:
                    return renamed(path) >= times

                await until(rotated)

        async def ended() -> bool:
            ends = await site.count("cel WHERE eventtype = 'LINKEDID_END'")
            return (ends, await site.count("cdr")) == (ROUNDS * CALLS, ROUNDS * CALLS)

        await until(ended)
    await Site(logs, site.database, site.sql).read()  # and folds
    rotations = [renamed(path) for path in (logs.cdr, logs.cel)]
    records = await site.count("cdr")
    print(f"{ROUNDS} x {CALLS} calls at {RATE}/s, {rotations} rotations of CDR and CEL: {records} call records")
    assert min(rotations) >= ROUNDS
    assert records == ROUNDS * CALLS
    assert await site.count("folded_calls WHERE state = 'ended' AND cdrs = 1") == ROUNDS * CALLS
    for kind, path in ((CDR, logs.cdr), (CEL, logs.cel)):
        assert await site.count(kind.name) == sum(lines(file) for file in files(path))
    assert await site.count("call_record_rejects") == 0


def lines(path: Path) -> int:
    """How many rows the file holds: no caller of this test sends line breaks."""
    return path.read_bytes().count(b"\n")


async def test_what_is_old_is_removed_only_if_it_was_read_to_its_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "QUIET_S", 0.0)
    read, unread, young = calls(0, 5), calls(5, 10), calls(10, 15)
    async with reading(site, Rotation(1, DAY_S)):
        site.logs.add(*read)

        async def rotated() -> bool:
            return not site.logs.cdr.exists() and not site.logs.cel.exists()

        await until(rotated)
    site.logs.add(*unread)
    for path in (site.logs.cdr, site.logs.cel):
        path.rename(path.with_name(f"{path.name}.by-hand"))
    for path in [*files(site.logs.cdr), *files(site.logs.cel)]:
        os.utime(path, (time.time() - 2 * DAY_S,) * 2)
    await site.sql.execute("ALTER TABLE cdr RENAME TO cdr_away")
    async with reading(site, Rotation(1e9, DAY_S)):
        site.logs.add(*young)

        async def cel_removed() -> bool:
            return files(site.logs.cel) == [site.logs.cel]

        await until(cel_removed)
        assert site.logs.cdr.with_name("ccore.csv.by-hand").exists()  # it could not be stored
        await site.sql.execute("ALTER TABLE cdr_away RENAME TO cdr")

        async def cdr_removed() -> bool:
            return files(site.logs.cdr) == [site.logs.cdr]

        await until(cdr_removed)
    await site.read()
    await site.assert_just(*read, *unread, *young)
