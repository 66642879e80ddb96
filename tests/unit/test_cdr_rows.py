"""Asterisk's files are taken apart right, however they are cut and whatever a caller sent."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.cdr.rows import CDR, CEL, CdrRow, CelRow, Log, read
from tests.support.asterisk_logs import NAMES, MadeUpCall, quoted, recorded_bytes

CALL = MadeUpCall(1)
NEXT = MadeUpCall(2)
TIME = "1795332928.495918"

# What a caller can put into a field, and more: any text, with the characters that matter often.
hostile = st.text(
    st.one_of(st.sampled_from('",\n\r\\=node1'), st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)


def cel(*free: str, name: str = "") -> bytes:
    """A CEL line with ``free`` in the fields that callers have a hand in."""
    texts = [*free, *[""] * 5][:5]
    return quoted(
        ["node1", "ANSWER", TIME, name, *texts, "from-trunk", "PJSIP/trunk-1", "", "", "3", "", "u1", "l1", "", "", ""]
    )


def cdr_fields(**changes: str) -> list[str]:
    """The fields of a CDR line, some changed."""
    fields = next(csv.reader(io.StringIO(CALL.cdr.decode())))
    places = {"node": 0, "uniqueid": 1, "sequence": 3, "start": 13, "answer": 14, "end": 15, "duration": 16}
    for name, value in changes.items():
        fields[places[name]] = value
    return fields


@pytest.mark.parametrize("log", [CDR, CEL], ids=["cdr", "cel"])
@pytest.mark.parametrize("name", NAMES)
def test_what_asterisk_wrote_is_read_field_by_field(name: str, log: Log) -> None:
    data = recorded_bytes(name, log.name)
    reading = read(log, data)
    assert (reading.rejects, reading.consumed) == ([], len(data))
    expected = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert len(reading.rows) == len(expected)
    for row, fields in zip(reading.rows, expected, strict=True):
        assert {value for value in row if isinstance(value, str)} <= set(fields)
        assert row.node == "node1"


def test_a_cdr_row_means_what_asterisk_meant() -> None:
    [row] = read(CDR, recorded_bytes("order", "cdr")).rows
    assert isinstance(row, CdrRow)
    assert (row.src, row.dst, row.clid) == ("13800138000", "1008610001", '"张三" <13800138000>')
    assert (row.disposition, row.sequence, row.clock_suspect, row.mended) == ("ANSWERED", 3, False, None)
    assert row.started_at == datetime(2026, 11, 22, 7, 47, 54, 271806, tzinfo=UTC)
    assert (row.duration_ms, row.billed_ms) == (1702, 1501)


def test_a_call_nobody_answered_has_no_time_of_answer() -> None:
    [row, epilogue] = read(CDR, recorded_bytes("unanswered", "cdr")).rows
    assert isinstance(row, CdrRow)
    assert isinstance(epilogue, CdrRow)
    assert (row.answered_at, row.billed_ms, row.duration_ms) == (None, 0, 2002)
    assert (row.disposition, epilogue.disposition) == ("NO ANSWER", "FAILED")


@pytest.mark.parametrize("name", ["hostile", "order", "two_phones"])
@pytest.mark.parametrize("log", [CDR, CEL], ids=["cdr", "cel"])
def test_a_row_is_waited_for_wherever_its_file_ends(name: str, log: Log) -> None:
    data = recorded_bytes(name, log.name)
    all_rows = read(log, data).rows
    for cut in range(len(data)):
        before = read(log, data[:cut])
        after = read(log, data[before.consumed :])
        assert before.rejects + after.rejects == [], cut
        assert before.rows + after.rows == all_rows, cut


@given(st.lists(st.tuples(hostile, hostile, hostile), min_size=1, max_size=5), st.integers(0, 10_000))
def test_no_text_of_a_caller_breaks_out_of_its_field(texts: list[tuple[str, str, str]], cut: int) -> None:
    data = b"".join(cel(*text[1:], name=text[0]) for text in texts)
    cut %= len(data) + 1
    before = read(CEL, data[:cut])
    after = read(CEL, data[before.consumed :])
    rows = [row for row in before.rows + after.rows if isinstance(row, CelRow)]
    assert before.rejects + after.rejects == []
    assert [(row.cid_name, row.cid_num, row.cid_ani) for row in rows] == texts


def test_a_row_forged_inside_a_field_stays_text() -> None:
    forged = "x\n" + cel(name="forged").decode() + '\n"node1","'
    reading = read(CEL, cel(name=forged) + CALL.cel)
    assert [row.linkedid for row in reading.rows] == ["l1"] + [CALL.linkedid] * 5
    assert isinstance(reading.rows[0], CelRow)
    assert reading.rows[0].cid_name == forged


@pytest.mark.parametrize("kept", [*range(1, 40), *range(40, len(CALL.cdr) - 1, 7)])
def test_a_row_cut_off_by_a_kill_costs_no_other(kept: int) -> None:
    """The next row begins in the same line, and leaves the reader not one quote out of step."""
    reading = read(CDR, CALL.cdr[:kept] + NEXT.cdr + MadeUpCall(3).cdr)
    assert [row.linkedid for row in reading.rows] == [NEXT.linkedid, MadeUpCall(3).linkedid]
    assert [reject.raw for reject in reading.rejects] == [CALL.cdr[:kept]]
    assert reading.rejects[0].reason


def test_a_row_cut_off_is_known_before_the_next_but_one_comes() -> None:
    half = CALL.cdr[: len(CALL.cdr) // 2]
    reading = read(CDR, half + NEXT.cdr)
    assert [row.linkedid for row in reading.rows] == [NEXT.linkedid]
    assert reading.spans == [(len(half), len(half + NEXT.cdr))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Segmentation fault\n", "quote"),
        (b"\n", "quote"),
        (b'"\n', "quote"),
        (b'"node1","u","l"\n', "3 fields"),
        (b'"node1","a"b","l"\n', "CSV"),
        (quoted(cdr_fields(node="")), "empty"),
        (quoted(cdr_fields(uniqueid="")), "empty"),
        (quoted(cdr_fields(uniqueid="9" * 201)), "too long"),
        (quoted(cdr_fields(sequence="")), "sequence"),
        (quoted(cdr_fields(sequence="-1")), "sequence"),
        (quoted(cdr_fields(sequence="٣")), "sequence"),
        (quoted(cdr_fields(sequence="9" * 19)), "sequence"),
        (quoted(cdr_fields(sequence="9" * 5000)), "sequence"),
        (quoted(cdr_fields(start="")), "time"),
        (quoted(cdr_fields(start="2026-11-22 07:00:00")), "time"),
        (quoted(cdr_fields(start="1795332928.4959")), "time"),
        (quoted(cdr_fields(end="99999999999.000000")), "time"),
        (quoted(cdr_fields(end="9" * 6000 + ".000000")), "time"),
        (quoted(cdr_fields(answer="-1795332928.495918")), "time"),
    ],
)
def test_what_is_no_row_is_handed_back_with_the_reason(line: bytes, reason: str) -> None:
    reading = read(CDR, CALL.cdr + line + NEXT.cdr)
    assert [row.linkedid for row in reading.rows] == [CALL.linkedid, NEXT.linkedid]
    [reject] = reading.rejects
    assert (reject.raw, reject.at) == (line, len(CALL.cdr))
    assert reason in reject.reason


def test_the_last_half_row_of_a_finished_file_is_handed_back() -> None:
    data = CALL.cdr + NEXT.cdr[:50]
    assert read(CDR, data).consumed == len(CALL.cdr)
    reading = read(CDR, data, whole=True)
    assert reading.consumed == len(data)
    assert [(reject.raw, reject.reason) for reject in reading.rejects] == [(NEXT.cdr[:50], "the row has no end")]


@pytest.mark.parametrize(
    ("name", "seen", "note"),
    [
        (b"\xd5\xc5\xc8\xfd", "����", "UTF-8"),
        (b"a\0b", "ab", "NUL"),
        (b"\0\xff", "�", "UTF-8"),
    ],
)
def test_bytes_postgresql_cannot_hold_are_replaced_and_noted(name: bytes, seen: str, note: str) -> None:
    [row] = read(CEL, cel(name="NAME").replace(b"NAME", name)).rows
    assert isinstance(row, CelRow)
    assert row.cid_name == seen
    assert note in (row.mended or "")


@pytest.mark.parametrize(
    "changes",
    [
        {"end": "1795309100.000000"},
        {"answer": "1795399999.000000"},
        {"duration": "-3594"},
    ],
)
def test_a_clock_set_back_in_a_call_is_noted_and_nothing_lasts_less_than_no_time(changes: dict[str, str]) -> None:
    [row] = read(CDR, quoted(cdr_fields(**changes))).rows
    assert isinstance(row, CdrRow)
    assert row.clock_suspect
    assert min(row.duration_ms, row.billed_ms) >= 0


def test_two_rows_differ_in_their_digest_if_they_differ_at_all() -> None:
    one, same, other = (read(CEL, line).rows[0] for line in (cel("a"), cel("a"), cel("b")))
    assert one.digest == same.digest != other.digest
