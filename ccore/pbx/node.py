"""One Asterisk that ccore starts, watches and stops by itself."""

import asyncio
import errno
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import structlog

from ccore.config import Config, Secrets
from ccore.errors import AsteriskFailed, Unavailable
from ccore.pbx import changes, console, files, launch
from ccore.pbx.process import AsteriskProcess
from ccore.pbx.rootfs import ensure_root

log = structlog.get_logger()

START_WITHIN_S = 30.0  # it takes half a second; a machine that is very busy takes more
ANSWER_WITHIN_S = 3.0  # one that does not answer its console for so long is no use to callers either
STOP_GRACE_S = 5.0  # calls may end by themselves for so long
HANGUP_GRACE_S = 16.0  # Asterisk itself waits 15 s for channels to be gone
RESTART_PAUSE_S = 0.5
_LOG_LINES_SHOWN = 20


class AsteriskNode:
    """The embedded Asterisk of node ``name``. At most one runs in its directory, whatever becomes of ccore.

    It outlives a ccore that is killed, and its calls with it; the next ``start`` takes it over if it is still what the
    configuration says, and otherwise replaces it. ``under`` are words before Asterisk's own command (``launch``).
    """

    def __init__(self, config: Config, name: str, secrets: Secrets, under: Sequence[str] = ()) -> None:
        self.name = name
        self.directory = config.node_dir(name)
        self._config = config
        self._secrets = secrets
        self._under = under
        self._process: AsteriskProcess | None = None
        self._changing = asyncio.Lock()  # of its files

    @property
    def pid(self) -> int | None:
        """The process id of Asterisk itself; None if it does not run."""
        process = self._running()
        return process.pid if process else None

    async def start(self, progress: Callable[[str], None] | None = None) -> None:
        """Make it run and wait until it takes calls; ``progress`` is told what takes long.

        Raises AsteriskFailed with the end of its log if it does not start, FaultsFound if the operator's prompts hold
        faults.
        """
        root = await asyncio.to_thread(ensure_root, progress or (lambda text: log.info("asterisk_made", said=text)))
        async with self._changing:
            wanted = files.files_of(self._config, self.name, self._secrets)
            if not await self._adopted(wanted):
                await self._start(root, wanted)

    async def put_sounds(self) -> changes.Changes:
        """Give it the sounds that are wanted now, beside those it has; what is left to ``renew`` it with.

        Raises OSError, FaultsFound.
        """
        async with self._changing:
            if self._running() is None:
                return {}
            change = await asyncio.to_thread(self._changes)
            sounds = {path: content for path, content in change.items() if path.startswith(changes.SOUNDS)}
            await asyncio.to_thread(changes.put, self.directory, sounds)
            return {path: content for path, content in change.items() if path not in sounds}

    async def renew(self, change: changes.Changes) -> bool:
        """Give it the dialplan that is wanted now, calls going on; whether it runs.

        Raises AsteriskFailed if that needs a restart, Unavailable if it does not answer, OSError.
        """
        async with self._changing:
            if self._running() is None:
                return False
            if files_left := changes.needs_restart(change):
                raise AsteriskFailed(f"{self.name} has to be started again to take up {', '.join(files_left)}")
            await asyncio.to_thread(changes.put, self.directory, change)
            await self._take_up(change)
            return True

    async def _start(self, root: Path, wanted: dict[str, bytes]) -> None:
        await self.stop()
        self._refuse_taken_ports()
        began = time.monotonic()
        files.write(self.directory, wanted, launch.owner(root))
        self._process = AsteriskProcess(launch.launch(root, self.directory, self._output, self._under))
        greeting = await self._until_booted(self._process)
        log.info(
            "asterisk_started",
            node=self.name,
            pid=greeting.pid,
            version=greeting.version,
            seconds=round(time.monotonic() - began, 2),
        )

    async def keep(self) -> None:
        """Start it again, for ever, whenever it has ended. Raises AsteriskFailed if that does not work."""
        while True:
            await self.wait()
            log.error("asterisk_ended", node=self.name)
            await asyncio.sleep(RESTART_PAUSE_S)
            await self.start()

    async def wait(self) -> None:
        """Wait until it does not run."""
        if process := self._running():
            await process.ended()

    async def stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """End it: no new calls, those that are up get ``grace_s`` to end, the rest is hung up and recorded."""
        process = self._running()
        if process is None:
            return
        if not await self._ended_in_peace(process, grace_s):
            log.error("asterisk_killed", node=self.name, pid=process.pid)
            process.send(signal.SIGKILL)
            await process.ended()
        log.info("asterisk_stopped", node=self.name, pid=process.pid)
        self._running()

    def kill(self) -> None:
        """SIGKILL: nothing is hung up, nothing is recorded."""
        if process := self._running():
            process.send(signal.SIGKILL)

    async def cli(self, command: str) -> str:
        """What Asterisk's command line answers to ``command``. Raises Unavailable."""
        return (await console.ask(self._run_directory, command))[1]

    async def version(self) -> str:
        """The version of the running Asterisk. Raises Unavailable."""
        return (await console.ask(self._run_directory, "core show version"))[0].version

    @property
    def _run_directory(self) -> Path:
        return self.directory / "run"

    @property
    def _output(self) -> Path:
        return self.directory / "asterisk.out"

    def _running(self) -> AsteriskProcess | None:
        """The process, if it runs, whether this object started it or not."""
        if self._process is not None and not self._process.alive:
            self._process.close()
            self._process = None
        if self._process is None:
            self._process = AsteriskProcess.found_in(self.directory)
        return self._process

    async def _adopted(self, wanted: dict[str, bytes]) -> bool:
        """Whether an Asterisk runs here already that is what the configuration wants, or is made so, and answers."""
        process = self._running()
        if process is None:
            return False
        change = changes.changes(self.directory, wanted)
        if changes.needs_restart(change) or not await self._answers():
            return False
        changes.put(self.directory, change)
        await self._take_up(wanted)  # a ccore that was killed may have written it and come no further
        log.info("asterisk_adopted", node=self.name, pid=process.pid)
        return True

    def _changes(self) -> changes.Changes:
        return changes.changes(self.directory, files.files_of(self._config, self.name, self._secrets))

    async def _take_up(self, change: Iterable[str]) -> None:
        """Have it read the files of ``change`` that it reads while it runs, calls going on."""
        for path, command, done in changes.RELOADS:
            if any(changed.startswith(path) for changed in change):
                _, said = await console.ask(self._run_directory, command, ANSWER_WITHIN_S)
                if done not in said:
                    raise AsteriskFailed(f"{self.name} did not take up {path}: {said.strip()}")

    async def _answers(self) -> bool:
        try:
            await console.ask(self._run_directory, "core waitfullybooted", ANSWER_WITHIN_S)
        except Unavailable:
            return False
        return True

    async def _ended_in_peace(self, process: AsteriskProcess, grace_s: float) -> bool:
        if not await self._answers():
            return False
        asking = asyncio.ensure_future(console.ask(self._run_directory, "core stop gracefully"))
        try:
            if await _gone(process, grace_s):
                return True
            process.send(signal.SIGTERM)
            return await _gone(process, HANGUP_GRACE_S)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)  # its answer does not matter: the process does

    async def _until_booted(self, process: AsteriskProcess) -> console.Greeting:
        deadline = time.monotonic() + START_WITHIN_S
        while process.alive and time.monotonic() < deadline:
            try:
                greeting, _ = await console.ask(self._run_directory, "core waitfullybooted", START_WITHIN_S)
            except Unavailable:
                await asyncio.sleep(0.02)
                continue
            if greeting.pid == process.pid and self._manager_listens():
                return greeting
            break
        process.send(signal.SIGKILL)
        await process.ended()
        raise AsteriskFailed(f"Asterisk of node {self.name} did not start. The end of its log:\n{self._log_tail()}")

    def _manager_listens(self) -> bool:
        node = self._config.nodes[self.name]
        with socket.socket() as probe:
            return probe.connect_ex((str(node.host), node.ami_port)) == 0

    def _refuse_taken_ports(self) -> None:
        node = self._config.nodes[self.name]
        for kind, address, key in (
            (socket.SOCK_STREAM, (str(node.host), node.ami_port), "ami_port"),
            (socket.SOCK_STREAM, (str(node.host), node.http_port), "http_port"),
            (socket.SOCK_DGRAM, (str(node.sip_bind), node.sip_port), "sip_port"),
        ):
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
                try:
                    probe.bind(address)
                except OSError as error:
                    why = "is taken by another program" if error.errno == errno.EADDRINUSE else f"is no use: {error}"
                    raise AsteriskFailed(f"nodes.{self.name}.{key}: {address[0]} port {address[1]} {why}") from error

    def _log_tail(self) -> str:
        lines: deque[str] = deque(maxlen=_LOG_LINES_SHOWN)
        for path in (self.directory / "log/messages", self._output):
            if path.exists():
                lines.extend(path.read_text(encoding="utf-8", errors="replace").splitlines())
        return "\n".join(f"  {line}" for line in lines)


async def _gone(process: AsteriskProcess, within_s: float) -> bool:
    try:
        await asyncio.wait_for(process.ended(), within_s)
    except TimeoutError:
        return False
    return True
