"""Coming in with a password: who it is, how often one may try, second factors, sessions, codes for a first password."""

import asyncio
import enum
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NoReturn, TypeVar

import structlog
from asyncpg import Record
from prometheus_client import Counter

from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.db.trouble import Trouble
from ccore.people import passwords, second_factor
from ccore.people.directory import Directory, DirectoryAway, Found, chosen
from ccore.people.model import Role
from ccore.people.service import IDLE, WRONG_LIMIT, WRONG_WINDOW
from ccore.people.vault import NO_KEYS, Rekeying, Vault
from ccore.site_keys import OtherKey, key_bytes

log = structlog.get_logger()

LONGEST = timedelta(hours=12)  # of a session, however it is used
CODE_GOOD_FOR = timedelta(minutes=10)
CODES_AN_HOUR = 3
HASHED_AT_ONCE = 2  # calls need processors too
FOLLOW_EVERY_S = 600.0
NOTE_EVERY_S = 10.0
FOLDED_WITHIN = timedelta(minutes=1)  # tries of one name from one address are one entry of the audit
MOST_NOTED = 10  # entries at once: a flood of guesses does not fill it
_LONGEST_NAME, _LONGEST_BROWSER = 40, 200

TRIED = Counter("ccore_sign_ins_total", "Tries to sign in, or to give oneself a password", ["outcome"])

T = TypeVar("T")


