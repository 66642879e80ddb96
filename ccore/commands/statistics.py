"""``ccore statistics``: how many calls came, and what became of them."""

import argparse
import json

from ccore import local
from ccore.cdr import report
from ccore.cdr.service import CallRecords
from ccore.commands import Add, times
from ccore.config import Config
from ccore.db.pool import Database


def register(add: Add) -> None:
    """Add the command."""
    command = add("statistics", _run, "print how many calls came and what became of them, in the site's time zone")
    times.add_period(command)
    command.add_argument("--by", choices=report.GROUPS, default="time", help="what the lines are by (default: time)")
    command.add_argument("--json", action="store_true", help="print every line as JSON")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    if (period := times.period(options, settings)) is None:
        return 2
    async with local.database(settings) as dsn, Database.opened(dsn, settings.database) as database:
        statistics = await records_of(database, settings).statistics(*period)
    if options.json:
        print(json.dumps(report.as_data(statistics), ensure_ascii=False, indent=2))
    else:
        print(report.table(statistics, options.by, settings.zone))
    return 0


def records_of(database: Database, settings: Config) -> CallRecords:
    """The call records of the site, read where its nodes write them."""
    return CallRecords(database, {name: settings.log_dir(name) for name in settings.nodes})
