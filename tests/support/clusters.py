"""The PostgreSQL of a site: a copy of one that was made, migrated and filled once for all sites of a test run."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.ordering.demo import seed
from tests.support.postgres import UNSAFE_ON_POWER_CUT, quickest


async def demo_firm(dsn: str) -> None:
    """Put every migration and the demo firm into a database."""
    await migrate(dsn)
    async with Database.opened(dsn, Settings(acquire_timeout_s=30)) as database:
        await seed(database)


@asynccontextmanager
async def demo_postgres(directory: Path) -> AsyncIterator[EmbeddedPostgres]:
    """A server with the demo firm in it, in memory, if there is room; its log is ``directory``.log in the end."""
    with tempfile.TemporaryDirectory(prefix="ccore-site-", dir=quickest()) as room:
        Path(room).chmod(0o755)
        copying = await asyncio.create_subprocess_exec("cp", "-a", await _made(), f"{room}/postgres")
        assert await copying.wait() == 0
        server = EmbeddedPostgres(Path(room) / "postgres", UNSAFE_ON_POWER_CUT)
        await server.start()
        try:
            yield server
        finally:
            await server.stop()
            shutil.copy(server.log_file, f"{directory}.log")


@asynccontextmanager
async def durable_postgres(directory: Path) -> AsyncIterator[EmbeddedPostgres]:
    """The same on the disk, made now, and as safe and slow as a site's own."""
    server = EmbeddedPostgres(directory)
    await server.start()
    try:
        await demo_firm(server.dsn)
        yield server
    finally:
        await server.stop()


async def _made() -> Path:
    """The directory of the one that is copied; it does not run."""
    place = _place()
    if not place.exists():
        server = EmbeddedPostgres(place.with_name("unfinished"), UNSAFE_ON_POWER_CUT)
        await server.start()
        try:
            await demo_firm(server.dsn)
        finally:
            await server.stop()
        server.directory.rename(place)
    return place


@cache
def _place() -> Path:
    room = tempfile.mkdtemp(prefix="ccore-demo-", dir=quickest())
    atexit.register(shutil.rmtree, room)
    Path(room).chmod(0o755)
    return Path(room) / "postgres"
