"""Goes on with a person's request until it is over or killed: ``python -m tests.integration.crash_privacy DSN VAR``."""

import asyncio
import sys
from pathlib import Path

from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.privacy.service import Privacy
from tests.support.recordings import archive


async def main(dsn: str, directory: Path) -> None:
    """As the ccore that leads does it."""
    async with Database.opened(dsn, Settings(acquire_timeout_s=30)) as database:
        kept = archive(database, directory)
        privacy = Privacy(database, kept.erasing, kept.playback, {}, "CN")
        while await privacy.go_on():
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
