"""``ccore teams``: virtual teams, who is in them, and how what they earn is shared."""

import argparse

from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.marketed import add_time, marketing, moment, time_of
from ccore.config import Config
from ccore.marketing.pool import Refused
from ccore.marketing.service import Marketing
from ccore.marketing.shares import basis_points, percent
from ccore.publishing import who


def register(add: Add) -> None:
    """Add the command."""
    command = add("teams", _list, "virtual teams that sell together")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them, with their shares of now and later").set_defaults(run=_list)
    adding = actions.add_parser("add", help="make one, from now on")
    adding.set_defaults(run=_add)
    sharing = actions.add_parser("share", help="share otherwise from now, or a time to come")
    sharing.set_defaults(run=_share)
    leading = actions.add_parser("lead", help="somebody else leads it")
    leading.set_defaults(run=_lead)
    ending = actions.add_parser("end", help="end it, and its claims; orders stay where they were")
    ending.set_defaults(run=_end)
    for action in (adding, sharing, leading, ending):
        action.add_argument("name", metavar="NAME")
    adding.add_argument("--leader", required=True, metavar="NUMBER")
    for action in (adding, sharing):
        action.add_argument("--share", action="append", required=True, metavar="NUMBER=PERCENT",
                            help="of one member, such as E001=33.34; together 100")  # fmt: skip
    add_time(sharing, "from", "a time to come (default: now)")
    leading.add_argument("leader", metavar="NUMBER")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        rows = await of.teams.all()
    for row in rows:
        ended = f"  ended {moment(row['ended_at'], settings)}" if row["ended_at"] else ""
        print(f"{row['name']}  led by {row['leader']} {row['leader_name']}{ended}")
        for version in row["versions"]:
            shares = ", ".join(
                f"{each['employee']} {each['name']} {percent(each['basis_points'])}{' (left)' if each['left'] else ''}"
                for each in version["shares"]
            )
            print(f"  since {version['starts'][:16].replace('T', ' ')} UTC: {shares}")
    return 0


async def _add(options: argparse.Namespace, settings: Config) -> int:
    shares = _shares(options.share)
    async with marketing(settings) as of:
        _done(await of.teams.add(options.name, options.leader, shares, who()))
    print(f"team {options.name} has {len(shares)} members")
    return 0


async def _share(options: argparse.Namespace, settings: Config) -> int:
    shares = _shares(options.share)
    async with marketing(settings) as of:
        starts = time_of(options, "starts", settings)
        _done(await of.teams.share(await _called(options, of), shares, who(), starts))
    print(f"team {options.name} shares so from {moment(starts, settings) or 'now'} on")
    return 0


async def _lead(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        _done(await of.teams.lead(await _called(options, of), options.leader, who()))
    print(f"{options.leader} leads team {options.name}")
    return 0


async def _end(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        claims = await of.teams.end(await _called(options, of), who())
        _done(claims)
    print(f"team {options.name} has ended, and {claims} claims with it")
    return 0


async def _called(options: argparse.Namespace, of: Marketing) -> int:
    team = await of.teams.called(options.name)
    if team is None:
        raise NotDone(f"there is no team {options.name}")
    return team


def _shares(given: list[str]) -> list[tuple[str, int]]:
    shares = []
    for each in given:
        number, _, share = each.rpartition("=")
        points = basis_points(share)
        if not number or points is None:
            raise NotDone(f"a share is a number and a percentage, such as E001=33.34: {each!r}")
        shares.append((number, points))
    return shares


def _done(came: object) -> None:
    if isinstance(came, Refused):
        raise NotDone(came.reason)
