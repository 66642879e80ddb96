"""Whose clock a number goes by, and where people may be called now."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ccore.dialer.zones import SITE, open_zones, zone_of
from ccore.hours import Calendar, Hours

CHINA = "Asia/Shanghai"
SITE_ZONE = ZoneInfo(CHINA)
DAYTIME = Hours(workdays=("09:00-12:00", "14:00-20:00"), weekends=("10:00-18:00",))
NOBODY = Calendar(country="")


def at(day: int, clock: str) -> datetime:
    """In November 2026, in the site's zone; the 23rd is a Monday."""
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}").replace(tzinfo=SITE_ZONE)


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+8613812345678", CHINA),  # China is one zone
        ("+869912345678", CHINA),  # Xinjiang too
        ("+85291234567", "Asia/Hong_Kong"),
        ("+12125550123", "America/New_York"),
        ("+16045550123", "America/Vancouver"),
        ("+447911123456", "Europe/London"),
        ("+870773111111", SITE),  # a satellite
        ("10086", SITE),
        ("", SITE),
    ],
)
def test_zone_of_a_number(number: str, zone: str) -> None:
    assert zone_of(number) == zone


def test_a_number_that_may_be_anywhere_has_each_clock_once() -> None:
    names = zone_of("+79161234567").split()
    offsets = [datetime(2026, 1, 15, tzinfo=ZoneInfo(name)).utcoffset() for name in names]
    assert "Europe/Moscow" in names
    assert "Asia/Kamchatka" in names
    assert len({*offsets}) >= len(names) - 1  # Bucharest and Samara differ in summer alone, if at all


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        (at(23, "09:00"), {CHINA, "America/Los_Angeles"}),  # there it is Sunday, 17:00
        (at(23, "08:59:59"), {"America/Los_Angeles"}),
        (at(23, "12:00"), set()),
        (at(23, "13:59"), set()),
        (at(23, "19:59:59"), {CHINA}),
        (at(23, "22:30"), {"America/New_York"}),  # 09:30 there
        (at(24, "01:30"), {"America/Los_Angeles"}),  # still Monday, 09:30; in New York it is 12:30
        (at(24, "03:30"), {"America/New_York", "America/Los_Angeles"}),  # 14:30 and 11:30
        (at(24, "04:30"), {"America/New_York"}),  # 15:30; in Los Angeles they have lunch
        (at(28, "09:30"), {"America/Los_Angeles"}),  # Saturday here, still Friday there
        (at(28, "10:00"), {CHINA, "America/Los_Angeles"}),
        (at(29, "01:30"), {"America/New_York"}),  # Saturday 12:30; in Los Angeles 09:30
    ],
)
def test_hours_are_those_of_the_number(now: datetime, opened: set[str]) -> None:
    assert open_zones(DAYTIME, NOBODY, [CHINA, "America/New_York", "America/Los_Angeles"], now) == opened


def test_the_sites_clock_may_count_for_all() -> None:
    zones = [CHINA, "America/New_York", "America/Adak America/Toronto"]
    assert open_zones(DAYTIME, NOBODY, zones, at(23, "09:30"), "site") == set(zones)
    assert open_zones(DAYTIME, NOBODY, zones, at(23, "22:30"), "site") == set()


def test_a_number_of_unknown_place_goes_by_the_sites_clock() -> None:
    assert open_zones(DAYTIME, NOBODY, [SITE], at(23, "09:30")) == {SITE}
    assert open_zones(DAYTIME, NOBODY, [SITE], at(23, "22:30")) == set()


def test_of_several_places_each_has_to_be_open() -> None:
    both = "America/Los_Angeles America/New_York"
    assert open_zones(DAYTIME, NOBODY, [both], at(23, "22:30")) == set()
    assert open_zones(DAYTIME, NOBODY, [both], at(24, "04:30")) == set()  # 12:30 in Los Angeles
    assert open_zones(DAYTIME, NOBODY, [both], at(24, "06:30")) == {both}  # 14:30 and 17:30


def test_nobody_is_called_on_holidays_and_who_works_on_a_saturday_is() -> None:
    china = Calendar(country="CN")
    eve = datetime(2026, 10, 1, 10, tzinfo=SITE_ZONE)
    assert open_zones(DAYTIME, china, [CHINA], eve) == set()
    assert open_zones(DAYTIME, NOBODY, [CHINA], eve) == {CHINA}
    assert open_zones(DAYTIME, china, [CHINA], datetime(2026, 10, 10, 19, tzinfo=SITE_ZONE)) == {CHINA}  # made up for
    own = Calendar(country="", days={date(2026, 11, 23): "holiday"})
    assert open_zones(DAYTIME, own, [CHINA, "America/New_York"], at(23, "22:30")) == set()
    # In New York it is the 23rd still, when it is over here.
    assert open_zones(DAYTIME, own, [CHINA, "America/New_York"], at(24, "09:30")) == {CHINA}
    assert open_zones(DAYTIME, own, ["America/New_York"], at(24, "03:30")) == set()


def test_hours_follow_summer_time() -> None:
    there = "America/New_York"
    assert open_zones(DAYTIME, NOBODY, [there], datetime(2026, 7, 6, 21, 30, tzinfo=SITE_ZONE)) == {there}  # 09:30
    assert open_zones(DAYTIME, NOBODY, [there], datetime(2026, 12, 7, 21, 30, tzinfo=SITE_ZONE)) == set()  # 08:30
