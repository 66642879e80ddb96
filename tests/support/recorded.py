"""Calls that are recorded on a real site: whose voice (a tone) is in which file, and when."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg
import numpy as np

from tests.support.call_centre import CallCentre
from tests.support.heard import Sounds
from tests.support.keypad import Keypad, dialled
from tests.support.toned import tone

# None is near the 450 Hz of ringing.
TONES: Mapping[str, int] = {"caller": 700, "1001": 1000, "1002": 1500}
RATES = {"sln": 8000, "sln16": 16000}
WINDOW_MS = 100
LOUD = 1500.0  # amplitude: the tones have 6000
QUIET = 60  # A-law's own noise is below it
SLACK_MS = 1000
_OVER = ("finished", "stored", "failed", "discarded")


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of the ledger, and the samples of both directions, if there are files."""

    row: asyncpg.Record
    rx: "np.ndarray[tuple[int], np.dtype[np.int16]]"
    tx: "np.ndarray[tuple[int], np.dtype[np.int16]]"
    tones: Mapping[str, int]

    @property
    def milliseconds(self) -> int:
        """Of the longer direction."""
        rate = RATES[str(self.row["format"])]
        return max(len(self.rx), len(self.tx)) * 1000 // rate

    def at(self, moment: datetime) -> int:
        """Where a moment of the call is, in ms."""
        started: datetime = self.row["started_at"]
        return round((moment - started).total_seconds() * 1000)

    def voices(self, direction: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[set[str]]:
        """Whose tones are in each window of 0.1 s."""
        for samples in self._windows(direction, from_ms, until_ms):
            yield {name for name, hz in self.tones.items() if _amplitude(samples, hz, RATES[self.row["format"]]) > LOUD}

    def heard(self, direction: str, from_ms: int = 0, until_ms: int | None = None) -> set[str]:
        """Whose tones are anywhere in it."""
        return set().union(*self.voices(direction, from_ms, until_ms))

    def assert_silent(self, muted_at: datetime, until_at: datetime) -> None:
        """Between these moments nothing is heard, in both directions: so long a silence is there, and begins there.

        On a busy machine packets come late, and a file may be some tenths of a second behind the clock.
        """
        from_ms, until_ms = max(self.at(muted_at), 0), self.at(until_at)
        found = self._silences()
        assert any(
            end - start >= until_ms - from_ms - SLACK_MS and abs(start - from_ms) < SLACK_MS for start, end in found
        ), f"no silence from {from_ms} to {until_ms} ms: only {found} of {self.milliseconds}"

    def _silences(self) -> list[tuple[int, int]]:
        """From and until, in ms, of each time in which neither direction has a sound."""
        step = RATES[str(self.row["format"])] // 50
        length = min(len(self.rx), len(self.tx)) // step
        loud = [
            max(int(np.abs(each[n * step : (n + 1) * step].astype(np.int32)).max()) for each in (self.rx, self.tx))
            >= QUIET
            for n in range(length)
        ]
        edges = [n for n in range(length + 1) if n == length or loud[n]]
        starts = [0, *(n + 1 for n in edges)]
        return [(start * 20, end * 20) for start, end in zip(starts, edges, strict=False) if end - start > 10]

    def _windows(
        self, direction: str, from_ms: int, until_ms: int | None
    ) -> "Iterator[np.ndarray[tuple[int], np.dtype[np.int16]]]":
        samples, rate = getattr(self, direction), RATES[self.row["format"]]
        step = rate * WINDOW_MS // 1000
        end = len(samples) if until_ms is None else min(until_ms * rate // 1000, len(samples))
        for start in range(from_ms * rate // 1000, end - step + 1, step):
            yield samples[start : start + step]


class Recordings:
    """The recordings of a site. Their files are linked into ``kept``, so that they stay when ccore has stored them."""

    def __init__(self, centre: CallCentre, kept: Path, tones: Mapping[str, int]) -> None:
        self.centre = centre
        self._tones = tones
        self._monitor = centre.site.node.directory / "spool/monitor"
        self._kept = kept

    async def of_queue(self, queue: str, count: int = 1, within_s: float = 40.0) -> list[Recording]:
        """Those of calls to ``queue``, oldest first, once ``count`` are over."""
        return [self.read(row) for row in await self.rows(queue, count, within_s)]

    async def rows(self, queue: str, count: int = 1, within_s: float = 40.0) -> list[asyncpg.Record]:
        """As ``of_queue``, without the files."""
        deadline = time.monotonic() + within_s
        while True:
            rows = await self.centre.site.rows("SELECT * FROM recordings WHERE queue = $1 ORDER BY recording_id", queue)
            over = [row for row in rows if row["state"] in _OVER]
            if len(over) >= count:
                return over
            assert time.monotonic() < deadline, f"not {count} are over: {[dict(row) for row in rows]}"
            await asyncio.sleep(0.1)

    async def segments(self, recording: Recording, within_s: float = 40.0) -> list[asyncpg.Record]:
        """Who talked, as the channel events tell."""
        number = recording.row["recording_id"]
        await self.centre.site.until(
            f"SELECT told_by_cel FROM recordings WHERE recording_id = {number}", expected=True, within_s=within_s
        )
        return await self.centre.site.rows(
            "SELECT * FROM recording_segments WHERE recording_id = $1 ORDER BY number", number
        )

    async def pauses(self, recording: Recording) -> list[asyncpg.Record]:
        """When it paused."""
        number = recording.row["recording_id"]
        query = "SELECT * FROM recording_pauses WHERE recording_id = $1 ORDER BY pause_id"
        return await self.centre.site.rows(query, number)

    async def keep(self) -> None:
        """Link what appears, for ever."""
        while True:
            for path in self._monitor.glob("*/*"):
                link = self._kept / path.name
                if not link.exists():
                    link.parent.mkdir(parents=True, exist_ok=True)
                    with suppress(FileNotFoundError):  # what nobody asked for is thrown away
                        os.link(path, link)
            await asyncio.sleep(0.05)

    def read(self, row: asyncpg.Record) -> Recording:
        """One with its files."""
        name = Path(row["stem"]).name
        rx, tx = (self._samples(self._kept / f"{name}-{way}.{row['format']}") for way in ("rx", "tx"))
        return Recording(row, rx, tx, self._tones)

    def _samples(self, path: Path) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
        return np.fromfile(path, dtype="<i2") if path.exists() else np.zeros(0, dtype="<i2")


@asynccontextmanager
async def recordings_of(centre: CallCentre, kept: Path, tones: Mapping[str, int] = TONES) -> AsyncIterator[Recordings]:
    """Those made within the block, by who sing ``tones``."""
    recordings = Recordings(centre, kept, tones)
    keeping = asyncio.create_task(recordings.keep())
    try:
        yield recordings
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
        if not keeping.cancelled() and (error := keeping.exception()):
            raise error


@asynccontextmanager
async def singing_caller(
    port: int, number: str, caller: str = "13812345678", hz: int = TONES["caller"]
) -> AsyncIterator[Keypad]:
    """A caller who says a tone from the answer on."""
    async with dialled(port, number, caller, sounds=Sounds({})) as call:
        song = asyncio.create_task(_sing(call, tone(hz, 0.2)))
        try:
            yield call
        finally:
            song.cancel()
            await asyncio.wait([song])


async def _sing(call: Keypad, sound: bytes) -> None:
    while True:
        await call.say(sound)


def _amplitude(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]", hz: int, rate: int) -> float:
    """Of one frequency: of those 100 Hz beside it hardly anything, even if it begins within the samples."""
    turns = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / rate)
    return float(4 * abs((samples * np.hanning(len(samples)) * turns).sum()) / len(samples))
