"""One real SIP call placed with sipp, and what its caller saw: for ``ccore call`` and the self-test."""

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ccore.errors import CcoreError

CALL_LIMIT_S = 30  # no self-test call lasts longer; sipp then gives up
_REFUSALS = (400, 401, 403, 404, 408, 480, 484, 486, 487, 488, 500, 503, 600, 603)
_NUMBER = re.compile(r"[0-9*#+A-D]{1,40}")
_LOGGED = re.compile(
    r"^-{20,} (?P<at>[0-9-]+[ \t][0-9:.]+)[^\n]*\n\S+ message (?P<way>sent|received)[^\n]*\n\n(?P<first>[^\r\n]+)",
    re.MULTILINE,
)


class SippMissing(CcoreError):
    """sipp is not installed: apt-get install sip-tester."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """One SIP message of the call: seconds since its INVITE, sent by the caller or not, its first line."""

    at_s: float
    sent: bool
    line: str


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """What the caller saw. ``status`` is the final SIP status of the INVITE, 0 if none came."""

    status: int
    messages: tuple[SipMessage, ...]

    @property
    def answered(self) -> bool:
        """Whether the called side took the call."""
        return 200 <= self.status < 300

    def seconds_to(self, line_starts: str) -> float | None:
        """Seconds from the INVITE to the first message that starts so; None if there was none."""
        return next((message.at_s for message in self.messages if message.line.startswith(line_starts)), None)


async def place_call(host: str, port: int, number: str, caller: str) -> PlacedCall:
    """Dial ``number`` from ``caller`` at the SIP port of an Asterisk and listen until it hangs up.

    Raises ValueError if either is no dialable number, SippMissing without sipp.
    """
    for digits in (number, caller):
        if not _NUMBER.fullmatch(digits):
            raise ValueError(f"{digits!r} cannot be dialled: use digits, * and #")
    sipp = shutil.which("sipp")
    if sipp is None:
        raise SippMissing(SippMissing.__doc__)
    with tempfile.TemporaryDirectory(prefix="ccore-call-") as name:
        directory = Path(name)
        (directory / "call.xml").write_text(_scenario(caller), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sipp, f"{host}:{port}", "-sf", "call.xml", "-s", number, "-i", host, "-m", "1", "-nostdin",
            "-timeout", str(CALL_LIMIT_S), "-trace_msg", "-message_file", "messages.log",
            cwd=directory, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await asyncio.wait_for(process.wait(), CALL_LIMIT_S + 5)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        log = directory / "messages.log"
        return read_messages(log.read_text(encoding="utf-8", errors="replace") if log.exists() else "")


def read_messages(text: str) -> PlacedCall:
    """Read sipp's message log of one call."""
    found = [(_moment(item["at"]), item["way"] == "sent", item["first"]) for item in _LOGGED.finditer(text)]
    if not found:
        return PlacedCall(0, ())
    messages = tuple(SipMessage((at - found[0][0]).total_seconds(), sent, first) for at, sent, first in found)
    finals = [int(message.line.split()[1]) for message in messages
              if not message.sent and message.line.startswith("SIP/2.0 ") and message.line.split()[1] >= "200"]  # fmt: skip
    return PlacedCall(finals[0] if finals else 0, messages)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("\t", " "))


def _scenario(caller: str) -> str:
    refusals = "\n".join(f'<recv response="{status}" optional="true" next="refused"/>' for status in _REFUSALS)
    start = f"""<sip:{caller}@[local_ip]:[local_port]>;tag=[call_number]"""
    head = f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {start}
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Contact: <sip:{caller}@[local_ip]:[local_port]>
Max-Forwards: 70"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="one call">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{head}
CSeq: 1 INVITE
Content-Type: application/sdp
Content-Length: [len]

v=0
o=ccore 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
{refusals}
<recv response="200"/>
<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{head}
CSeq: 1 ACK
Content-Length: 0

]]></send>
<recv request="BYE"/>
<send next="over"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="refused"/>
<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{head}
CSeq: 1 ACK
Content-Length: 0

]]></send>
<label id="over"/>
</scenario>
"""
