"""The live socket: who is told what, how they go on after a loss, and when it is closed."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from ccore.db.pool import Database
from ccore.people import passwords
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web import app
from ccore.web.live import board as boards
from ccore.web.live import client as clients
from ccore.web.live import hub as hubs
from ccore.web.live.service import AGAIN_S
from ccore.web.live.topics import TOPICS
from tests.support.live import AGENT, PATH, Running, live, page, running
from tests.support.shop import sql, value
from tests.support.waiting import until

__all__ = ["live"]

A, S = Role.AGENT, Role.SUPERVISOR
REVOKED_WITHIN_S = 1.0
NOT_FOR_YOU = "this is not for you"


async def session(dsn: str, login: str) -> str:
    """A cookie of somebody who has signed in."""
    secret = passwords.new_session()
    await sql(
        dsn,
        "INSERT INTO sessions (hash, person_id, role, address, browser, expires_at) "
        "SELECT $1, person_id, role, '127.0.0.1', 'test', now() + interval '1 hour' FROM people WHERE login = $2",
        passwords.token_hash(secret),
        login,
    )
    return f"ccore-session={secret}"


async def test_each_topic_is_for_its_roles_and_for_nobody_else(live: Running) -> None:
    for role in Role:
        theirs = {role, Role.EMPLOYEE} if role in {Role.MANAGER, Role.EMPLOYEE} else {role}
        async with page(live.url, token=live.api.tokens[role]) as opened:
            for name, topic in TOPICS.items():
                shown = await opened.subscribe(name)
                allowed = role is Role.ADMIN or bool(topic.roles & theirs)
                assert (shown.denied != NOT_FOR_YOU) is allowed, f"{name} as {role}: {shown.denied}"
                assert allowed or not shown.entries
            assert (await opened.subscribe("nothing")).denied == "there is no such topic"


STRANGE: list[tuple[dict[str, str], int]] = [
    ({"Origin": "https://elsewhere.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Cookie": "ccore-session=nonsense", "Authorization": ""}, 401),
    ({"Authorization": "Bearer nonsense"}, 401),
]


async def test_pages_of_others_and_strangers_are_refused(live: Running) -> None:
    async with aiohttp.ClientSession() as asking:
        for headers, status in STRANGE:
            known = {"Authorization": f"Bearer {live.api.tokens[S]}", **headers}
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await asking.ws_connect(live.url + PATH, headers={name: text for name, text in known.items() if text})
            assert refused.value.status == status, headers


async def test_a_page_of_our_own_is_let_in_by_its_cookie(live: Running, dsn: str) -> None:
    cookie = await session(dsn, "a-supervisor")
    async with page(live.url, cookie=cookie, Origin=live.url) as opened:
        shown = await opened.subscribe("agents")
        assert shown.entries.keys() == {AGENT, "1002"}
        assert opened.heard[0]["hello"]["instance"] == "test"


async def test_a_session_that_is_over_is_closed_within_a_second(live: Running, database: Database, dsn: str) -> None:
    people = People(database)

    async def idle() -> None:
        await sql(dsn, "UPDATE sessions SET seen_at = now() - interval '31 minutes' WHERE ended_at IS NULL")

    ends: list[Callable[[], Awaitable[object]]] = [
        lambda: database.fetch_value("sign_in.end_sessions", "a-agent", None, "test", 0),
        idle,
        lambda: people.set_numbers("a-agent", "1002", "", "test"),
        lambda: people.set_role("a-agent", Role.QUALITY, "test"),
        lambda: people.set_active("a-agent", False, "test"),
    ]
    for end in ends:
        async with page(live.url, cookie=await session(dsn, "a-agent")) as opened:
            await opened.subscribe("health")
            await end()
            assert await opened.closed() == clients.OVER
    assert hubs.SESSIONS_EVERY_S < REVOKED_WITHIN_S


async def test_a_revoked_token_closes_its_socket_and_no_other(live: Running, database: Database) -> None:
    tokens = live.api.tokens
    async with page(live.url, token=tokens[S]) as theirs, page(live.url, token=tokens[A]) as other:
        await theirs.subscribe("agents")
        await other.subscribe("me")
        await People(database).revoke("a-supervisor", None, "test")
        assert await theirs.closed() == clients.OVER
        await other.say(do="ping", at="x")
        await other.until(lambda: any("pong" in frame for frame in other.heard))


async def test_only_somebody_who_does_something_keeps_a_session(live: Running, dsn: str) -> None:
    async with page(live.url, cookie=await session(dsn, "a-agent")) as opened:
        await opened.subscribe("me")
        await sql(dsn, "UPDATE sessions SET seen_at = now() - interval '10 minutes'")
        age = "SELECT now() - seen_at > interval '9 minutes' FROM sessions"
        await opened.say(do="ping", at="2026-11-23T03:00:00Z")
        await opened.until(lambda: any(frame.get("pong") == {"at": "2026-11-23T03:00:00Z"} for frame in opened.heard))
        await asyncio.sleep(2 * hubs.SESSIONS_EVERY_S)
        assert await value(dsn, age), "a socket that is open proves nobody"
        await opened.say(do="ping", active=True)
        async with asyncio.timeout(30):
            while await value(dsn, age):
                await asyncio.sleep(0.05)


async def test_whoever_comes_back_is_told_what_they_missed(live: Running) -> None:
    token = live.api.tokens[S]
    async with page(live.url, token=token) as opened:
        shown = await opened.subscribe("calls")
        live.calls_in("x-1")
        await opened.until(lambda: shown.entries)
    async with page(live.url, token=token) as other:
        away = await other.subscribe("calls")
        live.calls_in("x-2")
        live.hangs_up("x-1")
        await other.until(lambda: away.entries.keys() == {"x-2"})
    async with page(live.url, token=token) as again:
        await again.subscribe("calls", shown)
        await again.until(lambda: shown.entries.keys() == {"x-2"})
        assert shown.snapshots == 1, "no more than the changes were told"


async def test_after_too_long_they_are_told_everything(live: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "MOST_KEPT", 1)
    token = live.api.tokens[S]
    async with page(live.url, token=token) as opened, page(live.url, token=token) as other:
        shown, still = await opened.subscribe("calls"), await other.subscribe("calls")
        await opened.socket.close()
        for number in range(3):
            live.calls_in(f"x-{number}")
            await other.until(lambda number=number: f"x-{number}" in still.entries)  # type: ignore[misc]
        async with page(live.url, token=token) as again:
            await again.subscribe("calls", shown)
            assert shown.entries == still.entries
            assert shown.snapshots == 2


async def test_another_run_of_ccore_tells_everything(
    live: Running, tmp_path: Path, database: Database, dsn: str
) -> None:
    async with page(live.url, token=live.api.tokens[S]) as opened:
        shown = await opened.subscribe("agents")
        epoch = shown.epoch
        (tmp_path / "other").mkdir()
        async with running(tmp_path / "other", database, dsn, live) as restarted:
            await restarted.parts.floor.agents.look()
            async with page(restarted.url, token=restarted.api.tokens[S]) as again:
                await again.subscribe("agents", shown)
                assert shown.epoch != epoch
                assert shown.snapshots == 2
                assert shown.entries.keys() == {AGENT, "1002"}


async def slow_page(live: Running) -> socket.socket:
    """One that has asked for all calls and reads nothing."""
    host, port = live.url.removeprefix("http://").split(":")
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(slow, (host, int(port)))
    handshake = (
        f"GET {PATH} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"Authorization: Bearer {live.api.tokens[S]}\r\n\r\n"
    )
    said = json.dumps({"do": "subscribe", "topic": "calls"}).encode()
    await loop.sock_sendall(slow, handshake.encode() + bytes((0x81, 0x80 | len(said), 0, 0, 0, 0)) + said)
    await until(lambda: live.parts.live.hub.watched("calls"))
    return slow


async def flood(live: Running, holds: Callable[[], bool], most: int = 60) -> None:
    """So many calls that a page that does not read cannot have been told of all."""
    for number in range(most):
        for each in range(40):
            live.calls_in(f"f-{number}-{each}")
        await asyncio.sleep(hubs.TURN_S)
        if holds():
            return
    raise AssertionError("it was told everything")


async def test_a_page_that_is_too_slow_is_told_everything_once_it_reads(
    live: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST_BYTES", 20_000)
    monkeypatch.setattr(clients, "LEFT_BYTES", 5_000)
    monkeypatch.setattr(clients, "STUCK_S", 3600.0)
    slow = await slow_page(live)
    hub = live.parts.live.hub
    await flood(live, lambda: any(client.missed for client in hub._clients))
    (client,) = hub._clients
    waits = client.transport.get_write_buffer_size()
    async with page(live.url, token=live.api.tokens[S]) as other:
        quick = await other.subscribe("calls")
        for each in range(500):
            live.calls_in(f"g-{each}")
        await other.until(lambda: "g-499" in quick.entries)
        assert client.transport.get_write_buffer_size() <= waits, "nothing is kept for it, and nobody waits for it"
        heard, loop = b"", asyncio.get_running_loop()
        while b'"g-499"' not in heard[-200_000:]:
            more = await asyncio.wait_for(loop.sock_recv(slow, 65_536), 30)
            assert more, "it was sent away"
            heard += more
    assert heard.count(b'"snapshot"') >= 2
    slow.close()


async def test_a_page_that_reads_nothing_is_sent_away(live: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MOST_BYTES", 20_000)
    monkeypatch.setattr(clients, "LEFT_BYTES", 5_000)
    monkeypatch.setattr(clients, "STUCK_S", 0.5)
    monkeypatch.setattr(clients, "LINGER_S", 60.0)
    slow = await slow_page(live)
    hub = live.parts.live.hub
    await flood(live, lambda: not hub._clients or any(client.closed for client in hub._clients), most=300)
    heard, loop = b"", asyncio.get_running_loop()
    while more := await asyncio.wait_for(loop.sock_recv(slow, 65_536), 30):
        heard += more
    assert heard.endswith(b"\x88\x02" + (1013).to_bytes(2, "big"))
    slow.close()


async def test_nobody_has_more_sockets_than_they_need(live: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MOST_OF_ONE", 2)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            opened = await stack.enter_async_context(page(live.url, token=live.api.tokens[S]))
            await opened.until(lambda opened=opened: opened.heard)  # type: ignore[misc]
        await stack.enter_async_context(page(live.url, token=live.api.tokens[A]))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await stack.enter_async_context(page(live.url, token=live.api.tokens[S]))
        assert refused.value.status == 429


async def test_nonsense_ends_the_socket(live: Running) -> None:
    for said in ("x", "[]", '{"do": "shout"}', '{"do": "subscribe", "seq": -1}', "{" * 5000):
        async with page(live.url, token=live.api.tokens[S]) as opened:
            await opened.socket.send_str(said)
            assert await opened.closed() in {clients.TOO_MUCH, 1009}, said[:40]


async def test_strangers_do_not_push_out_whoever_has_proved_who_they_are(live: Running) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    async with page(live.url, token=live.api.tokens[S]) as opened:
        shown = await opened.subscribe("calls")
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(app.MOST_CONNECTIONS + 50)]
        live.calls_in("x-1")
        await opened.until(lambda: shown.entries)
        assert await asyncio.wait_for(idle[0][0].read(), 30) == b"", "the strangers that were here longest went"
        for _, writer in idle:
            writer.close()


async def test_a_fault_in_what_is_shown_ends_sockets_and_nothing_else(
    live: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(live.url, token=live.api.tokens[S]) as opened:
        shown = await opened.subscribe("agents")
        with monkeypatch.context() as patched:
            patched.setattr(live.parts.live.hub.rooms["agents"].source, "now", lambda _keys: 1 / 0)
            live.parts.live.hub.mark_all("agents")
            assert await opened.closed() == clients.GOING_AWAY
    await asyncio.sleep(1.5 * AGAIN_S)
    async with page(live.url, token=live.api.tokens[S]) as again:
        await again.subscribe("agents", shown)
        calls = await again.subscribe("calls")
        live.calls_in("x-1")
        await again.until(lambda: calls.entries)
        assert shown.entries.keys() == {AGENT, "1002"}
