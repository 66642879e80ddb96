"""A time in which ccore did not hear a real Asterisk is a gap, which statistics tell until its calls are counted."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import sip
from tests.support.asterisk import until_channels
from tests.support.shop import writes_held
from tests.support.site import Site, site, subscribers
from tests.support.waiting import until

CODE = "1008610001"
CALLS = 10
OPEN = "SELECT count(*) FROM open_gaps"
FIGURES = ('ccore_ami_gaps_total{node="node1",why="closed"}', 'ccore_ami_gaps_open{node="node1"}')


@pytest.fixture
async def shop(asterisk_root: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """A site of the test's own, whose parts it may break."""
    async with site(tmp_path) as built:
        await built.until("SELECT count(*) FROM ami_links WHERE alive_at > up_at", 1)
        yield built
        built.assert_log_is_clean()


async def ccore(shop: Site, *arguments: str) -> str:
    """What a command says, which must go well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ccore", "--config", shop.directory / "ccore.toml", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "CCORE_DATABASE_DSN": shop.dsn},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def call(shop: Site, first: int) -> None:
    """Some callers order."""
    placed = await sip.place(shop.sip_port, [(caller, CODE) for caller in subscribers(CALLS, first)], rate=20)
    assert {each.code for each in placed} == {200}
    await until_channels(shop.node, 0)


async def cut_ami(shop: Site) -> None:
    """Asterisk throws a session of its manager interface out; the other of the link, ccore ends itself."""
    shown = (await shop.node.cli("manager show connected")).splitlines()
    (session,) = [line.split()[-4] for line in shown if line.lstrip().startswith("ccore-events")]
    await shop.node.cli(f"manager kick session {session}")


@pytest.mark.timeout(120)
async def test_statistics_say_that_they_are_incomplete_until_the_calls_of_a_gap_are_counted(shop: Site) -> None:
    await call(shop, 0)
    await shop.all_records_in()
    async with writes_held(shop.dsn, "cel, cdr"):  # what Asterisk writes waits
        await cut_ami(shop)
        await call(shop, 100)
        await shop.until("SELECT count(*) FROM ami_gaps WHERE closed_at IS NULL AND why = 'closed'", 1)
        longer_than_if_it_were_read = "SELECT now() - max(ended_at) > interval '6 seconds' FROM ami_gaps"
        await shop.until(longer_than_if_it_were_read, True)
        *_, total, incomplete = (
            await ccore(shop, "statistics", "--from", "2020-01-01", "--to", "2100-01-01")
        ).splitlines()
        assert total.split()[:3] == ["total", str(CALLS), str(CALLS)]
        assert incomplete.startswith("INCOMPLETE: node1 was not heard from")
        assert incomplete.endswith("(closed), and its call logs are not read past that yet")
    await shop.until(OPEN, 0)
    await shop.all_records_in()
    told = json.loads(await ccore(shop, "statistics", "--json", "--from", "2020-01-01", "--to", "2100-01-01"))
    assert told["complete"]
    assert [sum(line[what] for line in told["lines"]) for what in ("calls", "answered", "orders")] == [2 * CALLS] * 3

    async def told_in_figures() -> bool:
        figures = await shop.metrics()
        return [figures.get(name) for name in FIGURES] == [1, 0]

    await until(told_in_figures)


@pytest.mark.timeout(120)
async def test_gaps_of_a_killed_ccore_and_of_a_killed_asterisk_are_told_apart(shop: Site) -> None:
    await shop.signal_ccore(signal.SIGKILL)
    await shop.start_ccore()
    await shop.until("SELECT count(*) FROM ami_gaps WHERE why = 'ccore-away'", 1)
    shop.node.kill()
    await shop.node.wait()
    await shop.until("SELECT string_agg(why, ' ') FROM open_gaps WHERE ended_at IS NULL", "closed")
    await shop.node.start()
    await shop.until("SELECT string_agg(why, ' ' ORDER BY began_at) FROM ami_gaps", "ccore-away asterisk-restarted")
