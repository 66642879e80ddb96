"""``ccore volume import``: how many calls each queue is planned for, by weekday and hour."""

import argparse
from pathlib import Path

from ccore.centre.centre import load_centre
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.numbers.standby import COLUMNS, plan, read_plans


def register(add: Add) -> None:
    """Add the command."""
    command = add("volume", _run, "import a CSV of planned calls, by which echelons of standby staff are proposed")
    command.add_argument("what", choices=["import"], metavar="import")
    command.add_argument("file", type=Path, metavar="FILE.csv",
                         help=f"columns {', '.join(COLUMNS)}; weekday 1 is Monday, hours are the site's")  # fmt: skip


async def _run(options: argparse.Namespace, settings: Config) -> int:
    plans = read_plans(options.file, load_centre(settings.dialplan).queues)
    async with opened(settings) as database:
        await plan(database, plans)
    queues = sorted({queue for queue, *_ in plans})
    print(f"{len(plans)} hours planned for {', '.join(queues) or 'no queue'}")
    return 0
