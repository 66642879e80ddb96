"""A ccore that only reads call records, as a process of its own, to be killed: ``python -m … DSN DIRECTORY``."""

import asyncio
import sys
from pathlib import Path

from ccore.cdr.service import CallRecords
from ccore.config import Database as Settings
from ccore.db.pool import Database


async def main(dsn: str, directory: str) -> None:
    """Read for ever."""
    database = Database(dsn, Settings(acquire_timeout_s=30))
    await database.open()
    print("reading", flush=True)
    await CallRecords(database, {"node1": Path(directory)}).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
