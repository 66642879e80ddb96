"""Reports: quarters added up to local intervals, over changes of the clocks, and as files that do no harm."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from ccore.cells import harmless
from ccore.numbers.model import QUARTER, quarter, quarters
from ccore.numbers.report import AGENT_HEADS, HEADS, INTERVALS, QUEUE_HEADS, Line, beginning, end, lines
from ccore.numbers.sheets import as_csv, as_xlsx

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
BEGAN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
COUNTS = ("offered", "waiting", "answered", "within", "abandoned", "short_abandoned", "overflowed", "called_back",
          "voicemail", "chose", "timed_out", "refused", "interrupted", "transferred", "answered_wait_ms", "wait_ms",
          "longest_wait_ms", "talk_ms", "hold_ms", "rings", "missed", "wrap_up_ms")  # fmt: skip


def row(at: datetime, name: str = "sales", **counts: int) -> dict[str, object]:
    return {"name": name, "queue": name, "began_at": at, **dict.fromkeys(COUNTS, 0), **counts}


def period(zone: ZoneInfo) -> tuple[datetime, datetime]:
    return datetime(2026, 1, 1, tzinfo=zone), datetime(2027, 1, 1, tzinfo=zone)


def cells(line: Line) -> dict[str, object]:
    return dict(zip(QUEUE_HEADS, line.cells, strict=True))


def test_percentages_are_of_sums() -> None:
    rows = [
        row(BEGAN, offered=12, answered=8, within=6, abandoned=1, short_abandoned=2, waiting=1, answered_wait_ms=80_000,
            longest_wait_ms=30_000, talk_ms=800_000, wrap_up_ms=80_000),
        row(BEGAN + QUARTER, offered=1, answered=1, within=0, answered_wait_ms=10_000, longest_wait_ms=10_000),
    ]  # fmt: skip
    first, second = lines("queues", rows, "15m", period(SHANGHAI), [])
    assert (cells(first)["service_level"], cells(first)["abandonment"], cells(first)["asa_s"]) == (66.7, 11.1, 10.0)
    assert cells(first)["handling_s"] == 110.0
    assert cells(second)["service_level"] == 0.0
    [hour] = lines("queues", rows, "hour", period(SHANGHAI), [])
    assert (cells(hour)["offered"], cells(hour)["service_level"]) == (13, 60.0)
    assert (cells(hour)["longest_wait_s"], cells(hour)["asa_s"]) == (30.0, 10.0)
    assert hour.began_at.isoformat() == "2026-11-22T09:00:00+08:00"


def test_of_nobody_there_is_no_percentage() -> None:
    [line] = lines("queues", [row(BEGAN, offered=1, short_abandoned=1)], "day", period(SHANGHAI), [])
    assert (cells(line)["service_level"], cells(line)["asa_s"]) == (None, None)


def test_agents() -> None:
    counts = {"rings": 5, "answered": 3, "missed": 1, "cancelled": 1, "transferred": 0}
    times = {"talk_ms": 300_000, "hold_ms": 0, "signed_in_ms": 900_000, "ready_ms": 200_000, "ringing_ms": 0,
             "talking_ms": 300_000, "wrap_up_ms": 60_000, "paused_ms": 300_000, "unreachable_ms": 0}  # fmt: skip
    quarter_ = {"name": "1001", "began_at": BEGAN, **counts, **times, "pauses": {"lunch": 300_000}}
    later = {**quarter_, "began_at": BEGAN + QUARTER, "pauses": {"lunch": 1000, "": 500}}
    [line] = lines("agents", [quarter_, later], "hour", period(SHANGHAI), [])
    found = dict(zip(AGENT_HEADS, line.cells, strict=True))
    assert (found["rings"], found["occupancy"], found["pauses"]) == (10, 60.0, "-=0.5 lunch=301.0")


def test_a_day_in_which_clocks_change_is_as_long_as_it_was() -> None:
    autumn = datetime(2026, 10, 25, tzinfo=BERLIN)  # 25 hours
    rows = [row(autumn.astimezone(UTC) + number * QUARTER, offered=1) for number in range(100)]
    [day] = lines("queues", rows, "day", period(BERLIN), [])
    assert cells(day)["offered"] == 100
    assert day.ended_at.timestamp() - day.began_at.timestamp() == 25 * 3600
    hours = lines("queues", rows, "hour", period(BERLIN), [])
    assert [cells(line)["offered"] for line in hours] == [4] * 25
    twice = [line for line in hours if line.began_at.hour == 2]
    assert [f"{line.began_at:%H %z}" for line in twice] == ["02 +0200", "02 +0100"]
    spring = datetime(2026, 3, 29, tzinfo=BERLIN)  # 23 hours
    rows = [row(spring.astimezone(UTC) + number * QUARTER, offered=1) for number in range(92)]
    assert [cells(line)["offered"] for line in lines("queues", rows, "day", period(BERLIN), [])] == [92]
    assert len(lines("queues", rows, "hour", period(BERLIN), [])) == 23


@given(
    st.integers(0, 350_000).map(lambda number: BEGAN - number * QUARTER / 3),
    st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]),
    st.sampled_from([name for name in INTERVALS if name != "whole"]),
)
def test_every_moment_is_in_the_interval_it_is_counted_in(at: datetime, zone: ZoneInfo, interval: str) -> None:
    began_at = beginning(at, interval, zone)
    assert began_at.timestamp() <= at.timestamp() < end(began_at, interval).timestamp()
    assert beginning(datetime.fromtimestamp(began_at.timestamp(), UTC), interval, zone) == began_at


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(["a", "b"]), st.integers(0, 9)), max_size=60))
def test_intervals_add_up_to_the_whole(rows_: list[tuple[int, str, int]]) -> None:
    rows = [row(BEGAN + number * QUARTER, name, offered=count) for number, name, count in rows_]
    wholes = {line.name: cells(line)["offered"] for line in lines("queues", rows, "whole", period(BERLIN), [])}
    for interval in INTERVALS:
        sums: dict[str, int] = {}
        for line in lines("queues", rows, interval, period(BERLIN), []):
            offered = cells(line)["offered"]
            assert isinstance(offered, int)
            sums[line.name] = sums.get(line.name, 0) + offered
        assert sums == wholes


def test_what_a_gap_touches_is_incomplete() -> None:
    rows = [row(BEGAN + number * QUARTER, offered=1) for number in range(4)]
    gap = (BEGAN + timedelta(minutes=20), BEGAN + timedelta(minutes=31))
    assert [line.complete for line in lines("queues", rows, "15m", period(SHANGHAI), [gap])] == [
        True, False, False, True]  # fmt: skip


def test_quarters() -> None:
    assert quarter(BEGAN + timedelta(minutes=29, seconds=59)) == BEGAN + QUARTER
    touched = list(quarters(BEGAN + timedelta(minutes=14), BEGAN + timedelta(minutes=31)))
    assert touched == [BEGAN, BEGAN + QUARTER, BEGAN + 2 * QUARTER]


HOSTILE = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\tx", "\rx", "=cmd|'/c calc'!A0"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula(text: str) -> None:
    assert str(harmless(text)).startswith("'")
    line = Line(text, BEGAN, BEGAN + QUARTER, [1, None, text], complete=True)
    raw = as_csv(["a", "b", "c"], [line]).decode("utf-8-sig")
    [_, found] = csv.reader(io.StringIO(raw, newline=""))
    assert found[0] == found[-2] == f"'{text}"
    sheet = load_workbook(io.BytesIO(as_xlsx("queues", ["a", "b", "c"], [line]))).active
    assert sheet is not None
    [_, cells_] = sheet.iter_rows()
    assert cells_[0].data_type == "s"
    assert cells_[3].value == 1


def test_files_have_every_head() -> None:
    line = Line("sales", BEGAN, BEGAN + QUARTER, [None] * len(QUEUE_HEADS), complete=False)
    heads = next(csv.reader(as_csv(HEADS["queues"], [line]).decode("utf-8-sig").splitlines()))
    assert heads == ["name", "from", "to", *QUEUE_HEADS, "complete"]
