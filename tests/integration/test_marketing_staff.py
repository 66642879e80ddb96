"""Lists of staff on a real PostgreSQL: encodings, row reports, all or nothing, the same again, who leaves, teams."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from ccore.db.pool import Database
from ccore.marketing.model import Claimed
from ccore.marketing.pool import Refused
from ccore.marketing.staff_model import What
from ccore.people.service import People
from tests.support.marketing import Firm, product
from tests.support.shop import sql

ROWS = """工号,姓名,手机号,部门
E001,王伟,13800000001,市场部/东区
E002,李芳,13800000002,市场部/西区
E003,张娜,13800000003,客服部
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_list_in_any_encoding_becomes_people_and_a_tree(
    database: Database, dsn: str, tmp_path: Path, encoding: str
) -> None:
    firm, path = Firm(database), tmp_path / "staff.csv"
    path.write_bytes(ROWS.replace("\n", "\r\n").encode(encoding))
    taken = await firm.take(path)
    assert (taken.new, taken.departments, taken.bad) == (("E001", "E002", "E003"), 4, 0)
    assert [row["path"] for row in await firm.marketing.staff.departments()] == [
        "客服部",
        "市场部",
        "市场部/东区",
        "市场部/西区",
    ]
    audited = len(await sql(dsn, "SELECT FROM audit"))
    again = await firm.take(path)
    assert (again.new, again.changed, again.same, again.departments) == ((), (), 3, 0)
    assert len(await sql(dsn, "SELECT FROM audit")) == audited + 1, "that a list was taken in, and nothing of anybody"


async def test_a_workbook_says_the_same(database: Database, tmp_path: Path) -> None:
    firm, book = Firm(database), Workbook()
    for line in ROWS.splitlines():
        cells: list[object] = [int(cell) if cell.isdecimal() else cell for cell in line.split(",")]
        book.worksheets[0].append(cells)
    book.worksheets[0].append(["E004", "刘敏", "=1+1", "客服部"])
    book.save(tmp_path / "staff.xlsx")
    taken = await firm.take(tmp_path / "staff.xlsx")
    assert taken.new == ("E001", "E002", "E003")
    assert [(said.row, said.what) for said in taken.said] == [(5, What.MISSING)], "a formula nobody has calculated"


