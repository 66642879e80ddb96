"""Lengths of time as a scenario's file gives them, and what one throw of the dice makes of each."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Annotated, Self

from pydantic import Field, model_validator

from ccore.tables import Closed

Quantile = Callable[[float], float]  # of a throw, 0..1: how long, in s
Positive = Annotated[float, Field(gt=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]

LEAST_THROW = 1e-9  # a throw of 0 or 1 itself would be endless
HALVINGS = 50  # of 0..1, when the throw is looked for that gives a length: finer than a float's own steps
_normal = NormalDist()


class Short(Closed):
    """Some are over at once, such as those who refuse: their share, and how long they take on average (exponential)."""

    share: Share
    mean_s: Positive


class Length(Closed):
    """How long something takes, in s: said in one of four ways.

    ``mean_s`` alone is exponential; with ``spread``, or ``median_s`` with it, lognormal (``spread`` is the standard
    deviation of the logarithm); ``between_s`` is even; ``measured_s`` are lengths that were seen. Longer than
    ``most_s`` nothing takes.
    """

    mean_s: Positive | None = None
    median_s: Positive | None = None
    spread: Annotated[float, Field(gt=0, le=3)] | None = None
    between_s: tuple[Annotated[float, Field(ge=0)], Positive] | None = None
    measured_s: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)] | None = None
    short: Short | None = None
    most_s: Positive = 86_400.0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.mean_s, self.median_s, self.between_s, self.measured_s]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("says its length in one of four ways: mean_s, median_s, between_s or measured_s")
        if self.median_s is not None and self.spread is None:
            raise ValueError("median_s needs its spread: the standard deviation of the logarithm, such as 0.6")
        if self.spread is not None and self.mean_s is None and self.median_s is None:
            raise ValueError("spread is for mean_s or median_s")
        if self.between_s is not None and self.between_s[0] > self.between_s[1]:
            raise ValueError("between_s is [least, most]")
        if self.measured_s is not None and list(self.measured_s) != sorted(self.measured_s):
            raise ValueError("measured_s is in ascending order")
        return self

    def quantile(self) -> Quantile:
        """What a throw gives: the same throw gives the same length, and a greater one never a shorter."""
        whole = self._whole()
        short = self.short
        most_s = self.most_s
        if short is None:
            return lambda throw: min(most_s, whole(_inside(throw)))

        def mixed(throw: float) -> float:
            throw = _inside(throw)
            if throw < short.share:
                return min(most_s, -short.mean_s * math.log(1.0 - throw / short.share))
            return min(most_s, whole(_inside((throw - short.share) / (1.0 - short.share))))

        return mixed

    def _whole(self) -> Quantile:
        if self.measured_s is not None:
            seen = self.measured_s
            return lambda throw: seen[int(throw * len(seen))]
        if self.between_s is not None:
            least, most = self.between_s
            return lambda throw: least + (most - least) * throw
        if self.spread is None:
            mean_s = self.mean_s or 0.0
            return lambda throw: -mean_s * math.log(1.0 - throw)
        return self._lognormal(self.spread)

    def _lognormal(self, spread: float) -> Quantile:
        if self.median_s is not None:
            middle = math.log(self.median_s)
        else:
            assert self.mean_s is not None
            middle = math.log(self.mean_s) - spread * spread / 2
        exp, inverse = math.exp, _normal.inv_cdf
        return lambda throw: exp(middle + spread * inverse(throw))


def cut_at(quantile: Quantile, most_s: float) -> Quantile:
    """Only lengths up to ``most_s``, in the proportions they have."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        throw = (low + high) / 2
        low, high = (throw, high) if quantile(throw) < most_s else (low, throw)
    return lambda throw: quantile(throw * low)


def _inside(throw: float) -> float:
    return min(max(throw, LEAST_THROW), 1.0 - LEAST_THROW)
