"""After the last fault is healed: how soon all is quiet, and what a run must never leave behind."""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ccore.cdr.rows import LOGS, Log
from ccore.errors import Unavailable
from tests.chaos.evidence import read_log
from tests.chaos.model import Line, begun_in_the_future
from tests.chaos.rig import Rig

QUIET_WITHIN_S = 60.0
LOOK_EVERY_S = 0.5
MOST_DESCRIPTORS = 100  # of ccore at rest: some 30, and one for each connection to PostgreSQL

_TRACEBACK = "Traceback (most recent call last)"
_ASYNCPGS_OWN = "ConnectionDoesNotExistError"  # a future it forgets when the server ends between two statements
_WHOLE_NUMBER = re.compile(r"138\d{8}")  # the generator's callers
_IDLE = """
SELECT count(*) FROM pg_stat_activity
WHERE state LIKE 'idle in transaction%' AND state_change < now() - interval '2 s'
"""

# Where in Asterisk an ERROR line comes from that a fault explains; any other is a complaint.
EXPLAINED = (
    "No space left",  # disk-full
    "cdr_custom.c", "cel_custom.c", "db.c",  # the same
    "Session already DISCONNECTED",  # the caller hung up before the answer
    "Failed to allocate new PJSIP channel",  # a stop in good order takes no new calls
    "res_pjsip", "pjproject",  # the scanner's rubbish, and peers that are gone
    "res_agi.c", "utils.c", "iostream.c", "manager.c", "tcptls.c",  # connections that are refused, cut or starved
    # Asterisk's own race in the last second of an orderly stop while SIP still comes in (22.10.1, a machine at load
    # 14: 2 of 60 stops): its process ends all the same, and what was on the way is on disk by then.
    "taskprocessor.c", "backtrace records",
)  # fmt: skip


async def until_quiet(rig: Rig) -> tuple[float, list[str]]:
    """Seconds until nothing was under way any more, and what still was after ``QUIET_WITHIN_S``."""
    began = time.monotonic()
    while noises := [noise async for noise in _noises(rig)]:
        if (passed_s := time.monotonic() - began) > QUIET_WITHIN_S:
            return passed_s, [f"not quiet within {QUIET_WITHIN_S:.0f} s: {noise}" for noise in noises]
        await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began, []


async def _noises(rig: Rig) -> AsyncIterator[str]:
    site = rig.site
    if not await site.ready():
        yield "ccore is not ready"
    calls = [row["linkedid"] for row in await site.rows("SELECT linkedid FROM folded_calls WHERE state = 'open'")]
    held = sum(begun_in_the_future(call) for call in calls)
    if held < len(calls):
        yield f"{len(calls) - held} open calls"
    try:
        said = await site.node.cli("core show channels count")
        if int(said.split()[0]) > held:
            yield said.splitlines()[0]
    except Unavailable as error:
        yield str(error)
    if left := [path for path in site.config.spool_dir(site.node.name).glob("*/*") if path.parent.name != "bad"]:
        yield f"{len(left)} files in the spool"
    for log in LOGS:
        written, stored = (
            len({line.digest for line in _lines(rig, log)}),
            await site.value(f"SELECT count(*) FROM {log.name}"),
        )
        if written != stored:
            yield f"{written} {log.name} lines, {stored} records"
    for what, query in (
        ("calls to be folded", "SELECT count(*) FROM call_folds_due"),
        ("sessions idle in a transaction", _IDLE),
        ("messages on the way to the gateway", "SELECT count(*) FROM outbox WHERE state = 'sending'"),
    ):
        if count := await site.value(query):
            yield f"{count} {what}"
    async for leak in _leaks(rig):
        yield leak


def _lines(rig: Rig, log: Log) -> Sequence[Line]:
    path = rig.site.config.log_dir(rig.site.node.name) / log.path
    return read_log(path.read_bytes() if path.exists() else b"", rig.site.node.name, log.name).lines


async def _leaks(rig: Rig) -> AsyncIterator[str]:
    """What a fault may have made ccore or Asterisk forget to let go of."""
    site = rig.site
    if await site.ready() and (sessions := (await site.metrics())["ccore_agi_sessions_active"]):
        yield f"{sessions:.0f} AGI sessions"
    if site.ccore is not None and site.ccore.returncode is None:
        descriptors = len(os.listdir(f"/proc/{site.ccore.pid}/fd"))
        if descriptors > MOST_DESCRIPTORS:
            yield f"ccore has {descriptors} descriptors open"
    with suppress(Unavailable):
        behind = (await site.node.cli("core show taskprocessor alerted subsystems")).split("\n")[2:]
        if any(line and line != "0 subsystems" for line in behind):
            yield f"Asterisk's task processors are behind: {behind}"


def remains(rig: Rig) -> Iterator[str]:
    """What is wrong with the logs, and which parts ended by themselves."""
    yield from rig.died
    text = rig.site.log.read_text(encoding="utf-8")
    if (at := text.find(_TRACEBACK)) >= 0:
        yield f"ccore's log has a traceback: …{text[max(at - 300, 0) : at + 1500]}"
    for line in text.splitlines():
        if "never retrieved" in line and _ASYNCPGS_OWN not in line:
            yield f"ccore's log: {line[:500]}"
    if found := _WHOLE_NUMBER.search(text):
        yield f"ccore's log has a whole number: {found[0]}"
    yield from _errors(rig.site.node.directory / "log/messages")


def _errors(path: Path) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines:
        if "ERROR" in line and not any(words in line for words in EXPLAINED):
            yield f"Asterisk's log: {line[:300]}"
