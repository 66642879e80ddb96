"""Periods of sales follow one another without a gap, begin at the site's midnight, and have the names people use."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.ordering.commission.months import Length, spans

lengths = st.sampled_from(["week", "month", "quarter"])
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]).map(ZoneInfo)
moments = st.integers(0, 7000 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(moments, st.integers(0, 800), lengths, zones)
def test_spans_cover_all_of_the_time_once(since: datetime, days: int, length: Length, zone: ZoneInfo) -> None:
    until = since + timedelta(days=days)
    found = list(spans(since, until, length, zone))
    assert all(earlier.ends == later.begins for earlier, later in pairwise(found))
    assert len({each.name for each in found}) == len(found)
    if days:
        assert found[0].begins <= since < found[0].ends
        assert found[-1].begins < until <= found[-1].ends
    for each in found:
        assert each.begins.astimezone(zone).strftime("%H:%M") == "00:00"


@pytest.mark.parametrize(
    ("length", "name", "begins", "ends"),
    [
        ("week", "2026-W53", "2026-12-28", "2027-01-04"),
        ("month", "2027-01", "2027-01-01", "2027-02-01"),
        ("quarter", "2027-Q1", "2027-01-01", "2027-04-01"),
    ],
)
def test_names(length: Length, name: str, begins: str, ends: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    at = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight of the new year, in Shanghai
    (found,) = spans(at, at + timedelta(hours=1), length, zone)
    assert (found.name, f"{found.begins:%Y-%m-%d}", f"{found.ends:%Y-%m-%d}") == (name, begins, ends)
