"""People, tokens and the audit over HTTP, as admins have them."""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from ccore.db.pool import Database
from ccore.people import audit
from ccore.people.service import WRONG_LIMIT
from ccore.web.once import HEADER
from tests.support.console import Console
from tests.support.signing_in import Firm, firm, peopled

PEOPLE, ME, NOTES = "/api/v1/people", "/api/v1/session", "/api/v1/notes"


@pytest.fixture
async def here(database: Database, dsn: str) -> AsyncIterator[Firm]:
    await peopled(database, dsn)
    async with firm(database) as running:
        yield running


@pytest.fixture
async def admin(here: Firm) -> Console:
    return await here.signed_in("anna")


async def test_somebody_is_let_in(here: Firm, admin: Console) -> None:
    new = {"login": "10002", "name": "伊娃", "role": "employee", "employee": "E002"}
    status, made = await admin.ask("POST", PEOPLE, new)
    assert (status, made["employee"], made["has_password"], made["active"]) == (201, "E002", False, True)
    assert (await admin.ask("POST", PEOPLE, new)) == (409, {"error": "there is a 10002 already"})
    for wrong, why in (
        ({**new, "login": "other"}, "employee E002 is somebody else"),
        ({**new, "login": "other", "employee": "E9"}, "there is no employee E9"),
        ({**new, "login": "other", "employee": "", "agent": "1001"}, "agent 1001 is somebody else"),
    ):
        assert await admin.ask("POST", PEOPLE, wrong) == (409, {"error": why})
    for bad in ({**new, "login": "A"}, {**new, "role": "king"}, {**new, "name": ""}, {**new, "agent": "x"}):
        assert (await admin.ask("POST", PEOPLE, bad))[0] == 400
    assert await admin.ask("PUT", f"{PEOPLE}/ben/numbers", {"agent": "1002"}) == (200, {})
    assert (await admin.ask("GET", f"{PEOPLE}/ben"))[1]["agent"] == "1002"
    assert (await admin.ask("PUT", f"{PEOPLE}/ben/numbers", {"employee": "E001"}))[0] == 409


