"""Who may use ccore: people with a role, let in by tokens and passwords."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.people import audit, passwords
from ccore.people.model import Person, Role

log = structlog.get_logger()

WRONG_LIMIT = 10  # tries of one login, or from one address, within the window
WRONG_WINDOW = timedelta(minutes=15)
TRIES_KEPT = timedelta(days=90)
REQUESTS_KEPT = timedelta(hours=48)  # promised are 24
SEAL_EVERY_S = 1.0
TELL_HEAD_EVERY_S = 3600.0
FORGET_EVERY_S = 600.0
LONGEST_TOKEN_DAYS = 366


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, which nobody can read a second time."""

    number: int
    token: str
    expires_at: datetime


class People:
    """The people of one database; ``by`` is always who does it, for the audit. Asks the database anew each time.

    Raises Unavailable and OutcomeUnknown as the database does.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, login: str, name: str, role: Role, agent: str, by: str) -> bool:
        """False: there is somebody of this login. Raises ValueError if it, or the agent's number, cannot be one."""
        try:
            return await self._database.fetch_value("people.add", login, name, role, agent or None, by) is not None
        except asyncpg.CheckViolationError as error:
            raise ValueError("a login has 2 to 40 small letters, digits, . _ -, and an agent 2 to 12 digits") from error
        except asyncpg.UniqueViolationError as error:
            raise ValueError(f"agent {agent} is somebody else") from error

    async def everybody(self) -> list[Record]:
        """login, name, role, agent, active, has_password, tokens (how many let in)."""
        return await self._database.fetch("people.people")

    async def set_role(self, login: str, role: Role, by: str) -> bool:
        """From now on; their tokens let nobody in any more. False: there is no such person."""
        return await self._database.fetch_value("people.set_role", login, role, by) is not None

    async def set_active(self, login: str, active: bool, by: str) -> bool:
        """Whether they are let in at all. False: there is no such person."""
        try:
            return await self._database.fetch_value("people.set_active", login, active, by) is not None
        except asyncpg.UniqueViolationError as error:
            raise ValueError("their agent's number is somebody else's now") from error

    async def set_password(self, login: str, password: str, by: str) -> bool:
        """False: there is no such person. Raises ValueError for one that is easily guessed."""
        if complaint := passwords.weakness(password, login):
            raise ValueError(complaint)
        salt, kept = await asyncio.to_thread(passwords.salted, password)
        return await self._database.fetch_value("people.set_password", login, salt, kept, by) is not None

    async def new_token(self, login: str, days: float, note: str, by: str) -> NewToken | None:
        """None: nobody of this login is let in. Raises ValueError for a time too long."""
        if not 0 < days <= LONGEST_TOKEN_DAYS:
            raise ValueError(f"a token is for {LONGEST_TOKEN_DAYS} days at most")
        token = passwords.new_token()
        row = await self._database.fetch_row(
            "people.add_token", login, passwords.token_hash(token), note, timedelta(days=days), by
        )
        return None if row is None else NewToken(row["token_id"], token, row["expires_at"])

    async def tokens(self) -> list[Record]:
        """Those that let in: token_id, login, note, expires_at, made_by, made_at."""
        return await self._database.fetch("people.tokens")

    async def revoke(self, login: str, number: int | None, by: str) -> int:
        """End token ``number`` of a person, or all of theirs; how many ended. The next request with it is refused."""
        count: int = await self._database.fetch_value("people.revoke", login, number, by)
        return count

    async def of_token(self, token: str) -> Person | None:
        """Whom a token lets in."""
        row = await self._database.fetch_row("people.of_token", passwords.token_hash(token))
        return None if row is None else _person(row)

    async def of_password(self, login: str, password: str, address: str) -> Person | None:
        """Whom a password lets in, from ``address``; None does not say whether the login, the password, or the lock
        after too many tries was why."""
        # Written down before it is judged: tries at the same time see each other.
        tried = await self._database.fetch_value("people.try_password", login[:40], address)
        row = await self._database.fetch_row("people.password", login[:40], address, WRONG_WINDOW)
        assert row is not None, "the query always gives a row"
        right = await asyncio.to_thread(
            passwords.is_right, password[: passwords.LENGTHS.stop], row["password_salt"], row["password_hash"]
        )
        if row["wrong"] > WRONG_LIMIT or not right:
            why = "locked" if row["wrong"] > WRONG_LIMIT else "wrong"
            log.warning("sign_in_refused", address=address, why=why, security=True)
            return None
        await self._database.execute("people.pass_password", tried)
        await audit.note(self._database, row["login"], "signed-in", f"person:{row['login']}", {"address": address})
        return _person(row)

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        return {"audit seals": self._seal, "old requests": self._forget}

    async def _seal(self) -> NoReturn:
        told, told_at = "", 0.0
        while True:
            try:
                while (sealed := await audit.seal(self._database))[0] == audit.AT_ONCE:
                    pass
                if sealed[1] != told and time.monotonic() - told_at > TELL_HEAD_EVERY_S:
                    told, told_at = sealed[1], time.monotonic()
                    log.info(
                        "audit_sealed", head=told
                    )  # elsewhere: who can write the whole chain anew has to change it too
            except (CcoreError, asyncpg.PostgresError) as error:
                log.warning("audit_not_sealed", reason=str(error))
            await asyncio.sleep(SEAL_EVERY_S)

    async def _forget(self) -> NoReturn:
        while True:
            try:
                await self._database.execute("people.forget_requests", REQUESTS_KEPT)
                await self._database.execute("people.forget_tries", TRIES_KEPT)
            except (CcoreError, asyncpg.PostgresError) as error:
                log.warning("requests_not_forgotten", reason=str(error))
            await asyncio.sleep(FORGET_EVERY_S)


def _person(row: Record) -> Person:
    return Person(row["login"], row["name"], Role(row["role"]), row["agent"] or "")
