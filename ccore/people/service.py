"""Who may use ccore: people with a role, let in by tokens and passwords."""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

import asyncpg
import structlog
from asyncpg import Record

from ccore.db.pool import Database
from ccore.errors import CcoreError
from ccore.people import audit, displays, passwords
from ccore.people.model import Entrance, Person, Role

log = structlog.get_logger()

TRIES_KEPT = timedelta(days=90)
REQUESTS_KEPT = timedelta(hours=48)  # promised are 24
SEAL_EVERY_S = 1.0
TELL_HEAD_EVERY_S = 3600.0
FORGET_EVERY_S = 600.0
LONGEST_TOKEN_DAYS = 366
IDLE = timedelta(minutes=30)  # nobody has used a session for so long: it is over
WRONG_LIMIT = 10  # tries of one person, or from one address, within the window
WRONG_WINDOW = timedelta(minutes=15)
TOLD_GOOD_FOR = timedelta(days=3)  # of a password that an admin has told: over a weekend
SEEN_EVERY = timedelta(seconds=30)  # that a session is used is written down so often


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token, which nobody can read a second time."""

    number: int
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ToldPassword:
    """A password to choose one's own with, which nobody can read a second time."""

    password: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people: who has ``find`` in a name or number, and is as said; None: or not."""

    find: str | None = None
    role: Role | None = None
    active: bool | None = None
    second_factor: bool | None = None
    locked: bool | None = None


ANYBODY = Wanted()


class People:
    """The people of one database; ``by`` is always who does it, for the audit. Asks the database anew each time.

    Raises Unavailable and OutcomeUnknown as the database does.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, login: str, name: str, role: Role, agent: str, by: str, employee: str = "") -> bool:
        """False: there is somebody of this login. Raises ValueError if it, or a number of theirs, cannot be one."""
        given = login, name, role, agent or None, employee or None, by
        with _explained(agent, employee):
            return await self._database.fetch_value("people.add", *given) is not None

    async def add_employees(self, by: str) -> int:
        """Let in everybody who sells and is nobody here yet; how many. Their number is their login."""
        count: int = await self._database.fetch_value("people.add_employees", by)
        return count

    async def everybody(
        self, wanted: Wanted = ANYBODY, after: str | None = None, most: int | None = None
    ) -> list[Record]:
        """By login: login, name, role, agent, employee, language, active, has_password, directory (has it), told_until
        (of a password they were told), second_factor, tokens (that let in), locked (after too many wrong tries)."""
        return await self._database.fetch("people.people", *_asked(wanted, after, most, None))

    async def one(self, login: str) -> Record | None:
        """As ``everybody`` tells them."""
        return await self._database.fetch_row("people.people", *_asked(ANYBODY, None, 1, login))

    async def set_role(self, login: str, role: Role, by: str) -> bool:
        """From now on; their tokens let nobody in any more. False: there is no such person."""
        return await self._database.fetch_value("people.set_role", login, role, by) is not None

    async def set_active(self, login: str, active: bool, by: str) -> bool:
        """Whether they are let in at all. False: there is no such person."""
        try:
            return await self._database.fetch_value("people.set_active", login, active, by) is not None
        except asyncpg.UniqueViolationError as error:
            raise ValueError("a number of theirs is somebody else's now") from error

    async def set_numbers(self, login: str, agent: str, employee: str, by: str) -> bool:
        """Where they take calls, and as whom they sell. False: there is no such person. Raises ValueError."""
        with _explained(agent, employee):
            given = login, agent or None, employee or None, by
            return await self._database.fetch_value("people.set_numbers", *given) is not None

    async def set_password(self, login: str, password: str, by: str) -> bool:
        """Theirs is here from now on, not in the directory. False: there is no such person.

        Raises ValueError for one that is easily guessed.
        """
        if complaint := passwords.weakness(password, login):
            raise ValueError(complaint)
        kept = await asyncio.to_thread(passwords.kept, password)
        return await self._database.fetch_value("people.set_password", login, kept, by) is not None

    async def tell_password(self, login: str, by: str) -> ToldPassword | None:
        """One to tell them, with which they choose their own before they come in; their sessions end.

        None: there is no such person, or they are the directory's.
        """
        password = passwords.new_told()
        kept = await asyncio.to_thread(passwords.kept, password)
        until = await self._database.fetch_value("people.tell_password", login, kept, TOLD_GOOD_FOR, by)
        return None if until is None else ToldPassword(password, until)

    async def unlock(self, login: str, by: str) -> int:
        """Their wrong tries count no more; how many those were."""
        count: int = await self._database.fetch_value("people.unlock", login, by, WRONG_WINDOW)
        return count

    async def new_token(
        self, login: str, days: float, note: str, by: str, scopes: Sequence[str] = ()
    ) -> NewToken | None:
        """One that is good for ``scopes`` (``Entrance``). None: nobody of this login is let in.

        Raises ValueError for a time too long.
        """
        if not 0 < days <= LONGEST_TOKEN_DAYS:
            raise ValueError(f"a token is for {LONGEST_TOKEN_DAYS} days at most")
        token = passwords.new_token()
        kept, good_for = passwords.token_hash(token), timedelta(days=days)
        row = await self._database.fetch_row("people.add_token", login, kept, note, good_for, list(scopes), by)
        return None if row is None else NewToken(row["token_id"], token, row["expires_at"])

    async def tokens(self, login: str | None = None) -> list[Record]:
        """Those that let in, of one or of all: token_id, login, note, scopes, expires_at, made_by, made_at."""
        return await self._database.fetch("people.tokens", login)

    async def revoke(self, login: str, number: int | None, by: str) -> int:
        """End token ``number`` of a person, or all of theirs; how many ended. The next request with it is refused."""
        count: int = await self._database.fetch_value("people.revoke", login, number, by)
        return count

    async def of_token(self, token: str) -> Person | None:
        """Whom a token lets in."""
        entrance = await self.by_token(token)
        return None if entrance is None else entrance.person

    async def by_token(self, token: str) -> Entrance | None:
        """Whom a token lets in, and what for."""
        row = await self._database.fetch_row("people.of_token", passwords.token_hash(token))
        return None if row is None else Entrance(_person(row), frozenset(row["scopes"]))

    async def by_session(self, session: str, demanding: Collection[str] = ()) -> Entrance | None:
        """Whom a session lets in, which goes on by that; ``session`` is what its browser has.

        ``demanding`` are the roles that do nothing before they have a second factor.
        """
        given = passwords.token_hash(session), IDLE, SEEN_EVERY, list(demanding)
        row = await self._database.fetch_row("people.of_session", *given)
        return None if row is None else Entrance(_person(row), session=row["session_id"], bare=row["bare"])

    async def by_display(self, secret: str) -> Entrance | None:
        """The screen on a wall whose browser has ``secret``."""
        return await displays.by_secret(self._database, secret)

    async def still_in(self, sessions: Collection[int]) -> frozenset[int]:
        """Which of these sessions, by number, still let in; they go on by that."""
        rows = await self._database.fetch("sign_in.still_in", list(sessions), IDLE, SEEN_EVERY)
        return frozenset(row["session_id"] for row in rows)

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
                await self._database.execute("sign_in.forget_sessions", TRIES_KEPT)
                await self._database.execute("displays.forget", TRIES_KEPT)
            except (CcoreError, asyncpg.PostgresError) as error:
                log.warning("requests_not_forgotten", reason=str(error))
            await asyncio.sleep(FORGET_EVERY_S)


def _asked(wanted: Wanted, after: str | None, most: int | None, login: str | None) -> tuple[object, ...]:
    such = wanted.active, wanted.second_factor, wanted.locked
    return after, wanted.find, wanted.role, most, login, *such, WRONG_LIMIT, WRONG_WINDOW


@contextmanager
def _explained(agent: str, employee: str) -> Iterator[None]:
    """Raises ValueError for what cannot be somebody's."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        raise ValueError("a login has 2 to 40 small letters, digits, . _ -, and an agent 2 to 12 digits") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise ValueError(f"there is no employee {employee}") from error
    except asyncpg.UniqueViolationError as error:
        taken = f"employee {employee}" if error.constraint_name == "people_employees" else f"agent {agent}"
        raise ValueError(f"{taken} is somebody else") from error


def _person(row: Record) -> Person:
    return Person(row["login"], row["name"], Role(row["role"]), row["agent"] or "", row["employee"] or "")
