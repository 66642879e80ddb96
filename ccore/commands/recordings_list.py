"""``ccore recordings list`` and ``ccore recordings policy``: which calls were recorded, and which are."""

import argparse
from collections.abc import Callable
from datetime import datetime

from asyncpg import Record

from ccore.centre.centre import load_centre
from ccore.commands.opened import opened
from ccore.commands.times import at
from ccore.config import Config
from ccore.log import mask_number
from ccore.recording.model import State
from ccore.recording.policy import Policy, explained
from ccore.recording.search import Wanted, find
from ccore.subscriber import e164

Action = Callable[[str, object, str], argparse.ArgumentParser]
MOST = 1000


def register(action: Action) -> None:
    """Add the actions to the command ``recordings``."""
    listing = action("list", _list, "the recordings that fit all that is said of them, the newest first")
    for name in ("queue", "agent", "number", "campaign", "hotline", "call", "node"):
        listing.add_argument(f"--{name}")
    listing.add_argument("--direction", choices=["in", "out", "internal"])
    listing.add_argument("--state", choices=[state.value for state in State])
    listing.add_argument(
        "--from",
        dest="since",
        type=datetime.fromisoformat,
        metavar="TIME",
        help="begun then or later, as 2026-11-22T08:00",
    )
    listing.add_argument("--to", dest="until", type=datetime.fromisoformat, metavar="TIME", help="begun before")
    listing.add_argument("--least-s", type=int, metavar="S", help="agents talked at least so long")
    listing.add_argument("--limit", type=int, default=100, metavar="N")
    action("policy", _policy, "which calls of each queue are recorded, and which rule says so")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    number = options.number and (e164(options.number, settings.site.region) or options.number)
    wanted = Wanted(
        options.queue, options.agent, number, options.campaign, options.hotline, options.direction, options.call,
        options.state, options.node, _time(options.since, settings), _time(options.until, settings),
        None if options.least_s is None else options.least_s * 1000,
    )  # fmt: skip
    async with opened(settings) as database:
        rows = await find(database, wanted, min(options.limit, MOST))
    for row in rows:
        print(_line(row, settings))
    if not rows:
        print("there is no such recording")
    return 0


async def _policy(_options: argparse.Namespace, settings: Config) -> int:
    centre = load_centre(settings.dialplan)
    policy = Policy(centre.recording, {name: queue.recording for name, queue in centre.queues.items()})
    for line in explained(policy, centre.queues):
        print(line)
    return 0


def _time(moment: datetime | None, settings: Config) -> datetime | None:
    return None if moment is None else at(moment, settings)


def _line(row: Record, settings: Config) -> str:
    began = f"{(row['started_at'] or row['expected_at']).astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
    length = "" if row["milliseconds"] is None else f"{row['milliseconds'] / 1000:.1f} s"
    agents = ",".join(agent or "?" for agent in row["agents"]) or "-"
    words = (row["queue"] or "-", agents, mask_number(row["number"]) or "-", row["call_id"], row["trouble"])
    return f"{row['recording_id']:8}  {began}  {row['state']:9} {length:>9}  {'  '.join(words)}".rstrip()
