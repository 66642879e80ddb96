"""Screens on walls: a link opens one, once; it shows what a wall may show and nothing else; it ends within a second."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from ccore.db.pool import Database
from ccore.people import audit
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.live import client as clients
from ccore.web.live.hub import SESSIONS_EVERY_S
from ccore.web.live.topics import TOPICS
from tests.support.console import Console
from tests.support.live import Running, live, page
from tests.support.roles import FILLED, V1
from tests.support.shop import sql

__all__ = ["live"]

S = Role.SUPERVISOR
DISPLAYS, WALL = "/api/v1/displays", "/api/v1/wall"
ENDED_WITHIN_S = 1.0
SHOWN = {"queues", "states", "wall-alerts"}
MAY = {"GET wall", "GET live"}
_PLACE = re.compile(r"\{(\w+)\}")


async def boss(live: Running, method: str, path: str, said: object = None) -> tuple[int, Any]:
    """What a supervisor's program asks."""
    browser = Console(live.url, live.api.session)
    token = f"Bearer {live.api.tokens[S]}"
    return await browser.ask(method, path, said, Authorization=token, Origin="", Idempotency_Key=f"boss-{uuid4()}")


async def made(live: Running, **more: object) -> dict[str, Any]:
    status, said = await boss(live, "POST", DISPLAYS, {"name": "Hall", "language": "en", **more})
    assert status == 201, said
    return dict(said)


async def opened(live: Running) -> tuple[Console, int]:
    """A screen that its link has opened, and its number."""
    display, screen = await made(live), Console(live.url, live.api.session)
    status, said = await screen.ask("POST", WALL, {"secret": display["secret"]})
    assert (status, said["name"], said["language"]) == (200, "Hall", "en"), said
    return screen, display["display"]


def cookie(screen: Console) -> str:
    return "; ".join(f"{name}={secret}" for name, secret in screen.cookies.items())


async def test_a_link_opens_one_screen_once(live: Running, dsn: str) -> None:
    display = await made(live, days=30)
    first, second = (Console(live.url, live.api.session) for _ in range(2))
    assert (await first.ask("POST", WALL, {"secret": display["secret"]}))[0] == 200
    for word in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"):
        assert word in first.set_cookie, word
    assert (await second.ask("POST", WALL, {"secret": display["secret"]}))[0] == 409
    assert (await second.ask("POST", WALL, {"secret": "nonsense"}))[0] == 409
    assert (await second.ask("GET", WALL))[0] == 401
    late = await made(live)
    await sql(
        dsn, "UPDATE displays SET link_until = now() - interval '1 second' WHERE display_id = $1", late["display"]
    )
    assert (await second.ask("POST", WALL, {"secret": late["secret"]}))[0] == 409
    elsewhere = await first.ask("POST", WALL, {"secret": late["secret"]}, Origin="https://elsewhere.example")
    assert elsewhere[0] == 403
    shown = (await boss(live, "GET", DISPLAYS))[1]["displays"]
    assert [each["display"] for each in shown] == [display["display"]], "the other one's link is too old"
    assert display["secret"] not in str(shown)


async def test_a_screen_may_show_the_wall_and_nothing_else(live: Running) -> None:
    screen, _ = await opened(live)
    assert (await screen.ask("GET", WALL))[1]["name"] == "Hall"
    for route in V1.keys() - MAY:
        method, path = route.split(" ", 1)
        filled = _PLACE.sub(lambda found: FILLED.get(found[1], "1"), path)
        status, said = await screen.ask(method, f"/api/v1/{filled}", None if method == "GET" else {})
        assert status == 403, f"{route}: {status} {said}"
    assert (await screen.ask("GET", "/sipws"))[0] in {400, 403, 404}


async def test_a_screen_is_told_what_a_wall_may_show(live: Running) -> None:
    screen, _ = await opened(live)
    async with page(live.url, cookie=cookie(screen), Origin=live.url) as shows:
        for topic in TOPICS:
            told = await shows.subscribe(topic)
            assert (told.denied == "") is (topic in SHOWN), f"{topic}: {told.denied}"
        await shows.until(lambda: shows.topics["states"].entries.get("signed-out") == {"agents": 2})


async def test_a_screen_that_nobody_touches_stays(live: Running, dsn: str, database: Database) -> None:
    screen, number = await opened(live)
    await sql(dsn, "UPDATE displays SET seen_at = now() - interval '3 days', opened_at = now() - interval '30 days'")
    assert (await screen.ask("GET", WALL))[0] == 200
    async with page(live.url, cookie=cookie(screen), Origin=live.url) as shows:
        await shows.subscribe("queues")
        await live.parts.live.hub.look_at_sessions()
        assert not shows.socket.closed
    shown = (await boss(live, "GET", DISPLAYS))[1]["displays"]
    assert [each["display"] for each in shown] == [number]
    seen = await database.fetch_row("displays.one", number)
    assert seen is not None
    await database.execute("people.set_password", "a-supervisor", "$argon2id$other", "test")
    assert (await screen.ask("GET", WALL))[0] == 200, "a new password of who has made it is no reason"


ENDS: dict[str, Callable[[Running, str, int], Awaitable[object]]] = {
    "ended": lambda live, dsn, number: boss(live, "DELETE", f"{DISPLAYS}/{number}"),
    "over": lambda live, dsn, number: sql(dsn, "UPDATE displays SET expires_at = now()"),
    "maker gone": lambda live, dsn, number: People(live.parts.database).set_active("a-supervisor", False, "test"),
    "maker is something else": lambda live, dsn, number: People(live.parts.database).set_role(
        "a-supervisor", Role.AGENT, "test"
    ),
}


@pytest.mark.parametrize("how", ENDS)
async def test_a_screen_ends_within_a_second(live: Running, dsn: str, how: str) -> None:
    screen, number = await opened(live)
    async with page(live.url, cookie=cookie(screen), Origin=live.url) as shows:
        await shows.subscribe("queues")
        await ENDS[how](live, dsn, number)
        assert await shows.closed() == clients.OVER
    assert SESSIONS_EVERY_S < ENDED_WITHIN_S, "so often is looked"
    assert (await screen.ask("GET", WALL))[0] == 401


async def test_who_made_and_ended_it_is_in_the_audit(live: Running) -> None:
    _, number = await opened(live)
    assert (await boss(live, "DELETE", f"{DISPLAYS}/{number}"))[0] == 200
    assert (await boss(live, "DELETE", f"{DISPLAYS}/{number}"))[0] == 404
    rows = await audit.noted(live.parts.database, audit.Wanted(subject=f"display:{number}"), 10)
    assert [row["action"] for row in rows] == ["display-ended", "display-opened", "display-made"]
