"""Run by test_ordering_spool: takes a spool in until it is killed."""

import asyncio
import sys
from pathlib import Path

from ccore import config, log
from ccore.db.pool import Database
from ccore.ordering.intake import SpoolIntake
from tests.support.shop import ordering_on


async def main(dsn: str, spool: str) -> None:
    """The intake of one node."""
    log.configure("json", "critical")
    database = Database(dsn, config.Database(acquire_timeout_s=30))
    await database.open()
    await SpoolIntake(ordering_on(database), {"node1": Path(spool)}).watch("node1")


asyncio.run(main(*sys.argv[1:]))
