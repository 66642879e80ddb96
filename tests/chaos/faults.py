"""The nemesis's faults: what each breaks, for how long, how it is healed, and which failure mode (F1–F20) it is."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ccore.errors import Unavailable
from tests.chaos.rig import Rig
from tests.support.asterisk import NODE
from tests.support.faults import flooded, full, scanned, silent_connections, stopped
from tests.support.postgres import children
from tests.support.wirecut import Wire

HOUR_S = 3600
SILENT_CONNECTIONS = 50  # as many as manager.conf's authlimit
FLOOD_PER_S = 500
FLOOD_LASTS_S = 2.0

Break = Callable[[Rig, random.Random], AbstractAsyncContextManager[str | None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """``broken`` breaks ``part`` when entered and heals it when left; it may say something of how it did so.

    ``lasts_s`` are the shortest and longest times in between; ``needs`` names what of the rig it cannot do without.
    """

    name: str
    code: str
    part: str
    lasts_s: tuple[float, float]
    broken: Break
    needs: str = ""


@asynccontextmanager
async def ami_reset(rig: Rig, chance: random.Random) -> AsyncIterator[str]:
    """Both manager sessions end with RST, up to five times in a row."""
    times = chance.randint(1, 5)
    for _ in range(times):
        rig.ami.reset()
        await asyncio.sleep(chance.uniform(0, 0.4))
    yield f"{times} times"


@asynccontextmanager
async def ami_close(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """Both manager sessions end with FIN."""
    rig.ami.finish()
    yield


def held(name: str) -> Break:
    """A black hole between ccore and a part; when it ends, bytes go on or the connections turn out to be dead."""

    @asynccontextmanager
    async def broken(rig: Rig, chance: random.Random) -> AsyncIterator[str]:
        way: Wire = getattr(rig, name)
        dead = chance.random() < 0.5
        way.hold()
        try:
            yield "connections dead afterwards" if dead else "bytes late"
        finally:
            if dead:
                way.reset()
            way.release()

    return broken


@asynccontextmanager
async def ami_starved(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """Silent connections fill authlimit in the very moment ccore has to log in again."""
    with silent_connections(rig.site.config.nodes[NODE].ami_port, SILENT_CONNECTIONS):
        rig.ami.reset()
        yield


@asynccontextmanager
async def ccore_freeze(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """SIGSTOP."""
    assert rig.site.ccore is not None
    with stopped([rig.site.ccore.pid]):
        yield


def ccore_ended(number: signal.Signals) -> Break:
    """The process ends by this signal and is started again, as systemd does."""

    @asynccontextmanager
    async def broken(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
        with rig.on_purpose("ccore"):
            if rig.site.ccore is not None and rig.site.ccore.returncode is None:
                await rig.site.signal_ccore(number)
            yield
            await rig.site.launch_ccore()

    return broken


@asynccontextmanager
async def asterisk_freeze(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """SIGSTOP."""
    pid = rig.site.node.pid
    with stopped([] if pid is None else [pid]):
        yield


@asynccontextmanager
async def asterisk_kill(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """SIGKILL, and a start."""
    with rig.on_purpose("Asterisk"):
        rig.site.node.kill()
        await rig.site.node.wait()
        yield
        await rig.site.node.start()


@asynccontextmanager
async def asterisk_restart(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """A stop in good order with calls up, and a start."""
    with rig.on_purpose("Asterisk"):
        await rig.site.node.stop(grace_s=0.5)
        yield
        await rig.site.node.start()


@asynccontextmanager
async def asterisk_reload(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """Every module reads its configuration again."""
    with suppress(Unavailable):  # the clock or the disk may be in its way
        await rig.site.node.cli("core reload")
    yield


@asynccontextmanager
async def agi_reset(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """Every call's dialogue with ccore ends with RST."""
    rig.agi.reset()
    yield


