"""The tables of what should be true hold nothing that Asterisk could not hold as well."""

import asyncpg
import pytest

from ccore.db.pool import Database
from tests.support.shop import sql


@pytest.fixture
async def queue(dsn: str) -> str:
    await sql(dsn, "INSERT INTO managed_queues VALUES ('node1', 'sales')")
    return dsn


@pytest.mark.parametrize(
    "columns",
    [
        {"interface": "PJSIP/1\r\nAction: Command"},
        {"interface": "1001"},
        {"interface": "PJSIP/" + "1" * 74},
        {"interface": "PJSIP/1,2"},
        {"name": "李\n"},
        {"name": "李" * 27},  # 81 bytes
        {"state_interface": ""},
        {"penalty": -1},
        {"pause_reason": "lunch"},  # and not paused
        {"paused": True, "pause_reason": "午" * 27},
        {"paused": True, "pause_reason": "a\0b".replace("\0", "\x01")},
        {"queue": "support"},  # which ccore does not decide on
    ],
    ids=str,
)
async def test_what_asterisk_cannot_hold_is_refused(queue: str, columns: dict[str, object]) -> None:
    row = {"node": "node1", "queue": "sales", "interface": "PJSIP/1001", **columns}
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await sql(queue, f"INSERT INTO wanted_members ({', '.join(row)}) VALUES ({places})", *row.values())


async def test_an_interface_is_one_member_however_it_is_written(queue: str) -> None:
    insert = "INSERT INTO wanted_members (node, queue, interface) VALUES ('node1', 'sales', $1)"
    await sql(queue, insert, "PJSIP/Li")
    with pytest.raises(asyncpg.UniqueViolationError):
        await sql(queue, insert, "pjsip/li")


@pytest.mark.parametrize(
    "file", ["/etc/passwd", "../a.wav", "a/../b.wav", "a b.wav", "", "a//b.wav", "a/.b.wav", "a,b"]
)
async def test_a_recording_stays_in_its_directory(dsn: str, file: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await sql(dsn, "INSERT INTO wanted_recordings (node, channel, call_id, file) VALUES ('n', 'c', 'c', $1)", file)


async def test_a_queue_that_is_given_up_takes_its_members_with_it(queue: str, database: Database) -> None:
    await sql(queue, "INSERT INTO managed_queues VALUES ('node1', 'empty'), ('node2', 'sales')")
    await sql(queue, "INSERT INTO wanted_members (node, queue, interface) VALUES ('node1', 'sales', 'PJSIP/1001')")
    rows = {tuple(row)[:4] for row in await database.fetch("upkeep.wanted_members", "node1")}
    assert rows == {("empty", None, None, None), ("sales", "PJSIP/1001", "PJSIP/1001", "PJSIP/1001")}
    await sql(queue, "DELETE FROM managed_queues WHERE queue = 'sales'")
    assert [row["queue"] for row in await database.fetch("upkeep.wanted_members", "node1")] == ["empty"]
