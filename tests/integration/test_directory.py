"""People of an LDAP directory sign in with the password they have there, and with nothing else while it is away."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from ccore import config
from ccore.access import Access
from ccore.db.pool import Database
from ccore.errors import FaultsFound
from ccore.people import directory as module
from ccore.people.directory import Directory, DirectoryAway
from ccore.people.model import Role
from ccore.people.service import WRONG_LIMIT
from ccore.shipped import shipped
from tests.support.console import PASSWORD as OWN
from tests.support.shop import sql, value
from tests.support.signing_in import Firm, firm, peopled
from tests.support.slapd import LOCKED_FOR_EVER, PASSWORD, PEOPLE, Slapd, group, person, running

ME, NOTES, FACTOR = "/api/v1/session", "/api/v1/notes", "/api/v1/second-factor"
WRONG = (401, {"error": "the name, the password or the code is not right", "code": "wrong"})
AWAY = (503, {"error": "the directory that knows your password does not answer: try again", "code": "away"})
ALIKE = ["ivy ", "ｉｖｙ", "IVY"]  # LDAP takes them for the same
HOSTILE = [
    "*",
    "i*",
    "ivy)(uid=*",
    "*)(|(uid=*",
    "ivy\\2a",
    "iv\\79",
    "ivy\0",
    "ivy))(|(cn=*",
    "(&)",
    *ALIKE,
    "ivy,ou=people",
]


@pytest.fixture
async def slapd(tmp_path: Path) -> AsyncIterator[Slapd]:
    async with running(tmp_path / "slapd") as server:
        yield server


@pytest.fixture
async def here(database: Database, dsn: str, slapd: Slapd) -> AsyncIterator[Firm]:
    """Anna, mia, emil and ben have passwords of their own; the directory has others."""
    await peopled(database, dsn)
    async with firm(database, Access(second_factor=("admin",)), slapd.directory()) as served:
        yield served


async def came(here: Firm, name: str, password: str = PASSWORD, code: str = "") -> tuple[int, object]:
    """What somebody is told who signs in in a new browser."""
    return await here.console().sign_in(name, password, code)


async def test_somebody_of_the_directory_is_made_and_follows_their_groups(here: Firm, slapd: Slapd, dsn: str) -> None:
    browser = here.console()
    status, me = await browser.sign_in("Ivy", PASSWORD)
    assert (status, me["login"], me["name"], me["role"]) == (200, "ivy", "Ivy 张", "agent")
    assert (me["agent"], me["employee"]) == ("1007", "E002")
    assert await value(dsn, "SELECT detail ->> 'role' FROM audit WHERE actor = 'directory'") == "agent"
    assert await value(dsn, "SELECT count(*) FROM people WHERE directory AND password IS NULL") == 1
    token = await here.people.new_token("ivy", 1, "", "test")
    assert token is not None
    slapd.change(group("admins"), member=[person("ada"), person("ivy")])
    slapd.change(person("ivy"), cn="Ivy Li", telephoneNumber=[], employeeNumber="E001")
    assert (await browser.ask("GET", ME))[0] == 200, "until they sign in again"
    status, me = await here.console().sign_in("ivy", PASSWORD)
    assert (status, me["name"], me["role"], me["agent"]) == (200, "Ivy Li", "admin", "")
    assert me["employee"] == "", "E001 is emil"
    assert (await browser.ask("GET", ME))[0] == 401, "it was for another role"
    assert await here.people.of_token(token.token) is None
    assert await value(dsn, "SELECT count(*) FROM audit WHERE action = 'person-role-set' AND actor = 'directory'") == 1


async def test_who_is_not_let_in_any_more_is_out(here: Firm, slapd: Slapd, dsn: str) -> None:
    assert await came(here, "nora") == WRONG, "no group of hers has a role"
    assert await value(dsn, "SELECT count(*) FROM people WHERE login = 'nora'") == 0
    browser = here.console()
    assert (await browser.sign_in("omar", PASSWORD))[0] == 200
    assert await value(dsn, "SELECT agent FROM people WHERE login = 'omar'") is None, "1001 is ben"
    slapd.change(group("agents"), member=[person("ada")])
    assert await came(here, "omar") == WRONG
    assert (await browser.ask("GET", ME))[0] == 401
    slapd.change(group("agents"), member=[person("omar"), person("ivy")])
    assert (await came(here, "omar"))[0] == 200
    slapd.change(person("omar"), pwdAccountLockedTime=LOCKED_FOR_EVER)
    assert await came(here, "omar") == WRONG, "disabled there"
    assert await here.people.set_active("ivy", False, "test") is False
    assert (await came(here, "ivy"))[0] == 200
    assert await here.people.set_active("ivy", False, "test")
    assert await came(here, "ivy") == WRONG, "disabled here"


async def test_who_leaves_it_is_out_within_minutes_but_nobody_while_it_is_away(
    here: Firm, slapd: Slapd, dsn: str
) -> None:
    browsers = {name: here.console() for name in ("ivy", "omar")}
    for name, browser in browsers.items():
        assert (await browser.sign_in(name, PASSWORD))[0] == 200
    token = await here.people.new_token("omar", 1, "", "test")
    assert token is not None
    await here.sign_in.follow()
    assert [(await browser.ask("GET", ME))[0] for browser in browsers.values()] == [200, 200]
    slapd.remove(person("omar"))
    slapd.change(group("admins"), member=[person("ada"), person("ivy")])
    await slapd.stop()
    with pytest.raises(DirectoryAway):
        await here.sign_in.follow()
    assert (await browsers["omar"].ask("GET", ME))[0] == 200
    await slapd.start()
    await here.sign_in.follow()
    assert [(await browser.ask("GET", ME))[0] for browser in browsers.values()] == [401, 401]
    assert await here.people.of_token(token.token) is None
    assert await value(dsn, "SELECT role FROM people WHERE login = 'ivy'") == "admin"
    assert (await came(here, "anna", OWN))[0] == 200
    await here.sign_in.follow()
    assert await value(dsn, "SELECT count(*) FROM sessions WHERE ended_at IS NULL") == 1, "anna is none of it"


async def test_a_wrong_password_is_wrong_and_locks_out_by_any_spelling(here: Firm) -> None:
    for number in range(WRONG_LIMIT):
        assert await came(here, ("ivy", "IVY", "Ivy")[number % 3], "wrong wrong wrong") == WRONG
    assert (await came(here, "ivy"))[0] == 429
    assert (await came(here, "omar"))[0] == 429, "the same address"
    assert await here.refused_for() == {"unknown-person:ivy": ["directory"], "address:127.0.0.1": ["locked"]}


async def test_passwords_of_here_are_for_here_and_of_there_for_there(here: Firm, slapd: Slapd, dsn: str) -> None:
    assert (await came(here, "anna", OWN))[0] == 200
    assert await came(here, "anna", PASSWORD) == WRONG
    slapd.change(person("omar"), uid=["omar", "anna"])
    assert await came(here, "anna", PASSWORD) == WRONG, "who has a password here is not asked about there"
    slapd.change(person("omar"), uid="omar")
    assert (await came(here, "ivy"))[0] == 200
    said = {"name": "ivy", "current": PASSWORD, "password": "another horse battery"}
    assert await here.console().ask("POST", "/api/v1/password", said) == WRONG
    assert (await here.console().ask("POST", "/api/v1/password/code", {"name": "ivy"}))[0] == 202
    assert await value(dsn, "SELECT count(*) FROM outbox") == 0, "there is no first password to choose"
    assert await value(dsn, "SELECT password IS NULL FROM people WHERE login = 'ivy'")
    assert await here.people.set_password("ivy", "another horse battery", "anna"), "an admin takes her out of it"
    assert await came(here, "ivy") == WRONG
    assert (await came(here, "ivy", "another horse battery"))[0] == 200


async def test_somebody_without_a_password_here_is_taken_over(here: Firm, dsn: str) -> None:
    assert await here.people.add("omar", "Omar of the list", Role.EMPLOYEE, "", "test", "E002")
    status, me = await here.console().sign_in("E002", PASSWORD)
    assert (status, me["role"], me["name"]) == (200, "agent", "Omar")
    assert await value(dsn, "SELECT directory FROM people WHERE login = 'omar'")


async def test_the_second_factor_is_asked_for_too(here: Firm) -> None:
    browser = here.console()
    status, me = await browser.sign_in("ada", PASSWORD)
    assert (status, me["second_factor"]) == (200, "wanted")
    assert (await browser.ask("POST", NOTES, {"text": "x"}))[0] == 403
    status, offered = await browser.ask("POST", FACTOR, {"password": PASSWORD})
    assert status == 200, offered
    authenticator = pyotp.TOTP(offered["secret"])
    assert (await browser.ask("POST", f"{FACTOR}/confirmation", {"code": authenticator.at(here.now)}))[0] == 200
    assert (await browser.ask("POST", NOTES, {"text": "x"}))[0] == 200
    here.wait(30)
    assert await came(here, "ada") == (401, {"error": "send the code of your second factor too", "code": "code-wanted"})
    assert await came(here, "ada", code="000000") == WRONG
    assert (await came(here, "ada", code=authenticator.at(here.now)))[0] == 200


async def test_while_it_is_away_local_admins_come_in_and_nobody_of_it_does(
    here: Firm, slapd: Slapd, dsn: str, database: Database
) -> None:
    assert (await came(here, "ivy"))[0] == 200
    await slapd.stop()
    for _ in range(WRONG_LIMIT + 2):
        assert await came(here, "ivy") == AWAY
    for name in ("ivy", "omar", "nobody-at-all"):
        assert await came(here, name, OWN) == AWAY, "in the same words whether there is such a person"
    assert (await here.refused_for())["person:ivy"] == ["away"]
    assert (await came(here, "anna", OWN))[0] == 200
    await slapd.start()
    assert await value(dsn, "SELECT count(*) FROM sign_in_tries WHERE judged AND NOT passed") == 0
    fresh = slapd.directory()
    async with firm(database, None, fresh) as again:
        assert (await came(again, "ivy"))[0] == 200


async def test_one_that_hangs_is_left_alone_and_holds_nobody_up(
    database: Database, dsn: str, slapd: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BREAKER", module.BREAKER.model_copy(update={"open_s": 0.2}))
    await peopled(database, dsn)
    async with firm(database, None, slapd.directory(timeout_s=5)) as here:
        assert (await came(here, "ivy"))[0] == 200
        slapd.hold()
        waiting = [asyncio.create_task(came(here, "ivy")) for _ in range(module.AT_ONCE)]
        assert (await came(here, "anna", OWN))[0] == 200
        assert not any(task.done() for task in waiting), "anna did not wait for them"
        assert await asyncio.gather(*waiting) == [AWAY] * len(waiting)
        slapd.go_on()
        for _ in range(100):
            if (answer := await came(here, "ivy")) != AWAY:
                break
            await asyncio.sleep(0.1)
        assert answer[0] == 200, "it is asked again"


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
async def test_it_is_who_it_says_or_gets_no_password(slapd: Slapd, tmp_path: Path, scheme: str) -> None:
    port = slapd.secure_port if scheme == "ldaps" else slapd.port
    found = await slapd.directory(url=f"{scheme}://localhost:{port}").ask("ivy", PASSWORD)
    assert found is not None
    assert found.role is Role.AGENT
    async with running(tmp_path / "other") as other:
        wrong = slapd.directory(url=f"{scheme}://localhost:{port}", ca_file=other.authority)
        with pytest.raises(DirectoryAway):
            await wrong.ask("ivy", PASSWORD)
    for strange in ({"url": f"{scheme}://127.0.0.1:{port}"}, {"url": f"{scheme}://localhost:{port}", "ca_file": None}):
        with pytest.raises(DirectoryAway):
            await slapd.directory(**strange).ask("ivy", PASSWORD)


@pytest.mark.parametrize("login", HOSTILE)
async def test_no_name_means_somebody_else(slapd: Slapd, monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    assert await slapd.directory().ask(login, PASSWORD) is None
    monkeypatch.setattr(module, "_LOGIN", re.compile(".*", re.DOTALL))  # were logins anything
    found = await slapd.directory().ask(login, PASSWORD)
    assert (found is not None) == (login in ALIKE), "escaped, it is a name that nobody has"


async def test_a_bind_without_a_password_is_no_proof(slapd: Slapd) -> None:
    assert await slapd.directory().ask("ivy", "") is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bind_dn": f"cn=nobody,{PEOPLE}"}, "invalidCredentials"),
        ({"base": "ou=elsewhere,dc=example,dc=com"}, "noSuchObject"),
        ({"user_filter": "((uid={login})(x)"}, "LDAPInvalidFilterError"),
    ],
)
async def test_what_is_wrong_with_its_settings_is_told(slapd: Slapd, changes: dict[str, str], reason: str) -> None:
    directory = slapd.directory(**changes)
    with pytest.raises(DirectoryAway, match=reason):
        await directory.ask("ivy", PASSWORD)
    (warning,) = directory.warnings()
    assert reason in warning
    assert PASSWORD not in warning


async def test_of_two_of_one_name_neither_comes_in(slapd: Slapd) -> None:
    slapd.change(person("omar"), uid=["omar", "ivy"])
    assert await slapd.directory().ask("ivy", PASSWORD) is None


async def test_groups_of_unix_count_too_and_the_first_decides(slapd: Slapd, dsn: str) -> None:
    roles = [{"group": group(name), "role": role} for name, role in (("agents", "quality"), ("admins", "admin"))]
    found = await Directory(slapd.settings(roles=roles), "secret-of-ccore-itself").ask("ada", PASSWORD)
    assert found is not None
    assert found.role is Role.QUALITY
    assert (found.agent, found.employee) == ("", "")
    only = await slapd.directory(agent_attribute="", employee_attribute="").ask("ivy", PASSWORD)
    assert only is not None
    assert (only.agent, only.employee) == (None, None), "then ccore's own people say it"
    assert await sql(dsn, "SELECT 1") is not None


def test_the_example_of_the_guide_is_sound(tmp_path: Path) -> None:
    guide = (shipped("asterisk-docker") / "README.md").read_text(encoding="utf-8")
    (example,) = (
        text for text in re.findall(r"^```toml\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL) if "[ldap]" in text
    )
    (tmp_path / "ccore.toml").write_text(example, encoding="utf-8")
    assert len(config.load(tmp_path / "ccore.toml").ldap.roles) == 3
    (tmp_path / "ccore.toml").write_text('[ldap]\nurl = "ldaps://localhost"\n', encoding="utf-8")
    with pytest.raises(FaultsFound, match="a directory needs base and roles"):
        config.load(tmp_path / "ccore.toml")
