"""A Kannel of ccore's own: bearerbox, smsbox and, unless the site names its carriers, a simulated network."""

import asyncio
import contextlib
import os
import secrets as random
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from ccore.config import Config, Secrets
from ccore.errors import KannelFailed
from ccore.messaging import kannel_files
from ccore.messaging.gateways.chosen import INCOMING_PATH, account, address
from ccore.messaging.kannel_files import CONFIG_FILE, RECEIPTS, STORE, Ports, Settings
from ccore.messaging.kannel_programs import Programs, find

log = structlog.get_logger()

START_LIMIT_S = 20.0  # usual is 0.2 s
STOP_LIMIT_S = 2.0  # bearerbox waits for its senders; what is in its store is safe
LOOK_EVERY_S = 0.5
PHONE_LINGERS_S = 1.0  # Kannel looks at a connection now and then, and forgets what one that has gone had said
LOG_LIMIT_BYTES = 10 << 20
KANNEL_UID = 60998  # beside that of PostgreSQL: no account of systemd's table, and none made
BEARERBOX, SMSBOX, NETWORK = "bearerbox", "smsbox", "network"


class EmbeddedKannel:
    """One Kannel in ``config.var``/kannel. It ends by itself when the process that started it is killed.

    What it has taken is in files of its store until a network has it, so that no kill loses a message. ``simulates``:
    where the site names no carriers it runs a network that takes everything, instead of waiting for one at its port.
    """

    def __init__(self, config: Config, secrets: Secrets, *, simulates: bool = True) -> None:
        self.directory = config.var / "kannel"
        self.simulated = config.messages.kannel.smsc is None
        self.ports = _free_ports()
        self._simulates = simulates and self.simulated
        self._config = config
        self._secrets = secrets
        self._programs: Programs | None = None
        self._running: dict[str, asyncio.subprocess.Process] = {}

    @property
    def sendsms(self) -> str:
        """Where messages are handed over."""
        return f"http://127.0.0.1:{self.ports.sendsms}/cgi-bin/sendsms"

    @property
    def is_there(self) -> bool:
        """Whether this machine has its programs."""
        return self._programs is not None

    @property
    def network_log(self) -> Path:
        """What the simulated network took, and sent; with whole numbers, which are nobody's."""
        return self.directory / f"{NETWORK}.log"

    async def prepare(self, progress: Callable[[str], None]) -> None:
        """Have its programs. Raises KannelFailed if this machine cannot have them."""
        self._programs = await asyncio.to_thread(find, progress)

    async def start(self) -> None:
        """Have all of it run; what an earlier ccore left is ended first. Raises KannelFailed."""
        assert self._programs is not None, "prepare() comes first"
        await self._end_left_overs()
        await asyncio.to_thread(self._write)
        try:
            await self._complete()
        except BaseException:
            await self.stop()
            raise
        log.info("embedded_kannel_started", sendsms_port=self.ports.sendsms)

    async def keep(self) -> None:
        """Start again what has ended, for ever, and all of it if it does not run. Raises KannelFailed."""
        while True:
            if not self._running:
                await self.start()
            elif ended := [name for name, process in self._running.items() if process.returncode is not None]:
                log.error("kannel_ended", parts=ended)
                if BEARERBOX in ended:
                    await self.stop()  # the others would wait for it, each in its own way
                await self._complete()
            await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self) -> None:
        """End it. Carriers are told; what smsbox brings meanwhile, it brings again."""
        processes = [self._running.pop(name) for name in (NETWORK, SMSBOX, BEARERBOX) if name in self._running]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM if process is processes[-1] else signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT_S):
                await asyncio.gather(*(process.wait() for process in processes))
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        await self._end_left_overs()

    async def kill(self, name: str) -> None:
        """Kill one of its processes, as a fault would."""
        self._running[name].kill()
        await self._running[name].wait()

    async def _complete(self) -> None:
        """Start what does not run, in order."""
        assert self._programs is not None
        programs, ports = self._programs, self.ports
        await self._launch(BEARERBOX, [programs.bearerbox, "-v", str(kannel_files.ERRORS_ONLY), CONFIG_FILE])
        await self._answers(BEARERBOX, ports.smsbox)
        await self._launch(SMSBOX, [programs.smsbox, "-v", str(kannel_files.NOTHING_BUT_THE_END), CONFIG_FILE])
        await self._answers(SMSBOX, ports.sendsms)
        if self._simulates and programs.fakesmsc is not None:
            # It sends no messages of its own; the words are those it would send.
            words = ["-H", "127.0.0.1", "-r", str(ports.network), "-m", "0", "0 0 text nothing"]
            await self._launch(NETWORK, [programs.fakesmsc, *words])

    async def _launch(self, name: str, command: Sequence[str | Path]) -> None:
        if (process := self._running.get(name)) is not None and process.returncode is None:
            return
        assert self._programs is not None
        path = self.directory / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                       "LD_LIBRARY_PATH": ":".join(map(str, self._programs.libraries))}  # fmt: skip
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            self._running[name] = await asyncio.create_subprocess_exec(
                *_as_user(), *map(str, command),
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.directory, env=environment,
                start_new_session=True,
            )  # fmt: skip
        (self.directory / f"{name}.pid").write_text(f"{self._running[name].pid}\n", encoding="ascii")

    async def _answers(self, name: str, port: int) -> None:
        """Wait until one of its processes takes connections. Raises KannelFailed."""
        until = time.monotonic() + START_LIMIT_S
        process = self._running[name]
        while process.returncode is None and time.monotonic() < until:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)
        raise KannelFailed(f"Kannel's {name} does not start: see {self.directory / name}.log")

    async def _end_left_overs(self) -> None:
        """End what an earlier ccore started here and could not end. Raises KannelFailed."""
        for name in (NETWORK, SMSBOX, BEARERBOX):
            pid = self._left_over(name)
            if pid is None or (name in self._running and self._running[name].pid == pid):
                continue
            os.kill(pid, signal.SIGKILL)
            until = time.monotonic() + STOP_LIMIT_S
            while self._left_over(name) == pid:
                if time.monotonic() > until:
                    raise KannelFailed(f"the {name} of an earlier ccore in {self.directory} does not end")
                await asyncio.sleep(0.02)

    def _left_over(self, name: str) -> int | None:
        """The process whose number is written down, if it is still the one that was started here."""
        try:
            pid = int((self.directory / f"{name}.pid").read_text(encoding="ascii"))
            here = os.path.samefile(f"/proc/{pid}/cwd", self.directory)
            state = (
                Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
            )
        except (OSError, ValueError, IndexError):
            return None
        return pid if here and state not in "ZX" else None

    def _write(self) -> None:
        owner = KANNEL_UID if os.geteuid() == 0 else -1
        for path in (self.directory, self.directory / STORE, self.directory / RECEIPTS):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.chown(path, owner, owner)
        file = self.directory / CONFIG_FILE
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(kannel_files.rendered(self._settings()))
        os.chown(file, owner, owner)

    def _settings(self) -> Settings:
        asked = account(self._config, self._secrets, self.sendsms)
        smsc = self._config.messages.kannel.smsc
        try:
            own = "" if smsc is None else (self._config.source.parent / smsc).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise KannelFailed(f"messages.kannel.smsc: {smsc} cannot be read: {error}") from error
        incoming = address(self._config, self._secrets, INCOMING_PATH)
        return Settings(
            self.ports, asked.username, asked.password, random.token_urlsafe(24), asked.sender, incoming, own
        )


