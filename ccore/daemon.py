"""Builds and runs everything one ccore process is; the only module that knows every other."""

import asyncio
import dataclasses
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sdnotify
import structlog

import agi_scripts
from ccore import __version__
from ccore.agi.server import Server
from ccore.ami.link import Link
from ccore.ami.snapshot import Snapshot
from ccore.calls.feed import Feed
from ccore.calls.gaps import GapLedger
from ccore.calls.service import Calls
from ccore.cdr.rotation import Rotation
from ccore.cdr.service import CallRecords
from ccore.centre.alerts import load_alerts
from ccore.centre.centre import load_centre
from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.leases import Leases, Work
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.desk.service import Desk
from ccore.errors import CannotListen, FaultsFound, Unavailable
from ccore.ivr.hotlines import Hotlines
from ccore.ivr.menus import Menus, load_menus
from ccore.numbers.live import Doing
from ccore.numbers.service import Numbers
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.keeping import Keeping
from ccore.ordering.number import NumberPlan, load_plan
from ccore.ordering.service import Ordering
from ccore.pbx.node import AsteriskNode
from ccore.pbx.render import agi_url
from ccore.people.service import People
from ccore.pulse import Pulse
from ccore.queues.floor import Floor
from ccore.queues.membership import lines
from ccore.queues.waiting_room import Outside
from ccore.recording.archive import Archive
from ccore.recording.recorder import Recorder
from ccore.signals import feed_watchdog
from ccore.supervision.service import Supervision
from ccore.upkeep.model import Limits
from ccore.upkeep.service import Upkeep
from ccore.versions import disk
from ccore.versions.following import Following
from ccore.versions.service import Versions
from ccore.web import api
from ccore.web.app import Health, make_app, serving

log = structlog.get_logger()

DRAIN_S = 25.0  # for the calls in session after the first SIGTERM; the whole stop stays below 30 s
DATABASE_RETRY_S = 1.0  # a daemon started before its database waits for it, asking this often
LATE_S = 60.0  # what waits so long does not pass by itself: an admin should look
AGI_MARGIN_S = 5.0  # one look of the upkeep


