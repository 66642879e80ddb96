"""``ccore explain``: why a caller came where they came: line, priority, own agent, each agent rung, and the wait."""

import argparse

from ccore.centre.centre import read_centre
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.queues.explained import explained
from ccore.queues.stories import story


def register(add: Add) -> None:
    """Add the command."""
    command = add("explain", _run, "say in plain words what was decided for a caller in the queues, and why")
    command.add_argument(
        "call", metavar="CALL", help="its key (node!uniqueid), Uniqueid or LinkedID, or a number: then the last call"
    )


async def _run(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        found = await explained(database, options.call, tuple(settings.nodes), settings.site.region)
    if found is None:
        print(f"no call {options.call} came to a queue, or ccore was away when it did")
        return 1
    queues = read_centre(settings.dialplan)[0].queues
    print("\n".join(story(found.visits, found.offers, queues, settings.zone)))
    return 0
