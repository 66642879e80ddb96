"""How likely something ends in its next second, by its age, learnt while it goes on."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any


class Hazard:
    """A rate of ending per second, constant within each bin of age.

    Bin b holds ``events[b]`` endings seen in ``exposure[b]`` seconds at risk. With a Gamma prior worth ``weight``
    endings at the rate ``prior`` the rate is ``(weight + events) / (weight / prior + exposure)``. Time of what is still
    going on counts too (censoring): without it the short ones, ending first, would be taken for all. Beyond ``memory``
    endings the old ones fade.
    """

    __slots__ = ("_memory", "_prior", "_weight", "edges", "events", "exposure", "seen")

    def __init__(self, edges: Sequence[float], prior: Callable[[float], float], weight: float, memory: float) -> None:
        self.edges = tuple(edges)
        bins = len(self.edges)  # the last one has no end
        self._prior = [prior(self._middle(b)) for b in range(bins)]
        self._weight = weight
        self._memory = memory
        self.events = [0.0] * bins
        self.exposure = [0.0] * bins
        self.seen = 0.0

    def _middle(self, b: int) -> float:
        low = self.edges[b]
        return 0.5 * (low + (self.edges[b + 1] if b + 1 < len(self.edges) else 2 * low + 10))

    def lived(self, low: float, high: float, number: float = 1.0) -> None:
        """``number`` of them went from age ``low`` to age ``high`` without ending.

        ``high`` before ``low`` takes time back: an end reported late, after time beyond it was counted.
        """
        if high < low:
            low, high, number = high, low, -number
        edges = self.edges
        b = bisect_right(edges, low) - 1
        while low < high:
            end = min(high, edges[b + 1]) if b + 1 < len(edges) else high
            self.exposure[b] = max(0.0, self.exposure[b] + number * (end - low))
            low = end
            b += 1

    def ended(self, low: float, high: float) -> None:
        """One that had told its time up to ``low`` ended at age ``high``."""
        self.lived(low, high)
        # an ending just on an edge belongs to the time before it
        self.events[max(0, bisect_right(self.edges, high - 1e-9) - 1)] += 1.0
        self.seen += 1.0
        if self.seen > self._memory:
            self._fade(1.0 - 1.0 / self._memory)

    def _fade(self, factor: float) -> None:
        self.events = [x * factor for x in self.events]
        self.exposure = [x * factor for x in self.exposure]

    def by_second(self, seconds: int) -> list[float]:
        """The rate in each of the first ``seconds`` seconds of age."""
        weight = self._weight
        rates = [
            (weight + self.events[b]) / (weight / self._prior[b] + self.exposure[b]) for b in range(len(self.edges))
        ]
        return [rates[bisect_right(self.edges, s + 0.5) - 1] for s in range(seconds)]

    def snapshot(self) -> dict[str, Any]:
        """What was learnt, for JSON."""
        return {"events": list(self.events), "exposure": list(self.exposure), "seen": self.seen}

    def restore(self, learnt: dict[str, Any]) -> None:
        """Go on from ``snapshot``; one of other bins is passed over."""
        if len(learnt["events"]) == len(learnt["exposure"]) == len(self.edges):
            self.events = [float(x) for x in learnt["events"]]
            self.exposure = [float(x) for x in learnt["exposure"]]
            self.seen = float(learnt["seen"])
