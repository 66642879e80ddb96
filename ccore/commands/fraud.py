"""``ccore fraud``: orders that look wrong, for the fraud desk."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.commands.orders import MOST, at, print_lines
from ccore.config import Config
from ccore.log import mask_number
from ccore.ordering.fraud import Desk
from ccore.publishing import who


def register(add: Add) -> None:
    """Add the command."""
    command = add("fraud", _flags, "orders that look wrong, for the fraud desk")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help=f"print the newest {MOST} flags, and why they were raised")
    listing.set_defaults(run=_flags)
    listing.add_argument("--state", choices=("open", "cleared", "upheld"), default="open")
    listing.add_argument("--reason", metavar="WORD")
    listing.add_argument("--before", type=int, metavar="FLAG", help="only older ones")
    clearing = actions.add_parser("clear", help="it was nothing")
    clearing.set_defaults(run=_clear)
    upholding = actions.add_parser("uphold", help="it was fraud: the order ends, and all it earned is given back")
    upholding.set_defaults(run=_uphold)
    for parser in (clearing, upholding):
        parser.add_argument("flag", type=int, metavar="FLAG", help="its number, as `list` prints it")
        parser.add_argument("--why", required=True, metavar="TEXT", help="stands in the audit")


async def _flags(options: argparse.Namespace, settings: Config) -> int:
    async with _desk(settings) as desk:
        rows = await desk.flags(options.state, options.reason, None, options.before, MOST)
    print_lines((_flag_line(row, settings) for row in rows), "there are no such flags")
    return 0


async def _clear(options: argparse.Namespace, settings: Config) -> int:
    async with _desk(settings) as desk:
        return _decided(options.flag, "cleared", await desk.clear(options.flag, who(), options.why))


async def _uphold(options: argparse.Namespace, settings: Config) -> int:
    async with _desk(settings) as desk:
        return _decided(options.flag, "upheld", await desk.uphold(options.flag, who(), options.why))


@asynccontextmanager
async def _desk(settings: Config) -> AsyncIterator[Desk]:
    async with opened(settings) as database:
        yield Desk(database, settings.fraud, settings.zone)


def _decided(flag: int, word: str, done: bool) -> int:
    print(f"flag {flag} is {word if done else 'not open'}")
    return 0 if done else 1


def _flag_line(row: Record, settings: Config) -> str:
    figures = " ".join(f"{name}={figure}" for name, figure in sorted(row["detail"].items()))
    ended = f"  {row['state']} by {row['ended_by']}: {row['ended_why']}" if row["ended_by"] else ""
    return (
        f"{row['flag_id']:>8}  {at(row['raised_at'], settings)}  {row['reason']:<12}  order {row['order_id']} "
        f"({row['order_state']})  {row['product']}{row['claim']}  {row['employee'] or row['holder']}  "
        f"{mask_number(row['subscriber'])}  {figures}{ended}"
    ).rstrip()
