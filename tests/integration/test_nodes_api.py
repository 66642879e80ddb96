"""How the site is, over HTTP: nodes, ccores and gaps; and what came of the calls by each trunk."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ccore import __version__
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.nodes import SipTrunk
from ccore.people.model import Role
from ccore.web.v1 import trunk_figures
from tests.support.api import Api, api, of, tokens
from tests.support.asterisk import NODE, node_config
from tests.support.live import Running, live
from tests.support.shop import sql

__all__ = ["live"]

CALLED = """
INSERT INTO folded_calls (node, linkedid, started_at, answered_at, ended_at, call_keys, state, disposition, duration_ms,
    billed_ms, talk_ms, caller, caller_name, dialled, context, channel, trunk, hangup_cause, hangup_source, legs,
    transferred, cdrs, clock_suspect)
VALUES ($1, $2, $3, $4, $3::timestamptz + interval '1 minute', ARRAY[$2], 'ended',
    CASE WHEN $4::timestamptz IS NULL THEN 'no-answer' ELSE 'answered' END,
    60000, $5, 0, '', '', '', '', '', $6, $7, '', 1, false, 1, false)
"""
DIALLED = """
WITH one AS (
    INSERT INTO contacts (list, number, zone, region) VALUES ('l', $1, 'Asia/Shanghai', 'CN') RETURNING contact_id
)
INSERT INTO attempts (campaign, contact_id, list, number, node, trunk, state, outcome, mode, epoch, claimed_at,
    dialled_at, answered_at, ended_at, cause, sip, cancelled)
SELECT 'spring', contact_id, 'l', $1, $2, $3, 'over', 'busy', 'progressive', 1, $4::timestamptz, $4, $5,
    $4::timestamptz + interval '40 seconds', $6, $7, $8 FROM one