async def test_everybody_who_sells_is_let_in(here: Firm, admin: Console, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("""
        INSERT INTO employees (number, name, phone, department_id, left_at)
        SELECT 'N' || number, 'New', '+8613900000' || number, 1, CASE WHEN number = 105 THEN clock_timestamp() END
        FROM generate_series(100, 105) AS number
    """)
    await connection.close()
    assert await admin.ask("POST", f"{PEOPLE}/employees") == (200, {"added": 6}), "five, and Eva"
    assert await admin.ask("POST", f"{PEOPLE}/employees") == (200, {"added": 0})
    found = (await admin.ask("GET", f"{PEOPLE}/n103"))[1]
    assert (found["role"], found["employee"], found["has_password"]) == ("employee", "N103", False)
    assert (await admin.ask("GET", f"{PEOPLE}/n105"))[0] == 404, "who has left"


async def test_people_are_listed_a_page_at_a_time_and_found(admin: Console) -> None:
    first = (await admin.ask("GET", f"{PEOPLE}?size=3"))[1]
    assert [person["login"] for person in first["people"]] == ["anna", "ben", "emil"]
    rest = (await admin.ask("GET", f"{PEOPLE}?size=3&after={first['after']}"))[1]
    assert ([person["login"] for person in rest["people"]], rest["after"]) == (["mia"], None)
    for asked, found in (
        ("find=MI", ["emil", "mia"]),
        ("find=e001", ["emil"]),
        ("role=manager", ["mia"]),
        ("find=%25", []),
    ):
        assert [person["login"] for person in (await admin.ask("GET", f"{PEOPLE}?{asked}"))[1]["people"]] == found
    for bad in ("size=0", "size=201", "size=-1", "size=1000000000", "role=x", "sort=name", "size=1&size=2", "find=%00"):
        assert (await admin.ask("GET", f"{PEOPLE}?{bad}"))[0] == 400, bad


async def test_whom_there_is_not(admin: Console) -> None:
    for method, path, said in (
        ("GET", "nobody", None),
        ("PUT", "nobody/role", {"role": "agent"}),
        ("PUT", "nobody/active", {"active": True}),
        ("PUT", "nobody/numbers", {}),
        ("POST", "nobody/tokens", {}),
        ("DELETE", "nobody/tokens/1", None),
        ("DELETE", "ben/tokens/99999999999999999", None),
        ("DELETE", "ben/tokens/0", None),
        ("GET", "..%2fpeople", None),
        ("GET", "%2e%2e%2fpasswd", None),
    ):
        assert (await admin.ask(method, f"{PEOPLE}/{path}", said))[0] == 404, path


async def test_no_admin_locks_themselves_out(admin: Console) -> None:
    assert (await admin.ask("PUT", f"{PEOPLE}/anna/role", {"role": "agent"}))[0] == 409
    assert (await admin.ask("PUT", f"{PEOPLE}/anna/active", {"active": False}))[0] == 409


class Program:
    """Something that has a token."""

    def __init__(self, here: Firm, secret: str) -> None:
        self._browser, self._secret = here.console(), secret

    async def ask(self, method: str, path: str, said: object = None) -> int:
        return (await self._browser.ask(method, path, said, Authorization=f"Bearer {self._secret}", Origin=""))[0]


async def token(admin: Console, here: Firm, scopes: list[str], who: str = "ben") -> Program:
    status, made = await admin.ask("POST", f"{PEOPLE}/{who}/tokens", {"days": 1, "note": "wall", "scopes": scopes})
    assert status == 201, made
    return Program(here, made["secret"])


# Of a token of these scopes: GET of sessions, POST of notes, PUT of the session, GET and POST of what is for agents.
GOOD_FOR: list[tuple[list[str], tuple[int, ...]]] = [
    ([], (200, 200, 200, 200, 200)),
    (["read"], (200, 403, 403, 200, 403)),
    (["write"], (403, 200, 200, 403, 200)),
    (["read", "write"], (200, 200, 200, 200, 200)),
    (["notes"], (403, 200, 403, 403, 403)),
    (["session"], (200, 403, 200, 403, 403)),
    (["session", "read"], (200, 403, 200, 200, 403)),
]


@pytest.mark.parametrize(("scopes", "good_for"), GOOD_FOR, ids=lambda part: "+".join(map(str, part)))
async def test_a_token_is_good_for_its_scopes(
    here: Firm, admin: Console, scopes: list[str], good_for: tuple[int, ...]
) -> None:
    program = await token(admin, here, scopes)
    asked: list[tuple[str, str, Any]] = [
        ("GET", "/api/v1/sessions", None),
        ("POST", NOTES, {"text": "x"}),
        ("PUT", ME, {"language": "en"}),
        ("GET", "/api/v1/shift", None),
        ("POST", "/api/v1/shift", None),
    ]
    assert tuple([await program.ask(*each) for each in asked]) == good_for


async def test_scopes_are_subjects_there_are(admin: Console) -> None:
    status, said = await admin.ask("POST", f"{PEOPLE}/ben/tokens", {"scopes": ["read", "everything"]})
    assert (status, said) == (422, {"error": "there is no everything, but read, write, notes, session"})


async def test_a_token_is_told_once_listed_and_ended(here: Firm, admin: Console, dsn: str) -> None:
    key = {HEADER.replace("-", "_"): "token-0001"}
    status, made = await admin.ask("POST", f"{PEOPLE}/ben/tokens", {"note": "wall"}, **key)
    assert status == 201
    assert (await admin.ask("POST", f"{PEOPLE}/ben/tokens", {"note": "wall"}, **key))[0] == 409, (
        "its answer is not kept"
    )
    assert (await admin.ask("POST", f"{PEOPLE}/ben/tokens", {"note": "else"}, **key))[0] == 422
    connection = await asyncpg.connect(dsn)
    kept = [
        str(await connection.fetch(f"SELECT * FROM {table}")) for table in ("idempotent_requests", "tokens", "audit")
    ]
    await connection.close()
    assert made["secret"] not in "".join(kept)
    program = Program(here, made["secret"])
    assert await program.ask("GET", ME) == 200
    (listed,) = (await admin.ask("GET", f"{PEOPLE}/ben/tokens"))[1]["tokens"]
    assert (listed["token"], listed["note"], listed["made_by"]) == (made["token"], "wall", "anna")
    assert "secret" not in listed
    assert (await admin.ask("DELETE", f"{PEOPLE}/ben/tokens/{made['token']}"))[0] == 200
    assert await program.ask("GET", ME) == 401
    assert (await admin.ask("GET", f"{PEOPLE}/ben/tokens"))[1] == {"tokens": []}


async def test_a_token_does_not_sign_out(here: Firm, admin: Console) -> None:
    program = await token(admin, here, [])
    assert await program.ask("DELETE", ME) == 409
    assert await program.ask("GET", ME) == 200


async def test_the_audit_is_searched_a_page_at_a_time(here: Firm, admin: Console, database: Database) -> None:
    for number in range(5):
        await audit.note(database, "ben", "listened", f"call:{number}", {"seconds": number})
    asked = "/api/v1/audit?who=ben&action=listened&size=2"
    first = (await admin.ask("GET", asked))[1]
    assert [entry["subject"] for entry in first["entries"]] == ["call:4", "call:3"]
    assert first["entries"][0]["detail"] == {"seconds": 4}
    rest = (await admin.ask("GET", f"{asked}&before={first['before']}"))[1]
    assert [entry["subject"] for entry in rest["entries"]] == ["call:2", "call:1"]
    assert (await admin.ask("GET", "/api/v1/audit?since=2099-01-01T00:00:00Z"))[1] == {"entries": [], "before": None}
    for bad in ("since=2026-02-30T00:00:00Z", "since=2026-11-01", "size=201", "before=0", "who=", "before=1e400"):
        assert (await admin.ask("GET", f"/api/v1/audit?{bad}"))[0] == 400, bad
    told = (await admin.ask("GET", "/api/v1/audit?subject=person:anna&action=signed-in"))[1]["entries"]
    assert [(entry["who"], entry["detail"]["address"]) for entry in told] == [("anna", "127.0.0.1")]


async def test_the_chain_of_the_audit_is_looked_at(admin: Console, database: Database) -> None:
    await audit.note(database, "ben", "listened", "call:1")
    sealed, head = await audit.seal(database)
    status, said = await admin.ask("GET", f"/api/v1/audit/chain?head={head}")
    assert (status, said) == (200, {"holds": True, "seals": sealed, "head": head, "faults": []})
    status, said = await admin.ask("GET", f"/api/v1/audit/chain?head={'0' * 64}")
    assert (status, said["holds"]) == (200, False)
    assert (await admin.ask("GET", "/api/v1/audit/chain?head=xyz"))[0] == 400


async def test_people_are_found_by_what_they_are(here: Firm, admin: Console, dsn: str) -> None:
    async def found(asked: str) -> list[str]:
        return [person["login"] for person in (await admin.ask("GET", f"{PEOPLE}?{asked}"))[1]["people"]]

    assert (await admin.ask("PUT", f"{PEOPLE}/mia/active", {"active": False}))[0] == 200
    assert (await found("active=true"), await found("active=false")) == (["anna", "ben", "emil"], ["mia"])
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE people SET totp_secret = 'MFRGGZDF', totp_since = clock_timestamp() WHERE login = 'ben'"
    )
    await connection.close()
    assert (await found("second_factor=true"), await found("second_factor=false&active=true")) == (
        ["ben"],
        ["anna", "emil"],
    )
    assert await found("locked=true") == []
    assert (await admin.ask("GET", f"{PEOPLE}?locked=perhaps"))[0] == 400


