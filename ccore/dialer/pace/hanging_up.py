"""Which unanswered calls to give up: their line is worth more, or nobody will be there if they answer."""

from collections.abc import Hashable, Iterable

from ccore.dialer.pace.answers import Answers
from ccore.dialer.pace.calls import RING_STEP_S, Call, Stage
from ccore.dialer.pace.horizon import apart
from ccore.dialer.pace.shortage import Outlook, shortage

NEXT = 1  # of MOMENTS, 3 s ahead: later answers can still be averted by the decisions until then
BEARABLE = 0.08  # the chance that one more answer finds nobody: few of those that rang so long are answered yet

Rung = Iterable[tuple[Hashable, Call]]


def for_their_lines(rung: Rung, at: float, wanted: int, answers: Answers, least_ring_s: float) -> list[Hashable]:
    """Up to ``wanted`` calls less likely to be answered per second from now on than a fresh one on their line."""
    fresh = answers.best_yield(least_ring_s)
    given_up: list[Hashable] = []
    for key, call in rung:
        if len(given_up) >= wanted:
            break
        if answers.answering(at - call.since) < fresh:
            given_up.append(key)
    return given_up


def for_want_of_agents(rung: Rung, at: float, ahead: Outlook, answers: Answers) -> list[Hashable]:
    """Calls to give up until one more answer in the next seconds would find an agent."""
    mean, variance, third = ahead.mean[NEXT] - 1.0, ahead.variance[NEXT], ahead.third[NEXT]
    table = answers.by_age(Stage.RINGING)
    given_up: list[Hashable] = []
    for key, call in rung:
        if shortage(mean, variance, third) <= BEARABLE:
            break
        given_up.append(key)
        q, v, t = apart(table[min(len(table) - 1, int((at - call.since) / RING_STEP_S))])
        mean += q[NEXT]
        variance = max(0.0, variance - v[NEXT])
        third += t[NEXT]
    return given_up
