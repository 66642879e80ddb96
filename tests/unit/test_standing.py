"""What keeps a campaign from dialling, in words, the first reason first."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre, CentreFile
from ccore.dialer.explanation.standing import Stock, cannot_start, standstill
from ccore.dialer.running import CampaignState
from ccore.hours import Calendar, Hours

CHINA = "Asia/Shanghai"
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo(CHINA))  # a Monday
CENTRE = Centre({}, (), CentreFile(), {"calling": Hours(workdays=("09:00-20:00",))}, Calendar(country=""), {})
FILE = {
    "queue": "outbound", "lists": [{"list": "spring"}, {"list": "summer"}], "hours": "calling", "trunks": ["local"],
}  # fmt: skip
RUNS = CampaignState("running", 3, "super", NOW - timedelta(days=1), "")
STOCKS = {"spring": Stock(open=5, due=2, next_at=NOW - timedelta(hours=1)), "summer": Stock()}


def why(
    state: CampaignState | None = RUNS,
    stocks: dict[str, Stock] = STOCKS,
    zones: tuple[str, ...] = (CHINA,),
    now: datetime = NOW,
    **more: Any,
) -> list[str]:
    return list(standstill(Campaign.model_validate(FILE | more), CENTRE, state, stocks, zones, now))


def test_nothing_keeps_one_that_runs() -> None:
    assert why() == []
    assert why(ends=date(2026, 11, 23), begins=date(2026, 11, 23)) == []


def test_who_has_stopped_it() -> None:
    stopped = CampaignState("stopped", 4, "super", datetime(2026, 11, 23, 1, 30, tzinfo=UTC), "complaints")
    assert why(stopped) == ["super has stopped it on 2026-11-23 09:30: complaints"]
    draining = CampaignState("draining", 4, "super", datetime(2026, 11, 23, 1, 30, tzinfo=UTC), "")
    assert why(draining) == ["super lets no new calls begin since 2026-11-23 09:30"]
    assert why(None) == ["nobody has started it: ccore campaigns start NAME"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"trunks": []}, "its file names no trunk of outgoing.toml"),
        ({"ends": "2026-11-22"}, "it has ended on 2026-11-22"),
        ({"begins": "2026-11-24"}, "it begins on 2026-11-24"),
    ],
)
def test_its_file(more: dict[str, Any], says: str) -> None:
    assert why(**more) == [says]
    refused = cannot_start(Campaign.model_validate(FILE | more), NOW.date())
    assert refused == ("" if "begins" in more else says)  # it may be started before it begins


def test_its_contacts() -> None:
    assert why(stocks={"spring": STOCKS["spring"]}) == ["there is no list summer: ccore lists upload"]
    assert why(stocks={"spring": Stock(), "summer": Stock()}) == ["all contacts of its lists are done"]
    later = Stock(open=5, next_at=datetime(2026, 11, 23, 4, tzinfo=UTC))
    latest = Stock(open=5, next_at=datetime(2026, 11, 23, 5, tzinfo=UTC))
    assert why(stocks={"spring": latest, "summer": later}) == ["nobody is due before 2026-11-23 12:00"]


def test_its_hours() -> None:
    night = NOW.replace(hour=22)
    said = f"the hours calling are over, or not yet there, where its contacts are ({CHINA})"
    assert why(now=night) == [said]
    assert why(now=night, zones=(CHINA, "America/New_York")) == []
    assert why(now=night, zones=()) == []
    assert why(now=night, zones=("",))[0].endswith("(the site's own)")


def test_the_first_reason_comes_first() -> None:
    assert [each.split()[0] for each in why(None, {}, now=NOW.replace(hour=22), trunks=[])] == [
        "nobody", "its", "there", "there", "the",
    ]  # fmt: skip
