"""``ccore campaigns report`` and ``log``: what a campaign did, for people, for spreadsheets, and for the simulator."""

import argparse
import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ccore.centre.centre import Centre, load_centre
from ccore.columns import aligned
from ccore.commands import times
from ccore.commands.given import NotDone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.reports.counting import report
from ccore.dialer.reports.files import as_csv, as_xlsx
from ccore.dialer.reports.gain import gain
from ccore.dialer.reports.log import rows
from ccore.dialer.reports.tables import Cell, Table
from ccore.dialer.simulation.log import lines, logged
from ccore.dialer.simulation.replay import CannotReplay
from ccore.versions import disk

USUAL = timedelta(days=30)  # what abandonment is counted over
WIDEST = 60  # letters of a cell


def add_to(actions: Any) -> None:
    """Add the actions."""
    reporting = actions.add_parser("report", help="print what one did: funnel, causes, abandonment, agents, trunks")
    reporting.set_defaults(run=_report)
    _period(reporting)
    reporting.add_argument("--csv", type=Path, metavar="FILE", help="write all of it there instead")
    reporting.add_argument("--xlsx", type=Path, metavar="FILE", help="or there, as a workbook")
    reporting.add_argument("--gain", action="store_true", help="beside dialling by hand and progressive, simulated"
                           " with the same agents and contacts: a day at most, and it takes a while")  # fmt: skip
    logging = actions.add_parser("log", help="print its log for ccore simulate --campaign, without numbers")
    logging.set_defaults(run=_log)
    _period(logging)


def _period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    for option, default in (("from", "30 days before --until"), ("until", "now")):
        parser.add_argument(f"--{option}", dest=option, metavar="TIME", type=datetime.fromisoformat,
                            help=f"such as 2026-11-22 or 2026-11-22T09:15 (default: {default})")  # fmt: skip


def _between(options: argparse.Namespace, settings: Config) -> tuple[datetime, datetime]:
    given = vars(options)
    until = times.at(given["until"] or datetime.now(settings.zone), settings).astimezone(settings.zone)
    since = times.at(given["from"] or until - USUAL, settings).astimezone(settings.zone)
    if since >= until:
        raise NotDone("--until is not after --from")
    return since, until


async def _report(options: argparse.Namespace, settings: Config) -> int:
    since, until = _between(options, settings)
    async with opened(settings) as database:
        tables = await report(database, running(settings), options.name, since, until, settings.zone)
        if options.gain:
            tables = (*tables, await _gain(database, options.name, since, until, settings))
    if options.csv is not None:
        options.csv.write_bytes(as_csv(tables))
    if options.xlsx is not None:
        options.xlsx.write_bytes(as_xlsx(tables))
    if options.csv is None and options.xlsx is None:
        print(f"{options.name}, {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}")
        print("\n".join(line for table in tables for line in _shown(table)))
    return 0


async def _gain(database: Database, name: str, since: datetime, until: datetime, settings: Config) -> Table:
    centre = running(settings)
    channels = _channels(name, centre, settings)
    log = logged([row async for row in rows(database, centre, name, since, until, channels)])
    try:
        return await asyncio.to_thread(gain, log, name)
    except CannotReplay as error:
        raise NotDone(f"its gain cannot be told: {error}") from error


def _shown(table: Table) -> Iterator[str]:
    yield ""
    yield table.name
    if not table.rows:
        yield "  nothing"
        return
    cells = [list(table.heads), *([_text(cell) for cell in row] for row in table.rows)]
    yield from (f"  {line}" for line in aligned(cells))


def _text(cell: Cell) -> str:
    return "-" if cell is None or cell == "" else str(cell)[:WIDEST]


async def _log(options: argparse.Namespace, settings: Config) -> int:
    (since, until), centre = _between(options, settings), running(settings)
    async with opened(settings) as database:
        async for row in rows(database, centre, options.name, since, until, _channels(options.name, centre, settings)):
            print(next(lines([row])))
    return 0


def _channels(name: str, centre: Centre, settings: Config) -> int | None:
    """The channels that the campaign's trunks have together, as far as campaigns may use them; None: no such file."""
    campaign = centre.campaigns.get(name)
    if campaign is None:
        return None
    there = [(trunk, line.channels) for node in settings.nodes for trunk, line in settings.trunks_of(node).items()]
    return sum(
        min(channels, centre.outgoing[trunk].channels or channels) for trunk, channels in there
        if trunk in campaign.trunks and trunk in centre.outgoing
    ) or None  # fmt: skip


def running(settings: Config) -> Centre:
    """The files that run; before the first run, those of the operators."""
    live = settings.versions_dir / disk.LIVE
    return load_centre(live if live.exists() else settings.dialplan)
