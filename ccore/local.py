"""The parts ccore starts by itself where the configuration names none: PostgreSQL, Asterisk and Kannel of its own."""

import asyncio
import fcntl
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TextIO

import structlog

from ccore.check import check
from ccore.config import INSTANCE_FILE, Config, Secrets, load_dsn, load_secrets, make_secrets
from ccore.db.embedded import EmbeddedPostgres
from ccore.errors import CcoreError, FaultsFound
from ccore.messaging.embedded import EmbeddedKannel
from ccore.messaging.gateways.chosen import runs_kannel
from ccore.pbx.node import AsteriskNode
from ccore.running import running_config

log = structlog.get_logger()

Say = Callable[[str], None]

LOOK_EVERY_S = 0.5  # for a PostgreSQL of our own that has ended
NODE_RETRY_S = 2.0  # between two tries to start one of several nodes, or Kannel, while the others serve
STOP_LIMIT_S = 60.0  # a ccore that was asked to stop drains for up to 30 s, then ends its parts
_LOCK = "ccore.lock"


class AlreadyRunning(CcoreError):
    """Another ccore runs in this var directory."""


class NoVar(CcoreError):
    """The var directory cannot be used."""


class DoesNotStop(CcoreError):
    """A ccore that was asked to stop is still there."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What a daemon needs to know of the parts around it. ``config`` names the files that run as its dialplan.

    ``sendsms`` is where a Kannel of ccore's own takes text messages, "" if there is none.
    """

    config: Config
    dsn: str
    secrets: Secrets
    nodes: Sequence[AsteriskNode]
    sendsms: str


def teller(stream: TextIO | None = None) -> Say:
    """A function that prints a line, on standard output if no ``stream`` is given, with the seconds since now."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:7.2f} s] {text}", file=stream or sys.stdout, flush=True)

    return say


def silent(_text: str) -> None:
    """Say nothing."""


def starts_parts(config: Config) -> bool:
    """Whether this configuration leaves an Asterisk to ccore."""
    return any(node.kind == "embedded" for node in config.nodes.values())


def make_var(config: Config) -> Path:
    """The var directory, made if need be. Raises NoVar."""
    try:
        config.var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoVar(f"paths.var: {config.var} cannot be made: {error.strerror}") from error
    if not os.access(config.var, os.W_OK | os.X_OK):
        raise NoVar(f"paths.var: {config.var} cannot be written to by you")
    return config.var


@contextmanager
def only_one(config: Config) -> Iterator[None]:
    """Hold the var directory for this process; raises AlreadyRunning if another has it."""
    try:
        file = (make_var(config) / _LOCK).open("a+", encoding="ascii")
    except OSError as error:  # another user's
        raise NoVar(f"paths.var: {config.var / _LOCK} cannot be written to: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = f"another ccore (process {file.read().strip() or 'unknown'}) runs in {config.var}"
            raise AlreadyRunning(f"{holder}: stop it first, by `ccore stop`") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        _make_instance(config)
        yield
        file.truncate(0)


def _make_instance(config: Config) -> None:
    """Give the ccore of this var directory, which this process holds, a name to keep, unless it has one."""
    path = config.var / INSTANCE_FILE
    if config.site.instance is None and not path.exists():
        fresh = path.with_suffix(".new")
        fresh.write_text(f"ccore-{token_hex(4)}\n", encoding="ascii")
        fresh.replace(path)


@asynccontextmanager
async def stack(config: Config, say: Say) -> AsyncIterator[Stack]:
    """Find the version that runs, then start what the configuration leaves to ccore; stop it again at the end.

    A part that dies meanwhile is started again; if that does not work, the block is cancelled. Of several nodes, one
    that does not start is tried again for ever, as the others serve; so is Kannel: text messages wait. Raises
    FaultsFound before anything is started if a secret, or a file that would have to run for the first time, holds a
    fault.
    """
    secrets, dsn = _secrets(config)
    config = await running_config(config, dsn, say)
    server = None if dsn else EmbeddedPostgres(config.var / "postgres")
    nodes = [AsteriskNode(config, name, secrets) for name, node in config.nodes.items() if node.kind == "embedded"]
    alone = len(config.nodes) == 1
    kannel = EmbeddedKannel(config, secrets) if runs_kannel(config) else None
    async with AsyncExitStack() as stops:
        if nodes or server is not None:
            stops.callback(say, "stopped")
        async with asyncio.TaskGroup() as starting:  # all of them have ended, well or not, before any is stopped
            if server is not None:
                stops.push_async_callback(server.stop)
                starting.create_task(_start_postgres(server, say))
            for node in nodes:
                stops.push_async_callback(node.stop)
                starting.create_task(_start_node(node, say, alone=alone))
            if kannel is not None:
                stops.push_async_callback(kannel.stop)
                starting.create_task(_start_kannel(kannel, say))
        async with asyncio.TaskGroup() as keeping:
            keepers = [
                keeping.create_task(_keep_node(node, alone=alone), name=f"asterisk {node.name}") for node in nodes
            ]
            if server is not None:
                keepers.append(keeping.create_task(_keep(server), name="postgresql"))
            if kannel is not None and kannel.is_there:
                keepers.append(keeping.create_task(_keep_kannel(kannel), name="kannel"))
            sendsms = kannel.sendsms if kannel is not None and kannel.is_there else ""
            yield Stack(config, dsn or (server.dsn if server else ""), secrets, nodes, sendsms)
            for keeper in keepers:
                keeper.cancel()


@asynccontextmanager
async def database(config: Config) -> AsyncIterator[str]:
    """The DSN of the database, for one command: the configured one, or that of ccore's own server, kept up so long."""
    if dsn := load_dsn(config):
        yield dsn
        return
    server = EmbeddedPostgres(make_var(config) / "postgres")
    await server.start()
    try:
        yield server.dsn
    finally:
        if server.mine:
            await server.stop()


