"""Files of contacts as people, spreadsheets and attackers make them: what is read, and what is said of the rest."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore import sheets
from ccore.dialer.lists.sheet_columns import letters, places
from ccore.dialer.lists.sheet_model import BAD, DUPLICATE, SAID, Columns, Row, Said, Wanted, What
from ccore.dialer.lists.sheet_reading import order
from ccore.dialer.lists.sheet_reading import read as read_file
from ccore.dialer.lists.sheet_report import heading, lines
from ccore.dialer.lists.sheet_rows import Known, known_number, read_row
from ccore.sheets import NoSheet, opened
from tests.support.contact_files import SITE, as_csv, as_xlsx

HEADINGS = ("手机号", "姓名", "优先级", "not_before", "工号", "balance", "备注")
PLACES = places(HEADINGS, Columns())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13812345678", "+8613812345678"),
        (" 138 1234 5678 ", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("(+86)13812345678", "+8613812345678"),
        ("008613812345678", "+8613812345678"),
        ("13812345678.0", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("'13812345678", "+8613812345678"),
        ("'+8613812345678", "+8613812345678"),
        ("020—88886666", "+862088886666"),
        ("(010) 6552 9988", "+861065529988"),
    ],
)
def test_numbers_as_people_write_them(text: str, number: str) -> None:
    assert known_number(text, SITE, abroad=False) == Known(number, "Asia/Shanghai", "CN")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", What.NO_NUMBER),
        ("  ", What.NO_NUMBER),
        ("1.38E+10", What.ROUNDED),
        ("1.38123E10", What.ROUNDED),
        ("1381234567", What.NOT_A_NUMBER),
        ("138123456789", What.NOT_A_NUMBER),
        ("88886666", What.NOT_A_NUMBER),
        ("anonymous", What.NOT_A_NUMBER),
        ("13812345678;13912345678", What.NOT_A_NUMBER),
        ("13812345678 转 12", What.NOT_A_NUMBER),
        ("=cmd|' /C calc'!A0", What.NOT_A_NUMBER),
        ("12345678901234567890123", What.NOT_A_NUMBER),
        ("4008123456", What.NOT_A_SUBSCRIBER),
        ("01010086", What.NOT_A_SUBSCRIBER),
        ("2001", What.INTERNAL),
        ("+85291234567", What.ABROAD),
        ("+12125550123", What.ABROAD),
    ],
)
def test_what_is_no_number_to_call(text: str, what: What) -> None:
    assert known_number(text, SITE, abroad=False) == what


def test_other_countries_when_they_are_allowed() -> None:
    assert known_number("+1 (604) 555-0123", SITE, abroad=True) == Known("+16045550123", "America/Vancouver", "CA")
    assert known_number("+44 7911 123456", SITE, abroad=True) == Known("+447911123456", "Europe/London", "GG")
    assert known_number("+1 900 555 0123", SITE, abroad=True) is What.NOT_A_SUBSCRIBER  # it costs a fortune


def test_a_row_is_a_contact() -> None:
    cells = ("13812345678", " 王伟 ", "9", "2026-12-01 09:30", "1003", "12.50", "x")
    assert read_row(7, cells, PLACES, Wanted(), SITE) == Row(
        7, "+8613812345678", "Asia/Shanghai", "CN", "王伟", {"balance": "12.50"}, 9,
        datetime(2026, 12, 1, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai")), "1003",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-01", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026/12/1", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026/12/1 9:05", datetime(2026, 12, 1, 1, 5, tzinfo=UTC)),
        ("2026年12月1日", datetime(2026, 11, 30, 16, tzinfo=UTC)),
        ("2026-12-01T09:00:00+00:00", datetime(2026, 12, 1, 9, tzinfo=UTC)),
    ],
)
def test_times(text: str, at: datetime) -> None:
    row = read_row(2, ("13812345678", "", "", text), PLACES, Wanted(), SITE)
    assert isinstance(row, Row)
    assert row.not_before == at


def test_everything_wrong_with_a_row_is_said_at_once() -> None:
    cells = ("138", "x" * 1001, "10", "soon", "anna", "a\0b", "", "one more", "")
    said = read_row(3, cells, PLACES, Wanted(), SITE)
    assert isinstance(said, list)
    assert [(each.what, each.col) for each in said] == [
        (What.MORE_CELLS, ""),
        (What.NOT_A_NUMBER, "手机号"),
        (What.TOO_LONG, "姓名"),
        (What.NO_TEXT, "balance"),
        (What.BAD_PRIORITY, "优先级"),
        (What.BAD_TIME, "not_before"),
        (What.BAD_AGENT, "工号"),
    ]
    assert said[0].shown == "one more"
    assert said[2].shown == "x" * 60
    assert said[3].shown == "a\N{REPLACEMENT CHARACTER}b"


def test_what_is_not_said_of_a_row_is_what_was_asked_for() -> None:
    row = read_row(2, ("13812345678",), PLACES, Wanted(priority=4), SITE)
    assert isinstance(row, Row)
    assert (row.priority, row.name, row.not_before, row.agent, row.fields) == (4, "", None, None, {})


def test_columns_are_known_by_their_headings() -> None:
    assert PLACES.as_data() == {
        "number": "手机号", "name": "姓名", "priority": "优先级", "not_before": "not_before", "agent": "工号",
        "fields": {"balance": "balance"}, "left_out": ["备注"],
    }  # fmt: skip
    found = places(["Customer Name", "Due Date", "Phone-Number", "Mobile"], Columns())
    assert (found.number, found.name, dict(found.fields)) == (2, 0, {"due_date": 1, "mobile": 3})


def test_columns_are_as_their_sender_says() -> None:
    wanted = Columns(number="备注", fields={"remark": "姓名"})
    found = places(HEADINGS, wanted)
    assert (found.number, found.name, dict(found.fields)) == (6, 1, {"remark": 1})
    assert places(letters(28), Columns(number="AB")).number == 27


@pytest.mark.parametrize(
    ("headings", "wanted", "says"),
    [
        (("a", "b"), Columns(), "找不到号码列"),
        (("手机号", "b"), Columns(name="c"), "there is no column 'c'"),
        (("手机号", "b", "b"), Columns(fields={"b": "b"}), "two columns are called 'b'"),
    ],
)
def test_columns_that_cannot_be_found(headings: tuple[str, ...], wanted: Columns, says: str) -> None:
    with pytest.raises(NoSheet, match=says):
        places(headings, wanted)


ROWS = [("13812345678", "王伟", 1, "一"), ("13912345678", 'O\'Neil, "J"\nline', "", "")]
READ = [[*map(str, each)] for each in (("手机号", "姓名", "优先级", "balance"), *ROWS)]


def read(path: Path, content: bytes, **wanted: Any) -> tuple[str, list[list[Any]]]:
    path.write_bytes(content)
    with opened(path, Wanted.model_validate(wanted)) as sheet:
        return sheet.encoding, [list(cells) for _, cells in sheet.rows]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030"),
        ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"),
    ],
)  # fmt: skip
def test_encodings_are_found(tmp_path: Path, encoding: str, found: str) -> None:
    assert read(tmp_path / "x", as_csv(ROWS, encoding)) == (found, READ)


def test_an_encoding_may_be_named(tmp_path: Path) -> None:
    content = "電話,姓名\n13812345678,陳大文\n".encode("big5")
    assert read(tmp_path / "x", content, encoding="big5")[1][1] == ["13812345678", "陳大文"]
    with pytest.raises(NoSheet, match="is not in utf-8"):
        read(tmp_path / "x", content, encoding="utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(tmp_path: Path, separator: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(READ)
    assert read(tmp_path / "x", file.getvalue().encode())[1] == READ
    assert read(tmp_path / "x", f"sep={separator}\r\n{file.getvalue()}".encode())[1] == READ


def test_old_macintosh_files(tmp_path: Path) -> None:
    assert read(tmp_path / "x", b"phone,name\r13812345678,Li\r")[1] == [["phone", "name"], ["13812345678", "Li"]]


def test_workbooks(tmp_path: Path) -> None:
    rows = [(13812345678, "王伟", 9, date(2026, 12, 1)), (13912345678.0, None, None, None), ()]
    encoding, cells = read(tmp_path / "x", as_xlsx(rows, ("手机号", "姓名", "优先级", "not_before")))
    assert encoding == "xlsx"
    found = places(cells[0], Columns())
    contacts = [read_row(row, each, found, Wanted(), SITE) for row, each in enumerate(cells[1:3], 2)]
    assert [(each.number, each.name, each.priority) for each in contacts if isinstance(each, Row)] == [
        ("+8613812345678", "王伟", 9),
        ("+8613912345678", "", 0),
    ]
    assert isinstance(contacts[0], Row)
    assert contacts[0].not_before == datetime(2026, 11, 30, 16, tzinfo=UTC)
    with pytest.raises(NoSheet, match=r"there is no sheet 'y'.*客户"):
        read(tmp_path / "x", as_xlsx(rows), sheet="y")


def packed(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def changed(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with one of its parts forged."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    return packed({**parts, part: parts[part].replace(old, new, 1)})


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b"<!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 12)
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n,,\n", "the file is empty"),
        (b"\xd0\xcf\x11\xe0" + bytes(500), "old or encrypted workbook"),
        (b"PK\x03\x04 nothing", "the workbook is broken"),
        (packed({"hello.txt": b"hello"}), "no workbook that can be read"),
        (packed({"xl/worksheets/sheet1.xml": bytes(100 << 20)}), "would be 100 MB unpacked"),
        (changed(as_xlsx(ROWS), SHEET, b"<sheetData>", ENTITIES + b"]><sheetData>"), "cannot be read|no workbook"),
        (changed(as_xlsx(ROWS), SHEET, b"<sheetData>", b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>'),
         "no workbook that can be read"),
        (changed(as_xlsx(ROWS), SHEET, b'r="3"', b'r="99999999999"'), "more than 1000 rows"),
        ("手机号,姓名\n13812345678,王\n".encode("gb18030") + b"\xff\xff\n", "neither|is not in utf-8 / gb18030"),
        (b'phone,name\n13812345678,"Li\n' + b"13812345678,x\n" * 400_000, "row 2 has a quotation mark"),
        (b"phone," + b"x" * (5 << 20), "a line has more than 4 MB"),
        (b"phone" + b"," * 600 + b"\n1\n", "more than 500 columns"),
        (b"name,city\nLi,X\n", "no column looks like telephone numbers"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_list_is_refused_as_a_whole(
    tmp_path: Path, content: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 1000)
    (tmp_path / "x").write_bytes(content)
    *_, last = process(tmp_path / "x")
    assert "refused" in last, last
    with pytest.raises(NoSheet, match=says):
        raise NoSheet(last["refused"])


def process(file: Path, **wanted: Any) -> list[dict[str, Any]]:
    """What the process that reads a file would say."""
    told = json.loads(order(1, file, Wanted.model_validate(wanted), SITE))
    out, said = io.BytesIO(), []
    read_file(out, told)
    out.seek(0)
    while line := out.readline():
        said.append(json.loads(line))
        said[-1]["lines"] = out.read(said[-1].get("bytes", 0)).decode().splitlines()
    return said


def test_hostile_cells_are_their_own_rows_matter(tmp_path: Path) -> None:
    rows = [("13812345678", "NUL\0"), ("13812345679", "x" * (1 << 20)), ("=1+1", "=cmd"), ("13812345670", "=cmd\\N\t")]
    (tmp_path / "x").write_bytes(as_csv(rows, heading=("手机号", "姓名")))
    head, good, bad, over = process(tmp_path / "x")
    assert head["head"]["encoding"] == "utf-8"
    assert [line.split("\t")[1:] for line in good["lines"]] == [
        ["5", "+8613812345670", "Asia/Shanghai", "CN", "=cmd\\\\N", "{}", "0", "\\N", "\\N", "{}"]
    ]
    assert [line.split("\t")[1:4] for line in bad["lines"]] == [
        ["2", "姓名", "no-text"], ["3", "姓名", "too-long"], ["4", "手机号", "not-a-number"],
    ]  # fmt: skip
    assert over["over"] == 4


def test_the_report_is_no_formula_and_says_what_to_do() -> None:
    said = [Said(7, What.NOT_A_NUMBER, "=手机号", "=cmd|' /C calc'!A0"), Said(9, What.BARRED, "", "-1")]
    content = heading() + lines((each.row, each.col, each.what, each.shown) for each in said)
    assert content.startswith(b"\xef\xbb\xbf")
    head, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert head[:6] == ["row", "column", "cell", "loaded", "what", "what to do"]
    assert first[:4] == ["7", "'=手机号", "'=cmd|' /C calc'!A0", "no"]
    assert "mend it" in first[5]
    assert second[:4] == ["9", "", "'-1", "yes"]


def test_there_are_words_for_everything_that_is_said() -> None:
    assert set(SAID) == set(What)
    assert all(len(words) == 4 and all(words) for words in SAID.values())
    assert not BAD & DUPLICATE
