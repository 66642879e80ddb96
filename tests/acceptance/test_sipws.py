"""``/sipws`` with a real Asterisk: who is let through, until when, and that it comes back by itself."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccore.centre.phones import endpoint, password
from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.sipws import AWAY, ENDED, NOT_YOURS, PATH, SIGNED_OUT, TAKEN_OVER
from tests.support.browser import KEPT
from tests.support.browser_desk import LI, Browsers, browsers
from tests.support.console import Console, console
from tests.support.digest import authorization
from tests.support.sipwords import header

CUT_WITHIN_S = 10.0


@dataclass
class Here:
    """The site, and a browser in which agent 1001 has signed in and taken a seat."""

    built: Browsers
    browser: Console

    async def phone(self) -> dict[str, Any]:
        """What it is told to register with."""
        status, told = await self.browser.ask("POST", "/api/v1/desk/phone", {})
        assert status == 200, told
        found: dict[str, Any] = told
        return found

    async def opened(self, **headers: str) -> aiohttp.ClientWebSocketResponse:
        """A socket, as the page opens it."""
        known = {
            "Origin": self.browser.url,
            "Cookie": "; ".join("=".join(each) for each in self.browser.cookies.items()),
        }
        return await self.browser.session.ws_connect(
            self.browser.url + PATH, protocols=("sip",), headers={**known, **headers}
        )


async def registered(socket: aiohttp.ClientWebSocketResponse, user: str, secret: str) -> int:
    """The final status of a registration."""
    call, proof, status = uuid.uuid4().hex, "", 0
    for number in (1, 2):
        await socket.send_str(
            "REGISTER sip:ccore.invalid SIP/2.0\r\n"
            f"Via: SIP/2.0/WS browser.invalid;branch=z9hG4bK{call}{number}\r\nMax-Forwards: 69\r\n"
            f"From: <sip:{user}@ccore.invalid>;tag=x\r\nTo: <sip:{user}@ccore.invalid>\r\nCall-ID: {call}\r\n"
            f"CSeq: {number} REGISTER\r\nContact: <sip:{user}@browser.invalid;transport=ws>;expires=120\r\n"
            f"{proof}Content-Length: 0\r\n\r\n"
        )
        answer = b""
        while header(answer, b"Call-ID") != call.encode():
            answer = str(await socket.receive_str(timeout=30)).encode()
        status = int(answer[8:11])
        if status != 401:
            break
        challenge = header(answer, b"WWW-Authenticate").decode()
        words = authorization(challenge, user, secret, "REGISTER", "sip:ccore.invalid")
        proof = f"Authorization: {words}\r\n"
    return status


async def closed(socket: aiohttp.ClientWebSocketResponse, within_s: float = 30.0) -> tuple[int, float]:
    """With which code it was closed, and after how many seconds."""
    began = time.monotonic()
    while (message := await socket.receive(timeout=within_s)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert message.type is aiohttp.WSMsgType.CLOSE, message
    return int(message.data), time.monotonic() - began


@asynccontextmanager
async def signed_in(url: str, login: str) -> AsyncIterator[Console]:
    """A browser of somebody's."""
    async with console(url) as browser:
        status, said = await browser.sign_in(login)
        assert status == 200, said
        yield browser


@pytest.fixture
async def here(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Here]:
    """Everything runs."""
    async with browsers(tmp_path) as built:
        url = f"http://127.0.0.1:{built.site.config.http.port}"
        async with Database.opened(built.site.postgres.dsn, Settings(acquire_timeout_s=30)) as database:
            assert await People(database).add("li", "Li", Role.AGENT, LI, "test")
            assert await database.fetch_value("people.set_password", "li", KEPT, "test")
        async with signed_in(url, "li") as browser:
            assert (await browser.ask("POST", "/api/v1/desk/phone", {}))[0] == 409  # no seat yet
            with pytest.raises(aiohttp.WSServerHandshakeError, match="409"):
                await Here(built, browser).opened()
            while (said := await browser.ask("POST", f"/api/v1/agents/{LI}/sign-in", {"kind": "browser"}))[0] == 404:
                await asyncio.sleep(0.1)  # a new agent is known half a second later
            assert said[0] == 200, said
            assert said[1]["device"] == {"kind": "browser", "number": "3001", "node": built.site.node.name}
            yield Here(built, browser)


