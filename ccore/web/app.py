"""The HTTP application: ``/health``, ``/ready``, Prometheus ``/metrics``, and the routes it is given."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ccore.errors import CannotListen
from ccore.web.answers import guard, plainly

# Of those of whom nobody knows who they are: Asterisk's calls need the same file descriptors. Whatever has been here
# longest goes. Whoever has proved who they are is not counted any more: how often they may ask, and how many sockets
# they may have, is limited by person.
MOST_CONNECTIONS = 100
IDLE_LIMIT_S = 5.0  # for a request that does not become whole, and between two requests
LINGER_S = 2.0  # for the rest of a body that nobody reads
SHUTDOWN_LIMIT_S = 1.0
# Of one connection, unless a route allows more: some 1,600 requests; what of a body comes before its route is asked, of
# which asyncio reads 262,144 bytes at once.
MOST_BYTES = 524_288


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one ccore: each part by name, whether it is up, and what there is to say of it.

    ``not_ready`` names, in words for an admin, why no call should be sent here; empty means ready. ``warnings`` names
    what is not as it should be although calls are served.
    """

    parts: Mapping[str, Mapping[str, object]]
    not_ready: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """As JSON tells it."""
        why = {"why_not": list(self.not_ready), "warnings": list(self.warnings)}
        return {"ready": not self.not_ready, **why, "parts": self.parts}


def make_app(health: Callable[[], Health], more: Iterable[web.RouteDef] = ()) -> web.Application:
    """The application, with ``more`` routes; ``health`` is asked anew for each request and must not wait."""

    async def get_health(_request: web.Request) -> web.Response:
        return web.json_response(health().as_data())

    async def get_ready(_request: web.Request) -> web.Response:
        state = health()
        body = {"ready": not state.not_ready, "why_not": state.not_ready, "warnings": state.warnings}
        return web.json_response(body, status=503 if state.not_ready else 200)

    async def get_metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=[plainly])
    app.on_response_prepare.append(guard)
    app.add_routes([web.get("/health", get_health), web.get("/ready", get_ready), web.get("/metrics", get_metrics)])
    app.add_routes(more)
    return app


class _NoJunk(logging.Filter):
    """Keeps strangers' doings out of the log: what was no HTTP, with their bytes in a traceback, and what was cut off.

    aiohttp tells that a connection has been closed, while it waits for the rest of a body, only by these words.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        cut_off = isinstance(error, RuntimeError) and str(error) == "Connection closed."
        return not (cut_off or isinstance(error, HttpProcessingError))


_LOG = logging.getLogger("ccore.web")
_LOG.addFilter(_NoJunk())


class Connection(web.RequestHandler):
    """aiohttp's own, for as many bytes as requests without a body need: it keeps all of what it cannot read.

    While nobody knows who is at its other end, it stands among the ``strangers``, the newest last.
    """

    __slots__ = ("_left", "_strangers")

    def __init__(self, server: web.Server, strangers: dict["Connection", None]) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            logger=_LOG,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own word for no access log
            keepalive_timeout=IDLE_LIMIT_S,
            lingering_time=LINGER_S,
        )
        self._left = MOST_BYTES
        self._strangers = strangers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._strangers[self] = None
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._strangers.pop(self, None)
        super().connection_lost(exc)

    def allow(self, count: int) -> None:
        """Take ``count`` bytes more: somebody reads them."""
        self._left += count

    def renew(self) -> None:
        """Count anew: who asks is known, and may go on asking."""
        self._strangers.pop(self, None)
        self._left = max(self._left, MOST_BYTES)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is said of something that is no HTTP, or too long for it: as little, and in JSON as everything else."""
        response = super().handle_error(request, status, exc, message)
        if isinstance(response, web.Response):
            response.text, response.content_type = '{"error": "that is no HTTP, or too long"}', "application/json"
        return response

    def data_received(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            self.force_close()
        else:
            super().data_received(data)


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Have ``app`` answer at ``host``:``port`` while the block runs. Raises CannotListen."""
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_LIMIT_S)
    await runner.setup()
    server = runner.server
    assert server is not None

    strangers: dict[Connection, None] = {}

    def connection() -> Connection:
        while len(strangers) >= MOST_CONNECTIONS:
            oldest = next(iter(strangers))
            del strangers[oldest]
            oldest.force_close()
        return Connection(server, strangers)

    try:
        listener = await asyncio.get_running_loop().create_server(connection, host, port)
    except OSError as error:
        await runner.cleanup()
        raise CannotListen("http.port", host, port, error) from error
    try:
        yield
    finally:
        listener.close()
        await runner.cleanup()
