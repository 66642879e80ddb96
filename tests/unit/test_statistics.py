"""Statistics count every call once, whatever it was folded into before, and are shown in people's own time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.calls.model import Gap
from ccore.cdr.model import Call, Disposition, State
from ccore.cdr.report import GROUPS, as_data, printable, table
from ccore.cdr.statistics import Count, Line, Statistics, count, difference, line, quarter
from tests.support.asterisk_logs import FIRST_CALL_AT

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)


def call(
    linkedid: str = "1",
    after: timedelta = timedelta(0),
    disposition: Disposition | None = Disposition.ANSWERED,
    lasted_ms: int | None = 1500,
    dialled: str = "1008610001",
    clock_suspect: bool = False,
) -> Call:
    """A call; ``lasted_ms`` None: it goes on."""
    at = FIRST_CALL_AT + after
    state = State.OPEN if lasted_ms is None else State.ENDED
    ended_at = None if lasted_ms is None else at + timedelta(milliseconds=lasted_ms)
    return Call(
        "node1", linkedid, state, disposition, at, None, ended_at, lasted_ms, lasted_ms, lasted_ms, "13800138000", "",
        dialled, "from-trunk", "PJSIP/trunk-1", "trunk", 16, "", 1, False, 1, clock_suspect, [f"node1!{linkedid}"],
    )  # fmt: skip


@st.composite
def foldings(draw: st.DrawFn) -> list[Call]:
    """Calls as they were folded, one after the other, the same few LinkedIDs again and again."""
    one = st.builds(
        call,
        linkedid=st.sampled_from("12345"),
        after=st.sampled_from(
            [timedelta(0), MINUTE, 14 * MINUTE, 15 * MINUTE, 15 * MINUTE - timedelta(microseconds=1)]
        ),
        disposition=st.sampled_from([None, *Disposition]),
        lasted_ms=st.none() | st.integers(0, 10_000),
        dialled=st.sampled_from(["1008610001", "300", ""]),
        clock_suspect=st.booleans(),
    )
    return draw(st.lists(one, max_size=30))


def counted(calls: Iterable[Call]) -> dict[Line, Count]:
    """The statistics of these calls, counted at once."""
    sums: dict[Line, Count] = {}
    for each in calls:
        sums[line(each)] = sums.get(line(each), Count()).plus(count(each))
    return sums


@given(foldings(), st.integers(1, 7))
def test_whatever_calls_were_folded_into_the_statistics_are_those_of_what_they_are(
    folded: list[Call], batch: int
) -> None:
    known: dict[str, Call] = {}
    lines: dict[Line, Count] = {}
    for begin in range(0, len(folded), batch):
        latest = {each.linkedid: each for each in folded[begin : begin + batch]}  # a batch folds a call once
        for where, more in difference((known.get(name), each) for name, each in latest.items()).items():
            lines[where] = lines.get(where, Count()).plus(more)
        known |= latest
    assert {where: what for where, what in lines.items() if any(what)} == counted(known.values())


@given(st.datetimes(datetime(1960, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_quarter_of_an_hour_holds_its_moment_and_begins_on_the_clock(at: datetime) -> None:
    begin = quarter(at)
    assert begin <= at < begin + 15 * MINUTE
    assert (begin.minute % 15, begin.second, begin.microsecond) == (0, 0, 0)


def test_a_call_counts_as_what_it_is() -> None:
    assert count(call()) == Count(calls=1, answered=1, duration_ms=1500, billed_ms=1500, talk_ms=1500)
    assert count(call(lasted_ms=None)) == Count(calls=1, going_on=1, answered=1)
    assert count(call(lasted_ms=None, disposition=None)) == Count(calls=1, going_on=1)
    assert count(call(lasted_ms=0, clock_suspect=True, disposition=Disposition.BUSY)) == Count(
        calls=1, busy=1, clock_suspect=1
    )
    columns = [sum(column) for column in zip(*(count(call(disposition=what)) for what in Disposition), strict=True)]
    assert columns[2:8] == [1] * 6, "every disposition has a column of its own"


def test_a_call_that_did_not_change_changes_nothing() -> None:
    assert difference([(call(), call())]) == {}


def statistics(*gaps: Gap) -> Statistics:
    lines = [
        (Line("node1", "trunk", "10086", FIRST_CALL_AT), Count(calls=3, answered=2, busy=1, talk_ms=61_499), 1),
        (Line("node2", "trunk", "10086", FIRST_CALL_AT), Count(calls=1, going_on=1, clock_suspect=1), 0),
        (Line("node1", "", "\x1b[2J", FIRST_CALL_AT + 15 * MINUTE), Count(calls=10, failed=10), 0),
    ]
    return Statistics(FIRST_CALL_AT, FIRST_CALL_AT + timedelta(hours=1), lines, gaps)


def test_the_table_is_in_the_site_s_time_and_sums_up() -> None:
    head, columns, first, second, total, doubt = table(statistics(), "time", SHANGHAI).splitlines()
    assert head == "calls that began from 2026-11-22 09:00 to 2026-11-22 10:00 CST"
    names = "time calls answered no answer busy congestion failed interrupted going on orders talk s"
    assert columns.split() == names.split()
    assert " ".join(first.split()) == "2026-11-22 09:00 4 2 0 1 0 0 0 1 1 61"
    assert " ".join(second.split()) == "2026-11-22 09:15 10 0 0 0 0 10 0 0 0 0"
    assert " ".join(total.split()) == "total 14 2 0 1 0 10 0 1 1 61"
    assert doubt.startswith("1 of them under a clock that was wrong")
    assert len({len(row) for row in (columns, first, second, total)}) == 1


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("hour", ["2026-11-22 09:00"]), ("number", ["�[2J", "10086"]), ("trunk", ["-", "trunk"]),
        ("node", ["node1", "node2"]),
    ],
)  # fmt: skip
def test_the_table_is_by_what_one_wants(by: str, names: list[str]) -> None:
    rows = table(statistics(), by, SHANGHAI).splitlines()[2:-2]
    assert [row.split("  ")[0].strip() for row in rows] == names
    assert set(GROUPS) == {"time", "hour", "number", "trunk", "node"}


def test_every_open_gap_is_told() -> None:
    over = Gap("node1", FIRST_CALL_AT, FIRST_CALL_AT + MINUTE, "closed")
    lasting = Gap("node2", FIRST_CALL_AT + MINUTE, None, "ccore-away")
    assert table(statistics(over, lasting), "time", SHANGHAI).splitlines()[-2:] == [
        "INCOMPLETE: node1 was not heard from 2026-11-22 09:00:00 to 2026-11-22 09:01:00 (closed), and its call logs"
        " are not read past that yet",
        "INCOMPLETE: node2 has not been heard since 2026-11-22 09:01:00 (ccore-away)",
    ]
    told = as_data(statistics(lasting))
    assert (told["complete"], as_data(statistics())["complete"]) == (False, True)
    assert told["gaps"] == [{"node": "node2", "from": "2026-11-22T01:01:00.000000Z", "to": None, "why": "ccore-away"}]


def test_a_gap_touches_the_time_it_shares_a_moment_with() -> None:
    hour = (FIRST_CALL_AT, FIRST_CALL_AT + 60 * MINUTE)
    assert Gap("n", FIRST_CALL_AT - MINUTE, FIRST_CALL_AT, "closed").touches(*hour)
    assert Gap("n", FIRST_CALL_AT + 59 * MINUTE, None, "closed").touches(*hour)
    assert not Gap("n", FIRST_CALL_AT - 2 * MINUTE, FIRST_CALL_AT - MINUTE, "closed").touches(*hour)
    assert not Gap("n", FIRST_CALL_AT + 60 * MINUTE, None, "closed").touches(*hour)


def test_nothing_a_stranger_dialled_commands_the_terminal() -> None:
    assert printable("张三\x1b]0;x\x07\n\x9b") == "张三�]0;x���"
