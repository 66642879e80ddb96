"""The HTTP API as a whole: who may what, what it says of nonsense, and what is done once only."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from pydantic import Field

from ccore.db.pool import Database
from ccore.errors import OutcomeUnknown, Unavailable
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.app import Health, make_app
from ccore.web.bodies import Page, Said
from ccore.web.once import HEADER
from ccore.web.v1.operations import EVERYBODY, Asked, Operation, Told
from tests.support.api import of
from tests.support.roles import FOR, OPEN
from tests.support.whole_api import SELLING, Api, filled, routes_of, served, whole

__all__ = ["whole"]

A, S = Role.AGENT, Role.SUPERVISOR
DISHES, SOUP, RICE = "/api/v1/dishes", b'{"what": "soup"}', b'{"what": "rice"}'


async def test_each_route_is_for_its_roles_and_for_nobody_else(whole: Api) -> None:
    there = routes_of(whole.app)
    assert there == FOR.keys() | OPEN, "each route under /api/ has its row in FOR"
    keys = count()
    for route in sorted(FOR):
        method, path = route.split(" ")
        for role in (None, *Role):
            asked = whole.ask(method, filled(path), role, b"{}", **{HEADER: f"matrix-{next(keys):06}"})
            status, said = await asked
            if role is None:
                right = status == 401
            elif role is Role.ADMIN or FOR[route] & {role, Role.EMPLOYEE if role in SELLING else role}:
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
        status, said, headers = await whole.answer("GET", "/api/v1/calls", None, Authorization=given)
        assert (status, headers.get("WWW-Authenticate")) == (401, "Bearer"), given[:40]
        assert said == {"error": "send a token that is valid, as Authorization: Bearer …"}


async def test_a_revoked_token_is_refused_by_the_next_request(whole: Api, database: Database) -> None:
    assert (await whole.ask("GET", "/api/v1/calls", S))[0] == 200
    await People(database).revoke("a-supervisor", None, "test")
    assert (await whole.ask("GET", "/api/v1/calls", S))[0] == 401


async def test_agents_are_told_of_no_calls_but_their_own(whole: Api) -> None:
    assert await whole.ask("GET", "/api/v1/calls", A) == (200, {"calls": []})
    assert await whole.ask("GET", "/api/v1/calls/node1-1.1", A) == (404, {"error": "you have no such call now"})
    key = {HEADER: "test-0001"}
    status, said = await whole.ask("POST", "/api/v1/calls/node1-1.1/notes", A, b'{"text": "x"}', **key)
    assert (status, said) == (404, {"error": "that is no call of yours"})


async def test_a_call_is_explained_by_any_of_its_names(whole: Api) -> None:
    for name in ("%2B8613812345678", "+8613812345678", "13812345678", "node1!node1-1.1", "node1%21node1-1.1"):
        found = await whole.ask("GET", f"/api/v1/calls/{name}/explanation", S)
        assert found == (404, {"error": "no such call came to a queue"}), name


async def test_answers_carry_headers_that_keep_browsers_from_harm(whole: Api) -> None:
    for path, role in (("/api/v1/calls", S), ("/api/v1/calls", None), ("/api/nothing", None), ("/ready", None)):
        _, _, headers = await whole.answer("GET", path, role, Origin="https://elsewhere.example")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in headers
        assert path == "/ready" or headers["Cache-Control"] == "no-store"


class Order(Said):
    """What is to be cooked."""

    what: str = Field(max_length=20)
    count: int = Field(default=1, ge=1, le=9)
    more: dict[str, Any] = Field(default={})


class Dish(Told):
    """Its number."""

    dish: int


class Menu(Told):
    """Which page it is."""

    size: int
    before: int | None


class Kitchen:
    """A small application of a test's own that counts what it did."""

    def __init__(self, database: Database) -> None:
        self.cooked: list[str] = []
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

        async def cook(asked: Asked[Order, None]) -> Dish:
            await self.open.wait()
            if self.trouble is not None:
                raise self.trouble
            self.cooked.append(asked.body.what)
            return Dish(dish=len(self.cooked))

        async def menu(asked: Asked[None, Page]) -> Menu:
            return Menu(size=asked.query.size, before=asked.query.before)

        operations: list[Operation[Any, Any]] = [
            Operation("POST", "/dishes", "Cook", {Role.AGENT}, cook, body=Order, answer=Dish, status=201),
            Operation("GET", "/menu", "What there is", EVERYBODY, menu, query=Page, answer=Menu),
        ]
        self.app = make_app(lambda: Health({}), of(operations, database))


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
    for number, (given, status, words) in enumerate(NONSENSE):
        code, said = await api.ask("POST", DISHES, A, given, **{HEADER: f"nonsense-{number}"})
        assert (code, said["error"].startswith(words), "\n" in said["error"]) == (status, True, False), (
            given[:40],
            said,
        )
    assert kitchen.cooked == []