class Daemon:
    """One ccore: FastAGI, the links to every Asterisk, orders, call records, HTTP.

    ``dsn`` names the PostgreSQL to use, whether ccore started it or not; ``nodes`` are the Asterisks that it did start.
    """

    def __init__(self, config: Config, secrets: Secrets, dsn: str, nodes: Sequence[AsteriskNode] = ()) -> None:
        self._config = config
        self._dsn = dsn
        self._nodes = nodes
        self._stop = asyncio.Event()
        self._serving = False
        self._systemd = sdnotify.SystemdNotifier()
        self.pulse = Pulse()
        plan: NumberPlan = load_plan(config.dialplan)
        self.database = Database(dsn, config.database)
        self.leases = Leases(self.database, config.instance)
        self.people = People(self.database)
        self.ordering = Ordering(self.database, plan, config.ordering, config.site.region)
        spools = {name: config.spool_dir(name) for name in config.nodes}
        self.intake = SpoolIntake(self.ordering, spools)
        self.following = Following(Versions(self.database), config.versions_dir, config.instance, self._use)
        self.links = {name: self._link(name, secrets) for name in config.nodes}
        self.ledger = GapLedger(self.database, config.instance, config.nodes)
        self.feed = Feed()
        self.calls = Calls(self.links, self.feed, self.ledger)
        self.upkeep = Upkeep(self.database, self.links, {name: _limits(config, name) for name in config.nodes})
        self.hotlines = Hotlines(config, secrets, self.database, self.links, self.calls.trackers)
        self.recorder = Recorder(config, self.database, self.links, self.calls.trackers, self.feed, self.calls.known)
        self.archive = Archive(config, secrets, self.database)
        outside = Outside(
            tier=self.hotlines.tier,
            text=self.hotlines.text,
            known=self.calls.known,
            sure=self.leases.sure,
            recording=self.recorder.ledger.visited,
            records=self.recorder.ledger.records,
        )
        self.floor = Floor(
            config, self.database, self.links, self.calls.trackers, self.feed, self.upkeep.nudge, outside
        )
        self.supervision = Supervision(self.database, self.links, self.calls.trackers, self.feed)
        self.desk = Desk(self.database, self.links, self.floor.agents, self.hotlines.text)
        self.numbers = Numbers(config, secrets, self.database, lines, self._doings, lambda: len(list(self._warnings())))
        domains = api.Domains(
            database=self.database,
            trackers=self.calls.trackers,
            people=self.people,
            hotlines=self.hotlines,
            floor=self.floor,
            recorder=self.recorder,
            archive=self.archive,
            supervision=self.supervision,
            desk=self.desk,
            numbers=self.numbers,
        )
        self._routes = api.routes(config, secrets, domains)
        for number, menus in _menus_laid(config.versions_dir):
            self.hotlines.use(number, menus)
        live = config.versions_dir / disk.LIVE
        self.floor.use(load_centre(live))
        self.recorder.use(load_centre(live))
        self.supervision.use(load_centre(live))
        self.desk.use(load_centre(live), menus)
        self.numbers.use(load_centre(live), load_alerts(live))
        services = agi_scripts.Services(
            ordering=self.ordering,
            ivr=self.hotlines.ivr,
            at_phone=self.floor.at_phone,
            outside_number=self.floor.outside_number,
            call_deadline_s=config.database.call_deadline_s,
            keeping=Keeping(spools) if config.agi.standby is None else None,
            visits=self.floor.waiting.visits,
        )
        self.agi = Server(
            str(config.agi.host),
            config.agi.port,
            agi_scripts.routes(services),
            max_sessions=config.agi.max_sessions,
            session_deadline_s=config.agi.session_deadline_s,
        )
        self.records = CallRecords(
            self.database, {name: config.log_dir(name) for name in config.nodes}, _rotations(config), self.calls.living
        )

    def stop(self) -> None:
        """Begin to drain: take no new calls, finish those that are here, then return from ``run``."""
        log.info("drain_started", limit_s=DRAIN_S)
        self._systemd.notify("STOPPING=1")
        self._stop.set()

    async def run(self, on_ready: Callable[[], Awaitable[None]] | None = None) -> None:
        """Run until ``stop``; ``on_ready`` is awaited once calls are taken. The first part to fail ends them all."""
        app = make_app(self.health, self._routes)
        async with serving(app, str(self._config.http.host), self._config.http.port), asyncio.TaskGroup() as group:
            life = group.create_task(self._live(on_ready), name="life")
            await self._stop.wait()
            await self._drain()
            life.cancel()
        log.info("daemon_stopped")

    def health(self) -> Health:
        """The state of every part, for /health, /ready and ``ccore status``."""
        parts: dict[str, Mapping[str, object]] = {
            "process": {"id": os.getpid(), "version": __version__, "loop_lag_max_s": round(self.pulse.worst_s, 3)},
            "database": {"up": self.database.up},
            "leases": self.leases.health(),
            "dialplan": self.following.health(),
            "agi": {"sessions": self.agi.active},
            "hotlines": self.hotlines.health(),
            "floor": self.floor.health(),
            "recorder": self.recorder.health(),
            "recordings": self.archive.store.health(),
            "numbers": self.numbers.health(),
            "records": self.records.health(),
            "gaps": self.ledger.health(),
            "spool": {"waiting": self.intake.waiting},
        }
        parts |= {f"node {name}": self._node_health(name) for name in self.links}
        return Health(parts, tuple(self._why_not_ready()), tuple(self._warnings()))

    def _node_health(self, name: str) -> Mapping[str, object]:
        link, held = self.links[name], self.leases.held
        return {
            "up": link.up,
            "up_for_s": None if link.up_since is None else round((utc_now() - link.up_since).total_seconds()),
            "epoch": link.epoch,
            "lag_s": round(link.behind_s, 3),
            **self.calls.health()[name],
            "records": self.records.behind(name) if f"call records {name}" in held else None,
            "spool": dataclasses.asdict(self.intake.backlogs[name]) if f"spool {name}" in held else None,
            "gaps_open": self.ledger.open_of(name),
            "corrections": self.upkeep.corrections(name),
            "given_up": self.upkeep.given_up(name),
        }

    def _warnings(self) -> Iterator[str]:
        yield from self.hotlines.warnings()
        yield from self.floor.warnings()
        yield from self.recorder.warnings()
        yield from self.archive.store.warnings()
        yield from self.numbers.warnings()
        for name, link in self.links.items():
            if not link.up:
                yield f"the Asterisk of {name} is not linked"
            if self.records.behind(name)["behind_s"] > LATE_S:
                yield f"the call records of {name} do not come in"
            backlog = self.intake.backlogs[name]
            if backlog.oldest_s > LATE_S:
                yield f"orders taken by {name} alone are not taken in"
            if backlog.bad_files:
                yield f"lines that are no order wait for a person in {self._config.spool_dir(name) / 'bad'}"
            if given_up := self.upkeep.given_up(name):
                yield f"{name} has what ccore cannot mend: {', '.join(given_up)}"

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
            await self.following.look(begin=False)  # callers do not wait until the first version is kept
            async with self.hotlines.open(), self.archive.open(), asyncio.TaskGroup() as group:
                await self._listen()
                for name, work in self._work().items():
                    group.create_task(work, name=name)
                self._serving = True
                self._systemd.notify("READY=1")
                log.info("daemon_started", pid=os.getpid(), agi_port=self._config.agi.port)
                if on_ready is not None:
                    await on_ready()
        finally:
            await self.following.leave()
            await self.database.close()

    async def _use(self, number: int, directory: Path, lay: Callable[[], None]) -> Sequence[str]:
        """Use the version ``number`` of the operators' files, in ``directory``, from now on: ``versions.following``."""
        plan, menus, centre, alerts = await asyncio.to_thread(
            lambda: (load_plan(directory), load_menus(directory), load_centre(directory), load_alerts(directory))
        )  # calls go on
        await asyncio.to_thread(lay)
        left = [await node.put_sounds() for node in self._nodes]  # before any menu names them
        self.ordering.use(plan)
        self.hotlines.use(number, menus)
        renewed = [node.name for node, change in zip(self._nodes, left, strict=True) if await node.renew(change)]
        self.floor.use(centre)  # once Asterisk has its lines
        self.recorder.use(centre)
        self.supervision.use(centre)
        self.desk.use(centre, menus)
        self.numbers.use(centre, alerts)
        return renewed

    def _doings(self) -> Iterator[Doing]:
        """What every agent does, for those numbers that are of now."""
        for agent, presence in self.floor.agents.presences().items():
            yield Doing(agent, presence.state, presence.reason, presence.since)

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
            await self.agi.start()
        except OSError as error:
            raise CannotListen("agi.port", str(self._config.agi.host), self._config.agi.port, error) from error

    def _work(self) -> dict[str, Coroutine[Any, Any, None]]:
        work: dict[str, Coroutine[Any, Any, None]] = {f"link {name}": link.run() for name, link in self.links.items()}
        work |= self._led() | self.hotlines.work() | self.floor.work() | self.numbers.work()
        work |= self.recorder.work()
        return (
            work
            | self.supervision.work()
            | self.desk.work()
            | {
                "folding of calls": self.records.fold(),
                "gaps": self.ledger.run(),
                "calls": self.calls.run(),
                "versions": self.following.run(),
                "watchdog": feed_watchdog(self._systemd),
                "pulse": self.pulse.run(),
            }
        )

    def _led(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What one ccore does at a time of all those on this database; another takes it up within 10 s."""
        jobs: dict[str, Work] = {}
        for name in self._config.nodes:
            jobs[f"spool {name}"] = _unfenced(partial(self.intake.watch, name))
            jobs[f"call records {name}"] = _unfenced(partial(self.records.read, name))
            jobs[f"upkeep {name}"] = partial(self.upkeep.keep, name)
        led = self.hotlines.led() | self.people.led() | self.floor.led() | self.numbers.led()
        led |= self.recorder.led() | self.archive.store.led()
        jobs |= {name: _unfenced(work) for name, work in led.items()}
        return {name: self.leases.hold(name, work) for name, work in jobs.items()}

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

    async def _drain(self) -> None:
        ends = time.monotonic() + DRAIN_S
        await self.agi.stop(DRAIN_S)
        await self.ordering.drain(max(ends - time.monotonic(), 0))


def _menus_laid(versions: Path) -> Iterator[tuple[int, Menus]]:
    """The menus of the version before, for calls that an earlier ccore began, and then those of the one that runs."""
    *before, (number, directory) = disk.laid(versions)
    for older, its_directory in before:
        try:
            yield older, load_menus(its_directory)
        except FaultsFound as error:  # they were good for another ccore than this one
            log.warning("older_menus_left_out", version=older, reason=str(error))
    yield number, load_menus(directory)


def _unfenced(work: Callable[[], Coroutine[Any, Any, None]]) -> Work:
    """Work that need not look at its lease's epoch: it has keys that make harmless what is done twice.

    An order's call key, a row's own key, the place of a file that was read: what a leader that stood still has under
    way may go on beside its successor.
    """

    def in_any_epoch(_epoch: int) -> Coroutine[Any, Any, None]:
        return work()

    return in_any_epoch


def _limits(config: Config, node: str) -> Limits:
    """A FastAGI session that is there after its own deadline is not going to end by itself."""
    return Limits(
        agi_url=f"{agi_url(config, node)}/",
        agi_s=config.agi.session_deadline_s + AGI_MARGIN_S,
        longest_call_s=config.upkeep.longest_call_s,
    )


def _rotations(config: Config) -> dict[str, Rotation]:
    """For ccore's own nodes; the files of others are for their own logrotate."""
    rotation = Rotation(config.records.rotate_at_mb * 1e6, config.records.keep_days * 86400)
    return {name: rotation for name, node in config.nodes.items() if node.kind == "embedded"}
