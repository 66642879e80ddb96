"""Lines of the spool: what the fallback writes is read, anything else is set aside with a reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi_scripts import order_fallback
from ccore.ordering.model import Attempt
from ccore.ordering.spool import MAX_LINE_BYTES, BadLine, line_of, read_line

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
GOOD: dict[str, object] = {
    "v": 1,
    "call_key": "node1!node1-1763800000.12",
    "dialled": "1008610001",
    "caller": "+8613812345678",
    "called_at": "2026-11-22T06:59:00.123456Z",
}


def written(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def without(key: str) -> bytes:
    return json.dumps({name: value for name, value in GOOD.items() if name != key}).encode()


def test_what_ccore_writes_is_what_it_reads() -> None:
    attempt = read_line(written(), NOW)
    assert isinstance(attempt, Attempt)
    assert read_line(line_of(attempt), NOW) == attempt


def test_the_trunk_is_kept_where_it_is_known() -> None:
    attempt = read_line(written(trunk="roaming-1"), NOW)
    assert isinstance(attempt, Attempt)
    assert attempt.trunk == "roaming-1"
    assert read_line(line_of(attempt), NOW) == attempt
    unknown = read_line(line_of(replace(attempt, trunk="no trunk;")), NOW)  # the order matters more
    assert unknown == replace(attempt, trunk="")
    assert read_line(written(trunk="a\n"), NOW) == BadLine(written(trunk="a\n"), "trunk has not its shape")


@pytest.mark.parametrize("trunk", ["", "roaming-1", "x" * 64, "a b", "-"])
def test_the_fallback_writes_the_trunk_or_none(trunk: str) -> None:
    line = order_fallback.line(["1008610001", "withheld", "node1", "node1-1.2"], trunk).encode()
    found = read_line(line.removesuffix(b"\n"), datetime.now(UTC))
    assert isinstance(found, Attempt)
    assert found.trunk == (trunk if trunk in {"", "roaming-1"} else "")


@pytest.mark.parametrize("changes", [{"caller": "1;rm"}, {"dialled": "12"}, {"call_key": "node1"}])
def test_ccore_writes_no_line_that_would_be_set_aside(changes: dict[str, str]) -> None:
    attempt = read_line(written(), NOW)
    assert isinstance(attempt, Attempt)
    with pytest.raises(ValueError, match="has not its shape"):
        line_of(replace(attempt, **changes))  # type: ignore[arg-type]  # mypy takes them for every field


def test_a_line_is_the_attempt_of_its_call() -> None:
    assert read_line(written(), NOW) == Attempt(
        call_key="node1!node1-1763800000.12",
        caller="+8613812345678",
        dialled="1008610001",
        called_at=datetime(2026, 11, 22, 6, 59, 0, 123456, tzinfo=UTC),
        channel="spool",
    )


@pytest.mark.parametrize("caller", ["withheld", "invalid", "13812345678", "10086"])
def test_every_caller_the_dialplan_can_name_is_read(caller: str) -> None:
    assert isinstance(read_line(written(caller=caller), NOW), Attempt)


@given(
    st.from_regex(r"[0-9]{3,20}", fullmatch=True),
    st.from_regex(r"\+?[0-9]{3,20}|withheld|invalid", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_.-]{1,128}", fullmatch=True),
)
def test_what_the_fallback_writes_is_read(dialled: str, caller: str, node: str, uniqueid: str) -> None:
    line = order_fallback.line([dialled, caller, node, uniqueid]).encode()
    found = read_line(line.removesuffix(b"\n"), datetime.now(UTC))
    assert isinstance(found, Attempt)
    assert (found.call_key, found.dialled, found.caller) == (f"{node}!{uniqueid}", dialled, caller)
    assert abs(found.called_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON"),
        (written()[:-20], "not JSON"),
        (written() + written(), "not JSON"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"[" * MAX_LINE_BYTES, "not JSON"),
        (written() + b" " * MAX_LINE_BYTES, "longer than"),
        (without("call_key"), "exactly the keys"),
        (without("v"), "exactly the keys"),
        (written(price=0), "exactly the keys"),
        (written()[:-1] + b', "caller": "+8613900000000"}', "twice"),
        (written(v=2), "version"),
        (written(v=True), "version"),
        (written(v=1.0), "version"),
        (written(call_key="node1-1763800000.12"), "call_key"),
        (written(call_key="node1!../../x"), "call_key"),
        (written(call_key=None), "call_key"),
        (written(dialled="100861000１"), "dialled"),
        (written(dialled="1008610001\n"), "dialled"),
        (written(dialled=1008610001), "dialled"),
        (written(caller="anonymous"), "caller"),
        (written(caller="٠١٢٣٤٥"), "caller"),
        (written(caller="+86138\nagi_extension: 10086999"), "caller"),
        (written(called_at="2026-11-22 06:59:00"), "called_at"),
        (written(called_at="2026-02-30T06:59:00.000000Z"), "day"),
        (written(called_at="2026-11-15T06:59:59.000000Z"), "7 days"),
    ],
)
def test_anything_else_is_set_aside_with_a_reason(line: bytes, reason: str) -> None:
    found = read_line(line, NOW)
    assert isinstance(found, BadLine)
    assert found.line == line
    assert reason in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize("called_at", ["2026-11-22T07:00:30.000000Z", "2026-11-22T08:00:00.000000Z"])
def test_an_order_of_a_clock_that_is_ahead_is_an_order_of_now(called_at: str) -> None:
    attempt = read_line(written(called_at=called_at), NOW)
    assert isinstance(attempt, Attempt)
    assert attempt.called_at == NOW


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader(line: bytes) -> None:
    assert isinstance(read_line(line, NOW), BadLine)
