"""``ccore people`` and ``ccore audit`` as an admin uses them."""

import io
from pathlib import Path

import asyncpg
import pytest

from ccore import config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.people import audit
from ccore.people.model import Role
from ccore.people.service import People
from tests.support.commands import Run, running


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    (tmp_path / "ccore.toml").write_text("", encoding="utf-8")
    settings = config.load(tmp_path / "ccore.toml")
    return running(settings, capsys)


async def test_somebody_is_let_in_and_out_again(
    ccore: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ccore("people", "list"))[1] == ["nobody is let in yet: ccore people add LOGIN --name … --role …"]
    assert (await ccore("people", "add", "anna", "--name", "安娜", "--role", "supervisor", "--agent", "1001"))[0] == 0
    with pytest.raises(CcoreError, match="there is a anna already"):
        await ccore("people", "add", "anna", "--name", "x", "--role", "agent")
    with pytest.raises(CcoreError, match="366 days at most"):
        await ccore("people", "token", "anna", "--days", "1000")
    _, (token,) = await ccore("people", "token", "anna", "--days", "7", "--note", "wallboard")
    person = await People(database).of_token(token)
    assert person is not None
    assert (person.login, person.role, person.agent) == ("anna", Role.SUPERVISOR, "1001")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert (await ccore("people", "password", "anna"))[0] == 0
    _, lines = await ccore("people", "list")
    assert lines[0] == "anna  supervisor  安娜  agent 1001  has a password"
    assert lines[1].startswith("token 1  anna  until ")
    assert lines[1].endswith("wallboard")
    assert await ccore("people", "revoke", "anna") == (0, ["1 tokens of anna ended"])
    assert (await ccore("people", "revoke", "anna"))[0] == 1
    assert await People(database).of_token(token) is None
    assert (await ccore("people", "role", "anna", "admin"))[0] == 0
    assert (await ccore("people", "disable", "anna"))[1] == ["anna is let in no more"]
    with pytest.raises(CcoreError, match="disabled"):
        await ccore("people", "token", "anna")
    assert (await ccore("people", "enable", "anna"))[0] == 0
    with pytest.raises(CcoreError, match="there is no berta"):
        await ccore("people", "disable", "berta")
    _, entries = await ccore("audit", "list", "--subject", "person:anna")
    told = "person-enabled person-disabled person-role-set token-revoked person-password-set token-made person-added"
    assert [line.split()[4] for line in entries] == told.split()


async def test_the_audit_is_listed_and_looked_at(ccore: Run, database: Database, dsn: str) -> None:
    assert (await ccore("audit", "list"))[1] == ["there is nothing"]
    for number in range(3):
        await audit.note(database, "anna", "listened", f"call:{number}", {"seconds": 2})
    await audit.note(database, "berta", "caller-moved", "call:1")
    _, head = await audit.seal(database)
    _, lines = await ccore("audit", "list", "--who", "anna", "--what", "listened", "--days", "1", "--most", "2")
    assert [line.split("  ")[-1] for line in lines] == ['{"seconds": 2}'] * 2
    code, lines = await ccore("audit", "verify", "--head", head)
    assert (code, lines) == (0, ["nothing was changed", f"4 entries are sealed; the last seal is {head}"])
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER TABLE audit DISABLE TRIGGER append_only")
    await connection.execute("UPDATE audit SET actor = 'berta' WHERE subject = 'call:2'")
    await connection.close()
    code, lines = await ccore("audit", "verify")
    assert (code, lines[0]) == (1, "entry 3 is not as it was sealed")