async def send_as_telephone(config: Config, sender: str, receiver: str, text: str) -> None:
    """Play a telephone of the simulated network that sends a text message. Raises KannelFailed if none is simulated."""
    file = config.var / "kannel" / CONFIG_FILE
    port = kannel_files.phones_port(file.read_text(encoding="utf-8")) if file.exists() else None
    if port is None:
        raise KannelFailed("no network is simulated here: `ccore run` does, where it runs a Kannel of its own")
    try:
        async with asyncio.timeout(START_LIMIT_S):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(kannel_files.as_sent(sender, receiver, text))
            await writer.drain()
            await asyncio.sleep(PHONE_LINGERS_S)
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        raise KannelFailed(f"Kannel's simulated network does not answer: {error}") from error


def _as_user() -> Sequence[str]:
    """The words before a command that end it with ccore, and have it run as nobody's user, who may write nothing."""
    words = ["setpriv", "--pdeathsig=KILL", "--no-new-privs"]
    if os.geteuid() != 0:
        return words
    # It reads its programs below a home directory that nobody else may pass.
    reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [*words, f"--reuid={KANNEL_UID}", f"--regid={KANNEL_UID}", "--clear-groups", *reads]


def _free_ports() -> Ports:
    """Ports that nobody has now: only programs of this machine use them, and each is told."""
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(5)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return Ports(*(one.getsockname()[1] for one in taken))
