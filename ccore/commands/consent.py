"""``ccore consent``: who has said that they may be called, for what, and where that can be seen."""

import argparse
import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ccore.clock import utc_now
from ccore.commands import Add, times
from ccore.commands.given import number as telephone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.dialer.lists.barring import Barring
from ccore.dialer.lists.sheet_model import Wanted
from ccore.dialer.lists.sheet_report import words
from ccore.dialer.lists.sheet_rows import Known, known_number
from ccore.dialer.lists.uploading import site_of
from ccore.errors import Fault, FaultsFound
from ccore.publishing import who
from ccore.sheets import NoSheet, heading, is_empty
from ccore.sheets import opened as sheet_opened

_CODE = "CONSENT"
Given = tuple[str, datetime, str]


def register(add: Add) -> None:
    """Add the command."""
    command = add("consent", _show, "who may be called, and for what")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, run, text in (
        ("show", _show, "what somebody has consented to"),
        ("add", _add, "somebody may be called"),
        ("withdraw", _withdraw, "somebody may no longer be called"),
    ):
        action = actions.add_parser(name, help=text)
        action.set_defaults(run=run)
        action.add_argument("number", metavar="NUMBER")
        if name != "show":
            action.add_argument("--purpose", required=name == "add", metavar="NAME", help="as campaigns name it")
        if name == "add":
            action.add_argument("--evidence", required=True, metavar="TEXT", help="where it can be seen")
            action.add_argument("--at", type=datetime.fromisoformat, metavar="TIME", help="when it was given")
    importing = actions.add_parser("import", help="those of a file: all of it or nothing")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE.csv", help="CSV or XLSX: number, time, evidence; a heading")
    importing.add_argument("--purpose", required=True, metavar="NAME")


async def _show(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await Barring(database).consents(telephone(options.number, settings))
    for row in rows:
        given = f"{row['given_at'].astimezone(settings.zone):%Y-%m-%d}"
        ended = ""
        if row["withdrawn_at"] is not None:
            ended = f"  WITHDRAWN {row['withdrawn_at'].astimezone(settings.zone):%Y-%m-%d}, says {row['withdrawn_by']}"
        print(f"{row['purpose']}  since {given}  {row['evidence']}{ended}")
    if not rows:
        print("nothing")
    return 0


async def _add(options: argparse.Namespace, settings: Config) -> int:
    at = utc_now() if options.at is None else times.at(options.at, settings)
    number = telephone(options.number, settings)
    async with opened(settings) as database:
        done = await Barring(database).consent(number, options.purpose, at, options.evidence, who())
    print(f"{number} may be called for {options.purpose}" + ("" if done else ", as was known"))
    return 0 if done else 1


async def _withdraw(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await Barring(database).withdraw(telephone(options.number, settings), options.purpose, who())
    print(f"{count} consents are withdrawn")
    return 0 if count else 1


async def _import(options: argparse.Namespace, settings: Config) -> int:
    try:
        rows = await asyncio.to_thread(lambda: list(_read(options.file, settings)))
    except (NoSheet, OSError) as error:
        raise FaultsFound([Fault(options.file, 0, _CODE, f"cannot be read: {error}")]) from error
    async with opened(settings) as database:
        count = await Barring(database).import_consents(rows, options.purpose, who())
    print(f"{count} of {len(rows)} consents are new")
    return 0


def _read(file: Path, settings: Config) -> Iterator[Given]:
    """Number, time and evidence of each row. Raises NoSheet, OSError and FaultsFound."""
    site, faults = site_of(settings), []
    with sheet_opened(file, Wanted()) as sheet:
        for row, cells in sheet.rows:
            if row == 1 or is_empty(cells):
                continue
            number, at, evidence = ([heading(cell) for cell in cells] + ["", "", ""])[:3]
            known, given_at = known_number(number, site, abroad=True), _time(at, settings)
            if not isinstance(known, Known):
                faults.append(Fault(file, row, _CODE, words(known)))
            elif given_at is None or not evidence:
                faults.append(Fault(file, row, _CODE, "needs a time, such as 2026-11-22, and what shows the consent"))
            else:
                yield known.number, given_at, evidence
    if faults:
        raise FaultsFound(faults)


def _time(text: str, settings: Config) -> datetime | None:
    try:
        return times.at(datetime.fromisoformat(text), settings)
    except ValueError:
        return None
