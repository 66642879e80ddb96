"""``ccore customers import``: put a list of customers into the table that callers are known by."""

import argparse
from pathlib import Path

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.errors import Fault, FaultsFound
from ccore.ivr.customer_list import LIST_CODE, Listed, read
from ccore.ivr.customers import take


def register(add: Add) -> None:
    """Add the command."""
    command = add("customers", _run, "import a CSV list of customers, whom callers are known by: all of it or nothing")
    command.add_argument("what", choices=["import"], metavar="import")
    command.add_argument("file", type=Path, metavar="FILE.csv", help="columns number, name, tier, language, tags")
    command.add_argument("--source", default="import", metavar="NAME", help="the list's name (default: import)")
    command.add_argument("--whole", action="store_true", help="remove those of earlier lists of this name it lacks")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    listed = _read(options.file, settings.site.region)
    async with opened(settings) as database:
        written, removed = await take(database, listed, options.source, whole=options.whole)
    print(f"{written} customers written, {removed} removed")
    return 0


def _read(file: Path, region: str) -> list[Listed]:
    try:
        return read(file.read_text(encoding="utf-8"), file, region)
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(file, 0, LIST_CODE, f"cannot be read, save it as UTF-8 text: {error}")]) from error
