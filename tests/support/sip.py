"""Real SIP calls by sipp: many at once, what came of each of them, nothing left behind."""

import asyncio
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.ports import free_port

REFUSALS = (401, 403, 404, 408, 480, 484, 486, 488, 500, 501, 503, 603)
DEAD_AFTER_S = 20.0  # nothing at all is heard from the callee for so long: the call has failed
_SPARE_S = 15.0  # for the machine to be slow before a run is given up


@dataclass(frozen=True, slots=True)
class Call:
    """What came of one call. Times are ms after its INVITE; None: it did not happen. ``code`` 0: no final answer."""

    caller: str
    callee: str
    code: int = 0
    rang_ms: float | None = None
    answered_ms: float | None = None
    ended_ms: float | None = None
    ended_by: Literal["caller", "callee", "nobody"] = "nobody"


@dataclass(frozen=True, slots=True)
class Run:
    """What sipp said of one run of a scenario: its exit code (0: every call as written) and its log lines."""

    exit_code: int
    lines: list[str]
    errors: str


async def place(
    port: int,
    rows: Sequence[tuple[str, ...]],
    *,
    rate: float = 10.0,
    hold_ms: int | None = None,
    patience_ms: int = 15_000,
    headers: Sequence[str] = (),
    source: str = "127.0.0.1",
    media_port: int | None = None,
) -> list[Call]:
    """Place a call for each row (caller, callee, and maybe a display name as it stands in From), ``rate`` a second.

    An answered caller listens until the callee hangs up, or hangs up after ``hold_ms`` (none given: ``patience_ms``).
    ``headers`` go into every INVITE; ``source`` is the address the calls come from, ``media_port`` where they want to
    hear (none given: sipp's own). Returns the calls in the rows' order.
    """
    scenario = caller_scenario(hold_ms or patience_ms, headers)
    if media_port is not None:
        scenario = scenario.replace("[media_port]", str(media_port))
    seconds = len(rows) / rate + (hold_ms or patience_ms) / 1000 + DEAD_AFTER_S
    found = await run(scenario, port, rows, rate=rate, timeout_s=seconds, source=source)
    outcomes = {int(line.split(";")[0]): line for line in found.lines}
    return [_call(row, outcomes.get(number)) for number, row in enumerate(rows, 1)]


async def run(
    scenario: str,
    port: int,
    rows: Sequence[tuple[str, ...]],
    *,
    rate: float = 10.0,
    timeout_s: float = 30.0,
    source: str = "127.0.0.1",
) -> Run:
    """Run a sipp scenario against 127.0.0.1:``port``, once per row; its fields are [field0], [field1], [field2] …

    Ends after ``timeout_s`` (and some spare) at the latest; what the scenario logs comes back as lines.
    """
    with tempfile.TemporaryDirectory(prefix="sipp-") as name:
        directory = Path(name)
        (directory / "scenario.xml").write_text(scenario, encoding="utf-8")
        table = "\n".join(["SEQUENTIAL", *(";".join([*row, ""]) for row in rows)])
        (directory / "rows.csv").write_text(table + "\n", encoding="utf-8")
        command = [
            "sipp", f"127.0.0.1:{port}", "-sf", "scenario.xml", "-inf", "rows.csv",
            "-i", source, "-p", str(free_port(socket.SOCK_DGRAM)), "-mp", str(free_port(socket.SOCK_DGRAM)),
            "-m", str(len(rows)), "-l", str(len(rows)), "-r", str(rate), "-nostdin",
            "-timeout", f"{timeout_s:.0f}s", "-recv_timeout", f"{DEAD_AFTER_S * 1000:.0f}",
            "-trace_logs", "-log_file", "calls.log", "-trace_err", "-error_file", "errors.log",
        ]  # fmt: skip
        exit_code = await _run(command, directory, timeout_s + _SPARE_S)
        return Run(exit_code, _text(directory / "calls.log").splitlines(), _text(directory / "errors.log"))


