"""The FastAGI server: sockets in, routes by name, no session without limit or deadline."""

import asyncio
import time
from collections.abc import Container, Mapping
from functools import partial
from typing import NoReturn

import structlog
from panoramisk import fast_agi

from ccore.agi import metrics
from ccore.agi.connection import Connection, Ending
from ccore.agi.dialogue import Hangup
from ccore.agi.headers import Malformed, Refusal, Request
from ccore.agi.session import Agi, Route
from ccore.floods import Flood

OPENING_DEADLINE_S = 2.0  # headers and proof together; Asterisk itself waits 2 s for a connection
BACKLOG = 1024  # connections the kernel holds while the loop is busy: ten seconds of 100 calls/s
LAST_WAIT_S = 1.0  # for routes that were cancelled to end

# Not worth a line in the log: any port scan and health check does this.
_ORDINARY = frozenset({Refusal.SILENT, Refusal.STOPPING})
_HOSTILE = frozenset({Refusal.TOO_LONG, Refusal.WRONG_HEADER, Refusal.WRONG_VALUE, Refusal.FORGED})

log = structlog.get_logger()


class Server(fast_agi.Application):
    """panoramisk's FastAGI application: its table of routes, with another way in.

    Its ``handler`` reads a stream without limit or deadline, spins for ever on a socket that closes at once, takes
    HANGUP for an answer and lets a caller's name forge headers; and streams cost twice the CPU of a protocol.
    So sockets are read by Connection, and routes are given an Agi instead of a Request.

    Make it inside the running loop. ``routes`` are named as in ``AGI(agi://host:port/name)``; port 0 takes a free one.
    At most ``max_sessions`` sockets are open; a route that runs for ``session_deadline_s`` is cancelled.
    """

    def __init__(
        self, host: str, port: int, routes: Mapping[str, Route], max_sessions: int, session_deadline_s: float
    ) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        for name, route in routes.items():
            self.add_route(name, route)
        self.scripts: Container[str] = self._route.keys()
        self._address = (host, port)
        self._max_sessions = max_sessions
        self._session_deadline_s = session_deadline_s
        self._listener: asyncio.Server | None = None
        self._stopping = False
        self._flood = Flood()
        for reason in Refusal:  # at 0 from the start: Prometheus's increase() does not see the first of a new series
            metrics.REFUSED.labels(reason)
        self._waiting: dict[Connection, asyncio.TimerHandle] = {}  # in the order they came
        self._sessions: dict[Connection, asyncio.Task[None]] = {}

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._listener is not None, "start() first"
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    @property
    def active(self) -> int:
        """Sessions under way."""
        return len(self._sessions)

    def add_route(self, path: str, endpoint: Route) -> None:
        """Answer ``AGI(agi://…/path)`` with ``endpoint``; panoramisk's own takes coroutine functions only."""
        if path in self._route:
            raise ValueError(f"there is a route {path} already")
        self._route[path] = endpoint

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> NoReturn:
        """panoramisk's way in, closed: it spins on a socket that says nothing."""
        raise NotImplementedError("use start(): panoramisk's own stream handler is not safe")

    async def start(self) -> None:
        """Listen. Raises OSError if the address cannot be had."""
        host, port = self._address
        self._listener = await self.loop.create_server(
            partial(Connection, self, self.loop), host, port, backlog=BACKLOG
        )
        metrics.ACTIVE.set_function(lambda: len(self._sessions))
        log.info("agi_server_started", host=host, port=self.port, routes=sorted(self._route))

    async def stop(self, drain_s: float) -> None:
        """Take no more calls, let those under way end for ``drain_s`` seconds, then cut them off."""
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._waiting):
            connection.refuse(Refusal.STOPPING)
        if self._sessions:
            await asyncio.wait(self._sessions.values(), timeout=drain_s)
        for connection in list(self._sessions):
            self._cut(connection, Ending.STOPPED)
        if self._sessions:
            await asyncio.wait(self._sessions.values(), timeout=LAST_WAIT_S)
        log.info("agi_server_stopped", left=len(self._sessions))

    def connected(self, connection: Connection) -> None:
        """A connection says: a socket is open. With no room left one is closed at once, and the dialplan falls back."""
        self._waiting[connection] = self.loop.call_later(OPENING_DEADLINE_S, connection.refuse, Refusal.LATE)
        if self._stopping:
            connection.refuse(Refusal.STOPPING)
        elif len(self._waiting) + len(self._sessions) > self._max_sessions:
            # Asterisk speaks within milliseconds: what has waited longest is not Asterisk, unless it is this one.
            next(iter(self._waiting)).refuse(Refusal.TOO_MANY)

    def proved(self, connection: Connection, request: Request) -> None:
        """A connection says: this is Asterisk, and this is what it wants."""
        self._waiting.pop(connection).cancel()
        self._sessions[connection] = self.loop.create_task(self._serve(connection, request))

    def refused(self, connection: Connection, reason: Refusal, malformed: Malformed | None) -> None:
        """A connection says: closed before any session."""
        self._waiting.pop(connection).cancel()
        metrics.REFUSED.labels(reason).inc()
        if reason in _ORDINARY or not (lines := self._flood.lines(reason, self.loop.time())):
            return
        known = malformed or connection.request
        log.warning(
            "agi_session_refused",
            reason=reason,
            security=reason in _HOSTILE,
            expected=malformed and malformed.expected,  # never what stood there: it may be a caller's number
            peer=connection.peer,
            script=connection.request and connection.request.script[:80],
            call_id=known and known.uniqueid,
            since_last_line=lines,
        )

    async def _serve(self, connection: Connection, request: Request) -> None:
        """One session from proof to end, whatever its route does."""
        structlog.contextvars.bind_contextvars(call_id=request.uniqueid)
        started = time.monotonic()
        deadline = self.loop.call_later(self._session_deadline_s, self._cut, connection, Ending.DEADLINE)
        ending = await _run(self._route[request.script], Agi(request, connection))
        deadline.cancel()
        connection.close()
        del self._sessions[connection]
        if connection.cut_for is not None:
            ending = connection.cut_for
            log.warning("agi_session_cut", ending=ending, script=request.script)
        metrics.session_seconds(request.script, ending).observe(time.monotonic() - started)

    def _cut(self, connection: Connection, ending: Ending) -> None:
        connection.cut(ending)  # first: the caller is free again even if the route will not end
        self._sessions[connection].cancel()


async def _run(route: Route, agi: Agi) -> Ending:
    try:
        await route(agi)
    except Hangup:
        return Ending.HANGUP
    except asyncio.CancelledError:  # from the deadline or from stop(); nobody awaits a session, so it ends here
        return Ending.STOPPED
    except Exception:  # a fault in one call must not reach the others; the dialplan serves its caller
        log.exception("agi_route_failed", script=agi.request.script)
        return Ending.FAILED
    return Ending.DONE
