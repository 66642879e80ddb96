"""Callers are known by the table, else by the customer system, within 0.3 s or not at all."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from ccore.config import Database as Settings
from ccore.db.pool import Database
from ccore.ivr import customers as module
from ccore.ivr.adapter import Adapter
from ccore.ivr.customer_list import Listed
from ccore.ivr.customers import WITHIN_S, Customers, take
from ccore.ivr.fetch import LookUps
from ccore.ivr.menus import load_menus
from ccore.ivr.model import Customer
from ccore.shipped import shipped
from ccore.simulator import provider
from ccore.simulator.provider import Fault, Provider
from tests.support.command import Ended, Home
from tests.support.ports import free_port
from tests.support.postgres import frozen, private_postgres

PATIENT_S = 20.0  # for who is to be known however busy this machine is
SLACK_S = 10.0  # this machine's, for a timeout that is noticed late
VIP = Customer("王先生", "vip", "zh", frozenset({"broadband"}))
GOLD = Listed("+8613800138000", "张三", "gold", "en", ("5g", "宽带"))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WITHIN_S", PATIENT_S)


@pytest.fixture
async def systems() -> AsyncIterator[tuple[Provider, Adapter]]:
    """The simulated systems, and how the shipped look-ups ask who a caller is."""
    port = free_port()
    shipped_adapter = load_menus(shipped("dialplan")).adapters["customer"]
    url = shipped_adapter.url.replace(str(provider.PORT), str(port))
    adapter = shipped_adapter.model_copy(update={"url": url, "timeout_s": PATIENT_S})
    async with provider.running(port, lambda: datetime(2027, 2, 17, 9, tzinfo=UTC)) as simulated:
        yield simulated, adapter


@pytest.fixture
async def customers(database: Database) -> AsyncIterator[Customers]:
    look_ups = LookUps({}, ZoneInfo("Asia/Shanghai"))
    await look_ups.open()
    yield Customers(database, look_ups, "CN")
    await look_ups.close()


async def test_the_table_knows_a_caller_however_the_number_is_written(customers: Customers, database: Database) -> None:
    assert await take(database, [GOLD], "crm", whole=False) == (1, 0)
    for caller in ("13800138000", "+8613800138000", "8613800138000", "013800138000"):
        assert await customers.known(caller) == Customer("张三", "gold", "en", frozenset({"5g", "宽带"}))


async def test_who_is_in_no_list_is_asked_of_the_system_once(
    customers: Customers, systems: tuple[Provider, Adapter]
) -> None:
    simulated, adapter = systems
    customers.use(adapter)
    assert await customers.known("13800138088") == VIP
    assert await customers.known("13800138088") == VIP
    assert await customers.known("13800138001") == Customer()
    assert await customers.known("13800138001") == Customer()
    assert simulated.asked == ["/customers/+8613800138088", "/customers/+8613800138001"]
    for stranger in ("2001", "+99912345", "0"):
        assert await customers.known(stranger) == Customer()
    assert len(simulated.asked) == 2


async def test_the_table_goes_first(
    customers: Customers, database: Database, systems: tuple[Provider, Adapter]
) -> None:
    simulated, adapter = systems
    customers.use(adapter)
    await take(database, [Listed("+8613800138088", "李四", "", "", ())], "crm", whole=False)
    assert await customers.known("13800138088") == Customer("李四")
    assert simulated.asked == []


async def test_a_system_that_is_not_well_holds_nobody_up(
    customers: Customers, systems: tuple[Provider, Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    within_s = 2.0  # so that it is asked even if the database takes its time
    monkeypatch.setattr(module, "WITHIN_S", within_s)
    monkeypatch.setattr(provider, "SLOW_S", 3600.0)
    simulated, adapter = systems
    customers.use(adapter)
    for number, fault in enumerate((Fault.HANG, Fault.SLOW, Fault.ERROR, Fault.GARBAGE)):
        simulated.fault = fault
        began = time.monotonic()
        assert await customers.known(f"1380013{number}088") == Customer()
        assert time.monotonic() - began < within_s + SLACK_S
        assert await customers.known(f"1380013{number}088") == Customer()
        assert len(simulated.asked) == number + 1, "the steps of one call do not wait each"


async def test_nor_does_a_database_that_hangs_or_is_away(
    systems: tuple[Provider, Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, adapter = systems
    look_ups = LookUps({}, ZoneInfo("Asia/Shanghai"))
    await look_ups.open()
    async with private_postgres() as server:
        database = Database(server.dsn, Settings(acquire_timeout_s=30))
        await database.open()
        customers = Customers(database, look_ups, "CN")
        customers.use(adapter)
        assert await customers.known("13800138088") == VIP, "a database without the table is no better than none"
        with frozen(server):
            monkeypatch.setattr(module, "WITHIN_S", WITHIN_S)
            began = time.monotonic()
            assert await customers.known("13800138002") == Customer()
            assert time.monotonic() - began < WITHIN_S + SLACK_S
            while database.up:
                await asyncio.sleep(0.05)
            # refused at once now, so that there is time for the system
            monkeypatch.setattr(module, "WITHIN_S", PATIENT_S)
            assert await customers.known("13800138166") == Customer("Ms Smith", "standard", "en")
        await database.close()
    await look_ups.close()


async def test_a_list_is_taken_whole(database: Database) -> None:
    first = [GOLD, Listed("+8613800138001", "B", "", "", ()), Listed("+8613800138002", "C", "", "", ())]
    assert await take(database, first, "crm", whole=True) == (3, 0)
    assert await take(database, [Listed("+8613800138009", "other", "", "", ())], "web", whole=True) == (1, 0)
    assert await take(database, [GOLD], "crm", whole=True) == (1, 2)
    with pytest.raises(asyncpg.PostgresError):
        await take(
            database, [Listed("+8613800138003", "D", "", "", ()), Listed("138", "E", "", "", ())], "crm", whole=True
        )
    customers = Customers(database, LookUps({}, ZoneInfo("Asia/Shanghai")), "CN")
    assert (await customers.known("13800138000")).name == "张三"
    assert (await customers.known("13800138003")).name == "", "nothing of a list that was refused"
    assert (await customers.known("13800138009")).name == "other", "another list's"


async def test_the_command(dsn: str, tmp_path: Path) -> None:
    home = Home(tmp_path, "", {"CCORE_DATABASE_DSN": dsn})

    async def imports(content: bytes) -> Ended:
        (tmp_path / "customers.csv").write_bytes(content)
        return await home.ccore("customers", "import", "customers.csv")

    refused = await imports("number,name\n13800138000,张三\nnobody,李四\n".encode())
    assert refused.code == 1
    assert refused.said[-1].startswith("customers.csv:3 CUSTOMER number: no valid")
    taken = await imports("number,name\n13800138000,张三\n".encode())
    assert (taken.code, taken.out) == (0, "1 customers written, 0 removed\n")
