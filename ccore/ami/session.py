"""One login at Asterisk's manager port, from connect to loss: it never reconnects and never sends anything twice."""

import asyncio
import enum
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ccore.ami import wire
from ccore.ami.actions import Action, Login, Ping, Reply
from ccore.ami.exchange import Exchange
from ccore.ami.inbox import Overflow
from ccore.ami.metrics import CLOCK_DIFFERENCE, EVENTS
from ccore.ami.refusals import Refusals
from ccore.ami.wire import Flaw, Malformed, Message
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable

TRIED_VERSIONS = ("11",)  # AMI of Asterisk 22; others work as far as they speak the same
CLOCK_ALARM_S = 2.0  # call times and legal calling hours are in doubt beyond this

_EPOCH_SECONDS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a link waits for; the defaults are for an Asterisk on the same machine or network."""

    connect_s: float = 2.0
    banner_s: float = 2.0
    login_s: float = 5.0  # Asterisk sleeps 1 s before it refuses
    boot_s: float = 10.0  # from login to FullyBooted
    ping_every_s: float = 2.0  # also the time an answer may take
    ping_misses: int = 3
    in_flight: int = 1000  # more unanswered actions than this means that Asterisk does not keep up
    queue: int = 50_000  # events: 10 s of a storm of 5,000 a second, about 100 MB
    snapshot_s: float = 10.0  # each of its actions
    burst_s: float = 30.0  # the callbacks of a few events: slower ones will never keep up


DEFAULTS = Limits()


class Reason(enum.StrEnum):
    """Why a link was lost or did not come up."""

    UNREACHABLE = "unreachable"
    NOT_ASTERISK = "not_asterisk"
    LOGIN_REFUSED = "login_refused"
    SHUTTING_DOWN = "shutting_down"
    NOT_BOOTED = "not_booted"
    SNAPSHOT_FAILED = "snapshot_failed"
    CLOSED = "closed"
    SILENT = "silent"
    TOO_LONG = "too_long"
    OVERFLOW = "overflow"
    RESYNC_FAILED = "resync_failed"


class Lost(Exception):
    """The connection is over, or never was."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class StrictProtocol(AMIProtocol):
    """panoramisk's protocol, framed on bytes, filtered before decoding, with every answer expected or refused."""

    responses: dict[str, Exchange]
    version: str | None
    closed: bool

    def __init__(self, session: "Session") -> None:
        self.session = session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self.session
        self.frames = wire.Frames()
        self.session.protocol = self

    def data_received(self, data: bytes) -> None:
        try:
            blocks = self.frames.feed(data)
        except wire.Garbage as error:
            reason = Reason.TOO_LONG if isinstance(error, wire.TooLong) else Reason.NOT_ASTERISK
            self.session.lose(Lost(reason, str(error)))
            return
        if self.version is None and self.frames.version is not None:
            self.version = self.frames.version
            self.session.greeted.set()
        wanted, unwanted = self.session.wanted, 0
        for block in blocks:
            if wanted is not None and block.startswith(b"Event: ") and block[7 : block.find(b"\r\n")] not in wanted:
                unwanted += 1
            else:
                self._read(block)
        if unwanted:
            self.session.count_unwanted(unwanted)

    def send(self, exchange: Exchange) -> None:
        """Write one action, once."""
        self.responses[exchange.id] = exchange
        self.transport.write(exchange.wire)

    def close(self) -> None:
        """End the connection and fail everything in flight; nothing is kept for another connection."""
        for exchange in self.responses.values():
            exchange.fail(OutcomeUnknown(f"{exchange.verb}: the connection to Asterisk ended before the answer"))
        self.responses.clear()
        if not self.closed:
            self.closed = True
            self.transport.abort()

    def _read(self, block: bytes) -> None:
        message = wire.parse(block)
        if isinstance(message, Malformed):
            self.session.refuse(message)
        elif (exchange := self.responses.get(message.get("ActionID"))) is not None:
            self._answer(exchange, message, block)
        elif message.kind == "Response" or self.session.wanted is None:
            self.session.refuse(wire.malformed(Flaw.UNEXPECTED, block))
        elif message.name == "FullyBooted":  # at login it comes without the marks of a broadcast
            self.session.booted.set()
        elif wire.begins_as_broadcast(block):
            self.session.dispatch(message)
        else:
            self.session.refuse(wire.malformed(Flaw.NOT_AS_BROADCAST, block))

    def _answer(self, exchange: Exchange, message: Message, block: bytes) -> None:
        if not exchange.expects(message):
            self.session.refuse(wire.malformed(Flaw.UNEXPECTED, block))
        elif exchange.add_message(message):
            del self.responses[exchange.id]


