"""``ccore announce``: what callers hear first at a node of the menus, for a time."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from asyncpg import Record

from ccore.clock import utc_now
from ccore.commands import Add, times
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.errors import CcoreError
from ccore.ivr import audio
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.ivr.announcers import Announcers
from ccore.ivr.menus import load_menus
from ccore.prompts.build import phrase_of, speak
from ccore.prompts.catalogue import LANGUAGES, Language, Prompt
from ccore.prompts.engines.chosen import chosen_engine
from ccore.publishing import who
from ccore.versions import disk

LISTED_FOR = timedelta(days=7)  # after the end


class NoAnnouncement(CcoreError):
    """What was given cannot be an announcement; the message says why."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("announce", _list, "announcements that callers hear first at a node of the menus, for a time")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    adding = actions.add_parser("add", help="mount one; callers hear it within 2 s of its beginning")
    adding.set_defaults(run=_add)
    adding.add_argument("node", metavar="NODE", help="of the menus")
    adding.add_argument("--file", action="append", default=[], metavar="[LANGUAGE=]FILE",
                        help="WAV with 16 bit; for callers of one language (zh=…, en=…) or of all")  # fmt: skip
    adding.add_argument("--text", action="append", default=[], metavar="[LANGUAGE=]TEXT",
                        help="what it says; spoken by the speech engine where there is no file")  # fmt: skip
    adding.add_argument("--from", dest="begins", type=datetime.fromisoformat, metavar="TIME", help="default: now")
    ends = adding.add_mutually_exclusive_group(required=True)
    ends.add_argument("--until", type=datetime.fromisoformat, metavar="TIME", help="such as 2026-11-22T18:00")
    ends.add_argument("--hours", type=float, metavar="N", help="how long, from its beginning")
    adding.add_argument("--divert", default="", metavar="NODE", help="where callers are taken after it")

    listing = actions.add_parser("list", help="print those that play, will play, or ended within a week")
    listing.set_defaults(run=_list)
    ending = actions.add_parser("end", help="end one now")
    ending.set_defaults(run=_end)
    ending.add_argument("number", type=int, metavar="NUMBER", help="as `list` prints it")
    pin = actions.add_parser("pin", help="let an employee make announcements by phone; asks for the PIN")
    pin.set_defaults(run=_pin)
    pin.add_argument("employee", metavar="EMPLOYEE", help="their number")
    pin.add_argument("--name", default="", help="theirs")
    pin.add_argument("--remove", action="store_true", help="take that right away")


async def _add(options: argparse.Namespace, settings: Config) -> int:
    nodes = await asyncio.to_thread(_nodes, settings)
    for node in filter(None, (options.node, options.divert)):
        if node not in nodes:
            raise NoAnnouncement(f"the menus have no node {node}: they have {', '.join(sorted(nodes)) or 'none'}")
    begins, until = (moment and times.at(moment, settings) for moment in (options.begins, options.until))
    if until is not None and until <= utc_now():
        raise NoAnnouncement("--until has passed")
    said = await asyncio.to_thread(_said, _by_language(options.file), _by_language(options.text), settings)
    wanted = Wanted(
        options.node, said, "upload" if options.file else "speech", who(), options.divert, begins, until,
        timedelta(hours=options.hours or 0),
    )  # fmt: skip
    async with opened(settings) as database:
        try:
            number = await Announcements(database, {}).add(wanted)
        except ValueError as error:
            raise NoAnnouncement(str(error)) from error
    print(f"announcement {number} is mounted on {options.node}")
    return 0


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await Announcements(database, {}).listed(utc_now() - LISTED_FOR)
    print("\n".join(_lines(rows, settings)) or "there are no announcements")
    return 0


async def _end(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        ended = await Announcements(database, {}).end(options.number, who())
    print(f"announcement {options.number} {'ends now' if ended else 'has ended, or is not there'}")
    return 0 if ended else 1


async def _pin(options: argparse.Namespace, settings: Config) -> int:
    pin = "" if options.remove else getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    async with opened(settings) as database:
        announcers = Announcers(database, Announcements(database, {}), {})
        if options.remove:
            removed = await announcers.remove(options.employee, who())
            print(f"{options.employee} {'makes no more announcements' if removed else 'could make none'}")
            return 0 if removed else 1
        try:
            await announcers.set_pin(options.employee, options.name, pin, who())
        except ValueError as error:
            raise NoAnnouncement(str(error)) from error
    print(f"{options.employee} may make announcements by phone")
    return 0


def _nodes(settings: Config) -> Collection[str]:
    """Those of the menus that run here; of the working copy, if none do."""
    runs = disk.live(settings.versions_dir) is not None
    return load_menus(settings.versions_dir / disk.LIVE if runs else settings.dialplan).nodes


def _by_language(given: Sequence[str]) -> dict[str, str]:
    """What follows each language; "" is all of them."""
    found: dict[str, str] = {}
    for text in given:
        language, equals, rest = text.partition("=")
        own = bool(equals) and language in LANGUAGES
        found[language if own else ""] = rest if own else text
    return found


def _said(files: Mapping[str, str], texts: Mapping[str, str], settings: Config) -> dict[str, Said]:
    """What is to be heard, by language: read from files, or spoken where there is only a text."""
    if not files and not texts:
        raise NoAnnouncement("give --file, or --text for the speech engine")
    if len(files.keys() | texts.keys()) > 1 and "" in files.keys() | texts.keys():
        raise NoAnnouncement("name the language of each file and text (zh=…, en=…), or of none")
    read = {language: Said(texts.get(language, ""), _read(Path(file))) for language, file in files.items()}
    return read | {
        language: Said(text, _spoken(language, text, settings))
        for language, text in texts.items()
        if language not in files
    }


def _read(file: Path) -> bytes:
    try:
        return audio.from_wav(file.read_bytes())
    except (OSError, ValueError) as error:
        raise NoAnnouncement(f"{file} cannot be used: {error}") from error


def _spoken(language: str, text: str, settings: Config) -> bytes:
    """By the engine of the configuration. Raises EngineMissing or NotSpoken with what to do."""
    in_language: Language = "en" if language == "en" else "zh"
    phrase = phrase_of(Prompt(zh=text, en=text), in_language, settings.prompts)
    return speak(chosen_engine(settings), phrase).narrow


def _lines(rows: Sequence[Record], settings: Config) -> Iterator[str]:
    now = utc_now()
    for row in rows:
        ends = row["ended_at"] or row["ends_at"]
        state = "ended" if ends <= now else "plays" if row["starts_at"] <= now else "waits"
        begins_at, ends_at = (f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}" for at in (row["starts_at"], ends))
        divert = f" → {row['divert']}" if row["divert"] else ""
        yield (
            f"{row['announcement_id']:4}  {state}  {begins_at} – {ends_at}  {row['node']}{divert}  "
            f"{row['seconds']:.0f} s by {row['source']}, {row['made_by']}  {row['text'] or ''}"
        ).rstrip()
