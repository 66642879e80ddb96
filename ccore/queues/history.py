"""What was true of something at a moment that has passed: kept for a short time."""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class History(Generic[K, V]):
    """Values by key and the moment since which each is true, in epoch seconds; each ``keep_s`` after it has passed."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._values: dict[K, deque[tuple[float, V]]] = {}

    def note(self, key: K, since: float, value: V) -> None:
        """From ``since`` on this is true; what was noted as later is not."""
        values = self._values.setdefault(key, deque())
        while values and values[-1][0] > since:
            values.pop()
        values.append((since, value))
        while len(values) > 1 and values[1][0] < since - self._keep_s:
            values.popleft()

    def forget(self, key: K) -> None:
        """Nothing is known of it."""
        self._values.pop(key, None)

    def known(self) -> tuple[K, ...]:
        """Of what something is known."""
        return tuple(self._values)

    def now(self, key: K) -> V | None:
        """What is true of it."""
        values = self._values.get(key)
        return values[-1][1] if values else None

    def at(self, key: K, moment: float) -> V | None:
        """What was true then; the first that is known, if that is later."""
        values = self._values.get(key)
        if not values:
            return None
        return next((value for since, value in reversed(values) if since <= moment), values[0][1])

    def during(self, key: K, begin: float, end: float) -> list[V]:
        """All that was true at some time from ``begin`` to ``end``."""
        found = self.at(key, begin)
        later = [value for since, value in self._values.get(key, ()) if begin < since <= end]
        return later if found is None else [found, *later]
