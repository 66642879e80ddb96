"""Compares the ledger of recordings with the files of a node and with its calls, and closes what is over.

Nothing depends on a fact that was heard: a recording whose end nobody told is ended when its channel is gone, a file
without a row gets one if its call is known, and what stays unexplained is told to people.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from asyncpg import Record

from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.recording import metrics
from ccore.recording.adoption import Adoption
from ccore.recording.files import Files, measure, prepare, scan
from ccore.recording.ledger import Ledger
from ccore.recording.model import State

log = structlog.get_logger()

BEGUN_WITHIN = timedelta(seconds=10)  # after its row a recording's file is there, or its channel gone
CLOSED_AFTER = timedelta(seconds=1)  # a file that was not written to for so long; Asterisk writes 2 s at a time
EXPLAINED_WITHIN = timedelta(minutes=10)  # the channel events of a call come within seconds
BARELY = timedelta(seconds=3)  # a call that ended so soon after the recording began may have no sound in it
STRAYS_EVERY_S = 5.0
STRAY_AFTER_S = 60.0  # a file without a row: by then the call records have told of its call


class Sweep:
    """Of one node, whose raw files lie in ``folder``; ``certain`` tells whether all its channels are known."""

    def __init__(
        self,
        database: Database,
        node: str,
        folder: Path,
        tracker: Tracker,
        ledger: Ledger,
        certain: Callable[[], bool],
        stray_after_s: float = STRAY_AFTER_S,
    ) -> None:
        self._database = database
        self._node = node
        self._folder = folder
        self._tracker = tracker
        self._certain = certain
        self._adoption = Adoption(database, node, folder, ledger)
        self._before: dict[int, Files] = {}
        self._without_file: dict[int, str] = {}  # recordings that should have one → their call
        self._stray_after_s = stray_after_s
        self._strays: dict[str, float] = {}  # since when, by the monotonic clock
        self._told: frozenset[str] = frozenset()
        self.adopted = False  # at the last look
        self._looked_for_strays = -STRAYS_EVERY_S

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        if self._without_file:
            calls = ", ".join(sorted(self._without_file.values())[:3])
            yield f"{self._node}: {len(self._without_file)} calls should be recorded and are not: {calls}"
        if self._told:
            some = ", ".join(sorted(self._told)[:3])
            yield f"{self._node}: {len(self._told)} files in {self._folder} are of no call that is known: {some}"

    def forget(self) -> None:
        """Another ccore looks after it from now on."""
        self._before.clear()
        self._without_file.clear()
        self._strays.clear()
        self._told = frozenset()
        self._tell()

    async def look(self) -> None:
        """Once. Raises Unavailable and OSError."""
        self.adopted = False
        if time.monotonic() - self._looked_for_strays >= STRAYS_EVERY_S:
            self._looked_for_strays = time.monotonic()
            await self._look_for_strays()
        rows = await self._database.fetch("recording.live", self._node)
        files = await asyncio.to_thread(measure, self._folder, [row["stem"] for row in rows])
        now, certain = utc_now(), self._certain()
        self._without_file = {key: call for key, call in self._without_file.items() if key in {r[0] for r in rows}}
        for row in rows:
            await self._look_at(row, files.get(row["stem"]), now, certain)
        self._before = {row["recording_id"]: files[row["stem"]] for row in rows if row["stem"] in files}
        metrics.LIVE.labels(self._node).set(len(rows))
        self._tell()

    async def _look_at(self, row: Record, files: Files | None, now: datetime, certain: bool) -> None:
        if files is not None:
            self._without_file.pop(row["recording_id"], None)
            if row["state"] == State.EXPECTED:
                await self._database.execute("recording.seen", row["recording_id"])
            if self._is_over(row, now, certain) and self._is_closed(row, files, now):
                await self._finish(row, files)
        elif now - row["expected_at"] > BEGUN_WITHIN:
            if self._is_over(row, now, certain):
                await self._end_without_file(row, now)
            elif certain:
                self._miss(row)

    def _is_over(self, row: Record, now: datetime, certain: bool) -> bool:
        """Whether nothing more will be written. A channel may be heard of a moment after its row was written."""
        if row["stopped_at"] is not None or row["followed"]:
            return True
        young = now - row["expected_at"] < BEGUN_WITHIN and row["started_at"] is None
        return certain and not young and row["channel"] not in self._tracker.channels

    def _is_closed(self, row: Record, files: Files, now: datetime) -> bool:
        return self._before.get(row["recording_id"]) == files and now - files.written_at > CLOSED_AFTER

    async def _finish(self, row: Record, files: Files) -> None:
        state, trouble = State.FINISHED, ""
        if files.empty:
            began = row["started_at"] or row["expected_at"]
            barely = files.written_at - began < BARELY
            state, trouble = (State.DISCARDED, "too short") if barely else (State.FAILED, "there is no sound")
        elif row["kind"] == "on-demand" and row["asked_at"] is None:
            state, trouble = State.DISCARDED, "nobody asked for it"
        await self._close(row, state, files, trouble)

    async def _end_without_file(self, row: Record, now: datetime) -> None:
        begun = await self._database.fetch_value("recording.was_begun", row["call_key"], self._node, row["stem"])
        if begun is False:
            await self._close(row, State.DISCARDED, None, "the call ended before")
        elif begun or now - row["expected_at"] > EXPLAINED_WITHIN:
            await self._close(row, State.FAILED, None, "there is no file")

    async def _close(self, row: Record, state: State, files: Files | None, trouble: str) -> None:
        ended = files.written_at if files else max(row["expected_at"], row["started_at"] or row["expected_at"])
        await self._database.execute(
            "recording.finish", row["recording_id"], state, files.format if files else "",
            files.rx if files else None, files.tx if files else None, ended, files.began_at if files else None, trouble,
        )  # fmt: skip
        self._without_file.pop(row["recording_id"], None)
        (log.error if state is State.FAILED else log.info)(
            "recording_ended", call_id=row["call_id"], node=self._node, recording=row["recording_id"],
            state=state.value, reason=trouble,
        )  # fmt: skip

    def _miss(self, row: Record) -> None:
        if row["recording_id"] not in self._without_file:
            log.error("recording_missing", call_id=row["call_id"], node=self._node)
        self._without_file[row["recording_id"]] = row["call_id"]

    async def _look_for_strays(self) -> None:
        """Files that have no row: adopted, or told of."""
        await asyncio.to_thread(prepare, self._folder, utc_now())
        stems, others = await asyncio.to_thread(scan, self._folder)
        known = {row["stem"] for row in await self._database.fetch("recording.known", self._node, list(stems))}
        left = {stem for stem in stems - known if not await self._adoption.adopt(stem, self._tracker)}
        self.adopted = left != stems - known
        now = time.monotonic()
        self._strays = {name: self._strays.get(name, now) for name in others | left}
        told = frozenset(name for name, since in self._strays.items() if now - since >= self._stray_after_s)
        if news := told - self._told:
            log.error("recordings_of_nobody", node=self._node, files=sorted(news)[:5], count=len(told))
        self._told = told

    def _tell(self) -> None:
        metrics.TROUBLE.labels(self._node, "without-file").set(len(self._without_file))
        metrics.TROUBLE.labels(self._node, "without-row").set(len(self._told))
