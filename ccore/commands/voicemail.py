"""``ccore voicemail``: what callers recorded, to be listed and listened to."""

import argparse
from pathlib import Path

from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.errors import CcoreError
from ccore.ivr import audio
from ccore.log import mask_number
from ccore.publishing import who


class NoVoicemail(CcoreError):
    """There is no such voicemail, or no place for its file."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("voicemail", _list, "what callers recorded")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="print those nobody has exported, the newest first")
    listing.set_defaults(run=_list)
    listing.add_argument("--box", metavar="NAME", help="of this box only")
    listing.add_argument("--all", action="store_true", help="those that were exported as well")
    exporting = actions.add_parser("export", help="write one into a WAV file; it then counts as heard")
    exporting.set_defaults(run=_export)
    exporting.add_argument("number", type=int, metavar="NUMBER", help="as `list` prints it")
    exporting.add_argument("file", type=Path, metavar="FILE")


async def _list(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("notes.voicemails", options.box, options.all)
    for row in rows:
        at = f"{row['recorded_at'].astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
        seconds, caller = row["milliseconds"] / 1000, mask_number(row["caller"])
        print(f"{row['voicemail_id']:6}  {at}  {row['box']}  {caller}  {seconds:.0f} s  {row['state']}")
    if not rows:
        print("there is no voicemail")
    return 0


async def _export(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        sound: bytes | None = await database.fetch_value("notes.export_voicemail", options.number, who())
    if sound is None:
        raise NoVoicemail(f"there is no voicemail {options.number}")
    try:
        options.file.touch(mode=0o600)  # it is a caller's voice
        options.file.write_bytes(audio.as_wav(sound))
    except OSError as error:
        raise NoVoicemail(f"{options.file} cannot be written: {error.strerror}") from error
    print(f"{options.file} is voicemail {options.number}")
    return 0
