"""CPU of a FastAGI session of five commands: ours, panoramisk and pyst2, the client that plays Asterisk not counted.

Every server is a process of its own and says its own CPU time; the client is this process. Ours does what it does in
production, the proof (one command more) and the metrics included. pyst2 writes its chatter to /dev/null.
"""

import asyncio
import os
import resource
import select
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import uvloop
from asterisk.agi import AGI
from panoramisk import fast_agi

from ccore.agi import Agi, Server
from ccore.log import configure
from tests.bench import Figure

ROUNDS = 7
SESSIONS = 1000  # in a round, of each server
BUSY = 50  # calls at once in an order hour; with ALONE every command wakes a sleeping server, whosever it is
ALONE = 1
PROCESS_SESSIONS = 20  # each starts an interpreter
WORDS = ("one", "two", "three", "four")  # four SET VARIABLE and one GET VARIABLE make five commands
ANSWERS = {b"SET": b"200 result=1\n", b"GET": b"200 result=1 (placed)\n"}

HEADERS = (
    b"agi_network: yes\nagi_network_script: order\nagi_request: agi://127.0.0.1:4573/order\n"
    b"agi_channel: PJSIP/trunk-00000000\nagi_language: en\nagi_type: PJSIP\nagi_uniqueid: node1-1795332863.14\n"
    b"agi_version: 22.10.1\nagi_callerid: 13800138000\nagi_calleridname: unknown\nagi_callingpres: 0\n"
    b"agi_callingani2: 0\nagi_callington: 0\nagi_callingtns: 0\nagi_dnid: 1008610001\nagi_rdnis: unknown\n"
    b"agi_context: trunk\nagi_extension: 1008610001\nagi_priority: 4\nagi_enhanced: 0.0\nagi_accountcode: \n"
    b"agi_threadid: 140025979295424\nagi_arg_1: 1008610001\nagi_arg_2: +8613800138000\n\n"
)
PYST2_SCRIPT = f"""
from asterisk.agi import AGI
agi = AGI()
for word in {WORDS}:
    agi.set_variable("CCORE_RESULT", word)
agi.get_variable("CCORE_RESULT")
"""


def run() -> list[Figure]:
    """Every server in turn, round after round; medians."""
    servers = {name: _Contestant(name) for name in SERVERS}
    try:
        busy, alone = _cpu_us(servers, BUSY), _cpu_us(servers, ALONE)
    finally:
        for server in servers.values():
            server.stop()
    ours = "FastAGI, CPU of a 5-command session"
    return [
        _figure(f"{ours}, {BUSY} at once, against panoramisk as shipped", busy["uvloop"], busy["panoramisk"], 0.6),
        _figure(f"{ours}, {BUSY} at once, against pyst2's AGI object", busy["uvloop"], busy["pyst2"], 0.3),
        _figure(f"{ours}, {BUSY} at once, against panoramisk on uvloop", busy["uvloop"], busy["panoramisk-uvloop"]),
        _figure(f"{ours}, {BUSY} at once, both on plain asyncio", busy["asyncio"], busy["panoramisk"]),
        _figure(f"{ours}, one at a time, against panoramisk as shipped", alone["uvloop"], alone["panoramisk"]),
        _figure(f"{ours}, one at a time, against pyst2's AGI object", alone["uvloop"], alone["pyst2"]),
        _figure(f"{ours}, against pyst2 in a process for each call", alone["uvloop"], _pyst2_process_cpu_us()),
    ]


def _cpu_us(servers: Mapping[str, "_Contestant"], at_once: int) -> dict[str, float]:
    """CPU of each server for one session, with so many under way; the first round only warms."""
    rounds = [{name: server.cpu_us(at_once) for name, server in servers.items()} for _ in range(ROUNDS + 1)]
    return {name: statistics.median(figures[name] for figures in rounds[1:]) for name in servers}


def _figure(name: str, value: float, baseline: float, share: float | None = None) -> Figure:
    goal = "reported only" if share is None else f"at most {share} of the baseline"
    return Figure(name, value, "µs", baseline, goal, None if share is None else value <= share * baseline)


