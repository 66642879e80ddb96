"""Signing in and out, over HTTP: sessions, passwords and second factors of one's own."""

from datetime import datetime
from typing import Annotated, Any, Literal, NoReturn

from aiohttp import web
from pydantic import Field, SecretStr, model_validator

from ccore.people.model import Role
from ccore.people.service import WRONG_WINDOW
from ccore.people.sign_in import LONGEST, Begun, Given, Refused, SignIn
from ccore.people.vault import NO_KEY, NoKey
from ccore.web.answers import coded
from ccore.web.auth import Auth, address, csrf_of
from ccore.web.bodies import Said
from ccore.web.rates import Rates, too_many
from ccore.web.v1.operations import EVERYBODY, Asked, Done, Operation, Told

TAG = "session"  # of all of this

Name = Annotated[str, Field(min_length=2, max_length=40, description="a login, or an employee number")]
Password = Annotated[SecretStr, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=40, description="of the second factor, or a recovery code")]


class Credentials(Said):
    """Who somebody is."""

    name: Name
    password: Password
    code: Code = ""


class CodeFor(Said):
    """Who wants a code as a text message."""

    name: Name


class NewPassword(Said):
    """A password, chosen by the one of now or by the code of a text message."""

    name: Name
    password: Password
    current: Password | None = None
    text_code: Annotated[str | None, Field(pattern="^[0-9]{6}$")] = None
    code: Code = ""

    @model_validator(mode="after")
    def _by_one_of_both(self) -> "NewPassword":
        if (self.current is None) == (self.text_code is None):
            raise ValueError("send current or text_code")
        return self


class Again(Said):
    """The password once more: what a session can do is not for whoever finds its browser."""

    password: Password
    code: Code = ""


class Shown(Said):
    """A code of the authenticator that was just set up."""

    code: Annotated[str, Field(pattern="^[0-9]{6}$")]


class Preferences(Said):
    """How somebody wants their pages."""

    language: Literal["zh", "en"]


class Me(Told):
    """Who is signed in; ``csrf`` and ``session`` are of a session, and empty with a token. ``zone`` is the site's;
    ``whole_numbers``: they may have masked ones told.
    """

    login: str
    name: str
    role: Role
    roles: list[Role]
    agent: str
    employee: str
    language: Literal["zh", "en"]
    second_factor: Literal["on", "off", "wanted"]
    recovery_codes_left: int
    session: int
    csrf: str
    expires_at: datetime | None
    zone: str
    whole_numbers: bool


class Session(Told):
    """A browser that is signed in."""

    session: int
    this: bool
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


class Sessions(Told):
    """Those of one person, the newest first."""

    sessions: list[Session]


class Offered(Told):
    """For an authenticator; ``uri`` goes into a QR code."""

    secret: str
    uri: str


class RecoveryCodes(Told):
    """Each lets in once, when the authenticator is lost. Nobody is told them again."""

    codes: list[str]


