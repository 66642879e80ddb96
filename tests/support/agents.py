"""Agents' telephones: they register with their password, answer as they were told, and keep what happened to them.

``async with phones(site.sip_port, secret, ["2001", "2002"], answers_after_s=0.2, talks_s=1) as desk:`` has them
registered; ``desk["2001"].calls`` are the calls that came to it, oldest first, each with its times (monotonic) and who
called. ``secret`` is the site's: ``secrets.phone_secret.get_secret_value()``. What a phone does may be changed at any
time: ``answers_after_s`` (None: it rings for ever), ``talks_s`` (None: until the other side hangs up), ``status``
(200, or what it refuses calls with). A phone made with ``sounds`` hears, presses keys and speaks: ``phone.media``.
"""

import asyncio
import re
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import cast

from ccore.centre.phones import endpoint, password
from tests.support.digest import authorization
from tests.support.dtmf import AUDIO, FRAME, SILENCE
from tests.support.heard import Hearing, Sounds
from tests.support.keypad import Media
from tests.support.sipwords import body, header, lines
from tests.support.sipwords import user as user_of

ANSWERED_WITHIN_S = 30.0  # to a REGISTER
_AGAIN_AFTER_S = (0.5, 1, 2, 4)  # what is not answered is said again: a datagram may be lost
_RTP_EVERY_S = 1.0  # a phone without ears says nothing, and shows that it is there
_CHALLENGE = re.compile(rb"^(?:WWW|Proxy)-Authenticate: (Digest .*?)\r$", re.MULTILINE)
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
)


@dataclass(slots=True)
class Call:
    """One call that came to a phone. Times are s, monotonic, 0 for what has not happened."""

    caller: str  # the user of From
    call_id: str
    invite: bytes
    rang_at: float
    answered_at: float = 0.0
    ended_at: float = 0.0
    ended_by: str = ""  # "us", "them", "cancelled" or "refused"
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def header(self, name: str) -> str:
        """A header of its INVITE, or nothing."""
        return header(self.invite, name.encode()).decode()


