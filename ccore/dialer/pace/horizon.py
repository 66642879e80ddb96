"""The moments ahead at which supply and demand are compared, and chances worked out up to them."""

import math
from itertools import pairwise

MOMENTS = (1.5, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 16.0, 20.0, 25.0, 32.0)  # s from now
SOON = 2  # the moment, of these, that people are told about
SECONDS = 33  # chances are worked out by the second up to the last moment

Row = list[float]  # one figure per moment
Dense = list[float]  # one figure per whole second from 0
Place = tuple[int, float]  # a second and how far on to the next
# Of what may come about by each moment: the means, then the variances, then the third central moments. In one list, for
# those of many calls and agents are added up for each decision.
Chances = list[float]
NOTHING: Chances = [0.0] * (3 * len(MOMENTS))


def places(later: float) -> list[Place]:
    """Where in a dense row the moments are, each ``later`` s later."""
    return [(int(moment + later), (moment + later) % 1.0) for moment in MOMENTS]


def sampled(dense: Dense, at: list[Place]) -> Chances:
    """A dense row's chances at the moments."""
    row = [dense[i] + part * (dense[i + 1] - dense[i]) if part else dense[i] for i, part in at]
    return [*row, *[q * (1.0 - q) for q in row], *[q * (1.0 - q) * (1.0 - 2.0 * q) for q in row]]


def apart(chances: Chances) -> tuple[Row, Row, Row]:
    """Means, variances and third central moments."""
    n = len(MOMENTS)
    return chances[:n], chances[n : 2 * n], chances[2 * n :]


def ending(rate: float) -> float:
    """The chance to end within a second."""
    return -math.expm1(-rate)


def midway(dense: Dense) -> Dense:
    """The chances by each second of what begins, evenly, within the first: half a second late on average."""
    return [0.5 * dense[0], *(0.5 * (x + y) for x, y in pairwise(dense))]


def between(dense: Dense, age: float) -> float:
    """A dense row's value at any age; the last beyond its end."""
    second = int(age)
    if second >= len(dense) - 1:
        return dense[-1]
    return dense[second] + (age - second) * (dense[second + 1] - dense[second])


def summed(rates: list[float]) -> Dense:
    """The integral of rates per second, by the second."""
    total = 0.0
    return [0.0, *((total := total + rate) for rate in rates)]
