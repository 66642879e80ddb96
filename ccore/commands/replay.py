"""``ccore replay``: call records and statistics made again from the channel events, and compared."""

import argparse

from ccore import local
from ccore.commands import Add
from ccore.commands.statistics import records_of
from ccore.config import Config
from ccore.db.pool import Database
from ccore.numbers.service import replay


def register(add: Add) -> None:
    """Add the command."""
    command = add("replay", _run, "fold all call records again from the channel events, count them again, and compare")
    either = command.add_mutually_exclusive_group()
    either.add_argument("--check", action="store_true", help="change nothing; exit code 1 if any differ (the default)")
    either.add_argument("--write", action="store_true", help="write the records and statistics that differ")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    async with local.database(settings) as dsn, Database.opened(dsn, settings.database) as database:
        calls = await records_of(database, settings).replay(write=options.write)
        queues = await replay(database, write=options.write)
    print(calls)
    print(queues)
    return 0 if (calls.same and queues.same) or options.write else 1
