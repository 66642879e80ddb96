"""When a system that fails is left alone, and when it is tried again."""

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from ccore.tables import Closed


class Breaker(Closed):
    """When a system that does not answer is left alone: after ``failures`` in a row, for ``open_s`` seconds."""

    failures: Annotated[int, Field(ge=1, le=100)] = 5
    open_s: Annotated[float, Field(gt=0, le=600)] = 10.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """What a system did lately: failures in a row, and until when nobody asks it (in seconds, as ``now``)."""

    failures: int = 0
    alone_until: float = 0.0


def asking(circuit: Circuit, rule: Breaker, now: float, within_s: float) -> Circuit | None:
    """The circuit while one more call asks the system, whose answer is there ``within_s``; None: leave it alone.

    After the time alone one call at a time tries it; the others go on without.
    """
    if circuit.failures < rule.failures:
        return circuit
    return replace(circuit, alone_until=now + within_s) if now >= circuit.alone_until else None


def failed(circuit: Circuit, rule: Breaker, now: float) -> Circuit:
    """The circuit after one more failure."""
    failures = circuit.failures + 1
    return Circuit(failures, now + rule.open_s if failures >= rule.failures else 0.0)
