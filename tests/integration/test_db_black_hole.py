"""A network that swallows everything between ccore and PostgreSQL: both ends give each other up before a lease ends."""

import asyncio
import json
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from ccore.db.connections import PAUSE_LIMIT_S
from ccore.db.leases import Terms
from tests.support.netns import far
from tests.support.ports import free_port
from tests.support.postgres import private_postgres

SILENCE_S = 11.0  # what keepalives alone need on an idle link; with tcp_user_timeout it is about 9 s
SLOW_S = 2.0  # a machine at its limit
SLACK_S = 10.0  # for what nobody's lease depends on: without these limits it would be a quarter of an hour

CLIENT = """
import asyncio, json, sys, time
import asyncpg
from ccore.config import Database as Settings
from ccore.db.connections import connect

async def main(dsn):
    idle, busy, locking = [await connect(dsn, Settings()) for _ in range(3)]
    await locking.execute("BEGIN; LOCK TABLE shop")
    pids = [one.get_server_pid() for one in (idle, busy, locking)]
    print(json.dumps(pids), flush=True)
    await asyncio.to_thread(sys.stdin.readline)  # the wire is dead now
    began = time.monotonic()

    async def sent_into_the_hole():
        try:
            await busy.execute("SELECT 1")
        except (OSError, asyncpg.PostgresConnectionError):
            return time.monotonic() - began

    async def idle_noticed():
        while not idle.is_closed():
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    print(json.dumps(await asyncio.gather(sent_into_the_hole(), idle_noticed())), flush=True)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.figures
async def test_both_ends_give_up(tmp_path: Path) -> None:
    port = free_port()
    async with private_postgres({"listen_addresses": "*", "port": str(port)}) as server:
        with far() as there:
            with (server.data / "pg_hba.conf").open("a") as access:
                access.write(f"host all ccore {there.there}/32 trust\n")
            await server.stop()
            await server.start()
            here = await asyncpg.connect(server.dsn.replace("port=5432", f"port={port}"))
            await here.execute("CREATE TABLE shop ()")
            client = await asyncio.create_subprocess_exec(
                *there.into, sys.executable, "-c", CLIENT, f"postgresql://ccore@{there.here}:{port}/ccore",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert client.stdin is not None
            assert client.stdout is not None
            idle, busy, locking = json.loads(await client.stdout.readline())
            there.go_dead()
            began = time.monotonic()
            client.stdin.write(b"\n")
            gone_s: dict[int, float] = {}
            while len(gone_s) < 3:
                alive = {row[0] for row in await here.fetch("SELECT pid FROM pg_stat_activity")}
                for pid in {idle, busy, locking} - alive - gone_s.keys():
                    gone_s[pid] = time.monotonic() - began
                assert time.monotonic() - began < 60, gone_s
                await asyncio.sleep(0.05)
            sent_s, idle_s = json.loads(await client.stdout.readline())
            await client.wait()
            await here.close()
    print(
        f"a dead wire to PostgreSQL: ccore gives a statement up after {sent_s:.1f} s and an idle link after "
        f"{idle_s:.1f} s; PostgreSQL frees locks after {gone_s[locking]:.1f} s and ends sessions after "
        f"{max(gone_s.values()):.1f} s"
    )
    assert sent_s < 8 + SLACK_S
    assert max(idle_s, *gone_s.values()) < SILENCE_S + SLACK_S
    assert gone_s[locking] < Terms().ttl_s
    assert Terms().ttl_s > PAUSE_LIMIT_S + SLOW_S
