"""``ccore explain``: what was decided for a caller; what keeps a campaign from dialling; when a number is called."""

import argparse
from collections.abc import Iterable
from datetime import datetime

from ccore.centre.centre import load_centre, read_centre
from ccore.commands import Add
from ccore.commands.given import NotDone, number
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dialer.explanation import gathering
from ccore.dialer.explanation.words import Said
from ccore.queues.explained import explained
from ccore.queues.stories import story
from ccore.versions import disk


def register(add: Add) -> None:
    """Add the command."""
    command = add("explain", _run, "say in plain words what was decided for a call, a campaign or a number, and why")
    command.add_argument(
        "what",
        metavar="CALL | campaign NAME | number NUMBER",
        nargs="+",
        help="a call: its key (node!uniqueid), Uniqueid or LinkedID, or a caller's number: then the last call. A"
        " campaign: what keeps it from dialling, the first first. A number: when campaigns call it, or why not",
    )


async def _run(options: argparse.Namespace, settings: Config) -> int:
    match options.what:
        case ["campaign", name]:
            return await _campaign(name, settings)
        case ["number", text]:
            return await _number(text, settings)
        case [call]:
            return await _call(call, settings)
    raise NotDone("explain a CALL, campaign NAME or number NUMBER")


async def _call(call: str, settings: Config) -> int:
    async with opened(settings) as database:
        found = await explained(database, call, tuple(settings.nodes), settings.site.region)
    if found is None:
        print(f"no call {call} came to a queue, or ccore was away when it did")
        return 1
    queues = read_centre(settings.dialplan)[0].queues
    print("\n".join(story(found.visits, found.offers, queues, settings.zone)))
    return 0


async def _campaign(name: str, settings: Config) -> int:
    live, now = settings.versions_dir / disk.LIVE, datetime.now(settings.zone)
    centre = load_centre(live if live.exists() else settings.dialplan)  # the files that run, once some do
    async with opened(settings) as database:
        trunks = await gathering.trunk_statuses(database, settings, centre, now)
        said = await gathering.of_campaign(database, centre, name, now, trunks)
    if said is None:
        raise NotDone(f"there is no campaign {name} among the files that run")
    _print(said)
    return 0


async def _number(text: str, settings: Config) -> int:
    live, wanted = settings.versions_dir / disk.LIVE, number(text, settings)
    centre = load_centre(live if live.exists() else settings.dialplan)
    async with opened(settings) as database:
        said = await gathering.of_number(database, centre, wanted, datetime.now(settings.zone))
    print(wanted)
    _print(said)
    return 0


def _print(said: Iterable[Said]) -> None:
    for each in said:
        print(f"{'STOPS' if each.stops else '  -  '}  {each.text}")
