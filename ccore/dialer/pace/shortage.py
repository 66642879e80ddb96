"""The chance that one more answered call would find no agent."""

import math
from dataclasses import dataclass

from ccore.dialer.pace.answers import Answers
from ccore.dialer.pace.calls import Calls, Stage
from ccore.dialer.pace.horizon import MOMENTS, NOTHING, Chances, Row, apart
from ccore.dialer.pace.returns import Returns
from ccore.dialer.pace.staff import Staff

WITHIN_S = 16.0  # an answer takes an agent away from those that come so soon after it
CERTAIN = 1e-6  # of less variance than this nothing is left to chance
MANY = 4  # of one age: from there on it is quicker to multiply than to add up
ROOT_HALF = math.sqrt(0.5)
SIXTH_OF_NORMAL = 1.0 / (6.0 * math.sqrt(2.0 * math.pi))


@dataclass(frozen=True, slots=True)
class Outlook:
    """Agents free less calls answered at each moment ahead, if nothing more is placed: mean, variance, third moment.

    ``returns`` and ``answers`` are the expected numbers in it. ``doubt`` is the relative variance of the answer level:
    all calls share it, so it adds with the square of their number. ``new``: the same three of a new call's answer,
    whose chances split over the moments, if it is answered at all, as ``parts``.
    """

    mean: Row
    variance: Row
    third: Row
    returns: Row
    answers: Row
    doubt: float
    new: tuple[Row, Row, Row]
    parts: Row

    def bears(self, number: int, theta: float) -> bool:
        """Whether the last of ``number`` new calls, if answered, costs a caller an agent with no more chance than that.

        Either its own, or, since it takes one away, that of somebody answered until ``WITHIN_S`` later.
        """
        others, doubt = number - 1.0, self.doubt
        rows = zip(MOMENTS, self.mean, self.variance, self.third, self.answers, *self.new, self.parts, strict=True)
        total = worst = 0.0
        for moment, mean, variance, third, c, q, v, t, part in reversed(list(rows)):
            n = others * q
            chance = shortage(mean - n - 1.0, variance + others * v + n * (n + 2.0 * c) * doubt, third - others * t)
            if chance > worst and (moment <= WITHIN_S or worst == 0.0):
                worst = chance
            total += part * (worst if worst > chance else chance)
            if total > theta:  # the rest can only add to it
                return False
        return True

    def most(self, theta: float, ceiling: int) -> int:
        """The largest number of new calls, up to ``ceiling``, whose last one risks no more than ``theta``."""
        low, step = 0, 1
        while low + step <= ceiling and self.bears(low + step, theta):
            low += step
            step *= 2
        high = min(low + step, ceiling + 1)  # too many
        while high - low > 1:
            middle = (low + high) // 2
            if self.bears(middle, theta):
                low = middle
            else:
                high = middle
        return low


def shortage(mean: float, variance: float, third: float) -> float:
    """The chance that a whole number of those moments is below zero.

    It is a sum of many independent chances: normal, continued to whole numbers, with the first term for its skewness
    (Edgeworth): few agents and calls are far from symmetric.
    """
    if variance < CERTAIN:
        return 1.0 if mean < -0.5 else 0.0
    deviation = math.sqrt(variance)
    z = (mean + 0.5) / deviation
    skewed = SIXTH_OF_NORMAL * third / (variance * deviation) * (1.0 - z * z) * math.exp(-0.5 * z * z)
    chance = 0.5 * math.erfc(z * ROOT_HALF) + skewed
    return 0.0 if chance < 0.0 else 1.0 if chance > 1.0 else chance


def outlook(now: float, calls: Calls, pending: int, answers: Answers, staff: Staff, returns: Returns) -> Outlook:
    """How things stand; ``pending`` calls are being started and not yet reported."""
    rows: list[Chances] = []
    for state, busy in staff.cohorts.items():
        gather(rows, busy.steps(now), returns.by_age(state))
    back = summed(rows)
    rows = [answers.by_age(Stage.DIALLED)[0]] * pending
    for stage, out in calls.cohorts.items():
        gather(rows, out.steps(now), answers.by_age(stage))
    taken = summed(rows)
    returning, returning_v, returning_t = apart(back)
    answered, answered_v, answered_t = apart(taken)
    new = apart(answers.by_age(Stage.DIALLED)[0])
    whole = max(new[0][-1], 1e-9)
    free = float(staff.idle - calls.waiting)
    unsure_back, unsure = returns.doubt, 1.0 / answers.level.worth
    return Outlook(
        mean=[free + f - c for f, c in zip(returning, answered, strict=True)],
        variance=[
            fv + cv + f * f * unsure_back + c * c * unsure
            for f, fv, c, cv in zip(returning, returning_v, answered, answered_v, strict=True)
        ],
        third=[f - c for f, c in zip(returning_t, answered_t, strict=True)],
        returns=returning,
        answers=answered,
        doubt=unsure,
        new=new,
        parts=[(q - before) / whole for q, before in zip(new[0], [0.0, *new[0]], strict=False)],
    )


def gather(rows: list[Chances], steps: list[tuple[int, int]], table: list[Chances]) -> None:
    """Add the table's row of each one of those of each age."""
    last = len(table) - 1
    for step, number in steps:
        row = table[(step if step > 0 else 0) if step < last else last]
        if number < MANY:
            rows += [row] * number
        else:
            rows.append([number * x for x in row])


def summed(rows: list[Chances]) -> Chances:
    """The rows' sum, moment by moment: most of a decision, and so added up column by column, which is quickest."""
    return list(map(sum, zip(*rows, strict=True))) if rows else NOTHING
