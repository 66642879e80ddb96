"""``GET /api/v1/live``: one WebSocket for each tab, on which topics are subscribed to and told."""

import asyncio
import socket as sockets
import time
from collections.abc import Coroutine
from typing import Annotated, Any, Literal, cast

import asyncpg
from aiohttp import WSMsgType, hdrs, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ccore import __version__
from ccore.clock import utc_now
from ccore.errors import CcoreError
from ccore.people.passwords import token_hash
from ccore.web.app import Connection
from ccore.web.auth import Auth
from ccore.web.live import metrics
from ccore.web.live.client import TOO_MUCH, Client
from ccore.web.live.hub import Hub, refused, said
from ccore.web.v1.operations import EVERYBODY, Asked, Operation

LONGEST_BYTES = 4_096  # of what a page says at once
MOST_A_SECOND = 50  # said by one page
HEARTBEAT_S = 20.0  # a line that is cut without a word is found out so
CLOSE_WITHIN_S = 2.0
AGAIN_S = 2.0  # what PostgreSQL could not tell is asked again
KEPT_BYTES = 65_536  # by the kernel for each socket: what is told late is better told anew


class Said(BaseModel):
    """What a page says. ``at`` of a ping comes back; ``active``: its user has done something since the last one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    do: Literal["subscribe", "unsubscribe", "ping"]
    topic: Annotated[str, Field(max_length=40)] = ""
    seq: Annotated[int | None, Field(ge=0, le=2**53)] = None
    epoch: Annotated[str, Field(max_length=40)] = ""
    at: Annotated[str, Field(max_length=40)] | float | None = None
    active: bool = False


class Sockets:
    """Opens and reads the sockets of ``hub``; ``instance`` is this ccore's name."""

    def __init__(self, hub: Hub, auth: Auth, instance: str) -> None:
        self._hub, self._auth = hub, auth
        self._hello = said({"hello": {"version": __version__, "instance": instance}})
        self._closing: set[asyncio.Task[object]] = set()

    async def open(self, asked: Asked[None, None]) -> web.StreamResponse:
        """Serve one socket until it closes."""
        request = asked.request
        if not self._auth.from_here(request):
            raise web.HTTPForbidden(text="that came from a page of another site")
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S, max_msg_size=LONGEST_BYTES, compress=False, timeout=CLOSE_WITHIN_S
        )
        if not socket.can_prepare(request):
            raise web.HTTPBadRequest(text="open a WebSocket here")
        if self._hub.is_full(asked.person.login):
            raise web.HTTPTooManyRequests(text="too many live sockets are open", headers={hdrs.RETRY_AFTER: "10"})
        await socket.prepare(request)
        if request.transport is None:  # its tab was closed meanwhile
            return socket
        client = self._client(asked, socket)
        self._hub.join(client)
        try:
            client.tell("", self._hello)
            await self._serve(client, socket, cast(Connection, request.protocol))
        finally:
            self._hub.leave(client)
        return socket

    def _client(self, asked: Asked[None, None], socket: web.WebSocketResponse) -> Client:
        request, session = asked.request, self._auth.session(asked.request)
        transport = cast(asyncio.Transport, request.transport)
        _limit(transport)
        display = self._auth.display(request)
        token = b"" if session or display else token_hash(request.headers[hdrs.AUTHORIZATION].partition(" ")[2])

        def close(code: int, why: str) -> None:
            self._soon(socket.close(code=code, message=why.encode()))

        return Client(asked.person, transport, close, session, token, display)

    def _soon(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _serve(self, client: Client, socket: web.WebSocketResponse, connection: Connection) -> None:
        count, second = 0, 0
        async for message in socket:
            connection.renew()
            count = count + 1 if second == (second := int(time.monotonic())) else 1
            heard = None if message.type is not WSMsgType.TEXT or count > MOST_A_SECOND else _heard(message.data)
            if heard is None:
                client.closed = True
                metrics.CLOSED.labels("nonsense").inc()
                await socket.close(code=TOO_MUCH, message=b"nonsense, or too much of it")
                return
            await self._do(client, heard)

    async def _do(self, client: Client, heard: Said) -> None:
        match heard.do:
            case "ping":
                client.active |= heard.active
                client.tell("", said({"pong": {"at": heard.at}, "at": utc_now().isoformat()}))
            case "unsubscribe":
                client.wanted.discard(heard.topic)
                self._hub.unsubscribe(client, heard.topic)
            case "subscribe":
                client.wanted.add(heard.topic)
                await self._subscribe(client, heard)

    async def _subscribe(self, client: Client, heard: Said) -> None:
        try:
            why = await self._hub.subscribe(client, heard.topic, heard.epoch, heard.seq)
        except (CcoreError, asyncpg.PostgresError):  # it is told elsewhere that PostgreSQL is away
            self._soon(self._subscribe_later(client, heard))
        else:
            if why:
                client.tell(heard.topic, refused(heard.topic, why))

    async def _subscribe_later(self, client: Client, heard: Said) -> None:
        await asyncio.sleep(AGAIN_S)
        if not client.closed and heard.topic in client.wanted and heard.topic not in client.stands:
            await self._subscribe(client, heard)


def _heard(text: str) -> Said | None:
    """None: that is nothing that a page says."""
    try:
        return Said.model_validate_json(text)
    except ValidationError:
        return None


def _limit(transport: asyncio.Transport) -> None:
    """How much of what is told the kernel keeps."""
    transport.get_extra_info("socket").setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, KEPT_BYTES)


def operations(hub: Hub, auth: Auth, instance: str) -> list[Operation[Any, Any]]:
    """The socket; what it tells is described by the models ``Live…``."""
    sockets = Sockets(hub, auth, instance)
    summary = "What moves, told as it moves: a WebSocket"
    return [Operation("GET", "/live", summary, EVERYBODY, sockets.open, media=("application/json",))]
