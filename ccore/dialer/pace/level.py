"""How willing people are to answer just now, against the usual: one factor on every answer's hazard."""

import math
from collections.abc import Sequence
from typing import Any

BOUNDS = (0.15, 6.0)
LEAST = 0.5  # answers, seen and expected: a ratio needs something to stand on
# What is remembered: the answers of so many seconds, but so many answers at least. A third as long each: one follows a
# change within a minute, one a drift over the day, and in one a rate that stays is known to a few parts of a hundred.
MEMORIES = ((40.0, 20.0), (120.0, 50.0), (360.0, 100.0))
TAKEN_FOR = (6.0, 9.0, 12.0)  # answers a memory begins with: as many as expected
EVIDENCE_S = 1000.0  # so long what a memory foretold counts for it: a few lives of the longest, or it could not win
RATE_FADES = 0.02  # of each second


class Memory:
    """A Gamma estimate ``answers / expected`` that fades, and how well it has foretold answers of late."""

    __slots__ = ("answers", "evidence", "expected", "least", "seconds")

    def __init__(self, seconds: float, least: float, taken_for: float) -> None:
        self.seconds, self.least = seconds, least
        self.answers = self.expected = taken_for
        self.evidence = 0.0  # logarithm of the chance it gave to what came

    def weigh(self, answers: int, expected: float, keep: float) -> None:
        """So many answered of so many expected; a share of the older evidence is kept."""
        self.evidence *= keep
        if expected > 0.0:  # what this estimate leaves in doubt is a Poisson number's rate: a negative binomial one
            a, b = self.answers, self.expected
            self.evidence += math.lgamma(a + answers) - math.lgamma(a) + a * math.log(b / (b + expected))
            self.evidence += answers * math.log(expected / (b + expected))

    def take(self, answers: int, expected: float) -> None:
        """Learn of them; expected are fewer than none where time was taken back."""
        self.answers += answers
        self.expected = max(LEAST, self.expected + expected)

    def fade(self, rate: float) -> None:
        """Remember no more than it is for, at so many answers a second."""
        share = min(1.0, max(self.least, self.seconds * rate) / self.expected)
        self.answers = max(LEAST, self.answers * share)
        self.expected *= share


class Level:
    """Answers seen over answers expected, in memories of several lengths: each counts as it has foretold of late.

    Where nothing changes all agree, and the longest is the surest; after a change the shortest is the first that is
    right. While they contradict each other the level is in doubt, and little ``worth``: caution costs idle time, a
    level taken too low costs callers.
    """

    __slots__ = ("_at", "_expected", "_heard", "_memories", "_rate", "factor", "worth")

    def __init__(self) -> None:
        self._memories = [Memory(*each, taken_for) for each, taken_for in zip(MEMORIES, TAKEN_FOR, strict=True)]
        self.factor = 1.0
        self.worth = 8.0  # the estimate is as good as from so many answers
        self._rate = 0.0  # answers a second
        self._heard, self._expected = 0, 0.0  # since it was weighed
        self._at: float | None = None

    def expected(self, answers: float) -> None:
        """So many answers were to be expected of the time that passed; fewer than none, of time taken back."""
        self._expected += answers

    def answered(self) -> None:
        """One answered."""
        self._heard += 1

    def weigh(self, at: float, seen: float) -> None:
        """Estimate anew; ``seen``: the answers the hazards themselves were learnt from."""
        passed = 0.0 if self._at is None else max(0.0, at - self._at)
        for memory in self._memories:
            memory.weigh(self._heard, self._expected, math.exp(-passed / EVIDENCE_S))
            memory.take(self._heard, self._expected)
        mean, variance = mixed(self._memories)
        self.factor = min(BOUNDS[1], max(BOUNDS[0], mean))
        self.worth = max(4.0, min(mean * mean / variance, 6.0 + seen))
        if passed > 0.0:
            self._rate += RATE_FADES * (self._heard / passed - self._rate)
        self._heard, self._expected, self._at = 0, 0.0, at
        for memory in self._memories:
            memory.fade(self._rate)

    def snapshot(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "memories": [[each.answers, each.expected, each.evidence] for each in self._memories],
            "factor": self.factor,
            "worth": self.worth,
            "rate": self._rate,
            "heard": self._heard,
            "expected": self._expected,
            "at": self._at,
        }

    def restore(self, learnt: dict[str, Any]) -> None:
        """Go on from ``snapshot``."""
        for memory, kept in zip(self._memories, learnt["memories"], strict=True):
            memory.answers, memory.expected, memory.evidence = kept
        self.factor, self.worth = learnt["factor"], learnt["worth"]
        self._rate, self._heard, self._at = learnt["rate"], learnt["heard"], learnt["at"]
        self._expected = learnt["expected"]


def mixed(memories: Sequence[Memory]) -> tuple[float, float]:
    """Mean and variance of the level, each memory weighed by the chance it gave to what came."""
    best = max(memory.evidence for memory in memories)
    weights = [math.exp(memory.evidence - best) for memory in memories]
    whole = sum(weights)
    ratios = [memory.answers / memory.expected for memory in memories]
    mean = sum(weight * ratio for weight, ratio in zip(weights, ratios, strict=True)) / whole
    variance = sum(
        weight * (ratio / memory.expected + (ratio - mean) ** 2)
        for weight, ratio, memory in zip(weights, ratios, memories, strict=True)
    )
    return mean, variance / whole
