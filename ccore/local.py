"""The parts ccore starts by itself where the configuration names none: a PostgreSQL and an Asterisk of its own."""

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import structlog

from ccore.check import check
from ccore.config import Config, Secrets, load_secrets, make_secrets
from ccore.db.embedded import EmbeddedPostgres
from ccore.errors import CcoreError, FaultsFound
from ccore.pbx.node import AsteriskNode

log = structlog.get_logger()

Say = Callable[[str], None]

LOOK_EVERY_S = 0.5  # for a PostgreSQL of our own that has ended


class AlreadyRunning(CcoreError):
    """Another ccore runs here: it holds the lock in the var directory. Stop it first."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What a daemon needs to know of the parts around it."""

    dsn: str
    secrets: Secrets


def teller() -> Say:
    """A function that prints a line with the seconds since now before it."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:7.2f} s] {text}", flush=True)  # noqa: T201 - progress is for people

    return say


def silent(_text: str) -> None:
    """Say nothing."""


def starts_parts(config: Config) -> bool:
    """Whether this configuration leaves an Asterisk to ccore."""
    return any(node.kind == "embedded" for node in config.nodes.values())


@contextmanager
def only_one(config: Config) -> Iterator[None]:
    """Hold the var directory for this process; raises AlreadyRunning if another has it."""
    config.var.mkdir(parents=True, exist_ok=True)
    with (config.var / "ccore.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(AlreadyRunning.__doc__) from error
        yield


@asynccontextmanager
async def stack(config: Config, say: Say) -> AsyncIterator[Stack]:
    """Check all files, then start what the configuration leaves to ccore; stop it again at the end.

    A part that dies meanwhile is started again. Raises FaultsFound before anything is started if a file holds a fault.
    """
    if starts_parts(config):
        make_secrets(config)
    if faults := check(config.source if config.source.exists() else None):
        raise FaultsFound(faults)
    secrets = load_secrets(config)
    async with AsyncExitStack() as parts:
        dsn, nodes = await asyncio.gather(
            parts.enter_async_context(database(config, secrets, say)), _nodes(config, secrets, say, parts)
        )
        keeping = [asyncio.create_task(node.keep(), name=f"asterisk {node.name}") for node in nodes]
        try:
            yield Stack(dsn, secrets)
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)


@asynccontextmanager
async def database(config: Config, secrets: Secrets | None = None, say: Say = silent) -> AsyncIterator[str]:
    """The DSN of the database: the configured one, or that of a server of ccore's own, kept up for as long."""
    known = secrets or _known_secrets(config)
    if known is not None and known.database_dsn is not None:
        yield known.database_dsn.get_secret_value()
        return
    server = EmbeddedPostgres(config.var / "postgres")
    began = time.monotonic()
    was_running = server.running
    await server.start()
    say(f"postgresql: started in {time.monotonic() - began:.1f} s")
    keeping = asyncio.create_task(_keep(server), name="postgresql")
    try:
        yield server.dsn
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        if not was_running:
            await server.stop()


async def _keep(server: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        if not server.running:
            log.error("postgresql_ended")
            await server.start()


async def stop_parts(config: Config) -> None:
    """Stop the Asterisk and PostgreSQL of an earlier ccore that did not end cleanly."""
    secrets = _known_secrets(config)
    if secrets is not None:
        for name, node in config.nodes.items():
            if node.kind == "embedded":
                await AsteriskNode(config, name, secrets).stop()
    await EmbeddedPostgres(config.var / "postgres").stop()


def _known_secrets(config: Config) -> Secrets | None:
    return load_secrets(config) if config.secrets_file.exists() else None


async def _nodes(config: Config, secrets: Secrets, say: Say, parts: AsyncExitStack) -> list[AsteriskNode]:
    embedded = [name for name, node in config.nodes.items() if node.kind == "embedded"]
    nodes = [AsteriskNode(config, name, secrets) for name in embedded]
    for node in nodes:
        began = time.monotonic()
        parts.push_async_callback(node.stop)
        await node.start(say)
        say(f"asterisk {node.name}: {await node.version()} started in {time.monotonic() - began:.1f} s")
    return nodes