async def test_a_locked_person_is_found_and_let_try_again(here: Firm, admin: Console) -> None:
    for _ in range(WRONG_LIMIT):
        assert (await here.console().sign_in("emil", "wrong wrong wrong"))[0] == 401
    assert (await here.console().sign_in("emil"))[0] == 429, "even with the right one"
    (locked,) = (await admin.ask("GET", f"{PEOPLE}?locked=true"))[1]["people"]
    assert (locked["login"], locked["locked"]) == ("emil", True)
    assert await admin.ask("DELETE", f"{PEOPLE}/emil/lock") == (200, {})
    assert (await here.console().sign_in("emil"))[0] == 200
    assert (await admin.ask("GET", f"{PEOPLE}?locked=true"))[1]["people"] == []
    assert (await admin.ask("DELETE", f"{PEOPLE}/emil/lock"))[0] == 404
    (noted,) = (await admin.ask("GET", "/api/v1/audit?action=person-unlocked"))[1]["entries"]
    assert (noted["who"], noted["subject"], noted["detail"]) == ("anna", "person:emil", {"tries": WRONG_LIMIT})


async def test_a_told_password_is_for_choosing_ones_own(here: Firm, admin: Console, dsn: str) -> None:
    ben = await here.signed_in("ben")
    status, told = await admin.ask("POST", f"{PEOPLE}/ben/password")
    assert status == 201
    assert re.fullmatch("[a-z2-9]{4}(-[a-z2-9]{4}){2}", told["password"])
    assert (await ben.ask("GET", ME))[0] == 401, "his session is over"
    assert (await ben.sign_in("ben"))[0] == 401, "his password too"
    assert (await admin.ask("GET", f"{PEOPLE}/ben"))[1]["told_until"] == told["until"]
    wanted = (403, {"error": "choose a password of your own: you were told this one", "code": "own-wanted"})
    assert await ben.sign_in("ben", told["password"]) == wanted
    said = {"name": "ben", "current": told["password"], "password": told["password"]}
    assert (await ben.ask("POST", "/api/v1/password", said))[0] == 422, "it is not his own"
    assert (await ben.ask("POST", "/api/v1/password", {**said, "password": "a horse of his own"}))[0] == 200
    assert (await ben.sign_in("ben", "a horse of his own"))[0] == 200
    assert (await admin.ask("GET", f"{PEOPLE}/ben"))[1]["told_until"] is None
    assert (await ben.sign_in("ben", told["password"]))[0] == 401
    told = (await admin.ask("POST", f"{PEOPLE}/ben/password"))[1]
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE people SET told_until = clock_timestamp() - interval '1 s' WHERE login = 'ben'")
    kept = [
        str(await connection.fetch(f"SELECT * FROM {table}")) for table in ("idempotent_requests", "people", "audit")
    ]
    await connection.close()
    assert told["password"] not in "".join(kept)
    assert (await ben.sign_in("ben", told["password"]))[0] == 401, "its time is over"
    late = {"name": "ben", "current": told["password"], "password": "a horse of his own"}
    assert (await ben.ask("POST", "/api/v1/password", late))[0] == 401


