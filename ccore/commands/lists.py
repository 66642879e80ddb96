"""``ccore lists``: contacts of campaigns, uploaded from files, looked for, taken out and called again."""

import argparse
import asyncio
import hashlib
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from asyncpg import Record
from pydantic import ValidationError

from ccore.commands import Add
from ccore.commands.campaigns_report import running
from ccore.commands.given import NotDone
from ccore.commands.given import number as telephone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.lists.contacts import Lists, Sought
from ccore.dialer.lists.sheet_model import Encoding, Wanted
from ccore.dialer.lists.sheet_report import heading, lines, words
from ccore.dialer.lists.uploading import Arrived, Uploading, site_of
from ccore.publishing import who

LOOK_EVERY_S = 0.5
MOST_SHOWN = 20  # rows of a report at the terminal; the file has them all
MOST_LISTED = 1000
_AT_ONCE = 2000
_ONE = ("number", "name", "priority", "not_before", "agent")


def register(add: Add) -> None:
    """Add the command."""
    command = add("lists", _list, "lists of contacts that campaigns call")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them, with their contacts by state").set_defaults(run=_list)
    _add_upload(actions.add_parser("upload", help="put the contacts of a file into a list"))
    uploads = actions.add_parser("uploads", help="print what was uploaded, the newest first")
    uploads.set_defaults(run=_uploads)
    uploads.add_argument("--list", metavar="NAME", help="into this list alone")
    report = actions.add_parser("report", help="what there is to say of the rows of an upload")
    report.set_defaults(run=_report)
    report.add_argument("upload", type=int, metavar="NUMBER", help="as `upload` and `uploads` print it")
    report.add_argument("--file", type=Path, metavar="FILE.csv", help="all of them, as a CSV file")
    search = actions.add_parser("contacts", help="look for contacts, by number or in a list")
    search.set_defaults(run=_search)
    for option in ("number", "list", "state", "agent", "name"):
        search.add_argument(f"--{option}", metavar=option.upper())
    for name, run, text in (("remove", _remove, "is not called any more"), ("reopen", _reopen, "is called again")):
        action = actions.add_parser(name, help=f"a contact {text}")
        action.set_defaults(run=run)
        action.add_argument("contact", type=int, metavar="NUMBER", help="as `contacts` prints it")
    again = actions.add_parser("again", help="all of a list that are done are called again, or some of them")
    again.set_defaults(run=_again)
    again.add_argument("list", metavar="LIST")
    again.add_argument("--outcome", action="append", default=[], metavar="OUTCOME", help="who ended so: no-answer …")
    again.add_argument("--disposition", action="append", default=[], metavar="NAME", help="or with this disposition")
    delete = actions.add_parser("delete", help="nobody of it is called any more; whom it has called stays known")
    delete.set_defaults(run=_delete)
    delete.add_argument("list", metavar="LIST")
    delete.add_argument("--force", action="store_true", help="though a campaign that has it runs")
    erase = actions.add_parser("erase", help="forget a person, in all lists")
    erase.set_defaults(run=_erase)
    erase.add_argument("number", metavar="NUMBER")


