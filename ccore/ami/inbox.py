"""Events and snapshots on their way to the callbacks: one bounded queue, in the order in which Asterisk told them."""

import asyncio
import time
from collections import deque

from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message

Item = tuple[float, Message | Snapshot]  # with the monotonic time at which it came


class Overflow(Exception):
    """The callbacks are too slow for the events: the queue would have to drop some in silence."""


class Inbox:
    """After each login the snapshot comes first, then every event since that login; the older ones are before it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Item] = deque()
        self._early: deque[Item] = deque()  # events since the login whose snapshot is still being taken
        self._holding = False
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._early)

    @property
    def behind_s(self) -> float:
        """For how long the oldest has waited."""
        oldest = self._waiting or self._early
        return time.monotonic() - oldest[0][0] if oldest else 0.0

    def hold(self) -> None:
        """A login begins: keep its events back until ``release``. What an unfinished login kept back is void."""
        self._early.clear()
        self._holding = True

    def release(self, snapshot: Snapshot) -> None:
        """The snapshot of this login is here: it goes ahead of the events kept back."""
        self._waiting.append((time.monotonic(), snapshot))
        self._waiting.extend(self._early)
        self._early.clear()
        self._holding = False
        self._filled.set()

    def put(self, event: Message) -> None:
        """Queue one event. Raises Overflow at the limit."""
        if len(self) >= self._limit:
            raise Overflow
        if self._holding:
            self._early.append((time.monotonic(), event))
        else:
            self._waiting.append((time.monotonic(), event))
            self._filled.set()

    def clear(self) -> int:
        """Drop everything; says how many."""
        dropped = len(self)
        self._waiting.clear()
        self._early.clear()
        return dropped

    async def take(self, most: int) -> deque[Item]:
        """What waits, at least one and at most ``most``, the oldest first."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return deque(self._waiting.popleft() for _ in range(min(most, len(self._waiting))))
