"""Everything one ccore is made of, put together: what each part is given of the others, and what each has to do."""

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

import agi_scripts
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
from ccore.centre.lines import lines
from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.leases import Leases, Work
from ccore.db.pool import Database
from ccore.desk.service import Desk
from ccore.dialer.campaigns import LEASE, Around, Campaigns
from ccore.dry_orders import dry_orders
from ccore.errors import FaultsFound
from ccore.ivr.hotlines import Hotlines
from ccore.ivr.menus import Menus, load_menus
from ccore.marketing.service import Marketing
from ccore.messaging.gateways.chosen import chosen
from ccore.messaging.service import Messaging
from ccore.numbers.live import Doing
from ccore.numbers.service import Numbers
from ccore.ordering.assembly import Selling
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.keeping import Keeping
from ccore.ordering.number import NumberPlan, load_plan
from ccore.pbx.node import AsteriskNode
from ccore.pbx.render import agi_url
from ccore.people.service import People
from ccore.people.sign_in import sign_in_of
from ccore.privacy.service import privacy_of
from ccore.pulse import Pulse
from ccore.queues.floor import Floor
from ccore.queues.waiting_room import Outside
from ccore.recording.archive import Archive
from ccore.recording.recorder import Recorder
from ccore.reports.exports import Exports
from ccore.reports.service import Reports
from ccore.supervision.service import Supervision
from ccore.upkeep.model import Limits
from ccore.upkeep.qualifying import Qualifying
from ccore.upkeep.service import Upkeep
from ccore.versions import disk
from ccore.versions.following import Following
from ccore.versions.instances import Instances
from ccore.versions.service import Versions
from ccore.web import api, console, sms
from ccore.web.app import Health
from ccore.web.auth import Auth
from ccore.web.live.service import Live

log = structlog.get_logger()

LATE_S = 60.0  # what waits so long does not pass by itself: an admin should look
AGI_MARGIN_S = 5.0  # one look of the upkeep


