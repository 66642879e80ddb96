"""Keeps in mind how long agents were taken by callers of each queue, and says how long the next one will wait."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from ccore.calls.feed import Feed, Missed
from ccore.calls.model import Fact, Kind
from ccore.centre.lines import most_penalty, queue_of
from ccore.centre.queue import Queue
from ccore.queues.choosing import Rosters
from ccore.queues.estimate import Situation, expected_wait
from ccore.queues.model import Presence, State
from ccore.queues.routing import Waiting

log = structlog.get_logger()

TALKS_KEPT = 200  # of each queue: some hours of a small one, a quarter of an hour of a big one
OF_LATE_S = 1800.0  # as many callers as came in this time will come in the next

_BUSY = frozenset({State.RINGING, State.TALKING, State.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Talk:
    """An agent talks with a caller of a queue since."""

    agent: str
    queue: str
    since: datetime


class Estimates:
    """The talk times of one ccore's feed. ``use`` says which queues there are."""

    def __init__(
        self,
        feed: Feed,
        rosters: Rosters,
        presences: Callable[[], Mapping[str, Presence]],
        waiting: Callable[[], Sequence[Waiting]],
    ) -> None:
        self._feed = feed
        self._rosters = rosters
        self._presences = presences
        self._waiting = waiting
        self._queues: Mapping[str, Queue] = {}
        self._talking: dict[tuple[str, str, str], Talk] = {}  # by node and the two channels
        self._talks: dict[str, deque[float]] = {}
        self._entered: dict[str, deque[tuple[datetime, int]]] = {}  # of each queue: when, and with which priority

    def use(self, queues: Mapping[str, Queue]) -> None:
        """These are the queues from now on."""
        self._queues = queues

    async def run(self) -> NoReturn:
        """Take in what happens, for ever."""
        async for fact in self._feed.subscribe("talk times"):
            if isinstance(fact, Missed):
                self._talking.clear()  # whose end may be among what was missed
            else:
                self.heard(fact)
        raise AssertionError("nobody closes this subscription")

    def heard(self, fact: Fact) -> None:
        """Take in one fact."""
        pair = (fact.node, fact.channel, fact.peer)
        if fact.kind is Kind.CONNECTED and fact.member and (queue := queue_of(fact.queue, self._queues)):
            self._talking[pair] = Talk(fact.member, queue, fact.at)
        elif fact.kind is Kind.DISCONNECTED and (talk := self._talking.pop(pair, None)):
            self.talked(talk, fact.at)

    def talked(self, talk: Talk, until: datetime) -> None:
        """A talk is over."""
        wrap_up_s = self._queues[talk.queue].wrap_up_s if talk.queue in self._queues else 0
        took_s = (until - talk.since).total_seconds() + wrap_up_s
        self._talks.setdefault(talk.queue, deque(maxlen=TALKS_KEPT)).append(max(took_s, 0.0))

    def entered(self, queue: str, priority: int, at: datetime) -> None:
        """A caller has come to a queue."""
        entered = self._entered.setdefault(queue, deque())
        entered.append((at, priority))
        while entered[0][0] < at - timedelta(seconds=OF_LATE_S):
            entered.popleft()

    def expected(
        self, line: str, position: int, now: datetime, priority: int | None = None, waited_s: float = 0.0
    ) -> timedelta | None:
        """How long a caller will wait who is at ``position`` (from 1) in a line; None: not known well.

        With their ``priority``, those who will come and go before them count as well. Who may serve them only after
        more waiting counts from then on.
        """
        queue = queue_of(line, self._queues)
        if not queue or position < 1:
            return None
        waits = []
        for number, (after_s, _) in enumerate(self._queues[queue].stages):
            wait_s = expected_wait(self._situation(line, queue, number, position - 1, priority, now))
            if wait_s is not None:
                waits.append(max(wait_s, after_s - waited_s))
        return timedelta(seconds=round(min(waits))) if waits else None

    def _situation(
        self, line: str, queue: str, stage: int, ahead: int, priority: int | None, now: datetime
    ) -> Situation:
        serving = {agent for agent, penalty in self._rosters.of(line).items() if penalty <= most_penalty(stage)}
        there = [presence for agent, presence in self._presences().items() if agent in serving and _works(presence)]
        talking = {talk.agent: talk.since for talk in self._talking.values()}
        shared = {other: self._shared(serving, other) for other in self._queues if other != queue}
        waiting = Counter(each.queue for each in self._waiting())
        late = {name: self._entered_of_late(name, now) for name in self._entered}
        return Situation(
            talks=sorted(self._talks.get(queue, ())),
            free=sum(presence.state is State.READY for presence in there),
            # Who wraps up has begun with the talk before, which is not kept.
            busy=[(now - talking.get(p.agent, p.since)).total_seconds() for p in there if p.state in _BUSY],
            ahead=ahead,
            overtaking_per_s=0.0
            if priority is None
            else sum(each > priority for each in late.get(queue, ())) / OF_LATE_S,
            others=round(sum(part * waiting[other] for other, part in shared.items())),
            others_per_s=sum(part * len(late.get(other, ())) for other, part in shared.items()) / OF_LATE_S,
        )

    def _entered_of_late(self, queue: str, now: datetime) -> list[int]:
        """The priorities of those who came."""
        since = now - timedelta(seconds=OF_LATE_S)
        return [priority for at, priority in self._entered.get(queue, ()) if at > since]

    def _shared(self, serving: set[str], other: str) -> float:
        """How much of another queue's callers go to these agents."""
        theirs = self._rosters.of(other).keys()
        return len(theirs & serving) / len(theirs) if theirs else 0.0


def _works(presence: Presence) -> bool:
    return not presence.paused and not presence.lost
