"""The facts of all nodes in one order, for all who want them: waits for nobody, and tells the slow what they missed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from ccore.calls import metrics
from ccore.calls.model import Fact

DEFAULT_LIMIT = 10_000  # facts: some minutes of a busy node, a few MB


@dataclass(frozen=True, slots=True)
class Missed:
    """Stands where ``count`` facts were that their subscriber was too slow for."""

    count: int


class Subscription(AsyncIterator[Fact | Missed]):
    """Facts from the moment of subscribing on, in order, until ``close``; for one reader."""

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self._limit = limit
        self._waiting: deque[Fact] = deque()
        self._missed = 0
        self._news = asyncio.Event()
        self._closed = False
        self._count_missed = metrics.MISSED.labels(name).inc
        metrics.WAITING.labels(name).set_function(self.__len__)

    def __len__(self) -> int:
        return len(self._waiting)

    async def __anext__(self) -> Fact | Missed:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        if self._missed:
            missed, self._missed = Missed(self._missed), 0
            return missed
        return self._waiting.popleft()

    def close(self) -> None:
        """No more facts; reading ends after those that wait."""
        self._closed = True
        self._news.set()

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    def put(self, facts: Iterable[Fact]) -> None:
        """Add facts; where there are too many, the oldest go."""
        self._waiting.extend(facts)
        missed = len(self._waiting) - self._limit
        if missed > 0:
            for _ in range(missed):
                self._waiting.popleft()
            self._missed += missed
            self._count_missed(missed)
        self._news.set()


class Feed:
    """Where facts are published and everybody subscribes; for one event loop."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def publish(self, facts: Iterable[Fact]) -> None:
        """Tell every subscriber; never waits, never raises."""
        told = tuple(facts)
        if not told:
            return
        if any(subscription.closed for subscription in self._subscriptions):
            self._subscriptions = [each for each in self._subscriptions if not each.closed]
        for subscription in self._subscriptions:
            subscription.put(told)

    def subscribe(self, name: str, limit: int = DEFAULT_LIMIT) -> Subscription:
        """A subscription that keeps ``limit`` facts at most; ``name`` is what its losses are counted under."""
        subscription = Subscription(name, limit)
        self._subscriptions.append(subscription)
        return subscription
