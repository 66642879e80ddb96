"""Statistics of calls: which line a call counts in, as what, and what changes there when it is folded again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from ccore.calls.model import Gap
from ccore.cdr.model import Call, Disposition, State

QUARTER = timedelta(minutes=15)
LONGEST = 80  # characters of Asterisk's longest extension; what a stranger dialled could be too long for an index
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Line(NamedTuple):
    """What calls are counted by: the key of ``call_statistics``. ``began_at`` is a quarter of an hour in UTC."""

    node: str
    trunk: str
    dialled: str
    began_at: datetime


class Count(NamedTuple):
    """What is counted: the other columns of ``call_statistics``, in order; times in ms, of calls that have ended."""

    calls: int = 0
    going_on: int = 0
    answered: int = 0
    no_answer: int = 0
    busy: int = 0
    congestion: int = 0
    failed: int = 0
    interrupted: int = 0
    clock_suspect: int = 0
    duration_ms: int = 0
    billed_ms: int = 0
    talk_ms: int = 0

    def plus(self, other: Self, times: int = 1) -> "Count":
        """The sum of this and ``times`` the other."""
        return Count(*(mine + times * its for mine, its in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Statistics:
    """Calls that began from ``begin`` until before ``end``, both at quarters of an hour.

    ``lines`` have the orders placed in their calls beside the count. ``gaps`` touch that time and are open: what is
    counted may be incomplete until they are closed.
    """

    begin: datetime
    end: datetime
    lines: Sequence[tuple[Line, Count, int]]
    gaps: Sequence[Gap]

    @property
    def complete(self) -> bool:
        """Whether no gap is open."""
        return not self.gaps


def quarter(at: datetime) -> datetime:
    """When the quarter of an hour that holds ``at`` began."""
    return at - (at - _EPOCH) % QUARTER


def line(call: Call) -> Line:
    """Where ``call`` counts."""
    return Line(call.node, call.trunk[:LONGEST], call.dialled[:LONGEST], quarter(call.started_at))


def count(call: Call) -> Count:
    """What ``call`` counts as."""
    return Count(
        calls=1,
        going_on=call.state == State.OPEN,
        answered=call.disposition == Disposition.ANSWERED,
        no_answer=call.disposition == Disposition.NO_ANSWER,
        busy=call.disposition == Disposition.BUSY,
        congestion=call.disposition == Disposition.CONGESTION,
        failed=call.disposition == Disposition.FAILED,
        interrupted=call.disposition == Disposition.INTERRUPTED,
        clock_suspect=call.clock_suspect,
        duration_ms=call.duration_ms or 0,
        billed_ms=call.billed_ms or 0,
        talk_ms=call.talk_ms or 0,
    )


def difference(changes: Iterable[tuple[Call | None, Call]]) -> Mapping[Line, Count]:
    """What to add to each line because of calls that were (None: not known) and are now; only lines that change."""
    sums: dict[Line, Count] = {}
    for before, after in changes:
        for call, times in ((before, -1), (after, 1)):
            if call is not None:
                where = line(call)
                sums[where] = sums.get(where, Count()).plus(count(call), times)
    return {where: what for where, what in sums.items() if any(what)}
