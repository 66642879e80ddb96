"""``ccore orders``: what became of orders."""

import argparse
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.log import mask_number
from ccore.money import yuan
from ccore.ordering.book import Story, Wanted, listed, story
from ccore.ordering.life import State
from ccore.ordering.lives import Cancelled, Lives
from ccore.publishing import who
from ccore.subscriber import e164

MOST = 200


def register(add: Add) -> None:
    """Add the command."""
    command = add("orders", _list, "orders, and what became of them")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help=f"print the newest {MOST} orders, their numbers masked")
    listing.set_defaults(run=_list)
    listing.add_argument("--state", choices=[state.value for state in State if state is not State.RECEIVED])
    listing.add_argument("--product", metavar="CODE")
    either = listing.add_mutually_exclusive_group()
    either.add_argument("--employee", metavar="NUMBER", help="who sold them, alone or in a team")
    either.add_argument("--subscriber", metavar="NUMBER", help="who ordered")
    listing.add_argument("--before", type=int, metavar="ORDER", help="only older ones")
    showing = actions.add_parser("show", help="print all about one order")
    showing.set_defaults(run=_show)
    cancelling = actions.add_parser("cancel", help="end an order; what it earned is given back as its rule says")
    cancelling.set_defaults(run=_cancel)
    confirming = actions.add_parser("confirm", help="confirm an order that waits for its subscriber")
    confirming.set_defaults(run=_confirm)
    for parser in (showing, cancelling, confirming):
        parser.add_argument("order", type=int, metavar="ORDER")
    for parser in (cancelling, confirming):
        parser.add_argument("--why", required=True, metavar="TEXT", help="stands in the audit")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    number = options.subscriber and (e164(options.subscriber, settings.site.region) or options.subscriber)
    wanted = Wanted(options.state, options.product, options.employee, number, None, options.before)
    async with opened(settings) as database:
        rows = await listed(database, wanted, MOST)
    print_lines((_line(row, settings) for row in rows), "there are no such orders")
    return 0


async def _show(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        found = await story(database, options.order)
    if found is None:
        print(f"there is no order {options.order}")
        return 1
    print_lines(_told(found, settings), "")
    return 0


async def _cancel(options: argparse.Namespace, settings: Config) -> int:
    async with _lives(settings) as lives:
        ended = await lives.cancel(options.order, who(), options.why)
    said = {Cancelled.DONE: "is cancelled", Cancelled.OVER: "had ended before", Cancelled.UNKNOWN: "is unknown"}
    print(f"order {options.order} {said[ended]}")
    return 0 if ended is Cancelled.DONE else 1


async def _confirm(options: argparse.Namespace, settings: Config) -> int:
    async with _lives(settings) as lives:
        done = await lives.confirm(options.order, who(), options.why)
    print(f"order {options.order} {'is confirmed' if done else 'does not wait to be confirmed'}")
    return 0 if done else 1


@asynccontextmanager
async def _lives(settings: Config) -> AsyncIterator[Lives]:
    async with opened(settings) as database:
        yield Lives(database, settings.confirmation, settings.site.region)


def print_lines(lines: Iterable[str], nothing: str) -> None:
    """Each on a line, or what is said where there is none."""
    print("\n".join(lines) or nothing)


def _line(row: Record, settings: Config) -> str:
    flagged = "  FLAGGED" if row["flagged"] else ""
    until = f" until {at(row['confirm_until'], settings)}" if row["state"] == State.PENDING_CONFIRM else ""
    code = f"{row['product']}{row['claim']}"
    return (
        f"{row['order_id']:>8}  {at(row['called_at'], settings)}  {code} by {row['channel']:<5}"
        f"  {mask_number(row['subscriber'])}  {row['employee'] or row['holder']}  {row['state']}{until}{flagged}"
    )


def _told(found: Story, settings: Config) -> Iterator[str]:
    yield _line(found.order, settings)
    for row in found.moves:
        reason = f": {row['reason']}" if row["reason"] else ""
        yield f"  {at(row['at'], settings)}  {row['was']} -> {row['became']}, {row['by']}{reason}"
    for row in found.provisioned:
        yield f"  provider, {row['action']}: {row['state']}, asked {row['tries']} times {row['reason']}".rstrip()
    for row in found.told:
        yield f"  {at(row['queued_at'], settings)}  text {row['kind']}: {row['state']}"
    for row in found.earned:
        yield f"  {at(row['booked_at'], settings)}  {row['kind']} {yuan(row['amount_fen'])} {row['employee']}"


def at(moment: datetime, settings: Config) -> str:
    """A time in the site's zone."""
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
