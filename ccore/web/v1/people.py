"""Who may use ccore, over HTTP: people, their roles, tokens and sessions, for admins."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from asyncpg import Record
from pydantic import Field

from ccore.people.model import Role
from ccore.people.service import LONGEST_TOKEN_DAYS, People, Wanted
from ccore.people.sign_in import SignIn
from ccore.web.bodies import Said
from ccore.web.v1.operations import Asked, Done, Operation, Told
from ccore.web.v1.sign_in import Sessions, sessions_of

Login = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{1,39}$")]
AgentNumber = Annotated[str, Field(pattern="^([0-9]{2,12})?$", description="where they take calls; empty: they do not")]
EmployeeNumber = Annotated[str, Field(max_length=40, description="under which they sell; empty: they do not")]
Scope = Annotated[str, Field(pattern="^[a-z][a-z-]{1,39}$")]


class Sought(Said):
    """Which people: with ``find`` in a name or number, after the one with this login. ``locked``: by wrong tries."""

    size: Annotated[int, Field(ge=1, le=200)] = 50
    after: Login | None = None
    find: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    role: Role | None = None
    active: bool | None = None
    second_factor: bool | None = None
    locked: bool | None = None


class NewPerson(Said):
    """Somebody to let in."""

    login: Login
    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Role
    agent: AgentNumber = ""
    employee: EmployeeNumber = ""


class NewRole(Said):
    """What somebody may from now on."""

    role: Role


class Active(Said):
    """Whether somebody is let in."""

    active: bool


class Numbers(Said):
    """Of agents and employees."""

    agent: AgentNumber = ""
    employee: EmployeeNumber = ""


class NewToken(Said):
    """For a program: ``scopes`` are ``read``, ``write``, or subjects of the API; none: all that its person may."""

    days: Annotated[float, Field(gt=0, le=LONGEST_TOKEN_DAYS)] = 90
    note: Annotated[str, Field(max_length=200)] = ""
    scopes: Annotated[list[Scope], Field(max_length=40)] = Field(default=[])


class Somebody(Told):
    """Somebody who may use ccore, or could. ``directory``: their password is there; ``told_until``: they were told one
    here, and have to choose their own until then; ``locked``: there were too many wrong tries.
    """

    login: str
    name: str
    role: Role
    agent: str
    employee: str
    language: Literal["zh", "en"]
    active: bool
    has_password: bool
    directory: bool
    told_until: datetime | None
    second_factor: bool
    locked: bool
    tokens: int


class Everybody(Told):
    """By login; ``after`` gives the next page, and is null on the last."""

    people: list[Somebody]
    after: str | None


class Token(Told):
    """One that lets in."""

    token: int
    note: str
    scopes: list[str]
    expires_at: datetime
    made_by: str
    made_at: datetime


class Tokens(Told):
    """Of one person, the newest first."""

    tokens: list[Token]


class TokenMade(Told):
    """A token, which nobody is told again."""

    token: int
    secret: str
    expires_at: datetime


class PasswordMade(Told):
    """A password to tell them, which nobody is told again: until then they choose their own with it."""

    password: str
    until: datetime


class Added(Told):
    """How many are let in who were not."""

    added: int


class _People:
    def __init__(self, people: People, sign_in: SignIn, subjects: Collection[str]) -> None:
        self._people, self._sign_in, self._subjects = people, sign_in, subjects

    async def everybody(self, asked: Asked[None, Sought]) -> Everybody:
        want = asked.query
        wanted = Wanted(want.find, want.role, want.active, want.second_factor, want.locked)
        rows = await self._people.everybody(wanted, want.after, want.size)
        people = [_somebody(row) for row in rows]
        return Everybody(people=people, after=people[-1].login if len(people) == want.size else None)

    async def one(self, asked: Asked[None, None]) -> Somebody:
        row = await self._people.one(asked.path["login"])
        if row is None:
            raise web.HTTPNotFound(text=_NOBODY)
        return _somebody(row)

    async def add(self, asked: Asked[NewPerson, None]) -> Somebody:
        new, by = asked.body, asked.person.login
        try:
            added = await self._people.add(new.login, new.name, new.role, new.agent, by, new.employee)
        except ValueError as error:
            raise web.HTTPConflict(text=str(error)) from error
        if not added:
            raise web.HTTPConflict(text=f"there is a {new.login} already")
        row = await self._people.one(new.login)
        assert row is not None, "they were just added"
        return _somebody(row)

    async def add_employees(self, asked: Asked[None, None]) -> Added:
        return Added(added=await self._people.add_employees(asked.person.login))

    async def set_role(self, asked: Asked[NewRole, None]) -> Done:
        login = _another(asked)
        return _done(await self._people.set_role(login, asked.body.role, asked.person.login))

    async def set_active(self, asked: Asked[Active, None]) -> Done:
        login = _another(asked)
        try:
            return _done(await self._people.set_active(login, asked.body.active, asked.person.login))
        except ValueError as error:
            raise web.HTTPConflict(text=str(error)) from error

    async def set_numbers(self, asked: Asked[Numbers, None]) -> Done:
        said, by = asked.body, asked.person.login
        try:
            return _done(await self._people.set_numbers(asked.path["login"], said.agent, said.employee, by))
        except ValueError as error:
            raise web.HTTPConflict(text=str(error)) from error

    async def tell_password(self, asked: Asked[None, None]) -> PasswordMade:
        login = _another(asked)
        row = await self._people.one(login)
        if row is None:
            raise web.HTTPNotFound(text=_NOBODY)
        told = None if row["directory"] else await self._people.tell_password(login, asked.person.login)
        if told is None:
            raise web.HTTPConflict(text="their password is the directory's: it is changed there")
        return PasswordMade(password=told.password, until=told.until)

    async def unlock(self, asked: Asked[None, None]) -> Done:
        if not await self._people.unlock(asked.path["login"], asked.person.login):
            raise web.HTTPNotFound(text="there were no wrong tries of theirs just now")
        return Done()

    async def tokens(self, asked: Asked[None, None]) -> Tokens:
        rows = await self._people.tokens(asked.path["login"])
        return Tokens.model_validate({"tokens": [{**row, "token": row["token_id"]} for row in rows]})

    async def new_token(self, asked: Asked[NewToken, None]) -> TokenMade:
        said, by = asked.body, asked.person.login
        if unknown := set(said.scopes) - {"read", "write", *self._subjects}:
            known = ", ".join(sorted(self._subjects))
            raise web.HTTPUnprocessableEntity(
                text=f"there is no {', '.join(sorted(unknown))}, but read, write, {known}"
            )
        made = await self._people.new_token(asked.path["login"], said.days, said.note, by, said.scopes)
        if made is None:
            raise web.HTTPNotFound(text="there is no such person, or they are not let in")
        return TokenMade(token=made.number, secret=made.token, expires_at=made.expires_at)

    async def revoke(self, asked: Asked[None, None]) -> Done:
        if not await self._people.revoke(asked.path["login"], asked.number("token"), asked.person.login):
            raise web.HTTPNotFound(text="they have no such token")
        return Done()

    async def sessions(self, asked: Asked[None, None]) -> Sessions:
        return await sessions_of(self._sign_in, asked.path["login"])

    async def end_sessions(self, asked: Asked[None, None]) -> Done:
        await self._sign_in.end_sessions(asked.path["login"], None, asked.person.login)
        return Done()

    async def end_session(self, asked: Asked[None, None]) -> Done:
        given = asked.path["login"], asked.number("session"), asked.person.login
        if not await self._sign_in.end_sessions(*given):
            raise web.HTTPNotFound(text="they have no such session")
        return Done()

    async def end_second_factor(self, asked: Asked[None, None]) -> Done:
        if not await self._sign_in.end_second_factor(_another(asked), asked.person.login):
            raise web.HTTPNotFound(text="they have none")
        return Done()


def operations(people: People, sign_in: SignIn, subjects: Collection[str]) -> list[Operation[Any, Any]]:
    """All for admins only; ``subjects`` are those that tokens can be limited to."""
    on = _People(people, sign_in, subjects)
    admins: frozenset[Role] = frozenset()
    one = "/people/{login}"
    return [
        Operation("GET", "/people", "Who is let in", admins, on.everybody, query=Sought, answer=Everybody),
        Operation("POST", "/people", "Let somebody in", admins, on.add, body=NewPerson, answer=Somebody, status=201),
        Operation("POST", "/people/employees", "Let in everybody who sells", admins, on.add_employees, answer=Added),
        Operation("GET", one, "One of them", admins, on.one, answer=Somebody),
        Operation("PUT", f"{one}/role", "Another role; their tokens and sessions end", admins, on.set_role,
                  body=NewRole, answer=Done),
        Operation("PUT", f"{one}/active", "Let them in no more, or again", admins, on.set_active, body=Active,
                  answer=Done),
        Operation("PUT", f"{one}/numbers", "Where they take calls, and as whom they sell", admins, on.set_numbers,
                  body=Numbers, answer=Done),
        Operation("GET", f"{one}/tokens", "Their tokens", admins, on.tokens, answer=Tokens),
        Operation("POST", f"{one}/tokens", "A token, shown this once", admins, on.new_token, body=NewToken,
                  answer=TokenMade, status=201, secret=True),
        Operation("DELETE", f"{one}/tokens/{{token:int}}", "End a token", admins, on.revoke, answer=Done),
        Operation("GET", f"{one}/sessions", "Where they are signed in", admins, on.sessions, answer=Sessions),
        Operation("DELETE", f"{one}/sessions", "Sign them out everywhere", admins, on.end_sessions, answer=Done),
        Operation("DELETE", f"{one}/sessions/{{session:int}}", "Sign them out of one browser", admins, on.end_session,
                  answer=Done),
        Operation("POST", f"{one}/password", "A password to choose their own with, shown this once", admins,
                  on.tell_password, answer=PasswordMade, status=201, secret=True),
        Operation("DELETE", f"{one}/lock", "Let them try again after too many wrong passwords", admins, on.unlock,
                  answer=Done),
        Operation("DELETE", f"{one}/second-factor", "Take a lost second factor away", admins, on.end_second_factor,
                  answer=Done),
    ]  # fmt: skip


_NOBODY = "there is no such person"


def _somebody(row: Record) -> Somebody:
    return Somebody.model_validate({**row, "agent": row["agent"] or "", "employee": row["employee"] or ""})


def _another(asked: Asked[Any, None]) -> str:
    """Whom it is about: not who asks, lest the last admin locks themselves out."""
    login = asked.path["login"]
    if login == asked.person.login:
        raise web.HTTPConflict(text="not of yourself: ask another admin, or use `ccore people`")
    return login


def _done(found: bool) -> Done:
    if not found:
        raise web.HTTPNotFound(text=_NOBODY)
    return Done()
