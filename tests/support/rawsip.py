"""SIP written by hand, for calls that no decent telephone would place."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")


@dataclass(slots=True)
class Caller(asyncio.DatagramProtocol):
    """A caller on a UDP socket of its own: what it hears is in ``heard``, answers and hang-ups are acknowledged."""

    port: int
    heard: list[bytes] = field(default_factory=list)
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
        elif (status := _STATUS.match(data)) and int(status[1]) >= 200 and b"INVITE" in _header(data, b"CSeq"):
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
        local = b"127.0.0.1:%d" % self.local_port
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

    def cancel(self, call_id: str, number: bytes, caller: bytes) -> None:
        """Give up a call that was not answered yet; its INVITE had ``call_id`` as branch too."""
        local = b"127.0.0.1:%d" % self.local_port
        self.send(
            b"CANCEL sip:" + number + b"@127.0.0.1:%d SIP/2.0\r\n" % self.port
            + b"Via: SIP/2.0/UDP " + local + b";rport;branch=z9hG4bK" + call_id.encode() + b"\r\n"
            + b"From: <sip:" + caller + b"@" + local + b">;tag=" + call_id[:8].encode() + b"\r\n"
            + b"To: <sip:" + number + b"@127.0.0.1:%d>\r\n" % self.port
            + b"Call-ID: " + call_id.encode() + b"\r\nCSeq: 1 CANCEL\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )  # fmt: skip

    def bye(self) -> None:
        """Hang up the call that was answered."""
        (answer, *_) = [
            data for data in self.heard if data.startswith(b"SIP/2.0 200") and b"INVITE" in _header(data, b"CSeq")
        ]
        target = re.search(rb"<(sip:[^>]*)>", _header(answer, b"Contact"))
        assert target is not None
        self.send(
            b"BYE " + target[1] + b" SIP/2.0\r\n"
            + b"Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bKbye\r\n" % self.local_port
            + _headers(answer, b"From", b"To", b"Call-ID")
            + b"CSeq: 2 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )  # fmt: skip

    @property
    def local_port(self) -> int:
        """The port it calls from."""
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def finals(self) -> list[int]:
        """The final statuses of INVITEs so far, one for each answering dialog."""
        seen: dict[bytes, int] = {}
        for data in self.heard:
            status = _STATUS.match(data)
            if status and int(status[1]) >= 200 and b"INVITE" in _header(data, b"CSeq"):
                seen[_header(data, b"To") + _header(data, b"Via")] = int(status[1])
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

    def _acknowledge(self, answer: bytes) -> None:
        target = re.search(rb"<(sip:[^>]*)>", _header(answer, b"Contact")) or re.search(
            rb"<(sip:[^>]*)>", _header(answer, b"To")
        )
        assert target is not None
        self.send(
            b"ACK " + target[1] + b" SIP/2.0\r\n" + _headers(answer, b"Via", b"From", b"To", b"Call-ID")
            + b"CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )  # fmt: skip


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[Caller]:
    """A caller whose messages go to 127.0.0.1:``port``."""
    loop = asyncio.get_running_loop()
    transport, caller = await loop.create_datagram_endpoint(lambda: Caller(port), ("127.0.0.1", 0), ("127.0.0.1", port))
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
    within_s: float = 8.0,
) -> int:
    """Place one call made of these bytes and stay until it is hung up; the final status, 0 if there was no answer."""
    async with calling(port) as phone:
        call_id = uuid.uuid4().hex
        phone.invite(number, caller, call_id=call_id, branch=call_id, headers=headers, display=display, body=body)
        statuses = await phone.until_finals(1, within_s)
        if statuses and statuses[0] < 300:
            await _until_hung_up(phone, 1, within_s)
        return statuses[0] if statuses else 0


async def gives_up(port: int, number: str, caller: str, after_ms: int) -> int:
    """One call whose caller hangs up ``after_ms`` after dialling, answered or not; the final status of its INVITE."""
    async with calling(port) as phone:
        call_id = uuid.uuid4().hex
        phone.invite(number.encode(), caller.encode(), call_id=call_id, branch=call_id)
        await asyncio.sleep(after_ms / 1000)
        if not phone.finals():
            phone.cancel(call_id, number.encode(), caller.encode())
        (status,) = await phone.until_finals(1, 8.0)
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
        statuses = await phone.until_finals(2, 8.0)
        await _until_hung_up(phone, 2, 8.0)
        return statuses


async def _until_hung_up(phone: Caller, count: int, within_s: float) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while phone.hung_up() < count and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.02)


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb"\s*:\s*(.*?)\r$", message, re.MULTILINE)
    return found[1] if found else b""


def _headers(message: bytes, *names: bytes) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name in names
                    for value in re.findall(rb"^" + name + rb"\s*:\s*(.*?)\r$", message, re.MULTILINE))  # fmt: skip


def _sdp() -> bytes:
    return (b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio 9 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")  # fmt: skip
