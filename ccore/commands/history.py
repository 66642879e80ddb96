"""``ccore history``: which versions there were, who published them and when, and what they changed."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import tzinfo

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.versions.diff import diff
from ccore.versions.model import Switch, Version
from ccore.versions.service import Versions


def register(add: Add) -> None:
    """Add the command."""
    command = add("history", _run, "list the versions of the dialplan directory, and when each was live")
    command.add_argument("--diff", type=int, metavar="NUMBER", help="print what version NUMBER changed")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        versions = Versions(database)
        if options.diff is None:
            lines = list(_lines(*await versions.history(), settings.zone))
        else:
            lines = await _diff(versions, options.diff)
    print("\n".join(lines))
    return 0


async def _diff(versions: Versions, number: int) -> list[str]:
    version = await versions.version(number)
    before = {} if version.previous is None else await versions.files(version.previous)
    return list(diff(before, await versions.files(number)))


def _lines(versions: Sequence[Version], switches: Sequence[Switch], zone: tzinfo) -> Iterator[str]:
    if not versions:
        yield "nothing was ever published"
    for version in versions:
        live = "  LIVE" if switches[0].number == version.number else ""
        made = f"{version.made_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        yield f"{version.number:4}  {made}  {version.made_by}  {version.note}".rstrip() + live
        for switch in switches:
            if switch.number == version.number:
                yield f"        {switch.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {switch.reason} by {switch.by}"