async def test_nobody_is_told_a_password_of_the_directorys_or_ones_own(admin: Console, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO people (login, name, role, directory, made_by) VALUES ('dora', 'D', 'agent', true, 'x')"
    )
    await connection.close()
    for login, status in (("dora", 409), ("anna", 409), ("nobody", 404)):
        assert (await admin.ask("POST", f"{PEOPLE}/{login}/password"))[0] == status, login


async def test_one_session_of_somebodys_is_ended(here: Firm, admin: Console) -> None:
    browsers = [await here.signed_in("ben") for _ in range(2)]
    newest, older = (await admin.ask("GET", f"{PEOPLE}/ben/sessions"))[1]["sessions"]
    assert (await admin.ask("DELETE", f"{PEOPLE}/emil/sessions/{newest['session']}"))[0] == 404, "it is not his"
    assert await admin.ask("DELETE", f"{PEOPLE}/ben/sessions/{newest['session']}") == (200, {})
    assert [(await browser.ask("GET", ME))[0] for browser in browsers] == [200, 401]
    assert [each["session"] for each in (await admin.ask("GET", f"{PEOPLE}/ben/sessions"))[1]["sessions"]] == [
        older["session"]
    ]
    assert (await admin.ask("DELETE", f"{PEOPLE}/ben/sessions/{newest['session']}"))[0] == 404


async def test_what_was_before_stands_in_the_audit(here: Firm, admin: Console) -> None:
    assert (await admin.ask("PUT", f"{PEOPLE}/ben/role", {"role": "supervisor"}))[0] == 200
    assert (await admin.ask("PUT", f"{PEOPLE}/ben/numbers", {"agent": "1002"}))[0] == 200
    numbers, role = (await admin.ask("GET", "/api/v1/audit?subject=person:ben&who=anna&size=2"))[1]["entries"]
    assert role["detail"] == {"role": "supervisor", "before": {"role": "agent"}}
    assert numbers["detail"]["before"] == {"agent": "1001", "employee": None}
    assert (numbers["detail"]["agent"], numbers["detail"]["employee"]) == ("1002", None)


async def test_the_audit_is_searched_by_kind_of_thing_time_and_text(admin: Console, database: Database) -> None:
    await audit.note(database, "ben", "listened", "call:1", {"reason": "=Coaching"})
    await audit.note(database, "ben", "listened", "caller:1")

    async def found(asked: str) -> list[str]:
        return [each["subject"] for each in (await admin.ask("GET", f"/api/v1/audit?who=ben&{asked}"))[1]["entries"]]

    assert await found("subject=call:") == ["call:1"]
    assert await found("subject=call") == []
    assert await found("find=coach") == ["call:1"]
    assert await found("until=2020-01-01T00:00:00Z") == []
    assert await found("action=listened&until=2099-01-01T00:00:00Z") == ["caller:1", "call:1"]
    status, text = await admin.ask("GET", "/api/v1/audit/file?who=ben&action=listened")
    lines = text.removeprefix("\ufeff").splitlines()
    assert (status, lines[0]) == (200, "number,at,who,action,subject,detail")
    assert [line.split(",")[2:5] for line in lines[1:]] == [
        ["ben", "listened", "caller:1"],
        ["ben", "listened", "call:1"],
    ]
    (exported,) = (await admin.ask("GET", "/api/v1/audit?action=audit-exported"))[1]["entries"]
    assert (exported["who"], exported["detail"]) == ("anna", {"who": "ben", "action": "listened"})
