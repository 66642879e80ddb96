"""``ccore queues``: close queues in an emergency, and open them again."""

import argparse
import sys
from datetime import datetime

from ccore.centre.centre import load_centre
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.commands.times import at
from ccore.config import Config
from ccore.prompts.catalogue import load_catalogue
from ccore.publishing import who
from ccore.queues.closings import close, reopen
from ccore.queues.visit import EVERY_QUEUE, Closing


def register(add: Add) -> None:
    """Add the command."""
    command = add("queues", _list, "close queues in an emergency, and open them again")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print which queues are closed").set_defaults(run=_list)
    closing = actions.add_parser("close", help="callers hear a prompt, and nobody waits; within 2 s")
    closing.set_defaults(run=_close)
    closing.add_argument("queue", metavar="NAME", help="a queue, or all")
    closing.add_argument("--prompt", required=True, metavar="NAME", help="of prompts/*.toml: what callers hear")
    closing.add_argument("--until", metavar="TIME", type=datetime.fromisoformat, help="such as 2026-11-22T15:00")
    closing.add_argument("--waiting", action="store_true", help="those who wait already hear it too")
    opening = actions.add_parser("open", help="end every emergency of a queue")
    opening.set_defaults(run=_open)
    opening.add_argument("queue", metavar="NAME", help="as it was closed: a queue, or all")


async def _close(options: argparse.Namespace, settings: Config) -> int:
    if options.queue not in {EVERY_QUEUE, *load_centre(settings.dialplan).queues}:
        print(f"ccore: there is no queue {options.queue}", file=sys.stderr)
        return 2
    if options.prompt not in load_catalogue(settings.dialplan):
        print(f"ccore: there is no prompt {options.prompt}", file=sys.stderr)
        return 2
    until = at(options.until, settings) if options.until else None
    async with opened(settings) as database:
        await close(database, options.queue, Closing(options.prompt, options.waiting), until, who())
    print(f"{options.queue} is closed{f' until {until}' if until else ''}")
    return 0


async def _open(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await reopen(database, options.queue, who())
    print(f"{options.queue} {'is open' if count else 'was not closed'}")
    return 0 if count else 1


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("waiting.closings")
    for row in rows:
        ends = f"until {row['ends_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}" if row["ends_at"] else "until opened"
        waiting = ", who wait too" if row["waiting"] else ""
        print(f"{row['queue']}  {row['prompt']}  {ends}{waiting}, by {row['made_by']}")
    if not rows:
        print("no queue is closed")
    return 0
