"""``ccore lists``, ``campaigns``, ``donotcall`` and ``consent`` as operators and supervisors use them."""

import asyncio
import csv
import os
import re
import signal
import sys
from pathlib import Path

import asyncpg
import pytest

from ccore import config
from ccore.db.pool import Database
from ccore.dialer.lists.contacts import Lists, Sought
from ccore.dialer.lists.uploading import FORSAKEN_AFTER
from ccore.errors import CcoreError, FaultsFound
from tests.support.commands import Run, running
from tests.support.contact_files import as_csv, as_xlsx, number
from tests.support.operators import working_copy
from tests.support.waiting import until

WANG = "+8613800138000"


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    working_copy(tmp_path)
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_a_file_is_uploaded_and_its_report_read(ccore: Run, tmp_path: Path) -> None:
    assert await ccore("lists", "list") == (0, ["there is no list yet: ccore lists upload FILE --list NAME"])
    file = tmp_path / "客户.csv"
    file.write_bytes(as_csv([("13800138000", "王伟", 3, "7"), ("138", "=x", "", "")], "gb18030"))
    code, lines = await ccore("lists", "upload", str(file), "--list=spring", "--dry-run")
    assert code == 0
    assert lines[0].endswith("into spring: done (a dry run: nothing was taken)")
    code, lines = await ccore("lists", "upload", str(file), "--list=spring", "--column=left=balance")
    assert (code, lines[1]) == (0, "  2 rows, 1 new, 0 updated, 0 duplicate, 1 bad")
    assert '"fields": {"left": "balance"}' in lines[2]
    assert lines[3].startswith("  row 3, 手机号: '138': no line can have this number; mend it")
    assert file.exists()
    assert await ccore("lists", "list") == (0, ["spring  1 open, 1 due, 0 claimed, 0 done, 0 removed"])
    upload = (await ccore("lists", "uploads"))[1][1].split()[1]
    assert (await ccore("lists", "report", upload, "--file", str(tmp_path / "report.csv")))[0] == 0
    [_, said] = csv.reader((tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines())
    assert said[:4] == ["3", "手机号", "138", "no"]
    code, (found,) = await ccore("lists", "contacts", "--number=138 0013 8000")
    contact = found.split()[0]
    assert "spring  +8613800138000  王伟  open, due " in found
    assert (await ccore("lists", "remove", contact))[0] == 0
    assert (await ccore("lists", "remove", contact))[0] == 1
    assert (await ccore("lists", "reopen", contact))[0] == 0
    assert await ccore("lists", "again", "spring") == (0, ["0 contacts of spring are called again"])
    assert (await ccore("lists", "erase", "13800138000"))[1][0].startswith("+8613800138000 was in 1 lists")
    assert (await ccore("lists", "contacts", "--list=spring")) == (0, ["no such contact"])
    assert await ccore("lists", "delete", "spring") == (
        0,
        ["spring is deleted, and 0 of its contacts are not called any more"],
    )
    with pytest.raises(CcoreError, match="there is no list spring"):
        await ccore("lists", "delete", "spring")


async def test_a_file_that_is_no_list_is_refused(ccore: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("name,city\nLi,X\n", encoding="utf-8")
    code, lines = await ccore("lists", "upload", str(file), "--list=spring")
    assert (code, lines[0].rpartition(" ")[2]) == (1, "refused")
    assert "no column looks like telephone numbers" in lines[1]
    for arguments, says in (
        (["no-such-file", "--list=spring"], "is no file"),
        ([str(file), "--list=spring", "--column=number"], "write WHAT=HEADING"),
        ([str(file), "--list=spring", "--column=Left=x"], "should match pattern"),
    ):
        with pytest.raises(CcoreError, match=says):
            await ccore("lists", "upload", *arguments)


async def test_a_killed_upload_counts_for_nothing(database: Database, dsn: str, tmp_path: Path) -> None:
    """kill -9 of the command in its last statement: nobody has been put into the list, and it can be sent again."""
    working_copy(tmp_path)
    file = tmp_path / "x.csv"
    file.write_bytes(as_csv([(number(at), "", "", "") for at in range(1000)]))
    command = (sys.executable, "-m", "ccore", "--config", "ccore.toml", "lists", "upload", "x.csv", "--list=spring")
    environment = {**os.environ, "CCORE_DATABASE_DSN": dsn}
    holder = await asyncpg.connect(dsn)
    async with holder.transaction():
        await holder.execute("LOCK TABLE contacts IN EXCLUSIVE MODE")
        process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment)

        async def stores() -> bool:
            return bool(await holder.fetchval("SELECT state = 'storing' FROM list_uploads"))

        await until(stores, 60)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await Lists(database).search(Sought(list="spring"), 10) == []
    await holder.execute("UPDATE list_uploads SET seen_at = seen_at - interval '3 min'")
    assert await database.fetch_value("contacts.forsaken_uploads", FORSAKEN_AFTER) == 1
    assert await holder.fetchval("SELECT count(*) FROM upload_rows") == 0
    assert await holder.fetchval("SELECT state FROM list_uploads") == "failed"
    await holder.close()


async def test_campaigns_are_started_drained_and_stopped(ccore: Run, tmp_path: Path, dsn: str) -> None:
    assert await ccore("campaigns", "list") == (
        0,
        ["spring  stopped  progressive  0 open, 0 due, 0 done  春季套餐回访"],
    )
    file = tmp_path / "dialplan/campaigns/spring.toml"
    good = file.read_text(encoding="utf-8")
    for line, says in (("trunks = []", "names no trunk"), ("ends = 2026-01-31\ntrunks = ['far-end']", "has ended on")):
        file.write_text(re.sub(r"^trunks = .*$", line, good, flags=re.MULTILINE), encoding="utf-8")
        with pytest.raises(CcoreError, match=says):
            await ccore("campaigns", "start", "spring")
    file.write_text(good, encoding="utf-8")
    heard: list[str] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener("ccore_campaigns", lambda *said: heard.append(said[-1]))
    assert await ccore("campaigns", "drain", "spring") == (1, ["spring does not run"])
    assert await ccore("campaigns", "stop", "spring") == (1, ["spring does not run"])
    assert await ccore("campaigns", "start", "spring", "--reason=monday") == (0, ["spring runs"])
    assert await ccore("campaigns", "start", "spring") == (1, ["spring runs already"])
    assert await ccore("campaigns", "drain", "spring") == (0, ["spring has no new calls"])
    assert await ccore("campaigns", "stop", "spring", "--reason=complaints") == (0, ["spring is stopped"])
    await until(lambda: len(heard) == 3)
    assert set(heard) == {"spring"}
    row = await listener.fetchrow("SELECT state, epoch, reason FROM campaigns")
    assert row is not None
    assert tuple(row) == ("stopped", 3, "complaints")
    said = await listener.fetch("SELECT action, detail->>'reason' AS why FROM audit ORDER BY audit_id")
    assert [tuple(each) for each in said] == [
        ("campaign-started", "monday"), ("campaign-drained", ""), ("campaign-stopped", "complaints"),
    ]  # fmt: skip
    await listener.close()
    _, lines = await ccore("campaigns", "status", "spring")
    assert lines[0].endswith(": complaints")
    assert any("has stopped it on" in line and "complaints" in line for line in lines)
    assert "nobody is called: there is no list spring: ccore lists upload" in lines
    for action in ("status", "start"):
        with pytest.raises(CcoreError, match="there is no campaign summer"):
            await ccore("campaigns", action, "summer")


async def test_numbers_and_beginnings_that_are_not_called(ccore: Run, tmp_path: Path) -> None:
    file = tmp_path / "dnc.xlsx"
    file.write_bytes(as_xlsx([("王", 13800138000), ("李", "+85291234567"), ("赵", "4008123456")], ("姓名", "手机号")))
    assert await ccore("donotcall", "import", str(file), "--source=regulator") == (0, ["3 of 3 numbers are new"])
    assert (await ccore("donotcall", "import", str(file)))[1] == ["0 of 3 numbers are new"]
    assert (await ccore("donotcall", "prefix", "+86 138", "--reason=test")) == (
        0, ["numbers that begin with +86138 are not to be called"],
    )  # fmt: skip
    assert (await ccore("donotcall", "prefix", "+86138"))[0] == 1
    code, lines = await ccore("donotcall", "why", "13800138000")
    assert (code, len(lines)) == (1, 2)
    assert lines[0].startswith("+86138 is not to be called since ")
    assert ", from regulator: " in lines[1]
    _, lines = await ccore("donotcall", "list", "--source=regulator")
    assert [line.split()[0] for line in lines] == ["+85291234567", "+8613800138000", "+864008123456"]
    code, lines = await ccore("donotcall", "remove", "13800138000")
    assert (code, lines[1]) == (1, "but numbers that begin with +86138 are not to be called: test")
    assert (await ccore("donotcall", "prefix", "+86138", "--remove"))[0] == 0
    assert await ccore("donotcall", "why", "13800138000") == (0, ["+8613800138000 may be called"])
    with pytest.raises(CcoreError, match="digits with the country code"):
        await ccore("donotcall", "prefix", "138")


async def test_consents(ccore: Run, tmp_path: Path) -> None:
    assert await ccore("consent", "show", WANG) == (0, ["nothing"])
    given = ("consent", "add", WANG, "--purpose=plans", "--evidence=contract 7", "--at=2026-01-05")
    assert await ccore(*given) == (0, [f"{WANG} may be called for plans"])
    assert (await ccore(*given))[0] == 1
    assert await ccore("consent", "show", WANG) == (0, ["plans  since 2026-01-05  contract 7"])
    assert await ccore("consent", "withdraw", WANG, "--purpose=other") == (1, ["0 consents are withdrawn"])
    assert await ccore("consent", "withdraw", WANG) == (0, ["1 consents are withdrawn"])
    assert "WITHDRAWN" in (await ccore("consent", "show", WANG))[1][0]
    file = tmp_path / "consents.csv"
    file.write_text(f"号码,时间,凭证\n{WANG},2026-02-01,web form 9\n{number(1)},2026-02-01 10:00,x\n", encoding="utf-8")
    assert await ccore("consent", "import", str(file), "--purpose=plans") == (0, ["2 of 2 consents are new"])
    assert len((await ccore("consent", "show", WANG))[1]) == 2
    file.write_text(f"号码,时间,凭证\n{WANG},soon,x\n138,2026-01-01,x\n", encoding="utf-8")
    with pytest.raises(FaultsFound, match=r"csv:2 CONSENT[^\n]*\n[^\n]*csv:3 CONSENT"):
        await ccore("consent", "import", str(file), "--purpose=plans")
