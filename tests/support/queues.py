"""Who is in a queue of a real Asterisk, and who should be by ccore's database."""

import asyncio
import re
import time
from collections.abc import Iterable

import asyncpg

from ccore.pbx.node import AsteriskNode
from tests.support.shop import sql

# As in `queue show`: "Li (PJSIP/1001) with penalty 1 (ringinuse disabled) (dynamic) (paused:lunch was 3 secs ago) …"
_MEMBER = re.compile(
    r"^ +(?:.* \()?(?P<interface>[A-Za-z]+/[^ )]+)\)?.*?(?: with penalty (?P<penalty>\d+))?(?: \(ringinuse \w+\))?"
    r"(?: \[[^]]*\])*? \((?:dynamic|static|realtime)\)(?P<rest>.*)$",
    re.MULTILINE,
)
_PAUSED = re.compile(r"\(paused(?::(?P<reason>.*?))?(?: was \d+ secs ago)?\)")

Members = dict[str, tuple[int, str | None]]  # interface → penalty, and why it is paused ("" for no reason) or None


async def members(node: AsteriskNode, queue: str = "service") -> Members:
    """The members of a queue."""
    found: Members = {}
    for match in _MEMBER.finditer(await node.cli(f"queue show {queue}")):
        paused = _PAUSED.search(match["rest"])
        found[match["interface"]] = (int(match["penalty"] or 0), None if paused is None else paused["reason"] or "")
    return found


async def until_members(node: AsteriskNode, wanted: Members, within_s: float, queue: str = "service") -> float:
    """Wait until the queue has exactly these members; returns the seconds it took, fails with those it has instead."""
    began = time.monotonic()
    while (found := await members(node, queue)) != wanted:
        assert time.monotonic() - began < within_s, f"{found} instead of {wanted}"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def want(dsn: str, wanted: Members, queue: str = "service", node: str = "node1") -> None:
    """Say in the database that ccore decides on the queue, and that these are its members."""
    await sql(dsn, "INSERT INTO managed_queues VALUES ($1, $2) ON CONFLICT DO NOTHING", node, queue)
    await sql(dsn, "DELETE FROM wanted_members WHERE node = $1 AND queue = $2", node, queue)
    await _insert(
        dsn, [(node, queue, who, penalty, why is not None, why or "") for who, (penalty, why) in wanted.items()]
    )


async def _insert(dsn: str, rows: Iterable[tuple[object, ...]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.executemany(
            "INSERT INTO wanted_members (node, queue, interface, penalty, paused, pause_reason)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            rows,
        )
    finally:
        await connection.close()
