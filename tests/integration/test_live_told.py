"""What is told live, and to whom: agents, calls, queues, orders, alarms, gaps."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial

import pytest

from ccore.db.pool import Database
from ccore.people.model import Role
from ccore.queues.agents import Outcome
from ccore.queues.model import Device
from ccore.web.live import selling
from ccore.web.live.topics import EVERY_ENTRY
from tests.support.asterisk import NODE
from tests.support.live import AGENT, Running, live, page
from tests.support.shop import call, open_shop, sql, value
from tests.support.waiting import until

__all__ = ["live"]

A, S = Role.AGENT, Role.SUPERVISOR
PHONE = Device("phone", "2001", NODE)
LISTENS = """SELECT count(*) > 0 FROM pg_stat_activity
             WHERE query LIKE 'LISTEN%ccore_orders%' AND state = 'idle' AND datname = current_database()"""


async def signs_in(run: Running, agent: str = AGENT, device: Device = PHONE) -> None:
    assert await run.parts.floor.agents.sign_in(agent, device, "test") is Outcome.DONE


async def test_what_agents_do_is_told_and_each_sees_their_own(live: Running) -> None:
    tokens = live.api.tokens
    async with page(live.url, token=tokens[S]) as wall, page(live.url, token=tokens[A]) as desk:
        agents, queues = await wall.subscribe("agents"), await wall.subscribe("queues")
        me, own = await desk.subscribe("me"), await desk.subscribe("queues")
        assert me.entries["me"]["state"] == "signed-out"
        assert set(own.entries) == set(agents.entries[AGENT]["queues"]) < set(queues.entries)
        await signs_in(live)
        await wall.until(lambda: agents.entries[AGENT]["state"] == "ready")
        await desk.until(lambda: me.entries["me"]["state"] == "ready")
        assert agents.entries[AGENT]["device"] == "2001"
        queue = agents.entries[AGENT]["queues"][0]
        await wall.until(lambda: queues.entries[queue]["free"] == 1)
        await live.parts.floor.agents.pause(AGENT, live.parts.floor.agents.pauses()[0], "test")
        await desk.until(lambda: me.entries["me"]["state"] == "paused")
        await wall.until(lambda: (queues.entries[queue]["free"], queues.entries[queue]["paused"]) == (0, 1))


async def test_calls_are_told_to_whom_they_belong_with_masked_numbers(live: Running) -> None:
    await signs_in(live)
    tokens = live.api.tokens
    async with page(live.url, token=tokens[S]) as wall, page(live.url, token=tokens[A]) as desk:
        everything, own = await wall.subscribe("calls"), await desk.subscribe("calls")
        live.calls_in("x-1")
        live.rings("x-2", "2001")
        live.rings("x-3", "2002")
        await wall.until(lambda: everything.entries.keys() == {"x-1", "x-2", "x-3"})
        assert everything.entries["x-1"]["caller"] == "+86138****5678"
        await desk.until(lambda: own.entries.keys() == {"x-2"})
        live.hangs_up("x-2")
        live.hangs_up("x-1")
        await desk.until(lambda: not own.entries)
        await wall.until(lambda: everything.entries.keys() == {"x-3"})


async def test_an_agent_who_serves_other_queues_sees_those(live: Running) -> None:
    async with page(live.url, token=live.api.tokens[A]) as desk:
        queues = await desk.subscribe("queues")
        before = set(queues.entries)
        await live.parts.floor.staff.write(AGENT, "Agent", {}, "test")
        await live.parts.floor.agents.look()
        await desk.until(lambda: set(queues.entries) != before)
        assert set(queues.entries) < before


async def test_an_order_is_told_to_who_sold_it_and_who_oversees_it(
    live: Running, database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selling, "LOOK_EVERY_S", 3600.0)  # by itself it would not look in this test
    ordering = await open_shop(database)
    tokens = live.api.tokens
    async with AsyncExitStack() as stack:
        pages = {role: await stack.enter_async_context(page(live.url, token=tokens[role]))
                 for role in (Role.EMPLOYEE, Role.MANAGER, Role.ADMIN, Role.FRAUD)}  # fmt: skip
        sales = {role: await pages[role].subscribe("sales") for role in (Role.EMPLOYEE, Role.MANAGER, Role.ADMIN)}
        orders = await pages[Role.FRAUD].subscribe("orders")
        managed = await pages[Role.MANAGER].subscribe("orders")
        assert sales[Role.EMPLOYEE].entries == {
            "today": {"orders": 0, "waiting": 0, "lost": 0, "price_fen": 0, "commission_fen": 0}
        }
        await until(partial(value, dsn, LISTENS))
        await asyncio.sleep(0.5)  # as on a day when nothing is sold: whoever waits has to be rung for
        placed = await ordering.place(call())
        for role, shown in sales.items():
            await pages[role].until(lambda shown=shown: len(shown.entries) == 2)  # type: ignore[misc]
        (number,) = sales[Role.EMPLOYEE].entries.keys() - {"today"}
        sold = sales[Role.EMPLOYEE].entries[number]
        assert (sold["product"], sold["caller"]) == ("10", "+86138****5678")
        today = sales[Role.EMPLOYEE].entries["today"]
        assert (today["orders"], today["commission_fen"]) == (1, sold["commission_fen"])
        assert sold["commission_fen"] > 0
        await pages[Role.FRAUD].until(lambda: orders.entries.keys() == {number})
        await pages[Role.MANAGER].until(lambda: managed.entries.keys() == {number})
        assert live.parts.live.hub.watched("sales"), placed


async def test_another_ones_orders_are_not_told(live: Running, database: Database, dsn: str) -> None:
    ordering = await open_shop(database)
    await sql(dsn, "UPDATE people SET employee = NULL WHERE login = 'a-manager'")
    await sql(dsn, "UPDATE people SET employee = 'E002' WHERE login = 'a-employee'")
    async with (
        page(live.url, token=live.api.tokens[Role.EMPLOYEE]) as opened,
        page(live.url, token=live.api.tokens[Role.ADMIN]) as other,
    ):
        mine, every = await opened.subscribe("sales"), await other.subscribe("sales")
        await ordering.place(call())
        await other.until(lambda: len(every.entries) == 2)
        assert mine.entries.keys() == {"today"}
        assert mine.entries["today"]["orders"] == 0


async def test_alarms_health_and_what_is_published_are_told(live: Running, dsn: str) -> None:
    async with page(live.url, token=live.api.tokens[Role.ADMIN]) as opened:
        alerts, health = await opened.subscribe("alerts"), await opened.subscribe("health")
        campaigns = await opened.subscribe("campaigns")
        assert health.entries[f"node {NODE}"]["up"] is False
        assert health.entries["postgresql"]["up"] is True
        assert campaigns.entries
        publishing = await opened.subscribe("publishing")
        begin = "INSERT INTO dialplan_publications (kind, asked_by, told) VALUES ('publish', 'olga', $1)"
        await sql(dsn, begin, '[{"at_s": 0.5, "text": "checked"}]')
        await opened.until(lambda: publishing.entries)
        (publication,) = publishing.entries.values()
        assert (publication["state"], publication["told"]) == ("running", [{"at_s": 0.5, "text": "checked"}])
        await sql(
            dsn,
            "INSERT INTO alerts (name, subject, raised_at, value, text) VALUES ('long-wait', 'sales', now(), 9, 'x')",
        )
        await opened.until(lambda: [each["subject"] for each in alerts.entries.values()] == ["sales"])


async def test_a_link_that_is_down_is_a_gap(live: Running) -> None:
    async with page(live.url, token=live.api.tokens[S]) as opened:
        for topic in ("agents", "calls", "queues"):
            shown = await opened.subscribe(topic)
            await opened.until(lambda shown=shown: shown.gap)  # type: ignore[misc]
        alerts = await opened.subscribe("alerts")
        assert alerts.gap is None


async def test_the_document_tells_of_every_entry(live: Running) -> None:
    _, told = await live.api.ask("GET", "/api/v1/openapi.json", A)
    assert {model.__name__ for model in EVERY_ENTRY} <= told["components"]["schemas"].keys()