def _add_upload(action: argparse.ArgumentParser) -> None:
    action.set_defaults(run=_upload)
    action.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX")
    action.add_argument("--list", required=True, metavar="NAME", help="which is made if there is none")
    action.add_argument("--column", action="append", default=[], metavar="WHAT=HEADING",
                        help="number, name, priority, not_before, agent, or a field; others=HEADING, once for each "
                        "further number of the same person, in order")  # fmt: skip
    action.add_argument("--no-heading", action="store_true", help="there is none: columns are A, B …")
    action.add_argument("--encoding", choices=["auto", *Encoding.__args__], default="auto")  # type: ignore[attr-defined]
    action.add_argument("--separator", choices=["auto", ",", ";", "\t", "|"], default="auto")
    action.add_argument("--sheet", default="", metavar="NAME", help="of a workbook (default: the first)")
    action.add_argument("--abroad", action="store_true", help="take numbers of other countries as well")
    action.add_argument("--priority", type=int, default=0, choices=range(10), metavar="0-9",
                        help="of rows that say nothing of it; 9 is called first")  # fmt: skip
    action.add_argument("--in-list", choices=["skip", "update", "refuse"], default="skip",
                        help="of numbers that are in the list: leave, update, or count the row as bad")  # fmt: skip
    action.add_argument("--in-others", choices=["keep", "report", "skip"], default="keep",
                        help="of numbers in other lists: take, take and report, or leave out")  # fmt: skip
    action.add_argument("--whole", action="store_true", help="one bad row, and nothing is taken")
    action.add_argument("--dry-run", action="store_true", help="look and report, take nothing")


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await Lists(database).listed()
    for row in rows:
        counts = ", ".join(f"{row[state]} {state}" for state in ("open", "due", "claimed", "done", "removed"))
        print(f"{row['list']}  {counts}  {row['title']}".rstrip())
    if not rows:
        print("there is no list yet: ccore lists upload FILE --list NAME")
    return 0


async def _upload(options: argparse.Namespace, settings: Config) -> int:
    wanted = _wanted(options)
    if not options.file.is_file():
        raise NotDone(f"{options.file} is no file")
    file = await asyncio.to_thread(_arrived, options.file)
    async with opened(settings) as database:
        life = f"command-{secrets.token_hex(8)}"
        uploading = Uploading(database, site_of(settings), settings.var / "uploads", life)
        number = await uploading.begin(file, options.list, wanted, who(), None, now=True)
        assert number is not None, "there is no key that could have been used"
        await _watched(database, uploading, number, options.list, file.path, wanted)
        row = await Lists(database).upload(number)
        assert row is not None, "uploads are kept"
        print("\n".join(_outcome(row)))
        await _print_report(database, number)
    return 0 if row["state"] == "done" else 1


async def _watched(
    database: Database, uploading: Uploading, number: int, name: str, path: Path, wanted: Wanted
) -> None:
    """Run the upload, and say how far it is."""
    work = asyncio.create_task(uploading.run(number, name, path, wanted))
    try:
        while not (await asyncio.wait((work,), timeout=LOOK_EVERY_S))[0]:
            await _tell(database, uploading, number)
        await work
    except asyncio.CancelledError:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await Lists(database).cancel(number, who())
        raise


async def _tell(database: Database, uploading: Uploading, number: int) -> None:
    row = await Lists(database).upload(number)
    await uploading.say_alive()
    if row is not None and sys.stderr.isatty():
        of = f" of about {row['rows_there']}" if row["rows_there"] else ""
        doing = "storing" if row["state"] == "storing" else f"{row['rows_read']} rows read{of}"
        print(f"\r{doing}\033[K", end="", file=sys.stderr, flush=True)


def _wanted(options: argparse.Namespace) -> Wanted:
    columns: dict[str, object] = {}
    for column in options.column:
        what, found, title = column.partition("=")
        if not found:
            raise NotDone(f"--column {column}: write WHAT=HEADING, such as number=手机号")
        if what in _ONE:
            columns[what] = title
        elif what == "others":
            columns.setdefault("others", []).append(title)  # type: ignore[attr-defined]
        else:
            columns.setdefault("fields", {})[what] = title  # type: ignore[index]
    given = {name: getattr(options, name) for name in Wanted.model_fields if hasattr(options, name)}
    try:
        return Wanted.model_validate({**given, "columns": columns, "heading": not options.no_heading})
    except ValidationError as error:
        raise NotDone("; ".join(fault["msg"] for fault in error.errors())) from error


def _arrived(path: Path) -> Arrived:
    with path.open("rb") as file:
        return Arrived(path, path.name, hashlib.file_digest(file, "sha256").digest(), path.stat().st_size)