class Parts:
    """``dsn``, ``nodes``, ``sendsms``, ``health`` as ``Daemon`` has them; ``stopping``: nothing new is to begin."""

    def __init__(
        self,
        config: Config,
        secrets: Secrets,
        dsn: str,
        nodes: Sequence[AsteriskNode],
        stopping: Callable[[], bool],
        health: Callable[[], Health],
        sendsms: str = "",
    ) -> None:
        self._config = config
        self._nodes = nodes
        self.pulse = Pulse()
        plan: NumberPlan = load_plan(config.dialplan)
        self.database = database = Database(dsn, config.database)
        self.leases, self.instances = (
            Leases(database, config.instance),
            Instances(database, config.instance, self.pulse),
        )
        self.people, self.sign_in = People(self.database), sign_in_of(config, secrets, self.database)
        self.selling = Selling(config, secrets, self.database, plan)
        self.ordering = self.selling.ordering
        spools = {name: config.spool_dir(name) for name in config.nodes}
        self.intake = SpoolIntake(self.ordering, spools)
        self.following = Following(Versions(self.database), config.versions_dir, config.instance, self._use)
        self.links = {name: self._link(name, secrets) for name in config.nodes}
        self.ledger = GapLedger(self.database, config.instance, config.nodes)
        self.feed = Feed()
        self.calls = Calls(self.links, self.feed, self.ledger)
        self.upkeep = Upkeep(self.database, self.links, {name: _limits(config, name) for name in config.nodes})
        self.qualifying = Qualifying(self.links)
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
        agents_of, sure = self.floor.routing.rosters.of, lambda: self.leases.sure(LEASE) and not stopping()
        kept_free, records = self.floor.kept_free, self.recorder.ledger.records_attempt
        around = Around(self.floor.agents.presences, agents_of, self.calls.known, sure, kept_free, records)
        self.campaigns = Campaigns(config, self.database, self.links, self.calls.trackers, self.feed, around)
        self.supervision = Supervision(self.database, self.links, self.calls.trackers, self.feed)
        self.desk = Desk(
            self.database, self.links, self.floor.agents, self.hotlines.text, self.campaigns.at_desk.judged
        )
        self.numbers = Numbers(config, secrets, self.database, lines, self._doings, lambda: len(list(self.warnings())))
        self.marketing = Marketing(
            self.database, config.claims, dry_orders(config, plan, load_centre(config.versions_dir / disk.LIVE))
        )
        self.reports = Reports(self.database, config.site.timezone, plan)
        self.exports, self.privacy = (
            Exports(self.database, self.reports, config.site.timezone),
            privacy_of(config, self.database, self.archive),
        )
        self.live = Live(
            config, dsn, self.database, self.links, self.calls.trackers, self.feed, self.ledger, self.floor,
            self.campaigns, self.numbers, lambda: self.following.number,
        )  # fmt: skip
        self.domains = domains = api.Domains(
            database=self.database,
            links=self.links,
            trackers=self.calls.trackers,
            calls=self.calls,
            instances=self.instances,
            health=health,
            people=self.people,
            sign_in=self.sign_in,
            hotlines=self.hotlines,
            floor=self.floor,
            recorder=self.recorder,
            archive=self.archive,
            supervision=self.supervision,
            desk=self.desk,
            campaigns=self.campaigns,
            marketing=self.marketing,
            selling=self.selling,
            numbers=self.numbers,
            reports=self.reports,
            exports=self.exports,
            privacy=self.privacy,
            live=self.live.hub,
        )
        gateway, handle = chosen(config, secrets, sendsms), self.selling.by_text.handle
        self.messaging = Messaging(config, self.database, dsn, gateway, handle, stopping)
        self.routes = [
            *api.routes(config, secrets, domains),
            *sms.routes(config.messages, config.http.host, secrets.messages_key, self.messaging.receiving.take),
            *console.routes(Auth(self.people, config.access)),
        ]
        for number, menus in _menus_laid(config.versions_dir):
            self.hotlines.use(number, menus)
        live = config.versions_dir / disk.LIVE
        self.floor.use(load_centre(live))
        self.campaigns.use(load_centre(live))
        self.recorder.use(load_centre(live))
        self.supervision.use(load_centre(live))
        self.desk.use(load_centre(live), menus)
        self.numbers.use(load_centre(live), load_alerts(live))
        self.messaging.use(load_centre(live))
        services = agi_scripts.Services(
            ordering=self.ordering,
            ivr=self.hotlines.ivr,
            at_phone=self.floor.at_phone,
            outside_number=self.floor.outside_number,
            call_deadline_s=config.database.call_deadline_s,
            keeping=Keeping(spools) if config.agi.standby is None else None,
            visits=self.floor.waiting.visits,
            campaigns=self.campaigns.gate,
            enquiries=self.selling.commission.at_phone,
            lives=self.selling.lives,
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

    def condition(self) -> dict[str, Mapping[str, object]]:
        """How every part is, for /health."""
        conditions: dict[str, Mapping[str, object]] = {
            "database": {"up": self.database.up},
            "leases": self.leases.health(),
            "dialplan": self.following.health(),
            "agi": {"sessions": self.agi.active},
            "hotlines": self.hotlines.health(),
            "floor": self.floor.health(),
            "campaigns": self.campaigns.health(),
            "recorder": self.recorder.health(),
            "recordings": self.archive.store.health(),
            "numbers": self.numbers.health(),
            "messages": self.messaging.health(),
            "records": self.records.health(),
            "gaps": self.ledger.health(),
            "orders": self.selling.health(),
            "claim codes": self.marketing.health(),
            "sales": self.reports.health(),
            "spool": {"waiting": self.intake.waiting},
        }
        conditions |= {f"node {name}": self._condition_of(name) for name in self.links}
        return conditions

    def _condition_of(self, name: str) -> Mapping[str, object]:
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

    def warnings(self) -> Iterator[str]:
        """What an admin should look at, in plain words."""
        yield from self.hotlines.warnings()
        yield from self.floor.warnings()
        yield from self.campaigns.warnings()
        yield from self.recorder.warnings()
        yield from self.archive.store.warnings()
        yield from self.numbers.warnings()
        yield from self.messaging.warnings()
        yield from self.selling.warnings()
        yield from self.marketing.warnings()
        yield from self.reports.warnings()
        yield from self.sign_in.warnings()
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

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What goes on all the time, by name."""
        work: dict[str, Coroutine[Any, Any, None]] = {f"link {name}": link.run() for name, link in self.links.items()}
        work |= self._led() | self.hotlines.work() | self.floor.work() | self.numbers.work()
        work |= self.recorder.work() | self.campaigns.work() | self.messaging.work() | self.marketing.work()
        return (
            work
            | self.supervision.work()
            | self.desk.work()
            | self.live.work()
            | {
                "folding of calls": self.records.fold(),
                "gaps": self.ledger.run(),
                "phones after a start": self.qualifying.run(),
                "calls": self.calls.run(),
                "versions": self.following.run(),
                "pulse": self.pulse.run(),
                "instance": self.instances.run(),
            }
        )

    def _led(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What one ccore does at a time of all those on this database; another takes it up within 10 s."""
        jobs: dict[str, Work] = {}
        for name in self._config.nodes:
            jobs[f"spool {name}"] = _unfenced(partial(self.intake.watch, name))
            jobs[f"call records {name}"] = _unfenced(partial(self.records.read, name))
            jobs[f"upkeep {name}"] = partial(self.upkeep.keep, name)
        led = self.hotlines.led() | self.people.led() | self.sign_in.led() | self.floor.led() | self.numbers.led()
        led |= self.selling.led() | self.reports.led() | self.exports.led() | self.privacy.led()
        led |= self.recorder.led() | self.archive.store.led() | self.campaigns.led() | self.messaging.led()
        jobs |= {name: _unfenced(work) for name, work in led.items()} | {LEASE: self.campaigns.dial}
        return {name: self.leases.hold(name, work) for name, work in jobs.items()}

    async def _use(self, number: int, directory: Path, lay: Callable[[], None]) -> Sequence[str]:
        """Use the version ``number`` of the operators' files, in ``directory``, from now on: ``versions.following``."""
        plan, menus, centre, alerts = await asyncio.to_thread(
            lambda: (load_plan(directory), load_menus(directory), load_centre(directory), load_alerts(directory))
        )  # calls go on
        await asyncio.to_thread(lay)
        left = [await node.put_sounds() for node in self._nodes]  # before any menu names them
        self.selling.use(plan)
        self.reports.use(plan)
        self.marketing.use(dry_orders(self._config, plan, centre))
        self.hotlines.use(number, menus)
        renewed = [node.name for node, change in zip(self._nodes, left, strict=True) if await node.renew(change)]
        self.floor.use(centre)  # once Asterisk has its lines
        self.campaigns.use(centre)
        self.recorder.use(centre)
        self.supervision.use(centre)
        self.desk.use(centre, menus)
        self.numbers.use(centre, alerts)
        self.messaging.use(centre)
        return renewed

    def _doings(self) -> Iterator[Doing]:
        """What every agent does, for those numbers that are of now."""
        for agent, presence in self.floor.agents.presences().items():
            yield Doing(agent, presence.state, presence.reason, presence.since)

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
