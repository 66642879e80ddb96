"""The fault kit: ways to break a part from outside, each undone by leaving the block."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import copyfile

LIBFAKETIME = "faketime/libfaketimeMT.so.1"  # below a directory of libraries; Debian package libfaketime
_PIECE = b"\0" * 65536


@contextmanager
def stopped(pids: Iterable[int]) -> Iterator[None]:
    """Processes stopped in their tracks (SIGSTOP); those that end meanwhile are let be."""
    halted = []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            halted.append(pid)
    try:
        yield
    finally:
        for pid in reversed(halted):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def full(directory: Path) -> Iterator[None]:
    """The file system of ``directory`` without a free byte. For one of the test's own, such as a small tmpfs."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):  # until there is no space left
        while file.write(_PIECE):
            pass
    try:
        yield
    finally:
        ballast.unlink()


class Clock:
    """The clock of processes started with ``environment``, by libfaketime; wall time only, never the monotonic one."""

    def __init__(self, library: str, file: Path, seen_as: str) -> None:
        self._file = file
        self._file.write_text("+0\n", encoding="ascii")
        self._file.chmod(0o644)
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": seen_as,
            "FAKETIME_CACHE_DURATION": "1",  # s between looks at the file; at every call of time() it is slow
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    @contextmanager
    def ahead(self, seconds: int) -> Iterator[None]:
        """The clock jumps by so much, and back at the end of the block."""
        self._file.write_text(f"{seconds:+d}\n", encoding="ascii")
        try:
            yield
        finally:
            self._file.write_text("+0\n", encoding="ascii")


def libfaketime() -> Path | None:
    """The library on this machine, or None."""
    return next((path for path in Path("/usr/lib").glob(f"*/{LIBFAKETIME}")), None)


def clock_of_node(directory: Path, library: Path) -> Clock:
    """A clock for the Asterisk whose node directory this is; it is to be started under ``env`` and its environment."""
    place = directory / "clock"
    place.mkdir(mode=0o755, exist_ok=True)
    copyfile(library, place / library.name)
    (place / library.name).chmod(0o755)
    return Clock(f"/srv/ccore/clock/{library.name}", place / "offset", "/srv/ccore/clock/offset")


def clock_of_process(directory: Path, library: Path) -> Clock:
    """A clock for processes of this machine."""
    file = directory / "clock"
    return Clock(str(library), file, str(file))


@contextmanager
def silent_connections(port: int, count: int) -> Iterator[None]:
    """So many connections to 127.0.0.1:``port`` that never say a word."""
    with ExitStack() as stack:
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield


async def scanned(port: int, probes: int) -> None:
    """A port scanner: connects and leaves, says half a request, says rubbish."""
    for number in range(probes):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write((b"", b"agi_network: yes\nagi_net", os.urandom(500), b"GET / HTTP/1.1\r\n\r\n")[number % 4])
            writer.close()


async def flooded(port: int, chance: random.Random, seconds: float, per_s: int) -> None:
    """A SIP scanner at 127.0.0.1:``port`` over UDP: OPTIONS, REGISTER and rubbish, from an address nobody knows."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scanner:
        scanner.bind(("127.0.0.99", 0))
        scanner.setblocking(False)
        for number in range(int(seconds * per_s)):
            with suppress(OSError):  # the switch may be gone just now
                scanner.sendto(_probe(number, chance), ("127.0.0.1", port))
            await asyncio.sleep(1 / per_s)


def _probe(number: int, chance: random.Random) -> bytes:
    if number % 3 == 2:
        return chance.randbytes(200)
    method = ("OPTIONS", "REGISTER")[number % 3]
    return (
        f"{method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.99;branch=z9hG4bK{number}\r\n"
        f"From: <sip:100@127.0.0.99>;tag={number}\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: scan{number}\r\n"
        f"CSeq: 1 {method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()
