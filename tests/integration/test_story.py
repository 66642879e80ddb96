"""The story of calls of several kinds, of what tables keep of them; and calls found by what is known of them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from asyncpg import Connection

from ccore.centre.centre import load_centre
from ccore.config import Database as Settings
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.reports.story import Stories
from ccore.shipped import shipped
from ccore.web.v1.story import operations
from tests.support.api import Api, api, of, tokens
from tests.support.postgres import fresh_database

NODE = "node1"
BEGAN = datetime(2026, 11, 22, 7, tzinfo=UTC)
CALLER, LONG, LEFT, REFUSED, DIALLED, CUT = "13812345678", "c-1.0", "c-2.0", "c-3.0", "attempt-7", "c-4.0"
CALL = {
    "node": NODE, "state": "ended", "disposition": "answered", "duration_ms": 60_000, "billed_ms": 0, "talk_ms": 0,
    "caller": CALLER, "caller_name": "", "dialled": "10086", "context": "", "channel": "PJSIP/trunk-a-00000001",
    "trunk": "trunk-a", "hangup_source": "PJSIP/trunk-a-00000001", "hangup_cause": 16, "legs": 1, "transferred": False,
    "cdrs": 1, "clock_suspect": False,
}  # fmt: skip
VISIT = {
    "node": NODE, "visit": 1, "queue": "service", "line": "service", "language": "zh", "tier": "", "priority": 0,
    "caller": CALLER, "agent": "", "device": "", "hold_ms": 0, "transferred": False, "entries": 1,
}  # fmt: skip


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


async def put(connection: Connection, table: str, **columns: object) -> None:
    """A row."""
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def call(connection: Connection, linkedid: str, began_s: float, **columns: Any) -> None:
    """A call of a minute."""
    times = {"started_at": at(began_s), "answered_at": at(began_s + 1), "ended_at": at(began_s + 60)}
    keys = [f"{NODE}!{linkedid}"]
    await put(connection, "folded_calls", linkedid=linkedid, call_keys=keys, **CALL | times | columns)


async def event(
    connection: Connection,
    linkedid: str,
    seconds: float,
    kind: str,
    uniqueid: str,
    name: str,
    **extra: str,
) -> None:
    """A channel event."""
    empty = [f"cid_{each}" for each in ("name", "num", "ani", "rdnis", "dnid")]
    empty += ["exten", "context", "appname", "appdata", "amaflags", "accountcode", "userfield", "peer"]
    digest = f"{linkedid} {seconds} {kind} {uniqueid}".encode()
    columns = {"eventtype": kind, "event_at": at(seconds), "channame": name, "uniqueid": uniqueid, "digest": digest}
    told = {"eventextra": json.dumps(extra) if extra else "", **dict.fromkeys(empty, "")}
    await put(connection, "cel", node=NODE, linkedid=linkedid, **columns, **told)


@dataclass(frozen=True, slots=True)
class Place:
    """An API with some calls."""

    api: Api

    async def found(self, query: str, who: str = "anna") -> list[str]:
        """The calls that fit."""
        answer = await self.api.get(f"/api/v1/calls/records?from=2026-11-22T00:00&to=2026-11-23T00:00&{query}", who)
        assert answer.status == 200, answer.data
        return [each["call"] for each in answer.data["calls"]]

    async def story(self, named: str) -> dict[str, Any]:
        """A story."""
        answer = await self.api.get(f"/api/v1/calls/{named}/story", "super")
        assert answer.status == 200, answer.data
        told: dict[str, Any] = answer.data
        return told


def kinds(story: dict[str, Any]) -> list[str]:
    """Each step as lane and kind."""
    return [f"{step['lane']} {step['kind']}" for step in story["steps"]]


def only(story: dict[str, Any], kind: str) -> dict[str, Any]:
    """The one step of a kind."""
    (found,) = [step for step in story["steps"] if step["kind"] == kind]
    return dict(found)


@pytest.fixture(scope="module")
async def place(postgres: EmbeddedPostgres, postgres_template: str) -> AsyncIterator[Place]:
    """For all tests of this file."""
    async with (
        fresh_database(postgres, postgres_template) as dsn,
        Database.opened(dsn, Settings(acquire_timeout_s=30)) as database,
    ):
        connection = await asyncpg.connect(dsn)
        try:
            await _long(connection)
            await _others(connection)
        finally:
            await connection.close()
        centre = load_centre(shipped("dialplan"))
        asked = operations(Stories(database, [NODE], "CN"), lambda: centre, ZoneInfo("Asia/Shanghai"))
        async with api(of(asked, database), await tokens(database)) as served:
            yield Place(served)


async def _long(connection: Connection) -> None:
    """Through a menu and a queue to agent 1001, who holds them, asks 1002 and orders for them."""
    key, bridge = f"{NODE}!{LONG}", {"bridge_id": "b1"}
    caller, phone, other = "PJSIP/trunk-a-00000001", "PJSIP/phone-2001-00000002", "PJSIP/phone-2002-00000003"
    await call(connection, LONG, 0, hangup_source=phone)
    await put(connection, "walks", node=NODE, linkedid=LONG, uniqueid=LONG, hotline="10086", caller=CALLER, version=0,
              language="zh", began_at=at(1), moved_at=at(4), outcome="queue", target="queue service", to_target_ms=3000,
              missing=0)  # fmt: skip
    steps = [(1, "main", "entered", "", ""), (2, "main", "key", "1", "code"), (2, "code", "entered", "", ""),
             (3, "code", "key", "110101199001011234", "ask"), (4, "ask", "entered", "", ""),
             (4, "ask", "left", "", "queue service")]  # fmt: skip
    for number, (when, menu, outcome, pressed, target) in enumerate(steps):
        await put(connection, "walk_steps", node=NODE, linkedid=LONG, uniqueid=LONG, number=number, at=at(when),
                  menu=menu, outcome=outcome, key=pressed, target=target)  # fmt: skip
    await put(connection, "queue_calls", linkedid=LONG, uniqueid=LONG, how="answered", entered_at=at(5),
              left_at=at(9), wait_ms=4000, answered_at=at(9), ended_at=at(50), talk_ms=41_000,
              **VISIT | {"agent": "1001"})  # fmt: skip
    await put(connection, "queue_rings", node=NODE, linkedid=LONG, uniqueid="c-1.1", caller=LONG, visit=1,
              queue="service", line="service", agent="1001", device="PJSIP/phone-2001", rung_at=at(6), ended_at=at(9),
              outcome="answered")  # fmt: skip
    because = {"chosen": ["1001"], "because": {"1001": "has rested for 9 s"}, "others": {"1002": "paused (rest)"},
               "more": 3, "objection": ""}  # fmt: skip
    await put(connection, "offers", node=NODE, channel="c-1.1", call_key=key, line="service", agent="1001",
              rung_at=at(6), decision=json.dumps(because), agreed=True, outcome="answered", ended_at=at(9))  # fmt: skip
    decision = [{"position": 1, "line": "service", "reasons": ["line service"], "sticky": "", "sticky_why": ""}]
    await put(connection, "visits", call_key=key, queue="service", node=NODE, uniqueid=LONG, line="service",
              number="+8613812345678", tier="", language="zh", menu_priority=0, priority=0, came_at=at(5),
              entered_at=at(5), decision=json.dumps(decision), raised=json.dumps([[at(8).timestamp(), 9]]))  # fmt: skip
    for second, kind, uniqueid, name, extra in [
        (0, "CHAN_START", LONG, caller, {}), (6, "CHAN_START", "c-1.1", phone, {}), (9, "ANSWER", "c-1.1", phone, {}),
        (9, "BRIDGE_ENTER", "c-1.1", phone, bridge), (9.1, "BRIDGE_ENTER", LONG, caller, bridge),
        (20, "CCORE_HOLD", LONG, caller, {"extra": f"held {phone}"}),
        (21, "CHAN_START", "c-1.2", other, {}), (22, "ANSWER", "c-1.2", other, {}),
        (22, "BRIDGE_ENTER", "c-1.2", other, {"bridge_id": "b2"}),
        (22, "BRIDGE_ENTER", "c-1.1", phone, {"bridge_id": "b2"}),
        (25, "CHAN_END", "c-1.2", other, {}), (25, "BRIDGE_EXIT", "c-1.1", phone, {"bridge_id": "b2"}),
        (26, "CCORE_HOLD", LONG, caller, {"extra": f"resumed {phone}"}), (60, "CHAN_END", "c-1.1", phone, {}),
    ]:  # fmt: skip
        await event(connection, LONG, second, kind, uniqueid, name, **extra)
    for what, then in (("held", 20), ("consulted", 21), ("consult-cancel", 25), ("resumed", 26)):
        detail = json.dumps({"agent": "1002"} if what == "consulted" else {})
        await put(connection, "handlings", call_id=LONG, node=NODE, agent="1001", by_whom="li", what=what,
                  detail=detail, at=at(then))  # fmt: skip
    await put(connection, "order_attempts", call_key=f"{key}!once", caller=CALLER, subscriber="+8613812345678",
              dialled="1008610001", channel="agent", outcome="not-on-sale", reason="outside-sale", called_at=at(30),
              attempted_at=at(30))  # fmt: skip
    await put(connection, "outbox", call_key=f"{key}!once", kind="order-not-possible", recipient="+8613812345678",
              queued_at=at(31))  # fmt: skip
    await put(connection, "dispositions", call_id=LONG, agent="1001", queue="service", disposition="solved",
              fields=json.dumps({"about": "<b>"}), by_whom="li", at=at(62))  # fmt: skip
    await put(connection, "agents", agent="1001", name="李娜", set_by="test")


async def _others(connection: Connection) -> None:
    await call(connection, LEFT, 100, caller="013812345679")
    await put(connection, "queue_calls", linkedid=LEFT, uniqueid=LEFT, how="abandoned", entered_at=at(105),
              left_at=at(160), wait_ms=55_000, **VISIT)  # fmt: skip
    await put(connection, "ami_gaps", node=NODE, instance="a", epoch=1, began_at=at(110), ended_at=at(120),
              why="ccore-away")  # fmt: skip
    await call(connection, REFUSED, 200, dialled="1008610001", hangup_source="dialplan/builtin")
    await put(connection, "order_attempts", call_key=f"{NODE}!{REFUSED}", caller=CALLER, subscriber="+8613812345678",
              dialled="1008610001", channel="call", outcome="already-yours", reason="live-order", called_at=at(200),
              attempted_at=at(201))  # fmt: skip
    await call(connection, DIALLED, 300, caller="", dialled="", disposition="no-answer", answered_at=None)
    await connection.execute("ALTER TABLE attempts ALTER attempt_id DROP IDENTITY IF EXISTS")
    await put(connection, "attempts", attempt_id=7, campaign="autumn", contact_id=1, list="l", number="+8613912345670",
              node=NODE, state="over", outcome="machine", mode="progressive", epoch=1, claimed_at=at(299),
              dialled_at=at(300), rang_at=at(302), answered_at=at(310), ended_at=at(312), said="machine", cause=16,
              sip=200)  # fmt: skip
    await call(
        connection, CUT, 400, state="interrupted", disposition="interrupted", hangup_cause=None, hangup_source=""
    )


async def test_a_call_through_menu_and_queue_to_an_agent(place: Place) -> None:
    story = await place.story(LONG)
    assert kinds(story) == [
        "caller came", "caller answered", "menu walk", "menu menu", "menu menu-key", "menu menu", "menu menu-key",
        "menu menu-left", "queue queued", "agent:1001 rang", "queue raised", "agent:1001 talked", "caller held",
        "phone:2002 rang", "agent:1001 handled-consulted", "agent:1001 asked", "phone:2002 asked",
        "agent:1001 handled-consult-cancel", "order order-refused", "texts text", "caller ended", "agent:1001 disposed",
    ]  # fmt: skip
    rang = only(story, "handled-consulted")
    assert (rang["who"], rang["params"]["to"]) == ("li", "1002")
    held = only(story, "held")
    assert (held["who"], held["at"], held["until"]) == ("1001", "2026-11-22T07:00:20Z", "2026-11-22T07:00:26Z")
    assert only(story, "ended")["who"] == "1001"
    assert only(story, "order-refused")["why"] == [
        {"word": "order", "params": {"reason": "outside-sale"}, "text": ""},
        {"word": "order-by-agent", "params": {}, "text": ""},
    ]
    assert only(story, "disposed")["text"] == "about: <b>"
    assert story["agents"] == [{"agent": "1001", "name": "李娜"}]


async def test_why_it_was_that_agent(place: Place) -> None:
    rang = next(step for step in (await place.story(LONG))["steps"] if step["kind"] == "rang")
    assert [(why["word"], why["text"]) for why in rang["why"]] == [
        ("chosen", "has rested for 9 s"),
        ("not-chosen", "paused (rest)"),
        ("more-not-chosen", ""),
    ]
    assert rang["params"]["outcome"] == "answered"


async def test_what_callers_have_entered_is_nobodys_business(place: Place) -> None:
    story = await place.story(LONG)
    assert [step["params"]["key"] for step in story["steps"] if step["kind"] == "menu-key"] == ["1", "•" * 18]
    assert "110101" not in json.dumps(story)
    assert CALLER not in json.dumps(story)


@pytest.mark.parametrize("named", [LONG, f"{NODE}!{LONG}", f"{NODE}%21{LONG}"])
async def test_it_goes_by_each_of_its_names(place: Place, named: str) -> None:
    assert (await place.story(named))["call"] == LONG


async def test_a_caller_who_gave_up_while_ccore_was_away(place: Place) -> None:
    story = await place.story(LEFT)
    assert kinds(story) == ["caller came", "caller answered", "queue queued", "caller gap", "caller ended"]
    assert only(story, "queued")["params"]["how"] == "abandoned"
    assert only(story, "ended")["params"]["by"] == "caller"


async def test_an_order_that_was_refused(place: Place) -> None:
    story = await place.story(REFUSED)
    refused = only(story, "order-refused")
    assert (refused["params"]["outcome"], refused["why"][0]["params"]["reason"]) == ("already-yours", "live-order")
    assert only(story, "ended")["params"]["by"] == "ccore"


async def test_a_campaigns_call_to_a_machine(place: Place) -> None:
    story = await place.story(DIALLED)
    assert (story["direction"], story["campaign"], story["caller"]) == ("out", "autumn", "+86139****5670")
    assert kinds(story) == [
        "caller called",
        "caller dialled",
        "caller far-end-rang",
        "caller found-machine",
        "caller ended",
    ]


async def test_a_call_that_was_cut_off(place: Place) -> None:
    assert kinds(await place.story(CUT))[-1] == "caller interrupted"


@pytest.mark.parametrize(
    ("query", "calls"),
    [
        ("size=50", [CUT, DIALLED, REFUSED, LEFT, LONG]),
        (f"number={CALLER}&dialled=10086", [CUT, LONG]),
        ("number=%2B8613812345679", [LEFT]),
        ("number=13912345670", [DIALLED]),
        ("agent=1001", [LONG]),
        ("agent=1002", []),
        ("queue=service", [LEFT, LONG]),
        ("queue=service&outcome=abandoned", [LEFT]),
        ("outcome=order-refused", [REFUSED]),
        ("outcome=campaign", [DIALLED]),
        ("outcome=interrupted", [CUT]),
    ],
)
async def test_calls_are_found_by_what_is_known(place: Place, query: str, calls: list[str]) -> None:
    assert await place.found(query) == calls


async def test_page_after_page(place: Place) -> None:
    seen, after = list[str](), ""
    for _ in range(4):
        answer = await place.api.get(f"/api/v1/calls/records?from=2026-11-22T00:00&to=2026-11-23&size=2{after}")
        seen += [each["call"] for each in answer.data["calls"]]
        if answer.data["next"] is None:
            break
        after = f"&after={answer.data['next']}"
    assert seen == [CUT, DIALLED, REFUSED, LEFT, LONG]


@pytest.mark.parametrize("query", ["after=x", "after=eA==", "number=x", "outcome=well", "from=2020-01-01", "size=0"])
async def test_what_makes_no_sense_is_refused(place: Place, query: str) -> None:
    assert (await place.api.get(f"/api/v1/calls/records?{query}")).status == 400


async def test_who_may(place: Place) -> None:
    for path in ("records", f"{LONG}/story"):
        said = {who: (await place.api.get(f"/api/v1/calls/{path}", who)).status for who in ("super", "abel", "")}
        assert said == {"super": 200, "abel": 403, "": 401}
    assert (await place.api.get("/api/v1/calls/nowhere-1.1/story")).status == 404
