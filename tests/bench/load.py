"""Offers a node a load of short calls to order codes, and says what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from ccore.pbx.caller import run, scenario
from tests.support.site import subscribers

CODES = [f"1008610{claim:03}" for claim in range(1, 101)]  # of the demo firm
PATIENCE_S = 30.0  # of a caller who waits for the node to hang up
SUSTAINED_SHARE = 0.98
SUSTAINED_P99_MS = 1000.0

_first_subscribers = count(0, 100_000)


@dataclass(frozen=True, slots=True)
class Load:
    """One load of calls per second ``offered``: when each answered one was dialled and answered, in s since 1970.

    ``good``: how many count, which are the answered ones or those among them whose order was committed.
    """

    offered: float
    dialled_at: Sequence[float]
    answered_at: Sequence[float]
    good: int

    @property
    def achieved(self) -> float:
        """Good calls per second, from the first INVITE to the last answer."""
        return self.good / (max(self.answered_at) - min(self.dialled_at)) if self.good else 0.0

    @property
    def set_up_p99_ms(self) -> float:
        """Of 100 callers one waited longer for the answer."""
        waited = sorted(answered - dialled for dialled, answered in zip(self.dialled_at, self.answered_at, strict=True))
        return waited[int(len(waited) * 0.99)] * 1000 if waited else float("inf")

    @property
    def sustained(self) -> bool:
        """Whether callers were served as fast as they came."""
        return self.achieved >= SUSTAINED_SHARE * self.offered and self.set_up_p99_ms <= SUSTAINED_P99_MS


async def offer(port: int, rate: float, calls: int) -> Load:
    """Dial order codes at ``rate``, each call from another subscriber, who listens until the node hangs up."""
    callers = subscribers(calls, next(_first_subscribers))
    told = await run(
        scenario(round(PATIENCE_S * 1000)),
        "127.0.0.1",
        port,
        [(caller, CODES[number % len(CODES)]) for number, caller in enumerate(callers)],
        source="127.0.0.1",
        timeout_s=calls / rate + PATIENCE_S,
        options=["-r", str(rate)],
    )
    answered = [moments for line in told.lines if (moments := _answered(line))]
    return Load(rate, [dialled for dialled, _ in answered], [answer for _, answer in answered], len(answered))


def _answered(line: str) -> tuple[float, float] | None:
    """When a call was dialled and answered, if it was answered and ended by the node; a line as read_calls reads it.

    A busy sipp has been seen to leave a moment out: such a call does not count.
    """
    _, code, dialled, _, answered, _, ended_by = line.split(";")
    good = (code, ended_by) == ("200", "callee") and not {"", ","} & {dialled[-1:], answered[-1:]}
    return (_seconds(dialled), _seconds(answered)) if good else None


def _seconds(moment: str) -> float:
    seconds, _, microseconds = moment.partition(",")
    return float(seconds) + float(microseconds) / 1e6
