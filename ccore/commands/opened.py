"""The database, for a command that needs it for a moment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ccore import local
from ccore.config import Config
from ccore.db.migrate import migrate
from ccore.db.pool import Database


@asynccontextmanager
async def opened(settings: Config) -> AsyncIterator[Database]:
    """The site's database with this version's schema, open while the block runs. Raises Unavailable."""
    async with local.database(settings) as dsn:
        await migrate(dsn)
        async with Database.opened(dsn, settings.database) as database:
            yield database
