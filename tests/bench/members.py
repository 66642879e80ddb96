"""Agents back in their queues after a restart of Asterisk, beside one action awaited after another."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

from ccore.ami.actions import QueueAdd
from ccore.ami.link import Link
from ccore.centre.centre import Centre, load_centre
from ccore.config import Config, Secrets
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.migrate import migrate
from ccore.db.pool import Database
from ccore.pbx.node import AsteriskNode
from ccore.queues.agents import Agents
from ccore.upkeep.model import Limits
from ccore.upkeep.service import Upkeep
from tests.bench import Figure
from tests.support.asterisk import NODE, node_config, secrets_of

AGENTS = 1000
ROUNDS = 3
GOAL_S = 10.0
LIMIT_S = 60.0

Wanted = list[QueueAdd]


def run() -> list[Figure]:
    """Ours and the baseline in turn, each for an Asterisk that was killed and has no member."""
    return uvloop.run(_run())  # as ccore itself


async def _run() -> list[Figure]:
    async with _site() as (node, link, database):
        wanted = await _wanted(database)
        ours, plain = [], []
        for _ in range(ROUNDS):
            ours.append(await _ours(node, link(), database, len(wanted)))
            plain.append(await _one_by_one(node, link(), wanted))
    ours_s, plain_s = statistics.median(ours), statistics.median(plain)
    lines = len({action.queue for action in wanted})
    name = f"{AGENTS:,} agents back in {lines} lines after a restart"
    return [Figure(name, ours_s, "s", plain_s, f"at most {GOAL_S:.0f} s", ours_s <= GOAL_S)]


async def _ours(node: AsteriskNode, link: Link, database: Database, count: int) -> float:
    """From the link's coming up until the last member is added."""
    await _restarted(node)
    limits = Limits("agi://127.0.0.1/", agi_s=3600, longest_call_s=3600)
    upkeep = Upkeep(database, {NODE: link}, {NODE: limits})
    async with _running(link.run(), upkeep.keep(NODE, 1)):
        await link.wait_up()
        began = time.perf_counter()
        while upkeep.corrections(NODE) < count:
            await asyncio.sleep(0.005)
            assert time.perf_counter() - began < LIMIT_S, upkeep.corrections(NODE)
        took_s = time.perf_counter() - began
        await _check(link, count)
    return took_s


async def _one_by_one(node: AsteriskNode, link: Link, wanted: Wanted) -> float:
    """What is written first: each action awaited before the next."""
    await _restarted(node)
    async with _running(link.run()):
        await link.wait_up()
        began = time.perf_counter()
        for action in wanted:
            await link.send(action)
        took_s = time.perf_counter() - began
        await _check(link, len(wanted))
    return took_s


async def _check(link: Link, count: int) -> None:
    there = len((await link.look()).members)
    assert there == count, f"{there} members, not {count}"


async def _wanted(database: Database) -> Wanted:
    rows = await database.fetch("upkeep.wanted_members", NODE)
    return [
        QueueAdd(row["queue"], row["interface"], row["name"], row["state_interface"], row["penalty"]) for row in rows
    ]


async def _restarted(node: AsteriskNode) -> None:
    node.kill()
    await node.wait()
    await node.start()


@asynccontextmanager
async def _site() -> AsyncIterator[tuple[AsteriskNode, Callable[[], Link], Database]]:
    with tempfile.TemporaryDirectory(prefix="ccore-bench-") as name:
        config = node_config(Path(name))
        secrets = secrets_of(config)
        server, node = EmbeddedPostgres(Path(name) / "postgres"), AsteriskNode(config, NODE, secrets)
        await server.start()
        await node.start()
        try:
            await migrate(server.dsn)
            await _staffed(server.dsn)
            async with Database.opened(server.dsn, Settings()) as database:
                link = partial(_link, config, secrets)
                await _filled(database, load_centre(config.dialplan), link())
                yield node, link, database
        finally:
            await node.stop(grace_s=0.2)
            await server.stop()


async def _staffed(dsn: str) -> None:
    """So many agents, all signed in, each with every skill."""
    sql = await asyncpg.connect(dsn)
    skills = '{"sales": 9, "broadband": 9, "vip": 9, "english": 9}'
    await sql.execute(
        "INSERT INTO agents (agent, name, skills, set_by) SELECT (10000 + n)::text, 'a', $1::jsonb, 'bench'"
        " FROM generate_series(1, $2) AS n", skills, AGENTS
    )  # fmt: skip
    await sql.execute(
        "INSERT INTO presences (agent, state, device_kind, device_number, node)"
        " SELECT agent, 'ready', 'phone', agent, $1 FROM agents", NODE
    )  # fmt: skip
    await sql.close()


async def _filled(database: Database, centre: Centre, link: Link) -> None:
    agents = Agents(database, {NODE: link}, lambda _node: None)
    agents.use(centre)
    await agents.look()


def _link(config: Config, secrets: Secrets) -> Link:
    settings = config.nodes[NODE]
    return Link(
        NODE,
        str(settings.host),
        settings.ami_port,
        secrets.ami_events_secret.get_secret_value(),
        secrets.ami_actions_secret.get_secret_value(),
    )


@asynccontextmanager
async def _running(*work: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
