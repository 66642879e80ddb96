"""The life of one ccore process: it starts, serves, drains and ends; what it is made of is ``ccore.parts``."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import sdnotify
import structlog

from ccore import __version__
from ccore.config import Config, Secrets
from ccore.db.migrate import migrate
from ccore.errors import CannotListen, Unavailable
from ccore.parts import Parts
from ccore.pbx.node import AsteriskNode
from ccore.signals import feed_watchdog
from ccore.web.app import Health, make_app, serving

log = structlog.get_logger()

DRAIN_S = 25.0  # for the calls in session after the first SIGTERM; the whole stop stays below 30 s
DATABASE_RETRY_S = 1.0  # a daemon started before its database waits for it, asking this often


class Daemon:
    """One ccore: FastAGI, the links to every Asterisk, orders, call records, HTTP.

    ``dsn`` names the PostgreSQL to use, whether ccore started it or not; ``nodes`` are the Asterisks that it did start,
    ``sendsms`` is where the Kannel takes messages that it started, "" if none.
    """

    def __init__(
        self, config: Config, secrets: Secrets, dsn: str, nodes: Sequence[AsteriskNode] = (), sendsms: str = ""
    ) -> None:
        self._config = config
        self._dsn = dsn
        self._stop = asyncio.Event()
        self._serving = False
        self._systemd = sdnotify.SystemdNotifier()
        self._parts = parts = Parts(config, secrets, dsn, nodes, self._stop.is_set, self.health, sendsms)
        self.database, self.links, self.routes = parts.database, parts.links, parts.routes

    def stop(self) -> None:
        """Begin to drain: take no new calls, finish those that are here, then return from ``run``."""
        log.info("drain_started", limit_s=DRAIN_S)
        self._systemd.notify("STOPPING=1")
        self._stop.set()

    async def run(self, on_ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """Run until ``stop``; ``on_ready`` is awaited once calls are taken. The first part to fail ends them all."""
        app = make_app(self.health, self.routes)
        async with serving(app, str(self._config.http.host), self._config.http.port), asyncio.TaskGroup() as group:
            life = group.create_task(self._live(on_ready), name="life")
            await self._stop.wait()
            await self._drain()
            life.cancel()
        log.info("daemon_stopped")

    def health(self) -> Health:
        """The state of every part, for /health, /ready and ``ccore status``."""
        process = {"id": os.getpid(), "version": __version__, "loop_lag_max_s": round(self._parts.pulse.worst_s, 3)}
        parts: dict[str, Mapping[str, object]] = {"process": process, **self._parts.condition()}
        return Health(parts, tuple(self._why_not_ready()), tuple(self._parts.warnings()))

    def _why_not_ready(self) -> list[str]:
        reasons = {
            "draining": self._stop.is_set(),
            "starting": not self._serving,
            "PostgreSQL does not answer": not self.database.up,
            "no Asterisk is linked": not any(link.up for link in self.links.values()),
        }
        return [reason for reason, holds in reasons.items() if holds]

    async def _live(self, on_ready: Callable[[], Awaitable[None]] | None) -> None:
        """Database, then calls, for ever."""
        await self._open_database()
        try:
            await self._parts.following.look(begin=False)  # callers do not wait until the first version is kept
            async with self._parts.hotlines.open(), self._parts.archive.open(), asyncio.TaskGroup() as group:
                await self._listen()
                for name, work in {**self._parts.work(), "watchdog": feed_watchdog(self._systemd)}.items():
                    group.create_task(work, name=name)
                self._serving = True
                self._systemd.notify("READY=1")
                log.info("daemon_started", pid=os.getpid(), agi_port=self._config.agi.port)
                if on_ready is not None:
                    await on_ready()
        finally:
            await self._parts.following.leave()
            await self._parts.instances.leave()
            await self.database.close()

    async def _open_database(self) -> None:
        while True:
            try:
                for name in await migrate(self._dsn):
                    log.info("migration_applied", name=name)
                await self.database.open()
                return
            except Unavailable as error:
                log.warning("database_awaited", reason=str(error))
                await asyncio.sleep(DATABASE_RETRY_S)

    async def _listen(self) -> None:
        try:
            await self._parts.agi.start()
        except OSError as error:
            raise CannotListen("agi.port", str(self._config.agi.host), self._config.agi.port, error) from error

    async def _drain(self) -> None:
        ends = time.monotonic() + DRAIN_S
        await self._parts.agi.stop(DRAIN_S)
        await self._parts.ordering.drain(max(ends - time.monotonic(), 0))
