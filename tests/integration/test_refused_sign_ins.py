"""Sign-ins that were refused are in the audit: for what reason, from where, how often, and nothing that was typed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from ccore.access import Access
from ccore.db.pool import Database
from ccore.people import audit
from ccore.people.service import WRONG_LIMIT
from ccore.people.sign_in import MOST_NOTED
from tests.support.console import PASSWORD, Console
from tests.support.signing_in import Firm, firm, peopled

WRONG = "wrong wrong wrong"


@pytest.fixture
async def here(database: Database, dsn: str) -> AsyncIterator[Firm]:
    await peopled(database, dsn)
    async with firm(database, Access.model_validate({"proxies": ["127.0.0.1"]})) as running:
        yield running


async def noted(here: Firm) -> list[tuple[str, dict[str, Any]]]:
    """What the audit says of refused sign-ins, the newest first: the subject, and the detail without its time."""
    await here.sign_in.note_refused()
    rows = await audit.noted(here.database, audit.Wanted(action="sign-in-refused"), 200)
    assert {row["actor"] for row in rows} <= {"?"}
    assert all(row["detail"].pop("since") for row in rows)
    return [(row["subject"], row["detail"]) for row in rows]


async def tried(here: Firm, name: str, password: str = WRONG, address: str = "192.0.2.1", code: str = "") -> int:
    return (await here.console().sign_in(name, password, code, X_Forwarded_For=address))[0]


async def a_minute_later(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE sign_in_tries SET tried_at = tried_at - interval '61 s', noted_at = noted_at - interval '61 s'"
    )
    await connection.close()


async def test_wrong_passwords_are_noted_and_repeats_are_one_entry(here: Firm, dsn: str) -> None:
    assert await tried(here, "BEN") == 401
    (first,) = await noted(here)
    assert first == ("person:ben", {"address": "192.0.2.1", "why": ["password"], "count": 1})
    for _ in range(3):
        assert await tried(here, "ben") == 401
    assert await noted(here) == [first], "within a minute"
    assert await tried(here, "ben", address="192.0.2.2") == 401
    assert (await noted(here))[0] == ("person:ben", {"address": "192.0.2.2", "why": ["password"], "count": 1})
    await a_minute_later(dsn)
    assert (await noted(here))[0] == ("person:ben", {"address": "192.0.2.1", "why": ["password"], "count": 3})
    await a_minute_later(dsn)
    assert len(await noted(here)) == 3, "each try is in one entry"


async def test_who_comes_in_is_not_among_them(here: Firm) -> None:
    assert await tried(here, "ben", PASSWORD) == 200
    assert await noted(here) == []


async def test_a_name_that_is_nobodys_is_cleaned_and_no_password_is_kept(here: Firm, dsn: str) -> None:
    name = "<b>x</b>\u202e'; drop " + "long" * 20
    assert await tried(here, name[:40], "my secret words") == 401
    ((subject, detail),) = await noted(here)
    assert (subject, detail["why"]) == ("unknown-person:?b?x?b?drop?" + "long" * 5 + "lon", ["password"])
    connection = await asyncpg.connect(dsn)
    kept = str(await connection.fetch("SELECT * FROM audit")) + str(
        await connection.fetch("SELECT * FROM sign_in_tries")
    )
    await connection.close()
    assert "secret" not in kept


async def test_a_lock_is_one_entry_of_its_address_whatever_the_names(here: Firm) -> None:
    for number in range(WRONG_LIMIT):
        assert await tried(here, f"guess-{number}") == 401
    for name in ("ben", "anna", "nobody"):
        assert await tried(here, name) == 429
    found = await noted(here)
    assert ("address:192.0.2.1", {"address": "192.0.2.1", "why": ["locked"], "count": 3, "names": 3}) in found


async def test_wrong_codes_are_noted(here: Firm) -> None:
    browser = await here.signed_in("ben")
    offered = (await browser.ask("POST", "/api/v1/second-factor", {"password": WRONG, "code": ""}))[0]
    assert offered == 403
    said = {"name": "emil", "text_code": "000000", "password": "another horse battery"}
    assert (await here.console().ask("POST", "/api/v1/password", said))[0] == 401
    found = dict(await noted(here))
    assert (found["person:ben"]["why"], found["person:emil"]["why"]) == (["password"], ["text-code"])


async def test_a_flood_of_names_is_few_entries(here: Firm) -> None:
    for number in range(MOST_NOTED + 5):
        assert await tried(here, f"guess-{number}", address=f"192.0.2.{number}") == 401
    found = await noted(here)
    assert len(found) == MOST_NOTED + 1
    assert ("sign-in", {"count": 5, "names": 5, "addresses": 5}) in found
    assert len(await noted(here)) == MOST_NOTED + 1


async def test_they_are_sealed_and_found_by_their_outcome(here: Firm, database: Database) -> None:
    await tried(here, "ben")
    await noted(here)
    await audit.note(database, "ccore", "publish-failed", "publication:1")
    await audit.note(database, "ben", "refused-nothing", "call:1")
    admin: Console = await here.signed_in("anna")

    async def found(outcome: str) -> list[tuple[str, str]]:
        entries = (await admin.ask("GET", f"/api/v1/audit?outcome={outcome}"))[1]["entries"]
        return [(each["action"], each["outcome"]) for each in entries]

    assert await found("refused") == [("sign-in-refused", "refused")]
    assert await found("failed") == [("publish-failed", "failed")]
    done = await found("done")
    assert ("refused-nothing", "done") in done
    assert {outcome for _, outcome in done} == {"done"}
    assert (await admin.ask("GET", "/api/v1/audit?outcome=other"))[0] == 400
    status, file = await admin.ask("GET", "/api/v1/audit/file?outcome=refused")
    assert (status, "sign-in-refused" in file, "publish-failed" in file) == (200, True, False)
    await audit.seal(database)
    assert (await audit.verify(database)).faults == []


async def test_one_ccore_of_a_database_notes_them_by_itself(here: Firm) -> None:
    await tried(here, "ben")
    noting = asyncio.create_task(here.sign_in.led()["refused sign-ins"]())
    async with asyncio.timeout(10):
        while not await audit.noted(here.database, audit.Wanted(subject="person:ben", outcome="refused"), 1):
            await asyncio.sleep(0.05)
    noting.cancel()


async def test_refusals_are_said_in_the_language_of_the_page(here: Firm) -> None:
    browser = here.console()
    wrong = await browser.sign_in("ben", WRONG, Accept_Language="zh-CN,zh;q=0.9,en;q=0.8")
    assert wrong == (401, {"error": "登录名、密码或验证码不正确", "code": "wrong"})
    assert browser.headers["Content-Language"] == "zh-CN"
    assert (await browser.sign_in("ben", WRONG))[1]["error"] == "the name, the password or the code is not right"
    admin = await here.signed_in("anna")
    new = {"login": "ben", "name": "Ben", "role": "agent"}
    asked = [
        await admin.ask("POST", "/api/v1/people", new, Idempotency_Key="the-same-key", Accept_Language=language)
        for language in ("en", "zh-CN", "")
    ]
    assert [(status, said["error"]) for status, said in asked] == [
        (409, "there is a ben already"), (409, "登录名 ben 已被使用"), (409, "there is a ben already"),
    ]  # fmt: skip
    for asking, sentence in (
        (("POST", "/api/v1/people", {**new, "login": "X"}), "login：应符合格式"),
        (("GET", "/api/v1/nothing"), "没有这个地址"),
        (("DELETE", "/api/v1/audit"), "此地址不支持这种操作"),
        (("GET", "/api/v1/people/nobody"), "没有这个用户"),
    ):
        assert (await admin.ask(*asking, Accept_Language="zh"))[1]["error"].startswith(sentence), asking