async def test_a_form_is_no_json(api: Api, kitchen: Kitchen) -> None:
    """What a page of another site can make a browser send."""
    form = {"Content-Type": "text/plain", HEADER: "form-0001"}
    assert (await api.ask("POST", DISHES, A, SOUP, **form))[0] == 415
    assert kitchen.cooked == []


async def test_pages_have_limits(api: Api) -> None:
    for asked in ("size=-1", "size=201", "size=10000000000", "size=1&size=2", "before=x", "sort=1;--", "size=1%00"):
        status, said = await api.ask("GET", f"/api/v1/menu?{asked}", A)
        assert (status, "error" in said) == (400, True), asked
    assert await api.ask("GET", "/api/v1/menu?size=200&before=5", A) == (200, {"size": 200, "before": 5})


async def test_a_fault_of_ours_is_told_without_its_words(api: Api, kitchen: Kitchen) -> None:
    kitchen.trouble = RuntimeError("SELECT secret FROM somewhere")
    told = {"error": "a fault of ccore's own; its log says more"}
    assert await api.ask("POST", DISHES, A, SOUP, **{HEADER: "fault-0001"}) == (500, told)
    kitchen.trouble = Unavailable("PostgreSQL does not answer")
    status, said = await api.ask("POST", DISHES, A, SOUP, **{HEADER: "fault-0002"})
    assert (status, said) == (503, {"error": "nothing was done: PostgreSQL does not answer"})


async def test_the_same_key_is_done_once(api: Api, kitchen: Kitchen) -> None:
    key = {HEADER: "order-0001"}
    first = await api.answer("POST", DISHES, A, SOUP, **key)
    again = await api.answer("POST", DISHES, A, SOUP, **key)
    assert (first[0], first[1]) == (201, {"dish": 1}) == (again[0], again[1])
    assert ("Idempotent-Replayed" in first[2], "Idempotent-Replayed" in again[2]) == (False, True)
    status, said = await api.ask("POST", DISHES, A, RICE, **key)
    assert (status, said) == (422, {"error": "this Idempotency-Key was used for another request"})
    assert await api.ask("POST", DISHES, Role.ADMIN, RICE, **key) == (201, {"dish": 2}), "it is another person's"
    assert kitchen.cooked == ["soup", "rice"]


async def test_without_a_good_key_nothing_is_done(api: Api, kitchen: Kitchen) -> None:
    for key in ("", "short", "x" * 129, "with blank in it", "ключ-ключ"):
        assert (await api.ask("POST", DISHES, A, SOUP, **({HEADER: key} if key else {})))[0] == 400, key
    assert kitchen.cooked == []


async def test_of_many_at_once_one_is_done(api: Api, kitchen: Kitchen) -> None:
    kitchen.open.clear()
    key = {HEADER: "order-0002"}
    asked = [asyncio.create_task(api.ask("POST", DISHES, A, SOUP, **key)) for _ in range(8)]
    done, waits = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 7:
        more, waits = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert {task.result()[0] for task in done} == {409}
    kitchen.open.set()
    (last,) = waits
    assert await last == (201, {"dish": 1})
    assert await api.ask("POST", DISHES, A, SOUP, **key) == (201, {"dish": 1})
    assert kitchen.cooked == ["soup"]


async def test_what_was_surely_not_done_may_be_asked_again_and_what_may_have_been_may_not(
    api: Api, kitchen: Kitchen
) -> None:
    key, other = {HEADER: "order-0003"}, {HEADER: "order-0004"}
    kitchen.trouble = Unavailable("PostgreSQL does not answer")
    assert (await api.ask("POST", DISHES, A, SOUP, **key))[0] == 503
    kitchen.trouble = OutcomeUnknown("no answer")
    first = await api.ask("POST", DISHES, A, SOUP, **other)
    kitchen.trouble = None
    assert await api.ask("POST", DISHES, A, SOUP, **key) == (201, {"dish": 1})
    assert first[0] == 503
    assert await api.ask("POST", DISHES, A, SOUP, **other) == first
    assert kitchen.cooked == ["soup"]


async def test_a_refusal_is_an_answer_too(api: Api) -> None:
    key = {HEADER: "order-0005"}
    first = await api.ask("POST", DISHES, A, b'{"what": 7}', **key)
    assert first[0] == 400
    assert await api.ask("POST", DISHES, A, b'{"what": 7}', **key) == first
