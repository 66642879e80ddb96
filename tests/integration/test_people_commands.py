"""``ccore people`` and ``ccore audit`` as an admin uses them."""

import io
from pathlib import Path

import asyncpg
import pyotp
import pytest

from ccore import config
from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.people import audit
from ccore.people.model import Role
from ccore.people.service import People
from ccore.people.sign_in import Begun, Given, SignIn
from tests.support.commands import Run, running
from tests.support.console import PASSWORD
from tests.support.signing_in import VAULT, peopled


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


async def test_those_who_sell_are_let_in_and_signed_out(ccore: Run, database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    assert await ccore("people", "employees") == (
        0,
        ["1 more are let in; each has a code sent to their telephone, where they sign in"],
    )
    _, lines = await ccore("people", "list")
    assert lines[-1] == "mia  manager  Mia  has a password"
    assert "e002  employee  Eva  employee E002" in lines
    sign_in = SignIn(database, vault=VAULT)
    assert isinstance(await sign_in.begin(Given("mia", PASSWORD, "192.0.2.1")), Begun)
    assert await ccore("people", "sign-out", "mia") == (0, ["1 sessions of mia ended"])
    assert (await ccore("people", "sign-out", "mia"))[0] == 1
    with pytest.raises(CcoreError, match="no second factor"):
        await ccore("people", "second-factor", "mia")
    offered = await sign_in.offer_second_factor("mia")
    assert offered is not None
    assert await sign_in.begin_second_factor("mia", pyotp.TOTP(offered[0]).now(), 0)
    assert "mia  manager  Mia  has a password  second factor" in (await ccore("people", "list"))[1]
    assert (await ccore("people", "second-factor", "mia"))[0] == 0
    assert isinstance(await sign_in.begin(Given("mia", PASSWORD, "192.0.2.1")), Begun)
    _, (token,) = await ccore("people", "token", "mia", "--scope", "read", "--scope", "claims")
    entrance = await People(database).by_token(token)
    assert entrance is not None
    assert entrance.scopes == {"read", "claims"}


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