async def stop_parts(config: Config, say: Say) -> None:
    """Stop the ccore that runs here, if one does, and what an earlier one that was killed left running.

    Raises DoesNotStop.
    """
    await _stop_other(config, say)
    for name, node in config.nodes.items():
        if node.kind == "embedded" and config.secrets_file.exists():
            await AsteriskNode(config, name, load_secrets(config)).stop()
    if runs_kannel(config) and config.secrets_file.exists():
        await EmbeddedKannel(config, load_secrets(config)).stop()
    await EmbeddedPostgres(config.var / "postgres").stop()


def _secrets(config: Config) -> tuple[Secrets, str | None]:
    """The secrets, made now if they are ours to make, and the DSN, if there is one."""
    if starts_parts(config):
        make_secrets(config)
    try:
        return load_secrets(config), load_dsn(config)
    except FaultsFound as found:  # all that is wrong is told at once
        others = check(config.source if config.source.exists() else None)
        raise FaultsFound(list({*found.faults, *others})) from None


async def _start_postgres(server: EmbeddedPostgres, say: Say) -> None:
    began = time.monotonic()
    await server.start()
    say(f"postgresql: started in {time.monotonic() - began:.1f} s")


async def _start_node(node: AsteriskNode, say: Say, *, alone: bool) -> None:
    began, before = time.monotonic(), node.pid
    try:
        await node.start(say)
        how = "taken over" if node.pid == before else "started"
        say(f"asterisk {node.name}: {await node.version()} {how} in {time.monotonic() - began:.1f} s")
    except (CcoreError, OSError) as error:
        if alone:
            raise
        say(f"asterisk {node.name}: NOT STARTED, and tried again until it is: {error}")


async def _keep_node(node: AsteriskNode, *, alone: bool) -> None:
    told = ""
    while True:
        try:
            if node.pid is None:
                await node.start()
            told = ""
            await node.keep()
        except (CcoreError, OSError) as error:
            if alone:
                raise
            if told != (told := str(error)):
                log.error("asterisk_not_started", node=node.name, reason=told, next_try_s=NODE_RETRY_S)
        await asyncio.sleep(NODE_RETRY_S)


async def _start_kannel(kannel: EmbeddedKannel, say: Say) -> None:
    began = time.monotonic()
    network = "a simulated network: no telephone gets anything" if kannel.simulated else "the site's own carriers"
    try:
        await kannel.prepare(say)
        await kannel.start()
        say(f"kannel: started in {time.monotonic() - began:.1f} s, with {network}")
    except (CcoreError, OSError) as error:
        say(f"kannel: NOT STARTED, text messages wait: {error}")


async def _keep_kannel(kannel: EmbeddedKannel) -> None:
    told = ""
    while True:
        try:
            await kannel.keep()
        except (CcoreError, OSError) as error:
            if told != (told := str(error)):
                log.error("kannel_not_started", reason=told, next_try_s=NODE_RETRY_S)
        await asyncio.sleep(NODE_RETRY_S)


async def _keep(server: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not server.running:
            log.error("postgresql_ended")
            await server.start()


async def _stop_other(config: Config, say: Say) -> None:
    path = config.var / _LOCK
    if not path.exists():
        return
    deadline = time.monotonic() + STOP_LIMIT_S
    asked: int | None = None
    with path.open("r", encoding="ascii") as file:
        while not _free(file):
            file.seek(0)
            holder = _holding(path, file.read())
            if holder is not None and holder != asked:
                say(f"stopping ccore (process {holder})")
                os.kill(holder, signal.SIGTERM)
                asked = holder
            if time.monotonic() > deadline:
                raise DoesNotStop(f"the ccore that runs in {config.var} does not stop")
            await asyncio.sleep(0.1)


def _free(lock: TextIO) -> bool:
    """Whether nobody holds the lock."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(lock, fcntl.LOCK_UN)
    return True


def _holding(lock: Path, written: str) -> int | None:
    """The process whose number is ``written`` in the lock, if it has the lock open: the number may be an old one."""
    try:
        if any(os.path.samefile(handle, lock) for handle in Path(f"/proc/{int(written)}/fd").iterdir()):
            return int(written)
    except (OSError, ValueError):  # it has ended, or has not written its number yet
        return None
    return None
