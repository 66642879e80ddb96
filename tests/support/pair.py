"""Two ccores on one PostgreSQL and one Asterisk, each a process with a var directory and ports of its own."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import aiohttp

from ccore.config import Agi, Http, Paths
from tests.support.asterisk import NODE
from tests.support.ports import free_port
from tests.support.site import Site, site
from tests.support.wirecut import Wire

JOBS = {f"spool {NODE}", f"call records {NODE}"}


class Pair:
    """``first`` is the ccore that Asterisk asks; ``wire`` carries all it says to PostgreSQL."""

    def __init__(self, first: Site, second: Site, wire: Wire) -> None:
        self.first = first
        self.second = second
        self.wire = wire


@asynccontextmanager
async def pair(directory: Path, *, standby: bool = False) -> AsyncIterator[Pair]:
    """Start both, the first as the one that does the work that is done once.

    ``standby``: Asterisk asks the second when the first fails at once.
    """
    (directory / "second").mkdir()
    port = free_port()
    async with site(directory, agi=Agi(port=free_port(), standby=f"127.0.0.1:{port}" if standby else None)) as first:
        assert first.ccore is not None
        first.ccore.kill()  # it comes back with a wire in between
        await first.ccore.wait()
        second = beside(first, directory / "second", port)
        wire = Wire(free_port(), first.postgres.socket_dir / ".s.PGSQL.5432")
        await wire.start()
        first.dsn = f"postgresql://ccore@127.0.0.1:{wire.port}/ccore"
        try:
            await first.start_ccore()
            await second.start_ccore()
            yield Pair(first, second, wire)
        finally:
            await wire.stop()
            await second.kill_ccore()


async def leases(one: Site) -> dict[str, Any]:
    """What the health of a ccore says of its leases; nothing is held by one that does not answer."""
    url = f"http://127.0.0.1:{one.config.http.port}/health"
    limit = aiohttp.ClientTimeout(total=3)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(url) as answer:
            found: dict[str, Any] = (await answer.json())["parts"]["leases"]
            return found
    except (aiohttp.ClientError, TimeoutError):
        return {"held": {}, "elsewhere": {}, "awaited": []}


def logged(one: Site, event: str, since: int = 0) -> list[dict[str, Any]]:
    """The lines of an event that a ccore has logged after byte ``since`` of its log."""
    lines = one.log.read_bytes()[since:].decode().splitlines()
    return [line for line in map(json.loads, (text for text in lines if text[:1] == "{")) if line["event"] == event]


def beside(first: Site, directory: Path, port: int) -> Site:
    """A second ccore: the same Asterisk with the same files, the same secrets, everything else its own."""
    settings = first.config
    seen = {"log_dir": settings.log_dir(NODE), "spool_dir": settings.spool_dir(NODE)}
    own = settings.model_copy(
        update={
            "source": directory / "ccore.toml",
            "paths": Paths(var=directory / "var", dialplan=settings.paths.dialplan),
            "agi": Agi(port=port),
            "http": Http(port=free_port()),
            "nodes": {NODE: settings.nodes[NODE].model_copy(update=seen)},
        }
    )
    own.var.mkdir()
    copyfile(settings.secrets_file, own.secrets_file)
    own.secrets_file.chmod(0o600)
    return Site(directory, own, first.secrets, first.postgres)
