"""Who in ccore is told what Asterisk says: callbacks, awaited one at a time in Asterisk's order."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import structlog

from ccore.ami import metrics
from ccore.ami.inbox import Inbox, Item
from ccore.ami.snapshot import Snapshot
from ccore.ami.wire import Message

Told = TypeVar("Told", Message, Snapshot)
EventCallback = Callable[[Message], Awaitable[None]]
LoginCallback = Callable[[Snapshot], Awaitable[None]]

BURST = 16  # events told before other tasks get their turn, and under one time limit: a timer each would cost as much

log = structlog.get_logger()


class Listeners:
    """The callbacks of one node. Whatever one of them meets, the others are told all the same.

    ``limit_s`` is the time for a burst of up to BURST events; the callback that is running at its end is cancelled.
    ``on_failed_login`` gets each snapshot that a callback failed on.
    """

    def __init__(self, node: str, limit_s: float, on_failed_login: Callable[[Snapshot], None]) -> None:
        self._node = node
        self._limit_s = limit_s
        self._on_failed_login = on_failed_login
        self._on_event: dict[str, list[EventCallback]] = {}
        self._on_login: list[LoginCallback] = []
        self._handled = metrics.EVENTS.labels(node, "handled")
        self._failed = metrics.EVENTS.labels(node, "failed")
        self._lag = metrics.LAG.labels(node)

    @property
    def events(self) -> frozenset[str]:
        """The names of all events somebody listens to."""
        return frozenset(self._on_event)

    def on(self, event_name: str, callback: EventCallback) -> None:
        """Tell ``callback`` of every event of this name."""
        self._on_event.setdefault(event_name, []).append(callback)

    def on_login(self, callback: LoginCallback) -> None:
        """Tell ``callback`` of every snapshot."""
        self._on_login.append(callback)

    async def tell_all(self, inbox: Inbox) -> NoReturn:
        """Tell everything that comes into ``inbox``, for ever."""
        while True:
            burst = await inbox.take(BURST)
            self._lag.set(time.monotonic() - burst[0][0])
            while burst:
                await self._tell_burst(burst)
            await asyncio.sleep(0)

    async def _tell_burst(self, burst: deque[Item]) -> None:
        """Tell items until none is left or the time is up."""
        item = burst[0][1]
        try:
            async with asyncio.timeout(self._limit_s):
                while burst:
                    item = burst.popleft()[1]
                    self._finish(item, await self._tell(item))
        except TimeoutError:
            log.error("ami_callback_timed_out", node=self._node, item=item.name, limit_s=self._limit_s)
            self._finish(item, well=False)

    async def _tell(self, item: Message | Snapshot) -> bool:
        if isinstance(item, Snapshot):
            return all([await self._call(callback, item) for callback in self._on_login])
        return all([await self._call(callback, item) for callback in self._on_event.get(item.name, ())])

    async def _call(self, callback: Callable[[Told], Awaitable[None]], item: Told) -> bool:
        try:
            await callback(item)
        except Exception:  # a fault of one listener must not reach the others, nor the link
            log.exception("ami_callback_failed", node=self._node, item=item.name, callback=repr(callback))
            return False
        return True

    def _finish(self, item: Message | Snapshot, well: bool) -> None:
        if isinstance(item, Message):
            (self._handled if well else self._failed).inc()
        elif not well:
            self._on_failed_login(item)
