"""How long a caller will wait: played through many times with the talk times of late, the median of it."""

import heapq
import random
import statistics
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

LEAST_TALKS = 5  # with fewer nothing is known well
# An answer takes some 1 ms: a small line, where chance does more, is played as often as that allows. An odd number of
# rounds has a median.
LEAST_ROUNDS, MOST_ROUNDS = 31, 101
STEPS = 2000
MOST_AGENTS = MOST_AHEAD = 100  # as many are played; more are alike, and what comes of them grows in proportion
OTHERS_TURN = 0.5  # app_queue gives an agent to whichever of two lines asks first
LONGEST_S = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Situation:
    """A line at one moment.

    ``talks`` are how long agents were taken by a caller, talk and wrap-up, in s, of late, sorted. ``free`` agents could
    be rung now; ``busy`` have been at it for so many seconds. ``ahead`` callers go first, and ``overtaking_per_s`` more
    come who will. ``others`` wait for the same agents in other queues, and ``others_per_s`` more come.
    """

    talks: Sequence[float]
    free: int
    busy: Sequence[float]
    ahead: int
    overtaking_per_s: float = 0.0
    others: int = 0
    others_per_s: float = 0.0


def expected_wait(now: Situation) -> float | None:
    """Seconds until the caller is rung for; None if it is not known well: few talks, or nobody there."""
    if now.free > now.ahead:
        return 0.0
    agents = now.free + len(now.busy)
    if len(now.talks) < LEAST_TALKS or not agents:
        return None
    played = _fewer_agents(now, agents)
    more = max(1.0, (played.ahead + 1) / (MOST_AHEAD + 1))
    played = replace(played, ahead=min(played.ahead, MOST_AHEAD))
    dice = random.Random(now.ahead)  # noqa: S311 - the same answer to the same question
    rounds = min(max(STEPS // (min(agents, MOST_AGENTS) + played.ahead) | 1, LEAST_ROUNDS), MOST_ROUNDS)
    return min(statistics.median(_played(played, dice) for _ in range(rounds)) * more, LONGEST_S)


def _fewer_agents(now: Situation, agents: int) -> Situation:
    """The same with so few agents that it can be played, each for some of them, with as many callers for each."""
    every = -(-agents // MOST_AGENTS)
    if every == 1:
        return now
    return replace(
        now,
        free=now.free // every,
        busy=now.busy[::every],
        ahead=now.ahead // every,
        overtaking_per_s=now.overtaking_per_s / every,
        others=now.others // every,
        others_per_s=now.others_per_s / every,
    )


def _played(now: Situation, dice: random.Random) -> float:
    """The caller's wait in one of the ways it may go. Of two queues with callers either may get the next agent."""
    free_at = [0.0] * now.free + [_rest(now.talks, been_s, dice) for been_s in now.busy]
    heapq.heapify(free_at)
    ahead, others, at = now.ahead, now.others, 0.0
    while free_at[0] < LONGEST_S:
        passed_s, at = free_at[0] - at, free_at[0]
        ahead += int(passed_s * now.overtaking_per_s + dice.random())
        others += int(passed_s * now.others_per_s + dice.random())
        if others and dice.random() < OTHERS_TURN:
            others -= 1
        elif ahead:
            ahead -= 1
        else:
            break
        heapq.heapreplace(free_at, at + dice.choice(now.talks))
    return free_at[0]


def _rest(talks: Sequence[float], been_s: float, dice: random.Random) -> float:
    """How much longer one who has been at it for so long will be: as one of those that took longer than that."""
    longer = bisect_right(talks, been_s)
    if longer == len(talks):
        return dice.choice(talks) / 2  # longer than any of late: nothing is known but that it ends
    return talks[dice.randrange(longer, len(talks))] - been_s
