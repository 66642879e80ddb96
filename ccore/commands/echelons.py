"""``ccore echelons``: which standby staff is needed, calling it up, and who came."""

import argparse

from ccore.centre.centre import load_centre
from ccore.clock import utc_now
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.numbers.standby import SHOWN_FOR, StandbyStaff
from ccore.publishing import who


def register(add: Add) -> None:
    """Add the command."""
    command = add("echelons", _list, "which standby staff is proposed for which queue, and who was called up")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print it").set_defaults(run=_list)
    calling = actions.add_parser("call-up", help="text the people of an echelon, and of those before it")
    calling.set_defaults(run=_call_up)
    calling.add_argument("level", type=int, choices=range(1, 5), metavar="LEVEL", help="1 to 4")
    calling.add_argument("queue", metavar="QUEUE", help="for which they are needed")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        states = await database.fetch("numbers.echelon_states")
        called = await database.fetch("numbers.called_up", utc_now() - SHOWN_FOR)
    for row in states:
        volume = "" if row["percent"] is None else f", {row['percent']:.0f} % of the plan"
        since = f"{row['since'].astimezone(settings.zone):%F %R}"
        level = f"echelon {row['level']}" if row["level"] else "no echelon"
        print(f"{row['queue']}: {level} since {since}{volume}")
    for row in called:
        came = f"came {row['came_at'].astimezone(settings.zone):%R}" if row["came_at"] else "has not come"
        at = f"{row['called_at'].astimezone(settings.zone):%F %R}"
        print(f"{at}  {row['agent']} {row['name'] or ''}  for {row['queue']}, by {row['called_by']}: {came}")
    if not states and not called:
        print("no standby staff is needed, and none was called up")
    return 0


async def _call_up(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        staff = StandbyStaff(database, settings.site.name, settings.zone)
        staff.use(load_centre(settings.dialplan))
        called = await staff.call_up(options.level, options.queue, who(), utc_now())
    print(f"called up: {', '.join(called)}" if called else "nobody: all are here, were called up, or have no mobile")
    return 0
