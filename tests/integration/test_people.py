"""People, tokens, passwords and the audit, on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.people import audit
from ccore.people.model import Person, Role
from ccore.people.service import People

ANNA = Person("anna", "安娜", Role.SUPERVISOR, "1001")


@pytest.fixture
async def people(database: Database) -> People:
    found = People(database)
    assert await found.add("anna", "安娜", Role.SUPERVISOR, "1001", "test")
    return found


async def token(people: People, login: str = "anna", days: float = 1) -> str:
    made = await people.new_token(login, days, "", "test")
    assert made is not None
    return made.token


async def test_a_token_lets_its_person_in_and_only_its_hash_is_kept(people: People, dsn: str) -> None:
    secret = await token(people)
    assert await people.of_token(secret) == ANNA
    assert await people.of_token(secret + "x") is None
    connection = await asyncpg.connect(dsn)
    (kept,) = await connection.fetch("SELECT * FROM tokens")
    await connection.close()
    assert secret not in str(kept)
    assert secret.removeprefix("ccore_") not in str(kept)


async def test_whatever_ends_a_token_ends_it_at_once(people: People, dsn: str) -> None:
    first, second = await token(people), await token(people)
    assert await people.revoke("anna", 1, "test") == 1
    assert (await people.of_token(first), await people.of_token(second)) == (None, ANNA)
    assert await people.set_role("anna", Role.ADMIN, "test")
    assert await people.of_token(second) is None, "it was for what she was"
    third = await token(people)
    assert await people.set_active("anna", active=False, by="test")
    assert await people.of_token(third) is None
    assert await people.new_token("anna", 1, "", "test") is None
    assert await people.set_active("anna", active=True, by="test")
    assert await people.of_token(third) is not None
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE tokens SET expires_at = clock_timestamp()")
    await connection.close()
    assert await people.of_token(third) is None


async def test_a_login_and_an_agent_are_one_persons(people: People) -> None:
    assert not await people.add("anna", "another", Role.AGENT, "", "test")
    with pytest.raises(ValueError, match="somebody else"):
        await people.add("berta", "Berta", Role.AGENT, "1001", "test")
    with pytest.raises(ValueError, match="small letters"):
        await people.add("Berta!", "Berta", Role.AGENT, "", "test")


async def test_a_weak_password_is_refused(people: People) -> None:
    for password in ("short", "aaaaaaaaaaaa", "anna-anna-123456"):
        with pytest.raises(ValueError, match="password"):
            await people.set_password("anna", password, "test")


async def test_roles_that_come_back_bring_no_tokens_with_them(people: People) -> None:
    first = await token(people)
    assert await people.set_role("anna", Role.ADMIN, "test")
    assert await people.set_role("anna", Role.SUPERVISOR, "test")
    assert await people.of_token(first) is None


async def test_what_was_done_stands_in_the_audit_in_order(people: People, database: Database) -> None:
    await token(people)
    await people.revoke("anna", None, "root")
    rows = await audit.noted(database, audit.Wanted(subject="person:anna"), 10)
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("root", "token-revoked"),
        ("test", "token-made"),
        ("test", "person-added"),
    ]
    assert await audit.noted(database, audit.Wanted(who="root", action="token-made"), 10) == []
    assert len(await audit.noted(database, audit.Wanted(since=utc_now() - timedelta(minutes=5)), 2)) == 2


async def test_the_chain_holds_and_goes_on(database: Database) -> None:
    for number in range(5):
        await audit.note(database, "anna", "listened", f"call:{number}", {"seconds": number, "why": "样本"})
    assert (await audit.seal(database))[0] == 5
    assert (await audit.seal(database))[0] == 0
    first = await audit.verify(database)
    assert (first.seals, first.faults) == (5, [])
    async with database.transaction() as transaction:
        await audit.note(transaction, "anna", "listened", "call:6")
    assert (await audit.seal(database))[0] == 1
    assert (await audit.verify(database, first.head)).faults == []
    assert "written anew" in (await audit.verify(database, "00" * 32)).faults[0]


async def test_what_is_undone_is_not_in_the_chain(database: Database) -> None:
    async def breaks_off() -> None:
        async with database.transaction() as transaction:
            await audit.note(transaction, "anna", "listened", "call:1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await breaks_off()
    assert (await audit.seal(database))[0] == 0


TAMPERED = {
    "UPDATE audit SET actor = 'berta' WHERE subject = 'call:2'": "entry 3 is not as it was sealed",
    "UPDATE audit SET detail = '{}' WHERE subject = 'call:2'": "entry 3 is not as it was sealed",
    "UPDATE audit SET at = at + interval '1 s' WHERE subject = 'call:2'": "entry 3 is not as it was sealed",
    "DELETE FROM audit_seals WHERE seal = 3; DELETE FROM audit WHERE subject = 'call:2'": "seal 3 is missing",
    "UPDATE audit_seals SET hash = sha256('x') WHERE seal = 3": "entry 3 is not as it was sealed",
    "UPDATE audit_seals SET previous = sha256('x') WHERE seal = 3": "seal 3 does not follow the one before",
}


@pytest.mark.parametrize("tampering", TAMPERED)
async def test_tampering_is_refused_and_found(database: Database, dsn: str, tampering: str) -> None:
    for number in range(5):
        await audit.note(database, "anna", "listened", f"call:{number}", {"seconds": number})
    await audit.seal(database)
    connection = await asyncpg.connect(dsn)
    with pytest.raises(asyncpg.RaiseError, match="never changed or deleted"):
        await connection.execute(tampering)
    for table in ("audit", "audit_seals"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
    await connection.execute(tampering)
    await connection.close()
    assert TAMPERED[tampering] in (await audit.verify(database)).faults


async def test_two_who_seal_at_once_make_one_chain(database: Database) -> None:
    for number in range(50):
        await audit.note(database, "anna", "listened", f"call:{number}")
    done = 0
    for _ in range(10):
        results = await _both(database)
        done += sum(result[0] for result in results if isinstance(result, tuple))
        assert all(isinstance(result, tuple | asyncpg.UniqueViolationError) for result in results), results
    checked = await audit.verify(database)
    assert (done, checked.seals, checked.faults) == (50, 50, [])


async def _both(database: Database) -> list[tuple[int, str] | BaseException]:
    return list(await asyncio.gather(audit.seal(database), audit.seal(database), return_exceptions=True))
