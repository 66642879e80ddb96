"""SIP written by hand, for calls that no decent telephone would place."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from tests.support.digest import authorization

_CHALLENGE = re.compile(rb"^WWW-Authenticate: (Digest .*?)\r$", re.MULTILINE)
_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")


@dataclass(slots=True)
class Caller(asyncio.DatagramProtocol):
    """A caller on a UDP socket of its own: what it hears is in ``heard``, answers and hang-ups are acknowledged."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    acknowledges: bool = True
    transport: asyncio.DatagramTransport | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self.transport = cast(asyncio.DatagramTransport, transport)  # Python 3.11's is no subclass of it

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is closed."""
        self.closed.set()

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        """Acknowledge final answers, agree to hang-ups."""
        self.heard.append(data)
        if data.startswith(b"BYE "):
            self.send(b"SIP/2.0 200 OK\r\n" + _headers(data, b"Via", b"From", b"To", b"Call-ID", b"CSeq") + b"\r\n")
        elif self.acknowledges and _is_final(data):
            self._acknowledge(data)
        self.news.set()

    def send(self, message: bytes) -> None:
        """Put one datagram on the wire."""
        assert self.transport is not None
        self.transport.sendto(message)

    def invite(
        self,
        number: bytes,
        caller: bytes,
        *,
        call_id: str,
        branch: str,
        headers: bytes = b"",
        display: bytes = b"",
        body: bytes | None = None,
    ) -> None:
        """Send one INVITE made of exactly these bytes."""
        local = self.address
        sdp = _sdp() if body is None else body
        self.send(
            b"INVITE sip:" + number + b"@127.0.0.1:%d SIP/2.0\r\n" % self.port
            + b"Via: SIP/2.0/UDP " + local + b";rport;branch=z9hG4bK" + branch.encode() + b"\r\n"
            + b"From: " + display + b"<sip:" + caller + b"@" + local + b">;tag=" + call_id[:8].encode() + b"\r\n"
            + b"To: <sip:" + number + b"@127.0.0.1:%d>\r\n" % self.port
            + b"Call-ID: " + call_id.encode() + b"\r\nCSeq: 1 INVITE\r\nContact: <sip:test@" + local + b">\r\n"
            + b"Max-Forwards: 70\r\n" + headers
            + (b"Content-Type: application/sdp\r\n" if sdp else b"")
            + b"Content-Length: %d\r\n\r\n" % len(sdp) + sdp
        )  # fmt: skip

    def proof(self, user: str, password: str, uri: str) -> bytes:
        """The header that answers the challenge which came last."""
        challenge = next(found for data in reversed(self.heard) if (found := _CHALLENGE.search(data)))
        value = authorization(challenge[1].decode(), user, password, "INVITE", uri)
        return b"Authorization: " + value.encode() + b"\r\n"

    def cancel(self, call_id: str, number: bytes, caller: bytes) -> None:
        """Give up a call that was not answered yet; its INVITE had ``call_id`` as branch too."""
        local = self.address
        self.send(
            b"CANCEL sip:" + number + b"@127.0.0.1:%d SIP/2.0\r\n" % self.port
            + b"Via: SIP/2.0/UDP " + local + b";rport;branch=z9hG4bK" + call_id.encode() + b"\r\n"
            + b"From: <sip:" + caller + b"@" + local + b">;tag=" + call_id[:8].encode() + b"\r\n"
            + b"To: <sip:" + number + b"@127.0.0.1:%d>\r\n" % self.port
            + b"Call-ID: " + call_id.encode() + b"\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )  # fmt: skip

    def bye(self) -> None:
        """Hang up the call that was answered."""
        self.within_call(b"BYE", 2)

    def within_call(self, method: bytes, cseq: int, headers: bytes = b"", body: bytes = b"") -> None:
        """Send a request within the call that was answered; ``cseq`` counts from 2."""
        answer = self.answer()
        target = re.search(rb"<(sip:[^>]*)>", _header(answer, b"Contact"))
        assert target is not None
        self.send(
            method + b" " + target[1] + b" SIP/2.0\r\n"
            + b"Via: SIP/2.0/UDP " + self.address + b";rport;branch=z9hG4bK%d" % cseq
            + _header(answer, b"Call-ID") + b"\r\n" + _headers(answer, b"From", b"To", b"Call-ID")
            + b"CSeq: %d " % cseq + method + b"\r\nContact: <sip:test@" + self.address + b">\r\nMax-Forwards: 70\r\n"
            + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body
        )  # fmt: skip

    def answer(self) -> bytes:
        """The first answer to an INVITE that took the call."""
        return next(data for data in self.heard if data.startswith(b"SIP/2.0 200") and _is_final(data))

    def answers(self, method: bytes) -> list[int]:
        """The final statuses of requests with this method, one for each request."""
        seen = {
            _header(data, b"CSeq"): int(status[1])
            for data in self.heard
            if (status := _STATUS.match(data)) and int(status[1]) >= 200
        }
        return [status for cseq, status in seen.items() if cseq.endswith(b" " + method)]

    @property
    def address(self) -> bytes:
        """The address and port it calls from."""
        assert self.transport is not None
        host, port = self.transport.get_extra_info("sockname")
        return f"{host}:{port}".encode()

    def finals(self) -> list[int]:
        """The final statuses of INVITEs so far, one for each answering dialog."""
        seen: dict[bytes, int] = {}
        for data in self.heard:
            if _is_final(data):
                seen[_header(data, b"To") + _header(data, b"Via")] = int(data[8:11])
        return list(seen.values())

    def hung_up(self) -> int:
        """How many dialogs the other side has ended."""
        return len({_header(data, b"From") for data in self.heard if data.startswith(b"BYE ")})

    async def until_finals(self, count: int, within_s: float) -> list[int]:
        """The final statuses, once there are ``count`` of them or the time is over."""
        deadline = asyncio.get_running_loop().time() + within_s
        while len(self.finals()) < count and (left := deadline - asyncio.get_running_loop().time()) > 0:
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except TimeoutError:
                break
        return self.finals()

    async def until_hung_up(self, count: int, within_s: float) -> None:
        """Return once the other side has ended ``count`` dialogs, or the time is over."""
        deadline = asyncio.get_running_loop().time() + within_s
        while self.hung_up() < count and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)

    def _acknowledge(self, answer: bytes) -> None:
        target = re.search(rb"<(sip:[^>]*)>", _header(answer, b"Contact")) or re.search(
            rb"<(sip:[^>]*)>", _header(answer, b"To")
        )
        assert target is not None
        self.send(
            b"ACK " + target[1] + b" SIP/2.0\r\n" + _headers(answer, b"Via", b"From", b"To", b"Call-ID")
            + _headers(answer, b"CSeq").replace(b"INVITE", b"ACK") + b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )  # fmt: skip


@asynccontextmanager
async def calling(port: int, source: str = "127.0.0.1") -> AsyncIterator[Caller]:
    """A caller at the address ``source`` whose messages go to 127.0.0.1:``port``."""
    loop = asyncio.get_running_loop()
    transport, caller = await loop.create_datagram_endpoint(lambda: Caller(port), (source, 0), ("127.0.0.1", port))
    try:
        yield caller
    finally:
        transport.close()
        await caller.closed.wait()


async def call_once(
    port: int,
    number: bytes,
    caller: bytes,
    *,
    headers: bytes = b"",
    display: bytes = b"",
    body: bytes | None = None,
    source: str = "127.0.0.1",
    within_s: float = 30.0,
) -> int:
    """Place one call made of these bytes and stay until it is hung up; the final status, 0 if there was no answer."""
    async with calling(port, source) as phone:
        call_id = uuid.uuid4().hex
        phone.invite(number, caller, call_id=call_id, branch=call_id, headers=headers, display=display, body=body)
        statuses = await phone.until_finals(1, within_s)
        if statuses and statuses[0] < 300:
            await phone.until_hung_up(1, within_s)
        return statuses[0] if statuses else 0


async def gives_up(port: int, number: str, caller: str, after_ms: int) -> int:
    """One call whose caller hangs up ``after_ms`` after dialling, answered or not; the final status of its INVITE."""
    async with calling(port) as phone:
        call_id = uuid.uuid4().hex
        phone.invite(number.encode(), caller.encode(), call_id=call_id, branch=call_id)
        await asyncio.sleep(after_ms / 1000)
        if not phone.finals():
            phone.cancel(call_id, number.encode(), caller.encode())
        (status,) = await phone.until_finals(1, 30.0)
        if status == 200:  # perhaps in spite of the CANCEL that was on its way
            phone.bye()
            await asyncio.sleep(0.1)
        return status


async def forked_invite(port: int, number: str, caller: str) -> list[int]:
    """One call that reaches the switch by two ways: same Call-ID, tag and CSeq, two branches. The final statuses."""
    async with calling(port) as phone:
        call_id = uuid.uuid4().hex
        for branch in ("one", "two"):
            phone.invite(number.encode(), caller.encode(), call_id=call_id, branch=f"{branch}{call_id}")
        statuses = await phone.until_finals(2, 30.0)
        await phone.until_hung_up(2, 30.0)
        return statuses


def _is_final(data: bytes) -> bool:
    """Whether it ends the wait for an answer to an INVITE."""
    status = _STATUS.match(data)
    return status is not None and int(status[1]) >= 200 and b"INVITE" in _header(data, b"CSeq")


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb"\s*:\s*(.*?)\r$", message, re.MULTILINE)
    return found[1] if found else b""


def _headers(message: bytes, *names: bytes) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name in names
                    for value in re.findall(rb"^" + name + rb"\s*:\s*(.*?)\r$", message, re.MULTILINE))  # fmt: skip


def _sdp() -> bytes:
    return (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")  # fmt: skip
