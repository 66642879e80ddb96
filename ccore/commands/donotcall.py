"""``ccore donotcall``: numbers that nobody is to call, whatever for."""

import argparse
from pathlib import Path

from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.given import number as telephone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.sheet_report import words
from ccore.dialer.lists.uploading import site_of
from ccore.errors import Fault, FaultsFound
from ccore.publishing import who
from ccore.sheets import NoSheet

MOST_PRINTED = 100_000
_CODE = "DNC"


def register(add: Add) -> None:
    """Add the command."""
    command = add("donotcall", _list, "numbers that are not to be called")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print them, and the prefixes")
    listing.set_defaults(run=_list)
    listing.add_argument("--source", metavar="NAME", help="those that came with this list alone")
    for name, run, text in (
        ("add", _add, "add one"),
        ("remove", _remove, "it may be called again"),
        ("why", _why, "say what bars a number"),
    ):
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=run)
        action.add_argument("number", metavar="NUMBER")
        if name == "add":
            action.add_argument("--reason", default="", metavar="TEXT")
    importing = actions.add_parser("import", help="add those of a file: all of it or nothing")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE.csv", help="CSV or XLSX: numbers in the first column")
    importing.add_argument("--source", default="", metavar="NAME", help="what the list is called (default: the file)")
    importing.add_argument("--reason", default="", metavar="TEXT")
    prefix = actions.add_parser("prefix", help="all numbers that begin with these digits")
    prefix.set_defaults(run=_prefix)
    prefix.add_argument("prefix", metavar="PREFIX", help="with country code, such as +8610")
    prefix.add_argument("--remove", action="store_true", help="they may be called again")
    prefix.add_argument("--reason", default="", metavar="TEXT")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        barring = Barring(database)
        rows = [] if options.source else [(row, row["prefix"] + "…") for row in await barring.prefixes()]
        rows += [(row, row["number"]) for row in await barring.numbers("", options.source, MOST_PRINTED)]
    for row, shown in rows:
        made = f"{row['made_at'].astimezone(settings.zone):%Y-%m-%d}  {row['made_by']}"
        print(f"{shown}  {made}  {row['reason']}".rstrip())
    return 0


async def _add(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        new = await Barring(database).add([telephone(options.number, settings)], options.reason, "", who())
    print(f"{new} of 1 numbers are new")
    return 0


async def _import(options: argparse.Namespace, settings: Config) -> int:
    file, source = options.file, options.source or options.file.name
    if not file.is_file():
        raise FaultsFound([Fault(file, 0, _CODE, "cannot be read: it is no file")])
    try:
        async with opened(settings) as database:
            done = await Barring(database).import_file(file, site_of(settings), options.reason, source, who())
    except NoSheet as error:
        raise FaultsFound([Fault(file, 0, _CODE, f"cannot be read: {error}")]) from error
    if done.faults:
        raise FaultsFound([Fault(file, row, _CODE, words(what)) for row, what in done.faults])
    print(f"{done.new} of {done.rows} numbers are new")
    return 0


async def _remove(options: argparse.Namespace, settings: Config) -> int:
    number = telephone(options.number, settings)
    async with opened(settings) as database:
        removed = await Barring(database).remove(number, who())
        left = await Barring(database).why(number)
    print(f"{number} {'may be called again' if removed else 'was not there'}")
    for row in left:
        print(f"but numbers that begin with {row['what']} are not to be called: {row['reason']}".rstrip(": "))
    return 0 if removed and not left else 1


async def _why(options: argparse.Namespace, settings: Config) -> int:
    number = telephone(options.number, settings)
    async with opened(settings) as database:
        rows = await Barring(database).why(number)
    for row in rows:
        since = f"{row['made_at'].astimezone(settings.zone):%Y-%m-%d}"
        source = f", from {row['source']}" if row["source"] else ""
        print(f"{row['what']} is not to be called since {since}, says {row['made_by']}{source}: {row['reason']}")
    if not rows:
        print(f"{number} may be called")
    return 1 if rows else 0


async def _prefix(options: argparse.Namespace, settings: Config) -> int:
    prefix = options.prefix.replace(" ", "")
    if not (prefix.startswith("+") and prefix[1:].isdecimal() and prefix.isascii() and 2 <= len(prefix) <= 15):
        raise NotDone("a prefix is digits with the country code, such as +8610")
    async with opened(settings) as database:
        barring = Barring(database)
        if options.remove:
            done = await barring.remove_prefix(prefix, who())
        else:
            done = await barring.add_prefix(prefix, options.reason, who())
    said = "may be called again" if options.remove else "are not to be called"
    print(f"numbers that begin with {prefix} {said}" + ("" if done else ", as before"))
    return 0 if done else 1
