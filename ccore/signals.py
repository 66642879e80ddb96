"""How a ccore process talks with what runs it: signals that end it, and systemd's watchdog."""

import asyncio
import os
import signal
from collections.abc import Callable

import sdnotify

UNWATCHED_BEAT_S = 5.0  # without a systemd that says how often


async def feed_watchdog(systemd: sdnotify.SystemdNotifier) -> None:
    """Tell systemd that the event loop turns; it restarts a ccore that is silent for WATCHDOG_USEC."""
    told_us = os.environ.get("WATCHDOG_USEC")
    every_s = int(told_us) / 2_000_000 if told_us else UNWATCHED_BEAT_S
    while True:
        systemd.notify("WATCHDOG=1")
        await asyncio.sleep(every_s)


class Signals:
    """SIGTERM and SIGINT: the first drains what serves, or ends what does not serve yet; the second ends it at once.

    Taken over when this is made, for the task that makes it, which is cancelled to end it.
    """

    def __init__(self) -> None:
        self.drain: Callable[[], None] | None = None  # to be set once there is something to drain
        self.last: signal.Signals | None = None
        self._task = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._came, number)

    def _came(self, number: signal.Signals) -> None:
        first, self.last = self.last is None, number
        if first and self.drain is not None:
            self.drain()
        else:
            assert self._task is not None
            self._task.cancel()
