"""``ccore numbers``, ``ccore volume`` and ``ccore echelons`` as supervisors use them."""

from pathlib import Path

from openpyxl import load_workbook

from tests.support.command import Home, lonely_home
from tests.support.shop import sql


async def home_with_calls(directory: Path, dsn: str) -> Home:
    """Three callers of `sales`, of whom one was answered, and two of the standby staff."""
    for number, (how, wait_ms, answered) in enumerate([("answered", 3000, True), ("abandoned", 9000, False),
                                                        ("abandoned", 1000, False)]):  # fmt: skip
        await sql(
            dsn,
            "INSERT INTO queue_calls SELECT 'node1', $1, $1, 1, 'sales', 'sales', 'zh', '', 0, '', now(), now(), $2,"
            " $3, CASE WHEN $4 THEN now() END, '1001', '', now(), CASE WHEN $4 THEN 60000 END, 0, false, 1",
            str(number), how, wait_ms, answered,
        )  # fmt: skip
    for agent in ("2001", "2002"):
        await sql(dsn, "INSERT INTO agents (agent, name, echelon, mobile, set_by) VALUES ($1, $1, 1, $2, 'test')",
                  agent, f"+861380000{agent}")  # fmt: skip
    return lonely_home(directory, dsn)


async def test_numbers_as_a_table_and_as_files(tmp_path: Path, dsn: str) -> None:
    home = await home_with_calls(tmp_path, dsn)
    shown = await home.ccore("numbers", "queues", "--interval", "day")
    assert shown.code == 0, shown.err
    head, line = shown.out.splitlines()
    assert head.split()[:4] == ["name", "from", "offered", "answered"]
    assert line.split()[0] == "sales"
    assert line.split()[3:8] == ["3", "1", "50.0", "1", "1"]
    assert (await home.ccore("numbers", "queues", "--file", str(tmp_path / "q.xlsx"))).code == 0
    sheet = load_workbook(tmp_path / "q.xlsx").active
    assert sheet is not None
    assert sheet.cell(2, 4).value == 3
    now = await home.ccore("numbers", "now")
    assert now.out.splitlines()[1].split()[:4] == ["sales", "0", "0", "50"]
    assert "agents: none" in now.out


async def test_plans_and_echelons(tmp_path: Path, dsn: str) -> None:
    home = await home_with_calls(tmp_path, dsn)
    file = tmp_path / "plan.csv"
    file.write_text("queue,weekday,hour,calls\nsales,1,9,300\nservice,1,9,100\n", encoding="utf-8")
    assert (await home.ccore("volume", "import", str(file))).out == "2 hours planned for sales, service\n"
    file.write_text("queue,weekday,hour,calls\nsales,1,9,400\nsales,1,9,500\n", encoding="utf-8")
    wrong = await home.ccore("volume", "import", str(file))
    assert (wrong.code, "plan.csv:3 VOLUME" in wrong.out + wrong.err) == (1, True)
    plans = await sql(dsn, "SELECT queue, calls FROM volume_plans ORDER BY queue")
    assert [tuple(plan) for plan in plans] == [("sales", 300), ("service", 100)]
    assert (await home.ccore("echelons", "call-up", "1", "sales")).out == "called up: 2001, 2002\n"
    listed = (await home.ccore("echelons", "list")).out.splitlines()
    assert len(listed) == 2
    assert "2001" in listed[0]
    assert listed[0].endswith("has not come")
