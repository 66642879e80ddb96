"""What is more than a password: authenticators, recovery codes, codes in text messages; and how passwords are kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pyotp
import pytest

from ccore.access import Access
from ccore.db.pool import Database
from ccore.people import passwords
from ccore.people.service import WRONG_LIMIT
from ccore.people.sign_in import CODES_AN_HOUR
from tests.support.console import PASSWORD, Console
from tests.support.signing_in import Firm, firm, peopled

ME, NOTES, FACTOR = "/api/v1/session", "/api/v1/notes", "/api/v1/second-factor"
NEW = "another horse battery"
STEP = timedelta(seconds=30)
CODE_WANTED = {"error": "send the code of your second factor too", "code": "code-wanted"}
WRONG = (401, {"error": "the name, the password or the code is not right", "code": "wrong"})


@pytest.fixture
async def here(database: Database, dsn: str) -> AsyncIterator[Firm]:
    await peopled(database, dsn)
    async with firm(database, Access(second_factor=("manager",))) as running:
        yield running


async def fetch(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def set_up(browser: Console, here: Firm) -> tuple[pyotp.TOTP, list[str]]:
    """An authenticator, and the recovery codes."""
    status, offered = await browser.ask("POST", FACTOR, {"password": PASSWORD})
    assert status == 200, offered
    authenticator = pyotp.parse_uri(offered["uri"])
    assert isinstance(authenticator, pyotp.TOTP)
    assert (authenticator.issuer, authenticator.secret) == ("Firm", offered["secret"])
    status, told = await browser.ask("POST", f"{FACTOR}/confirmation", {"code": authenticator.at(here.now)})
    assert (status, len(told["codes"])) == (200, 10)
    return authenticator, told["codes"]


async def test_an_authenticator_is_asked_for_from_then_on(here: Firm) -> None:
    browser, other = await here.signed_in("ben"), await here.signed_in("ben")
    authenticator, _ = await set_up(browser, here)
    assert (await browser.ask("GET", ME))[1]["second_factor"] == "on"
    assert (await other.ask("GET", ME))[0] == 401, "who came in without it is out"
    here.wait(30)
    assert await here.console().sign_in("ben") == (
        401,
        {"error": "send the code of your second factor too", "code": "code-wanted"},
    )
    assert await here.console().sign_in("ben", "wrong wrong wrong", authenticator.at(here.now)) == WRONG
    assert await here.console().sign_in("ben", code="000000") == WRONG
    assert await here.refused_for() == {"person:ben": ["code", "password"]}
    assert (await here.console().sign_in("ben", code=authenticator.at(here.now)))[0] == 200


async def test_a_code_is_taken_once_and_none_before_it(here: Firm) -> None:
    browser = await here.signed_in("ben")
    authenticator, _ = await set_up(browser, here)
    assert await here.console().sign_in("ben", code=authenticator.at(here.now)) == WRONG, "it set up the second factor"
    here.wait(120)
    code, before = authenticator.at(here.now), authenticator.at(here.now - STEP)
    both = await asyncio.gather(*(here.console().sign_in("ben", code=code) for _ in range(2)))
    assert sorted(status for status, _ in both) == [200, 401]
    assert await here.console().sign_in("ben", code=code) == WRONG
    assert await here.console().sign_in("ben", code=before) == WRONG
    assert await here.console().sign_in("ben", code=authenticator.at(here.now + 5 * STEP)) == WRONG
    assert (await here.console().sign_in("ben", code=authenticator.at(here.now + STEP)))[0] == 200, "its clock is fast"


async def test_codes_are_guessed_as_little_as_passwords(here: Firm) -> None:
    authenticator, _ = await set_up(await here.signed_in("ben"), here)
    here.wait(120)
    for number in range(WRONG_LIMIT):
        assert await here.console().sign_in("ben", code=f"{number:06}") == WRONG
    assert (await here.console().sign_in("ben", code=authenticator.at(here.now)))[0] == 429


async def test_a_recovery_code_lets_in_once_however_it_is_written(here: Firm, dsn: str) -> None:
    browser = await here.signed_in("ben")
    _, codes = await set_up(browser, here)
    kept = str(await fetch(dsn, "SELECT * FROM recovery_codes")) + str(
        await fetch(dsn, "SELECT * FROM idempotent_requests")
    )
    assert not [code for code in codes if code in kept]
    assert (await here.console().sign_in("ben", code=codes[0].lower().replace("-", " ")))[0] == 200
    assert await here.console().sign_in("ben", code=codes[0]) == WRONG
    assert (await browser.ask("GET", ME))[1]["recovery_codes_left"] == 9


async def test_what_a_session_alone_cannot_do_is_for_who_knows_the_password(here: Firm) -> None:
    browser = await here.signed_in("ben")
    assert (await browser.ask("POST", FACTOR, {"password": "wrong wrong wrong"}))[0] == 403
    assert (await browser.ask("POST", f"{FACTOR}/confirmation", {"code": "000000"}))[0] == 409, "nothing was offered"
    authenticator, _ = await set_up(browser, here)
    assert (await browser.ask("POST", FACTOR, {"password": PASSWORD}))[0] == 403, "with the code now"
    here.wait(120)
    said: dict[str, Any] = {"password": PASSWORD, "code": authenticator.at(here.now)}
    assert (await browser.ask("POST", f"{FACTOR}/removal", said))[0] == 200
    assert (await browser.ask("GET", ME))[0] == 401
    assert (await here.console().sign_in("ben"))[1]["second_factor"] == "off"


async def test_whose_role_demands_one_does_nothing_before_it_is_set_up(here: Firm) -> None:
    browser = await here.signed_in("mia")
    assert (await browser.ask("GET", ME))[1]["second_factor"] == "wanted"
    refused = (403, {"error": "set up your second factor first"})
    assert await browser.ask("POST", NOTES, {"text": "x"}) == refused
    assert await browser.ask("GET", "/api/v1/openapi.json") == refused
    await set_up(browser, here)
    assert (await browser.ask("POST", NOTES, {"text": "x"}))[0] == 200


async def test_an_admin_takes_a_lost_one_away(here: Firm) -> None:
    await set_up(await here.signed_in("ben"), here)
    admin = await here.signed_in("anna")
    assert (await admin.ask("DELETE", "/api/v1/people/ben/second-factor"))[0] == 200
    assert (await here.console().sign_in("ben"))[0] == 200
    assert (await admin.ask("DELETE", "/api/v1/people/ben/second-factor"))[0] == 404


async def code_sent(dsn: str) -> str:
    rows = await fetch(dsn, "SELECT recipient, params->>'code' AS code FROM outbox WHERE kind = 'sign-in-code'")
    assert {row["recipient"] for row in rows} == {"+8613900000001"}
    return str(rows[-1]["code"])


async def wants_code(here: Firm, name: str) -> None:
    assert await here.console().ask("POST", "/api/v1/password/code", {"name": name}) == (202, {})


async def chooses(here: Firm, name: str, code: str, password: str = NEW) -> tuple[int, Any]:
    said = {"name": name, "text_code": code, "password": password}
    return await here.console().ask("POST", "/api/v1/password", said)


async def test_a_first_password_is_chosen_by_the_code_of_a_text_message(here: Firm, dsn: str) -> None:
    await fetch(dsn, "UPDATE people SET password = NULL WHERE login = 'emil'")
    assert await here.console().sign_in("E001") == WRONG
    await wants_code(here, "E001")
    code = await code_sent(dsn)
    assert await chooses(here, "ben", code) == WRONG, "it is Emil's"
    assert (await chooses(here, "E001", code, "short"))[0] == 422
    assert await chooses(here, "E001", code) == (200, {})
    assert (await here.console().sign_in("E001", NEW))[0] == 200
    assert await chooses(here, "E001", code, "a third horse battery") == WRONG, "it was used"


async def test_a_telephone_gives_who_may_more_a_first_password_only(here: Firm, dsn: str) -> None:
    await fetch(dsn, "UPDATE people SET role = 'manager' WHERE login = 'emil'")
    await wants_code(here, "emil")
    assert await fetch(dsn, "SELECT * FROM outbox") == []
    await fetch(dsn, "UPDATE people SET password = NULL WHERE login = 'emil'")
    await wants_code(here, "emil")
    assert await chooses(here, "emil", await code_sent(dsn)) == (200, {})


async def test_nobody_learns_whether_there_is_somebody_from_what_is_answered(here: Firm, dsn: str) -> None:
    for name in ("nobody", "ben", "E002"):  # nobody; no telephone; not let in
        await wants_code(here, name)
    assert await fetch(dsn, "SELECT * FROM outbox") == []
    for name in ("nobody", "ben", "emil"):
        assert await chooses(here, name, "123456") == WRONG


async def test_codes_are_few_short_lived_and_only_the_last_one_counts(here: Firm, dsn: str) -> None:
    for _ in range(CODES_AN_HOUR + 2):
        await wants_code(here, "emil")
    sent = [row["code"] for row in await fetch(dsn, "SELECT params->>'code' AS code FROM outbox ORDER BY message_id")]
    assert len(sent) == CODES_AN_HOUR
    if sent[0] != sent[-1]:
        assert await chooses(here, "emil", sent[0]) == WRONG
    assert not [row for row in await fetch(dsn, "SELECT * FROM sign_in_codes") if sent[-1] in str(row)]
    await fetch(dsn, "UPDATE sign_in_codes SET sent_at = sent_at - interval '10 min'")
    assert await chooses(here, "emil", sent[-1]) == WRONG


async def test_codes_of_text_messages_are_not_guessed(here: Firm, dsn: str) -> None:
    await wants_code(here, "emil")
    code = await code_sent(dsn)
    for number in range(WRONG_LIMIT):
        assert await chooses(here, "emil", f"{(int(code) + 1 + number) % 10**6:06}") == WRONG
    assert (await chooses(here, "emil", code))[0] == 429


async def test_a_second_factor_is_asked_for_beside_the_text_message_too(here: Firm, dsn: str) -> None:
    authenticator, _ = await set_up(await here.signed_in("emil"), here)
    await wants_code(here, "emil")
    code = await code_sent(dsn)
    assert (await chooses(here, "emil", code))[1] == {
        "error": "send the code of your second factor too",
        "code": "code-wanted",
    }
    here.wait(120)
    said = {"name": "emil", "text_code": code, "password": NEW, "code": authenticator.at(here.now)}
    assert (await here.console().ask("POST", "/api/v1/password", said))[0] == 200


async def test_passwords_of_before_are_taken_and_kept_better(here: Firm, dsn: str) -> None:
    salt, kept = passwords.salted(PASSWORD)
    connection = await asyncpg.connect(dsn)
    old = "UPDATE people SET password = NULL, password_salt = $1, password_hash = $2 WHERE login = 'ben'"
    await connection.execute(old, salt, kept)
    await connection.close()
    assert await here.console().sign_in("ben", "wrong wrong wrong") == WRONG
    assert (await here.console().sign_in("ben"))[0] == 200
    (row,) = await fetch(dsn, "SELECT password, password_hash FROM people WHERE login = 'ben'")
    assert row["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert row["password_hash"] is None
    assert (await here.console().sign_in("ben"))[0] == 200


async def test_who_there_is_not_costs_as_much_work(here: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long that takes is not measured: it is that the same is done."""
    done: list[str] = []

    def counted(name: str) -> None:
        real = getattr(passwords, name)

        def count(*given: object) -> object:
            done.append(name)
            return real(*given)

        monkeypatch.setattr(passwords, name, count)

    counted("matches")
    counted("is_right")
    for name in ("ben", "nobody", "E001", "E002"):
        done.clear()
        await here.console().sign_in(name, "wrong wrong wrong")
        assert done == ["matches"], name
