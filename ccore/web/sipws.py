"""``/sipws``: the WebSocket by which a browser phone speaks SIP with the Asterisk that its agent sits at."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, cast

import aiohttp
import structlog
from aiohttp import web

from ccore.centre.phones import endpoint, pass_ends_s, passes, password
from ccore.errors import CcoreError
from ccore.nodes import Node
from ccore.web.app import Connection
from ccore.web.auth import Auth
from ccore.web.browser_seats import Seat, Seats
from ccore.web.rates import Bucket
from ccore.web.sip_gate import MOST_CHARACTERS, Phone, Refused, from_browser

log = structlog.get_logger()

PATH = "/sipws"
SUBPROTOCOL = "sip"
CONNECT_LIMIT_S = 2.0
SAY_LIMIT_S = 3.0  # a page that does not take what Asterisk says is not there any more
HEARTBEAT_S = 10.0  # a page that is gone without a word is noticed within 15 s
LOOK_EVERY_S = 0.3
A_SECOND, AT_ONCE = 20.0, 100  # messages of one phone: a call needs some ten
# Why a socket is closed, as the page is told.
ENDED, SIGNED_OUT, TAKEN_OVER, NOT_YOURS, TOO_OFTEN, AWAY = 4401, 4403, 4409, 1008, 1013, 1012


@dataclass(frozen=True, slots=True)
class Pass:
    """What a browser registers with, and until when it can."""

    user: str
    password: str
    expires_at_s: float


class _Over(Exception):
    """The socket is to be closed, for a reason that its page is told."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class SipSockets:
    """The sockets of browser phones, one for each phone: a newer one takes over."""

    def __init__(self, auth: Auth, seats: Seats, nodes: Mapping[str, Node], secret: str) -> None:
        self._auth = auth
        self.seats = seats
        self._nodes = nodes
        self._secret = secret
        self._open: dict[str, web.WebSocketResponse] = {}
        self._rates = Bucket(A_SECOND, AT_ONCE)

    def pass_of(self, seat: Seat) -> Pass:
        """What the browser at ``seat`` registers with from now on."""
        now_s = time.time()
        given, _ = passes(self._secret, seat.number, seat.session, now_s)
        return Pass(endpoint(seat.number), given, pass_ends_s(now_s))

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Join a browser to its Asterisk, for as long as its agent sits there."""
        if not self._auth.from_here(request):
            raise web.HTTPForbidden(text="that came from a page of another site")
        person = await self._auth.somebody(request)
        await self._auth.let_in(request, [person.role], subject="desk")
        seat = self.seats.of(person, self._auth.session(request))
        if seat is None:
            raise web.HTTPConflict(text="take a seat at a browser phone first")
        browser = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT_S, max_msg_size=4 * MOST_CHARACTERS, compress=False
        )
        if not browser.can_prepare(request) or SUBPROTOCOL not in request.headers.get("Sec-WebSocket-Protocol", ""):
            raise web.HTTPBadRequest(text="this is a WebSocket for SIP")
        try:
            return await self._joined(request, browser, seat)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("browser_phone_not_connected", agent=seat.agent, phone=seat.number, reason=str(error))
            raise web.HTTPServiceUnavailable(text="Asterisk does not answer: try again") from error

    async def _joined(self, request: web.Request, browser: web.WebSocketResponse, seat: Seat) -> web.WebSocketResponse:
        node = self._nodes[seat.node]
        url = f"http://{node.host}:{node.http_port}/ws"
        async with (
            aiohttp.ClientSession() as session,
            asyncio.timeout(CONNECT_LIMIT_S) as limit,
            session.ws_connect(url, protocols=(SUBPROTOCOL,), max_msg_size=4 * MOST_CHARACTERS) as asterisk,
        ):
            limit.reschedule(None)
            await browser.prepare(request)
            older, self._open[seat.number] = self._open.get(seat.number), browser
            if older is not None:
                await older.close(code=TAKEN_OVER, message=b"taken over")
            log.info("browser_phone_connected", agent=seat.agent, phone=seat.number, node=seat.node)
            over = await self._until_over(request, browser, asterisk, seat)
            log.info("browser_phone_left", agent=seat.agent, phone=seat.number, reason=over.why)
            if self._open.get(seat.number) is browser:
                del self._open[seat.number]
            await browser.close(code=over.code, message=over.why.encode())
        return browser

    async def _until_over(
        self,
        request: web.Request,
        browser: web.WebSocketResponse,
        asterisk: aiohttp.ClientWebSocketResponse,
        seat: Seat,
    ) -> _Over:
        over: _Over | None = None
        try:
            with self.seats.watching(seat):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._from_browser(request, browser, asterisk, seat))
                    group.create_task(_from_asterisk(browser, asterisk))
                    group.create_task(self._until_stood_up(seat))
        except* _Over as reasons:
            first = reasons.exceptions[0]
            assert isinstance(first, _Over)
            over = first
        assert over is not None, "somebody ends it"
        return over

    async def _from_browser(
        self,
        request: web.Request,
        browser: web.WebSocketResponse,
        asterisk: aiohttp.ClientWebSocketResponse,
        seat: Seat,
    ) -> NoReturn:
        async for message in browser:
            cast(Connection, request.protocol).renew()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise _Over(NOT_YOURS, "not text")
            if not message.data.strip("\r\n"):  # says only that it is there
                continue
            if self._rates.wait_s(seat.number):
                raise _Over(TOO_OFTEN, "too often")
            now = from_browser(message.data, self._phone(seat))
            if isinstance(now, Refused):
                log.warning("browser_phone_refused", agent=seat.agent, phone=seat.number, reason=now.why)
                raise _Over(NOT_YOURS, now.why)
            try:
                async with asyncio.timeout(SAY_LIMIT_S):
                    await asterisk.send_str(now)
            except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
                raise _Over(AWAY, "Asterisk is away") from error
        raise _Over(1000, "the browser left")

    async def _until_stood_up(self, seat: Seat) -> NoReturn:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                why = await self.seats.why_over(seat)
            except CcoreError as error:  # calls go on while PostgreSQL is away
                log.debug("browser_phone_not_looked_at", phone=seat.number, reason=str(error))
                continue
            if why:
                raise _Over(ENDED if why == "session-ended" else SIGNED_OUT, why)

    def _phone(self, seat: Seat) -> Phone:
        good = passes(self._secret, seat.number, seat.session, time.time())
        return Phone(endpoint(seat.number), password(self._secret, seat.number), good)


async def _from_asterisk(browser: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse) -> NoReturn:
    async for message in asterisk:
        if message.type is aiohttp.WSMsgType.ERROR:
            break
        text = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
        try:
            async with asyncio.timeout(SAY_LIMIT_S):
                await browser.send_str(text)
        except (ConnectionError, TimeoutError) as error:
            raise _Over(TOO_OFTEN, "the browser is too slow") from error
    raise _Over(AWAY, "Asterisk is away")


def routes(sockets: SipSockets | None) -> list[web.RouteDef]:
    """``GET /sipws``; none where no phone has a password."""
    return [] if sockets is None else [web.get(PATH, sockets.serve)]
