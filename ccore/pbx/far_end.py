"""The far end of a trunk, for tests and for training: a sipp that answers as an exchange and its subscribers do.

It has so many channels, and refuses what comes then. What comes of a call is told by the last two digits of its number.
"""

import asyncio
import math
import shutil
import tempfile
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from ccore.errors import CcoreError
from ccore.nodes import E1_CHANNELS
from ccore.pbx.caller import SippMissing
from ccore.prompts import chain
from ccore.shipped import shipped

HOST = "127.0.30.1"  # an address of its own: trunks are known by their addresses
PORT = 15070
LONGEST_S = 3600  # nobody talks longer
RINGS_S = 60  # before the exchange gives up
STARTS_WITHIN_S = 20.0
STOPS_WITHIN_S = 2.0

Sound = Literal["person", "machine", "fax", "no-such-number", "quiet"]
Shows = Literal["180", "183", "-"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What comes of a call: after ``ring_s`` it ends with ``status`` and Q.850 ``cause``, or is answered (200).

    ``shows``: it rings (180), or a sound is heard before any answer (183), or neither. ``talk_s`` after answering it is
    hung up; 0: only by whoever called. ``say`` is for the table.
    """

    say: str
    ring_s: float = 2.0
    status: int = 200
    cause: int = 16
    shows: Shows = "180"
    sound: Sound = "person"
    talk_s: float = 0.0


_BUSY = Subscriber("busy", 0.3, 486, 17, "-")
# By the last digit, unless the last two digits are among the special ones.
_ORDINARY: Mapping[str, Subscriber] = {
    "0": Subscriber("a person answers after 1 s, and talks until you hang up", 1),
    "1": Subscriber("a person answers after 2 s, and talks for 10 s", 2, talk_s=10),
    "2": Subscriber("a person answers after 3 s, and talks for 20 s", 3, talk_s=20),
    "3": Subscriber("a person answers after 5 s, and talks for 40 s", 5, talk_s=40),
    "4": Subscriber("a person answers after 8 s, and talks for 60 s", 8, talk_s=60),
    "5": _BUSY,
    "6": Subscriber("rings, and nobody answers", RINGS_S, 480, 19),
    "7": Subscriber("rings, and nobody answers", RINGS_S, 480, 19),
    "8": Subscriber("an answering machine after 4 s: a greeting, a beep, and 20 s of silence", 4, sound="machine",
                    talk_s=28),
}  # fmt: skip
_SPECIAL: Mapping[str, Subscriber] = {
    "09": Subscriber("no such number (404, cause 1)", 0.3, 404, 1, "-"),
    "19": Subscriber("an announcement that there is no such number, before any answer (183, then 404, cause 1)",
                     4, 404, 1, "183", "no-such-number"),
    "29": Subscriber("switched off (480, cause 20)", 1, 480, 20, "-"),
    "39": Subscriber("rings once, and is rejected (603, cause 21)", 2, 603, 21),
    "49": Subscriber("answers after 1 s, and hangs up at once", 1, talk_s=0.3, sound="quiet"),
    "59": Subscriber("a fax answers after 2 s", 2, sound="fax", talk_s=15),
    "69": Subscriber("a person who answers after 2 s and says nothing, for 20 s", 2, sound="quiet", talk_s=20),
    "79": Subscriber("the exchange has no channel (503, cause 34)", 0.3, 503, 34, "-"),
    "89": Subscriber("the exchange is congested (503, cause 42)", 0.3, 503, 42, "-"),
    "99": Subscriber("the network is out of order (500, cause 38)", 0.3, 500, 38, "-"),
}  # fmt: skip
TABLE: Mapping[str, Subscriber] = MappingProxyType(
    {tail: _SPECIAL.get(tail) or _ORDINARY[tail[1]] for tail in (f"{number:02}" for number in range(100))}
)


class FarEndFailed(CcoreError):
    """The far end does not run."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a call: ``at`` is a Unix time, ``up`` the channels in use then.

    ``what``: invited, answered, then one of refused, full, cancelled (before it was answered), let-go (by whoever
    called), hung-up (by whoever was called), lost (nobody was there any more).
    """

    what: str
    call: int
    number: str
    caller: str
    at: float
    up: int


def describe(table: Mapping[str, Subscriber] = TABLE) -> list[tuple[str, str]]:
    """The table for people: last digits, and what comes of a call."""
    lines = [(f"…{tail}", each.say) for tail, each in _ORDINARY.items()]
    if table is TABLE:
        return lines + [(f"…{tail}", each.say) for tail, each in _SPECIAL.items()]
    return [(f"…{tail}", each.say) for tail, each in table.items()]


class FarEnd:
    """A far end on ``host``:``port`` with so many ``channels``; ``directory`` is for its files."""

    def __init__(
        self,
        directory: Path,
        port: int = PORT,
        channels: int = E1_CHANNELS,
        table: Mapping[str, Subscriber] = TABLE,
        host: str = HOST,
    ) -> None:
        self.directory = directory
        self.port = port
        self.channels = channels
        self._table = table
        self._host = host
        self._process: asyncio.subprocess.Process | None = None
        self._happened: list[Happened] = []
        self._read_to = 0  # of the log, in bytes

    async def start(self) -> None:
        """Start, and return when it takes calls. Raises SippMissing, FarEndFailed."""
        program = shutil.which("sipp")
        if program is None:
            raise SippMissing(SippMissing.__doc__)
        if _listens(self.port):
            raise FarEndFailed(f"port {self.port} is taken by another program")
        self._write()
        self._process = await asyncio.create_subprocess_exec(
            program, "-sf", "exchange.xml", "-inf", "table.csv", "-infindex", "table.csv", "0", "-i", self._host,
            "-mi", self._host, "-p", str(self.port), "-aa", "-nostdin", "-default_behaviors", "none", "-trace_logs",
            "-log_file", "calls.log", "-trace_err", "-error_file", "errors.log",
            cwd=self.directory, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        for _ in range(round(STARTS_WITHIN_S / 0.05)):
            if self._process.returncode is not None or _listens(self.port):
                break
            await asyncio.sleep(0.05)
        if self._process.returncode is not None:
            assert self._process.stderr is not None
            told = (await self._process.stderr.read()).decode(errors="replace")
            raise FarEndFailed(f"sipp does not run at port {self.port}: {told[-300:].strip()}")

    async def stop(self) -> None:
        """End it, with whatever calls there are."""
        if self._process is None or not self.runs:
            return
        self._process.kill()  # asked politely it would wait for its calls
        await self._process.wait()

    @property
    def runs(self) -> bool:
        """Whether it takes calls."""
        return self._process is not None and self._process.returncode is None

    def happened(self) -> Sequence[Happened]:
        """All that has happened so far."""
        path = self.directory / "calls.log"
        if path.exists():
            with path.open("rb") as file:
                file.seek(self._read_to)
                whole, _, _ = file.read().rpartition(b"\n")  # the last line may be on its way
            self._read_to += len(whole) + 1 if whole else 0
            lines = (line.split(";") for line in whole.decode(errors="replace").splitlines())
            # Else of no call: a late BYE.
            self._happened += [_happened(line) for line in lines if len(line) == _FIELDS and line[2]]
        return self._happened

    def _write(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "exchange.xml").write_text(_scenario(self.channels, self._table), encoding="utf-8")
        rows = [";".join(_row(tail, each)) for tail, each in self._table.items()]
        (self.directory / "table.csv").write_text("\n".join(["SEQUENTIAL", *rows]) + "\n", encoding="utf-8")
        for name, codes in sounds().items():
            (self.directory / f"{name}.alaw").write_bytes(codes)


@asynccontextmanager
async def far_end(
    port: int = PORT, channels: int = E1_CHANNELS, table: Mapping[str, Subscriber] = TABLE, host: str = HOST
) -> AsyncIterator[FarEnd]:
    """A far end that runs within the block."""
    with tempfile.TemporaryDirectory(prefix="ccore-far-end-") as name:
        there = FarEnd(Path(name), port, channels, table, host)
        await there.start()
        try:
            yield there
        finally:
            await there.stop()


def most_at_once(happened: Iterable[Happened]) -> int:
    """The most channels that were in use at once; calls that were refused for want of one are not counted."""
    full = {each.call for each in happened if each.what == "full"}
    return max((each.up for each in happened if each.what == "invited" and each.call not in full), default=0)


def statistics(happened: Sequence[Happened]) -> Counter[str]:
    """How often each thing has happened."""
    return Counter(each.what for each in happened)


_FIELDS = 7
_LOG = (
    '<nop><action><gettimeofday assign_to="s,micros"/>'
    '<log message="[$what];[call_number];[$number];[$caller];[$s];[$micros];[$up]"/></action></nop>'
)
# The channel is free once, whatever comes after.
_FREES = '<nop><action><subtract assign_to="up" variable="held"/><assign assign_to="held" value="0"/></action></nop>'
_ANSWER = """[last_Via:]
[last_From:]
[last_To:];tag=[pid]-[call_number]
[last_Call-ID:]
CSeq: [$cseq] INVITE"""
_HEADERS = _ANSWER + "\nContact: <sip:exchange@[local_ip]:[local_port]>"
_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
a=ptime:20
"""


def _scenario(channels: int, table: Mapping[str, Subscriber]) -> str:
    text = (shipped("asterisk-docker") / "far-end/exchange.xml").read_text(encoding="utf-8")
    words = {
        "log": _LOG, "frees": _FREES, "headers": _HEADERS, "invited": _ANSWER, "sdp": _SDP, "channels": str(channels),
        "longest_ms": str(LONGEST_S * 1000), "plays early": _plays("early"), "plays answered": _plays("answered"),
        "refusals": _refusals({503, *(each.status for each in table.values())}),
    }  # fmt: skip
    for word, value in reversed(words.items()):
        text = text.replace(f"@{word}@", value)
    return text


def _refusals(statuses: Iterable[int]) -> str:
    """An answer for each status: sipp sends none whose status it does not know beforehand."""
    return "\n".join(
        f'{_unless("status", str(status), f"not_{status}")}<send retrans="500" next="refusal_sent"><![CDATA[\n'
        f"SIP/2.0 {status} No\n{_ANSWER}\nReason: Q.850;cause=[$cause]\nContent-Length: 0\n\n"
        f']]></send><label id="not_{status}"/>'
        for status in sorted(statuses)
    )


def _unless(variable: str, value: str, label: str) -> str:
    """To ``label`` if the variable has another value."""
    return (
        f'<nop><action><strcmp assign_to="differs" variable="{variable}" value="{value}"/>'
        f'<test assign_to="differs" variable="differs" compare="not_equal" value="0"/></action></nop>'
        f'<nop next="{label}" test="differs"/>'
    )


def _plays(when: str) -> str:
    """Steps that begin the sound of the subscriber; a label for each."""
    labels = {name: f"{when}_{name.replace('-', '_')}" for name in sounds()}
    return "\n".join(
        f'{_unless("sound", name, label)}<nop><action><exec rtp_stream="{name}.alaw,-1,8"/></action></nop>'
        f'<label id="{label}"/>'
        for name, label in labels.items()
    )


def _row(tail: str, each: Subscriber) -> tuple[str, ...]:
    ring_ms, talk_ms = (str(round(seconds * 1000)) for seconds in (each.ring_s, each.talk_s))
    return tail, each.shows, ring_ms, str(each.status), str(each.cause), each.sound, talk_ms, ""


def _happened(fields: Sequence[str]) -> Happened:
    what, call, number, caller, seconds, microseconds, up = fields
    at = float(seconds) + float(microseconds or 0) / 1e6
    return Happened(what, int(call), number, caller, at, int(float(up or 0)))


@cache
def sounds() -> Mapping[str, bytes]:
    """What is heard, as A-law at 8 kHz, each again and again. Never nothing: a line without packets counts as dead."""
    voices = shipped("asterisk-docker") / "far-end"
    said = {path.stem: path.read_bytes() for path in sorted(voices.glob("*.alaw"))}
    return {
        "person": _quiet(0.3) + said["person"] + _quiet(5) + said["listening"] + _quiet(6),
        "machine": _quiet(0.5) + said["machine"] + _quiet(0.3) + _tone(1000, 0.8) + _quiet(20),
        "fax": _quiet(0.3) + _tone(2100, 3.0) + _quiet(3),  # T.30's CED
        "no-such-number": said["no-such-number"] + _quiet(0.5),
        "quiet": _quiet(1),
    }


def _tone(hertz: int, seconds: float) -> bytes:
    step = 2 * math.pi * hertz / chain.NARROW_HZ
    return chain.alaw(array("h", (round(8000 * math.sin(step * at)) for at in range(round(seconds * chain.NARROW_HZ)))))


def _quiet(seconds: float) -> bytes:
    """A line with nobody speaking: not the dead silence of no line at all, but far below speech (some -66 dBFS)."""
    tenth = chain.alaw(array("h", ((at * 7919 % 33) - 16 for at in range(chain.NARROW_HZ // 10))))
    return tenth * round(seconds * 10)


def _listens(port: int) -> bool:
    """Whether this machine has somebody at a UDP port."""
    lines = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in lines)
