"""The AGI route one_dial_order over a real socket and a real PostgreSQL; the test plays Asterisk's part of the wire."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from ccore.db.pool import Database
from ccore.ordering import keeping
from ccore.ordering.intake import SpoolIntake
from ccore.ordering.keeping import Keeping
from ccore.ordering.model import Outcome
from tests.support.order_call import UNIQUEID, dialling, serving
from tests.support.postgres import private_postgres
from tests.support.shop import Books, books, call, migrated, open_shop, until_blocked, value, writes_held
from tests.support.waiting import until

ARGUMENTS = ("1008610001", "13812345678", "node1", "local")
PATIENCE_S = 20.0  # for an answer; without a deadline there is none
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
    async with serving(shop) as port, dialling(port, dialled, caller, "node1", "local") as asterisk:
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
    await shop.drain(60)
    assert await books(dsn) == ONE_ORDER


async def test_a_caller_who_hangs_up_while_the_order_is_written_has_the_order(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with serving(shop) as port, writes_held(dsn, "orders"):
        async with dialling(port, *ARGUMENTS) as asterisk:
            await until_blocked(dsn)
            await asterisk.say("HANGUP")
        assert (await books(dsn)).orders == 0
    await shop.drain(60)
    assert await books(dsn) == ONE_ORDER


async def test_a_session_at_its_deadline_does_not_take_the_order_with_it(database: Database, dsn: str) -> None:
    shop = await open_shop(database)
    async with (
        serving(shop, call_deadline_s=30, session_deadline_s=3) as port,
        writes_held(dsn, "orders"),
        dialling(port, *ARGUMENTS) as asterisk,
    ):
        await until_blocked(dsn)
        assert await asterisk.ended()
    await shop.drain(60)
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
        async with asyncio.timeout(PATIENCE_S):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
    from_the_spool = call(*ARGUMENTS[:2], key=f"node1!{UNIQUEID}", channel="spool")
    assert await shop.place(from_the_spool) is Outcome.PLACED
    await shop.drain(60)
    assert await books(dsn) == ONE_ORDER


async def test_a_database_that_is_down_leaves_the_order_to_the_node_at_once() -> None:
    async with private_postgres() as server:
        database = await migrated(server.dsn)
        shop = await open_shop(database)
        await server.stop()
        async with serving(shop) as port, dialling(port, *ARGUMENTS) as asterisk, asyncio.timeout(PATIENCE_S):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
        await database.close()


async def test_an_order_is_kept_while_the_database_is_down_and_placed_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LIMIT_S", PATIENCE_S)  # of a disk that is busy
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
            asyncio.timeout(PATIENCE_S),
        ):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "received"'
        assert len(list((tmp_path / "new").iterdir())) == 1
        await server.start()
        await until(lambda: database.up)
        intake = SpoolIntake(shop, spools)

        async def taken_in() -> bool:
            return await intake.look("node1") and not any(path.is_file() for path in tmp_path.rglob("*"))

        await until(taken_in)
        assert await books(server.dsn) == ONE_ORDER
        await database.close()


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        (("1008610001", "withheld", "node1", "local"), ("tmp", "new")),
        (("1008610001", "invalid", "node1", "local"), ("tmp", "new")),
        (("1008610001", "13812345678", "node2", "local"), ("tmp", "new")),
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
            asyncio.timeout(PATIENCE_S),
        ):
            assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "unavailable"'
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        await database.close()
