"""A small API with sign-in, people and audit on a real PostgreSQL, and a clock of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
from pydantic import Field

from ccore.access import Access
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.people import passwords
from ccore.people.audit import Wanted, noted
from ccore.people.directory import Directory
from ccore.people.model import Role
from ccore.people.service import People
from ccore.people.sign_in import SignIn
from ccore.people.vault import Vault
from ccore.web.app import Health, make_app, serving
from ccore.web.auth import Auth
from ccore.web.bodies import MOST_BYTES_EVER, Said
from ccore.web.once import Once
from ccore.web.rates import Rates
from ccore.web.v1 import audit, openapi, people, sign_in
from ccore.web.v1.operations import EVERYBODY, Asked, Operation, Served, Told
from tests.support.console import PASSWORD, Console
from tests.support.ports import free_port

VAULT = Vault({"key-1": bytes(range(32))})
KEPT = passwords.kept(PASSWORD)  # once: it takes its time


class Note(Said):
    """What is written down."""

    text: str = Field(max_length=MOST_BYTES_EVER)


class Noted(Told):
    """How much is."""

    notes: int


class OnShift(Told):
    """An agent who works."""

    login: str


@dataclass(slots=True)
class Firm:
    """The application, its people, and what was done with it."""

    url: str
    database: Database
    people: People
    sign_in: SignIn
    session: aiohttp.ClientSession
    notes: list[str]
    clock: list[datetime]  # what time it is for second factors: it stands until a test moves it

    @property
    def now(self) -> datetime:
        """By the firm's own clock."""
        return self.clock[0]

    def wait(self, seconds: float) -> None:
        """Move the clock."""
        self.clock[0] += timedelta(seconds=seconds)

    def console(self) -> Console:
        """A new browser."""
        return Console(self.url, self.session)

    async def signed_in(self, name: str) -> Console:
        """A browser in which ``name`` has signed in."""
        browser = self.console()
        status, said = await browser.sign_in(name)
        assert status == 200, said
        return browser

    async def refused_for(self) -> dict[str, list[str]]:
        """Why sign-ins were refused, by whom or what the audit says they were about."""
        await self.sign_in.note_refused()
        rows = await noted(self.database, Wanted(action="sign-in-refused"), 100)
        return {row["subject"]: row["detail"]["why"] for row in rows}


@asynccontextmanager
async def firm(
    database: Database, access: Access | None = None, directory: Directory | None = None
) -> AsyncIterator[Firm]:
    """With anna (admin), mia (manager), emil (employee E001, +8613900000001) and ben (agent), each with PASSWORD."""
    folk, notes, clock = People(database), list[str](), [utc_now()]
    auth, rates = Auth(folk, access), Rates()
    signing_in = SignIn(database, "Firm", lambda: clock[0], VAULT, directory)
    once = Once(database, auth)

    async def note(asked: Asked[Note, None]) -> Noted:
        notes.append(asked.body.text)
        return Noted(notes=len(notes))

    async def shift(asked: Asked[None, None]) -> OnShift:
        if asked.request.method == "POST":
            notes.append(asked.person.login)
        return OnShift(login=asked.person.login)

    operations: list[Operation[Any, Any]] = [
        *sign_in.operations(signing_in, auth, rates, "Asia/Shanghai"),
        *people.operations(folk, signing_in, {"notes", "session"}),
        *audit.operations(database),
        Operation("POST", "/notes", "Note", EVERYBODY, note, body=Note, answer=Noted, most_bytes=MOST_BYTES_EVER),
        Operation("GET", "/shift", "Who works", {Role.AGENT}, shift, answer=OnShift),
        Operation("POST", "/shift", "Work", {Role.AGENT}, shift, answer=OnShift),
    ]
    operations.append(openapi.operation(operations))
    app, port = make_app(lambda: Health({}), Served(auth, once, rates).routes(operations)), free_port()
    nothing_kept = aiohttp.DummyCookieJar()
    async with serving(app, "127.0.0.1", port), aiohttp.ClientSession(cookie_jar=nothing_kept) as session:
        yield Firm(f"http://127.0.0.1:{port}", database, folk, signing_in, session, notes, clock)


async def peopled(database: Database, dsn: str) -> None:
    """The people of the firm."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("""
        INSERT INTO departments (name) VALUES ('Sales');
        INSERT INTO employees (number, name, phone, department_id) VALUES ('E001', 'Emil', '+8613900000001', 1),
                                                                           ('E002', 'Eva', '+8613900000002', 1)
    """)
    await connection.close()
    folk = People(database)
    for login, role, agent, employee in (
        ("anna", Role.ADMIN, "", ""),
        ("mia", Role.MANAGER, "", ""),
        ("emil", Role.EMPLOYEE, "", "E001"),
        ("ben", Role.AGENT, "1001", ""),
    ):
        assert await folk.add(login, login.title(), role, agent, "test", employee)
        assert await database.fetch_value("people.set_password", login, KEPT, "test")
