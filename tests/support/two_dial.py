"""Two ccores that may dial, on one PostgreSQL and one Asterisk, with a wire before the manager of each."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ccore.config import Agi
from tests.support.asterisk import NODE
from tests.support.call_centre import Desk
from tests.support.calling_out import CallingOut, calling_out
from tests.support.far_end import Far
from tests.support.pair import beside, leases
from tests.support.ports import free_port
from tests.support.site import Site
from tests.support.wirecut import Wire

LEASE = "dialler"


class TwoDial:
    """``out`` is the site of the first; ``wires`` carry what each says to Asterisk's manager."""

    def __init__(self, out: CallingOut, second: Site, wires: Mapping[str, Wire]) -> None:
        self.out = out
        self.second = second
        self._wires = wires

    async def leader(self, within_s: float = 60.0) -> Site:
        """Who dials."""
        began = time.monotonic()
        while True:
            for each in (self.out.site, self.second):
                if LEASE in (await leases(each))["held"]:
                    return each
            assert time.monotonic() - began < within_s, "nobody dials"
            await asyncio.sleep(0.1)

    def wire(self, of: Site) -> Wire:
        """To the manager."""
        return self._wires[str(of.directory)]

    async def kill(self, one: Site) -> None:
        """kill -9, and start it again, as systemd does."""
        await one.signal_ccore(signal.SIGKILL)
        await one.launch_ccore()

    async def freeze(self, one: Site, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after so long."""
        assert one.ccore is not None
        one.ccore.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        one.ccore.send_signal(signal.SIGCONT)

    async def black_hole(self, one: Site, seconds: float) -> None:
        """Not a byte passes to and from the manager; then the connections are gone."""
        self.wire(one).hold()
        await asyncio.sleep(seconds)
        self.wire(one).release()
        self.wire(one).reset()


@asynccontextmanager
async def two_dial(
    directory: Path, far: Far, campaigns: Mapping[str, str], desks: Sequence[Desk], hours: str = ""
) -> AsyncIterator[TwoDial]:
    """Both run; Asterisk asks the first, and the second if that fails at once."""
    (directory / "second").mkdir()
    port = free_port()
    agi = Agi(port=free_port(), standby=f"127.0.0.1:{port}")
    async with calling_out(directory, far, campaigns, desks, hours=hours, agi=agi) as out:
        second = beside(out.site, directory / "second", port)
        wires: dict[str, Wire] = {}
        for one in (out.site, second):
            wires[str(one.directory)] = wire = Wire(free_port(), one.config.nodes[NODE].ami_port)
            await wire.start()
            one.ami_ports[NODE] = wire.port
        await out.site.signal_ccore(signal.SIGKILL)  # it comes back with a wire in between
        await asyncio.gather(out.site.start_ccore(), second.start_ccore())
        try:
            yield TwoDial(out, second, wires)
        finally:
            await second.kill_ccore()
            for wire in wires.values():
                await wire.stop()