class Session(Manager):
    """One connection of one AMI account.

    ``deliver`` takes the events whose names are in ``wanted`` and raises Overflow if it cannot; without it the login
    asks for no events, and any that comes is refused.
    """

    def __init__(
        self,
        node: str,
        host: str,
        port: int,
        login: Login,
        limits: Limits,
        refusals: Refusals,
        wanted: frozenset[str] | None = None,
        deliver: Callable[[Message], None] | None = None,
    ) -> None:
        super().__init__(host=host, port=port, protocol_factory=partial(StrictProtocol, self))
        self.node = node
        self.protocol: StrictProtocol | None = None
        self.lost: asyncio.Future[Lost] = asyncio.get_running_loop().create_future()
        self.greeted = asyncio.Event()
        self.booted = asyncio.Event()
        self.wanted = None if wanted is None else frozenset(name.encode() for name in wanted | {"FullyBooted"})
        self.refuse = refusals.add
        self.count_unwanted = EVENTS.labels(node, "unwanted").inc
        self._count_dropped = EVENTS.labels(node, "dropped").inc
        self._deliver = deliver
        self._login = login
        self._limits = limits
        self._ids = f"{secrets.token_hex(8)}-"  # what an answer must know, and a caller cannot
        self.proven_at = time.monotonic()  # Asterisk's answer proves that it had told us all that was before this
        self._sent = 0
        self._clock_alarmed = False

    async def open(self) -> None:
        """Connect and sign in. Raises Lost."""
        host, port = self.config["host"], self.config["port"]
        try:
            async with asyncio.timeout(self._limits.connect_s):
                await asyncio.get_running_loop().create_connection(self.config["protocol_factory"], host, port)
        except OSError as error:  # a TimeoutError is one too
            raise Lost(Reason.UNREACHABLE, f"{host}:{port} {error or 'does not answer'}") from error
        await self.happens(self.greeted, self._limits.banner_s, Lost(Reason.SILENT, "no greeting"))
        await self._sign_in()

    async def happens(self, event: asyncio.Event, timeout_s: float, otherwise: Lost) -> None:
        """Wait for ``event``. Raises Lost: ``otherwise`` after the time, or at once if the connection is lost."""
        happened = asyncio.ensure_future(event.wait())
        either: list[asyncio.Future[Any]] = [happened, self.lost]
        try:
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            happened.cancel()
        if self.lost.done() or not event.is_set():
            raise self.loss(otherwise)

    async def watch(self) -> None:
        """Ping for as long as the connection lasts; always ends by raising Lost."""
        misses = 0
        while misses < self._limits.ping_misses:
            asked_at = time.monotonic()
            if await self._answers_ping():
                misses, self.proven_at = 0, asked_at
            else:
                misses += 1
            rest_s = self._limits.ping_every_s - (time.monotonic() - asked_at)
            await asyncio.wait({self.lost}, timeout=max(rest_s, 0))
            if self.lost.done():
                raise self.lost.result()
        raise Lost(Reason.SILENT, f"{misses} pings unanswered")

    async def send_action(self, action: Action, timeout_s: float) -> Reply:
        """Send one action and wait for all of its answer. Raises Unavailable, OutcomeUnknown, ActionRefused."""
        if self.protocol is None or self.protocol.closed or self.protocol.transport.is_closing():
            raise Unavailable(f"{self.node}: no connection to Asterisk")
        if len(self.protocol.responses) >= self._limits.in_flight:
            raise Unavailable(f"{self.node}: {self._limits.in_flight} actions wait for Asterisk's answer")
        self._sent += 1
        exchange = Exchange(action, f"{self._ids}{self._sent}")
        self.protocol.send(exchange)
        try:
            async with asyncio.timeout(timeout_s):
                return await exchange.future
        except TimeoutError as error:
            raise OutcomeUnknown(f"{exchange.verb}: no answer from {self.node} in {timeout_s} s") from error
        finally:
            self.protocol.responses.pop(exchange.id, None)

    def dispatch(self, event: Message) -> None:
        """Hand an event on; nothing a callback does can reach the connection."""
        assert self._deliver is not None  # only a session with ``wanted`` gets here
        try:
            self._deliver(event)
        except Overflow:
            self._count_dropped()
            self.lose(Lost(Reason.OVERFLOW, "events come faster than they are handled"))

    def connection_lost(self, error: Exception | None) -> None:
        """The connection ended from outside."""
        self.lose(Lost(Reason.CLOSED, "" if error is None else str(error)))

    def lose(self, lost: Lost) -> None:
        """End the connection; the first reason is the one that counts."""
        if not self.lost.done():
            self.lost.set_result(lost)
        self.close()

    def loss(self, otherwise: Lost) -> Lost:
        """Why the connection was lost, or ``otherwise`` if it was not."""
        return self.lost.result() if self.lost.done() else otherwise

    async def _sign_in(self) -> None:
        assert self.protocol is not None  # greeted
        if str(self.protocol.version).partition(".")[0] not in TRIED_VERSIONS:
            log.warning("ami_version_untried", node=self.node, version=self.protocol.version)
        try:
            await self.send_action(self._login, self._limits.login_s)
        except ActionRefused as error:
            raise Lost(Reason.LOGIN_REFUSED, f"{self._login.username}: {error}") from error
        except Unavailable as error:
            raise self.loss(Lost(Reason.SHUTTING_DOWN, str(error))) from error
        except OutcomeUnknown as error:
            raise self.loss(Lost(Reason.SILENT, str(error))) from error

    async def _answers_ping(self) -> bool:
        before = time.time()
        try:
            reply = await self.send_action(Ping(), self._limits.ping_every_s)
        except (ActionRefused, Unavailable):
            return True  # "Asterisk is shutting down" is a sign of life as well; a closed connection is seen by watch
        except OutcomeUnknown:
            return False
        self._compare_clocks(reply, (before + time.time()) / 2)
        return True

    def _compare_clocks(self, reply: Reply, now: float) -> None:
        told = reply.response.get("Timestamp")
        if not _EPOCH_SECONDS.fullmatch(told):
            return  # an old Asterisk, or one that makes no sense: nothing to compare
        difference_s = float(told) - now
        CLOCK_DIFFERENCE.labels(self.node).set(difference_s)
        alarm = abs(difference_s) > CLOCK_ALARM_S
        if alarm and not self._clock_alarmed:
            log.error("asterisk_clock_differed", node=self.node, difference_s=round(difference_s, 3))
        self._clock_alarmed = alarm
