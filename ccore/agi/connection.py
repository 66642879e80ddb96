"""One socket from Asterisk: its headers, the proof that they were its own, then one answer for each command.

**The proof.** A caller's words can hold two line feeds and so end the header block early, with every later header
forged before them, the arguments too; Asterisk's own headers then arrive as if they were answers. A forger can also
write the answer to a command known beforehand (``200 result=0`` for NOOP; both seen on Asterisk 22). So before
any route runs, Asterisk is asked to repeat a random word, and that word must be the very first thing it says.
"""

import asyncio
import enum
import os
from collections.abc import Container
from typing import Protocol

from ccore.agi.dialogue import TRYING, USUAL, Answer, BadAnswer, Hangup, Said, read_answers
from ccore.agi.headers import LIMIT_BYTES, Malformed, Refusal, Request, parse

_HANGUP_LINE = b"HANGUP\n"


class Phase(enum.Enum):
    """How far a connection has come."""

    HEADERS = enum.auto()
    PROOF = enum.auto()
    SESSION = enum.auto()
    CLOSED = enum.auto()


class Ending(enum.StrEnum):
    """How a session ended; the label ``ending`` of ccore_agi_session_seconds."""

    DONE = "done"
    HANGUP = "hangup"
    FAILED = "failed"  # the route raised
    DEADLINE = "deadline"
    BROKEN = "broken"  # an answer Asterisk never gives, or one that nobody waits for
    STOPPED = "stopped"


class Owner(Protocol):
    """What a connection tells the server."""

    scripts: Container[str]

    def connected(self, connection: "Connection") -> None:
        """A socket is open and has said nothing yet."""

    def proved(self, connection: "Connection", request: Request) -> None:
        """Headers and proof are good: a session may begin."""

    def refused(self, connection: "Connection", reason: Refusal, malformed: Malformed | None) -> None:
        """The connection is being closed before a session began."""


class Connection(asyncio.Protocol):
    """The bytes of one session; there is no task until the session is proved, so junk costs little."""

    __slots__ = (
        "_loop",
        "_owner",
        "_phase",
        "_proof",
        "_received",
        "_transport",
        "_waiter",
        "cut_for",
        "hungup",
        "request",
    )

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        self._loop = loop
        self._phase = Phase.HEADERS
        self._received = b""  # of headers, proof or answer, until it is whole
        self._waiter: asyncio.Future[Answer] | None = None
        self.request: Request | None = None
        self.hungup = False  # Asterisk has said HANGUP; variables can still be set and read
        self.cut_for: Ending | None = None

    @property
    def peer(self) -> str:
        """Address and port of the other side, for the log."""
        return str(self._transport.get_extra_info("peername"))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """asyncio: the socket is open."""
        self._transport = transport
        self._owner.connected(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: some bytes have arrived."""
        phase = self._phase
        if phase is Phase.SESSION:
            waiter = self._waiter
            # A short cut through _read_answers: nearly every answer takes it, at a fifth of the CPU.
            if data in USUAL and waiter and not waiter.done() and not self._received:
                self._waiter = None
                waiter.set_result(USUAL[data])
            else:
                self._read_answers(data)
        elif phase is Phase.HEADERS:
            self._read_headers(data)
        elif phase is Phase.PROOF:
            self._read_proof(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the socket is closed, by whichever side."""
        phase, self._phase = self._phase, Phase.CLOSED
        if phase is Phase.HEADERS:
            self._owner.refused(self, Refusal.CUT_SHORT if self._received else Refusal.SILENT, None)
        elif phase is Phase.PROOF:
            self._owner.refused(self, Refusal.CUT_SHORT, None)
        elif phase is Phase.SESSION:
            self._answer(Hangup("Asterisk has closed the session"))

    def refuse(self, reason: Refusal, malformed: Malformed | None = None) -> None:
        """Close at once, before any session; the dialplan finds CCORE_RESULT empty and serves the caller itself."""
        self._phase = Phase.CLOSED
        self._owner.refused(self, reason, malformed)
        self._transport.abort()

    def cut(self, ending: Ending) -> None:
        """Close at once, in mid-session; the first reason given is how the session ended."""
        self.cut_for = self.cut_for or ending
        self._phase = Phase.CLOSED
        self._transport.abort()
        self._answer(Hangup("the session was cut off"))

    def close(self) -> None:
        """End the session: Asterisk goes on in the dialplan."""
        self._phase = Phase.CLOSED
        self._transport.close()

    def ask(self, line: bytes) -> asyncio.Future[Answer]:
        """Send one command; what is returned becomes its answer, or Hangup when the socket closes first."""
        if self._phase is not Phase.SESSION:
            raise Hangup("the session is over")
        if self._waiter is not None:
            raise RuntimeError("an AGI command was sent before the last one was answered")
        self._waiter = waiter = self._loop.create_future()
        self._transport.write(line)
        return waiter

    def _read_headers(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\n\n", 0, LIMIT_BYTES)
        if end >= 0:
            self._take_headers(parse(self._received[: end + 1]), self._received[end + 2 :])
        elif len(self._received) >= LIMIT_BYTES:
            self.refuse(Refusal.TOO_LONG)

    def _take_headers(self, request: Request | Malformed, beyond: bytes) -> None:
        if isinstance(request, Malformed):
            self.refuse(request.reason, request)
            return
        self.request = request
        if request.script not in self._owner.scripts:
            self.refuse(Refusal.UNKNOWN_SCRIPT)
            return
        word = os.urandom(8).hex()
        self._phase = Phase.PROOF
        self._proof = f"200 result=1 ({word})\n".encode()
        self._received = b""
        self._transport.write(b"GET FULL VARIABLE %b\n" % word.encode())
        if beyond:
            self._read_proof(beyond)

    def _read_proof(self, data: bytes) -> None:
        self._received += data
        if self._received.startswith(_HANGUP_LINE):
            self.hungup = True
            self._received = self._received.removeprefix(_HANGUP_LINE)
        if self._received.startswith(self._proof):
            beyond, self._received = self._received.removeprefix(self._proof), b""
            self._begin(beyond)
        elif not (self._proof.startswith(self._received) or _HANGUP_LINE.startswith(self._received)):
            self.refuse(Refusal.FORGED)

    def _begin(self, beyond: bytes) -> None:
        assert self.request is not None
        self._phase = Phase.SESSION
        self._owner.proved(self, self.request)
        if beyond:
            self._read_answers(beyond)

    def _read_answers(self, data: bytes) -> None:
        try:
            heard, self._received = read_answers(self._received + data)
        except BadAnswer:
            self.cut(Ending.BROKEN)
            return
        for said in heard:
            if said is Said.HANGUP:
                self.hungup = True
            elif said.code != TRYING and not self._answer(said):
                self.cut(Ending.BROKEN)
                return

    def _answer(self, answer: Answer | Hangup) -> bool:
        """Wake the route that waits for an answer; False if none waits."""
        waiter = self._waiter
        if waiter is None or waiter.done():
            return False
        self._waiter = None
        if isinstance(answer, Hangup):
            waiter.set_exception(answer)
        else:
            waiter.set_result(answer)
        return True
