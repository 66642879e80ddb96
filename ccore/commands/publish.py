"""``ccore publish``: make the operators' working copy the version that runs."""

import argparse

from ccore import local, publishing
from ccore.commands import Add
from ccore.config import Config


def register(add: Add) -> None:
    """Add the command."""
    command = add(
        "publish", _run, "check the dialplan directory, try it apart, make it live, and undo that if it fails"
    )
    command.add_argument("--note", default="", metavar="TEXT", help="what is new, for `ccore history`")
    command.add_argument(
        "--untried", action="store_true", help="without the trial apart, where this machine cannot have an Asterisk"
    )


async def _run(options: argparse.Namespace, settings: Config) -> int:
    return 0 if await publishing.publish(settings, options.note, local.teller(), apart=not options.untried) else 1
