"""Files of recordings that have no row get one, from what else is known of their calls."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import structlog

from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.recording.files import measure
from ccore.recording.ledger import ATTEMPT, UNWRITTEN_PART, Ledger
from ccore.recording.model import read_stem
from ccore.recording.policy import Subject

log = structlog.get_logger()

_ENTERED = re.compile(r'"entered \S+ (?P<queue>[a-z][a-z0-9-]*) ')


class Adoption:
    """For the files of one node, below ``folder``; ``ledger`` tells how long each is kept."""

    def __init__(self, database: Database, node: str, folder: Path, ledger: Ledger) -> None:
        self._database = database
        self._node = node
        self._folder = folder
        self._ledger = ledger

    async def adopt(self, stem: str, tracker: Tracker) -> bool:
        """Make a row for ``stem``, if its call goes on or is in the call records. Raises Unavailable."""
        read = read_stem(stem)
        assert read is not None, stem
        channel, part = read
        if part == UNWRITTEN_PART and await self._claimed(channel, part, stem):
            return True
        key = f"{self._node}!{channel}"
        row = await self._database.fetch_row("recording.whose", key, self._node)
        living = tracker.channels.get(channel)
        if row is not None:
            hotline = row["dialled"] if row["dialled"].isdigit() else ""
            told = (row["linkedid"], _queue(row["told"]), hotline, row["caller"], row["started_at"])
        elif living is not None:
            told = (living.call, living.queue, "", living.caller, utc_now())
        else:
            return False
        call, queue, hotline, number, at = told
        if call.startswith(ATTEMPT):
            return await self._ledger.attempted(self._node, call, channel, at) is not None
        keep = self._ledger.rules.decide(Subject(key, hotline=hotline, queue=queue)).keep_days
        await self._database.execute(
            "recording.adopt", self._node, channel, part, stem, key, call, queue, hotline, self._ledger.number(number),
            at, keep,
        )  # fmt: skip
        log.warning("recording_adopted", call_id=channel, node=self._node)
        return True

    async def _claimed(self, channel: str, part: int, stem: str) -> bool:
        """Whether a row was waiting for them after all: written so late that Asterisk was not told of its files."""
        for row in await self._database.fetch("recording.unbegun", self._node, channel):
            if not await asyncio.to_thread(measure, self._folder, [row["stem"]]):
                await self._database.execute("recording.claim", row["recording_id"], part, stem)
                log.warning("recording_claimed", call_id=channel, node=self._node, recording=row["recording_id"])
                return True
        return False


def _queue(told: Iterable[str]) -> str:
    """The first queue the caller came to."""
    found = next(filter(None, map(_ENTERED.search, told)), None)
    return found["queue"] if found else ""
