"""Decides which corrections to make at this look: not too soon, not for ever, and never in a tight loop."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ccore.upkeep.model import Correction, Limits, Reason

Matter = tuple[Reason, str]


@dataclass(frozen=True, slots=True)
class Patience:
    """After each try the same matter rests twice as long as before; after ``tries`` it is left to people.

    A matter that has been well for ``well_s`` is forgotten with all its tries.
    """

    first_rest_s: float = 4.0  # below the time between two looks: what came undone by hand is mended at the next
    tries: int = 6
    well_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of one matter; times are monotonic seconds. ``since`` is None while it is well."""

    state: str
    since: float | None
    seen_at: float
    tries: int = 0
    tried_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Corrections to make now, those given up (alarms, for as long as they are needed), and what to remember."""

    make: tuple[Correction, ...] = ()
    given_up: tuple[Correction, ...] = ()
    past: Mapping[Matter, Past] = field(default_factory=dict)


def decide(
    needed: Iterable[Correction], past: Mapping[Matter, Past], now: float, limits: Limits, patience: Patience
) -> Decision:
    """What to do about what is needed at this look, after all that was done before."""
    make, given_up = list[Correction](), list[Correction]()
    known_yet = {
        matter: known
        for matter, known in past.items()
        if known.since is not None or now - known.seen_at < patience.well_s
    }
    remembered = {matter: replace(known, since=None) for matter, known in known_yet.items() if known.tries}
    for correction in needed:
        known = remembered[correction.matter] = _seen(correction, known_yet.get(correction.matter), now)
        assert known.since is not None  # just seen
        if now - known.since < limits.patience_s(correction.reason):
            continue
        if not correction.actions or known.tries >= patience.tries:
            given_up.append(correction)
        elif not known.tries or now - known.tried_at >= patience.first_rest_s * 2 ** (known.tries - 1):
            make.append(correction)
            remembered[correction.matter] = replace(known, tries=known.tries + 1, tried_at=now)
    return Decision(tuple(make), tuple(given_up), remembered)


def untried(past: Mapping[Matter, Past]) -> dict[Matter, Past]:
    """The same matters, just as long under way, with every try still to come."""
    return {matter: replace(known, tries=0) for matter, known in past.items()}


def without(past: Mapping[Matter, Past], subjects: Container[str]) -> dict[Matter, Past]:
    """All but the matters of ``subjects``, of which something else is wanted now: that is no loop either."""
    return {matter: known for matter, known in past.items() if matter[1] not in subjects}


def _seen(correction: Correction, known: Past | None, now: float) -> Past:
    """What is remembered of a matter that is needed now."""
    if known is None or known.state != correction.state:
        return Past(correction.state, now, now)
    return replace(known, since=now if known.since is None else known.since, seen_at=now)
