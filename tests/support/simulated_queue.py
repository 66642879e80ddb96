"""A queue played event by event, with what each estimator says to every caller who comes, and how long they do wait."""

import heapq
import random
import statistics
from bisect import insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ccore.queues.estimate import Situation, expected_wait
from ccore.queues.estimates import OF_LATE_S, TALKS_KEPT

WARM_S = 1800.0  # nobody has estimates before that


@dataclass(frozen=True, slots=True)
class Scenario:
    """``per_s`` new callers of the queue at a time of the day; ``others_per_s`` of another queue of the same agents.

    ``talk_s`` is the median of a talk, with wrap-up; ``spread`` the sigma of its logarithm. ``vips`` go first.
    """

    name: str
    agents: int
    per_s: Callable[[float], float]
    talk_s: float = 150.0
    spread: float = 0.8
    others_per_s: float = 0.0
    vips: float = 0.0
    lasts_s: float = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller was told, and what came: their wait in s. None: nothing was said."""

    actual: float
    ours: float | None
    moving_average: float
    position_times_talk: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of those who had to wait: s. ``bias`` above 0: the estimates were too long."""

    median_error: float
    bias: float
    callers: int


@dataclass(order=True, slots=True)
class _Caller:
    rank: tuple[int, float]
    came: float
    told: tuple[float | None, float, float] | None = field(default=None, compare=False)


def play(scenario: Scenario, seed: int) -> list[Told]:
    """All callers of the queue, in order of being served."""
    return _Play(scenario, random.Random(seed)).run()


def compare(told: list[Told], estimator: str) -> Comparison:
    """How far off an estimator was for those who had to wait and were told something."""
    errors = [guess - each.actual for each in told if (guess := getattr(each, estimator)) is not None]
    return Comparison(statistics.median(map(abs, errors)), statistics.median(errors), len(errors))


class _Play:
    def __init__(self, scenario: Scenario, dice: random.Random) -> None:
        self._scenario, self._dice = scenario, dice
        self._waiting: list[_Caller] = []
        self._others = 0  # callers of the other queue who wait
        self._firsts: deque[float] = deque()  # when VIPs came of late
        self._busy: list[tuple[float, float]] = []  # until, since
        self._talks: deque[float] = deque(maxlen=TALKS_KEPT)
        self._average = 0  # app_queue's, in whole seconds
        self._told: list[Told] = []

    def run(self) -> list[Told]:
        for at, ours in self._arrivals():
            self._until(at)
            if ours:
                self._comes(at)
            else:
                self._others += 1
            self._serve(at)
        self._until(float("inf"))
        return self._told

    def _comes(self, at: float) -> None:
        vip = self._dice.random() < self._scenario.vips
        caller = _Caller((-1 if vip else 0, at), at)
        insort(self._waiting, caller)
        if at > WARM_S:
            caller.told = self._guesses(caller, at, vip)
        if vip:
            self._firsts.append(at)

    def _arrivals(self) -> list[tuple[float, bool]]:
        found = []
        for ours, rate in ((True, self._scenario.per_s), (False, lambda _: self._scenario.others_per_s)):
            at = 0.0
            while at < self._scenario.lasts_s:
                now = rate(at)
                at += self._dice.expovariate(now) if now else self._scenario.lasts_s
                found.append((at, ours))
        return sorted(each for each in found if each[0] < self._scenario.lasts_s)

    def _until(self, at: float) -> None:
        while self._busy and self._busy[0][0] <= at:
            now, since = heapq.heappop(self._busy)
            self._talks.append(now - since)
            self._serve(now)

    def _serve(self, now: float) -> None:
        """Of two queues that both have callers whichever asks first gets the agent, as app_queue has it."""
        while (self._waiting or self._others) and len(self._busy) < self._scenario.agents:
            ours = bool(self._waiting) and (not self._others or self._dice.random() < 0.5)
            talk = self._dice.lognormvariate(0, self._scenario.spread) * self._scenario.talk_s
            heapq.heappush(self._busy, (now + talk, now))
            if ours:
                self._answered(self._waiting.pop(0), now)
            else:
                self._others -= 1

    def _answered(self, caller: _Caller, now: float) -> None:
        waited = now - caller.came
        self._average = (self._average * 3 + int(waited)) >> 2
        if caller.told and waited > 0:
            self._told.append(Told(waited, *caller.told))

    def _guesses(self, caller: _Caller, now: float, vip: bool) -> tuple[float | None, float, float]:
        ahead = self._waiting.index(caller)
        while self._firsts and self._firsts[0] < now - OF_LATE_S:
            self._firsts.popleft()
        agents = self._scenario.agents
        situation = Situation(
            talks=sorted(self._talks),
            free=agents - len(self._busy),
            busy=[now - since for _, since in self._busy],
            ahead=ahead,
            overtaking_per_s=0.0 if vip else len(self._firsts) / OF_LATE_S,
            others=self._others,
            others_per_s=self._scenario.others_per_s,
        )
        mean = statistics.fmean(self._talks) if self._talks else 0.0
        return expected_wait(situation), float(self._average), (ahead + 1) * mean / agents


def _shift(quiet: float, rush: float) -> Callable[[float], float]:
    """A rush from the second hour to the third."""
    return lambda at: rush if 5400 <= at < 9000 else quiet


SCENARIOS = (
    Scenario("10 agents, steady", 10, lambda _: 0.0455),
    Scenario("60 agents, steady", 60, lambda _: 0.284),
    Scenario("10 agents, rush hour", 10, _shift(0.035, 0.06)),
    Scenario("10 agents, talks much alike", 10, _shift(0.05, 0.07), spread=0.3),
    Scenario("10 agents, shared with another queue", 10, _shift(0.02, 0.03), others_per_s=0.02),
    Scenario("10 agents, one caller of five goes first", 10, _shift(0.035, 0.055), vips=0.2),
)
