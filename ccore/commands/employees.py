"""``ccore employees``: who sells, from which department, and when they leave."""

import argparse
import asyncio
from pathlib import Path

from ccore import workbooks
from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.marketed import add_time, marketing, moment, time_of
from ccore.config import Config
from ccore.errors import Fault, FaultsFound
from ccore.marketing.model import Refused
from ccore.marketing.staff_model import SAID, Said, Site
from ccore.marketing.staff_sheet import read
from ccore.publishing import who
from ccore.sheets import Anyhow, NoSheet, opened

_CODE = "EMPLOYEE"
MOST_PRINTED = 100_000


def register(add: Add) -> None:
    """Add the command."""
    command = add("employees", _list, "those who sell: staff, contracted people and friends, in their departments")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    importing = actions.add_parser("import", help="take a list in: new people, changes, and those who left")
    importing.set_defaults(run=_import)
    importing.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX, with a heading")
    importing.add_argument("--whole", action="store_true", help="one wrong row, and nothing is taken")
    importing.add_argument("--dry-run", action="store_true", help="look and report, take nothing")
    importing.add_argument("--sign-in", action="store_true", help="let the new ones sign in by their numbers")
    importing.add_argument("--report", type=Path, metavar="FILE.csv", help="write what there is to say of rows there")
    importing.add_argument("--encoding", default="auto", choices=("auto", "utf-8", "utf-16", "gb18030", "big5"))
    listing = actions.add_parser("list", help="print them")
    listing.set_defaults(run=_list)
    listing.add_argument("--department", metavar="PATH", help="those in it and below, such as Sales/East")
    listing.add_argument("--find", metavar="TEXT", help="in their number, name or telephone")
    listing.add_argument("--left", action="store_true", help="also those who left")
    actions.add_parser("departments", help="print the tree of departments").set_defaults(run=_departments)
    leaving = actions.add_parser("leave", help="somebody leaves: their claims end, or go to somebody else")
    leaving.set_defaults(run=_leave)
    leaving.add_argument("number", metavar="NUMBER")
    add_time(leaving, "at", "when (default: now)")
    leaving.add_argument("--hand-over-to", metavar="NUMBER", help="who goes on with their codes; orders stay")


async def _import(options: argparse.Namespace, settings: Config) -> int:
    site = Site(settings.site.region, settings.zone)
    try:
        with opened(options.file, Anyhow(encoding=options.encoding)) as sheet:
            found = await asyncio.to_thread(read, sheet.rows, site)
    except (NoSheet, OSError) as error:
        raise FaultsFound([Fault(options.file, 0, _CODE, f"cannot be read: {error}")]) from error
    async with marketing(settings) as of:
        taken = await of.staff.take_in(found, who(), whole=options.whole, dry_run=options.dry_run)
        let_in, codes = await of.staff.let_in(taken.new, who()) if options.sign_in and taken.done else (0, 0)
    for said in taken.said:
        english, chinese = SAID[said.what]
        where = f" {said.column}" if said.column else ""
        print(f"{options.file}:{said.row} {_CODE}{where} {said.shown!r}: {english} / {chinese}")
    if options.report is not None:
        options.report.write_bytes(_report(taken.said))
    if found.left_out:
        print(f"columns that nothing is taken of: {', '.join(found.left_out)}")
    print(
        f"{taken.rows} rows: {len(taken.new)} new, {len(taken.changed)} changed, {taken.same} as they were, "
        f"{len(taken.left)} left ({taken.claims_ended} claims ended), {taken.codes} codes taken over, {taken.bad} wrong"
    )
    if let_in:
        print(f"{let_in} people may sign in by their number; {codes} were sent a code for their first password")
    if not taken.done:
        print("nothing was taken")
    return 0 if taken.done and not taken.bad else 1


def _report(said: tuple[Said, ...]) -> bytes:
    """What there is to say, as CSV that no spreadsheet takes for a formula."""
    rows = ([each.row, each.column, each.shown, *SAID[each.what]] for each in said)
    return workbooks.as_bytes("csv", "", ["row", "column", "cell", "what", "说明"], rows)


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        department = None
        if options.department is not None:
            found = await of.claims.holder(department=options.department)
            if found is None:
                raise NotDone(f"there is no department {options.department}")
            department = found[0].row
        rows = await of.staff.employees(MOST_PRINTED, department=department, find=options.find, also_left=options.left)
    for row in rows:
        words = [row["number"], row["name"], row["phone"], row["department"], row["kind"], f"{row['claims']} claims"]
        words += [f"left {moment(row['left_at'], settings)}"] if row["left_at"] else []
        print("  ".join(words + (["signs in"] if row["signs_in"] else [])))
    if not rows:
        print("nobody: ccore employees import FILE")
    return 0


async def _departments(_options: argparse.Namespace, settings: Config) -> int:
    async with marketing(settings) as of:
        rows = await of.staff.departments()
    for row in rows:
        print(f"{row['path']}  {row['people']} people")
    return 0


async def _leave(options: argparse.Namespace, settings: Config) -> int:
    at = time_of(options, "at", settings)
    async with marketing(settings) as of:
        row = await of.staff.of_number(options.number)
        if row is None:
            raise NotDone(f"there is no employee {options.number}")
        if options.hand_over_to is not None:
            to = await of.claims.holder(employee=options.hand_over_to)
            if to is None:
                raise NotDone(f"there is no employee {options.hand_over_to}")
            handed = await of.claims.hand_over(row["employee_id"], to[0], who(), at=at)
            if isinstance(handed, Refused):
                raise NotDone(str(handed))
            for each in handed:
                went = "ends" if each.became is None else f"goes on with {options.hand_over_to}"
                print(f"{each.product}{each.code}  {went}")
        gone = await of.staff.leave(options.number, who(), at)
    if gone is None:
        raise NotDone(f"{options.number} has left already")
    print(f"{options.number} has left; {gone.claims} claims ended")
    for team in gone.teams:
        print(f"they have a share of team {team}: ccore teams share {team} …")
    return 0
