"""Announcements by phone: who may make them, by employee number and PIN, and what each step of the menu does."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from ccore.db.pool import Database
from ccore.ivr import audio
from ccore.ivr.announcements import Announcements, Said, Wanted
from ccore.ivr.model import Announcing, Found, NotAnswered, Value
from ccore.ivr.recorded import ANNOUNCEMENT, ENDING, Recording, read_name
from ccore.people import passwords
from ccore.people.pins import Pins, weakness
from ccore.prompts.kinds import Kind

log = structlog.get_logger()

MOST_HOURS = 168


class Announcers:
    """Does the steps of the menu by which announcements are made; ``folders`` are the nodes' ``recorded/``."""

    def __init__(self, database: Database, announcements: Announcements, folders: Mapping[str, Path]) -> None:
        self._database = database
        self._pins = Pins(database, "announcements")
        self._announcements = announcements
        self._folders = folders

    async def set_pin(self, number: str, name: str, pin: str, by: str) -> None:
        """Let employee ``number`` make announcements by phone. Raises ValueError for a PIN that is easily guessed."""
        if complaint := weakness(pin):
            raise ValueError(complaint)
        salt, kept = await asyncio.to_thread(passwords.salted, pin)
        await self._database.execute("announcements.set_pin", number, name, salt, kept, by)

    async def remove(self, number: str, by: str) -> bool:
        """Take that right away; False if there was none."""
        return await self._database.fetch_value("announcements.remove_announcer", number, by) is not None

    async def step(self, call_key: str, caller: str, step: Announcing) -> Found | NotAnswered:
        """Do one step for a call. Found without values: refused. Raises Unavailable and OutcomeUnknown."""
        texts = {name: value.text for name, value in step.values.items()}
        if step.step == "sign-in":
            return await self._sign_in(call_key, caller, texts.get("employee", ""), texts.get("pin", ""))
        announcer = await self._database.fetch_row("announcements.signed_in", call_key)
        if announcer is None:
            log.warning("announcing_without_sign_in", call_id=call_key, step=step.step, security=True)
            return Found(None)
        by = f"announcer {announcer['number']}"
        match step.step:
            case "recorded":
                recording = await self._recording(call_key)
                return Found({"recording": Value(Kind.SOUND, recording.sound)} if recording else None)
            case "mount":
                return await self._mount(call_key, step, texts.get("hours", ""), by)
            case _:
                return await self._end(step.at, by)

    async def _sign_in(self, call_key: str, caller: str, number: str, pin: str) -> Found:
        judged = await self._pins.check(call_key, caller, number, pin)
        if judged != "right":
            log.warning(
                "announcer_refused", call_id=call_key, number=caller, employee=number, why=judged, security=True
            )
            return Found(None)
        log.info("announcer_signed_in", call_id=call_key, employee=number)
        return Found({"pin": Value(Kind.DIGITS, "", secret=True)})  # it shall not travel with the call any longer

    async def _recording(self, call_key: str) -> Recording | None:
        """What the call recorded last, if it can be an announcement."""
        node = call_key.partition("!")[0]
        folder = self._folders.get(node)
        return None if folder is None else await asyncio.to_thread(_newest, folder, node, call_key)

    async def _mount(self, call_key: str, step: Announcing, hours: str, by: str) -> Found | NotAnswered:
        recording, lasts = await self._recording(call_key), int(hours) if re.fullmatch("[0-9]{1,3}", hours) else 0
        if recording is None or not 1 <= lasts <= MOST_HOURS:
            return Found(None)
        folder = self._folders[call_key.partition("!")[0]]
        path = folder / recording.file
        try:
            sound = await asyncio.to_thread(lambda: audio.levelled(path.read_bytes()))
            wanted = Wanted(
                step.at, {"": Said("", sound)}, "phone", by, step.divert, lasts=timedelta(hours=lasts),
                request=f"{call_key}/{recording.file}/{step.at}",
            )  # fmt: skip
            await self._announcements.add(wanted)
        except (ValueError, OSError) as error:
            log.warning("announcement_by_phone_refused", call_id=call_key, reason=str(error))
            return Found(None)
        return Found({})

    async def _end(self, node: str, by: str) -> Found:
        number = await self._announcements.playing(node)
        return Found({} if number is not None and await self._announcements.end(number, by) else None)


def _newest(folder: Path, node: str, call_key: str) -> Recording | None:
    names = (read_name(node, path.name) for path in folder.glob(f"{ANNOUNCEMENT}_*{ENDING}"))
    ours = [name for name in names if name is not None and name.call_key == call_key]
    return max(ours, key=lambda recording: recording.at, default=None)
