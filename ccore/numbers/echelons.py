"""Decides which of the four echelons of standby staff is needed: by the hour's volume, its plan, and service."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccore.centre.centre import Echelon

HOUR = timedelta(hours=1)
TELLING = timedelta(minutes=10)  # of an hour: what fewer minutes extrapolate to says little
RISES_AFTER = timedelta(minutes=3)
STANDS_DOWN_AFTER = timedelta(minutes=15)  # people who have come are not sent home for a lull
STANDS_DOWN_BELOW = 0.9  # of the percentage that called them up


@dataclass(frozen=True, slots=True)
class Volume:
    """One queue's hour so far. ``plan`` None: there is none. ``service_level`` None: nobody called."""

    calls: int
    elapsed: timedelta
    plan: int | None
    service_level: float | None = None
    wanted_level: float = 80


@dataclass(frozen=True, slots=True)
class Standing:
    """The echelon that stands by for a queue; ``towards`` another one since ``moving_since``."""

    level: int = 0
    towards: int = 0
    moving_since: datetime | None = None


def percent(volume: Volume) -> float | None:
    """The hour's volume, extrapolated from what has passed of it, in percent of its plan; None if that says nothing."""
    if not volume.plan or volume.elapsed < TELLING:
        return None
    return 100 * volume.calls * (HOUR / volume.elapsed) / volume.plan


def decide(standing: Standing, echelons: Sequence[Echelon], volume: Volume, now: datetime) -> Standing:
    """What stands by after ``now``.

    An echelon is wanted when the volume reaches its percentage and the service level is below what was promised. It
    stays while the volume is near that, or service is not well; up goes fast, down slowly, one decision at a time.
    """
    reached = percent(volume)
    if reached is None:
        return replace(standing, moving_since=None)
    wanted = _wanted(standing.level, echelons, reached, well=_well(volume))
    if wanted == standing.level:
        return replace(standing, towards=wanted, moving_since=None)
    same_way = standing.moving_since is not None and (standing.towards > standing.level) == (wanted > standing.level)
    since = standing.moving_since if same_way and standing.moving_since and standing.moving_since <= now else now
    if now - since < (RISES_AFTER if wanted > standing.level else STANDS_DOWN_AFTER):
        return Standing(standing.level, wanted, since)
    return Standing(wanted, wanted)


def _well(volume: Volume) -> bool:
    return volume.service_level is None or volume.service_level >= volume.wanted_level


def _wanted(level: int, echelons: Sequence[Echelon], reached: float, *, well: bool) -> int:
    needed = sum(reached >= echelon.volume_percent for echelon in echelons)
    if needed > level:
        return level if well else needed
    kept = sum(reached >= STANDS_DOWN_BELOW * echelon.volume_percent for echelon in echelons)
    return level if not well else min(level, kept)


@dataclass(frozen=True, slots=True)
class Standby:
    """One of the standby staff."""

    agent: str
    name: str
    echelon: int
    mobile: str
    signed_in: bool


def proposed(people: Sequence[Standby], level: int) -> tuple[Standby, ...]:
    """Whom to call up for ``level``: its echelon and those before it, who are not here and can be reached."""
    return tuple(
        sorted(
            (one for one in people if 1 <= one.echelon <= level and one.mobile and not one.signed_in),
            key=lambda one: (one.echelon, one.agent),
        )
    )


def text(template: str, site: str, queue: str, level: int) -> str:
    """What is sent to them: the operator's words, or ours."""
    words = template or "【{site}】{queue} 话务量超出预期，请第 {level} 梯队登录支援：话机拨 *11 或登录坐席系统。"
    for name, word in (("site", site), ("queue", queue), ("level", str(level))):
        words = words.replace(f"{{{name}}}", word)
    return words