class _SignIn:
    def __init__(self, sign_in: SignIn, auth: Auth, rates: Rates, zone: str) -> None:
        self._sign_in, self._auth, self._rates, self._zone = sign_in, auth, rates, zone

    async def begin(self, asked: Asked[Credentials, None]) -> web.StreamResponse:
        said, before = asked.body, asked.request.cookies.get(self._auth.cookie, "")
        begun = await self._sign_in.begin(self._given(asked.request, said.name, said.password, said.code, before))
        if isinstance(begun, Refused):
            _refuse(begun)
        return self._with_cookie(await self._me(begun), begun.secret)

    async def me(self, asked: Asked[None, None]) -> Me:
        session = self._auth.session(asked.request)
        secret = asked.request.cookies.get(self._auth.cookie, "") if session else ""
        return await self._me(Begun(session, asked.person.login, secret), wanted=self._auth.bare(asked.request))

    async def prefer(self, asked: Asked[Preferences, None]) -> Done:
        await self._sign_in.set_language(asked.person.login, asked.body.language)
        return Done()

    async def end(self, asked: Asked[None, None]) -> web.StreamResponse:
        session, login = self._auth.session(asked.request), asked.person.login
        if not session:
            raise web.HTTPConflict(text="a token is no session: an admin revokes it")
        await self._sign_in.end_sessions(login, session, login)
        response = web.json_response({})
        response.del_cookie(self._auth.cookie, path="/", secure=self._auth.secure, httponly=True, samesite="Strict")
        return response

    async def sessions(self, asked: Asked[None, None]) -> Sessions:
        return await sessions_of(self._sign_in, asked.person.login, self._auth.session(asked.request))

    async def end_one(self, asked: Asked[None, None]) -> Done:
        login = asked.person.login
        if not await self._sign_in.end_sessions(login, asked.number("session"), login):
            raise web.HTTPNotFound(text="you have no such session")
        return Done()

    async def end_others(self, asked: Asked[None, None]) -> Done:
        login = asked.person.login
        await self._sign_in.end_sessions(login, None, login, self._auth.session(asked.request))
        return Done()

    async def send_code(self, asked: Asked[CodeFor, None]) -> Done:
        self._rates.take_text(address(asked.request, self._auth.proxies))
        await self._sign_in.send_code(asked.body.name)
        return Done()

    async def choose_password(self, asked: Asked[NewPassword, None]) -> Done:
        said = asked.body
        proof = said.current or SecretStr(said.text_code or "")
        given = self._given(asked.request, said.name, proof, said.code)
        try:
            refused = await self._sign_in.choose_password(
                given, said.password.get_secret_value(), by_code=said.current is None
            )
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from error
        if refused is not None:
            _refuse(refused)
        return Done()

    async def offer(self, asked: Asked[Again, None]) -> Offered:
        await self._prove(asked)
        try:
            offered = await self._sign_in.offer_second_factor(asked.person.login)
        except NoKey as error:
            raise web.HTTPConflict(text=f"{NO_KEY}: tell an admin") from error
        if offered is None:
            raise web.HTTPConflict(text="you have a second factor: take it away first")
        return Offered(secret=offered[0], uri=offered[1])

    async def set_up(self, asked: Asked[Shown, None]) -> RecoveryCodes:
        session = self._auth.session(asked.request)
        codes = await self._sign_in.begin_second_factor(asked.person.login, asked.body.code, session)
        if codes is None:
            raise web.HTTPConflict(text="that is no code of what you were offered: look at the clock of the telephone")
        return RecoveryCodes(codes=list(codes))

    async def take_away(self, asked: Asked[Again, None]) -> Done:
        await self._prove(asked)
        if not await self._sign_in.end_second_factor(asked.person.login, asked.person.login):
            raise web.HTTPConflict(text="you have none")
        return Done()

    async def _prove(self, asked: Asked[Again, None]) -> None:
        given = self._given(asked.request, asked.person.login, asked.body.password, asked.body.code)
        proved = await self._sign_in.prove(given)
        if isinstance(proved, Refused):
            _refuse(proved, signed_in=True)

    def _given(self, request: web.Request, name: str, password: SecretStr, code: str, session: str = "") -> Given:
        came, browser = address(request, self._auth.proxies), request.headers.get("User-Agent", "")
        return Given(name, password.get_secret_value(), came, code.strip(), _printable(browser), session[:100])

    async def _me(self, begun: Begun, *, wanted: bool | None = None) -> Me:
        row = await self._sign_in.who(begun.login, begun.number)
        if wanted is None:
            wanted = self._auth.demands(row["role"]) and not row["second_factor"]
        return Me(
            login=row["login"],
            name=row["name"],
            role=row["role"],
            roles=sorted({Role(row["role"]), *([Role.EMPLOYEE] if row["employee"] else [])}),
            agent=row["agent"] or "",
            employee=row["employee"] or "",
            language=row["language"],
            second_factor="wanted" if wanted else "on" if row["second_factor"] else "off",
            recovery_codes_left=row["recovery_codes_left"],
            session=begun.number,
            csrf=csrf_of(begun.secret) if begun.secret else "",
            expires_at=row["expires_at"],
            zone=self._zone,
            whole_numbers=self._auth.tells_whole_numbers(row["role"]),
        )

    def _with_cookie(self, me: Me, secret: str) -> web.Response:
        response = web.Response(text=me.model_dump_json(), content_type="application/json")
        response.set_cookie(
            self._auth.cookie,
            secret,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            secure=self._auth.secure,
            httponly=True,
            samesite="Strict",
        )
        return response


