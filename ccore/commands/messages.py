"""``ccore messages``: the text messages that go out and come in, and what people do about them."""

import argparse
from collections.abc import Iterator
from datetime import datetime

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.given import number
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.log import mask_number
from ccore.messaging.embedded import send_as_telephone
from ccore.messaging.life import comes_from
from ccore.messaging.model import State
from ccore.publishing import who

MOST_LINES = 50


def register(add: Add) -> None:
    """Add the command."""
    command = add("messages", _list, "the text messages that go out and come in")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print those that go out, the newest first, with their numbers masked")
    listing.set_defaults(run=_list)
    listing.add_argument("--state", choices=[*State], help="in this state alone")
    listing.add_argument("--to", metavar="NUMBER", help="to this telephone alone")
    listing.add_argument("--kind", metavar="KIND", help="of this kind alone")
    incoming = actions.add_parser("incoming", help="print those that came in, the newest first")
    incoming.set_defaults(run=_incoming)
    incoming.add_argument("--state", choices=("new", "done", "set_aside"), help="in this state alone")
    for one in (listing, incoming):
        one.add_argument("--most", type=int, default=MOST_LINES, metavar="N", help=f"lines (default: {MOST_LINES})")
    showing = actions.add_parser("show", help="print all of one that goes out, and what gateways said of it")
    retrying = actions.add_parser("retry", help="send one again that was not delivered")
    retrying.add_argument("--incoming", action="store_true", help="one that came in and was set aside")
    cancelling = actions.add_parser("cancel", help="one that is queued is not sent")
    for action, run in ((showing, _show), (retrying, _retry), (cancelling, _cancel)):
        action.set_defaults(run=run)
        action.add_argument("message", type=int, metavar="MESSAGE", help="its number, as `list` prints it")
    receiving = actions.add_parser("receive", help="play a telephone of the simulated network that sends a text")
    receiving.set_defaults(run=_receive)
    receiving.add_argument("number", metavar="NUMBER", help="of the telephone")
    receiving.add_argument("text", metavar="TEXT", help="such as 10001, to order")
    testing = actions.add_parser("test", help="send a text, to try the gateway out")
    testing.set_defaults(run=_test)
    testing.add_argument("number", metavar="NUMBER", help="of the telephone")
    testing.add_argument("text", metavar="TEXT")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    to = options.to and number(options.to, settings)
    async with opened(settings) as database:
        rows = await database.fetch("messaging.messages", options.state, to, options.kind, None, options.most)
    for row in rows:
        print(_line(row, settings))
    if not rows:
        print("no messages")
    return 0


async def _incoming(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("messaging.incoming", options.state, options.most)
    for row in rows:
        print(_came(row, settings))
    if not rows:
        print("no messages")
    return 0


async def _show(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        row = await database.fetch_row("messaging.message", options.message)
        receipts = await database.fetch("messaging.receipts", options.message)
    if row is None:
        print(f"there is no message {options.message}")
        return 1
    print("\n".join([*_told(row, settings), *(_receipt(one, settings) for one in receipts)]))
    return 0


async def _retry(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        if options.incoming:
            done = await database.fetch_value("messaging.retry_incoming", options.message, who())
        else:
            again = sorted(comes_from(State.QUEUED) - {State.SENDING})
            done = await database.fetch_value("messaging.retry", options.message, who(), again)
    print(f"message {options.message} {'is tried again' if done else 'is not one to try again'}")
    return 0 if done else 1


async def _cancel(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        done = await database.fetch_value("messaging.cancel", options.message, who())
    print(f"message {options.message} {'is cancelled' if done else 'is not queued'}")
    return 0 if done else 1


async def _test(options: argparse.Namespace, settings: Config) -> int:
    to = number(options.number, settings)
    async with opened(settings) as database:
        queued = await database.fetch_value("messaging.queue_test", to, options.text, who())
    print(f"message {queued} is queued: ccore messages show {queued}")
    return 0


async def _receive(options: argparse.Namespace, settings: Config) -> int:
    await send_as_telephone(settings, number(options.number, settings), settings.messages.sender, options.text)
    print("sent: ccore messages incoming")
    return 0


def _line(row: Record, settings: Config) -> str:
    tried = f", {row['tries']} tries" if row["tries"] > 1 else ""
    why = f", {row['reason']}" if row["reason"] else ""
    to = mask_number(row["recipient"])
    return f"{row['message_id']:8}  {_at(row['queued_at'], settings)}  {to}  {row['kind']}  {row['state']}{tried}{why}"


def _came(row: Record, settings: Config) -> str:
    tried = f", {row['tries']} tries" if row["tries"] > 1 else ""
    sender, at = mask_number(row["sender"]), _at(row["received_at"], settings)
    return f"{row['inbox_id']:8}  {at}  {sender}  {row['state']}  {row['outcome']}{tried}"


def _told(row: Record, settings: Config) -> Iterator[str]:
    yield f"message {row['message_id']} {row['kind']} to {mask_number(row['recipient'])}: {row['state']}"
    if row["order_id"]:
        yield f"of order {row['order_id']}"
    if row["body"]:
        yield f"says, in {row['parts']} part(s): {row['body']}"
    for name, what in (("queued_at", "queued"), ("sent_at", "sent"), ("ended_at", "ended")):
        if row[name]:
            yield f"{what} {_at(row[name], settings)}"
    if row["state"] == State.QUEUED:
        yield f"tried next {_at(row['next_at'], settings)}"
    if row["gateway"]:
        yield f"gateway {row['gateway']}, {row['tries']} tries" + (
            f", its number {row['gateway_id']}" if row["gateway_id"] else ""
        )
    if row["reason"]:
        yield f"because {row['reason']}"


def _receipt(row: Record, settings: Config) -> str:
    detail = f": {row['detail']}" if row["detail"] else ""
    return f"{row['gateway']} said {row['word']} {_at(row['came_at'], settings)}{detail}"


def _at(moment: datetime, settings: Config) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
