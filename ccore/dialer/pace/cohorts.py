"""Members of a state counted by when they came into it, so that a decision walks ages, not members."""

from collections.abc import Iterator

LATE_S = 2.0  # what is reported later than that is not taken back


class Cohorts:
    """How many came when, to ``step`` seconds.

    ``swept`` is the moment up to which the time spent here by those still here has been learnt from: whoever leaves
    has the rest since then (or since coming) left to tell.
    """

    __slots__ = ("_born", "size", "step", "swept")

    def __init__(self, step: float) -> None:
        self.step = step
        self.size = 0
        self.swept = -1e300
        self._born: dict[int, int] = {}

    def join(self, since: float) -> None:
        """One came in ``since`` then."""
        key = int(since // self.step)
        self._born[key] = self._born.get(key, 0) + 1
        self.size += 1

    def leave(self, since: float) -> None:
        """One of those who came in then is gone."""
        key = int(since // self.step)
        left = self._born[key] - 1
        if left:
            self._born[key] = left
        else:
            del self._born[key]
        self.size -= 1

    def steps(self, now: float) -> list[tuple[int, int]]:
        """Each cohort's age in whole steps, and its number."""
        step = int(now // self.step)
        return [(step - key, number) for key, number in self._born.items()]

    def told(self, since: float, age: float) -> float:
        """The age up to which the time of one who came in ``since`` then, and leaves at ``age``, has been learnt from.

        It can be more than ``age`` where the report is late.
        """
        return max(0.0, min(self.swept - since, age + LATE_S))

    def sweep(self, now: float) -> Iterator[tuple[float, float, int]]:
        """From which age to which age each cohort has lived since the last sweep, and its number."""
        past, middle = now - self.swept, now - 0.5 * self.step
        for key, number in self._born.items():
            age = middle - key * self.step
            if age > 0.0:
                yield max(0.0, age - past), age, number
        self.swept = now
