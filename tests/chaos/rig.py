"""The site that is broken: wires to cut before every part, a disk of its own for Asterisk, clocks that can jump."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ccore import config
from ccore.config import Agi
from ccore.db.embedded import PORT, EmbeddedPostgres
from ccore.pbx.node import AsteriskNode
from ccore.pbx.rootfs import ensure_root
from ccore.texting import Messages
from tests.support.asterisk import NODE, node_config
from tests.support.clusters import demo_firm
from tests.support.faults import Clock, clock_of_node, clock_of_process, libfaketime
from tests.support.ports import free_port
from tests.support.postgres import UNSAFE_ON_POWER_CUT
from tests.support.site import Site
from tests.support.wirecut import Wire, wire

DISK_MB = 2048  # of memory, taken as it is written: 10,000 calls need 50
RESTART_AFTER_S = 0.5  # as systemd does


@dataclass(slots=True)
class Rig:
    """A site, and whatever a fault needs to lay hands on it.

    ``disk`` is Asterisk's own file system; None, as are the clocks, where this machine does not allow it.
    ``down`` names what is down on purpose, ``died`` what ended though nobody killed it.
    """

    site: Site
    ami: Wire
    agi: Wire
    database: Wire
    disk: Path | None
    asterisk_clock: Clock | None
    ccore_clock: Clock | None
    down: set[str] = field(default_factory=set)
    died: list[str] = field(default_factory=list)

    @contextmanager
    def on_purpose(self, part: str) -> Iterator[None]:
        """``part`` is down for the length of the block, and nobody restarts it."""
        self.down.add(part)
        try:
            yield
        finally:
            self.down.discard(part)

    async def guard(self) -> None:
        """Restart ccore and Asterisk, as systemd and ccore's own stack do, if they end by themselves; for ever."""
        while True:
            await asyncio.sleep(RESTART_AFTER_S)
            ccore = self.site.ccore
            if "ccore" not in self.down and ccore is not None and ccore.returncode is not None:
                self.died.append(f"ccore ended with {ccore.returncode}")
                await self.site.launch_ccore()
            if "Asterisk" not in self.down and self.site.node.pid is None:
                self.died.append("Asterisk ended")
                await self.site.node.start()


@asynccontextmanager
async def rig(directory: Path) -> AsyncIterator[Rig]:
    """A whole site in ``directory``, ready for calls; between its parts there are wires."""
    await asyncio.to_thread(ensure_root, print)
    settings = node_config(directory, agi=Agi(port=free_port()), messages=Messages(gateway="file"))
    config.make_secrets(settings)
    postgres = EmbeddedPostgres(directory / "postgres", UNSAFE_ON_POWER_CUT)
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(_own_disk(settings.node_dir(NODE)))
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        site = Site(directory, settings, config.load_secrets(settings), postgres)
        stack.push_async_callback(_end_ccore, site)
        clocks = _clocks(site)
        ports = [free_port() for _ in range(3)]
        built = Rig(
            site,
            await stack.enter_async_context(wire(ports[0], settings.nodes[NODE].ami_port)),
            await stack.enter_async_context(wire(settings.agi.port, ports[1])),
            await stack.enter_async_context(wire(ports[2], postgres.socket_dir / f".s.PGSQL.{PORT}")),
            disk,
            *clocks,
        )
        site.ami_ports[NODE], site.agi_port = ports[0], ports[1]
        site.dsn = f"postgresql://ccore@127.0.0.1:{ports[2]}/ccore?sslmode=disable"
        stack.push_async_callback(_end_asterisk, built)
        await demo_firm(postgres.dsn)
        await site.node.start()
        await site.start_ccore()
        yield built


@contextmanager
def _own_disk(directory: Path) -> Iterator[Path | None]:
    """A tmpfs at ``directory``, if we may mount one."""
    directory.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0755", "tmpfs", str(directory)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def _clocks(site: Site) -> tuple[Clock | None, Clock | None]:
    """Asterisk and ccore are to be started under clocks of their own, if libfaketime is installed."""
    library = libfaketime()
    if library is None:
        return None, None
    ours = clock_of_process(site.directory, library)
    site.environment = ours.environment
    theirs = clock_of_node(site.node.directory, library)
    words = [f"{name}={value}" for name, value in theirs.environment.items()]
    site.node = AsteriskNode(site.config, NODE, site.secrets, ["env", *words])
    site.nodes = {NODE: site.node}
    return theirs, ours


async def _end_ccore(site: Site) -> None:
    if site.ccore is not None and site.ccore.returncode is None:
        with suppress(ProcessLookupError):
            site.ccore.kill()
        await site.ccore.wait()


async def _end_asterisk(built: Rig) -> None:
    await built.site.node.stop(grace_s=0.2)
