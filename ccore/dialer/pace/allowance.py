"""What may still be abandoned, and how daring that makes the pacing."""

import math
from typing import Any

RESERVE = 2.5  # calls kept back of the allowance, in a pool of ``POOL`` agents; a larger one's bank swings by more
RESERVE_GROWS = 100.0  # answered calls until half of that is kept back
FIRST_THETA = 0.8  # times the share that may be abandoned: the risk is often taken, but not all of it comes about
# How much more or less daring per call of the bank. Little: every swing of ``theta`` costs, for what is idle follows
# its logarithm, and what is abandoned follows itself. Not less: the bank has to come back before the shift is over.
GAIN = 0.18
# Beyond that, per square of the calls it is overdrawn by: chance alone seldom takes it far down, a change of the world
# does, and then it is urgent.
URGENCY = 0.04
BANK_COUNTS = 4.0  # calls; a larger bank makes no bolder
LEARNS = 2.5e-4  # per answered call and call of the bank: faster, it and the bank would set each other swinging
LEAST_CLUSTER = 0.5  # of five agents: fewer are not to be frightened by a single call
BOUNDS = (1e-4, 0.5)
LEAN_BOUNDS = (-7.0, -0.7)
POOL = 20.0  # agents; abandoned calls come in clusters that grow with the root of the pool


class Allowance:
    """A bank of calls: ``share x answered - abandoned - reserve``. What is not spent may be spent later.

    ``theta``, the chance of costing a caller an agent that one more call may bear, follows the bank:
    ``log theta = lean + gain x bank`` (steeper where it is overdrawn), and ``lean`` moves a little with each answer
    while the bank is off zero. The bank is a sum of what happened, so the rate comes to the limit whatever the
    forecast's errors are; they only cost productivity. A ratio would be no guide: after three calls one abandoned is
    33 %.
    """

    __slots__ = ("abandoned", "answered", "lean", "share")

    def __init__(self, share: float) -> None:
        self.answered = self.abandoned = 0
        self.share = share
        self.lean = first_lean(share)

    def keep_to(self, share: float) -> None:
        """Another share may be abandoned from now on."""
        self.lean = within(LEAN_BOUNDS, self.lean + first_lean(share) - first_lean(self.share))
        self.share = share

    @property
    def bank(self) -> float:
        """Calls that may still be abandoned."""
        return self.share * self.answered - self.abandoned

    def _beyond_reserve(self, staff: int) -> float:
        cluster = math.sqrt(staff / POOL)
        kept = RESERVE * cluster * self.answered / (self.answered + RESERVE_GROWS)
        return (self.bank - kept) / max(LEAST_CLUSTER, cluster)

    def answer(self, staff: int) -> None:
        """A person answered."""
        self.answered += 1
        pull = within((-BANK_COUNTS, BANK_COUNTS), self._beyond_reserve(staff))
        self.lean = within(LEAN_BOUNDS, self.lean + LEARNS * pull)

    def abandon(self) -> None:
        """An answered call was abandoned."""
        self.abandoned += 1

    def theta(self, staff: int) -> float:
        """The risk one more call may bear; none, where nothing may be abandoned."""
        if self.share <= 0.0:
            return 0.0
        x = self._beyond_reserve(staff)
        bolder = GAIN * min(x, BANK_COUNTS) if x >= 0 else GAIN * x - URGENCY * x * x
        return within(BOUNDS, math.exp(self.lean + bolder))

    def exhausted(self, staff: int) -> bool:
        """So far overdrawn that nothing is dared: an emergency, for as a regulator it would swing to and fro."""
        return self.answered > 150 and self.bank < -(6.0 + 0.2 * staff)

    def snapshot(self) -> dict[str, Any]:
        """For JSON."""
        return {"answered": self.answered, "abandoned": self.abandoned, "lean": self.lean}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from ``snapshot``."""
        self.answered, self.abandoned, self.lean = int(kept["answered"]), int(kept["abandoned"]), float(kept["lean"])


def first_lean(share: float) -> float:
    """How daring to begin, with such a share to spend."""
    return within(LEAN_BOUNDS, math.log(max(FIRST_THETA * share, 1e-9)))


def within(bounds: tuple[float, float], value: float) -> float:
    """The value, or the bound it is beyond."""
    return min(bounds[1], max(bounds[0], value))
