"""``ccore callbacks``: whom to call back, by ccore itself or by people."""

import argparse

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.publishing import who
from ccore.queues.call_backs import CallBacks


def register(add: Add) -> None:
    """Add the command."""
    command = add("callbacks", _list, "callers who asked to be called back")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print whom to call, with their numbers, the first who asked first")
    listing.set_defaults(run=_list)
    listing.add_argument("--all", action="store_true", help="those that are over as well")
    listing.add_argument("--queue", metavar="NAME", help="of this queue alone")
    for name, run, text in (("done", _done, "one was called by a person"), ("cancel", _cancel, "nobody is to call")):
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=run)
        action.add_argument("number", type=int, metavar="NUMBER", help="as `list` prints it")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        call_backs = CallBacks(database, settings.site.region, settings.ordering.internal_extensions)
        rows = await call_backs.listed(over=options.all, queue=options.queue)
    for row in rows:
        print(_line(row, settings))
    if not rows:
        print("nobody waits to be called back")
    return 0


def _line(row: Record, settings: Config) -> str:
    at = f"{row['came_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
    tried = f", {row['attempts']} attempts" if row["attempts"] else ""
    why = f", {row['reason']}" if row["reason"] else ""
    done = f", called by {row['done_by']}" if row["done_by"] else ""
    return f"{row['call_back_id']:6}  {at}  {row['queue']}  {row['number']}  {row['state']}{tried}{why}{done}"


async def _done(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        done = await database.fetch_value("notes.call_back_done", options.number, who())
    print(f"call-back {options.number} {'is done' if done else 'is not open'}")
    return 0 if done else 1


async def _cancel(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        call_backs = CallBacks(database, settings.site.region, settings.ordering.internal_extensions)
        cancelled = await call_backs.cancel(options.number, who())
    print(f"call-back {options.number} {'is cancelled' if cancelled else 'is not open'}")
    return 0 if cancelled else 1
