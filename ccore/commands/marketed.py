"""Marketing, for a command that needs it for a moment, and what such commands have in common."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from ccore.centre.centre import load_centre
from ccore.commands import times
from ccore.commands.given import NotDone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dry_orders import dry_orders
from ccore.marketing.model import Holder
from ccore.marketing.service import Marketing
from ccore.ordering.number import load_plan
from ccore.versions import disk


@asynccontextmanager
async def marketing(settings: Config) -> AsyncIterator[Marketing]:
    """By the operators' files that run, or if none do by those of the site. Raises Unavailable and FaultsFound."""
    live = settings.versions_dir / disk.LIVE
    directory = live if live.exists() else settings.dialplan
    around = dry_orders(settings, load_plan(directory), load_centre(directory))
    async with opened(settings) as database:
        yield Marketing(database, settings.claims, around)


def add_time(action: argparse.ArgumentParser, option: str, help_text: str) -> None:
    """Add an option that is a time."""
    name = "starts" if option == "from" else option
    action.add_argument(f"--{option}", dest=name, type=datetime.fromisoformat, metavar="TIME", help=help_text)


def time_of(options: argparse.Namespace, name: str, settings: Config) -> datetime | None:
    """The time that was given, if one was."""
    given: datetime | None = vars(options)[name]
    return None if given is None else times.at(given, settings)


def add_holder(action: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add options for a person, a team or a department, of which one has to be given."""
    either = action.add_mutually_exclusive_group(required=True)
    either.add_argument(f"--{prefix}employee", dest="employee", metavar="NUMBER")
    either.add_argument(f"--{prefix}team", dest="team", metavar="NAME")
    either.add_argument(f"--{prefix}department", dest="department", metavar="PATH", help="such as Sales/East")


async def holder_of(options: argparse.Namespace, of: Marketing) -> Holder:
    """Who was meant. Raises NotDone."""
    team = None if options.team is None else await of.teams.called(options.team)
    found = await of.claims.holder(options.employee, team, options.department)
    if found is None:
        raise NotDone(f"there is no {options.employee or options.team or options.department}")
    return found[0]


def moment(at: datetime | None, settings: Config) -> str:
    """A time of the site's zone."""
    return "" if at is None else f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}"
