"""AMI's bytes: framing that does not depend on how TCP cuts them, and lines that must be exactly Asterisk's."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccore.ami import wire
from ccore.ami.wire import Flaw, Malformed, Message
from tests.wire.ami_server import BANNER, event
from tests.wire.recording import excerpt, recording


def messages(pieces: list[bytes]) -> list[Message | Malformed]:
    frames = wire.Frames()
    return [wire.parse(block) for piece in pieces for block in frames.feed(piece)]


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def naive(data: bytes) -> list[list[tuple[str, str]]]:
    """The same messages read in the plainest way, to compare with."""
    text = data.decode().removeprefix(BANNER.decode())
    return [
        [(line.split(": ", 1)[0], line.split(": ", 1)[1]) for line in block.split("\r\n")]
        for block in text.removesuffix("\r\n\r\n").split("\r\n\r\n")
    ]


def test_the_recording_reads_as_asterisk_wrote_it() -> None:
    data = recording()
    plain = naive(data)
    read = messages([data])
    assert len(read) == len(plain) == data.count(b"\r\n\r\n")
    for headers, found in zip(plain, read, strict=True):
        names = [name.lower() for name, _ in headers]
        if len(set(names)) < len(names):
            assert headers[0] == ("Event", "TestEvent")  # Debian's build says State twice in it, and nothing else does
            assert found == Malformed(Flaw.REPEATED_HEADER, "TestEvent")
        else:
            assert isinstance(found, Message)
            assert dict(found.fields) == {name.lower(): value for name, value in headers}
            assert (found.kind, found.name) == headers[0]


def test_the_recordings_events_begin_as_broadcasts() -> None:
    blocks = wire.Frames().feed(recording())
    others = [block for block in blocks if not wire.begins_as_broadcast(block)]
    assert [block.split(b"\r\n")[0] for block in others] == [b"Response: Success", b"Event: FullyBooted"]


@pytest.mark.parametrize("size", [1, 7])
def test_the_recording_in_tiny_pieces_gives_the_same_messages(size: int) -> None:
    data = recording()
    assert messages(in_pieces(data, size)) == messages([data])


@settings(max_examples=60)
@given(cuts=st.lists(st.integers(0, len(excerpt())), max_size=40).map(sorted))
def test_any_split_of_the_recording_gives_the_same_messages(cuts: list[int]) -> None:
    data = excerpt()
    edges = [0, *cuts, len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert messages(pieces) == messages([data])


@given(data=st.binary(max_size=300), cut=st.integers(0, 300))
def test_any_bytes_after_the_banner_are_messages_or_flaws_however_split(data: bytes, cut: int) -> None:
    assert messages([BANNER, data[:cut], data[cut:]]) == messages([BANNER + data])


@given(
    data=st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"A: b", b"Event: X", b": ", b"\0", b"\xe5\xbc"]), max_size=9)
)
def test_a_message_taken_holds_no_control_character(data: list[bytes]) -> None:
    read = wire.parse(b"".join(data))
    if isinstance(read, Message):
        assert not any(character < " " or character == "\x7f" for value in read.fields.values() for character in value)
        assert read.kind in {"Event", "Response"}


def test_row_71_utf8_split_in_two_segments_keeps_the_name_whole() -> None:
    whole = BANNER + event("Newchannel", "CallerIDName: 客户张三")
    for cut in range(len(whole)):
        (read,) = messages([whole[:cut], whole[cut:]])
        assert isinstance(read, Message)
        assert read["CallerIDName"] == "客户张三"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    read = wire.parse(b"Event: Newchannel\r\nCallerIDName: \xff\xfe\xd5\xc5")
    assert isinstance(read, Message)
    assert read["CallerIDName"] == "\ufffd\ufffd\ufffd\ufffd"


def test_header_names_are_found_in_any_case() -> None:
    read = wire.parse(b"Event: Cdr\r\nUniqueID: node1-1.2\r\nEmpty: ")
    assert isinstance(read, Message)
    assert read["Uniqueid"] == read.get("UNIQUEID") == "node1-1.2"
    assert (read["Empty"], read.get("Missing"), read.get("Missing", "x")) == ("", "", "x")
    with pytest.raises(KeyError):
        read["Missing"]


def test_variables_and_output_may_repeat() -> None:
    read = wire.parse(
        b"Event: Hangup\r\nChanVariable: a=1\r\nDestChanVariable: z=\r\nchanvariable: b=2: 3\r\nOutput: x"
    )
    assert isinstance(read, Message)
    assert read.all("ChanVariable") == ["a=1", "b=2: 3"]
    assert (read.all("Output"), read.all("DestChanVariable"), read.all("Variable")) == (["x"], ["z="], [])


@pytest.mark.parametrize(
    ("block", "flaw"),
    [
        (b"Event: Newchannel\r\nCallerIDNum: 1\nUniqueid: 2", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\n\nEvent: Hangup", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\rUniqueid: 2", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\r\nUniqueid: 2", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\0", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\x1b[2J", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\x7f", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\tx", Flaw.CONTROL_CHARACTER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nUniqueid: 2\r\nUniqueid: 1-2.3", Flaw.REPEATED_HEADER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nUNIQUEID: 2\r\nUniqueid: 1-2.3", Flaw.REPEATED_HEADER),
        (b"Event: Newchannel\r\nEvent: Hangup", Flaw.REPEATED_HEADER),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nno header", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nNoSpace:2", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\n: 2", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\n9a: 2", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nB\xc3\xa9: 2", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nCallerIDNum: 1\r\nA b: 2", Flaw.HEADER_SHAPE),
        (b"\r\nEvent: Newchannel", Flaw.HEADER_SHAPE),
        (b"", Flaw.HEADER_SHAPE),
        (b"Event: Newchannel\r\nChannelState: 4\r\nCallerIDNum: 1", Flaw.CUT_SHORT),
        (b"Event: DialBegin\r\nDestChannelState: 4\r\nDestCallerIDNum: 1\r\nLinkedid: 2", Flaw.CUT_SHORT),
        (b"CallerIDName: x\r\nUniqueid: 1-2.3", Flaw.NEITHER_EVENT_NOR_RESPONSE),
        (b"Action: Originate\r\nChannel: PJSIP/1", Flaw.NEITHER_EVENT_NOR_RESPONSE),
    ],
)
def test_l11_strict_lines(block: bytes, flaw: Flaw) -> None:
    read = wire.parse(block)
    assert isinstance(read, Malformed)
    assert read.flaw is flaw
    assert "1" not in read.name  # what a caller wrote does not reach the log


def test_s1_a_forged_event_of_79_bytes_cannot_begin_as_asterisks() -> None:
    forged = (
        b"\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nTimestamp: 1795310780.250074\r\nSystemName: n\r\nCause: 16"
    )
    newchannel = event("Newchannel", "CallerIDNum: @|CallerIDName: x|Uniqueid: node1-1.2").replace(b"@", forged[:79])
    first, second, *_ = wire.Frames().feed(BANNER + newchannel)
    assert wire.begins_as_broadcast(first)
    assert not wire.begins_as_broadcast(second)


@pytest.mark.parametrize("version", ["9.0.0", "11.0.0", "12.0.0"])
def test_row_78_banners_of_other_asterisk_versions(version: str) -> None:
    frames = wire.Frames()
    assert frames.feed(f"Asterisk Call Manager/{version}\r\nResponse: Success\r\n\r\n".encode()) == [
        b"Response: Success"
    ]
    assert frames.version == version


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\r\n",
        b"Asterisk Call Manager/\r\n",
        b" Asterisk Call Manager/11.0.0\r\n",
        b"x" * 257,
    ],
)
def test_row_69_wrong_banner(greeting: bytes) -> None:
    with pytest.raises(wire.NotAsterisk):
        wire.Frames().feed(greeting)


def test_row_72_a_message_of_1_mb_is_garbage_in_any_pieces() -> None:
    huge = BANNER + event("Newchannel", "CallerIDName: " + "x" * (1 << 20))
    for size in (len(huge), 65536, 1000):
        with pytest.raises(wire.TooLong):
            messages(in_pieces(huge, size))


def test_an_action_is_one_block_of_lines() -> None:
    assert wire.render([("Action", "Ping"), ("ActionID", "7")]) == b"Action: Ping\r\nActionID: 7\r\n\r\n"


@pytest.mark.parametrize(
    "poison", ["\r", "\n", "\r\n\r\nAction: Command\r\nCommand: core stop now", "\0", "\x1b", "\x7f"]
)
def test_row_79_l9_cr_lf_nul_in_a_value_are_refused(poison: str) -> None:
    with pytest.raises(wire.Unsendable, match="Reason"):
        wire.render([("Action", "QueuePause"), ("Reason", f"lunch{poison}x")])


@pytest.mark.parametrize(
    ("value", "fits"), [("x" * 992, True), ("x" * 993, False), ("饭" * 330, True), ("饭" * 331, False)]
)
def test_row_80_lines_over_1000_bytes_are_refused(value: str, *, fits: bool) -> None:
    headers = [("Reason", value)]
    if fits:
        assert wire.render(headers).endswith(b"\r\n\r\n")
    else:
        with pytest.raises(wire.Unsendable, match="1000"):
            wire.render(headers)


def test_more_headers_than_asterisk_takes_are_refused() -> None:
    with pytest.raises(wire.Unsendable, match="121"):
        wire.render([("Variable", "a=1")] * 121)