@asynccontextmanager
async def agi_jam(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """ccore's AGI port takes no connection: its backlog is full."""
    await rig.agi.jam()
    try:
        yield
    finally:
        await rig.agi.unjam()


@asynccontextmanager
async def agi_scan(rig: Rig, chance: random.Random) -> AsyncIterator[None]:
    """A port scanner at ccore's AGI port."""
    await scanned(rig.site.agi_port, chance.randint(20, 100))
    yield


@asynccontextmanager
async def postgres_stop(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """PostgreSQL goes down in good order, and comes back."""
    await rig.site.postgres.stop()
    yield
    await rig.site.postgres.start()


@asynccontextmanager
async def postgres_freeze(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """PostgreSQL and all its children: SIGSTOP."""
    pid = rig.site.postgres.pid
    with stopped([pid, *children(pid)]):
        yield


@asynccontextmanager
async def postgres_kill(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """The postmaster: SIGKILL; it comes back and recovers."""
    os.kill(rig.site.postgres.pid, signal.SIGKILL)
    yield
    await rig.site.postgres.start()


def backend_ended(number: signal.Signals) -> Break:
    """One of ccore's sessions in PostgreSQL ends by this signal; after SIGKILL the server restarts all of them."""

    @asynccontextmanager
    async def broken(rig: Rig, chance: random.Random) -> AsyncIterator[None]:
        sessions = [pid for pid in children(rig.site.postgres.pid) if _is_session(pid)]
        if sessions:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(sessions), number)
        yield

    return broken


def _is_session(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"postgres: ccore ccore")
    return False


@asynccontextmanager
async def disk_full(rig: Rig, _chance: random.Random) -> AsyncIterator[None]:
    """Not a byte more fits where Asterisk writes: CDR, CEL, log, spool."""
    assert rig.disk is not None
    with full(rig.disk):
        yield


def clock_jump(name: str) -> Break:
    """The clock is an hour ahead or behind, and then right again."""

    @asynccontextmanager
    async def broken(rig: Rig, chance: random.Random) -> AsyncIterator[str]:
        seconds = chance.choice((HOUR_S, -HOUR_S))
        with getattr(rig, name).ahead(seconds):
            yield f"{seconds:+d} s"

    return broken


@asynccontextmanager
async def sip_flood(rig: Rig, chance: random.Random) -> AsyncIterator[None]:
    """A scanner nobody knows: OPTIONS, REGISTER, rubbish."""
    await flooded(rig.site.sip_port, chance, FLOOD_LASTS_S, FLOOD_PER_S)
    yield


AT_ONCE = (0.0, 0.0)
SHORT, LONG = (0.2, 3.0), (1.0, 8.0)
LINK, AGI, CCORE, ASTERISK, POSTGRES = "manager link", "AGI", "ccore", "Asterisk", "PostgreSQL"
WIRE, CLOCK, SIP = "PostgreSQL's wire", "ccore's clock", "SIP"
PARTS = (SIP, ASTERISK, LINK, AGI, CCORE, WIRE, POSTGRES, CLOCK)

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("ami-reset", "F1", LINK, AT_ONCE, ami_reset),
        Fault("ami-close", "F1", LINK, AT_ONCE, ami_close),
        Fault("ami-hole", "F1", LINK, LONG, held("ami")),
        Fault("ami-starved", "F16", LINK, SHORT, ami_starved),
        Fault("ccore-freeze", "F2", CCORE, LONG, ccore_freeze),
        Fault("ccore-kill", "F11", CCORE, SHORT, ccore_ended(signal.SIGKILL)),
        Fault("ccore-stop", "F11", CCORE, SHORT, ccore_ended(signal.SIGTERM)),
        Fault("asterisk-kill", "F3", ASTERISK, SHORT, asterisk_kill),
        Fault("asterisk-restart", "F3", ASTERISK, SHORT, asterisk_restart),
        Fault("asterisk-reload", "F3", ASTERISK, AT_ONCE, asterisk_reload),
        Fault("asterisk-freeze", "F3", ASTERISK, SHORT, asterisk_freeze),
        Fault("agi-hole", "F4", AGI, LONG, held("agi")),
        Fault("agi-reset", "F4", AGI, AT_ONCE, agi_reset),
        Fault("agi-jam", "F4", AGI, LONG, agi_jam),
        Fault("agi-scan", "F4", AGI, AT_ONCE, agi_scan),
        Fault("pg-stop", "F5", POSTGRES, LONG, postgres_stop),
        Fault("pg-freeze", "F5", POSTGRES, LONG, postgres_freeze),
        Fault("pg-kill", "F5", POSTGRES, SHORT, postgres_kill),
        Fault("pg-backend-kill", "F5", POSTGRES, AT_ONCE, backend_ended(signal.SIGKILL)),
        Fault("pg-backend-end", "F5", POSTGRES, AT_ONCE, backend_ended(signal.SIGTERM)),
        Fault("pg-hole", "F5", WIRE, LONG, held("database")),
        Fault("disk-full", "F6", ASTERISK, SHORT, disk_full, "disk"),
        Fault("clock-asterisk", "F10", ASTERISK, LONG, clock_jump("asterisk_clock"), "asterisk_clock"),
        Fault("clock-ccore", "F10", CLOCK, LONG, clock_jump("ccore_clock"), "ccore_clock"),
        Fault("sip-flood", "F17", SIP, AT_ONCE, sip_flood),
    )
}

WHY_NOT = {
    "disk": "not run: no right to mount a tmpfs here",
    "asterisk_clock": "not run: libfaketime is not installed",
    "ccore_clock": "not run: libfaketime is not installed",
}
# The generator's own doing: what callers do is no fault of a part.
BY_CALLERS = {
    "F8": "the generator: callers who dial again, INVITEs that come by two ways, INVITEs sent again to a new Asterisk",
    "F9": "the generator: one caller in ten hangs up within 1.5 s of dialling",
    "F14": "the generator: one caller in a hundred vanishes in the queue without a word",
}
ELSEWHERE = {
    "F7": "not in this run: the gateway is a directory, which does not fail; Kannel has tests of its own",
    "F12": "does not apply yet: ccore originates no calls",
    "F13": "not in this run: one ccore; two of them over one database have tests of their own",
    "F15": "not in this run: a bad dialplan is refused by `ccore check`; asterisk-reload reads a good one again",
    "F18": "not in this run: forged network data has tests of its own",
    "F19": "does not apply yet: there is no console",
    "F20": "does not apply yet: there is one version of the schema",
}
