"""When a trunk that fails is left alone, and for how long: pure but for what it remembers of one trunk."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccore.centre.outgoing import Rest


@dataclass(frozen=True, slots=True)
class Rested:
    """A rest, the ``times``-th in a row."""

    since: datetime
    until: datetime
    times: int
    reason: str


class Failing:
    """What has happened to the calls by one trunk."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._faults: deque[datetime] = deque()

    def came_off(self) -> None:
        """A call by it went as calls go: answered or not."""
        self._in_a_row = 0

    def failed(self, now: datetime, rest: Rest, last: Rested | None) -> Rested | None:
        """A call failed by the trunk's fault: the rest that begins now, if it does.

        ``last`` is the rest before, if no call has come off since: then one fault is enough.
        """
        if last is not None and now < last.until:  # a call that began before it
            return None
        self._in_a_row += 1
        self._faults.append(now)
        while self._faults[0] < now - timedelta(seconds=rest.within_s):
            self._faults.popleft()
        reason = self._reason(rest, last)
        if not reason:
            return None
        times = last.times + 1 if last else 1
        self._in_a_row = 0
        self._faults.clear()
        return Rested(now, now + length(rest, times), times, reason)

    def _reason(self, rest: Rest, last: Rested | None) -> str:
        if self._in_a_row >= rest.in_a_row:
            return f"{self._in_a_row} faults in a row"
        if len(self._faults) >= rest.faults:
            return f"{len(self._faults)} faults within {rest.within_s} s"
        return "it failed again after its rest" if last else ""


def length(rest: Rest, times: int) -> timedelta:
    """How long the ``times``-th rest in a row is."""
    longest = timedelta(seconds=rest.most_s)
    grown = rest.times ** min(times - 1, 64)  # enough for any, and no float is too large for it
    return min(timedelta(seconds=min(rest.for_s * grown, rest.most_s)), longest)