def caller_scenario(listen_ms: int, headers: Sequence[str] = ()) -> str:
    """A caller who listens for ``listen_ms`` at most; logs ``number;code;invited;rang;answered;ended;ended by``."""
    refusals = "\n".join(
        f'<recv response="{code}" optional="true" next="refused"><action><assignstr assign_to="code" value="{code}"/>'
        "</action></recv>"
        for code in REFUSALS
    )
    return (
        _CALLER.replace("@refusals@", refusals)
        .replace("@headers@\n", "".join(f"{header}\n" for header in headers))
        .replace("@listen@", str(listen_ms))
    )


async def _run(command: Sequence[str], directory: Path, within_s: float) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await asyncio.wait_for(process.communicate(), within_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    exit_code = process.returncode
    assert exit_code in {0, 1, 99}, f"sipp itself failed ({exit_code}): {errors.decode(errors='replace')[-2000:]}"
    return exit_code


def _call(row: tuple[str, ...], line: str | None) -> Call:
    if line is None:
        return Call(row[0], row[1])
    _, code, *moments, ended_by = line.split(";")
    invited, rang, answered, ended = (_seconds(moment) for moment in moments)
    assert invited is not None

    def after(moment: float | None) -> float | None:
        return None if moment is None else round((moment - invited) * 1000, 3)

    who: Literal["caller", "callee", "nobody"] = (
        "caller" if ended_by == "caller" else "callee" if ended_by == "callee" else "nobody"
    )
    return Call(row[0], row[1], int(code), after(rang), after(answered), after(ended), who)


def _seconds(moment: str) -> float | None:
    seconds, _, microseconds = moment.partition(",")
    value = float(seconds or 0) + float(microseconds or 0) / 1e6
    return value or None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


_NOW = '<action><gettimeofday assign_to="{0}_s,{0}_us"/></action>'
_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 0 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
"""
_LOG = (
    '<nop><action><log message="[call_number];[$code];[$invited_s],[$invited_us];[$rang_s],[$rang_us];'
    '[$answered_s],[$answered_us];[$ended_s],[$ended_us];[$by]"/></action></nop>'
)
_CALLER = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<nop><action>
  <assign assign_to="rang_s" value="0"/><assign assign_to="rang_us" value="0"/>
  <assign assign_to="answered_s" value="0"/><assign assign_to="answered_us" value="0"/>
  <assign assign_to="ended_s" value="0"/><assign assign_to="ended_us" value="0"/>
  <assignstr assign_to="code" value="0"/><assignstr assign_to="by" value="nobody"/>
  <gettimeofday assign_to="invited_s,invited_us"/>
</action></nop>
<send retrans="500"><![CDATA[
INVITE sip:[field1]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [field2]<sip:[field0]@[local_ip]:[local_port]>;tag=[pid]-[call_number]
To: <sip:[field1]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:caller@[local_ip]:[local_port]>
Max-Forwards: 70
@headers@
Content-Type: application/sdp
Content-Length: [len]

{_SDP}]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true">{_NOW.format("rang")}</recv>
<recv response="183" optional="true"/>
@refusals@
<recv response="200" rrs="true"><action>
  <gettimeofday assign_to="answered_s,answered_us"/><assignstr assign_to="code" value="200"/>
</action></recv>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv request="BYE" timeout="@listen@" ontimeout="enough"><action>
  <gettimeofday assign_to="ended_s,ended_us"/><assignstr assign_to="by" value="callee"/>
</action></recv>
<send next="end"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<label id="enough"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200" next="end"><action>
  <gettimeofday assign_to="ended_s,ended_us"/><assignstr assign_to="by" value="caller"/>
</action></recv>
<label id="refused"/>
<send next="end"><![CDATA[
ACK sip:[field1]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<label id="end"/>
{_LOG}
</scenario>
"""
