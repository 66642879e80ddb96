"""``ccore quality``: what is to be reviewed, and what the calls of agents were worth."""

import argparse
import sys

from ccore.commands import Add, times
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.quality.service import Quality, Refused


def register(add: Add) -> None:
    """Add the command."""
    command = add("quality", _scores, "reviews of calls: what is to be reviewed, and what calls were worth")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "worklist", help="print the recordings drawn for a week, and how far their reviews are"
    )
    listing.set_defaults(run=_worklist)
    listing.add_argument("scorecard", metavar="SCORECARD")
    listing.add_argument("week", metavar="WEEK", help="such as 2026-W47")
    scoring = actions.add_parser("scores", help="print what the reviewed calls of each agent were worth")
    scoring.set_defaults(run=_scores)
    scoring.add_argument("--agent", metavar="NUMBER", help="of this agent only")
    times.add_period(scoring)


async def _worklist(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        quality = Quality(database, settings.zone, settings.dialplan)
        try:
            tasks = await quality.worklist(options.scorecard, options.week)
        except ValueError as error:
            print(f"ccore: {error}", file=sys.stderr)
            return 2
    if isinstance(tasks, Refused):
        print(f"ccore: {tasks.value}", file=sys.stderr)
        return 2
    for task in tasks:
        at = f"{task.called_at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
        state, seconds = task.review or "to do", task.milliseconds // 1000
        print(f"{task.recording:8}  {at}  agent {task.agent}  {task.queue or '-'}  {seconds} s  {state}")
    print(f"{sum(task.review is None for task in tasks)} of {len(tasks)} recordings are to be reviewed")
    return 0


async def _scores(options: argparse.Namespace, settings: Config) -> int:
    if (period := times.period(options, settings)) is None:
        return 2
    async with opened(settings) as database:
        rows = await database.fetch("quality.scores", *period, options.agent)
    for row in rows:
        print(
            f"{row['agent']:8}  {row['scorecard']}  {row['per_mille'] / 10:.1f} %  "
            f"{row['passed']} of {row['reviews']} passed  {row['fatal']} fatal"
        )
    if not rows:
        print("no call was reviewed")
    return 0
