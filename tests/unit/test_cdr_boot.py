"""A start of Asterisk is noticed in the numbers of its channels, and nothing else is taken for one."""

from datetime import datetime, timedelta

from ccore.cdr.boot import Mark, follow
from ccore.cdr.rows import CEL, CelRow, read
from tests.support.asterisk_logs import FIRST_CALL_AT, recorded_bytes

SECOND = timedelta(seconds=1)


def begun(*channels: tuple[int, float]) -> list[tuple[str, datetime]]:
    """Channels by their number and when they began, in seconds."""
    return [(f"node1-1795332928.{number}", FIRST_CALL_AT + after * SECOND) for number, after in channels]


def seen(mark: Mark | None, *channels: tuple[int, float]) -> tuple[int | None, float | None]:
    """The number marked and the start seen, in seconds."""
    after, booted_at = follow(mark, begun(*channels))
    return after.number if after else None, (booted_at - FIRST_CALL_AT) / SECOND if booted_at else None


def test_a_real_kill_and_start_are_noticed() -> None:
    rows = read(CEL, recorded_bytes("interrupted", "cel") + recorded_bytes("after_restart", "cel")).rows
    starts = [row for row in rows if isinstance(row, CelRow) and row.eventtype == "CHAN_START"]
    mark, booted_at = follow(None, [(row.uniqueid, row.event_at) for row in starts])
    assert mark is not None
    assert mark.number == 0
    assert booted_at == starts[-1].event_at


def test_numbers_that_rise_are_one_life() -> None:
    assert seen(None, (0, 0), (3, 1), (9, 60), (12, 61)) == (12, None)


def test_threads_that_write_out_of_order_are_one_life() -> None:
    assert seen(None, (7, 0), (9, 0.5), (8, 0.51), (10, 0.52)) == (10, None)


def test_the_newest_of_several_starts_counts() -> None:
    assert seen(None, (7, 0), (0, 10), (5, 20), (2, 30)) == (2, 30.0)


def test_old_rows_read_again_are_no_start() -> None:
    assert seen(Mark(90, FIRST_CALL_AT + 100 * SECOND), (3, 10), (80, 99)) == (90, None)


def test_a_clock_set_back_is_no_start() -> None:
    assert seen(None, (7, 3600), (8, 5), (9, 6)) == (7, None)


def test_ids_that_ccore_chose_say_nothing() -> None:
    mark, booted_at = follow(None, [("cc-1-2-3", FIRST_CALL_AT), ("", FIRST_CALL_AT)])
    assert (mark, booted_at) == (None, None)
