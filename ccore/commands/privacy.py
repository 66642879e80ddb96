"""``ccore privacy``: what is known of a person, by their number: told to them whole, or taken away for good."""

import argparse
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.given import number as telephone
from ccore.commands.opened import opened
from ccore.config import Config, load_secrets
from ccore.privacy.model import Fate
from ccore.privacy.places import PLACES
from ccore.privacy.service import Kind, Privacy, privacy_of
from ccore.publishing import who
from ccore.recording.archive import Archive

MOST_LISTED = 200
_PLACES = {place.key: place for place in PLACES}
_FATES = {Fate.DELETED: "is deleted", Fate.REPLACED: "loses the number, names and texts", Fate.KEPT: "stays"}


def register(add: Add) -> None:
    """Add the command."""
    command = add("privacy", _list, "tell or erase a person, by their telephone number")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    telling = action("export", _export, "write all that is known of a person into a ZIP")
    erasing = action("erase", _erase, "say what would go and what stays, and with --yes do so")
    for each in (telling, erasing):
        each.add_argument("number", metavar="NUMBER")
        each.add_argument("--reason", required=True, metavar="TEXT", help="who asked for it, by which letter")
    telling.add_argument("--out", type=Path, required=True, metavar="FILE.zip")
    erasing.add_argument("--yes", action="store_true", help="what would go has been looked at")
    action("list", _list, "print the requests there were")
    action("map", _map, "print every place where something of a person may stand, and what becomes of it")


@asynccontextmanager
async def _privacy(settings: Config) -> AsyncIterator[Privacy]:
    async with opened(settings) as database:
        archive = Archive(settings, load_secrets(settings), database)
        yield privacy_of(settings, database, archive)
        await archive.store.sweep()  # what has lost its key


async def _export(options: argparse.Namespace, settings: Config) -> int:
    async with _privacy(settings) as privacy:
        request = await _asked(privacy, "export", options, settings)
        row = await _gone_on(privacy, request, "ready")
        part = 0
        with _own_file(options.out) as file:
            while (content := await privacy.part(request, part)) is not None:
                file.write(content)
                part += 1
        await privacy.taken(request, who())
    print("\n".join([*_told(row), f"{options.out}: {row['bytes']} bytes"]))
    return 0


async def _erase(options: argparse.Namespace, settings: Config) -> int:
    async with _privacy(settings) as privacy:
        request = await _asked(privacy, "erasure", options, settings)
        row = await _gone_on(privacy, request, "found")
        print("\n".join(_told(row)))
        if settings.access.erasure_by_two:
            print(f"request {request} waits for another admin to confirm it in the console")
            return 0
        if not options.yes:
            await privacy.cancel(request, who())
            raise NotDone("nothing was erased: look at it, and say --yes")
        await privacy.confirm(request, who(), another=False)
        row = await _gone_on(privacy, request, "done")
    if row["state"] != "done":
        print(f"request {request} waits ({row['waits']}) and is gone on with by `ccore run`")
        return 1
    print(f"request {request} is done; what stays: {row['found']['stay'] or 'nothing'}")
    return 0


async def _asked(privacy: Privacy, kind: Kind, options: argparse.Namespace, settings: Config) -> int:
    request = await privacy.ask(kind, telephone(options.number, settings), options.reason.strip() or "-", who())
    if request is None:
        raise NotDone("there is one of this number that goes on: ccore privacy list")
    return request


async def _gone_on(privacy: Privacy, request: int, until: str) -> Record:
    """Go on with it until it is so, fails or has to wait; a ccore that runs may do the same at the same time."""
    while await privacy.go_on(request):
        pass
    row = await privacy.one(request)
    assert row is not None, "requests are never deleted"
    if row["state"] == "failed" or (until != "done" and row["state"] != until):
        raise NotDone(f"request {request} is {row['state']}: {row['trouble'] or row['waits']}")
    return row


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("privacy.list", None, MOST_LISTED)
    for row in rows:
        at = f"{row['asked_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        waits = f" ({row['waits']})" if row["waits"] else ""
        print(f"{row['request_id']:6}  {at}  {row['kind']} {row['masked']}  {row['state']}{waits}  {row['asked_by']}")
    if not rows:
        print("nobody has asked")
    return 0


async def _map(_options: argparse.Namespace, _settings: Config) -> int:
    for place in PLACES:
        why = f": {place.why.en}" if place.why else ""
        print(f"{place.key:26}  {place.name.en} {_FATES[place.fate]}{why}")
        if place.kept:
            print(f"{'':26}  but some stays: {place.kept.why.en}")
    return 0


def _told(row: Record) -> Iterator[str]:
    for key, (rows, kept) in row["found"]["places"].items():
        if rows:
            place = _PLACES[key]
            stays = f" ({kept} stay: {place.kept.why.en})" if kept and place.kept else ""
            yield f"{rows:8}  {place.name.en} {_FATES[place.fate]}{stays}"
    for file in row["found"]["files"]:
        yield f"          the log {file['file']} of {file['node']} names the number until it is removed"


def _own_file(path: Path) -> BinaryIO:
    """For this user only: it is a person's whole data."""
    try:
        return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise NotDone(f"{path} cannot be written: {error.strerror}") from error
