"""What a long list costs: seconds, memory, and how long the event loop of a ccore that serves calls stood still.

CCORE_FULL=1 uploads a million rows, as CSV and as a workbook; without it, 20,000 and 2,000.
"""

import asyncio
import os
import resource
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ccore.db.pool import Database
from ccore.dialer.lists.contacts import Lists
from tests.support.contact_files import Desk, as_csv, as_xlsx, number
from tests.support.postgres import children
from tests.support.waiting import beside

FULL = os.environ.get("CCORE_FULL") == "1"
ROWS = {"csv": 1_000_000, "xlsx": 1_000_000} if FULL else {"csv": 20_000, "xlsx": 2_000}
WITHIN_S = 900  # whatever else the machine does
MOST_MB = 400  # more than before, of this process or of the one that reads
BEAT_S, LOOK_S = 0.02, 0.1


@pytest.mark.figures
@pytest.mark.timeout(3 * WITHIN_S)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_long_list(database: Database, tmp_path: Path, kind: str) -> None:
    desk, count = Desk(database, tmp_path / "uploads"), ROWS[kind]
    rows = ((number(at), f"王{at}", at % 10, f"{at % 1000}.50") for at in range(count))
    content = await asyncio.to_thread(as_csv if kind == "csv" else as_xlsx, rows)
    before_mb, late_s, busy_s, readers = memory_mb(), [0.0], [0.0], dict[int, float]()
    async with beside(_beat(late_s, busy_s)), beside(_look(readers)):
        began = time.monotonic()
        ended = await desk.upload(content)
        took_s = time.monotonic() - began
    grew_mb = memory_mb() - before_mb
    reader_mb = max(readers.values())
    late_s.sort()
    print(
        f"\n{count} rows of {kind}: {took_s:.1f} s, {count / took_s:.0f} rows/s; memory {grew_mb:.0f} MB more here, "
        f"{reader_mb:.0f} MB in the process that reads; the loop was late by {late_s[-1] * 1000:.0f} ms at most, "
        f"{late_s[int(len(late_s) * 0.99)] * 1000:.0f} ms at p99"
    )
    assert (ended.state, ended.counts["new"]) == ("done", count)
    [row] = await Lists(database).listed()
    assert row["open"] == count
    assert took_s < WITHIN_S
    assert grew_mb < MOST_MB
    assert reader_mb < MOST_MB
    assert max(busy_s) < took_s / 4, "who reads the file in the event loop stands still for all of it"


async def _beat(late_s: list[float], busy_s: list[float]) -> None:
    """How late the loop was, and how long it was at work each time: late it is on a busy machine, too."""
    while True:
        due, worked = time.monotonic() + BEAT_S, time.thread_time()
        await asyncio.sleep(BEAT_S)
        late_s.append(time.monotonic() - due)
        busy_s.append(time.thread_time() - worked)


async def _look(readers: dict[int, float]) -> None:
    """The most memory each process that reads a file has had, as long as it is there."""
    while True:
        for pid in children(os.getpid()):
            with suppress(OSError):  # it has ended meanwhile
                if b"sheet_reading" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
                    readers[pid] = int(status.partition("VmHWM:")[2].split()[0]) / 1024
        await asyncio.sleep(LOOK_S)


def memory_mb() -> float:
    """The most this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
