"""When the calls that are out will be answered, and a new one: learnt from how calls of their age went."""

import math
from typing import Any

from ccore.dialer.pace.calls import RING_STEP_S, Calls, Stage
from ccore.dialer.pace.cohorts import Cohorts
from ccore.dialer.pace.hazards import Hazard
from ccore.dialer.pace.horizon import SECONDS, Chances, midway, places, sampled
from ccore.dialer.pace.legs import Leg
from ccore.dialer.pace.level import Level
from ccore.dialer.pace.policy import Policy

SETUP_AGES, RING_AGES = 16, 44  # s since placed, since ringing
SETUP_EDGES = (0, 1, 2, 3, 4, 5, 6, 8, 10, 15)
RING_EDGES = (0, 2, 4, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30, 34, 40, 60)
MEMORY = 3000.0  # endings
LATE_COUNTS = 0.3  # of the answers of calls that may be hung up: whenever agents are short, they are
NOTICED = 0.03  # a change of level by less is not worth new tables
OUR_DOING = {"cancelled", "lost"}  # calls that would have gone on, or did: no way of theirs to end


class Answers:
    """Two legs: being set up, which ends in ringing, failure or (where no ringing is reported) an answer; and ringing.

    Chances follow backwards in age: what a call of age a will do is what happens in its next second, or else what one
    of age a + 1 does a second later.
    """

    def __init__(self, policy: Policy) -> None:
        rate, ring_s, timeout_s = policy.prior_answer_rate, policy.prior_ring_s, policy.ring_timeout_s
        self.level = Level()
        self._setup = Leg(
            SETUP_AGES,
            answer=Hazard(SETUP_EDGES, lambda _: 0.002, 1.0, MEMORY),
            fail=Hazard(SETUP_EDGES, lambda _: 0.05, 1.0, MEMORY),
            onward=Hazard(SETUP_EDGES, lambda age: 0.15 if age < 1 else 0.4, 1.0, MEMORY),
        )
        self._ringing = Leg(
            RING_AGES,
            answer=Hazard(RING_EDGES, lambda age: vague_answering(age, rate, ring_s), 1.5, MEMORY),
            fail=Hazard(RING_EDGES, lambda age: 0.012 if age < timeout_s - 4 else 0.3, 1.0, MEMORY),
        )
        self._legs = {Stage.DIALLED: self._setup, Stage.RINGING: self._ringing}
        self.keep_to(policy)

    def keep_to(self, policy: Policy) -> None:
        """Whether, and after how long a ringing, calls may be hung up from now on."""
        self._sure_s = policy.min_ring_s if policy.may_hang_up else math.inf
        self.tabulate()

    @property
    def seen(self) -> float:
        """How many calls were learnt from."""
        return self._setup.seen + self._ringing.seen

    def rang(self, cohort: Cohorts, since: float, at: float) -> None:
        """A call that was being set up ``since`` then rings."""
        self.level.expected(self._setup.left(cohort, since, at, "onward"))

    def answered(self, stage: Stage, cohort: Cohorts, since: float, at: float) -> None:
        """One was answered."""
        self.level.answered()
        self.level.expected(self._legs[stage].left(cohort, since, at, "answer"))

    def failed(self, stage: Stage, cohort: Cohorts, since: float, at: float, cause: str) -> None:
        """One ended without an answer."""
        self.level.expected(self._legs[stage].left(cohort, since, at, "" if cause in OUR_DOING else "fail"))

    def sweep(self, calls: Calls, now: float) -> None:
        """Count the time of the calls that are still out, and weigh the level."""
        for stage, leg in self._legs.items():
            self.level.expected(leg.sweep(calls.cohorts[stage], now))
        self.level.weigh(now, self._setup.answers_seen + self._ringing.answers_seen)

    @property
    def moved(self) -> bool:
        """Whether the level has changed so much that the chances are to be worked out anew."""
        return abs(self.level.factor / self._factor - 1.0) > NOTICED

    def learn(self) -> None:
        """Work the rates and the chances out anew."""
        for leg in self._legs.values():
            leg.learn()
        self.tabulate()

    def tabulate(self) -> None:
        """Work the chances out anew, from the rates and the level."""
        self._factor = self.level.factor
        at = places(0.0)
        ringing: list[Chances] = []
        dense = [0.0] * (SECONDS + 1)
        for age in reversed(range(RING_AGES)):
            stays, answered, _ = self._ringing.second(age, self._factor)
            if age >= self._sure_s:
                answered *= LATE_COUNTS
            dense = [0.0, *[answered + stays * x for x in dense[:-1]]]
            if age % RING_STEP_S == 0:
                ringing.append(sampled(dense, at))
        rung = midway(dense)[1:]
        setup: list[Chances] = []
        dense = [0.0] * (SECONDS + 1)
        for age in reversed(range(SETUP_AGES)):
            stays, answered, rings = self._setup.second(age, self._factor)
            dense = [0.0, *[answered + rings * y + stays * x for x, y in zip(dense, rung, strict=False)]]
            setup.append(sampled(dense, at))
        self._rows = {Stage.DIALLED: setup[::-1], Stage.RINGING: ringing[::-1]}

    def by_age(self, stage: Stage) -> list[Chances]:
        """For each step of the cohorts' age, the chances of an answer by each moment."""
        return self._rows[stage]

    def answering(self, ring_age: float) -> float:
        """The rate of answering of a call that has rung so long, at its best in the next 2 s."""
        age = int(ring_age)
        return self.level.factor * max(self._ringing.answering(age), self._ringing.answering(age + 2))

    def best_yield(self, least_ring_s: float) -> float:
        """Answers per channel-second of a fresh call, hung up at the ring age that makes the most of it.

        A renewal: chance of an answer until then over the mean time the line is held until then.
        """
        factor = self.level.factor
        answered, held, on, rung = 0.0, 0.0, 1.0, 0.0
        for age in range(SETUP_AGES):
            stays, answers, rings = self._setup.second(age, factor)
            answered += on * answers
            rung += on * rings
            held += on * 0.5 * (1.0 + stays)
            on *= stays
        best, on = 0.0, rung
        for age in range(RING_AGES):
            if age >= least_ring_s:
                best = max(best, answered / held)
            stays, answers, _ = self._ringing.second(age, factor)
            answered += on * answers
            held += on * 0.5 * (1.0 + stays)
            on *= stays
        return best

    def snapshot(self) -> dict[str, Any]:
        """What was learnt, for JSON."""
        return {
            "level": self.level.snapshot(),
            "setup": self._setup.snapshot(),
            "ringing": self._ringing.snapshot(),
        }

    def restore(self, learnt: dict[str, Any]) -> None:
        """Go on from ``snapshot``."""
        self.level.restore(learnt["level"])
        self._setup.restore(learnt["setup"])
        self._ringing.restore(learnt["ringing"])
        self.tabulate()


def vague_answering(age: float, rate: float, ring_s: float) -> float:
    """The hazard of a ring time around ``ring_s`` (lognormal, widely), when ``rate`` of the calls are answered."""
    z = math.log(max(age, 0.5) / ring_s) / 0.6
    share = min(0.95, rate / 0.85)  # of those that ring
    density = share * math.exp(-z * z / 2) / (age * 0.6 * math.sqrt(2 * math.pi))
    left = 1.0 - share * 0.5 * math.erfc(-z / math.sqrt(2))
    return density / max(0.25, left) + 1e-4
