"""``ccore publish``: make the operators' working copy the version that runs."""

import argparse
from pathlib import Path

from ccore import local, publishing
from ccore.commands import Add
from ccore.config import Config
from ccore.running import with_dialplan


def register(add: Add) -> None:
    """Add the command."""
    command = add(
        "publish", _run, "check the dialplan directory, try it apart, make it live, and undo that if it fails"
    )
    command.add_argument("--note", default="", metavar="TEXT", help="what is new, for `ccore history`")
    command.add_argument(
        "--untried", action="store_true", help="without the trial apart, where this machine cannot have an Asterisk"
    )
    command.add_argument(
        "--from",
        dest="source",
        type=lambda given: Path(given).absolute(),
        metavar="DIRECTORY",
        help="these files; the working copy has them too afterwards, where it was as what was live",
    )
    command.add_argument("--by", metavar="NAME", help="in whose name (default: whoever is at the keyboard)")
    command.add_argument("--after", type=int, metavar="NUMBER", help="only if this version is live")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    source: Path | None = options.source
    wish = publishing.Wish(
        by=options.by or publishing.who(),
        note=options.note,
        after=options.after,
        follows=settings.paths.dialplan and settings.dialplan if source else None,
    )
    config = settings if source is None else with_dialplan(settings, source)
    return 0 if await publishing.publish(config, wish, local.teller(), apart=not options.untried) else 1
