"""Whose clock a number goes by, and where people may be called now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from ccore.hours import Calendar, Hours, is_open

SITE = ""  # of a number that says nothing of where it is: the site's own clock
BETWEEN = " "  # the names of a zone that is several
_SAMPLES = (datetime(2026, 1, 15), datetime(2026, 7, 15))  # noqa: DTZ001 - winter and summer, wherever it is


def zone_of(number: str) -> str:
    """The zone of an E.164 number: a name of the IANA database, or SITE.

    Of a number that may be in several, such as a mobile of Russia, those whose clocks differ: ``Asia/Omsk Asia/Tokyo``.
    """
    try:
        return zone_of_parsed(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return SITE


def zone_of_parsed(number: phonenumbers.PhoneNumber) -> str:
    """As ``zone_of``."""
    return _joined(timezone.time_zones_for_number(number))


def joined(zones: Sequence[str]) -> str:
    """The zone of somebody whose numbers are of ``zones``: open where each of them is. SITE gives way to any other."""
    if len(set(zones)) == 1:
        return zones[0]
    return _joined(tuple(name for zone in zones for name in zone.split(BETWEEN) if name))


def open_zones(
    hours: Hours, calendar: Calendar, zones: Iterable[str], now: datetime, whose: Literal["number", "site"] = "number"
) -> frozenset[str]:
    """Those of ``zones`` where people may be called at ``now``, which is of the site's zone.

    Where a number may be in several, it has to be open in each of them. ``whose`` "site": by the site's clock alone.
    The days that are holidays are the calendar's everywhere, each when it is that day there.
    """
    clocks = {zone: zone.split(BETWEEN) if zone and whose == "number" else [SITE] for zone in zones}
    opened = {
        name: is_open(hours, calendar, _there(name, now)) == "open" for name in {n for c in clocks.values() for n in c}
    }
    return frozenset(zone for zone, names in clocks.items() if all(opened[name] for name in names))


def _there(name: str, now: datetime) -> datetime:
    return now if name == SITE else now.astimezone(ZoneInfo(name))


@lru_cache(maxsize=4096)
def _joined(names: tuple[str, ...]) -> str:
    """One name for each clock among ``names``."""
    clocks = {clock: name for name in sorted(names) if (clock := _clock(name)) is not None}
    return BETWEEN.join(sorted(clocks.values()))


def _clock(name: str) -> tuple[object, ...] | None:
    if name == timezone.UNKNOWN_TIMEZONE:
        return None
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # one that this machine's database does not have yet
        return None
    return tuple(sample.replace(tzinfo=zone).utcoffset() for sample in _SAMPLES)
