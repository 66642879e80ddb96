"""A whole site of a test's own: PostgreSQL, Asterisk and a ccore process, each of which it may stop, freeze or kill."""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import asyncpg

from ccore import config
from ccore.config import Config, Secrets
from ccore.db.embedded import EmbeddedPostgres
from ccore.nodes import Trunk
from ccore.pbx.node import AsteriskNode
from tests.support.asterisk import NODE, node_config, records
from tests.support.clusters import demo_postgres, durable_postgres

USUAL: ContextVar[Mapping[str, Any]] = ContextVar("USUAL", default=MappingProxyType({}))  # of sites built from here
READY_WITHIN_S = 60.0  # of a machine that is busy; usual is 1 s
SECTIONS = ("database", "confirmation", "fraud", "provisioning", "messages", "browser_phones", "access", "prompts")
_TRACEBACK = "Traceback (most recent call last)"
_WHOLE_NUMBER = re.compile(r"138\d{8}")  # those of `subscribers`


class Site:
    """One site in ``directory``. ccore runs as a process against an Asterisk and a PostgreSQL it did not start."""

    def __init__(self, directory: Path, settings: Config, secrets: Secrets, postgres: EmbeddedPostgres) -> None:
        self.directory = directory
        self.config = settings
        self.secrets = secrets
        self.postgres = postgres
        self.nodes = {name: AsteriskNode(settings, name, secrets) for name in settings.nodes}
        self.node = next(iter(self.nodes.values()))  # the only one, unless the test has asked for more
        self.ccore: asyncio.subprocess.Process | None = None
        # Where ccore finds and takes what; a test with wires in between says so before it starts ccore.
        self.dsn = postgres.dsn
        self.agi_port = settings.agi.port
        self.ami_ports = {name: node.ami_port for name, node in settings.nodes.items()}
        self.environment: dict[str, str] = {}
        self._file = directory / "ccore.toml"

    @property
    def sip_port(self) -> int:
        """Where the site's (first) node takes SIP calls on 127.0.0.1."""
        return self.config.nodes[self.node.name].sip_port

    @property
    def log(self) -> Path:
        """What every ccore process of this site has written."""
        return self.directory / "ccore.log"

    async def start_ccore(self) -> None:
        """Start the daemon and wait until it says it is ready."""
        await self.launch_ccore()
        await self.until_ready()

    async def launch_ccore(self) -> None:
        """Start the daemon and do not wait for it."""
        self._file.write_text(self._as_external(), encoding="utf-8")
        environment = {**os.environ, **self.environment, "CCORE_DATABASE_DSN": self.dsn}
        with self.log.open("ab") as log:
            self.ccore = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ccore", "--config", self._file, "run",
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    async def until_ready(self, within_s: float = READY_WITHIN_S) -> float:
        """Wait for /ready to say yes; returns the seconds it took."""
        began = time.monotonic()
        while not await self.ready():
            ended = self.ccore is not None and self.ccore.returncode is not None
            assert not ended, f"ccore ended: {self.log.read_text()[-3000:]}"
            assert time.monotonic() - began < within_s, f"ccore is not ready: {self.log.read_text()[-3000:]}"
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def ready(self) -> bool:
        """Whether the daemon takes calls with all its parts."""
        url = f"http://127.0.0.1:{self.config.http.port}/ready"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(url) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def metrics(self) -> dict[str, float]:
        """The daemon's Prometheus figures, by name with labels as written."""
        url = f"http://127.0.0.1:{self.config.http.port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            text = await answer.text()
        lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    async def signal_ccore(self, number: signal.Signals) -> int:
        """Send the daemon a signal that ends it, and wait for that; returns its exit code."""
        assert self.ccore is not None
        self.ccore.send_signal(number)
        return await asyncio.wait_for(self.ccore.wait(), 40)

    async def kill_ccore(self) -> None:
        """Whatever state it is in, the daemon is there no more."""
        if self.ccore is not None and self.ccore.returncode is None:
            self.ccore.kill()
            await self.ccore.wait()

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """What the database answers, over a connection of its own."""
        connection = await asyncpg.connect(self.postgres.dsn)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def value(self, query: str, *arguments: object) -> object:
        """The first value the database answers."""
        (row,) = await self.rows(query, *arguments)
        return row[0]

    async def until(self, query: str, expected: object, within_s: float = 30.0) -> None:
        """Wait until ``query`` answers ``expected``; fails with what it answered last."""
        began = time.monotonic()
        while (seen := await self.value(query)) != expected:
            assert time.monotonic() - began < within_s, f"{query} is {seen}, not {expected}"
            await asyncio.sleep(0.1)

    async def all_records_in(self, within_s: float = 30.0) -> None:
        """Wait until every CDR and CEL line that Asterisk wrote is in the database, each once, and folded."""
        began = time.monotonic()
        # Asterisk may still be writing: what it has written now is compared, and not what it had written first.
        while missing := [words for kind in ("cdr", "cel") if (words := await self._differs(kind))]:
            assert time.monotonic() - began < within_s, missing
            await asyncio.sleep(0.1)
        await self.until("SELECT count(*) FROM call_folds_due", 0, within_s)

    async def _differs(self, kind: str) -> str:
        """How many records of this kind are in the database, if they are not all that Asterisk wrote."""
        seen = await self.value(f"SELECT count(*) FROM {kind}")
        written = sum(len(records(node, kind)) for node in self.nodes.values())
        return "" if seen == written else f"{seen} of {written} {kind}"

    async def until_spool_is_empty(self, name: str, within_s: float = 30.0) -> None:
        """Wait until ccore has taken in every order that the node ``name`` wrote down by itself."""
        began = time.monotonic()
        while waiting := list((self.config.spool_dir(name) / "new").glob("*")):
            assert time.monotonic() - began < within_s, waiting
            await asyncio.sleep(0.1)

    def assert_log_is_clean(self) -> None:
        """No traceback, and no subscriber's whole number, is in what ccore wrote."""
        text = self.log.read_text(encoding="utf-8")
        assert _TRACEBACK not in text, text[max(0, text.index(_TRACEBACK) - 500) :][:3500]
        assert not _WHOLE_NUMBER.search(text), _WHOLE_NUMBER.search(text)

    def _as_external(self) -> str:
        common = f"""
[paths]
var = {json.dumps(str(self.config.var))}
{self._own_dialplan()}
[agi]
port = {self.agi_port}
[http]
port = {self.config.http.port}
[ordering]
orders_per_day = {self.config.ordering.orders_per_day}
wrong_codes_limit = {self.config.ordering.wrong_codes_limit}
[speech]
enabled = {json.dumps(self.config.speech.enabled)}
command = {json.dumps(self.config.speech.command)}
"""
        trunks = (_trunk(name, trunk) for name, trunk in self.config.trunks.items())
        for name in SECTIONS:
            common += _tables(name, getattr(self.config, name).model_dump(mode="json", exclude_unset=True))
        return common + "".join(self._node_as_external(name) for name in self.nodes) + "".join(trunks)

    def _own_dialplan(self) -> str:
        return "" if self.config.paths.dialplan is None else f"dialplan = {json.dumps(str(self.config.dialplan))}"

    def _node_as_external(self, name: str) -> str:
        node = self.config.nodes[name]
        return f"""
[nodes.{name}]
kind = "external"
ami_port = {self.ami_ports[name]}
http_port = {node.http_port}
sip_port = {node.sip_port}
log_dir = {json.dumps(str(self.config.log_dir(name)))}
spool_dir = {json.dumps(str(self.config.spool_dir(name)))}
heard_dir = {json.dumps(str(self.config.heard_dir(name)))}
recorded_dir = {json.dumps(str(self.config.recorded_dir(name)))}
monitor_dir = {json.dumps(str(self.config.monitor_dir(name)))}
agi_url_host = "127.0.0.1"
"""


