"""``ccore recordings``: play, hold, erase, check and repair what is kept of calls."""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from ccore import site_keys
from ccore.commands import Add, recordings_list
from ccore.commands.opened import opened
from ccore.config import Config, load_secrets
from ccore.errors import CcoreError
from ccore.log import mask_number
from ccore.publishing import who
from ccore.recording.archive import Archive
from ccore.recording.encodings import SUFFIXES
from ccore.recording.erasing import Erased, HoldKind


class NoRecording(CcoreError):
    """There is no such recording, nothing of it to be heard, or no place for its file."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("recordings", _failed, "play, hold, erase and check recordings of calls")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    recordings_list.register(action)
    playing = action("play", _play, "write one into a file; the audit says so")
    playing.add_argument("recording", type=int, metavar="ID")
    playing.add_argument("--out", type=Path, required=True, metavar="FILE")
    erasing = action("erase", _erase, "erase one, or all of a number, for good; held ones stay")
    erasing.add_argument("what", type=_what, metavar="ID|NUMBER", help="an id, or a number with its +: +8613812345678")
    erasing.add_argument("--reason", required=True, type=_words)
    holding = action("hold", _hold, "have nothing of it erased, now and later, whatever its retention says")
    holding.add_argument("kind", choices=["recording", "call", "number"])
    holding.add_argument("value", metavar="ID|CALL|NUMBER")
    holding.add_argument("--reason", required=True, type=_words)
    action("release", _release, "end a hold").add_argument(
        "hold", type=int, metavar="HOLD", help="as `holds` prints it"
    )
    action("holds", _holds, "what is held, by whom and why")
    action("verify", _verify, "read every recording back, and check all proofs of erasure; exit code 1 if any is amiss")
    action("failed", _failed, "broken recordings, which wait for a person")
    retrying = action("retry", _retry, "store a broken one after all")
    retrying.add_argument("recording", type=int, metavar="ID")
    retrying.add_argument("--as-it-is", action="store_true", help="even if it is not whole")
    action(
        "new-key", _new_key, "print a line to add to [recording_keys] of secrets.toml, the last one for new recordings"
    )
    action(
        "rekey", _rekey, "encrypt every recording's key by the last one of secrets.toml; then others can be taken out"
    )


def _words(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why")
    return text.strip()


def _what(text: str) -> str:
    if not text.removeprefix("+").isdecimal() or not text.isascii():
        raise argparse.ArgumentTypeError("an id is digits, and a number begins with +")
    return text


@asynccontextmanager
async def _archive(settings: Config) -> AsyncIterator[Archive]:
    async with opened(settings) as database:
        yield Archive(settings, load_secrets(settings), database)


async def _play(options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        row = await kept.playback.find(options.recording)
        sound = None if row is None else kept.playback.sound(row)
        if sound is None:
            state = "not there" if row is None else row["state"]
            raise NoRecording(f"there is nothing to hear of recording {options.recording}: it is {state}")
        try:
            with _own_file(options.out) as file:
                async for part in await kept.playback.hear(sound, 0, sound.size, who(), "file"):
                    file.write(part)
        except OSError as error:
            raise NoRecording(f"{options.out} cannot be written: {error.strerror}") from error
    kind = SUFFIXES[sound.encoding].removeprefix(".")
    print(f"{options.out} is recording {sound.recording}: {sound.milliseconds / 1000:.1f} s, {kind}")
    return 0


def _own_file(path: Path) -> BinaryIO:
    """For this user only: it is a caller's voice."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))


async def _erase(options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        is_number = options.what.startswith("+")
        found = await kept.erasing.of_number(options.what) if is_number else [int(options.what)]
        outcomes = {number: await kept.erasing.erase(number, who(), options.reason) for number in found}
        await kept.store.sweep()
    for number, outcome in outcomes.items():
        print(f"{number:8}  {outcome.value}")
    if not outcomes:
        print(f"there is no recording of {mask_number(options.what)}")
    return 0 if all(outcome is Erased.ERASED for outcome in outcomes.values()) else 1


async def _hold(options: argparse.Namespace, settings: Config) -> int:
    kind: HoldKind = options.kind
    async with _archive(settings) as kept:
        hold = await kept.erasing.hold(kind, options.value, options.reason, who())
    print("it is held for this reason already" if hold is None else f"hold {hold}")
    return 0


async def _release(options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        if not await kept.erasing.release(options.hold, who()):
            raise NoRecording(f"there is no hold {options.hold}")
    print(f"hold {options.hold} is over")
    return 0


async def _holds(_options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        rows = await kept.erasing.holds()
    for row in rows:
        value = mask_number(row["value"]) if row["kind"] == "number" else row["value"]
        at = f"{row['at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        print(f"{row['hold_id']:6}  {at}  {row['kind']} {value}  {row['by_whom']}: {row['reason']}")
    if not rows:
        print("nothing is held")
    return 0


async def _verify(_options: argparse.Namespace, settings: Config) -> int:
    count, faults = 0, 0
    async with _archive(settings) as kept:
        last = 0
        while rows := await kept.erasing.stored(last):
            for row in rows:
                if fault := await kept.erasing.fault(row):
                    faults += 1
                    print(fault)
            count, last = count + len(rows), rows[-1]["recording_id"]
        for fault in await kept.erasing.faults_of_proof():
            faults += 1
            print(fault)
    print(f"{count} recordings were read: {f'{faults} faults' if faults else 'all as they were stored'}")
    return 1 if faults else 0


async def _failed(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        rows = await database.fetch("recording_store.failed")
    for row in rows:
        at = f"{row['expected_at'].astimezone(settings.zone):%Y-%m-%d %H:%M:%S}"
        print(f"{row['recording_id']:8}  {at}  {row['node']} {row['stem']}: {row['trouble']}")
    if not rows:
        print("no recording is broken")
    return 0


async def _retry(options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        if not await kept.store.again(options.recording, who(), as_it_is=options.as_it_is):
            raise NoRecording(f"recording {options.recording} is not broken")
    print(f"recording {options.recording} is stored as soon as ccore comes to it")
    return 0


async def _new_key(_options: argparse.Namespace, _settings: Config) -> int:
    print(site_keys.new_key())
    return 0


async def _rekey(_options: argparse.Namespace, settings: Config) -> int:
    async with _archive(settings) as kept:
        count = await kept.erasing.rekey()
    print(f"{count} recordings have the current key now")
    return 0
