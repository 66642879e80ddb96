"""The HTTP API as a whole: who may what, what it says of nonsense, and what is done once only."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sdnotify
from aiohttp import web
from pydantic import Field

from ccore.config import Site, load_secrets, make_secrets
from ccore.daemon import Daemon
from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.people.model import Role
from ccore.people.service import People
from ccore.running import with_dialplan
from ccore.versions import disk
from ccore.web.answers import API
from ccore.web.app import Health, make_app, serving
from ccore.web.auth import Auth
from ccore.web.bodies import Asked, Page, body, query
from ccore.web.once import HEADER, Once
from tests.support.asterisk import node_config
from tests.support.ports import free_port
from tests.support.roles import FILLED, FOR

A, S = Role.AGENT, Role.SUPERVISOR


@dataclass(frozen=True, slots=True)
class Api:
    """An application that is served, and everybody's token by role."""

    url: str
    tokens: Mapping[Role | None, str]
    app: web.Application

    async def ask(
        self, method: str, path: str, role: Role | None, content: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        """The status, and what the JSON says."""
        status, said, _ = await self.answer(method, path, role, content, **headers)
        return status, said

    async def answer(
        self, method: str, path: str, role: Role | None, content: bytes | None = None, **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """As ``ask``, with the headers."""
        known = {"Content-Type": "application/json"} if content is not None else {}
        if role is not None:
            known["Authorization"] = f"Bearer {self.tokens[role]}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, data=content, headers={**known, **headers}) as answer,
        ):
            text = await answer.text()
            said = json.loads(text) if answer.content_type == "application/json" else text
            return answer.status, said, answer.headers


@asynccontextmanager
async def served(app: web.Application, database: Database) -> AsyncIterator[Api]:
    people = People(database)
    tokens: dict[Role | None, str] = {}
    for role in Role:
        await people.add(f"a-{role}", role, role, "1001" if role is Role.AGENT else "", "test")
        made = await people.new_token(f"a-{role}", 1, "", "test")
        assert made is not None
        tokens[role] = made.token
    port = free_port()
    async with serving(app, "127.0.0.1", port):
        yield Api(f"http://127.0.0.1:{port}", tokens, app)


@pytest.fixture
async def whole(database: Database, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """The daemon's own application."""
    monkeypatch.setattr(sdnotify, "SystemdNotifier", lambda: None)  # it would keep a socket
    config = node_config(tmp_path, site=Site(instance="test"))
    make_secrets(config)
    disk.use_directly(config.versions_dir, config.dialplan)
    daemon = Daemon(with_dialplan(config, config.versions_dir / disk.LIVE), load_secrets(config), dsn)
    await daemon.database.open()
    try:
        async with served(make_app(daemon.health, daemon._routes), database) as api:
            yield api
    finally:
        await daemon.database.close()


def routes_of(app: web.Application) -> set[str]:
    return {
        f"{route.method} {route.resource.canonical.removeprefix(API)}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD" and route.resource.canonical.startswith(API)
    }


def filled(path: str) -> str:
    """With something where the path has names."""
    return API + re.sub(r"\{([^}]*)\}", lambda found: FILLED.get(found[1], "1"), path)


async def test_each_route_is_for_its_roles_and_for_nobody_else(whole: Api) -> None:
    there = routes_of(whole.app)
    assert there == FOR.keys(), "each route under /api/ has its row in FOR"
    keys = count()
    for route in sorted(there):
        method, path = route.split(" ")
        for role in (None, *Role):
            asked = whole.ask(method, filled(path), role, b"{}", **{HEADER: f"matrix-{next(keys):06}"})
            status, said = await asked
            if role is None:
                right = status == 401
            elif role is Role.ADMIN or role in FOR[route]:
                right = status not in {401, 403} and status < 500
            else:
                right = status == 403
            assert right, f"{route} as {role}: {status} {said}"


async def test_no_route_falls_over_nonsense(whole: Api) -> None:
    bodies = [b"", b"\xff", b"[]", b'"x"', b'{"\\u0000": 1}', b'{"limit": 1e400}', b"[" * 9000]
    queries = ["?size=-1&before=x", "?from=2026-02-30&to=x", "?queue=%00'"]
    keys = count()
    for route in sorted(routes_of(whole.app)):
        method, path = route.split(" ")
        contents = [b"{}"] if method == "GET" else bodies
        for asked, content in [*(("", each) for each in contents), *((each, b"{}") for each in queries)]:
            key = {HEADER: f"nonsense-{next(keys):06}"}
            status, said = await whole.ask(method, filled(path) + asked, Role.ADMIN, content, **key)
            assert status < 500, f"{route}{asked} with {content[:20]!r}: {status} {said}"


async def test_what_is_no_token_lets_nobody_in(whole: Api) -> None:
    good = whole.tokens[Role.ADMIN]
    for given in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        f"Basic {good}",
        f"Bearer {good}x",
        "Bearer " + "x" * 5000,
    ):
        status, said, headers = await whole.answer("GET", "/api/calls", None, Authorization=given)
        assert (status, headers.get("WWW-Authenticate")) == (401, "Bearer"), given[:40]
        assert said == {"error": "send a token that is valid, as Authorization: Bearer …"}


async def test_a_revoked_token_is_refused_by_the_next_request(whole: Api, database: Database) -> None:
    assert (await whole.ask("GET", "/api/calls", S))[0] == 200
    await People(database).revoke("a-supervisor", None, "test")
    assert (await whole.ask("GET", "/api/calls", S))[0] == 401


async def test_agents_are_told_of_no_calls_but_their_own(whole: Api) -> None:
    assert await whole.ask("GET", "/api/calls", A) == (200, {"calls": []})
    assert await whole.ask("GET", "/api/calls/node1-1.1", A) == (404, {"error": "you have no such call now"})
    status, said = await whole.ask("POST", "/api/calls/node1-1.1/notes", A, b'{"text": "x"}')
    assert (status, said) == (404, {"error": "that is no call of yours"})


async def test_answers_carry_headers_that_keep_browsers_from_harm(whole: Api) -> None:
    for path, role in (("/api/calls", S), ("/api/calls", None), ("/api/nothing", None), ("/ready", None)):
        _, _, headers = await whole.answer("GET", path, role, Origin="https://elsewhere.example")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in headers
        assert path == "/ready" or headers["Cache-Control"] == "no-store"


class Order(Asked):
    what: str = Field(max_length=20)
    count: int = Field(default=1, ge=1, le=9)
    more: dict[str, Any] = Field(default={})


class Kitchen:
    """A small application of a test's own that counts what it did."""

    def __init__(self, database: Database) -> None:
        self.cooked: list[str] = []
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        auth = Auth(People(database))
        once = Once(database, auth)

        async def cook(request: web.Request) -> web.Response:
            await auth.person(request, Role.AGENT)
            order = await body(request, Order)
            await self.open.wait()
            if self.trouble is not None:
                raise self.trouble
            self.cooked.append(order.what)
            return web.json_response({"dish": len(self.cooked)}, status=201)

        async def menu(request: web.Request) -> web.Response:
            page = query(request, Page)
            return web.json_response({"size": page.size, "before": page.before})

        routes = [web.post("/api/dishes", once(cook)), web.post("/api/snacks", cook), web.get("/api/menu", menu)]
        self.app = make_app(lambda: Health({}), routes)


@pytest.fixture
async def kitchen(database: Database) -> Kitchen:
    return Kitchen(database)


@pytest.fixture
async def api(kitchen: Kitchen, database: Database) -> AsyncIterator[Api]:
    async with served(kitchen.app, database) as served_api:
        yield served_api


NONSENSE: list[tuple[bytes, int, str]] = [
    (b"", 400, "no JSON"),
    (b"{", 400, "no JSON"),
    (b"\xff\xfe", 400, "no JSON"),
    (b"[]", 400, "body: Input should be"),
    (b"{}", 400, "what: Field required"),
    (b'{"what": "soup", "extra": 1}', 400, "extra: Extra inputs"),
    (b'{"what": "soup", "count": 0}', 400, "count: Input should be greater"),
    (b'{"what": "soup", "count": NaN}', 400, "NaN and Infinity are no numbers"),
    (b'{"what": "soup", "count": 1e400}', 400, "a number is too large"),
    (b'{"what": "soup", "what": "rice"}', 400, "a key stands there twice"),
    (b'{"what": "so\\u0000up"}', 400, "NUL and halves of letters are no text"),
    (b'{"what": "\\ud800"}', 400, "NUL and halves of letters are no text"),
    (b'{"what": "soup", "more": ' + b'{"a":' * 30 + b"1" + b"}" * 31, 400, "deeper than 16"),
    (b"[" * 60_000, 400, "deeper than 16"),
    (b'{"what": "' + b"x" * 70_000 + b'"}', 413, "a body has 65536 bytes at most"),
]


async def test_nonsense_is_refused_in_one_line(api: Api, kitchen: Kitchen) -> None:
    for given, status, words in NONSENSE:
        code, said = await api.ask("POST", "/api/snacks", A, given)
        assert (code, said["error"].startswith(words), "\n" in said["error"]) == (status, True, False), (
            given[:40],
            said,
        )
    assert kitchen.cooked == []


async def test_a_form_is_no_json(api: Api, kitchen: Kitchen) -> None:
    """What a page of another site can make a browser send."""
    form = {"Content-Type": "text/plain"}
    assert (await api.ask("POST", "/api/snacks", A, b'{"what": "soup"}', **form))[0] == 415
    assert kitchen.cooked == []


async def test_pages_have_limits(api: Api) -> None:
    for asked in ("size=-1", "size=201", "size=10000000000", "size=1&size=2", "before=x", "sort=1;--", "size=1%00"):
        status, said = await api.ask("GET", f"/api/menu?{asked}", None)
        assert (status, "error" in said) == (400, True), asked
    assert await api.ask("GET", "/api/menu?size=200&before=5", None) == (200, {"size": 200, "before": 5})


async def test_a_fault_of_ours_is_told_without_its_words(api: Api, kitchen: Kitchen) -> None:
    kitchen.trouble = RuntimeError("SELECT secret FROM somewhere")
    told = {"error": "a fault of ccore's own; its log says more"}
    assert await api.ask("POST", "/api/snacks", A, b'{"what": "soup"}') == (500, told)
    kitchen.trouble = Unavailable("PostgreSQL does not answer")
    status, said = await api.ask("POST", "/api/snacks", A, b'{"what": "soup"}')
    assert (status, said) == (503, {"error": "nothing was done: PostgreSQL does not answer"})


SOUP, RICE = b'{"what": "soup"}', b'{"what": "rice"}'


async def test_the_same_key_is_done_once(api: Api, kitchen: Kitchen) -> None:
    key = {HEADER: "order-0001"}
    first = await api.answer("POST", "/api/dishes", A, SOUP, **key)
    again = await api.answer("POST", "/api/dishes", A, SOUP, **key)
    assert (first[0], first[1]) == (201, {"dish": 1}) == (again[0], again[1])
    assert ("Idempotent-Replayed" in first[2], "Idempotent-Replayed" in again[2]) == (False, True)
    status, said = await api.ask("POST", "/api/dishes", A, RICE, **key)
    assert (status, said) == (422, {"error": "this Idempotency-Key was used for another request"})
    assert await api.ask("POST", "/api/dishes", Role.ADMIN, RICE, **key) == (201, {"dish": 2}), "it is another person's"
    assert kitchen.cooked == ["soup", "rice"]


async def test_without_a_good_key_nothing_is_done(api: Api, kitchen: Kitchen) -> None:
    for key in ("", "short", "x" * 129, "with blank in it", "ключ-ключ"):
        assert (await api.ask("POST", "/api/dishes", A, SOUP, **({HEADER: key} if key else {})))[0] == 400, key
    assert kitchen.cooked == []


async def test_of_many_at_once_one_is_done(api: Api, kitchen: Kitchen) -> None:
    kitchen.open.clear()
    key = {HEADER: "order-0002"}
    asked = [asyncio.create_task(api.ask("POST", "/api/dishes", A, SOUP, **key)) for _ in range(8)]
    done, waits = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 7:
        more, waits = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert {task.result()[0] for task in done} == {409}
    kitchen.open.set()
    (last,) = waits
    assert await last == (201, {"dish": 1})
    assert await api.ask("POST", "/api/dishes", A, SOUP, **key) == (201, {"dish": 1})
    assert kitchen.cooked == ["soup"]


async def test_what_was_surely_not_done_may_be_asked_again_and_what_may_have_been_may_not(
    api: Api, kitchen: Kitchen
) -> None:
    key, other = {HEADER: "order-0003"}, {HEADER: "order-0004"}
    kitchen.trouble = Unavailable("PostgreSQL does not answer")
    assert (await api.ask("POST", "/api/dishes", A, SOUP, **key))[0] == 503
    kitchen.trouble = OutcomeUnknown("no answer")
    first = await api.ask("POST", "/api/dishes", A, SOUP, **other)
    kitchen.trouble = None
    assert await api.ask("POST", "/api/dishes", A, SOUP, **key) == (201, {"dish": 1})
    assert first[0] == 503
    assert await api.ask("POST", "/api/dishes", A, SOUP, **other) == first
    assert kitchen.cooked == ["soup"]


async def test_a_refusal_is_an_answer_too(api: Api) -> None:
    key = {HEADER: "order-0005"}
    first = await api.ask("POST", "/api/dishes", A, b'{"what": 7}', **key)
    assert first[0] == 400
    assert await api.ask("POST", "/api/dishes", A, b'{"what": 7}', **key) == first
