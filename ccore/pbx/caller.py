"""Real SIP calls placed with sipp, and what their callers saw: for ``ccore call``, the self-test and the tests."""

import asyncio
import re
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ccore.errors import CcoreError, Unavailable

LISTEN_S = 30.0  # the caller of `ccore call` and of the self-test hangs up then
INVITES = 3  # an Asterisk that answers none of so many within 3.5 s is not there
SPARE_S = 15.0  # for the machine to be slow before a run is given up
REFUSALS = (400, 401, 403, 404, 408, 480, 484, 486, 487, 488, 500, 501, 503, 600, 603)
_NUMBER = re.compile(r"\+?[0-9*#A-D]{1,40}")


class SippMissing(CcoreError):
    """sipp is not installed: apt-get install sip-tester."""


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

    @property
    def answered(self) -> bool:
        """Whether the called side took the call."""
        return 200 <= self.code < 300


@dataclass(frozen=True, slots=True)
class Run:
    """What sipp said of one run of a scenario: its exit code (0: every call as written) and its log lines."""

    exit_code: int
    lines: list[str]
    errors: str


async def place_call(
    host: str,
    port: int,
    number: str,
    caller: str,
    listen_s: float = LISTEN_S,
    *,
    patience_s: float | None = None,
    media_port: int | None = None,
) -> Call:
    """Dial ``number`` from ``caller`` at the SIP port of an Asterisk; listen until it hangs up, or hang up.

    ``patience_s``: give the call up if it is not answered by then; ``media_port``: where the caller wants to hear it.
    Raises ValueError if either is no dialable number, SippMissing without sipp, Unavailable without a way to the host.
    """
    for digits in (number, caller):
        if not _NUMBER.fullmatch(digits):
            raise ValueError(f"{digits!r} cannot be dialled: use digits, * and #")
    options = ["-max_invite_retrans", str(INVITES - 1)]
    told = scenario(round(listen_s * 1000), patience_ms=None if patience_s is None else round(patience_s * 1000))
    if media_port is not None:
        told = told.replace("[media_port]", str(media_port))
    timeout_s = listen_s + (patience_s or 0) + SPARE_S
    found = await run(told, host, port, [(caller, number)], timeout_s=timeout_s, options=options)
    (call,) = read_calls(found.lines, [(caller, number)])
    return call


async def run(
    scenario: str,
    host: str,
    port: int,
    rows: Sequence[tuple[str, ...]],
    *,
    source: str | None = None,
    timeout_s: float = 30.0,
    options: Sequence[str] = (),
) -> Run:
    """Run a sipp scenario against ``host``:``port``, once per row; its fields are [field0], [field1], [field2] …

    Ends after ``timeout_s`` (and some spare) at the latest; what the scenario logs comes back as lines.
    ``source`` is the address the calls come from, ``options`` are more words for sipp.
    """
    source = source or address_towards(host)
    with tempfile.TemporaryDirectory(prefix="ccore-call-") as name:
        directory = Path(name)
        (directory / "scenario.xml").write_text(scenario, encoding="utf-8")
        table = "\n".join(["SEQUENTIAL", *(";".join([*row, ""]) for row in rows)])
        (directory / "rows.csv").write_text(table + "\n", encoding="utf-8")
        command = [
            _sipp(), f"{host}:{port}", "-sf", "scenario.xml", "-inf", "rows.csv",
            "-i", source, "-m", str(len(rows)), "-l", str(len(rows)), "-nostdin", "-timeout", f"{timeout_s:.0f}s",
            "-trace_logs", "-log_file", "calls.log", "-trace_err", "-error_file", "errors.log", *options,
        ]  # fmt: skip
        exit_code = await _run(command, directory, timeout_s + SPARE_S)
        return Run(exit_code, _text(directory / "calls.log").splitlines(), _text(directory / "errors.log"))


def scenario(listen_ms: int, headers: Sequence[str] = (), patience_ms: int | None = None) -> str:
    """A caller who listens for ``listen_ms`` at most; logs what ``read_calls`` reads.

    Rows are (caller, callee, display name as it stands in From); ``headers`` go into the INVITE; ``patience_ms`` is how
    long the caller waits to be answered (none given: for ever).
    """
    refusals = "\n".join(
        f'<recv response="{code}" optional="true" next="refused"><action><assignstr assign_to="code" value="{code}"/>'
        "</action></recv>"
        for code in REFUSALS
    )
    return (
        _CALLER.replace("@refusals@", refusals)
        .replace("@headers@\n", "".join(f"{header}\n" for header in headers))
        .replace("@patience@", "" if patience_ms is None else f' timeout="{patience_ms}" ontimeout="impatient"')
        .replace("@listen@", str(listen_ms))
    )


def read_calls(lines: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[Call]:
    """The calls of a run, in the order of its ``rows``."""
    outcomes = {int(line.split(";")[0]): line for line in lines}
    return [_call(row, outcomes.get(number)) for number, row in enumerate(rows, 1)]


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
    if exit_code not in {0, 1, 99}:  # every call as written; some call failed; no call was processed
        raise RuntimeError(f"sipp itself failed ({exit_code}): {errors.decode(errors='replace')[-2000:]}")
    return exit_code


def _sipp() -> str:
    program = shutil.which("sipp")
    if program is None:
        raise SippMissing(SippMissing.__doc__)
    return program


def address_towards(host: str) -> str:
    """The address of this machine that ``host`` sees."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))  # sends nothing
        except OSError as error:
            raise Unavailable(f"{host} cannot be reached from here: {error}") from error
        address: str = probe.getsockname()[0]
        return address


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
<recv response="100" optional="true"@patience@/>
<recv response="180" optional="true"@patience@>{_NOW.format("rang")}</recv>
<recv response="183" optional="true"@patience@/>
@refusals@
<recv response="200" rrs="true"@patience@><action>
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
<label id="impatient"/>
<send><![CDATA[
CANCEL sip:[field1]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
To: <sip:[field1]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 CANCEL
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200" optional="true"/>
<recv response="487" timeout="2000" ontimeout="end"/>
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
