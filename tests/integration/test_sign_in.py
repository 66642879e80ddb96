"""Signing in as browsers do: cookies, what another site cannot do with them, and all that ends a session."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import asyncpg
import pytest

from ccore.access import Access
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import WRONG_LIMIT
from ccore.web import rates
from ccore.web.auth import COOKIE, SECURE_COOKIE
from ccore.web.once import HEADER
from ccore.web.rates import AT_ONCE
from tests.support.console import PASSWORD
from tests.support.signing_in import Firm, firm, peopled

ME, NOTES, SHIFT = "/api/v1/session", "/api/v1/notes", "/api/v1/shift"
NOTE = {"text": "x"}


@pytest.fixture
async def here(database: Database, dsn: str) -> AsyncIterator[Firm]:
    await peopled(database, dsn)
    async with firm(database) as running:
        yield running


async def run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


async def test_somebody_signs_in_and_out(here: Firm, dsn: str) -> None:
    browser = here.console()
    assert (await browser.ask("GET", ME))[0] == 401
    status, me = await browser.sign_in("emil")
    assert (status, me["login"], me["roles"], me["employee"]) == (200, "emil", ["employee"], "E001")
    assert (me["language"], me["second_factor"]) == ("zh", "off")
    flags = {part.strip() for part in browser.set_cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= flags
    assert (await browser.ask("GET", ME)) == (200, me)
    assert (await browser.ask("PUT", ME, {"language": "en"}))[0] == 200
    assert (await browser.ask("GET", ME))[1]["language"] == "en"
    kept = browser.cookies[COOKIE]
    connection = await asyncpg.connect(dsn)
    assert kept not in str(await connection.fetch("SELECT * FROM sessions"))
    await connection.close()
    assert (await browser.ask("DELETE", ME))[0] == 200
    browser.cookies[COOKIE] = kept
    assert (await browser.ask("GET", ME))[0] == 401, "the session is over, not only the cookie gone"


async def test_an_employee_number_is_a_name_too(here: Firm) -> None:
    status, me = await here.console().sign_in("E001")
    assert (status, me["login"]) == (200, "emil")
    assert (await here.console().sign_in("EMIL"))[0] == 200
    assert (await here.console().sign_in("E002"))[0] == 401, "she is let in nowhere"


async def test_what_is_for_a_role_takes_its_sessions(here: Firm) -> None:
    browser = await here.signed_in("ben")
    assert await browser.ask("GET", SHIFT) == (200, {"login": "ben"})
    assert await browser.ask("POST", SHIFT, NOTE) == (200, {"login": "ben"})
    assert (await browser.ask("POST", SHIFT, NOTE, X_CSRF_Token=""))[0] == 403
    assert here.notes == ["ben"]
    assert (await (await here.signed_in("emil")).ask("GET", SHIFT))[0] == 403


async def test_by_tls_the_cookie_is_this_hosts_alone(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    async with firm(database, Access(url="https://ccore.example")) as here:
        browser = here.console()
        assert (await browser.sign_in("mia", Origin="https://ccore.example"))[0] == 200
        assert browser.set_cookie.startswith(f"{SECURE_COOKIE}=")
        assert "Secure" in browser.set_cookie
        assert (await browser.ask("POST", NOTES, NOTE, Origin="https://ccore.example"))[0] == 200
        assert (await browser.ask("POST", NOTES, NOTE, Origin="http://ccore.example"))[0] == 403


FROM_ELSEWHERE = [
    {"X_CSRF_Token": ""},
    {"X_CSRF_Token": "0" * 64},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE, ids=str)
async def test_another_site_does_nothing_with_a_cookie(here: Firm, headers: dict[str, str]) -> None:
    browser = await here.signed_in("ben")
    for method, path in (("POST", NOTES), ("POST", SHIFT), ("DELETE", ME)):
        assert (await browser.ask(method, path, NOTE, **headers))[0] == 403, path
    assert here.notes == []
    assert (await browser.ask("GET", ME))[0] == 200


async def test_another_site_signs_nobody_in(here: Firm) -> None:
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec_Fetch_Site": "cross-site"}):
        status, said = await here.console().sign_in("ben", **headers)
        assert (status, said) == (403, {"error": "that came from a page of another site"})
    assert (await here.console().sign_in("ben", Content_Type="text/plain"))[0] == 415


async def test_the_csrf_token_of_one_session_is_no_good_for_another(here: Firm) -> None:
    one, other = await here.signed_in("ben"), await here.signed_in("ben")
    assert one.csrf != other.csrf
    assert (await one.ask("POST", NOTES, NOTE, X_CSRF_Token=other.csrf))[0] == 403


async def test_what_is_no_session_lets_nobody_in(here: Firm) -> None:
    browser = await here.signed_in("ben")
    good = browser.cookies[COOKIE]
    for forged in ("x", good + "x", good[:-1], good.swapcase(), "é", "x" * 5000, "' OR true --"):
        browser.cookies[COOKIE] = forged
        assert (await browser.ask("GET", ME))[0] == 401, forged[:30]


@pytest.mark.parametrize("left", ["seen_at = seen_at - interval '30 min'", "expires_at = clock_timestamp()"])
async def test_a_session_ends_by_itself(here: Firm, dsn: str, left: str) -> None:
    browser = await here.signed_in("ben")
    await run(dsn, "UPDATE sessions SET seen_at = seen_at - interval '29 min', begun_at = begun_at - interval '11 h'")
    assert (await browser.ask("GET", ME))[0] == 200, "and it is in use again"
    await run(dsn, f"UPDATE sessions SET {left}")
    assert (await browser.ask("GET", ME))[0] == 401
    assert (await here.signed_in("ben")).cookies


async def test_its_id_is_made_anew_at_each_sign_in(here: Firm) -> None:
    browser = await here.signed_in("ben")
    before = browser.cookies[COOKIE]
    assert (await browser.sign_in("ben"))[0] == 200
    assert browser.cookies[COOKIE] != before
    browser.cookies[COOKIE] = before
    assert (await browser.ask("GET", ME))[0] == 401


@pytest.mark.parametrize("why", [{"role": "agent"}, {"active": False}, None])
async def test_what_an_admin_does_ends_sessions_with_the_next_request(
    here: Firm, why: dict[str, object] | None
) -> None:
    admin, browser = await here.signed_in("anna"), await here.signed_in("mia")
    assert (await browser.ask("GET", ME))[0] == 200
    path = f"/api/v1/people/mia/{next(iter(why))}" if why else "/api/v1/people/mia/sessions"
    assert await admin.ask("PUT" if why else "DELETE", path, why) == (200, {})
    assert (await browser.ask("GET", ME))[0] == 401
    if why and "role" in why:
        assert await here.people.set_role("mia", Role.MANAGER, "test")
        assert (await browser.ask("GET", ME))[0] == 401, "it does not come back with the role"


async def test_whoever_sold_and_has_left_is_out(here: Firm, dsn: str) -> None:
    browser = await here.signed_in("emil")
    await run(dsn, "UPDATE employees SET left_at = clock_timestamp() WHERE number = 'E001'")
    assert (await browser.ask("GET", ME))[0] == 401
    assert (await here.console().sign_in("emil"))[0] == 401


async def test_a_new_password_ends_all_sessions(here: Firm) -> None:
    browser, other = await here.signed_in("mia"), await here.signed_in("mia")
    said = {"name": "mia", "current": PASSWORD, "password": "another horse battery"}
    assert (await browser.ask("POST", "/api/v1/password", {**said, "current": "wrong wrong wrong"}))[0] == 401
    assert (await browser.ask("POST", "/api/v1/password", {**said, "password": "aaaaaaaaaaaa"}))[0] == 422
    assert (await browser.ask("GET", ME))[0] == 200
    assert (await browser.ask("POST", "/api/v1/password", said)) == (200, {})
    assert ((await browser.ask("GET", ME))[0], (await other.ask("GET", ME))[0]) == (401, 401)
    assert (await here.console().sign_in("mia"))[0] == 401
    assert (await here.console().sign_in("mia", "another horse battery"))[0] == 200


async def test_sessions_are_listed_and_ended_by_their_person_only(here: Firm) -> None:
    one, other, ben = await here.signed_in("mia"), await here.signed_in("mia"), await here.signed_in("ben")
    listed = (await one.ask("GET", "/api/v1/sessions"))[1]["sessions"]
    assert [session["this"] for session in listed] == [False, True]
    assert {session["address"] for session in listed} == {"127.0.0.1"}
    number = listed[0]["session"]
    assert (await ben.ask("DELETE", f"/api/v1/sessions/{number}"))[0] == 404
    assert (await other.ask("GET", ME))[0] == 200
    assert (await one.ask("DELETE", f"/api/v1/sessions/{number}"))[0] == 200
    assert (await other.ask("GET", ME))[0] == 401
    third = await here.signed_in("mia")
    assert (await one.ask("DELETE", "/api/v1/sessions"))[0] == 200
    assert ((await third.ask("GET", ME))[0], (await one.ask("GET", ME))[0]) == (401, 200)


@pytest.mark.parametrize("name", ["ben", "nobody"])
async def test_ten_wrong_tries_lock_whether_there_is_somebody_or_not(here: Firm, dsn: str, name: str) -> None:
    told = [await here.console().sign_in(name, "wrong wrong wrong") for _ in range(WRONG_LIMIT)]
    wrong = {"error": "the name, the password or the code is not right", "code": "wrong"}
    assert told == [(401, wrong)] * WRONG_LIMIT
    browser = here.console()
    assert await browser.sign_in(name, PASSWORD) == (
        429,
        {"error": "there were too many wrong tries: wait a quarter of an hour", "code": "locked"},
    )
    assert browser.headers["Retry-After"] == "900"
    await run(dsn, "UPDATE sign_in_tries SET tried_at = tried_at - interval '15 min' WHERE judged")
    status = (await here.console().sign_in(name, PASSWORD))[0]
    assert status == (200 if name == "ben" else 401), "what was tried while it was locked does not count"


async def test_tries_at_the_same_time_see_each_other(here: Firm) -> None:
    tried = [here.console().sign_in("ben", f"wrong wrong {number}") for number in range(40)]
    statuses = Counter([status for status, _ in await asyncio.gather(*tried)])
    assert statuses.keys() <= {401, 429}
    assert statuses[401] <= WRONG_LIMIT


async def test_two_names_of_one_person_are_locked_together(here: Firm) -> None:
    for number in range(WRONG_LIMIT):
        assert (await here.console().sign_in("emil" if number % 2 else "E001", "wrong wrong"))[0] == 401
    assert (await here.console().sign_in("emil"))[0] == 429
    assert (await here.console().sign_in("E001"))[0] == 429


async def test_one_address_that_tries_many_names_is_locked_and_the_next_is_not(database: Database, dsn: str) -> None:
    await peopled(database, dsn)
    async with firm(database, Access.model_validate({"proxies": ["127.0.0.1"]})) as here:
        for number in range(WRONG_LIMIT):
            tried = here.console().sign_in(f"guess-{number}", X_Forwarded_For="10.9.9.9, 192.0.2.9")
            assert (await tried)[0] == 401
        assert (await here.console().sign_in("ben", X_Forwarded_For="192.0.2.9"))[0] == 429
        assert (await here.console().sign_in("ben", X_Forwarded_For="192.0.2.10"))[0] == 200
        assert (await here.console().sign_in("ben", X_Forwarded_For="192.0.2.10, 192.0.2.9"))[0] == 429, "a lie"


async def test_a_strangers_word_on_where_it_comes_from_is_not_believed(here: Firm) -> None:
    for number in range(WRONG_LIMIT):
        await here.console().sign_in(f"guess-{number}", X_Forwarded_For=f"192.0.2.{number}")
    assert (await here.console().sign_in("ben", X_Forwarded_For="192.0.2.99"))[0] == 429


async def test_the_key_of_one_request_is_not_for_another(here: Firm) -> None:
    browser, key = await here.signed_in("ben"), {HEADER.replace("-", "_"): "note-0001"}
    first = await browser.ask("POST", NOTES, {"text": "a"}, **key)
    assert first == (200, {"notes": 1}) == await browser.ask("POST", NOTES, {"text": "a"}, **key)
    assert (await browser.ask("POST", NOTES, {"text": "b"}, **key))[0] == 422
    assert (await browser.ask("POST", NOTES, {"text": "b"}, **{HEADER.replace("-", "_"): ""}))[0] == 400
    assert here.notes == ["a"]


async def test_a_body_is_as_large_as_its_operation_allows(here: Firm) -> None:
    browser = await here.signed_in("ben")
    assert (await browser.ask("POST", NOTES, {"text": "x" * 900_000})) == (200, {"notes": 1})
    assert (await browser.ask("POST", NOTES, {"text": "x" * 1_000_001}))[0] == 413
    assert (await browser.ask("PUT", ME, {"language": "x" * 70_000}))[0] == 413


async def test_whoever_asks_too_often_waits(database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "A_SECOND", 1.0)  # or a busy machine might answer no more than one may ask
    await peopled(database, dsn)
    async with firm(database) as here:
        await _asks_too_often(here)


async def _asks_too_often(here: Firm) -> None:
    browser = await here.signed_in("ben")
    asked = [browser.ask("GET", ME) for _ in range(AT_ONCE * 3)]
    statuses = Counter([status for status, _ in await asyncio.gather(*asked)])
    assert statuses.keys() == {200, 429}
    assert statuses[200] >= AT_ONCE
    assert (await (await here.signed_in("mia")).ask("GET", ME))[0] == 200