def _outcome(row: Record) -> Iterator[str]:
    counts, dry = row["counts"], " (a dry run: nothing was taken)" if row["asked"].get("dry_run") else ""
    yield f"upload {row['upload_id']} into {row['list']}: {row['state']}{dry}"
    if row["reason"]:
        yield f"  {row['reason']}"
    if counts:
        yield "  " + ", ".join(f"{counts[what]} {what}" for what in ("rows", "new", "updated", "duplicate", "bad"))
    if row["columns"]:
        yield f"  columns: {json.dumps(row['columns'], ensure_ascii=False)}"


async def _print_report(database: Database, number: int) -> None:
    rows = await Lists(database).said(number, 0, MOST_SHOWN)
    for row in rows[:MOST_SHOWN]:
        where = f"row {row['row']}" + (f", {row['col']}" if row["col"] else "")
        print(
            f"  {where}: {row['shown']!r}: {words(row['what'])}" if row["shown"] else f"  {where}: {words(row['what'])}"
        )
    if len(rows) >= MOST_SHOWN:
        print(f"  … all of it: ccore lists report {number} --file FILE.csv")


async def _uploads(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        for row in await Lists(database).uploads(options.list, None, MOST_LISTED):
            print(f"{row['asked_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}  {row['asked_by']}  {row['file_name']}")
            print("\n".join(_outcome(row)))
    return 0


async def _report(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        row = await Lists(database).upload(options.upload)
        if row is None:
            raise NotDone(f"there is no upload {options.upload}")
        if options.file is None:
            print("\n".join(_outcome(row)))
            await _print_report(database, options.upload)
            return 0
        last = 0
        with options.file.open("wb") as file:
            file.write(heading())
            while said := await Lists(database).said(options.upload, last, _AT_ONCE):
                file.write(lines((each["row"], each["col"], each["what"], each["shown"]) for each in said))
                last = said[-1]["row"]
    return 0


async def _search(options: argparse.Namespace, settings: Config) -> int:
    number = None if options.number is None else telephone(options.number, settings)
    if number is None and options.list is None:
        raise NotDone("name a --number or a --list")
    async with opened(settings) as database:
        sought = Sought(number, options.list, options.state, options.agent, options.name)
        rows = await Lists(database).search(sought, MOST_LISTED)
    for row in rows:
        due = f", due {row['next_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}" if row["state"] == "open" else ""
        ended = f", {row['last_outcome']}" if row["last_outcome"] else ""
        barred = ", NOT TO BE CALLED" if row["barred"] else ""
        state = f"{row['state']}{due}, {row['attempts']} attempts{ended}{barred}"
        print(f"{row['contact_id']:8}  {row['list']}  {row['number']}  {row['name']}  {state}")
    if not rows:
        print("no such contact")
    return 0


async def _remove(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        done = await Lists(database).remove(options.contact, who())
    print(f"contact {options.contact} {'is not called any more' if done else 'is not there, or was removed already'}")
    return 0 if done else 1


async def _reopen(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        done = await Lists(database).reopen(options.contact, who())
    print(f"contact {options.contact} {'is called again' if done else 'is neither done nor removed'}")
    return 0 if done else 1


async def _again(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        count = await Lists(database).reopen_list(options.list, who(), options.outcome, options.disposition)
    print(f"{count} contacts of {options.list} are called again")
    return 0


async def _delete(options: argparse.Namespace, settings: Config) -> int:
    using = [name for name, each in running(settings).campaigns.items() if options.list in each.list_names()]
    async with opened(settings) as database:
        done = await Lists(database).delete(options.list, who(), using, force=options.force)
    if done is None:
        raise NotDone(f"there is no list {options.list}")
    count, busy = done
    if busy:
        raise NotDone(f"it is called by {busy}: stop that first, or say --force")
    print(f"{options.list} is deleted, and {count} of its contacts are not called any more")
    return 0


async def _erase(options: argparse.Namespace, settings: Config) -> int:
    number = telephone(options.number, settings)
    async with opened(settings) as database:
        erased, left = await Lists(database).erase(number, who())
    if left:
        raise NotDone(f"{number} is being called just now: try again when that is over")
    print(f"{number} was in {erased} lists; to have nobody call it from later ones: ccore donotcall add {number}")
    return 0
