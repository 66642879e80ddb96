"""Measures how late the event loop comes to what is due: everything ccore does waits as long, callers too."""

import asyncio
import time
from collections import deque

from prometheus_client import Gauge, Histogram

BEAT_S = 0.1
KEPT_S = 60  # seconds, the worst of each

LAG = Histogram(
    "ccore_loop_lag_seconds",
    "How late the event loop came to a task that was due",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
WORST = Gauge("ccore_loop_lag_max_seconds", "The latest the event loop came within the last minute")


class Pulse:
    """Takes the pulse of the event loop it runs in."""

    def __init__(self) -> None:
        self._worst: deque[tuple[int, float]] = deque(maxlen=KEPT_S)
        WORST.set_function(lambda: self.worst_s)

    @property
    def worst_s(self) -> float:
        """How late the event loop came at its latest within the last minute."""
        since = int(time.monotonic()) - KEPT_S
        return max((worst for second, worst in self._worst if second >= since), default=0.0)

    async def run(self) -> None:
        """For ever."""
        while True:
            due = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            now = time.monotonic()
            self._note(int(now), max(now - due, 0.0))

    def _note(self, second: int, lag_s: float) -> None:
        LAG.observe(lag_s)
        if self._worst and self._worst[-1][0] == second:
            lag_s = max(lag_s, self._worst.pop()[1])
        self._worst.append((second, lag_s))
