"""Run by test_ordering_races: places 300 calls, saying each key once it is told the outcome; made to be killed."""

import asyncio
import sys

from ccore import config, log
from ccore.db.pool import Database
from tests.support.shop import call, ordering_on


async def main(dsn: str) -> None:
    """Five callers at a time, the same calls in every run."""
    log.configure("json", "warning")  # standard output is for what callers are told
    database = Database(dsn, config.Database(acquire_timeout_s=30))
    await database.open()
    shop = ordering_on(database)
    numbers = iter(range(300))

    async def caller() -> None:
        for n in numbers:
            made = call(f"1008610{1 + n % 100:03}", f"138{n:08}", key=f"node1!crash-{n}")
            assert await shop.place(made) == "placed"
            print(made.call_key, flush=True)

    await asyncio.gather(*(caller() for _ in range(5)))
    await database.close()


asyncio.run(main(sys.argv[1]))
