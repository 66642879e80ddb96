"""Recordings as they are heard: any part of one, decrypted on the way; who hears it is written down first."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Literal

from asyncpg import Record

from ccore.db.pool import Database
from ccore.recording import reading
from ccore.recording.erasing import Erasing
from ccore.recording.storage import Storage, StorageFailed

Way = Literal["stream", "file"]


@dataclass(frozen=True, slots=True)
class Sound:
    """A stored recording that can be heard: ``size`` bytes of ``encoding``, ``milliseconds`` long."""

    recording: int
    encoding: str
    size: int
    milliseconds: int
    sha256: str
    storage: str
    object: str
    key: bytes

    def at_ms(self, byte: int) -> int:
        """About where in the call a byte is heard."""
        return self.milliseconds * byte // self.size if self.size else 0


class Playback:
    """Gives recordings to whoever may hear them: whether they may is for others to say."""

    def __init__(self, database: Database, storages: Mapping[str, Storage], erasing: Erasing) -> None:
        self._database = database
        self._storages = storages
        self._erasing = erasing

    async def find(self, recording: int) -> Record | None:
        """All that is known of a recording."""
        return await self._database.fetch_row("recording_store.one", recording)

    async def talked(self, recording: int) -> list[Record]:
        """Who talked in it, and when: number, agent, from_ms, until_ms, from_at, until_at."""
        return await self._database.fetch("recording_store.segments", recording)

    async def paused(self, recording: int) -> list[Record]:
        """When it paused: why, from_at, until_at, by_whom."""
        return await self._database.fetch("recording_store.pauses", recording)

    async def marks(self, recording: int) -> list[Record]:
        """What agents did in it: at, agent, by_whom, what, disposition."""
        return await self._database.fetch("recording_store.marks", recording)

    async def listens(self, recording: int) -> list[Record]:
        """Who heard what of it, the newest first."""
        return await self._database.fetch("recording_store.listens", recording)

    def sound(self, row: Record) -> Sound | None:
        """What is to be heard of a recording that was found; None: nothing. Raises NotAsStored if no key opens it."""
        if row["state"] != "stored":
            return None
        return Sound(
            row["recording_id"], row["encoding"], row["bytes"], row["milliseconds"], row["sha256"], row["storage"],
            row["object"], self._erasing.open_key(row),
        )  # fmt: skip

    async def hear(self, sound: Sound, start: int, stop: int, who: str, way: Way) -> AsyncGenerator[bytes, None]:
        """The bytes from ``start`` up to ``stop``, which ``who`` hears: that is written down now.

        The iterator raises NotAsStored and StorageFailed.
        """
        await self._database.execute(
            "recording_store.listen", sound.recording, who, way, start, stop, sound.at_ms(start), sound.at_ms(stop)
        )
        return self._parts(sound, start, stop)

    async def _parts(self, sound: Sound, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        if (storage := self._storages.get(sound.storage)) is None:
            raise StorageFailed(f"the storage {sound.storage} is not configured")
        parts = reading.content(storage, sound.object, sound.recording, sound.key, sound.size, start, stop)
        try:
            while part := await asyncio.to_thread(next, parts, None):
                yield part
        finally:
            parts.close()
