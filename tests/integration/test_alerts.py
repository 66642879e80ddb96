"""Alarms and standby staff in a real PostgreSQL: raised once, told to a real webhook however it fails, acknowledged."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web

from ccore.centre.alerts import Alarm, AlertFile, Webhook
from ccore.centre.centre import Centre, CentreFile, Echelon, Pause
from ccore.clock import utc_now
from ccore.config import Config, Secrets
from ccore.db.pool import Database
from ccore.hours import Calendar
from ccore.numbers.live import Doing, Live
from ccore.numbers.service import Numbers
from ccore.numbers.standby import hour_of, plan
from ccore.numbers.watching import Watching
from ccore.numbers.webhook import MESSAGE, SENT_AT, SIGNATURE, WebhookSender, pause_s, signature
from ccore.web.v1 import alerts, echelons, queue_numbers
from tests.support.api import Api, api, of, tokens
from tests.support.ports import free_port
from tests.support.shop import sql

SECRET = "0123456789abcdef"
SHANGHAI = ZoneInfo("Asia/Shanghai")
READY = Alarm(measure="ready-agents", raise_at=2, raise_after_s=10, clear_at=2, clear_after_s=10,
              text_to=("+8613800000009",))  # fmt: skip
WORDS = CentreFile(
    pause={"lunch": Pause(most_s=60)}, echelon=tuple(Echelon(volume_percent=level) for level in (110, 130, 160, 200))
)
CENTRE = Centre({}, (), WORDS, {}, Calendar(), {})


class Hook:
    """A webhook that takes what comes, says no, is slow, or hangs up in the middle."""

    def __init__(self) -> None:
        self.does = "takes"
        self.taken: list[web.Request] = []
        self.bodies: list[str] = []

    async def post(self, request: web.Request) -> web.Response:
        body = await request.text()
        if self.does == "hangs-up":
            assert request.transport is not None
            request.transport.close()
        elif self.does == "slow":
            await asyncio.sleep(5)
        elif self.does == "refuses":
            return web.Response(status=503)
        else:
            self.taken.append(request)
            self.bodies.append(body)
        return web.Response()


@asynccontextmanager
async def hook() -> AsyncIterator[tuple[Hook, Webhook]]:
    """It runs."""
    built, port = Hook(), free_port()
    app = web.Application()
    app.add_routes([web.post("/alarms", built.post)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield built, Webhook(url=f"http://127.0.0.1:{port}/alarms", limit_s=0.3)
    finally:
        await runner.cleanup()


class Floor:
    """What agents do, as a test wants it."""

    def __init__(self) -> None:
        self.doing: list[Doing] = []
        self.warnings = 0


@pytest.fixture
def floor() -> Floor:
    """Nobody is there."""
    return Floor()


@pytest.fixture
def watching(database: Database, floor: Floor) -> Watching:
    """Nothing is watched yet."""
    live = Live(database, SHANGHAI, lambda: floor.doing)
    return Watching(database, live, lambda: floor.warnings, "10086", SHANGHAI, 0.1)


def use(watching: Watching, *, webhook: Webhook | None = None, **alarms: Alarm) -> None:
    """Watch these."""
    named = {name.replace("_", "-"): alarm for name, alarm in alarms.items()}
    watching.use(CENTRE, AlertFile(webhook=webhook, alert=named))


async def look(watching: Watching, now: datetime, *seconds: float) -> None:
    """Look at these seconds after ``now``."""
    for second in seconds:
        await watching.look(now + timedelta(seconds=second))


async def test_an_alarm_is_raised_once_texted_and_over(dsn: str, watching: Watching, floor: Floor) -> None:
    use(watching, webhook=Webhook(url="http://127.0.0.1:9/"), few_ready=READY)
    now = utc_now()
    await look(watching, now, 0, 5, 10, 15, 30)
    [alert] = await sql(dsn, "SELECT * FROM alerts")
    assert (alert["name"], alert["subject"], alert["value"], alert["cleared_at"]) == ("few-ready", "", 0.0, None)
    assert alert["raised_at"] == now + timedelta(seconds=10)
    assert (alert["text"], alert["text_en"]) == ("空闲坐席 0 人，少于 2 人", "0 agents are ready, fewer than 2")
    [text] = await sql(dsn, "SELECT kind, recipient, params FROM outbox")
    assert (text["kind"], text["recipient"]) == ("alert", "+8613800000009")
    assert "空闲坐席 0 人" in json.loads(text["params"])["text"]
    floor.doing = [Doing(str(number), "ready", "", now) for number in range(2)]
    await look(watching, now, 31, 41, 50)
    rows = await sql(dsn, "SELECT event, body FROM webhook_outbox ORDER BY message_id")
    assert [row["event"] for row in rows] == ["raised", "cleared"]
    assert json.loads(rows[0]["body"])["text"]["en"] == "0 agents are ready, fewer than 2"
    [cleared] = await sql(dsn, "SELECT cleared_at FROM alerts")
    assert cleared["cleared_at"] == now + timedelta(seconds=41)


async def test_the_next_ccore_goes_on_from_what_is_raised(database: Database, dsn: str, watching: Watching) -> None:
    use(watching, few_ready=READY)
    now = utc_now()
    await look(watching, now, 0, 10)
    crowd = [Doing(str(number), "ready", "", now) for number in range(3)]
    successor = Watching(database, Live(database, SHANGHAI, lambda: crowd), lambda: 0, "10086", SHANGHAI, 0.1)
    use(successor, few_ready=READY)
    await look(successor, now, 20, 25)
    assert [row["cleared_at"] for row in await sql(dsn, "SELECT cleared_at FROM alerts")] == [None]
    await look(successor, now, 30)
    assert [row["cleared_at"] for row in await sql(dsn, "SELECT cleared_at FROM alerts")] == [
        now + timedelta(seconds=30)]  # fmt: skip


async def test_what_is_watched_no_more_is_over(dsn: str, watching: Watching) -> None:
    use(watching, few_ready=READY)
    now = utc_now()
    await look(watching, now, 0, 10)
    use(watching)
    await look(watching, now, 11)
    assert (await sql(dsn, "SELECT cleared_at FROM alerts"))[0]["cleared_at"] is not None


async def test_pauses_and_warnings(dsn: str, watching: Watching, floor: Floor) -> None:
    now = utc_now()
    at_once = {"raise_after_s": 0, "clear_after_s": 0}
    use(
        watching,
        long_pause=Alarm.model_validate({"measure": "pause", "raise_at": 30, "clear_at": 0, **at_once}),
        warned=Alarm.model_validate({"measure": "warnings", "raise_at": 0, "clear_at": 0, **at_once}),
    )
    floor.doing = [Doing("1001", "paused", "lunch", now), Doing("1002", "paused", "meeting", now)]
    await look(watching, now, 0, 90)
    assert not await sql(dsn, "SELECT * FROM alerts")
    floor.warnings = 2
    await look(watching, now, 91)
    rows = await sql(dsn, "SELECT name, subject, value FROM alerts ORDER BY name")
    assert [tuple(row) for row in rows] == [("long-pause", "1001", 31.0), ("warned", "", 2.0)]
    floor.doing, floor.warnings = [], 0
    await look(watching, now, 92)
    assert not await sql(dsn, "SELECT * FROM alerts WHERE cleared_at IS NULL")


async def visits(dsn: str, how: str, wait_ms: int, count: int, queue: str = "sales") -> None:
    """So many callers who have just come and gone."""
    for number in range(count):
        await sql(
            dsn,
            "INSERT INTO queue_calls VALUES ('node1', $1, $1, 1, $2, $2, 'zh', '', 0, '', now() - interval '1 second',"
            " now(), $3, $4, CASE WHEN $3 = 'answered' THEN now() END, '', '', NULL, NULL, 0, false, 1)",
            f"{how}-{wait_ms}-{number}", queue, how, wait_ms,
        )  # fmt: skip


async def test_service_level_and_abandonment(dsn: str, watching: Watching) -> None:
    at_once = {"raise_after_s": 0, "clear_after_s": 0}
    level = Alarm.model_validate({"measure": "service-level", "raise_at": 70, "clear_at": 80, **at_once})
    gone = Alarm.model_validate({"measure": "abandonment", "raise_at": 15, "clear_at": 10, **at_once})
    use(watching, level=level, gone=gone)
    await visits(dsn, "answered", 90_000, 4)
    await look(watching, utc_now(), 0)
    assert not await sql(dsn, "SELECT * FROM alerts"), "four callers say nothing"
    await visits(dsn, "abandoned", 1000, 20)  # in a short time: they do not count
    await visits(dsn, "abandoned", 60_000, 1)
    await look(watching, utc_now(), 0)
    rows = await sql(dsn, "SELECT name, subject, value FROM alerts ORDER BY name")
    assert [tuple(row) for row in rows] == [("gone", "sales", 20.0), ("level", "sales", 0.0)]
    await visits(dsn, "answered", 1000, 30)
    await look(watching, utc_now(), 0)
    assert not await sql(dsn, "SELECT * FROM alerts WHERE cleared_at IS NULL")


@pytest.mark.parametrize("fault", ["hangs-up", "slow", "refuses", "nobody-there"])
async def test_a_webhook_that_fails_gets_it_later_signed(database: Database, dsn: str, fault: str) -> None:
    await sql(dsn, "INSERT INTO alerts (name, subject, raised_at, value, text) VALUES ('few', '', now(), 1, 'x')")
    await sql(dsn, "INSERT INTO webhook_outbox (alert_id, event, body) VALUES (1, 'raised', $1)", '{"坐席": 0}')
    async with hook() as (there, webhook), aiohttp.ClientSession() as session:
        nowhere = webhook.model_copy(update={"url": f"http://127.0.0.1:{free_port()}/"})
        there.does = fault
        current = nowhere if fault == "nobody-there" else webhook
        patient = webhook.model_copy(update={"limit_s": 30.0})
        sender = WebhookSender(database, lambda: current, SECRET)
        assert await sender.send_due(session, utc_now()) == 0
        later = "next_at >= queued_at + interval '1 second' AS later"
        [row] = await sql(dsn, f"SELECT state, tries, error, {later} FROM webhook_outbox")
        assert (row["state"], row["tries"], row["later"]) == ("queued", 1, True)
        assert row["error"]
        assert sender.reason
        there.does, current = "takes", patient
        await sql(dsn, "UPDATE webhook_outbox SET next_at = now() + interval '1 hour'")
        assert await sender.send_due(session, utc_now()) == 0, "not before its time"
        await sql(dsn, "UPDATE webhook_outbox SET next_at = now()")
        assert await sender.send_due(session, utc_now()) == 1
        assert await sender.send_due(session, utc_now()) == 0
        assert not sender.reason
    assert there.bodies == ['{"坐席": 0}']
    headers = there.taken[0].headers
    assert headers[MESSAGE] == "1"
    assert headers[SIGNATURE] == signature(SECRET, headers[SENT_AT], there.bodies[0])
    assert signature("another secret of 16", headers[SENT_AT], there.bodies[0]) != headers[SIGNATURE]


async def test_news_of_yesterday_is_given_up(database: Database, dsn: str) -> None:
    await sql(dsn, "INSERT INTO alerts (name, subject, raised_at, value, text) VALUES ('few', '', now(), 1, 'x')")
    await sql(dsn, "INSERT INTO webhook_outbox (alert_id, event, body) VALUES (1, 'raised', '{}')")
    async with aiohttp.ClientSession() as session:
        sender = WebhookSender(database, lambda: Webhook(url=f"http://127.0.0.1:{free_port()}/"), None)
        await sender.send_due(session, utc_now() + timedelta(hours=25))
    assert [row["state"] for row in await sql(dsn, "SELECT state FROM webhook_outbox")] == ["given-up"]


def test_pauses_between_tries_grow_to_ten_minutes() -> None:
    assert [pause_s(tries) for tries in (0, 1, 5, 9, 10, 1000)] == [1, 2, 32, 512, 600, 600]


async def people(dsn: str) -> None:
    """Four of the standby staff: one is signed in, one has no mobile."""
    for agent, echelon in [("2001", 1), ("2002", 2), ("2003", 1), ("2004", 1), ("2005", 3)]:
        mobile = None if agent == "2003" else f"+861380000{agent}"
        await sql(dsn, "INSERT INTO agents (agent, name, echelon, mobile, set_by) VALUES ($1, $1, $2, $3, 'test')",
                  agent, echelon, mobile)  # fmt: skip
    await sql(dsn, "INSERT INTO presences (agent, state, device_kind, device_number, node)"
              " VALUES ('2004', 'ready', 'phone', '2004', 'node1')")  # fmt: skip


@pytest.fixture
async def server(database: Database, dsn: str) -> AsyncIterator[Api]:
    """The routes, for all roles."""
    secrets = Secrets.model_validate({"ami_events_secret": f"{SECRET}1", "ami_actions_secret": f"{SECRET}2"})
    numbers = Numbers(Config(), secrets, database, lambda _name, _queue: {}, list, lambda: 0)
    numbers.use(CENTRE, AlertFile())
    await people(dsn)
    operations = [
        *queue_numbers.operations(numbers, SHANGHAI),
        *alerts.operations(numbers),
        *echelons.operations(numbers),
    ]
    async with api(of(operations, database), await tokens(database)) as built:
        yield built


async def test_an_alert_is_acknowledged_once_by_a_person(server: Api, dsn: str) -> None:
    await sql(dsn, "INSERT INTO alerts (name, subject, raised_at, value, text) VALUES ('few', '', now(), 1, 'x')")
    listed = (await server.get("/api/v1/alerts", "super")).data["alerts"]
    assert [(alert["name"], alert["acknowledged_by"]) for alert in listed] == [("few", None)]
    assert (await server.post("/api/v1/alerts/1/acknowledge", {}, "super")).status == 200
    assert (await server.post("/api/v1/alerts/1/acknowledge", {}, "ada")).status == 409
    assert (await server.post("/api/v1/alerts/7/acknowledge", {}, "ada")).status == 409
    assert (await server.get("/api/v1/alerts", "super")).data["alerts"][0]["acknowledged_by"] == "super"
    audited = await sql(dsn, "SELECT actor, action, subject FROM audit WHERE subject LIKE 'alert:%'")
    assert [tuple(row) for row in audited] == [("super", "alert-acknowledged", "alert:1")]


async def test_an_echelon_is_called_up_with_one_key_and_nobody_twice(server: Api, dsn: str) -> None:
    called = await server.post("/api/v1/echelons/2/call-up", {"queue": "sales"}, "super")
    assert called.data == {"called_up": ["2001", "2002"]}
    assert (await server.post("/api/v1/echelons/2/call-up", {"queue": "sales"}, "super")).data == {"called_up": []}
    assert (await server.post("/api/v1/echelons/3/call-up", {"queue": "sales"}, "ada")).data == {"called_up": ["2005"]}
    texts = await sql(dsn, "SELECT recipient, params FROM outbox ORDER BY message_id")
    assert [row["recipient"] for row in texts] == ["+8613800002001", "+8613800002002", "+8613800002005"]
    assert "第 2 梯队" in json.loads(texts[0]["params"])["text"]
    await sql(dsn, "INSERT INTO presence_log (agent, at, state, reason, queue, call_id, by_whom)"
              " VALUES ('2001', now(), 'ready', '', '', '', 'test')")  # fmt: skip
    shown = (await server.get("/api/v1/echelons", "super")).data
    assert [(row["agent"], row["called_by"], row["came_at"] is None) for row in shown["called_up"]] == [
        ("2001", "super", False), ("2002", "super", True), ("2005", "ada", True)]  # fmt: skip
    assert (await sql(dsn, "SELECT count(*) AS n FROM audit WHERE action = 'echelon-called-up'"))[0]["n"] == 3


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/queues/numbers"), ("GET", "/api/v1/queues/reports/queues"), ("GET", "/api/v1/alerts"),
        ("GET", "/api/v1/echelons"), ("POST", "/api/v1/alerts/1/acknowledge"), ("POST", "/api/v1/echelons/1/call-up"),
    ],
)  # fmt: skip
async def test_it_is_for_supervisors(server: Api, method: str, path: str) -> None:
    assert (await server.ask(method, path, "", {"queue": "sales"})).status == 401
    for who in ("abel", "anna", "olga"):
        assert (await server.ask(method, path, who, {"queue": "sales"})).status == 403
    assert (await server.ask(method, path, "super", {"queue": "sales"})).status in {200, 409}


async def test_reports_over_http(server: Api, dsn: str) -> None:
    await visits(dsn, "answered", 1000, 3)
    for kind in ("queues", "agents", "skills"):
        for form, content in [("json", "application/json"), ("csv", "text/csv"), ("xlsx", "application/vnd.openxml")]:
            answer = await server.get(f"/api/v1/queues/reports/{kind}?format={form}&interval=hour", "super")
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith(content)
    [line] = (await server.get("/api/v1/queues/reports/queues?interval=day", "super")).data["lines"]
    assert (line["name"], line["offered"], line["service_level"]) == ("sales", 3, 100.0)
    assert line["from"].endswith("T00:00:00+08:00")
    path = "/api/v1/queues/reports/queues?interval=whole"
    [together] = (await server.get(f"{path}&together=true", "super")).data["lines"]
    assert (together["name"], together["offered"], together["complete"]) == ("", 3, line["complete"])
    assert (await server.get(f"{path}&names=service,other", "super")).data["lines"] == []
    assert len((await server.get(f"{path}&names=other,sales", "super")).data["lines"]) == 1
    assert (await server.get("/api/v1/queues/reports/skills?together=true", "super")).status == 400
    for wrong in (
        "from=x",
        "interval=week",
        "format=pdf",
        "from=2026-01-01&to=2025-01-01",
        "from=2020-01-01&to=2026-01-01",
    ):
        assert (await server.get(f"/api/v1/queues/reports/queues?{wrong}", "super")).status == 400


async def test_more_calls_than_planned_and_bad_service_propose_an_echelon(
    database: Database, dsn: str, watching: Watching
) -> None:
    use(watching)
    now = datetime.now(SHANGHAI).replace(minute=30, second=0, microsecond=0)
    await plan(database, [("sales", now.isoweekday(), now.hour, 20)])
    for number in range(15):
        await sql(
            dsn,
            "INSERT INTO queue_calls VALUES ('node1', $1, $1, 1, 'sales', 'sales', 'zh', '', 0, '', $2::timestamptz,"
            " $2::timestamptz + interval '1 minute', 'abandoned', 60000, NULL, '', '', NULL, NULL, 0, false, 1)",
            str(number), now - timedelta(minutes=5),
        )  # fmt: skip
    await look(watching, now.astimezone(UTC), 0, 100)
    assert not await sql(dsn, "SELECT * FROM echelon_states")
    await look(watching, now.astimezone(UTC), 181)
    [state] = await sql(dsn, "SELECT queue, level, round(percent) AS percent FROM echelon_states")
    assert tuple(state) == ("sales", 2, 136)
    assert hour_of(now, SHANGHAI).minute == 0