async def test_wrong_rows_are_told_of_and_nothing_is_taken_if_all_were_to_be_right(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    firm, path = Firm(database), tmp_path / "staff.csv"
    rows = ["E001,王伟,13800000001,市场部", "E002,李芳,1380,市场部", "E001,张娜,13800000003,市场部", ",,,"]
    taken = await firm.staff(path, rows, whole=True)
    assert (taken.done, taken.bad, taken.rows) == (False, 3, 3)
    assert [(said.row, said.what) for said in taken.said] == [
        (2, What.TWO_OWNERS), (3, What.BAD_PHONE), (4, What.TWO_OWNERS),
    ]  # fmt: skip
    assert not await sql(dsn, "SELECT FROM employees")
    assert not await sql(dsn, "SELECT FROM departments")
    taken = await firm.staff(path, [*rows, "E004,刘敏,13800000004,市场部"])
    assert (taken.done, taken.new) == (True, ("E004",))
    dry = await firm.staff(path, ["E005,陈静,13800000005,市场部"])
    path.write_text(
        f"工号,姓名,手机号,部门\nE006,杨磊,13800000006,市场部\nE007,x,{'13800000005'},市场部\n", encoding="utf-8"
    )
    dry = await firm.take(path, dry_run=True)
    assert (dry.done, dry.new, [said.what for said in dry.said]) == (False, ("E006",), [What.PHONE_TAKEN])
    assert len(await sql(dsn, "SELECT FROM employees")) == 2


async def test_changes_leaves_and_returns(database: Database, dsn: str, tmp_path: Path) -> None:
    firm, path = Firm(database), tmp_path / "staff.csv"
    heading = "工号,姓名,手机号,部门,离职日期,其他号码,家属号码"
    await firm.staff(
        path, ["E001,王伟,13800000001,市场部,,13900000001,13900000002", "E002,李芳,13800000002,市场部,,,"], heading
    )
    await firm.on_sale(product())
    for number in ("E001", "E002"):
        assert isinstance(await firm.marketing.claims.claim("20", await firm.holder(employee=number), "t"), Claimed)
    firm.clock.after(days=2)
    rows = ["E001,王伟,13800000009,市场部,2026-11-24,13900000001,", "E002,李芳,13800000002,客服部,,,"]
    taken = await firm.staff(path, rows, heading)
    assert (taken.changed, taken.left, taken.claims_ended) == (("E001", "E002"), ("E001",), 1)
    numbers = await sql(dsn, "SELECT number, kind FROM employee_numbers")
    assert [tuple(row) for row in numbers] == [("+8613900000001", "own")]
    running = await sql(dsn, "SELECT code FROM claims WHERE upper_inf(valid)")
    assert [row["code"] for row in running] == ["002"]
    assert (await firm.staff(path, rows, heading)).same == 2
    without_the_column = await firm.staff(path, ["E001,王伟,13800000009,市场部"])
    assert without_the_column.same == 1, "a list that does not tell who left brings nobody back"
    back = await firm.staff(path, ["E001,王伟,13800000009,市场部,,13900000001,"], heading)
    assert back.changed == ("E001",)
    [row] = await sql(dsn, "SELECT left_at FROM employees WHERE number = 'E001'")
    assert row["left_at"] is None


async def test_codes_of_before_there_was_ccore_have_one_owner(database: Database, tmp_path: Path) -> None:
    firm, path = Firm(database), tmp_path / "staff.csv"
    await firm.on_sale(product(), product("21"))
    heading = "工号,姓名,手机号,部门,编码"
    rows = [
        "E001,王伟,13800000001,市场部,20123;21007",
        "E002,李芳,13800000002,市场部,20124",
        "E003,张娜,13800000003,市场部,99001",
    ]
    taken = await firm.staff(path, rows, heading)
    assert (len(taken.new), taken.codes, [(said.row, said.what) for said in taken.said]) == (
        3,
        3,
        [(4, What.NO_PRODUCT)],
    )
    again = await firm.staff(path, rows[:2], heading)
    assert (again.codes, again.said, again.same) == (0, (), 2)
    other = await firm.staff(path, ["E004,刘敏,13800000004,市场部,20123"], heading)
    assert [said.what for said in other.said] == [What.CODE_TAKEN]
    twice = await firm.staff(path, ["E005,a,13800000005,b,20200", "E006,c,13800000006,b,20200"], heading)
    assert (twice.new, {said.what for said in twice.said}) == ((), {What.CODE_TWICE})


async def test_lists_at_the_same_time_come_one_after_the_other(database: Database, tmp_path: Path) -> None:
    firm = Firm(database)
    lists = [[f"E{n:03d},员工,138{n:08d},市场部" for n in range(20)] for _ in range(4)]
    taken = await asyncio.gather(*(firm.staff(tmp_path / f"{n}.csv", rows) for n, rows in enumerate(lists)))
    assert sorted(len(each.new) for each in taken) == [0, 0, 0, 20]


async def test_people_are_let_in_by_their_number_once(database: Database, dsn: str) -> None:
    firm = Firm(database)
    await firm.people(2)
    assert await firm.marketing.staff.let_in(["E001", "E002", "E009"], "admin") == (2, 2)
    assert await firm.marketing.staff.let_in(["E001", "E002"], "admin") == (0, 0)
    row = await People(database).one("e001")
    assert row is not None
    assert (row["role"], row["employee"]) == ("employee", "E001")
    texts = await sql(dsn, "SELECT recipient FROM outbox WHERE kind = 'sign-in-code' ORDER BY recipient")
    assert [row["recipient"] for row in texts] == ["+8613800000001", "+8613800000002"]


async def test_shares_hold_from_a_date_on(database: Database, dsn: str) -> None:
    firm = Firm(database)
    await firm.people(3)
    teams = firm.marketing.teams
    team = await teams.add("先锋", "E001", [("E001", 6000), ("E002", 4000)], "boss")
    assert isinstance(team, int)
    for wrong in (
        await teams.add("先锋", "E001", [("E001", 10_000)], "boss"),
        await teams.add("新", "E009", [("E001", 10_000)], "boss"),
        await teams.add("新", "E001", [("E001", 5_000), ("E009", 5_000)], "boss"),
        await teams.share(team, [("E001", 9_999)], "boss"),
        await teams.share(team, [("E001", 10_000)], "boss", firm.clock() - timedelta(seconds=1)),
        await teams.share(team + 1, [("E001", 10_000)], "boss"),
    ):
        assert isinstance(wrong, Refused)
    assert not await sql(dsn, "SELECT FROM teams WHERE name = '新'")
    starts = firm.clock() + timedelta(days=1)
    assert await teams.share(team, [("E003", 10_000)], "boss", starts) == starts
    assert isinstance(await teams.share(team, [("E001", 10_000)], "boss", starts), Refused)
    (told,) = await teams.all()
    assert [
        (datetime.fromisoformat(version["starts"]).astimezone(UTC), [share["employee"] for share in version["shares"]])
        for version in told["versions"]
    ] == [(firm.clock(), ["E001", "E002"]), (starts, ["E003"])]
    assert await teams.lead(team, "E002", "boss") is None
    assert await teams.end(team, "boss") == 0
    assert isinstance(await teams.share(team, [("E001", 10_000)], "boss"), Refused)