"""


async def test_what_health_says_and_postgresql_is_told(live: Running) -> None:
    await live.parts.instances.beat()
    status, said = await live.api.ask("GET", "/api/v1/nodes", Role.OPERATOR)
    assert status == 200, said
    (node,) = said["nodes"]
    assert (node["node"], node["up"], node["calls"], node["phones_known"]) == (NODE, False, 0, 0)
    assert node["records_behind_s"] is None, "this ccore does not read them"
    assert 0 < node["disk_free_permille"] <= 1000
    (instance,) = said["instances"]
    assert (instance["instance"], instance["this"], instance["here"]) == ("test", True, True)
    assert (instance["software"], instance["leads"], instance["links"]) == (__version__, [], [])
    assert said["database"]["standby"] is False
    assert said["database"]["connections"] >= said["database"]["in_use"] >= 0
    assert said["texts"]["gateway"] == "none"
    assert "no Asterisk is linked" in said["why_not"]
    assert said["warnings"] == (await live.api.ask("GET", "/health", None))[1]["warnings"]


async def here(live: Running) -> list[bool]:
    """Which of the ccores are here."""
    instances = (await live.api.ask("GET", "/api/v1/nodes", Role.ADMIN))[1]["instances"]
    return [each["here"] for each in instances]


async def test_a_ccore_that_goes_without_a_word_is_told_as_gone(live: Running, dsn: str) -> None:
    await live.parts.instances.beat()
    await sql(dsn, "UPDATE instances SET seen_at = now() - interval '9 seconds'")
    assert [each["here"] for each in (await live.api.ask("GET", "/api/v1/nodes", Role.ADMIN))[1]["instances"]] == [
        False
    ]
    await live.parts.instances.beat()
    assert await here(live) == [True]
    await live.parts.instances.leave()
    assert await here(live) == []


async def test_links_of_every_ccore_and_its_work(live: Running, dsn: str) -> None:
    await live.parts.instances.beat()
    await sql(
        dsn,
        "INSERT INTO ami_links (node, instance, up_at, epoch, booted_at, alive_at, beat_at, lost_at, why) VALUES"
        " ($1, 'test', now() - interval '9 minutes', 1, '', now(), now(), now() - interval '8 minutes', 'closed'),"
        " ($1, 'test', now() - interval '7 minutes', 2, '', now(), now() + interval '1 minute', NULL, '')",
        NODE,
    )
    await sql(
        dsn,
        "INSERT INTO leases (name, epoch, holder, life, expires_at) VALUES"
        " ('dial', 1, 'test', 'x', now() + interval '1 minute'), ('old', 1, 'test', 'x', now())",
    )
    (instance,) = (await live.api.ask("GET", "/api/v1/nodes", Role.ADMIN))[1]["instances"]
    assert [(each["node"], each["up"]) for each in instance["links"]] == [(NODE, True)]
    assert [each["name"] for each in instance["leads"]] == ["dial"]
    await sql(dsn, "UPDATE ami_links SET beat_at = now() - interval '1 minute'")
    (instance,) = (await live.api.ask("GET", "/api/v1/nodes", Role.ADMIN))[1]["instances"]
    assert [each["up"] for each in instance["links"]] == [False], "nobody has heard of it for a minute"


async def test_gaps_a_page_at_a_time(live: Running, dsn: str) -> None:
    await sql(
        dsn,
        "INSERT INTO ami_gaps (node, instance, epoch, began_at, ended_at, why) SELECT 'n' || n % 2, 'x', n,"
        " now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '5 seconds', 'closed'"
        " FROM generate_series(1, 5) AS n",
    )
    gaps = "/api/v1/nodes/gaps"
    first = (await live.api.ask("GET", f"{gaps}?size=3", Role.SUPERVISOR))[1]
    rest = (await live.api.ask("GET", f"{gaps}?size=3&before={first['before']}", Role.SUPERVISOR))[1]
    assert ([len(first["gaps"]), len(rest["gaps"])], rest["before"]) == ([3, 2], None)
    one = (await live.api.ask("GET", f"{gaps}?node=n1", Role.SUPERVISOR))[1]["gaps"]
    assert {each["node"] for each in one} == {"n1"}
    assert len(one) == 3
    assert (await live.api.ask("GET", f"{gaps}?node=..", Role.SUPERVISOR))[0] == 400


@pytest.fixture
async def asked(database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    trunk = SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")])
    config = node_config(tmp_path, trunks={"a": trunk, "b": trunk})
    async with api(of(trunk_figures.operations(config, database), database), await tokens(database)) as served:
        yield served


async def called(dsn: str, name: str, at: datetime, answered: bool, trunk: str = "trunk-a", cause: int = 16) -> None:
    answer = at + timedelta(seconds=5) if answered else None
    await sql(dsn, CALLED, NODE, name, at, answer, 30_000 if answered else 0, trunk, cause)


async def test_what_came_of_calls_by_trunk(asked: Api, dsn: str) -> None:
    now = utc_now()
    soon, before = now - timedelta(minutes=10), now - timedelta(hours=3)
    await called(dsn, "1", soon, answered=True)
    await called(dsn, "2", soon, answered=True)
    await called(dsn, "3", soon, answered=False, cause=34)
    await called(dsn, "4", before, answered=True)
    await called(dsn, "5", now - timedelta(hours=25), answered=True)
    await called(dsn, "6", soon, answered=True, trunk="2001")  # a telephone's own call
    for number, (at, talked, cause, sip, cancelled) in enumerate(
        [(soon, True, 16, 200, False), (soon, False, 17, 486, False), (soon, False, 17, 486, False),
         (soon, False, 0, 0, True), (before, False, 34, 503, False)]
    ):  # fmt: skip
        answered = at + timedelta(seconds=20) if talked else None
        await sql(dsn, DIALLED, f"+861380000000{number}", NODE, "b", at, answered, cause, sip, cancelled)
    hour = (await asked.get("/api/v1/trunks/figures", "super")).data
    assert hour["figures"] == [
        {"trunk": "a", "direction": "in", "calls": 3, "answered": 2, "seconds": 60},
        {"trunk": "b", "direction": "out", "calls": 4, "answered": 1, "seconds": 20},
    ]
    assert [(each["trunk"], each["cause"], each["sip"], each["calls"]) for each in hour["failures"]] == [
        ("b", 17, 486, 2),
        ("a", 34, 0, 1),
    ]
    day = (await asked.get("/api/v1/trunks/figures?span=day", "super")).data
    assert [each["calls"] for each in day["figures"]] == [4, 5]
    assert sum(each["calls"] for each in day["hours"]) == 9
    assert (await asked.get("/api/v1/trunks/figures?span=year", "super")).status == 400
