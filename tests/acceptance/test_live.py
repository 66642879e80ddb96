"""Pages on the live socket of a whole site: an order by telephone, a link that is cut, a ccore that is killed."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from ccore.clock import utc_now
from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.people.service import People
from ccore.web.live.client import GOING_AWAY
from tests.support import sip
from tests.support.asterisk import NODE
from tests.support.live import Shown, page
from tests.support.ports import free_port
from tests.support.site import Site, site, subscribers
from tests.support.wirecut import Wire, wire

CODE = "1008610001"  # of the demo: product 10, sold by employee E001
SHOWN_WITHIN_S = 20.0  # on a machine that is busy


@dataclass(frozen=True, slots=True)
class Rig:
    """A site with a wire between ccore and Asterisk's manager, and two people's tokens."""

    site: Site
    wire: Wire
    supervisor: str
    employee: str

    @property
    def url(self) -> str:
        """Of ccore."""
        return f"http://127.0.0.1:{self.site.config.http.port}"


@pytest.fixture
async def rig(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Rig]:
    """One of the test's own."""
    async with site(tmp_path) as built, wire(free_port(), built.ami_ports[NODE]) as between:
        await built.signal_ccore(signal.SIGTERM)
        built.ami_ports[NODE] = between.port
        await built.start_ccore()
        async with Database.opened(built.dsn, Settings(acquire_timeout_s=30)) as database:
            tokens = [
                await _token(database, "sue", Role.SUPERVISOR, ""),
                await _token(database, "e1", Role.EMPLOYEE, "E001"),
            ]
        yield Rig(built, between, *tokens)


async def _token(database: Database, login: str, role: Role, employee: str) -> str:
    people = People(database)
    assert await people.add(login, login, role, "", "test", employee)
    made = await people.new_token(login, 1, "", "test")
    assert made is not None
    return made.token


async def test_pages_see_an_order_a_cut_link_and_a_ccore_that_is_killed(rig: Rig) -> None:
    before = Shown()
    async with page(rig.url, token=rig.employee) as mine, page(rig.url, token=rig.supervisor) as wall:
        sales, calls = await mine.subscribe("sales"), await wall.subscribe("calls")
        await wall.subscribe("queues", before)
        await wall.until(lambda: calls.gap is None and before.gap is None, 40)  # from before ccore first heard Asterisk
        (caller,) = subscribers(1)
        placing = asyncio.create_task(sip.place(rig.site.sip_port, [(caller, CODE)], rate=1))
        await mine.until(lambda: len(sales.entries) == 2)
        shown_at = utc_now()
        (sale,) = (entry for key, entry in sales.entries.items() if key != "today")
        took_s = (shown_at - datetime.fromisoformat(sale["at"])).total_seconds()
        print(f"an order by telephone is on its seller's page {took_s:.2f} s after it was placed")
        assert took_s < SHOWN_WITHIN_S
        await placing
        await wall.until(lambda: not calls.entries)

        rig.wire.hold()
        rig.wire.reset()
        await wall.until(lambda: calls.gap)
        await wall.until(lambda: before.gap)
        rig.wire.release()
        await wall.until(lambda: calls.gap is None, 40)
        await wall.until(lambda: before.gap is None, 40)  # once the files have told what happened meanwhile

        await rig.site.signal_ccore(signal.SIGKILL)
        await wall.until(lambda: wall.socket.closed)
    await rig.site.start_ccore()
    async with page(rig.url, token=rig.supervisor) as again:
        epoch, snapshots = before.epoch, before.snapshots
        await again.subscribe("queues", before)
        assert (before.epoch != epoch, before.snapshots) == (True, snapshots + 1)
        await again.until(lambda: before.entries)
        await rig.site.signal_ccore(signal.SIGTERM)
        assert await again.closed() == GOING_AWAY