class Refused(enum.StrEnum):
    """Why somebody does not come in; no word says whether there is such a person."""

    WRONG = "wrong"
    LOCKED = "locked"  # too many tries were wrong
    CODE_WANTED = "code-wanted"  # the password is right: now the second factor
    OWN_WANTED = "own-wanted"  # the password is one they were told: now one of their own
    AWAY = "away"  # nobody can say, as the directory does not answer


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says of themselves: ``name`` is a login or an employee number, ``code`` of their second factor."""

    name: str
    password: str = field(repr=False)
    address: str
    code: str = field(default="", repr=False)
    browser: str = ""
    session: str = field(default="", repr=False)  # of the browser's before, which ends


_Why = Literal["password", "directory", "code", "text-code", "locked", "away"]
_Proof = Callable[[str, Record, Given], Awaitable[Record | None]]


@dataclass(frozen=True, slots=True)
class Begun:
    """A session: its number, whose it is, and what its browser is given, which is kept nowhere."""

    number: int
    login: str
    secret: str = field(repr=False)


class SignIn:
    """Sign-in to one database. ``site`` is what authenticators show; ``vault`` keeps what they share.

    Who has no password here is asked of the ``directory``, if there is one, and of nobody else while it is away.

    Raises Unavailable and OutcomeUnknown as the database does.
    """

    def __init__(
        self,
        database: Database,
        site: str = "ccore",
        now: Callable[[], datetime] = utc_now,
        vault: Vault = NO_KEYS,
        directory: Directory | None = None,
    ) -> None:
        self._database, self._site, self._now, self._vault = database, site, now, vault
        self._directory = directory
        self._rekeying = Rekeying(database, vault)
        self.trouble = Trouble("directory_not_followed")
        self._not_noted = Trouble("refused_sign_ins_not_noted")
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)

    def led(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What one ccore does of all those on this database, by name."""
        led: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            "second factors": self._rekeying.watch,
            "refused sign-ins": self._note,
        }
        return led if self._directory is None else led | {"people of the directory": self._follow}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self._rekeying.warnings()
        if self._not_noted.reason:
            yield f"refused sign-ins do not come into the audit: {self._not_noted.reason}"
        if self._directory is not None:
            yield from self._directory.warnings()
        if self.trouble.reason:
            yield f"who left the directory is not looked for: {self.trouble.reason}"

    async def begin(self, given: Given) -> Begun | Refused:
        """Let somebody in, or not."""
        person = await self.prove(given)
        if isinstance(person, Refused):
            return person
        if person["told"]:
            return _refused(given, Refused.OWN_WANTED)
        login: str = person["login"]
        secret, before = passwords.new_session(), passwords.token_hash(given.session)
        kept, browser = passwords.token_hash(secret), given.browser[:_LONGEST_BROWSER]
        came = person["person_id"], person["password"], kept, given.address, browser, LONGEST, before
        number = await self._database.fetch_value("sign_in.begin", *came)
        return Refused.WRONG if number is None else Begun(number, login, secret)  # they had it, until just now

    async def prove(self, given: Given) -> Record | Refused:
        """Who it is that has this password, and the second factor if they have set one up: a row of ``state``."""
        judged = await self._judged(given, self._password)
        if isinstance(judged, Refused) or not await self._outdated(judged, given.password):
            return judged
        return await self._database.fetch_row("sign_in.state", judged["login"], given.address, WRONG_WINDOW) or judged

    async def send_code(self, name: str) -> None:
        """Send whoever is meant a code by text message, if there is somebody with a telephone; nobody is told which."""
        code = passwords.new_code()
        given = name[:_LONGEST_NAME], code, await self._hashed(lambda: passwords.kept(code))
        await self._database.execute("sign_in.send_code", *given, CODE_GOOD_FOR, CODES_AN_HOUR)

    async def choose_password(self, given: Given, password: str, *, by_code: bool) -> Refused | None:
        """Give oneself a new password, by that of now, or ``by_code`` of a text message in its place: None, it is so.

        All sessions of theirs end. Raises ValueError for one that is easily guessed.
        """
        if complaint := passwords.weakness(password, given.name):
            raise ValueError(complaint)
        judged = await self._judged(given, self._text_code if by_code else self._own_password)
        if isinstance(judged, Refused):
            return judged
        if judged["told"] and not by_code and password == given.password:
            raise ValueError("choose another password than the one you were told")
        if judged["directory"]:  # since they were sent the code
            return _refused(given, Refused.WRONG)
        kept = await self._hashed(lambda: passwords.kept(password))
        await self._database.fetch_value("people.set_password", judged["login"], kept, judged["login"])
        return None

    async def offer_second_factor(self, login: str) -> tuple[str, str] | None:
        """A secret for an authenticator, and the URI of its QR code; None: they have one. Raises NoKey."""
        secret = second_factor.new_secret()
        if await self._database.fetch_value("sign_in.offer_totp", login, self._vault.put(login, secret)) is None:
            return None
        return secret, second_factor.uri(secret, login, self._site)

    async def begin_second_factor(self, login: str, code: str, session: int) -> Sequence[str] | None:
        """The recovery codes of whoever has shown ``code`` of the secret they were offered; other sessions end.

        None: that is no code of it.
        """
        kept = await self._database.fetch_value("sign_in.offered_totp", login)
        step = None if kept is None else self._step_of(login, kept, code)
        if step is None:
            return None
        codes = second_factor.new_recovery_codes()
        hashes = [second_factor.recovery_hash(each) for each in codes]
        begun = await self._database.fetch_value("sign_in.begin_totp", login, step, kept, hashes, session)
        return None if begun is None else codes

    async def end_second_factor(self, login: str, by: str) -> bool:
        """Their sessions end. False: they had none."""
        return await self._database.fetch_value("sign_in.end_totp", login, by) is not None

    async def who(self, login: str, session: int) -> Record:
        """login, name, role, agent, employee, language, second_factor, recovery_codes_left, expires_at."""
        row = await self._database.fetch_row("sign_in.who", login, session)
        assert row is not None, "nobody is ever deleted"
        return row

    async def set_language(self, login: str, language: str) -> None:
        """What they read from now on."""
        await self._database.execute("sign_in.set_language", login, language)

    async def sessions(self, login: str) -> list[Record]:
        """session_id, begun_at, seen_at, expires_at, address, browser of those that let in."""
        return await self._database.fetch("sign_in.sessions", login, IDLE)

    async def end_sessions(self, login: str, number: int | None, by: str, but: int = 0) -> int:
        """End session ``number`` of a person, or all but ``but``; how many. The next request in one is refused."""
        count: int = await self._database.fetch_value("sign_in.end_sessions", login, number, by, but)
        return count

    async def _judged(self, given: Given, proved: _Proof) -> Record | Refused:
        # Written down before it is judged: tries at the same time see each other.
        tried = await self._database.fetch_row("sign_in.try", given.name[:_LONGEST_NAME], given.address)
        assert tried is not None, "the query always gives a row"
        row = await self._database.fetch_row("sign_in.state", tried["login"], given.address, WRONG_WINDOW)
        assert row is not None, "the query always gives a row"
        if row["wrong"] > WRONG_LIMIT:
            return await self._refuse(given, tried, Refused.LOCKED, "locked")
        wrong = self._wrong(proved, row)
        try:
            row = await proved(tried["login"], row, given)
        except DirectoryAway:
            return await self._refuse(given, tried, Refused.AWAY, "away")
        if row is None:
            return await self._refuse(given, tried, Refused.WRONG, wrong)
        if row["totp_secret"] is not None and not given.code:
            await self._database.execute("sign_in.passed", tried["try_id"])  # as far as it went
            return _refused(given, Refused.CODE_WANTED)
        if row["totp_secret"] is not None and not await self._second_factor(row, given.code):
            return await self._refuse(given, tried, Refused.WRONG, "code")
        await self._database.execute("sign_in.passed", tried["try_id"])
        TRIED.labels("right").inc()
        return row

    async def _refuse(self, given: Given, tried: Record, answer: Refused, why: _Why) -> Refused:
        await self._database.execute("sign_in.refused", tried["try_id"], why)
        return _refused(given, answer)

    def _wrong(self, proved: _Proof, row: Record) -> _Why:
        """What is wrong if they cannot prove who they are so."""
        if proved == self._text_code:
            return "text-code"
        theirs = proved == self._password and self._directory is not None and row["in_directory"]
        return "directory" if theirs else "password"

    async def note_refused(self) -> int:
        """Write into the audit what was refused and is not there yet; how many tries those were."""
        count: int = await self._database.fetch_value("sign_in.note_refused", FOLDED_WITHIN, MOST_NOTED)
        return count

    async def _note(self) -> NoReturn:
        await self._not_noted.every(NOTE_EVERY_S, self.note_refused)

    async def _password(self, login: str, row: Record, given: Given) -> Record | None:
        if self._directory is None or not row["in_directory"]:
            return await self._own_password(login, row, given)
        found = await self._directory.ask(login, given.password)
        if found is None:
            return None
        if found.role is None or not await self._taken_over(found, found.role):
            await self._database.execute("sign_in.out_of_directory", login)
            return None
        now = await self._database.fetch_row("sign_in.state", login, given.address, WRONG_WINDOW)
        return None if now is None or now["login"] is None else now

    async def _follow(self) -> NoReturn:
        """Whoever of the directory is signed in, or has a token, is who they are there now, or is out."""
        await self.trouble.every(FOLLOW_EVERY_S, self.follow)

    async def follow(self) -> None:
        """Once. Raises DirectoryAway: then nobody is out."""
        assert self._directory is not None
        for row in await self._database.fetch("sign_in.in_from_directory"):
            found = await self._directory.look(row["login"])
            if found is None or found.role is None or not await self._taken_over(found, found.role):
                await self._database.execute("sign_in.out_of_directory", row["login"])

    async def _taken_over(self, found: Found, role: Role) -> bool:
        """Whether somebody of the directory may be somebody here, as which they stand here now."""
        said = found.login, found.name, role, found.agent, found.employee
        row = await self._database.fetch_row("sign_in.from_directory", *said)
        if row is None:
            return False
        if {found.agent or row["agent"], found.employee or row["employee"]} != {row["agent"], row["employee"]}:
            log.warning("directory_number_refused", login=found.login, agent=found.agent, employee=found.employee)
        return True

    async def _own_password(self, _login: str, row: Record, given: Given) -> Record | None:
        """It takes as long for whoever there is, or is not."""
        password = given.password[: passwords.LENGTHS.stop]
        right = await self._hashed(lambda: passwords.matches(password, row["password"]))
        if row["old_left"]:
            salt, kept = row["password_salt"], row["password_hash"]
            right = await self._hashed(lambda: passwords.is_right(password, salt, kept)) or right
        return row if right else None

    async def _text_code(self, _login: str, row: Record, given: Given) -> Record | None:
        kept = await self._database.fetch_value("sign_in.code", row["person_id"], CODE_GOOD_FOR)
        return row if await self._hashed(lambda: passwords.matches(given.password, kept)) else None

    async def _second_factor(self, row: Record, code: str) -> bool:
        step = self._step_of(row["login"], row["totp_secret"], code)
        if step is not None:
            return await self._database.fetch_value("sign_in.take_step", row["person_id"], step) is not None
        hashed = second_factor.recovery_hash(code)
        return await self._database.fetch_value("sign_in.use_recovery", row["person_id"], hashed) is not None

    def _step_of(self, login: str, kept: str, code: str) -> int | None:
        """The step of which ``code`` is; None also if nobody can tell, which is the admin's to mend."""
        try:
            return second_factor.step_of(self._vault.get(login, kept), code, self._now())
        except OtherKey as error:
            log.error("second_factor_locked", login=login, reason=str(error))
            return None

    async def _outdated(self, row: Record, password: str) -> bool:
        """Whether something else is kept of the password from now on than was before."""
        if row["directory"] or (row["password"] is not None and not passwords.is_outdated(row["password"])):
            return False
        kept = await self._hashed(lambda: passwords.kept(password))
        before = row["password"], row["password_hash"]
        await self._database.execute("sign_in.rehash", row["person_id"], kept, *before)
        return True

    async def _hashed(self, work: Callable[[], T]) -> T:
        async with self._hashing:
            return await asyncio.to_thread(work)


def sign_in_of(config: Config, secrets: Secrets, database: Database) -> SignIn:
    """As it is configured. Raises DirectoryNotInstalled."""
    vault = Vault(key_bytes(secrets.second_factor_keys))
    return SignIn(database, config.site.name, vault=vault, directory=chosen(config, secrets))


def _refused(given: Given, why: Refused) -> Refused:
    log.warning("sign_in_refused", address=given.address, why=why.value, security=True)
    TRIED.labels(why.value).inc()
    return why
