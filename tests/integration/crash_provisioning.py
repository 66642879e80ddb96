"""Has a provider asked until it is killed: a process of its own for tests that do so."""

import asyncio
import sys

from ccore import config, selling
from ccore.breaker import Breaker
from ccore.db.pool import Database
from ccore.ordering.provisioning import Provisioning


async def main(dsn: str, url: str) -> None:
    """Go on until killed; says when it has begun."""
    database = Database(dsn, config.Database(acquire_timeout_s=30))
    await database.open()
    print("begun", flush=True)
    patient = Breaker(failures=100)
    settings = selling.Provisioning(url=url, timeout_s=0.5, at_once=5, first_pause_s=0.05, breaker=patient)
    await Provisioning(database, settings, "").watch()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
