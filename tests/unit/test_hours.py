"""When a hotline is open: spans, past midnight, holidays, make-up working days, and the site's own days."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from ccore.hours import Calendar, Hours, is_open, kind_of_day
from tests.support.menus import SHANGHAI

DESK = Hours(workdays=("08:00-12:00", "13:30-18:00"), weekends=("09:00-12:00",), holidays=("10:00-11:00",))
NIGHT = Hours(workdays=("22:00-06:00",), friday=("20:00-24:00",))
CHINA = Calendar()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("hours", "moment", "verdict"),
    [
        (DESK, "2026-11-23 07:59:59", "closed"),  # a Monday
        (DESK, "2026-11-23 08:00", "open"),
        (DESK, "2026-11-23 12:00", "closed"),
        (DESK, "2026-11-23 13:30", "open"),
        (DESK, "2026-11-22 11:59", "open"),  # a Sunday
        (DESK, "2026-11-22 14:00", "closed"),
        (DESK, "2026-10-01 09:00", "holiday"),  # the National Day, a Thursday
        (DESK, "2026-10-01 10:30", "open"),
        (DESK, "2026-10-10 17:00", "open"),  # a Saturday made up for
        (DESK, "2026-02-17 09:00", "holiday"),  # the Spring Festival
        (NIGHT, "2026-11-23 23:00", "open"),
        (NIGHT, "2026-11-24 05:59", "open"),
        (NIGHT, "2026-11-23 05:00", "closed"),  # Sunday night has no hours
        (NIGHT, "2026-11-27 21:00", "open"),  # a Friday, by itself
        (NIGHT, "2026-11-28 00:00", "closed"),
        (Hours(workdays=("00:00-24:00",)), "2026-11-23 00:00", "open"),
        (Hours(workdays=("00:00-24:00",)), "2026-11-23 23:59:59", "open"),
    ],
)
def test_open_closed_or_holiday(hours: Hours, moment: str, verdict: str) -> None:
    assert is_open(hours, CHINA, at(moment)) == verdict


def test_the_sites_own_days_go_before_the_countrys() -> None:
    own = {date(2027, 2, 17): "holiday", date(2027, 2, 20): "workday", date(2026, 10, 1): "normal"}
    site = Calendar.model_validate({"days": own})
    assert is_open(DESK, site, at("2027-02-17 09:00")) == "holiday"
    assert is_open(DESK, CHINA, at("2027-02-17 09:00")) == "open"
    assert is_open(DESK, site, at("2027-02-20 17:00")) == "open"  # a Saturday
    assert is_open(DESK, site, at("2026-10-01 09:00")) == "open"
    assert kind_of_day(Calendar(country=""), date(2026, 10, 1)) == "normal"


def test_special_hours_of_one_date_go_before_everything() -> None:
    hours = DESK.model_copy(update={"dates": {date(2026, 10, 1): ("00:00-01:00",), date(2026, 11, 23): ()}})
    assert is_open(hours, CHINA, at("2026-10-01 00:30")) == "open"
    assert is_open(hours, CHINA, at("2026-10-01 10:30")) == "holiday"
    assert is_open(hours, CHINA, at("2026-11-23 09:00")) == "closed"


@pytest.mark.parametrize("span", ["9:00-12:00", "09:00", "24:00-01:00", "12:00-12:00", "09:00-25:00"])
def test_spans_that_make_no_sense_are_refused(span: str) -> None:
    with pytest.raises(ValidationError):
        Hours(workdays=(span,))


def test_a_country_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="are not known"):
        Calendar(country="XX")
