"""Calls per second, and the calls that were decided but not yet reported placed."""

from collections import deque

LATE_S = 2.5  # events may come 2 s late; a call not reported placed by then was not placed


class Throttle:
    """Never more than ``rate`` starts in any second; slower than one a second: one per ``1 / rate`` seconds.

    A bucket of tokens refilled at ``rate`` and holding one second's worth; besides, what started within the last second
    counts against that second, so that a full bucket and its refill do not go out together.
    """

    __slots__ = ("_at", "_pending", "_recent", "_started", "_tokens", "rate")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens = max(1.0, rate)
        self._at: float | None = None
        self._recent: deque[tuple[float, int]] = deque()
        self._started = 0  # within the last second
        self._pending: deque[tuple[float, int]] = deque()

    def room(self, at: float) -> int:
        """How many may start now."""
        whole = max(1.0, self.rate)
        if self._at is not None:
            self._tokens = min(whole, self._tokens + (at - self._at) * self.rate)
        self._at = at
        while self._recent and self._recent[0][0] <= at - 1.0:
            self._started -= self._recent.popleft()[1]
        return max(0, int(min(self._tokens + 1e-9, whole - self._started)))

    def start(self, at: float, number: int) -> None:
        """So many start now."""
        if number > 0:
            self._tokens -= number
            self._started += number
            self._recent.append((at, number))
            self._pending.append((at, number))

    def placed(self) -> None:
        """One of those started was reported placed."""
        if self._pending:
            at, number = self._pending.popleft()
            if number > 1:
                self._pending.appendleft((at, number - 1))

    def pending(self, at: float) -> int:
        """Started and not yet reported placed: dialled, or a late report would have them dialled twice."""
        while self._pending and self._pending[0][0] < at - LATE_S:
            self._pending.popleft()
        return sum(number for _, number in self._pending)
