"""Builds and runs everything one ccore process is; the only module that knows every other."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sdnotify
import structlog
from aiohttp import web

import agi_scripts
from ccore.agi.server import Server
from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.cdr.service import CallRecords
from ccore.config import Config, Secrets
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.errors import Unavailable
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.number import NumberPlan, load_plan
from ccore.ordering.service import Ordering
from ccore.web.app import Health, make_app

log = structlog.get_logger()

DRAIN_S = 30.0  # a caller in a session is given this long after the first SIGTERM
DATABASE_RETRY_S = 1.0  # a daemon started before its database waits for it, asking this often


class Daemon:
    """One ccore: FastAGI, the links to every Asterisk, orders, call records, HTTP.

    ``dsn`` names the PostgreSQL to use, whether ccore started it or not.
    """

    def __init__(self, config: Config, secrets: Secrets, dsn: str) -> None:
        self._config = config
        self._dsn = dsn
        self._stop = asyncio.Event()
        self._systemd = sdnotify.SystemdNotifier()
        plan: NumberPlan = load_plan(config.dialplan)
        self.database = Database(dsn, config.database)
        self.ordering = Ordering(self.database, plan, config.ordering, config.site.region)
        self.intake = SpoolIntake(self.ordering, {name: config.spool_dir(name) for name in config.nodes})
        self.records = CallRecords(self.database, {name: config.log_dir(name) for name in config.nodes})
        services = agi_scripts.Services(ordering=self.ordering, call_deadline_s=config.database.call_deadline_s)
        self.agi = Server(
            str(config.agi.host),
            config.agi.port,
            agi_scripts.routes(services),
            max_sessions=config.agi.max_sessions,
            session_deadline_s=config.agi.session_deadline_s,
        )
        self.links = {name: self._link(name, secrets) for name in config.nodes}

    def stop(self) -> None:
        """Begin to drain: take no new calls, finish those that are here, then return from ``run``."""
        log.info("drain_started", limit_s=DRAIN_S)
        self._systemd.notify("STOPPING=1")
        self._stop.set()

    async def run(self, on_ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """Run until ``stop``; ``on_ready`` is awaited once calls are taken. The first part to fail ends them all."""
        await self._migrate()
        await self.database.open()
        try:
            async with self._http(), asyncio.TaskGroup() as group:
                await self.agi.start()
                parts = [group.create_task(work, name=name) for name, work in self._work().items()]
                self._systemd.notify("READY=1")
                log.info("daemon_started", pid=os.getpid(), agi_port=self._config.agi.port)
                if on_ready is not None:
                    await on_ready()
                await self._stop.wait()
                await self.agi.stop(DRAIN_S)
                await self.ordering.drain(DRAIN_S)
                for part in parts:
                    part.cancel()
        finally:
            await self.database.close()
        log.info("daemon_stopped")

    def health(self) -> Health:
        """The state of every part, for /health, /ready and ``ccore status``."""
        links = {name: link.up for name, link in self.links.items()}
        why_not = [] if self.database.up else ["PostgreSQL does not answer"]
        if not any(links.values()):
            why_not.append("no Asterisk is linked")
        if self._stop.is_set():
            why_not.append("draining")
        parts: dict[str, dict[str, object]] = {
            "database": {"up": self.database.up},
            "agi": {"sessions": self.agi.active},
            "records": dict(self.records.health()),
            "spool": {"waiting": self.intake.waiting},
        }
        parts |= {f"node {name}": {"up": up, "epoch": self.links[name].epoch} for name, up in links.items()}
        return Health(parts, tuple(why_not))

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        work: dict[str, Coroutine[Any, Any, None]] = {f"link {name}": link.run() for name, link in self.links.items()}
        return work | {
            "spool intake": self.intake.run(),
            "call records": self.records.run(),
            "watchdog": self._feed_watchdog(),
        }

    def _link(self, name: str, secrets: Secrets) -> Link:
        node = self._config.nodes[name]
        link = Link(
            name,
            str(node.host),
            node.ami_port,
            secrets.ami_events_secret.get_secret_value(),
            secrets.ami_actions_secret.get_secret_value(),
        )

        async def call_ended(_event: object) -> None:
            self.records.nudge(name)

        async def logged_in(snapshot: Snapshot) -> None:
            booted_at = datetime.fromisoformat(snapshot.booted_at).replace(tzinfo=ZoneInfo(node.timezone))
            self.records.note_boot(name, booted_at)

        link.on("Hangup", call_ended)
        link.on_login(logged_in)
        return link

    async def _migrate(self) -> None:
        while True:
            try:
                for name in await migrate(self._dsn):
                    log.info("migration_applied", name=name)
                return
            except Unavailable as error:
                log.warning("database_awaited", reason=str(error))
                await asyncio.sleep(DATABASE_RETRY_S)

    @contextlib.asynccontextmanager
    async def _http(self) -> AsyncIterator[None]:
        runner = web.AppRunner(make_app(self.health), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, str(self._config.http.host), self._config.http.port).start()
            yield
        finally:
            await runner.cleanup()

    async def _feed_watchdog(self) -> None:
        """Tell systemd that the event loop turns; it restarts a ccore that is silent for WATCHDOG_USEC."""
        every_s = int(os.environ.get("WATCHDOG_USEC", "10000000")) / 2_000_000
        while True:
            self._systemd.notify("WATCHDOG=1")
            await asyncio.sleep(every_s)


def on_signals(daemon: Daemon, main: asyncio.Task[object]) -> None:
    """SIGTERM and SIGINT: the first drains, the second stops at once."""
    loop = asyncio.get_running_loop()
    asked: list[float] = []

    def asked_to_stop() -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            daemon.stop()
        else:
            main.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop)