def operations(sign_in: SignIn, auth: Auth, rates: Rates, zone: str) -> list[Operation[Any, Any]]:
    """Sign-in, sign-out, passwords, sessions and second factors: what everybody does for themselves."""
    on = _SignIn(sign_in, auth, rates, zone)

    nobody: frozenset[Role] = frozenset()
    return [
        Operation("POST", "/session", "Sign in", nobody, on.begin, body=Credentials, answer=Me, tag=TAG, open=True),
        Operation("GET", "/session", "Who is signed in", EVERYBODY, on.me, answer=Me, tag=TAG, bare=True),
        Operation("PUT", "/session", "Prefer a language", EVERYBODY, on.prefer, body=Preferences, answer=Done, tag=TAG,
                  bare=True),
        Operation("DELETE", "/session", "Sign out", EVERYBODY, on.end, answer=Done, tag=TAG, bare=True),
        Operation("GET", "/sessions", "Where one is signed in", EVERYBODY, on.sessions, answer=Sessions, tag=TAG,
                  bare=True),
        Operation("DELETE", "/sessions", "Sign out everywhere else", EVERYBODY, on.end_others, answer=Done, tag=TAG,
                  bare=True),
        Operation("DELETE", "/sessions/{session:int}", "Sign out elsewhere", EVERYBODY, on.end_one, answer=Done,
                  tag=TAG, bare=True),
        Operation("POST", "/password/code", "Have a code sent as a text message", nobody, on.send_code, body=CodeFor,
                  answer=Done, status=202, tag=TAG, open=True),
        Operation("POST", "/password", "Choose a password; all sessions end", nobody, on.choose_password,
                  body=NewPassword, answer=Done, tag=TAG, open=True),
        Operation("POST", "/second-factor", "Begin to set up a second factor", EVERYBODY, on.offer, body=Again,
                  answer=Offered, tag=TAG, secret=True, bare=True),
        Operation("POST", "/second-factor/confirmation", "Show that it is set up", EVERYBODY, on.set_up, body=Shown,
                  answer=RecoveryCodes, tag=TAG, secret=True, bare=True),
        Operation("POST", "/second-factor/removal", "Take it away; all sessions end", EVERYBODY, on.take_away,
                  body=Again, answer=Done, tag=TAG, secret=True),
    ]  # fmt: skip


async def sessions_of(sign_in: SignIn, login: str, this: int = 0) -> Sessions:
    """The sessions of ``login``; ``this`` is the one that asks."""
    rows = await sign_in.sessions(login)
    told = [{**row, "session": row["session_id"], "this": row["session_id"] == this} for row in rows]
    return Sessions.model_validate({"sessions": told})


def _refuse(why: Refused, *, signed_in: bool = False) -> NoReturn:
    """In the same words whether there is such a person or not."""
    if why is Refused.LOCKED:
        error = too_many(WRONG_WINDOW.total_seconds(), "there were too many wrong tries: wait a quarter of an hour")
        raise coded(error, why)
    if why is Refused.AWAY:
        away = "the directory that knows your password does not answer: try again"
        raise coded(web.HTTPServiceUnavailable(text=away), why)
    if why is Refused.OWN_WANTED:
        raise coded(web.HTTPForbidden(text="choose a password of your own: you were told this one"), why)
    wanted = "send the code of your second factor too"
    text = wanted if why is Refused.CODE_WANTED else "the name, the password or the code is not right"
    raise coded((web.HTTPForbidden if signed_in else web.HTTPUnauthorized)(text=text), why)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
