"""What `ccore status` says to people: the first line, the troubles, each part in words."""

from collections.abc import Sequence
from typing import Any

import pytest

from ccore.status import duration, lines, size

NODE = {
    "up": True, "up_for_s": 4000, "epoch": 3, "lag_s": 0.002,
    "records": {"behind_bytes": 0, "behind_s": 0.0},
    "spool": {"files": 0, "bytes": 0, "oldest_s": 0.0, "bad_files": 0},
}  # fmt: skip
AWAY = {
    "up": False, "up_for_s": None, "epoch": 3, "lag_s": 0.0,
    "records": {"behind_bytes": 12_345, "behind_s": 73.0},
    "spool": {"files": 4, "bytes": 800, "oldest_s": 12.0, "bad_files": 1},
}  # fmt: skip


def state(parts: Any = None, *, why_not: Sequence[str] = (), warnings: Sequence[str] = ()) -> dict[str, Any]:
    return {"ready": not why_not, "why_not": why_not, "warnings": warnings, "parts": parts or {}}


def test_the_first_line_says_whether_all_is_well() -> None:
    assert lines(state()) == ["ready"]
    assert (
        lines(state(why_not=["draining", "no Asterisk is linked"]))[0] == "NOT READY: draining, no Asterisk is linked"
    )
    assert lines(state(warnings=["the Asterisk of node2 is not linked"])) == [
        "ready, but",
        "  ! the Asterisk of node2 is not linked",
    ]


def test_what_a_part_complains_of_stands_above_the_parts() -> None:
    records = {"behind_bytes": 0, "behind_s": 0.0, "trouble": {"cdr of node1": "no space left"}}
    told = lines(state({"records": records, "gaps": {"open": 2, "trouble": "PostgreSQL is away"}}))
    assert told == [
        "ready, but",
        "  ! records (cdr of node1): no space left",
        "  ! gaps: PostgreSQL is away",
        "  gaps  open 2",
    ]


def test_each_node_has_its_line() -> None:
    told = lines(
        state(
            {
                "node node1": NODE | {"calls": 4, "corrections": {"agi-stuck": 1}, "given_up": ["a", "b"], "none": []},
                "node node2": AWAY,
            }
        )
    )
    assert told[1:] == [
        "  node node1  linked for 1 h 6 min (epoch 3), events 2 ms behind; "
        "calls 4, corrections (agi-stuck 1), given up (a, b); records up to date; spool empty",
        "  node node2  NOT LINKED; records 1 min 13 s (12.3 kB) behind; "
        "4 files (800 B) wait in the spool, the oldest for 12 s, 1 set aside for a person",
    ]


def test_what_another_ccore_does_is_not_told_as_if_it_were_done() -> None:
    told = lines(state({"node node1": {**NODE, "records": None, "spool": None}}))
    assert told[1].endswith("; records not read by this ccore; spool not watched by this ccore")


def test_leases_are_told_by_where_their_work_is_done() -> None:
    leases = {"instance": "a", "held": {"spool node1": 4}, "elsewhere": {"spool node2": "b"}, "awaited": ["x"]}
    told = lines(state({"leases": leases}))
    assert told[1:] == ["  leases  done here: spool node1; elsewhere: spool node2 (b); not known yet: x"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 ms"),
        (0.004, "4 ms"),
        (1, "1 s"),
        (59.7, "59 s"),
        (60, "1 min 0 s"),
        (4000, "1 h 6 min"),
        (90_061, "1 d 1 h"),
    ],
)
def test_times_as_people_say_them(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_sizes_as_people_say_them() -> None:
    assert [size(count) for count in (0, 999, 1500, 64_000_000, 3e12)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "64 MB",
        "3e+03 GB",
    ]


def test_an_answer_of_somebody_else_is_not_taken_for_one() -> None:
    answers: list[Any] = [{}, {"parts": {}}, [], 7]
    for answer in answers:
        with pytest.raises((KeyError, TypeError)):
            lines(answer)