@asynccontextmanager
async def site(
    directory: Path, *, durable: bool = False, names: Sequence[str] = (NODE,), **sections: Any
) -> AsyncIterator[Site]:
    """Start a whole site with the demo data in it, and take it down again.

    ``durable`` makes PostgreSQL write through to the disk, as benches must; ``names`` are those of its nodes;
    ``sections`` replace whole sections of the configuration (``ordering=…``, ``trunks=…``), those of ``USUAL`` too.
    """
    settings = node_config(directory, names=names, **{**USUAL.get(), **sections})
    config.make_secrets(settings)
    secrets = config.load_secrets(settings)
    async with (durable_postgres if durable else demo_postgres)(directory / "postgres") as postgres:
        built = Site(directory, settings, secrets, postgres)
        try:
            for node in built.nodes.values():
                await node.start()
            await built.start_ccore()
            yield built
        finally:
            await _take_down(built)


def _tables(name: str, said: dict[str, Any]) -> str:
    """A section of the configuration and the tables in it, as far as the test has set them."""
    plain = {key: value for key, value in said.items() if value is not None and not isinstance(value, dict)}
    own = "".join(f"{key} = {json.dumps(value)}\n" for key, value in plain.items())
    inner = "".join(_tables(f"{name}.{key}", value) for key, value in said.items() if isinstance(value, dict))
    return (f"[{name}]\n{own}" if own else "") + inner


def _trunk(name: str, trunk: Trunk) -> str:
    said = trunk.model_dump(mode="json", exclude_unset=True)
    return f"[trunks.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())


async def _take_down(built: Site) -> None:
    await built.kill_ccore()
    for node in built.nodes.values():
        await node.stop(grace_s=0.2)


def subscribers(count: int, start: int = 0) -> Sequence[str]:
    """Distinct mobile numbers of mainland China, as a caller's phone sends them."""
    return [f"138{number:08}" for number in range(start, start + count)]
