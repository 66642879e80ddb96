"""One leg of a call's way to an answer: the ways it can end, each at a rate by its age."""

from typing import Any

from ccore.dialer.pace.cohorts import Cohorts
from ccore.dialer.pace.hazards import Hazard
from ccore.dialer.pace.horizon import Dense, between, ending, summed


class Leg:
    """The hazards of the ways a leg can end: in an answer, going on to the next leg, or otherwise.

    All those on the leg are at risk of each way until they end in one, or are lost sight of. The rate of answers moves
    with a level.
    """

    def __init__(self, ages: int, answer: Hazard, fail: Hazard, onward: Hazard | None = None) -> None:
        self._ages = ages  # s; older ones are taken to be as those
        self._ways = {"answer": answer, "fail": fail} | ({"onward": onward} if onward else {})
        self.learn()

    @property
    def seen(self) -> float:
        """How many ended."""
        return sum(way.seen for way in self._ways.values())

    @property
    def answers_seen(self) -> float:
        """How many ended in an answer."""
        return self._ways["answer"].seen

    def left(self, cohort: Cohorts, since: float, at: float, how: str) -> float:
        """One on it ``since`` then has ended so (``how`` may be none of the ways). Returns the answers to be expected.

        Of the time that was not told of before, at level 1; less than 0 where time told of had not passed.
        """
        age = max(0.0, at - since)
        told = cohort.told(since, age)
        for name, way in self._ways.items():
            (way.ended if name == how else way.lived)(told, age)
        return between(self._answered_by_now, age) - between(self._answered_by_now, told)

    def sweep(self, cohort: Cohorts, now: float) -> float:
        """Those on it have lived until now. Returns the answers to be expected of them, at level 1."""
        expected = 0.0
        for low, high, number in cohort.sweep(now):
            expected += number * (between(self._answered_by_now, high) - between(self._answered_by_now, low))
            for way in self._ways.values():
                way.lived(low, high, number)
        return expected

    def learn(self) -> None:
        """Work the rates out anew."""
        rates = {name: way.by_second(self._ages) for name, way in self._ways.items()}
        self._answers = rates["answer"]
        self._onward = rates.get("onward", [0.0] * self._ages)
        self._others = [fail + onward for fail, onward in zip(rates["fail"], self._onward, strict=True)]
        self._answered_by_now: Dense = summed(self._answers)

    def answering(self, age: int) -> float:
        """The rate of answers at that age, at level 1."""
        return self._answers[min(age, self._ages - 1)]

    def second(self, age: int, level: float) -> tuple[float, float, float]:
        """The chances that in its next second one of that age stays, is answered, goes on to the next leg."""
        answers = level * self._answers[age]
        rate = answers + self._others[age]
        ends = ending(rate)
        return 1.0 - ends, ends * answers / rate, ends * self._onward[age] / rate

    def snapshot(self) -> dict[str, Any]:
        """What was learnt, for JSON."""
        return {name: way.snapshot() for name, way in self._ways.items()}

    def restore(self, learnt: dict[str, Any]) -> None:
        """Go on from ``snapshot``."""
        for name, way in self._ways.items():
            way.restore(learnt[name])
        self.learn()
