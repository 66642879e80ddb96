"""How full the disks are that recordings go to: seen within seconds, before Asterisk cuts off files without a word."""

import asyncio
import enum
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import structlog

from ccore.recording import metrics

log = structlog.get_logger()

LOOK_EVERY_S = 1.0


class Level(enum.StrEnum):
    """How much room there is."""

    ENOUGH = "enough"
    LITTLE = "little"  # people are told
    NONE = "none"  # only what must be recorded is
    UNKNOWN = "unknown"  # the folder cannot be seen


@dataclass(frozen=True, slots=True)
class Room:
    """What was seen of one disk: ``free`` is a part of 1, of its blocks or its inodes, whichever is less."""

    level: Level
    free: float = 0.0


def level(free: float, warn_percent: int, least_percent: int) -> Level:
    """What a free part of 1 means."""
    if free * 100 < least_percent:
        return Level.NONE
    return Level.LITTLE if free * 100 < warn_percent else Level.ENOUGH


def free_part(folder: Path) -> float:
    """Of the disk under ``folder``, or under where it will be made. Raises OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    seen = os.statvfs(folder)
    blocks = seen.f_bavail / seen.f_blocks if seen.f_blocks else 1.0
    return min(blocks, seen.f_favail / seen.f_files) if seen.f_files else blocks


class Disks:
    """The disks under ``folders``, by node."""

    def __init__(self, folders: Mapping[str, Path], warn_percent: int, least_percent: int) -> None:
        self._folders = folders
        self._warn_percent = warn_percent
        self._least_percent = least_percent
        self.rooms = dict.fromkeys(folders, Room(Level.ENOUGH, 1.0))

    def full(self, node: str) -> bool:
        """Whether nothing more than necessary may be written there."""
        room = self.rooms.get(node)
        return room is not None and room.level is Level.NONE

    async def run(self) -> NoReturn:
        """Look at them for ever."""
        while True:
            for node in self._folders:
                await self.look(node)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, node: str) -> None:
        """Look at one, and tell what has changed."""
        try:
            free = await asyncio.to_thread(free_part, self._folders[node])
        except OSError as error:
            self._note(node, Room(Level.UNKNOWN), str(error))
            return
        self._note(node, Room(level(free, self._warn_percent, self._least_percent), free))
        metrics.DISK_FREE.labels(node).set(free)

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        for node, room in self.rooms.items():
            match room.level:
                case Level.LITTLE:
                    yield f"{node}: {room.free:.0%} of the disk for recordings is free"
                case Level.NONE:
                    yield f"{node}: {room.free:.0%} of the disk for recordings is free: calls are no longer recorded"
                case Level.UNKNOWN:
                    yield f"{node}: the folder of recordings cannot be seen"

    def _note(self, node: str, room: Room, reason: str = "") -> None:
        before, self.rooms[node] = self.rooms[node], room
        if before.level is room.level:
            return
        worse = room.level is not Level.ENOUGH
        (log.error if worse else log.info)(
            "recording_disk_changed", node=node, room=room.level.value, free=round(room.free, 3), reason=reason
        )
