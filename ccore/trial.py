"""Tries a set of the operators' files on an Asterisk of its own, with menus served beside it, and throws it away."""

import random
import re
import secrets
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import agi_scripts
from ccore.agi.server import Server
from ccore.config import Config, Paths, Secrets
from ccore.db.pool import Database
from ccore.ivr.announcements import Announcements
from ccore.ivr.announcers import Announcers
from ccore.ivr.errands import Errands
from ccore.ivr.fetch import LookUps
from ccore.ivr.loads import Load
from ccore.ivr.menus import load_menus
from ccore.ivr.model import Customer, NotAnswered
from ccore.ivr.notes import Notes
from ccore.ivr.service import Ivr
from ccore.nodes import Node, SipTrunk, Trunk
from ccore.ordering.number import NumberPlan, load_plan
from ccore.ordering.service import Ordering
from ccore.pbx.node import AsteriskNode
from ccore.pbx.probe import Probed, probe, regrets_of
from ccore.versions import disk

LOOPBACK = IPv4Address("127.0.0.1")
HERE = IPv4Network("127.0.0.1/32")
RTP_PORTS = 400
# What Asterisk says in its log of a dialplan it did not take as it stands, or of a sound it did not find.
_COMPLAINT = re.compile(r"(?:WARNING|ERROR)\[.* (?:pbx_config|pbx|config|file)\.c:\d+ \w+: (.*)")
# Asterisk ends with us, however we end: nobody would ever stop it.
_WITH_US = ("setpriv", "--pdeathsig", "KILL")


def probed_numbers(plan: NumberPlan) -> list[str]:
    """The numbers that may be called to try them: not those that order something."""
    return [line.number for line in plan.hotline] + [line.number for line in plan.quick_line]


def lets_in(config: Config, node: str, address: str) -> bool:
    """Whether ``node`` takes calls from ``address``."""
    trunks = [trunk for trunk in config.trunks_of(node).values() if isinstance(trunk, SipTrunk)]
    return any(IPv4Address(address) in peer for trunk in trunks for peer in trunk.peers)


async def tried(config: Config, dsn: str) -> tuple[list[Probed], list[str]]:
    """What came of calling every hotline and quick line of ``config.dialplan``, and what Asterisk complained of.

    Raises AsteriskFailed if Asterisk does not start with it, FaultsFound.
    """
    with tempfile.TemporaryDirectory(prefix="ccore-trial-") as name:
        settings = _apart(config, Path(name))
        own = Secrets(ami_events_secret=_secret(), ami_actions_secret=_secret(), phone_secret=_secret())
        node_name = next(iter(settings.nodes))
        node = AsteriskNode(settings, node_name, own, _WITH_US)
        async with _answering(settings, dsn):
            try:
                await node.start()
                regrets = regrets_of(disk.read(settings.dialplan))
                numbers = probed_numbers(load_plan(settings.dialplan))
                found = await probe(str(LOOPBACK), settings.nodes[node_name].sip_port, numbers, regrets)
            finally:
                await node.stop(grace_s=0.1)
        return found, _complaints(node.directory / "log/messages")


def _apart(config: Config, directory: Path) -> Config:
    """A configuration of one node that has nothing in common with the site's but its files and its trunks' names."""
    first = random.randrange(40_000, 60_000, RTP_PORTS)  # noqa: S311 - no secret
    name = next(iter(config.nodes))
    node = Node(
        ami_port=_free_port(socket.SOCK_STREAM),
        sip_port=_free_port(socket.SOCK_DGRAM),
        rtp_ports=(first, first + RTP_PORTS - 1),
    )
    own_agi = config.agi.model_copy(update={"host": LOOPBACK, "port": _free_port(socket.SOCK_STREAM), "standby": None})
    return config.model_copy(
        update={
            "paths": Paths(var=directory, dialplan=config.dialplan),
            "agi": own_agi,
            "nodes": {name: node},
            "trunks": dict(_trunks(config, name)),
        }
    )


def _trunks(config: Config, node: str) -> Iterator[tuple[str, Trunk]]:
    """The SIP trunks, the first of those that let us in doing so; one more if none does."""
    known = {name: trunk for name, trunk in config.trunks_of(node).items() if isinstance(trunk, SipTrunk)}
    yield from ((name, trunk.model_copy(update={"nodes": None})) for name, trunk in known.items())
    if not lets_in(config, node, str(LOOPBACK)):
        name = next(name for name in ("trial", "trial-trunk") if name not in known)
        yield name, SipTrunk(kind="sip", peers=[HERE])


@asynccontextmanager
async def _answering(config: Config, dsn: str) -> AsyncIterator[None]:
    """FastAGI as the daemon serves it, on a database that it cannot change."""
    only_read = f"{dsn}{'&' if '?' in dsn else '?'}default_transaction_read_only=on"
    database = Database(only_read, config.database)
    await database.open()
    ordering = Ordering(database, load_plan(config.dialplan), config.ordering, config.site.region)
    services = agi_scripts.Services(
        ordering=ordering, ivr=_menus_of(config, database), call_deadline_s=config.database.call_deadline_s
    )
    server = Server(
        str(config.agi.host),
        config.agi.port,
        agi_scripts.routes(services),
        max_sessions=config.agi.max_sessions,
        session_deadline_s=config.agi.session_deadline_s,
    )
    await server.start()
    try:
        yield
    finally:
        await server.stop(0)
        await database.close()


def _menus_of(config: Config, database: Database) -> Ivr:
    """The menus, with nothing behind them: no look-up answers, nobody is known, what is noted is forgotten."""
    notes = _Forgotten(database, config.site.region, config.ordering.internal_extensions, 1.0)
    errands = Errands(_Silent({}, config.zone), notes, Announcers(database, Announcements(database, {}), {}))
    ivr = Ivr(errands, _nobody, lambda _at: {}, lambda: Load({}, {}), config.zone)
    ivr.use(1, load_menus(config.dialplan))
    return ivr


async def _nobody(_caller: str) -> Customer:
    return Customer()


class _Silent(LookUps):
    """No system is asked: a caller must be served whether they answer or not."""

    async def fetch(self, *_asked: object, **_named: object) -> NotAnswered:
        return NotAnswered()


class _Forgotten(Notes):
    """Nothing is written: nobody has called."""

    async def call_back(self, *_noted: object) -> bool:
        return True

    async def answers(self, *_noted: object) -> bool:
        return True

    async def text(self, *_noted: object) -> bool:
        return True


def _complaints(log: Path) -> list[str]:
    """What Asterisk says at warning or above of files that it did not take, each thing once."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return list(dict.fromkeys(match[1] for line in lines if (match := _COMPLAINT.search(line))))


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probing:
        probing.bind((str(LOOPBACK), 0))
        port: int = probing.getsockname()[1]
        return port