class Phone(asyncio.DatagramProtocol):
    """A telephone at a port of its own. One call at a time: further ones get 486 and are in ``turned_away``."""

    def __init__(self, asterisk: int, user: str, secret: str, host: str = "127.0.0.1") -> None:
        self.user = user
        self.host = host
        self.answers_after_s: float | None = 0.2
        self.talks_s: float | None = None
        self.status = 200
        self.calls: list[Call] = []
        self.turned_away: list[Call] = []
        self.news = asyncio.Event()
        self.media: Media | None = None
        self.alive = True  # whether it says anything at all: a phone that was unplugged does not
        self._asterisk = ("127.0.0.1", asterisk)
        self._secret = secret
        self._transport: asyncio.DatagramTransport | None = None
        self._replies: dict[str, asyncio.Future[bytes]] = {}
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ear = _Ear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def port(self) -> int:
        """Where it is on its host."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    @property
    def current(self) -> Call | None:
        """The call that is not over, if there is one."""
        return self.calls[-1] if self.calls and not self.calls[-1].ended_at else None

    async def register(self, expires_s: int = 600) -> int:
        """Say where it is, 0 s: that it is nowhere. The final status: 200, or 401 if the password is wrong."""
        status, answer = await self._asked_to_register(expires_s, b"")
        if status == 401 and (found := _CHALLENGE.search(answer)):
            header = authorization(found[1].decode(), self.user, self._secret, "REGISTER", self._registrar)
            status, _ = await self._asked_to_register(expires_s, b"Authorization: " + header.encode() + b"\r\n")
        return status

    def hang_up(self) -> None:
        """End the call that was answered."""
        call = self.current
        assert call is not None
        assert call.answered_at, "it was not answered"
        self._say_goodbye(call)
        self._end(call, "us")

    def pick_up(self) -> None:
        """Answer the call that rings, now."""
        assert self.current is not None
        self._start(self._answer(self.current))

    async def until_rung(self, calls: int = 1, within_s: float = 30.0) -> Call:
        """Wait until so many calls have come since the beginning; the last of those."""
        return (await self._until(lambda: self.calls[:calls] if len(self.calls) >= calls else [], within_s))[-1]

    async def until_answered(self, calls: int = 1, within_s: float = 30.0) -> Call:
        """Wait until so many calls were answered since the beginning; the last of those."""

        def answered() -> list[Call]:
            found = [call for call in self.calls if call.answered_at]
            return found[:calls] if len(found) >= calls else []

        return (await self._until(answered, within_s))[-1]

    async def _until(self, found: Callable[[], list[Call]], within_s: float) -> list[Call]:
        deadline = time.monotonic() + within_s
        while not (calls := found()):
            self.news.clear()
            left = deadline - time.monotonic()
            assert left > 0, f"{self.user}: not within {within_s} s; calls so far: {self.calls}"
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except TimeoutError:
                continue
        return calls

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Do what a telephone does."""
        if not self.alive:
            return
        self._asterisk = addr
        method = data.split(b" ", 1)[0]
        if data.startswith(b"SIP/2.0 "):
            self._reply_came(data)
        elif method == b"INVITE":
            self._invited(data)
        elif method == b"CANCEL":
            self._reply(data, b"200 OK")
            call = self._call_of(data)
            if call and not call.answered_at and not call.ended_at:
                self._reply(call.invite, b"487 Request Terminated")
                self._end(call, "cancelled")
        elif method == b"BYE":
            self._reply(data, b"200 OK")
            if (call := self._call_of(data)) and not call.ended_at:
                self._end(call, "them")
        elif method == b"ACK":
            if call := self._call_of(data):
                call.acknowledged.set()
        else:
            self._reply(data, b"200 OK")
        self.news.set()

    def _invited(self, data: bytes) -> None:
        known = self._call_of(data)
        if known is not None and b";tag=" in header(data, b"To"):  # hold, resume and the like
            self._reply(data, b"200 OK", self._sdp)
            return
        if known is not None:  # sent again
            return
        call = Call(user_of(header(data, b"From")), header(data, b"Call-ID").decode(), data, time.monotonic())
        if self.current is not None:
            call.ended_at, call.ended_by = call.rang_at, "refused"
            self.turned_away.append(call)
            self._reply(data, b"486 Busy Here")
            return
        self.calls.append(call)
        self._reply(data, b"180 Ringing")
        self._start(self._served(call))

    async def _served(self, call: Call) -> None:
        if self.answers_after_s is None:
            return
        await asyncio.sleep(self.answers_after_s)
        await self._answer(call)

    async def _answer(self, call: Call) -> None:
        if call.ended_at or not self.alive:
            return
        if self.status != 200:
            self._reply(call.invite, b"%d No" % self.status)
            self._end(call, "refused")
            return
        self._start(_repeated(lambda: self._reply(call.invite, b"200 OK", self._sdp), call.acknowledged))
        call.answered_at = time.monotonic()
        call.answered.set()
        self.news.set()
        self._start(self._talk(call))
        if self.talks_s is not None:
            await asyncio.sleep(self.talks_s)
            if not call.ended_at and self.alive:
                self._say_goodbye(call)
                self._end(call, "us")

    async def _talk(self, call: Call) -> None:
        """Send to where the caller is, until the call's end."""
        found = re.search(rb"^m=audio (\d+)", call.invite, re.MULTILINE)
        assert found is not None
        if self.media is not None:
            talking = asyncio.create_task(self.media.talk(int(found[1])))
            await call.ended.wait()
            talking.cancel()
            await asyncio.wait([talking])
            return
        for number in count():
            self._ear.say(number, int(found[1]))
            try:
                await asyncio.wait_for(call.ended.wait(), _RTP_EVERY_S)
            except TimeoutError:
                continue
            return

    def _end(self, call: Call, by: str) -> None:
        call.ended_at, call.ended_by = time.monotonic(), by
        call.ended.set()
        self.news.set()

    def _call_of(self, data: bytes) -> Call | None:
        call_id = header(data, b"Call-ID").decode()
        return next((call for call in reversed(self.calls) if call.call_id == call_id), None)

    @property
    def _sdp(self) -> bytes:
        return _SDP.format(port=self.media.port if self.media else self._ear.port).encode()

    @property
    def _registrar(self) -> str:
        return f"sip:127.0.0.1:{self._asterisk[1]}"

    async def _asked_to_register(self, expires_s: int, authorized: bytes) -> tuple[int, bytes]:
        number = next(self._numbers)
        identity = b"<sip:%s@127.0.0.1>" % self.user.encode()
        call_id = f"register-{self.user}-{self.port}"
        answered = asyncio.get_running_loop().create_future()
        self._replies[f"{call_id} {number} REGISTER"] = answered
        self._send(
            b"REGISTER %s SIP/2.0\r\n" % self._registrar.encode()
            + b"Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK%d-%d\r\n" % (self.port, self.port, number)
            + b"From: %s;tag=r%d\r\nTo: %s\r\n" % (identity, self.port, identity)
            + b"Call-ID: %s\r\nCSeq: %d REGISTER\r\nMax-Forwards: 70\r\n" % (call_id.encode(), number)
            + self._contact + b"Expires: %d\r\n" % expires_s + authorized + b"Content-Length: 0\r\n\r\n"
        )  # fmt: skip
        answer = await asyncio.wait_for(answered, ANSWERED_WITHIN_S)
        return int(answer[8:11]), answer

    def _reply_came(self, data: bytes) -> None:
        if int(data[8:11]) >= 200:
            key = f"{header(data, b'Call-ID').decode()} {header(data, b'CSeq').decode()}"
            if (waiting := self._replies.pop(key, None)) and not waiting.done():
                waiting.set_result(data)

    def _reply(self, request: bytes, status: bytes, sdp: bytes = b"") -> None:
        to = header(request, b"To")
        tag = b"" if b";tag=" in to else b";tag=%d" % self.port
        self._send(
            b"SIP/2.0 " + status + b"\r\n" + lines(request, b"Via", b"From", b"Call-ID", b"CSeq", b"Record-Route")
            + b"To: " + to + tag + b"\r\n" + self._contact + body(sdp)
        )  # fmt: skip

    def _say_goodbye(self, call: Call) -> None:
        target = re.search(rb"<(sip:[^>]*)>", header(call.invite, b"Contact"))
        assert target is not None
        number = next(self._numbers) + 1000
        message = (
            b"BYE " + target[1] + b" SIP/2.0\r\n"
            + b"Via: SIP/2.0/UDP %s:%d;rport;branch=z9hG4bKq%d-%d\r\n"
            % (self.host.encode(), self.port, self.port, number)
            + b"From: %s;tag=%d\r\nTo: %s\r\n" % (header(call.invite, b"To"), self.port, header(call.invite, b"From"))
            + lines(call.invite, b"Call-ID") + b"CSeq: %d BYE\r\nMax-Forwards: 70\r\n" % number
            + self._contact + body(b"")
        )  # fmt: skip
        heard = asyncio.Event()
        answered = asyncio.get_running_loop().create_future()
        answered.add_done_callback(lambda _: heard.set())
        self._replies[f"{call.call_id} {number} BYE"] = answered
        self._start(_repeated(lambda: self._send(message), heard))

    @property
    def _contact(self) -> bytes:
        return b"Contact: <sip:%s@%s:%d>\r\n" % (self.user.encode(), self.host.encode(), self.port)

    def _send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(message, self._asterisk)

    def _start(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Hang up without a word, and be gone."""
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        faults = [fault for fault in results if isinstance(fault, Exception)]
        if self._transport is not None:
            self._transport.close()
        assert not faults, faults


async def _repeated(say: Callable[[], None], heard: asyncio.Event) -> None:
    """Say something again and again, as SIP does, until it is known to have been heard."""
    for wait_s in _AGAIN_AFTER_S:
        say()
        try:
            await asyncio.wait_for(heard.wait(), wait_s)
        except TimeoutError:
            continue
        return


class _Ear(asyncio.DatagramProtocol):
    """The RTP of a phone nobody listens at: what comes is dropped, and now and then a packet of silence goes."""

    def __init__(self) -> None:
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def say(self, number: int, port: int) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            head = struct.pack(">BBHII", 0x80, AUDIO, number & 0xFFFF, number * FRAME, self.port)
            self._transport.sendto(head + SILENCE, ("127.0.0.1", port))


@asynccontextmanager
async def phone(
    asterisk: int,
    user: str,
    secret: str = "",
    *,
    sounds: Sounds | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    register: bool = True,
) -> AsyncIterator[Phone]:
    """One phone at ``port`` (0: any) of ``host``, SIP user ``user`` with the password ``secret``.

    It is registered at the port ``asterisk`` of 127.0.0.1, unless it is no phone of the site but one behind a trunk
    (``register`` False). With ``sounds`` it has a keypad, a voice and ears (``phone.media``).
    """
    loop = asyncio.get_running_loop()
    _, built = await loop.create_datagram_endpoint(lambda: Phone(asterisk, user, secret, host), local_addr=(host, port))
    heard, _ = await loop.create_datagram_endpoint(lambda: built._ear, local_addr=("127.0.0.1", 0))
    if sounds is not None:
        media, built.media = await loop.create_datagram_endpoint(
            lambda: Media(Hearing(sounds), "rfc4733", talks=True), local_addr=("127.0.0.1", 0)
        )
    try:
        if register:
            status = await built.register()
            assert status == 200, f"{user} could not register: {status}"
        yield built
    finally:
        await built.stop()
        heard.close()
        if sounds is not None:
            media.close()


@asynccontextmanager
async def phones(
    asterisk: int,
    secret: str,
    numbers: Iterable[str],
    *,
    answers_after_s: float | None = 0.2,
    talks_s: float | None = None,
    sounds: Sounds | None = None,
) -> AsyncIterator[Mapping[str, Phone]]:
    """Registered phones by their numbers; ``secret`` is the site's ``phone_secret``."""
    async with AsyncExitStack() as stack:
        desk: dict[str, Phone] = {}
        for number in numbers:
            made = phone(asterisk, endpoint(number), password(secret, number), sounds=sounds)
            desk[number] = await stack.enter_async_context(made)
            desk[number].answers_after_s, desk[number].talks_s = answers_after_s, talks_s
        yield desk
