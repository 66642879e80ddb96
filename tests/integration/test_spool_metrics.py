"""What is told of the order spools: how much waits and for how long, what a person has to see; nothing once stopped."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import REGISTRY

from ccore.db.pool import Database
from ccore.ordering.intake import Backlog, SpoolIntake
from tests.integration.test_ordering_spool import line_of, put
from tests.support.postgres import private_postgres
from tests.support.shop import call, migrated, open_shop
from tests.support.waiting import until

NODE = "east"
METRICS = ("waiting_files", "waiting_bytes", "oldest_seconds", "bad_files")


def told() -> dict[str, float]:
    """What Prometheus would be told of the node's spool now."""
    found = {name: REGISTRY.get_sample_value(f"ccore_spool_{name}", {"node": NODE}) for name in METRICS}
    return {name: value for name, value in found.items() if value is not None}


@asynccontextmanager
async def watching(intake: SpoolIntake) -> AsyncIterator[None]:
    """The spool is watched while the block runs."""
    task = asyncio.create_task(intake.watch(NODE))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_waits_is_measured_until_it_is_taken_in(tmp_path: Path) -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        intake = SpoolIntake(await open_shop(database), {NODE: tmp_path})
        await server.stop()
        await until(lambda: not database.up)
        for n in range(3):
            put(tmp_path, f"{n}", line_of(call(caller=f"138{n:08}")))
        size = sum(path.stat().st_size for path in (tmp_path / "new").iterdir())
        os.utime(tmp_path / "new/1", (time.time() - 3600,) * 2)
        async with watching(intake):
            await until(lambda: told().get("waiting_files") == 3)
            assert told()["waiting_bytes"] == size
            assert 3600 <= told()["oldest_seconds"] < 3700
            assert intake.backlogs[NODE].files == 3
            await server.start()
            await until(lambda: told() == dict.fromkeys(METRICS, 0))
        assert told() == {}  # another ccore may watch it now
        await database.close()


async def test_what_a_person_has_to_look_at_is_told_until_it_is_gone(database: Database, tmp_path: Path) -> None:
    intake = SpoolIntake(await open_shop(database), {NODE: tmp_path})
    put(tmp_path, "1", b"no order\n", line_of(call()), b"nor this\n")
    async with watching(intake):
        await until(lambda: told().get("bad_files") == 1)
        assert intake.backlogs[NODE] == Backlog(bad_files=1)
        for path in (tmp_path / "bad").iterdir():
            path.unlink()
        await until(lambda: told().get("bad_files") == 0)
