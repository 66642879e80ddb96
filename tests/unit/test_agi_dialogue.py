"""AGI commands and answers: what is said reaches Asterisk as it was meant, what it says is read as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.agi.dialogue import (
    ANSWER_LIMIT_BYTES,
    ARGUMENTS_LIMIT,
    COMMAND_LIMIT_BYTES,
    Answer,
    BadAnswer,
    Said,
    command_line,
    parse_answer,
    read_answers,
)
from tests.wire.agi_asterisk import recording

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


def words_as_asterisk_takes_them(line: bytes) -> list[str]:
    """Asterisk's own reading of a command line (res_agi.c, parse_args): quotes group, a backslash escapes."""
    words: list[str] = []
    quoted = escaped = False
    between = True
    for letter in line.decode().removesuffix("\n"):
        if letter == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                words.append("")
                between = False
        elif letter in " \t" and not quoted and not escaped:
            between = True
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            if between:
                words.append("")
                between = False
            words[-1] += letter
        escaped = False
    return words


@given(st.lists(PLAIN, max_size=6))
def test_arguments_arrive_as_they_were_given(arguments: list[str]) -> None:
    line = command_line("SET VARIABLE", *arguments)
    assert line.count(b"\n") == 1
    assert words_as_asterisk_takes_them(line) == ["SET", "VARIABLE", *arguments]


@pytest.mark.parametrize("control", ["\n", "\r", "\0", "\t", "\x1b", "\x7f", "a\nEXEC System id"])
def test_a_control_character_is_refused(control: str) -> None:
    """L14: a line feed in a value would be a second command."""
    with pytest.raises(ValueError, match="control character"):
        command_line("SET VARIABLE", "x", 'v"' + control)


def test_a_quote_does_not_end_the_argument() -> None:
    """L14: pyst2 leaves it as it is."""
    assert command_line("SET VARIABLE", "x", 'v" "y\\') == b'SET VARIABLE "x" "v\\" \\"y\\\\"\n'


def test_the_line_is_as_long_as_asterisk_reads_and_no_longer() -> None:
    """Asterisk takes byte 8,192 for the start of another command, and its 510 for the answer to the next."""
    room = COMMAND_LIMIT_BYTES - len(b'SET VARIABLE "x" ""\n')
    assert len(command_line("SET VARIABLE", "x", "张" * (room // 3) + "a" * (room % 3))) == COMMAND_LIMIT_BYTES
    with pytest.raises(ValueError, match="longer than"):
        command_line("SET VARIABLE", "x", "a" * (room + 1))


def test_asterisk_has_room_for_so_many_arguments() -> None:
    command_line("NOOP", *["1"] * ARGUMENTS_LIMIT)
    with pytest.raises(ValueError, match="more than"):
        command_line("NOOP", *["1"] * (ARGUMENTS_LIMIT + 1))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        command_line("SET VARIABLE", "x", "\udcff")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("200 result=1", Answer(200, "1", None, "")),
        ("200 result=-1", Answer(200, "-1", None, "")),  # row 67
        ("200 result=0 endpos=3520", Answer(200, "0", None, "endpos=3520")),
        ("200 result= (timeout)", Answer(200, "", "timeout", "")),
        ("200 result=12 (timeout)", Answer(200, "12", "timeout", "")),
        ("200 result=*1#", Answer(200, "*1#", None, "")),
        ("200 result=1 ()", Answer(200, "1", "", "")),
        ("200 result=1 (a (b) c)", Answer(200, "1", "a (b) c", "")),
        ("200 result=1 (speech) endpos=0 results=0", Answer(200, "1", "speech", "endpos=0 results=0")),
        ("200 result=-1 Gosub label not found", Answer(200, "-1", None, "Gosub label not found")),
        ("100 result=0 Trying...", Answer(100, "0", None, "Trying...")),
        ("503 result=-2 Memory allocation failure", Answer(503, "-2", None, "Memory allocation failure")),
        ("510 Invalid or unknown command", Answer(510, "", None, "Invalid or unknown command")),  # row 66
        (
            "511 Command Not Permitted on a dead channel",
            Answer(511, "", None, "Command Not Permitted on a dead channel"),
        ),
        ("520 Invalid command syntax.", Answer(520, "", None, "Invalid command syntax.")),
    ],
)
def test_answers_are_taken_apart(line: str, answer: Answer) -> None:
    assert parse_answer(line) == answer


@pytest.mark.parametrize(
    "line",
    ["", "200", "2000 result=1", "result=1", "failure", "agi_rdnis: 1", "HANGUP!", "200-result=1", "２００ result=1"],
)
def test_what_is_no_answer_is_refused(line: str) -> None:
    with pytest.raises(BadAnswer):
        read_answers(line.encode() + b"\n")


def test_a_usage_text_is_one_answer() -> None:
    """Row 66: taken for three answers, it would shift all later ones."""
    said, rest = read_answers(
        b"520-Usage follows:\nSets a variable.\nHANGUP\n520 End of proper usage.\n200 result=1\n200"
    )
    assert said == [
        Answer(520, "", None, "Usage follows:\nSets a variable.\nHANGUP\n520 End of proper usage."),
        Answer(200, "1", None, ""),
    ]
    assert rest == b"200"


@pytest.mark.parametrize("start", [b"200 result=1 (", b"520-", b""])
def test_an_answer_without_end_is_refused(start: bytes) -> None:
    """Row 68."""
    with pytest.raises(BadAnswer):
        read_answers(start + b"a" * ANSWER_LIMIT_BYTES + b"b")


def test_an_answer_too_long_is_refused_even_if_it_ends() -> None:
    """Row 68."""
    with pytest.raises(BadAnswer):
        read_answers(b"200 result=1 (" + b"a" * 100_000 + b")\n")


@given(st.lists(st.integers(0, 400), max_size=8))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    """Every answer of a real session, cut anywhere."""
    spoken = [line for mark, line in recording("commands") if mark == b">"]
    stream = b"\n".join(spoken[spoken.index(b"") + 2 :]) + b"\nHANGUP\n"
    heard: list[Answer | Said] = []
    rest = b""
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        said, rest = read_answers(rest + stream[start:end])
        heard += said
    assert (heard, rest) == read_answers(stream)
    assert heard[-1] is Said.HANGUP
    assert len(heard) == 16
