"""The AGI route one_dial_order over a real socket and a real PostgreSQL; the test plays Asterisk's part of the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

import agi_scripts
from ccore.agi.server import Server
from ccore.db.pool import Database
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.keeping import Keeping
from ccore.ordering.model import Outcome
from ccore.ordering.service import Ordering
from tests.support.postgres import private_postgres
from tests.support.shop import Books, books, call, migrated, open_shop, until_blocked, value, writes_held
from tests.support.waiting import until

UNIQUEID = "node1-1763800000.77"
ARGUMENTS = ("1008610001", "13812345678", "node1")
ONE_ORDER = Books(orders=1, ledger=1, messages=1, audit=1, attempts=1, placed=1)


async def test_the_caller_is_told_the_outcome_after_the_order_is_in_the_books(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port, dialling(port, *ARGUMENTS) as asterisk:
        assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "placed"'
        assert await books(dsn) == ONE_ORDER
        assert await value(dsn, "SELECT call_key FROM orders") == f"node1!{UNIQUEID}"
        await asterisk.answer("200 result=1")
        assert await asterisk.ended()


@pytest.mark.parametrize(
    ("dialled", "caller", "result"),
    [
        ("1008610999", "13812345678", "unknown-code"),
        ("1008610001", "withheld", "caller-withheld"),
        ("1008610001", "invalid", "caller-not-allowed"),
    ],
)
async def test_a_refusal_is_told_too(database: Database, dialled: str, caller: str, result: str) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port, dialling(port, dialled, caller, "node1") as asterisk:
        assert await asterisk.command() == f'SET VARIABLE "CCORE_RESULT" "{result}"'


@pytest.mark.parametrize("arguments", [(), ("1008610001",), (*ARGUMENTS, "forged")])
async def test_arguments_the_dialplan_never_sends_leave_the_result_empty(
    database: Database, dsn: str, arguments: tuple[str, ...]
) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port, dialling(port, *arguments) as asterisk:
        assert await asterisk.ended()
    assert (await books(dsn)).attempts == 0


async def test_a_caller_who_hangs_up_at_once_has_the_order_all_the_same(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port:
        async with dialling(port, *ARGUMENTS):
            pass
        await until(partial(value, dsn, "SELECT count(*) FROM orders"))
    await shop.drain(10)
    assert await books(dsn) == ONE_ORDER


async def test_a_caller_who_hangs_up_while_the_order_is_written_has_the_order(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port, writes_held(dsn, "orders"):
        async with dialling(port, *ARGUMENTS) as asterisk:
            await until_blocked(dsn)
            await asterisk.say("HANGUP")
        assert (await books(dsn)).orders == 0
    await shop.drain(10)
    assert await books(dsn) == ONE_ORDER


async def test_a_session_at_its_deadline_does_not_take_the_order_with_it(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with (
        serving(shop, session_deadline_s=0.3) as port,
        writes_held(dsn, "orders"),
        dialling(port, *ARGUMENTS) as asterisk,
    ):
        await until_blocked(dsn)
        assert await asterisk.ended()
    await shop.drain(10)
    assert await books(dsn) == ONE_ORDER


async def test_a_slow_database_leaves_the_order_to_the_node_in_time_and_it_is_one_order(
    database: Database, dsn: str
) -> None:
    shop = await open_shop(database)
    async with (
        serving(shop, call_deadline_s=0.3) as port,
        writes_held(dsn, "orders"),
        dialling(port, *ARGUMENTS) as asterisk,
    ):
        async with asyncio.timeout(1.0):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
    from_the_spool = call(*ARGUMENTS[:2], key=f"node1!{UNIQUEID}", channel="spool")
    assert await shop.place(from_the_spool) is Outcome.PLACED
    await shop.drain(10)
    assert await books(dsn) == ONE_ORDER


async def test_a_database_that_is_down_leaves_the_order_to_the_node_at_once() -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        await server.stop()
        async with serving(shop) as port, dialling(port, *ARGUMENTS) as asterisk, asyncio.timeout(1.5):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
        await database.close()


async def test_an_order_is_kept_while_the_database_is_down_and_placed_afterwards(tmp_path: Path) -> None:
    for folder in ("tmp", "new"):
        (tmp_path / folder).mkdir()
    spools = {"node1": tmp_path}
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        await server.stop()
        async with (
            serving(shop, keeping=Keeping(spools)) as port,
            dialling(port, *ARGUMENTS) as asterisk,
            asyncio.timeout(1.5),
        ):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "received"'
        assert len(list((tmp_path / "new").iterdir())) == 1
        await server.start()
        await until(lambda: database.up)
        assert await SpoolIntake(shop, spools).look("node1")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert await books(server.dsn) == ONE_ORDER
        await database.close()


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        (("1008610001", "withheld", "node1"), ("tmp", "new")),
        (("1008610001", "invalid", "node1"), ("tmp", "new")),
        (("1008610001", "13812345678", "node2"), ("tmp", "new")),
        (ARGUMENTS, ("tmp",)),
        (ARGUMENTS, ()),
    ],
)
async def test_what_cannot_be_kept_is_left_to_the_node(
    tmp_path: Path, arguments: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        await server.stop()
        async with (
            serving(shop, keeping=Keeping({"node1": tmp_path})) as port,
            dialling(port, *arguments) as asterisk,
            asyncio.timeout(1.5),
        ):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        await database.close()


class Asterisk:
    """Asterisk's end of one FastAGI session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def command(self) -> str:
        """The next command ccore sends."""
        return (await self._reader.readline()).decode().strip()

    async def answer(self, line: str) -> None:
        """Answer it."""
        await self.say(line)

    async def say(self, line: str) -> None:
        """Say anything."""
        self._writer.write(line.encode() + b"\n")
        await self._writer.drain()

    async def ended(self) -> bool:
        """Whether ccore ends the session without another command."""
        try:
            return await self._reader.read() == b""
        except ConnectionResetError:
            return True


