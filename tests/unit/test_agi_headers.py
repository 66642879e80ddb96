"""FastAGI's header block: what Asterisk writes is taken, whatever differs from it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.agi.headers import Malformed, Refusal, Request, parse
from tests.wire.agi_asterisk import headers

BLOCK = headers("order").removesuffix(b"\n")
LINES = BLOCK.split(b"\n")[:-1]
REQUEST = Request(
    script="one_dial_order",
    channel="PJSIP/trunk-00000009",
    language="en",
    uniqueid="node1-1795335122.23",
    context="trunk",
    extension="1008610001",
    args=("1008610001", "+8613800138000"),
)


def block(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def place(name: bytes) -> int:
    return next(number for number, line in enumerate(LINES) if line.startswith(name + b": "))


def with_value(name: bytes, value: bytes) -> bytes:
    lines = LINES.copy()
    lines[place(name)] = name + b": " + value
    return block(lines)


def test_what_asterisk_writes_is_taken() -> None:
    assert parse(BLOCK) == REQUEST


@pytest.mark.parametrize(("name", "args"), [("no-arguments", ()), ("empty-arguments", ("", "x", ""))])
def test_arguments_may_be_none_or_empty(name: str, args: tuple[str, ...]) -> None:
    request = parse(headers(name).removesuffix(b"\n"))
    assert isinstance(request, Request)
    assert request.args == args


def test_a_name_in_gbk_costs_its_characters_and_nothing_else() -> None:
    assert parse(with_value(b"agi_calleridname", "张三".encode("gbk"))) == REQUEST


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    request = parse(with_value(b"agi_arg_2", b"a\xffb"))
    assert isinstance(request, Request)
    assert request.args == ("1008610001", "a\ufffdb")


@pytest.mark.parametrize("number", range(len(LINES) - 2))
def test_every_header_must_be_there(number: int) -> None:
    lines = LINES.copy()
    name = lines.pop(number).partition(b":")[0].decode()
    assert parse(block(lines)) == Malformed(Refusal.WRONG_HEADER, name, REQUEST.uniqueid if number > 6 else None)


@pytest.mark.parametrize("number", range(len(LINES)))
def test_no_header_may_come_twice(number: int) -> None:
    """Row 63, L3: of two, the last would win, and that is the caller's."""
    forged = parse(block([*LINES[: number + 1], LINES[number], *LINES[number + 1 :]]))
    assert isinstance(forged, Malformed)
    assert forged.reason is Refusal.WRONG_HEADER


def test_no_argument_may_be_skipped() -> None:
    """Row 64: agi_arg_1 is missing."""
    lines = [line for line in LINES if not line.startswith(b"agi_arg_1")]
    assert parse(block(lines)) == Malformed(Refusal.WRONG_HEADER, "agi_arg_1", REQUEST.uniqueid)


def test_nothing_else_may_follow_the_arguments() -> None:
    expected = Malformed(Refusal.WRONG_HEADER, "agi_arg_3", REQUEST.uniqueid)
    assert parse(BLOCK + b"agi_callerid: 19999999999\n") == expected


@pytest.mark.parametrize("control", [b"\r", b"\0", b"\t", b"\x1b", b"\x7f"])
@pytest.mark.parametrize("name", [b"agi_network_script", b"agi_calleridname", b"agi_rdnis", b"agi_arg_2"])
def test_no_value_may_hold_a_control_character(name: bytes, control: bytes) -> None:
    expected_id = None if name == b"agi_network_script" else REQUEST.uniqueid
    expected = Malformed(Refusal.WRONG_VALUE, name.decode(), expected_id)
    assert parse(with_value(name, b"1" + control + b"2")) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"agi_network", b"no"),
        (b"agi_uniqueid", b""),
        (b"agi_callingpres", b"x"),
        (b"agi_priority", "４".encode()),
        (b"agi_enhanced", b"2.0"),
        (b"agi_threadid", b""),
    ],
)
def test_values_are_of_the_kind_asterisk_writes(name: bytes, value: bytes) -> None:
    refused = parse(with_value(name, value))
    assert isinstance(refused, Malformed)
    assert (refused.reason, refused.expected) == (Refusal.WRONG_VALUE, name.decode())


@pytest.mark.parametrize("junk", [b"", b"\n", b"GET / HTTP/1.1\r\nHost: x\r\n", b"agi_network: yes\n", b"\xff" * 100])
def test_junk_is_refused(junk: bytes) -> None:
    assert isinstance(parse(junk), Malformed)


@given(st.integers(0, len(LINES) - 1), st.lists(st.binary(max_size=40), min_size=1, max_size=5))
def test_line_feeds_in_a_value_never_pass(number: int, forged: list[bytes]) -> None:
    """S2: whatever lines a caller adds inside a value, the block is refused; only the last argument can add another."""
    value = LINES[number] + b"\n" + b"\n".join(forged)
    taken = parse(block([*LINES[:number], value, *LINES[number + 1 :]]))
    if number == len(LINES) - 1:
        assert isinstance(taken, Malformed) or taken.args[:2] == REQUEST.args
    else:
        assert isinstance(taken, Malformed)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(junk: bytes) -> None:
    parse(junk)
    parse(BLOCK + junk)
    parse(junk + BLOCK)
