"""``ccore agents``: who the agents are, what they do, and what an admin may have them do."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from asyncpg import Record

from ccore.ami.link import Link
from ccore.centre.centre import load_centre
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.db.pool import Database
from ccore.errors import CcoreError, Fault, FaultsFound
from ccore.publishing import who
from ccore.queues.agents import Agents, Outcome
from ccore.queues.staff import Staff
from ccore.queues.staff_list import LIST_CODE, Listed, read, skills_of
from ccore.versions import disk


class NoAgent(CcoreError):
    """What was given cannot be done to an agent; the message says why."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("agents", _list, "the agents: who they are, and what they do")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print all of them, with what they do now").set_defaults(run=_list)
    showing = actions.add_parser("show", help="print one")
    showing.set_defaults(run=_show)
    adding = actions.add_parser("add", help="a new agent, or one anew")
    adding.set_defaults(run=_add)
    skill = actions.add_parser("skill", help="give an agent other skills")
    skill.set_defaults(run=_skill)
    pin = actions.add_parser("pin", help="let an agent sign in at a phone; asks for the PIN")
    pin.set_defaults(run=_pin)
    removing = actions.add_parser("remove", help="one who is no agent any more")
    removing.set_defaults(run=_remove)
    signing_out = actions.add_parser("sign-out", help="have an agent take no more calls")
    signing_out.set_defaults(run=_sign_out)
    pausing = actions.add_parser("pause", help="have an agent pause")
    pausing.set_defaults(run=_pause)
    for parser in (showing, adding, skill, pin, removing, signing_out, pausing):
        parser.add_argument("agent", metavar="NUMBER", help="what they sign in with")
    adding.add_argument("--name", required=True)
    adding.add_argument("--skills", default="", metavar="SKILLS", help="such as sales=7;english=3")
    adding.add_argument("--echelon", type=int, default=0, metavar="N", help="0: regular staff (default); 1 to 4")
    adding.add_argument("--mobile", default="", metavar="NUMBER", help="where they may take calls outside")
    skill.add_argument("skills", metavar="SKILLS", help="all of them, such as sales=7;english=3; '' for none")
    pausing.add_argument("reason", metavar="REASON", help="of centre.toml")
    importing = actions.add_parser("import", help="write the agents of a CSV list: all of them, or none")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE.csv", help="number, name, skills, echelon, mobile")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with _staff(settings) as (_, staff):
        rows = await staff.listed()
    print("\n".join(_line(row, settings) for row in rows) or "there are no agents")
    return 0


async def _show(options: argparse.Namespace, settings: Config) -> int:
    async with _staff(settings) as (_, staff):
        rows = await staff.listed(options.agent)
    print("\n".join(_line(row, settings) for row in rows) or f"there is no agent {options.agent}")
    return 0 if rows else 1


async def _add(options: argparse.Namespace, settings: Config) -> int:
    async with _staff(settings) as (_, staff):
        await staff.write(
            options.agent, options.name, skills_of(options.skills), who(), options.echelon, options.mobile
        )
    print(f"{options.agent} is an agent")
    return 0


async def _skill(options: argparse.Namespace, settings: Config) -> int:
    async with _staff(settings) as (_, staff):
        return _said(options.agent, await staff.set_skills(options.agent, skills_of(options.skills), who()))


async def _pin(options: argparse.Namespace, settings: Config) -> int:
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    async with _staff(settings) as (_, staff):
        return _said(options.agent, await staff.set_pin(options.agent, pin, who()))


async def _remove(options: argparse.Namespace, settings: Config) -> int:
    async with _staff(settings) as (_, staff):
        return _said(options.agent, await staff.remove(options.agent, who()))


async def _sign_out(options: argparse.Namespace, settings: Config) -> int:
    async with _agents(settings) as agents:
        return _told(options.agent, await agents.sign_out(options.agent, who()))


async def _pause(options: argparse.Namespace, settings: Config) -> int:
    async with _agents(settings) as agents:
        return _told(options.agent, await agents.pause(options.agent, options.reason, who()))


async def _import(options: argparse.Namespace, settings: Config) -> int:
    listed = await asyncio.to_thread(_read, options.file)
    async with _staff(settings) as (_, staff):
        written = await staff.take(listed, options.file, who())
    print(f"{written} agents written")
    return 0


@asynccontextmanager
async def _staff(settings: Config) -> AsyncIterator[tuple[Database, Staff]]:
    """The table of agents; what cannot be is said to the admin."""
    async with opened(settings) as database:
        try:
            yield database, Staff(database, settings.site.region)
        except ValueError as error:
            raise NoAgent(str(error)) from error


@asynccontextmanager
async def _agents(settings: Config) -> AsyncIterator[Agents]:
    """What agents do, written down; a ccore that runs has Asterisk follow."""
    runs = disk.live(settings.versions_dir) is not None
    centre = load_centre(settings.versions_dir / disk.LIVE if runs else settings.dialplan)
    links = {name: Link(name, str(node.host), node.ami_port, "", "") for name, node in settings.nodes.items()}
    async with opened(settings) as database:
        agents = Agents(database, links, nudge=lambda _node: None)
        await agents.look()  # before it is told of queues, whose members are another's to write
        agents.use(centre)
        yield agents


def _read(file: Path) -> list[Listed]:
    try:
        return read(file.read_text(encoding="utf-8"), file)
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(file, 0, LIST_CODE, f"cannot be read, save it as UTF-8 text: {error}")]) from error


def _said(agent: str, done: bool) -> int:
    print(f"agent {agent}: done" if done else f"there is no agent {agent}")
    return 0 if done else 1


def _told(agent: str, outcome: Outcome) -> int:
    print(f"agent {agent}: {outcome.value.replace('-', ' ')}")
    return 0 if outcome is Outcome.DONE else 1


def _line(row: Record, settings: Config) -> str:
    skills = " ".join(f"{skill}={level}" for skill, level in sorted(row["skills"].items()))
    since = f"{row['since'].astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
    more = f" ({row['reason']})" if row["reason"] else f" ({row['queue']})" if row["queue"] else ""
    device = f"  {row['device_kind']} {row['device_number']} at {row['node']}" if row["device_kind"] else ""
    echelon = f"  echelon {row['echelon']}" if row["echelon"] else ""
    return f"{row['agent']:>6}  {row['name']}  {row['state']}{more} since {since}{device}  {skills}{echelon}".rstrip()
