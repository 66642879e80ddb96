"""``ccore trunks``: the trunks campaigns call out by, and the switch that shuts them."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from asyncpg import Record

from ccore.centre.centre import load_centre
from ccore.centre.outgoing import Outgoing
from ccore.clock import utc_now
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dialer.trunks import switch
from ccore.money import yuan
from ccore.publishing import who


def register(add: Add) -> None:
    """Add the command."""
    command = add("trunks", _list, "the trunks campaigns call out by")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list", help="print them: how they may be used, which are shut or rest, what they cost"
    )
    listing.set_defaults(run=_list)
    killing = actions.add_parser("kill", help="shut one, or all: no campaign calls by it any more, within a second")
    killing.set_defaults(run=_kill)
    _which(killing)
    killing.add_argument("--reason", default="", help="for the audit, and for whoever opens it again")
    reviving = actions.add_parser("revive", help="open one again that was shut")
    reviving.set_defaults(run=_revive)
    _which(reviving)
    resting = actions.add_parser("rest", help="leave one alone for a while, at every node where it ends")
    resting.set_defaults(run=_rest)
    resting.add_argument("trunk", metavar="TRUNK")
    resting.add_argument(
        "--minutes", type=_minutes, default=30, help="for so long (default: 30; 0: it rests no longer)"
    )
    resting.add_argument("--reason", default="")
    spending = actions.add_parser("spend", help="print what calls by them have cost, day by day")
    spending.set_defaults(run=_spend)
    spending.add_argument("trunk", metavar="TRUNK", nargs="?", help="this one alone")
    spending.add_argument(
        "--days", type=int, default=31, choices=range(1, 1001), metavar="N", help="of the last N days"
    )


def _which(parser: argparse.ArgumentParser) -> None:
    names = parser.add_mutually_exclusive_group(required=True)
    names.add_argument("trunk", metavar="TRUNK", nargs="?")
    names.add_argument("--all", action="store_true", help="every trunk there is")


def _minutes(text: str) -> int:
    if not text.isdigit() or int(text) > 1440:
        raise argparse.ArgumentTypeError("minutes are a number from 0 to 1440")
    return int(text)


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    now = utc_now()
    async with opened(settings) as database:
        kills, rests = await switch.standing(database, now)
        rows = await switch.spend(database, None, now.astimezone(settings.zone).date(), 1)
    today = {row["trunk"]: row for row in rows}
    outgoing = load_centre(settings.dialplan).outgoing
    for name, trunk in outgoing.items():
        if name in settings.trunks:
            print("; ".join(_line(name, trunk, settings, today.get(name))))
        for line in (*_shut(name, kills), *_resting(name, rests, settings)):
            print(f"    {line}")
    if switch.ALL in kills:
        print(f"ALL of them are shut: {next(_shut(switch.ALL, kills))}")
    if not outgoing:
        print("outgoing.toml names no trunk: campaigns call nobody")
    return 0


def _line(name: str, trunk: Outgoing, settings: Config, spent: Record | None) -> Iterator[str]:
    channels = settings.trunks[name].channels
    yield f"{name}  {min(trunk.channels or channels, channels)} of {channels} channels, {trunk.calls_per_s:g} calls/s"
    yield f"priority {trunk.priority}"
    if trunk.kept_for_inbound:
        yield f"{trunk.kept_for_inbound} kept for callers"
    if trunk.fen_per_call or trunk.fen_per_minute:
        cap = "" if trunk.most_fen_per_day is None else f" of ¥{yuan(trunk.most_fen_per_day)}"
        yield f"today ¥{yuan(spent['fen'] if spent else 0)}{cap}"


def _shut(name: str, kills: Mapping[str, Record]) -> Iterator[str]:
    if row := kills.get(name):
        why = f": {row['reason']}" if row["reason"] else ""
        yield f"shut by {row['by']}{why}"


def _resting(name: str, rests: Sequence[Record], settings: Config) -> Iterator[str]:
    for row in rests:
        if row["trunk"] == name:
            until = row["until"].astimezone(settings.zone)
            yield f"rests at {row['node']} until {until:%H:%M:%S}: {row['reason']}"


async def _kill(options: argparse.Namespace, settings: Config) -> int:
    trunk = _wanted(options)
    if trunk not in {switch.ALL, *settings.trunks}:
        print(f"there is no trunk {trunk}")
        return 1
    async with opened(settings) as database:
        done = await switch.kill(database, trunk, who(), options.reason)
    print(f"{_named(trunk)} {'shut for campaigns' if done else 'shut already'}")
    return 0


async def _revive(options: argparse.Namespace, settings: Config) -> int:
    trunk = _wanted(options)
    async with opened(settings) as database:
        done = await switch.revive(database, trunk, who())
    print(f"{_named(trunk)} {'open for campaigns again' if done else 'not shut'}")
    return 0 if done else 1


def _wanted(options: argparse.Namespace) -> str:
    return switch.ALL if options.all else str(options.trunk)


def _named(trunk: str) -> str:
    return "all trunks are" if trunk == switch.ALL else f"trunk {trunk} is"


async def _rest(options: argparse.Namespace, settings: Config) -> int:
    nodes = [node for node in settings.nodes if options.trunk in settings.trunks_of(node)]
    if not nodes:
        print(f"there is no trunk {options.trunk}")
        return 1
    now = utc_now()
    until = now + timedelta(minutes=options.minutes)
    async with opened(settings) as database:
        if options.minutes == 0:
            done = await switch.wake(database, options.trunk, who())
            print(f"trunk {options.trunk} {'rests no longer' if done else 'does not rest'}")
            return 0 if done else 1
        for node in nodes:
            await switch.rest(database, node, options.trunk, until, who(), options.reason, now)
    print(f"trunk {options.trunk} rests until {until.astimezone(settings.zone):%H:%M:%S}, or longer if it did already")
    return 0


async def _spend(options: argparse.Namespace, settings: Config) -> int:
    today = utc_now().astimezone(settings.zone).date()
    async with opened(settings) as database:
        rows = await switch.spend(database, options.trunk, today, options.days)
    for row in rows:
        minutes = row["seconds"] / 60
        print(f"{row['day']}  {row['trunk']}  {row['calls']} calls, {minutes:.0f} min, ¥{yuan(row['fen'])}")
    print(f"{'total' if rows else 'nothing was spent:'} ¥{yuan(sum(row['fen'] for row in rows))}")
    return 0
