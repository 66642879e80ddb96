"""``ccore callbacks``: whom to call back."""

import argparse

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.publishing import who


def register(add: Add) -> None:
    """Add the command."""
    command = add("callbacks", _list, "callers who asked to be called back")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print whom to call, with their numbers, the first who asked first")
    listing.set_defaults(run=_list)
    listing.add_argument("--all", action="store_true", help="those that were called as well")
    done = actions.add_parser("done", help="one was called")
    done.set_defaults(run=_done)
    done.add_argument("number", type=int, metavar="NUMBER", help="as `list` prints it")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("notes.call_backs", options.all)
    for row in rows:
        at = f"{row['asked_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        done = f", called by {row['done_by']}" if row["done_by"] else ""
        print(f"{row['call_back_id']:6}  {at}  {row['queue']}  {row['number']}  {row['state']}{done}")
    if not rows:
        print("nobody waits to be called back")
    return 0


async def _done(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        done = await database.fetch_value("notes.call_back_done", options.number, who())
    print(f"call-back {options.number} {'is done' if done else 'is not open'}")
    return 0 if done else 1
