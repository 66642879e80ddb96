"""A SIP telephone that answers calls as it was told: what calls are made of when Asterisk is recorded."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from tests.support.sipwords import body, header, lines

_SDP = (
    b"v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
    b"a=rtpmap:8 PCMA/8000\r\na=%s\r\n"
)


class Telephone(asyncio.DatagramProtocol):
    """Rings for ``rings_s`` and then gives ``status`` (200: it is answered); with None it rings for ever."""

    def __init__(self, rings_s: float, status: int | None) -> None:
        self.rings_s = rings_s
        self.status = status
        self.answered = asyncio.Event()
        self.rung = asyncio.Event()
        self._invite = b""
        self._asterisk: tuple[str, int] = ("", 0)
        self._transport: asyncio.DatagramTransport | None = None
        self._answering: asyncio.TimerHandle | None = None
        self._requests = 100

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def uri(self) -> str:
        """Where it can be called."""
        return f"sip:phone@127.0.0.1:{self.port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"INVITE ") and b";tag=" in header(data, b"To"):
            self._reply(data, b"200 OK", _SDP % (2, b"sendrecv"))
        elif data.startswith(b"INVITE ") and header(data, b"Call-ID") != header(self._invite, b"Call-ID"):
            self._invite, self._asterisk = data, addr
            self._reply(data, b"180 Ringing")
            self.rung.set()
            if self.status is not None:
                self._answering = asyncio.get_running_loop().call_later(self.rings_s, self._answer, self.status)
        elif data.startswith(b"CANCEL "):
            self._reply(data, b"200 OK")
            self._answer(487)
        elif data.startswith((b"BYE ", b"UPDATE ", b"OPTIONS ")):
            self._reply(data, b"200 OK")
        elif data.startswith(b"SIP/2.0 200") and b"INVITE" in header(data, b"CSeq"):
            self._request(b"ACK", int(header(data, b"CSeq").split()[0]))

    def hold(self) -> None:
        """Put the call on hold."""
        self._reinvite(b"sendonly")

    def resume(self) -> None:
        """Take the call back from hold."""
        self._reinvite(b"sendrecv")

    def hang_up(self) -> None:
        """End the call."""
        self._requests += 1
        self._request(b"BYE", self._requests)

    @property
    def called(self) -> str:
        """Whom the last caller wanted, without the port."""
        found = re.match(rb"INVITE ([^ ;]*)", self._invite)
        return found[1].decode().removesuffix(f":{self.port}") if found else ""

    @property
    def port(self) -> int:
        """Where it is."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def _answer(self, status: int) -> None:
        if self._answering is not None:
            self._answering.cancel()
        if status == 200:
            self._reply(self._invite, b"200 OK", _SDP % (1, b"sendrecv"))
            self.answered.set()
            self._talk(0)
        else:
            self._reply(self._invite, b"%d No" % status)

    def _talk(self, number: int) -> None:
        """Send silence: Asterisk takes a Local channel out only when something is heard through it."""
        assert self._transport is not None
        media = re.search(rb"m=audio (\d+)", self._invite)
        if media is None or self._transport.is_closing():
            return
        header = struct.pack(">BBHII", 0x80, 8, number, 160 * number, 1)
        self._transport.sendto(header + b"\xd5" * 160, ("127.0.0.1", int(media[1])))
        asyncio.get_running_loop().call_later(0.02, self._talk, number + 1)

    def _reinvite(self, direction: bytes) -> None:
        self._requests += 1
        self._request(b"INVITE", self._requests, _SDP % (self._requests, direction))

    def _reply(self, request: bytes, status: bytes, sdp: bytes = b"") -> None:
        to = b"To: " + header(request, b"To") + (b"" if b";tag=" in header(request, b"To") else b";tag=phone")
        self._send(
            b"SIP/2.0 " + status + b"\r\n" + lines(request, b"Via", b"From", b"Call-ID", b"CSeq") + to + b"\r\n"
            + self._contact + body(sdp)
        )  # fmt: skip

    def _request(self, method: bytes, number: int, sdp: bytes = b"") -> None:
        target = re.search(rb"<(sip:[^>]*)>", header(self._invite, b"Contact"))
        assert target is not None
        self._send(
            method + b" " + target[1] + b" SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK" % self.port
            + method + b"%d-%d\r\n" % (number, self.port)
            + b"From: " + header(self._invite, b"To") + b";tag=phone\r\n"
            + b"To: " + header(self._invite, b"From") + b"\r\n"
            + lines(self._invite, b"Call-ID") + b"CSeq: %d " % number + method + b"\r\nMax-Forwards: 70\r\n"
            + self._contact + body(sdp)
        )  # fmt: skip

    @property
    def _contact(self) -> bytes:
        return b"Contact: <" + self.uri.encode() + b">\r\n"

    def _send(self, message: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(message, self._asterisk)


@asynccontextmanager
async def telephone(rings_s: float = 0.3, status: int | None = 200) -> AsyncIterator[Telephone]:
    """A telephone on a free port of 127.0.0.1."""
    transport, phone = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Telephone(rings_s, status), ("127.0.0.1", 0)
    )
    try:
        yield phone
    finally:
        transport.close()
