"""The file in which a person is told all that is known of them: a ZIP of JSON, sounds, and a page that explains it."""

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO

from asyncpg import Record

from ccore.db.pool import Database, Transaction
from ccore.ivr.audio import as_wav
from ccore.privacy import reasons
from ccore.privacy.model import Fate, Place
from ccore.privacy.places import PLACES
from ccore.recording.encodings import SUFFIXES
from ccore.recording.playback import Playback

PART_BYTES = 1_000_000
IN_MEMORY_BYTES = 8_000_000  # more of one file stands on the disk while it is made
LONG_S = 1800.0
_HEAD = {
    "zh": "个人数据副本\n\n本文件包含 ccore 所保存的、与号码 {number} 有关的全部数据（申请编号 {request}）。\n"
    "data/ 下每个文件是一类记录（JSON），recordings/ 是通话录音，voicemails/ 是语音留言。\n",
    "en": "A copy of personal data\n\nAll that ccore keeps about the number {number} (request {request}).\n"
    "Each file in data/ is one kind of record (JSON); recordings/ has calls, voicemails/ has messages left.\n",
}
_FATES = {
    Fate.DELETED: ("申请删除时：删除", "when erased: deleted"),
    Fate.REPLACED: ("申请删除时：号码换成假名，文字去除", "when erased: the number becomes a pseudonym, texts go"),
    Fate.KEPT: ("申请删除时：保留", "when erased: kept"),
}


@asynccontextmanager
async def archived(database: Database, playback: Playback, request: Record) -> AsyncIterator[IO[bytes]]:
    """The file of a request, made while the block begins and gone when it ends."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
            counts = await _tables(database, request["request_id"], written)
            counts["recordings/"] = await _recordings(database, playback, request, written)
            counts["voicemails/"] = await _voicemails(database, request["request_id"], written)
            written.writestr("README.txt", "\n\n".join(_page(request, counts, language) for language in ("zh", "en")))
        yield file


async def _tables(database: Database, request: int, written: zipfile.ZipFile) -> dict[str, int]:
    counts = {}
    async with database.transaction() as transaction:
        await transaction.be_patient(LONG_S)
        for place in PLACES:
            if place.told and (rows := await _told(transaction, request, place)):
                counts[place.key] = len(rows)
                name, text = f"data/{place.key}.json", "[\n" + ",\n".join(rows) + "\n]\n"
                await asyncio.to_thread(written.writestr, name, text)
    return counts


async def _told(transaction: Transaction, request: int, place: Place) -> list[str]:
    rows = await transaction.fetch(f"privacy_telling.{place.key}", request)
    return [json.dumps(json.loads(row["told"]), ensure_ascii=False) for row in rows]


async def _recordings(database: Database, playback: Playback, request: Record, written: zipfile.ZipFile) -> int:
    """Each is heard: that is written down, as for anybody."""
    count = 0
    for each in await database.fetch("privacy.recordings", request["request_id"]):
        row = await playback.find(each["recording_id"])
        sound = None if row is None else playback.sound(row)
        if sound is None:
            continue
        name = f"recordings/{sound.recording}{SUFFIXES[sound.encoding]}"
        with written.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
            async for part in await playback.hear(sound, 0, sound.size, request["asked_by"], "file"):
                await asyncio.to_thread(file.write, part)
        count += 1
    return count


async def _voicemails(database: Database, request: int, written: zipfile.ZipFile) -> int:
    ids = [row["voicemail_id"] for row in await database.fetch("privacy.voice_ids", request)]
    for each in ids:
        row = await database.fetch_row("privacy.voice", each)
        if row is not None:
            await asyncio.to_thread(written.writestr, f"voicemails/{each}.wav", as_wav(row["audio"]))
    return len(ids)


def _page(request: Record, counts: dict[str, int], language: str) -> str:
    chinese = language == "zh"
    lines = [_HEAD[language].format(number=request["masked"], request=request["request_id"])]
    for place in PLACES:
        if rows := counts.get(place.key):
            name, fate = getattr(place.name, language), _FATES[place.fate][0 if chinese else 1]
            why = f" ({getattr(place.why, language)})" if place.why else ""
            lines.append(f"data/{place.key}.json  {name}: {rows}; {fate}{why}")
    lines += [f"{folder}  {count}" for folder, count in counts.items() if folder.endswith("/") and count]
    return "\n".join([*lines, "", getattr(reasons.FILES, language), ""])


async def keep(transaction: Transaction, request: int, file: IO[bytes]) -> int:
    """Put the file of a request into PostgreSQL; how many bytes it has."""
    size = file.seek(0, 2)
    file.seek(0)
    await transaction.execute("privacy.forget_parts", request)
    part = 0
    while content := await asyncio.to_thread(file.read, PART_BYTES):
        await transaction.execute("privacy.add_part", request, part, content)
        part += 1
    return size