class _Contestant:
    """A server in a process of its own."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "tests.bench.agi", name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        self._port = int(self._answers.readline())

    def cpu_us(self, at_once: int) -> float:
        """CPU of the server for one session."""
        before = self._cpu_time_s()
        _play_asterisk(self._port, at_once)
        return (self._cpu_time_s() - before) / SESSIONS * 1e6

    def stop(self) -> None:
        """The server ends when its standard input does."""
        self._questions.close()
        self._process.wait(10)
        self._answers.close()

    def _cpu_time_s(self) -> float:
        self._questions.write("time\n")
        self._questions.flush()
        return float(self._answers.readline())


def _play_asterisk(port: int, at_once: int) -> None:
    """A round of sessions: the headers, an answer for each command, until the server closes."""
    with selectors.DefaultSelector() as lines:
        for started in range(SESSIONS):
            lines.register(_call(port), selectors.EVENT_READ)
            while len(lines.get_map()) >= min(at_once, SESSIONS - started):
                _converse(lines)


def _call(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(HEADERS)
    return line


def _converse(lines: selectors.BaseSelector) -> None:
    for key, _ in lines.select():
        line = key.fileobj
        assert isinstance(line, socket.socket)
        if command := line.recv(8192):
            line.sendall(_answer(command))
        else:
            lines.unregister(line)
            line.close()


def _answer(command: bytes) -> bytes:
    if command.startswith(b"GET FULL VARIABLE"):  # the proof
        return b"200 result=1 (" + command.split()[3] + b")\n"
    return ANSWERS[command[:3]]


def _pyst2_process_cpu_us() -> float:
    """CPU of one session as Asterisk's plain AGI has it, in a new process each time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(PROCESS_SESSIONS):
        asterisk, script = socket.socketpair()
        with (
            asterisk,
            subprocess.Popen(
                [sys.executable, "-c", PYST2_SCRIPT],
                stdin=script.fileno(),
                stdout=script.fileno(),
                stderr=subprocess.DEVNULL,
            ),
        ):
            script.close()
            asterisk.sendall(HEADERS)
            while command := asterisk.recv(8192):
                asterisk.sendall(_answer(command))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent / PROCESS_SESSIONS * 1e6


# From here on: what the servers' own processes run.


async def _our_route(agi: Agi) -> None:
    for word in WORDS:
        await agi.set_variable("CCORE_RESULT", word)
    await agi.command("GET VARIABLE", "CCORE_RESULT")


async def _serve_ours() -> None:
    server = Server("127.0.0.1", 0, {"order": _our_route}, max_sessions=100, session_deadline_s=15)
    await server.start()
    await _answer_questions(server.port)
    await server.stop(1)


async def _panoramisk_route(request: Any) -> None:
    for word in WORDS:
        await request.send_command(f'SET VARIABLE "CCORE_RESULT" "{word}"')
    await request.send_command("GET VARIABLE CCORE_RESULT")


async def _serve_panoramisk() -> None:
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("order", _panoramisk_route)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    await _answer_questions(server.sockets[0].getsockname()[1])
    server.close()


async def _answer_questions(port: int) -> None:
    """Say the port; then the CPU time for every line on standard input, until it ends."""
    print(port, flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(0, lambda: None if _say_cpu_time() else ended.set())
    await ended.wait()
    loop.remove_reader(0)


def _say_cpu_time() -> bool:
    if asked := bool(os.read(0, 100)):
        print(time.process_time(), flush=True)
    return asked


def _serve_pyst2() -> None:
    """pyst2 has no server that runs on Python 3: its AGI object is given one socket after another as its files."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Path(os.devnull).open("w") as nowhere:
        print(listener.getsockname()[1], flush=True)
        while True:
            readable, _, _ = select.select([0, listener.fileno()], [], [])
            if listener.fileno() in readable:
                _serve_pyst2_once(listener, nowhere)
            elif not _say_cpu_time():
                return


def _serve_pyst2_once(listener: socket.socket, nowhere: Any) -> None:
    line, _ = listener.accept()
    with line, line.makefile("r") as heard, line.makefile("w") as said:
        agi = AGI(stdin=heard, stdout=said, stderr=nowhere)
        for word in WORDS:
            agi.set_variable("CCORE_RESULT", word)
        agi.get_variable("CCORE_RESULT")


def _on_asyncio(serve: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: asyncio.run(serve())


def _on_uvloop(serve: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: uvloop.run(serve())


SERVERS: dict[str, Callable[[], None]] = {
    "uvloop": _on_uvloop(_serve_ours),
    "panoramisk": _on_asyncio(_serve_panoramisk),
    "pyst2": _serve_pyst2,
    "asyncio": _on_asyncio(_serve_ours),
    "panoramisk-uvloop": _on_uvloop(_serve_panoramisk),
}

if __name__ == "__main__":
    configure("json", "warning")  # to standard error: standard output carries the figures
    SERVERS[sys.argv[1]]()