async def test_only_the_agents_own_phone_for_as_long_as_they_sit_there(here: Here) -> None:
    given, site = await here.phone(), here.built.site
    user, url = given["user"], here.browser.url
    assert site.secrets.phone_secret is not None
    real = password(site.secrets.phone_secret.get_secret_value(), "3001")
    assert given["password"] != real

    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await here.opened(**headers)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await here.opened(Cookie="")

    first = await here.opened()
    assert await registered(first, user, "wrong") == 401
    assert await registered(first, user, real) == 401  # it is not the browser's to know
    assert await registered(first, user, given["password"]) == 200
    assert f"{user}/sip:{user}@" in await site.node.cli("pjsip show contacts")

    second = await here.opened()
    assert (await closed(first))[0] == TAKEN_OVER
    assert await registered(second, user, given["password"]) == 200
    with pytest.raises(TypeError):  # closed, not answered
        await registered(second, endpoint("3002"), given["password"])
    assert second.close_code == NOT_YOURS

    third = await here.opened()
    assert await registered(third, user, given["password"]) == 200
    await here.browser.ask("POST", f"/api/v1/agents/{LI}/sign-out")
    code, after_s = await closed(third)
    assert (code, after_s < CUT_WITHIN_S) == (SIGNED_OUT, True), after_s
    assert (await here.browser.ask("POST", f"/api/v1/agents/{LI}/sign-in", {"kind": "browser"}))[0] == 200

    fourth = await here.opened()
    async with signed_in(url, "li") as other:
        other.keys = count(20_000_000)  # the first browser has used the others for the same person
        session = next(each for each in (await other.ask("GET", "/api/v1/sessions"))[1]["sessions"] if not each["this"])
        assert (await other.ask("DELETE", f"/api/v1/sessions/{session['session']}"))[0] == 200
    code, after_s = await closed(fourth)
    assert (code, after_s < CUT_WITHIN_S) == (ENDED, True), after_s
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await here.opened()


async def test_a_supervisor_has_a_phone_to_listen_at_for_their_session_alone(here: Here) -> None:
    site = here.built.site
    async with Database.opened(site.postgres.dsn, Settings(acquire_timeout_s=30)) as database:
        assert await People(database).add("boss", "Boss", Role.SUPERVISOR, "", "test")
        assert await database.fetch_value("people.set_password", "boss", KEPT, "test")
    where = {"node": site.node.name}
    assert (await here.browser.ask("POST", "/api/v1/desk/phone", where))[0] == 403  # an agent
    async with signed_in(here.browser.url, "boss") as first, signed_in(here.browser.url, "boss") as second:
        second.keys = count(20_000_000)
        assert (await first.ask("POST", "/api/v1/desk/phone", {}))[0] == 409  # they sit nowhere
        given = [(await each.ask("POST", "/api/v1/desk/phone", where))[1] for each in (first, second, first)]
        assert [each["number"] for each in given] == ["3020", "3019", "3020"]
        socket = await Here(here.built, first).opened()
        assert await registered(socket, given[0]["user"], given[1]["password"]) == 401  # the other session's
        assert await registered(socket, given[0]["user"], given[0]["password"]) == 200
        assert (await first.ask("DELETE", "/api/v1/session"))[0] == 200
        assert (await closed(socket))[0] == ENDED


async def test_what_asterisks_end_does_is_told_and_it_comes_back(here: Here) -> None:
    given, site = await here.phone(), here.built.site
    socket = await here.opened()
    assert await registered(socket, given["user"], given["password"]) == 200
    await site.node.stop(grace_s=0.2)
    assert (await closed(socket))[0] == AWAY
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await here.opened()
    await site.node.start()
    again = await here.opened()
    assert await registered(again, given["user"], given["password"]) == 200
    site.assert_log_is_clean()
