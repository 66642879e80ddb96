"""What routing writes down: visits, offers and who served whom; and that it routes without PostgreSQL as well."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from ccore.calls.feed import Feed
from ccore.calls.model import Fact, Kind
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import Priority, Queue, Relaxation, Sticky
from ccore.clock import utc_now
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.hours import Calendar
from ccore.queues.decisions import PresenceChanged, Routing
from ccore.queues.explained import explained
from ccore.queues.model import Agent, Caller, Device, Presence, State
from ccore.queues.stories import story
from tests.support.postgres import frozen
from tests.support.shop import sql

NUMBER = "+8613800138000"
QUEUES = {
    "sales": Queue(
        wants={"sales": 5},
        relax=(Relaxation(after_s=20),),
        sticky=Sticky(),
        priority=Priority(classes={"gold": 9}, ageing_s=20),
    )
}


class Floor:
    """Two agents, of whom the test says what they do."""

    def __init__(self) -> None:
        since = utc_now() - timedelta(seconds=60)
        self.told: list[PresenceChanged] = []
        self._agents = {
            name: Agent(name, "", {"sales": level}, own_penalty=level) for name, level in (("1001", 9), ("1002", 6))
        }
        self._presences = {
            name: Presence(name, State.READY, since, Device("phone", name, "node1")) for name in self._agents
        }

    def agents(self) -> Mapping[str, Agent]:
        return self._agents

    def presences(self) -> Mapping[str, Presence]:
        return self._presences

    def on_change(self, callback: PresenceChanged) -> None:
        self.told.append(callback)

    def now(self, agent: str, state: State, at: datetime, **changes: Any) -> None:
        """The agent does this since."""
        before = self._presences[agent]
        self._presences[agent] = replace(before, state=state, since=at, **changes)
        for tell in self.told:
            tell(before, self._presences[agent])


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def routing(database: Database, floor: Floor, feed: Feed) -> Routing:
    """With all the patience that a busy machine needs."""
    return built(database, floor, feed, ask_s=20)


def built(database: Database, floor: Floor, feed: Feed, **options: float) -> Routing:
    routing = Routing(database, {}, {"node1": Tracker("node1")}, feed, floor, **options)
    routing.use(Centre(QUEUES, (), CentreFile(), {}, Calendar(), {}))
    return routing


def caller(uniqueid: str = "1.1", **changes: Any) -> Caller:
    return replace(Caller(f"node1!{uniqueid}", NUMBER, "gold", "zh", utc_now()), **changes)


async def served(dsn: str, agent: str, ago: timedelta) -> None:
    at = utc_now() - ago
    await sql(dsn, "INSERT INTO last_served (number, queue, agent, at) VALUES ($1, 'sales', $2, $3)", NUMBER, agent, at)


async def test_a_visit_is_written_down_with_its_reasons(routing: Routing, database: Database, dsn: str) -> None:
    await served(dsn, "1002", timedelta(days=3))
    decided = await routing.decide("sales", caller())
    assert (decided.entry.sticky, decided.own_penalty, decided.entry.priority) == ("1002", 6, 9)
    (visit,) = await database.fetch("routing.visits_of", NUMBER, ["node1"])
    assert (visit["call_key"], visit["uniqueid"], visit["node"]) == ("node1!1.1", "1.1", "node1")
    (entered,) = visit["decision"]
    assert entered["reasons"] == ["line sales", "priority 9: class gold", "agents with sales 5"]
    assert entered["sticky_why"] == "agent 1002 served them last"


async def test_who_has_waited_long_is_in_another_line_of_the_same_visit(routing: Routing, database: Database) -> None:
    routing.use(Centre({**QUEUES, "vip": Queue(weight=3)}, (), CentreFile(), {}, Calendar(), {}))
    for waited_s in (10, 301):
        await routing.decide("sales", caller(came_at=utc_now() - timedelta(seconds=waited_s)))
    (visit,) = await database.fetch("routing.visits_of", NUMBER, ["node1"])
    assert (visit["queue"], visit["line"]) == ("sales", "sales-aged")
    assert [entered["line"] for entered in visit["decision"]] == ["sales", "sales-aged"]
    assert "has waited for 300 s: no queue of more weight goes before" in visit["decision"][1]["reasons"]


async def test_an_agent_of_long_ago_is_nobodys_own(routing: Routing, dsn: str) -> None:
    await served(dsn, "1002", timedelta(days=8))
    assert (await routing.enter("sales", caller())).sticky == ""


async def test_entering_again_is_kept_if_it_is_otherwise(routing: Routing, database: Database) -> None:
    for waited_s in (0, 1, 21, 22):
        await routing.enter("sales", caller(came_at=utc_now() - timedelta(seconds=waited_s)))
    (visit,) = await database.fetch("routing.visits_of", "1.1", ["node1"])
    assert [entered["max_penalty"] for entered in visit["decision"]] == [9, 19]
    assert visit["priority"] == 10


async def test_callers_are_routed_while_postgresql_hangs(
    database: Database, floor: Floor, feed: Feed, postgres: EmbeddedPostgres, dsn: str
) -> None:
    routing = built(database, floor, feed)
    await served(dsn, "1002", timedelta(days=1))
    with frozen(postgres):
        began = time.monotonic()
        decided = await routing.decide("sales", caller())
        assert time.monotonic() - began < 15  # PostgreSQL says nothing at all
    assert (decided.entry.line, decided.entry.priority, decided.entry.sticky) == ("sales", 9, "")


def happened(kind: Kind, at: datetime, channel: str, peer: str = "", **details: Any) -> Fact:
    return Fact("node1", 1, 1, at, kind, "1.1", channel, peer=peer, queue="sales", **details)


@asynccontextmanager
async def judging(routing: Routing) -> AsyncIterator[None]:
    task = asyncio.create_task(routing.led()["offers node1"]())
    await asyncio.sleep(0)
    yield
    task.cancel()
    await asyncio.wait([task])


async def until(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := await holds()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return found


async def test_every_agent_who_is_rung_is_judged_and_what_came_of_it_is_known(
    routing: Routing, floor: Floor, feed: Feed, database: Database
) -> None:
    """1001 is rung and paused since long: wrong. Then 1002, in whose place 1001 cannot be: right, and answered."""
    await routing.enter("sales", caller())
    with capture_logs() as logs:
        async with judging(routing):
            wrong, right = await _two_offers(floor, feed, database)
    assert (wrong["agreed"], wrong["outcome"]) == (False, "missed")
    assert wrong["decision"]["objection"] == "1001 cannot be rung: paused (lunch)"
    assert wrong["decision"]["others"] == {"1001": "paused (lunch)", "1002": "not in Asterisk's line yet"}
    assert (right["agreed"], right["outcome"], right["decision"]["exact"]) == (True, "answered", True)
    assert [line["reason"] for line in logs if line["event"] == "agent_not_as_chosen"] == [
        "1001 cannot be rung: paused (lunch)"
    ]
    assert routing.health() == {"judged": 2, "disagreed": 1}
    assert "1001 cannot be rung" in next(routing.warnings())


async def _two_offers(floor: Floor, feed: Feed, database: Database) -> tuple[Any, Any]:
    at = datetime.now(UTC)
    floor.now("1001", State.PAUSED, at - timedelta(seconds=30), paused=True, reason="lunch")
    feed.publish([happened(Kind.JOINED_QUEUE, at, "1.1")])
    feed.publish([happened(Kind.AGENT_RINGING, at, "1.2", "1.1", member="1001")])
    feed.publish([happened(Kind.AGENT_MISSED, at + timedelta(seconds=1), "1.2", "1.1", member="1001")])
    floor.now("1002", State.RINGING, at + timedelta(seconds=3))
    feed.publish(
        [
            happened(Kind.AGENT_RINGING, at + timedelta(seconds=3), "1.3", "1.1", member="1002"),
            happened(Kind.LEFT_QUEUE, at + timedelta(seconds=4), "1.1", how="connected"),
            happened(Kind.CONNECTED, at + timedelta(seconds=4), "1.1", "1.3", member="1002"),
        ]
    )

    async def ended() -> Any:
        rows = await database.fetch("routing.offers_of", "node1!1.1")
        return rows if len(rows) == 2 and all(row["outcome"] for row in rows) else None

    rows = await until(ended)
    await until(lambda: _served_by(database, "1002"))
    return rows[0], rows[1]


async def _served_by(database: Database, agent: str) -> Any:
    since = utc_now() - timedelta(days=1)
    found = await database.fetch_value("routing.last_served", NUMBER, "sales", since)
    return "yes" if found == agent else ""


async def test_a_call_is_found_by_whatever_names_it(routing: Routing, database: Database, dsn: str) -> None:
    await routing.enter("sales", caller("1.5", came_at=utc_now() - timedelta(seconds=30)))
    await routing.enter("sales", caller("1.9"))
    await sql(
        dsn,
        "INSERT INTO cel SELECT (jsonb_populate_record(NULL::cel, jsonb_object_agg(name, '') || $1::jsonb)).* FROM ("
        " SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'cel' AND data_type = 'text'"
        ") AS texts",
        '{"node": "node1", "linkedid": "1.4", "uniqueid": "1.5", "digest": "\\\\x00",'
        ' "event_at": "2026-11-22 09:00+00", "read_at": "2026-11-22 09:00+00"}',
    )
    for name, key in {
        "node1!1.5": "node1!1.5", "1.5": "node1!1.5", "1.4": "node1!1.5", NUMBER: "node1!1.9",
        "13800138000": "node1!1.9",
    }.items():  # fmt: skip
        found = await explained(database, name, ["node1"], "CN")
        assert found is not None
        assert found.visits[0]["call_key"] == key, name
    assert await explained(database, "1.77", ["node1"], "CN") is None


async def test_a_story_is_told_of_a_caller_nobody_was_rung_for(routing: Routing, database: Database) -> None:
    await routing.enter("sales", caller(number=""))
    found = await explained(database, "1.1", ["node1"], "CN")
    assert found is not None
    lines = list(story(found.visits, found.offers, QUEUES, UTC))
    assert lines[0] == "call node1!1.1 of an unknown number"
    assert lines[-1] == "nobody was rung"
    assert any("comes to queue sales: class gold, language zh" in line for line in lines)
