"""An erasure that is killed half-way says how far it is, and whoever comes next goes on from there to the end."""

import asyncio
import signal
import sys
from pathlib import Path

import asyncpg
import pytest

from ccore.db.pool import Database
from ccore.privacy.forms import pattern
from ccore.privacy.service import Privacy
from tests.support.recordings import NODE, archive_on, finished, value
from tests.support.waiting import until
from tests.support.whole_person import Somebody, made, may_stay, standing

NUMBER = "+8613812345678"
WAITS = """SELECT count(*) > 0 FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()"""


@pytest.mark.parametrize("table", ["contacts", "voicemails", "cel", "customers"])
async def test_whoever_comes_next_goes_on(table: str, database: Database, dsn: str, tmp_path: Path) -> None:
    """Where it stands when it is killed is certain: somebody else has locked what it comes to."""
    async with archive_on(dsn, tmp_path) as kept:
        raw = await finished(dsn, tmp_path / "monitor", number=NUMBER)
        assert await kept.store.look(NODE)
        await made(dsn, Somebody(NUMBER, f"{NODE}-1795330800.1", raw.number, 41))
        privacy = Privacy(database, kept.erasing, kept.playback, {}, "CN")
        request = await privacy.ask("erasure", NUMBER, "letter", "ada")
        assert request is not None
        assert await privacy.go_on()
        assert await privacy.confirm(request, "ada", another=False)
        await _killed_at(table, dsn, tmp_path)
        row = await privacy.one(request)
        assert row is not None
        assert (row["state"], row["number"]) == ("erasing", NUMBER)
        assert table not in row["did"]
        assert await privacy.go_on(request)
        assert await value(dsn, "SELECT state FROM person_requests") == "done"
        left = await standing(dsn, pattern(NUMBER))
        assert set(left) <= set(may_stay()), left
        assert await value(dsn, "SELECT count(*) FROM erasures") == 1


async def _killed_at(table: str, dsn: str, directory: Path) -> None:
    holder = await asyncpg.connect(dsn)
    try:
        await holder.execute("BEGIN")
        await holder.execute(f"SELECT FROM {table} FOR UPDATE")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.crash_privacy", dsn, str(directory)
        )
        await until(lambda: value(dsn, WAITS), 60)
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
        assert await value(dsn, f"SELECT count(*) FROM {table}") == 1
    finally:
        await holder.close()