NO_MENUS = cast(Any, None)  # orders alone are called for here


@asynccontextmanager
async def serving(
    shop: Ordering, call_deadline_s: float = 1.0, session_deadline_s: float = 15, keeping: Keeping | None = None
) -> AsyncIterator[int]:
    """The AGI server with ccore's routes; its port."""
    routes = agi_scripts.routes(agi_scripts.Services(shop, NO_MENUS, call_deadline_s, keeping))
    server = Server("127.0.0.1", 0, routes, max_sessions=100, session_deadline_s=session_deadline_s)
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop(drain_s=1)


@asynccontextmanager
async def dialling(port: int, *arguments: str) -> AsyncIterator[Asterisk]:
    """A call that asks for one_dial_order and proves to be Asterisk's; hung up at the end of the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asterisk = Asterisk(reader, writer)
    writer.write(HEADERS.format(uniqueid=UNIQUEID, port=port).encode())
    for number, argument in enumerate(arguments, 1):
        writer.write(f"agi_arg_{number}: {argument}\n".encode())
    await asterisk.say("")
    word = (await asterisk.command()).removeprefix("GET FULL VARIABLE ").strip('"')
    await asterisk.answer(f"200 result=1 ({word})")
    try:
        yield asterisk
    finally:
        writer.close()


HEADERS = """\
agi_network: yes
agi_network_script: one_dial_order
agi_request: agi://127.0.0.1:{port}/one_dial_order
agi_channel: PJSIP/local-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: {uniqueid}
agi_version: 22.10.1
agi_callerid: 13812345678
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 1008610001
agi_rdnis: unknown
agi_context: order
agi_extension: s
agi_priority: 9
agi_enhanced: 0.0
agi_accountcode: none
agi_threadid: 140000000000000
"""
