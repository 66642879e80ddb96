"""``ccore donotcall``: numbers that nobody is to call, whatever for."""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.errors import Fault, FaultsFound
from ccore.publishing import who
from ccore.subscriber import e164

MOST_PRINTED = 100_000
_CODE = "DNC"


def register(add: Add) -> None:
    """Add the command."""
    command = add("donotcall", _list, "numbers that are not to be called")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them").set_defaults(run=_list)
    for name, run in (("add", _add), ("remove", _remove)):
        action = actions.add_parser(name, help=f"{name} one")
        action.set_defaults(run=run)
        action.add_argument("number", metavar="NUMBER")
        if name == "add":
            action.add_argument("--reason", default="", metavar="TEXT")
    importing = actions.add_parser("import", help="add those of a file: all of it or nothing")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE.csv", help="a number at the beginning of each line")
    importing.add_argument("--reason", default="", metavar="TEXT")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        for row in await database.fetch("waiting.do_not_call", MOST_PRINTED):
            made = f"{row['made_at'].astimezone(settings.zone):%Y-%m-%d}  {row['made_by']}"
            print(f"{row['number']}  {made}  {row['reason']}".rstrip())
    return 0


async def _add(options: argparse.Namespace, settings: Config) -> int:
    return await _added([_number(options.number, settings)], options.reason, settings)


async def _import(options: argparse.Namespace, settings: Config) -> int:
    return await _added(list(_read(options.file, settings)), options.reason, settings)


async def _added(numbers: list[str], reason: str, settings: Config) -> int:
    async with opened(settings) as database:
        count = await database.fetch_value("waiting.add_do_not_call", numbers, reason, who())
    print(f"{count} of {len(numbers)} numbers are new")
    return 0


async def _remove(options: argparse.Namespace, settings: Config) -> int:
    number = _number(options.number, settings)
    async with opened(settings) as database:
        removed = await database.fetch_value("waiting.remove_do_not_call", number, who())
    print(f"{number} {'may be called again' if removed else 'was not there'}")
    return 0 if removed else 1


def _number(text: str, settings: Config) -> str:
    number = e164(text, settings.site.region)
    if number is None:
        raise FaultsFound([Fault(Path("donotcall"), 0, _CODE, f"{text!r} is no telephone number")])
    return number


def _read(file: Path, settings: Config) -> Iterator[str]:
    try:
        rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(file, 0, _CODE, f"cannot be read, save it as UTF-8 text: {error}")]) from error
    found = [(line, e164(row[0].strip(), settings.site.region)) for line, row in enumerate(rows, 1) if row]
    if wrong := [line for line, number in found if number is None and line > 1]:  # the first line may be a heading
        raise FaultsFound([Fault(file, line, _CODE, "is no telephone number") for line in wrong])
    return (number for _, number in found if number is not None)
