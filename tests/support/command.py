"""The command ``ccore`` as its users meet it: a process in a directory, what it prints, and what it leaves behind."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ccore import config
from ccore.config import Config
from ccore.db.embedded import EmbeddedPostgres
from ccore.pbx.process import AsteriskProcess
from tests.support.asterisk import NODE, node_ports
from tests.support.ports import free_port
from tests.support.waiting import until

ENDS_WITHIN_S = 100.0
SECRETS = {
    "CCORE_AMI_EVENTS_SECRET": "events-secret-of-the-tests",
    "CCORE_AMI_ACTIONS_SECRET": "actions-secret-of-the-tests",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """The lines on standard error."""
        return self.err.splitlines()


class Process:
    """A command under way; what it says goes to files."""

    def __init__(self, process: asyncio.subprocess.Process, out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def out(self) -> str:
        """What it has said on standard output."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it has said on standard error."""
        return self._err.read_text(encoding="utf-8")

    async def says(self, words: str, within_s: float = 60.0) -> None:
        """Wait until it has said ``words``, on whichever stream; fails with what it said instead."""

        def said() -> bool:
            assert self.process.returncode is None or words in self.out + self.err, self.out + self.err
            return words in self.out + self.err

        await until(said, within_s)

    async def ended(self, number: signal.Signals | None = None) -> Ended:
        """Send it a signal, if one is given, and wait for its end."""
        if number is not None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), ENDS_WITHIN_S)
        return Ended(code, self.out, self.err)


class Home:
    """A directory with a ``ccore.toml`` in it, whose ports are free. ``environment`` is added to every command's."""

    def __init__(self, directory: Path, text: str, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        (directory / "ccore.toml").write_text(text, encoding="utf-8")
        # Compiled code may be kept: each command would compile all of ccore again.
        unwanted = (config.ENVIRONMENT_PREFIX, "PYTHONDONTWRITEBYTECODE")
        ours = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
        self._environment = {**ours, **(environment or {})}
        self._started = 0

    @property
    def config(self) -> Config:
        """The configuration as ccore reads it."""
        return config.load(self.directory / "ccore.toml")

    @property
    def node_directory(self) -> Path:
        """The directory of the embedded node."""
        return self.config.node_dir(NODE)

    async def ccore(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        async with self.started(*arguments) as process:
            return await process.ended()

    @asynccontextmanager
    async def started(
        self, *arguments: str, stderr: int | None = None, environment: Mapping[str, str] | None = None
    ) -> AsyncIterator[Process]:
        """A command under way, its standard error to be read unless ``stderr`` is given; killed at the block's end."""
        self._started += 1
        out, err = (self.directory / f"{self._started}.{name}" for name in ("out", "err"))
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ccore", *arguments, cwd=self.directory, stdin=asyncio.subprocess.DEVNULL,
                stdout=out_file, stderr=stderr or err_file, env={**self._environment, **(environment or {})},
            )  # fmt: skip
        try:
            yield Process(process, out, err)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def get(self, path: str) -> tuple[int, dict[str, object]]:
        """Status and JSON body of the daemon's HTTP answer; (0, {}) if there is none."""
        url = f"http://127.0.0.1:{self.config.http.port}{path}"
        limit = aiohttp.ClientTimeout(total=20)
        try:
            async with aiohttp.ClientSession(timeout=limit) as session, session.get(url) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError):
            return 0, {}

    async def take_down(self) -> None:
        """End what a failed test has left running."""
        for name in self.config.nodes:
            if (asterisk := AsteriskProcess.found_in(self.config.node_dir(name))) is not None:
                asterisk.send(signal.SIGKILL)
                await asterisk.ended()
        await EmbeddedPostgres(self.config.var / "postgres").stop()

    def log_lines(self) -> list[dict[str, object]]:
        """What a demo has logged."""
        return [json.loads(line) for line in (self.config.var / "ccore.log").read_text(encoding="utf-8").splitlines()]

    def assert_nothing_left(self) -> None:
        """No Asterisk, no PostgreSQL, no port and no socket of this directory is there any more."""
        self.assert_nothing_runs()
        assert [path for path in self.config.var.rglob("*") if path.is_socket()] == []

    def assert_nothing_runs(self) -> None:
        """No Asterisk, no PostgreSQL and no port of this directory is there any more."""
        assert not EmbeddedPostgres(self.config.var / "postgres").running
        ports = [(socket.SOCK_STREAM, self.config.agi.port), (socket.SOCK_STREAM, self.config.http.port)]
        for name, node in self.config.nodes.items():
            assert AsteriskProcess.found_in(self.config.node_dir(name)) is None
            ports += [(socket.SOCK_DGRAM, node.sip_port), (socket.SOCK_STREAM, node.ami_port)]
        for kind, port in ports:
            assert can_listen(kind, port), port


def can_listen(kind: socket.SocketKind, port: int) -> bool:
    """Whether nobody has this port."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def embedded_home(directory: Path, names: Sequence[str] = (NODE,)) -> Home:
    """A site that has everything from ccore itself, with nodes of these names."""
    nodes = "".join(
        f"[nodes.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in ports.items())
        for name, ports in node_ports(names).items()
    )
    return Home(
        directory,
        f"""
[agi]
port = {free_port()}
[http]
port = {free_port()}
{nodes}""",
    )


def lonely_home(directory: Path, dsn: str, secrets: Mapping[str, str] = SECRETS) -> Home:
    """A site whose Asterisk is elsewhere and away, on the database ``dsn``; ``secrets`` are those of the manager."""
    for name in ("log", "spool"):
        (directory / name).mkdir()
    return Home(
        directory,
        f"""
[agi]
port = {free_port()}
[http]
port = {free_port()}
[nodes.{NODE}]
kind = "external"
ami_port = {free_port()}
sip_port = {free_port(socket.SOCK_DGRAM)}
log_dir = "log"
spool_dir = "spool"
agi_url_host = "127.0.0.1"
""",
        {**secrets, "CCORE_DATABASE_DSN": dsn},
    )
