"""``ccore rollback``: make an earlier version of the operators' files live again."""

import argparse

from ccore import local, publishing
from ccore.commands import Add
from ccore.config import Config


def register(add: Add) -> None:
    """Add the command."""
    command = add("rollback", _run, "make live again what the live version has replaced, or the version NUMBER")
    command.add_argument("number", nargs="?", type=int, metavar="NUMBER", help="as `ccore history` shows it")
    command.add_argument("--by", metavar="NAME", help="in whose name (default: whoever is at the keyboard)")
    command.add_argument("--after", type=int, metavar="LIVE", help="only if this version is live")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    wish = publishing.Wish(by=options.by or publishing.who(), after=options.after)
    return 0 if await publishing.roll_back(settings, options.number, local.teller(), wish) else 1
