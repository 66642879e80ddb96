"""``ccore survey``: how callers answered a survey."""

import argparse
from datetime import datetime, timedelta

from ccore.clock import utc_now
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config

LATELY = timedelta(days=30)


def register(add: Add) -> None:
    """Add the command."""
    command = add("survey", _run, "how callers answered a survey: each question's answers and their mean")
    command.add_argument("name", metavar="NAME", help="of the survey, as the menus have it")
    for option, default in (("from", "30 days ago"), ("to", "now")):
        command.add_argument(f"--{option}", dest=option, metavar="TIME", type=datetime.fromisoformat,
                             help=f"such as 2026-11-22 (default: {default})")  # fmt: skip


async def _run(options: argparse.Namespace, settings: Config) -> int:
    given = vars(options)
    end: datetime = given["to"] or utc_now()
    begin: datetime = given["from"] or end - LATELY
    begin, end = (at if at.tzinfo else at.replace(tzinfo=settings.zone) for at in (begin, end))
    async with opened(settings) as database:
        rows = await database.fetch("notes.survey", options.name, begin, end)
    for row in rows:
        print(f"{row['question']:20}  {row['answers']:6} answers  mean {row['mean']:.2f}")
    if not rows:
        print(f"nobody has answered {options.name} in this time")
    return 0
