"""末位淘汰: who came last in a period and may not claim in the next, and why everybody else may."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ccore.ordering.ranking import Contender, Grouping, Measure, Ranked, fully_measured, grouped, measured, ranked

Ties = Literal["spare", "bar", "next-measure"]


class Fate(enum.StrEnum):
    """What came of somebody's rank."""

    SAFE = "safe"
    BARRED = "barred"
    NEWCOMER = "newcomer"  # joined too short a time before the end
    SMALL_GROUP = "small-group"  # too few of them for a rank to say anything
    TIE_SPARED = "tie-spared"  # as good as one with a seat among the last, who is spared for being not alone


@dataclass(frozen=True, slots=True)
class Policy:
    """The last ``percent`` of each group by ``measure`` are barred, rounded down.

    Where the line falls between equals, all of them are spared, or barred (more than ``percent`` may be then), or the
    other measures decide and who is equal in all of them is spared. Nobody is barred who joined less than ``newcomer``
    before the end, nor where fewer than ``least_group`` compete.
    """

    measure: Measure
    percent: int
    ties: Ties
    newcomer: timedelta
    least_group: int
    groups: Grouping


@dataclass(frozen=True, slots=True)
class Judged:
    """Somebody's rank, how many ``seats`` there were among the last, and what comes of it."""

    ranked: Ranked
    seats: int
    fate: Fate


def judged(contenders: Iterable[Contender], policy: Policy, ended_at: datetime) -> list[Judged]:
    """Everybody's rank and fate in a period that ended at ``ended_at``; groups in the order of their names."""
    found: list[Judged] = []
    for name, group in sorted(grouped(contenders, policy.groups).items()):
        found += _judged(ranked(name, group, policy.measure), policy, ended_at)
    return found


def _judged(places: Sequence[Ranked], policy: Policy, ended_at: datetime) -> Iterator[Judged]:
    competing = [each for each in places if each.contender.joined_at <= ended_at - policy.newcomer]
    enough = len(competing) >= policy.least_group
    seats = len(competing) * policy.percent // 100 if enough else 0
    barred, spared = _last([each.contender for each in competing], seats, policy)
    for each in places:
        yield Judged(each, seats, _fate(each.contender, enough, policy, ended_at, barred, spared))


def _fate(one: Contender, enough: bool, policy: Policy, ended_at: datetime, barred: set[int], spared: set[int]) -> Fate:
    if one.joined_at > ended_at - policy.newcomer:
        return Fate.NEWCOMER
    if not enough:
        return Fate.SMALL_GROUP
    if one.employee_id in barred:
        return Fate.BARRED
    return Fate.TIE_SPARED if one.employee_id in spared else Fate.SAFE


def _last(competing: Sequence[Contender], seats: int, policy: Policy) -> tuple[set[int], set[int]]:
    """Who of them has one of the ``seats``, and who would but for others who are equal."""
    if seats == 0:
        return set(), set()
    worth = {one.employee_id: _worth(one, policy) for one in competing}
    worst_first = sorted(worth.values())
    limit = worst_first[seats - 1]
    at_limit = {employee for employee, value in worth.items() if value == limit}
    below = {employee for employee, value in worth.items() if value < limit}
    if policy.ties == "bar" or len(below) + len(at_limit) <= seats:
        return below | at_limit, set()
    return below, at_limit


def _worth(one: Contender, policy: Policy) -> tuple[int, ...]:
    if policy.ties == "next-measure":
        return fully_measured(one.figures, policy.measure)
    return (measured(one.figures, policy.measure),)
