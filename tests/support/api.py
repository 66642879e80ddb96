"""The HTTP API as its users see it: each with a token of their own."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDictProxy
from yarl import URL

from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.app import Health, make_app, serving
from ccore.web.auth import Auth
from ccore.web.once import HEADER, Once
from ccore.web.rates import Rates
from ccore.web.v1.operations import Operation, Served
from tests.support.ports import free_port
from tests.support.refusals import said_in_chinese_too

# Abel and ben take calls, as agents 2001 and 2002.
LOGINS = {
    "anna": Role.QUALITY, "quinn": Role.QUALITY, "super": Role.SUPERVISOR, "ada": Role.ADMIN, "olga": Role.OPERATOR,
    "abel": Role.AGENT, "ben": Role.AGENT,
}  # fmt: skip
AGENTS = {"abel": "2001", "ben": "2002"}
_keys = count()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    data: Any  # of JSON, else None


@dataclass(frozen=True, slots=True)
class Api:
    """One server; ``who`` is a login, or nobody's."""

    url: str
    session: aiohttp.ClientSession
    tokens: Mapping[str, str]

    async def ask(self, method: str, path: str, who: str = "anna", json: object = None, **headers: str) -> Answer:
        """Send a request, under a key of its own unless it brings one; the path is sent as it stands."""
        said = {HEADER: f"api-{next(_keys):06}"} | {name.replace("_", "-"): text for name, text in headers.items()}
        if who:
            said["Authorization"] = f"Bearer {self.tokens[who]}"
        url = URL(self.url + path, encoded=True)
        async with self.session.request(method, url, headers=said, json=json) as answer:
            body = await answer.read()
            data = await answer.json() if answer.content_type == "application/json" and body else None
            said_in_chinese_too(answer.status, data)
            return Answer(answer.status, answer.headers, body, data)

    async def get(self, path: str, who: str = "anna", **headers: str) -> Answer:
        """GET."""
        return await self.ask("GET", path, who, **headers)

    async def post(self, path: str, json: object, who: str = "anna") -> Answer:
        """POST of JSON."""
        return await self.ask("POST", path, who, json)


async def tokens(database: Database) -> dict[str, str]:
    """Add all of LOGINS; their tokens."""
    people, made = People(database), {}
    for login, role in LOGINS.items():
        await people.add(login, login.title(), role, AGENTS.get(login, ""), "test")
        token = await people.new_token(login, 1, "", "test")
        assert token is not None
        made[login] = token.token
    return made


@asynccontextmanager
async def api(routes: Iterable[web.RouteDef], given: Mapping[str, str]) -> AsyncIterator[Api]:
    """Serve ``routes`` while the block runs, for who has the tokens ``given``."""
    port = free_port()
    app = make_app(lambda: Health({}), routes)
    async with serving(app, "127.0.0.1", port), aiohttp.ClientSession() as session:
        yield Api(f"http://127.0.0.1:{port}", session, given)


def of(operations: Iterable[Operation[Any, Any]], database: Database) -> list[web.RouteDef]:
    """The routes of operations."""
    auth = Auth(People(database))
    return Served(auth, Once(database, auth), Rates()).routes(operations)
