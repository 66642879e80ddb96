"""The calls as far as reported: who is dialled, rings, waits for an agent or talks."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import IntEnum

from ccore.dialer.pace.cohorts import Cohorts

RING_STEP_S = 2.0  # ages of ringing are told apart by so much
GONE_S = 10.0  # so long a call that is over is remembered, that its late reports do not bring it back


class Stage(IntEnum):
    """How far a call has come; it only goes on."""

    DIALLED = 0
    RINGING = 1
    WAITING = 2
    TALKING = 3


@dataclass(slots=True)
class Call:
    """One call, in ``stage`` ``since`` then, heard of ``first`` then; ``picked_up``, maybe by a machine."""

    stage: Stage
    since: float
    first: float
    picked_up: bool = False
    abandoned: bool = False
    agent: Hashable = None


class Calls:
    """All calls that are not over, the unanswered ones counted by age too; and which are over since shortly."""

    __slots__ = ("_gone", "_known", "_ringing", "cohorts", "waiting")

    def __init__(self) -> None:
        self._known: dict[Hashable, Call] = {}
        self._ringing: dict[Hashable, Call] = {}  # in the order they began to
        self._gone: dict[Hashable, float] = {}
        self.cohorts = {Stage.DIALLED: Cohorts(1.0), Stage.RINGING: Cohorts(RING_STEP_S)}
        self.waiting = 0

    @property
    def outstanding(self) -> int:
        """How many are dialled and not answered."""
        return self.cohorts[Stage.DIALLED].size + self.cohorts[Stage.RINGING].size

    def get(self, key: Hashable) -> Call | None:
        """The call, if it is not over."""
        return self._known.get(key)

    def unknown(self, key: Hashable) -> bool:
        """Never heard of, as far as we remember."""
        return key not in self._known and key not in self._gone

    def add(self, key: Hashable, stage: Stage, at: float) -> Call:
        """A call is there."""
        call = self._known[key] = Call(stage, at, at)
        self._enters(key, call)
        return call

    def move(self, key: Hashable, call: Call, stage: Stage, at: float) -> None:
        """The call went on to ``stage``."""
        self._leaves(key, call)
        call.stage, call.since = stage, at
        self._enters(key, call)

    def drop(self, key: Hashable, call: Call, at: float) -> None:
        """The call is over."""
        self._leaves(key, call)
        del self._known[key]
        self.remember_gone(key, at)

    def remember_gone(self, key: Hashable, at: float) -> None:
        """That call is over: what is still reported of it is late."""
        self._gone[key] = at

    def _enters(self, key: Hashable, call: Call) -> None:
        if call.stage in self.cohorts:
            self.cohorts[call.stage].join(call.since)
        self.waiting += call.stage == Stage.WAITING
        if call.stage == Stage.RINGING:
            self._ringing[key] = call

    def _leaves(self, key: Hashable, call: Call) -> None:
        if call.stage in self.cohorts:
            self.cohorts[call.stage].leave(call.since)
        self.waiting -= call.stage == Stage.WAITING
        if call.stage == Stage.RINGING:
            del self._ringing[key]

    def forget(self, at: float) -> None:
        """Forget what was over long ago."""
        for key in [key for key, gone_at in self._gone.items() if gone_at < at - GONE_S]:
            del self._gone[key]

    def rung(self, at: float, least_s: float) -> list[tuple[Hashable, Call]]:
        """The calls that have rung ``least_s`` or more and nobody picked up, longest ringing first."""
        ripe = []
        for key, call in self._ringing.items():
            if at - call.since < least_s:
                break  # those after it began later, give or take a late report
            if not call.picked_up:
                ripe.append((key, call))
        return ripe

    def lost(self, at: float, attempt_s: float, wait_s: float) -> list[Hashable]:
        """The calls whose end must have been lost: longer unanswered, or waiting for an agent, than that can last."""
        return [
            key
            for key, call in self._known.items()
            if (call.stage in self.cohorts and at - call.first > attempt_s)
            or (call.stage == Stage.WAITING and at - call.since > wait_s)
        ]
