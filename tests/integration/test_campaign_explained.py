"""Why a campaign dials nobody, when a number is called, and the log of a campaign, of rows written by hand."""

import io
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from ccore import config
from ccore.centre.centre import load_centre
from ccore.db.pool import Database
from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.simulation.log import read
from ccore.errors import CcoreError
from ccore.shipped import shipped
from ccore.web.v1 import campaign_reports
from tests.support.api import api, of, tokens
from tests.support.attempts import AGENTS, NAME, PERIOD, SINCE, UNTIL, keep, made, worked
from tests.support.calling_out import put
from tests.support.commands import Run, running
from tests.support.operators import working_copy
from tests.support.shop import sql

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    working_copy(tmp_path)
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_a_log_is_exported_and_replayed(ccore: Run, database: Database, dsn: str, tmp_path: Path) -> None:
    attempts = made(600)
    attempts[5] |= {"number": attempts[4]["number"]}
    await keep(dsn, "attempts", attempts)
    talks = {agent: [each for each in attempts if each["agent"] == agent] for agent in AGENTS}
    await worked(database, dsn, {
        agent: [
            (SINCE, "ready"),
            *((at, state) for each in theirs for at, state in (
                (each["connected_at"], "talking"), (each["ended_at"], "wrap-up"),
                (each["ended_at"] + timedelta(seconds=5), "ready"),
            )),
        ] for agent, theirs in talks.items()
    })  # fmt: skip
    code, lines = await ccore("campaigns", "log", NAME, *PERIOD)
    assert code == 0
    assert not any(each["number"][1:] in line for each in attempts for line in lines)
    file = tmp_path / "spring.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    log = read(file)
    assert log.campaign is not None
    assert (log.campaign.campaign, log.campaign.limit, log.campaign.channels) == (NAME, 0.03, 24)
    assert Counter(each.outcome for each in log.attempts) == Counter(Outcome(each["outcome"]) for each in attempts)
    hashes = [each.number_hash for each in log.attempts]
    assert hashes[4] == hashes[5]
    assert len(set(hashes)) == len(attempts) - 1
    wanted = sorted(e["connected_at"].timestamp() for e in attempts if e["connected_at"])
    assert sorted(e.connected_at for e in log.attempts if e.connected_at) == pytest.approx(wanted)
    assert Counter(each.state for each in log.agents)[AgentState.TALK] == len(wanted)
    code, said = await ccore(
        "simulate", "--campaign", str(file), "--agents", "+2", "--pacers", "progressive", "--seeds", "1"
    )
    assert (code, said[0]) == (0, "spring, replayed: 5 agents, 3 h, limit 3.0%, seed 1")
    _, told = await ccore("campaigns", "report", NAME, *PERIOD, "--gain")
    gained = dict(line.split() for line in told[told.index("gain") + 2 :])
    talked = sum(each["outcome"] == "talked" for each in attempts)
    assert float(gained["calls_per_agent_hour"]) == pytest.approx(talked / 9, abs=0.2)  # three agents, three hours
    assert float(gained["times_progressive"]) == pytest.approx(
        float(gained["calls_per_agent_hour"]) / float(gained["progressive_calls_per_agent_hour"]), abs=0.01
    )
    with pytest.raises(CcoreError, match="its gain cannot be told: no-such: 0 attempts"):
        await ccore("campaigns", "report", "no-such", *PERIOD, "--gain")


async def contact(dsn: str, **more: object) -> None:
    usual: dict[str, object] = {"list": NAME, "number": "+8613800138000", "zone": "Asia/Shanghai", "region": "CN"}
    await put(dsn, [usual | more])


async def test_why_nobody_is_dialled_and_when_a_number_is(ccore: Run, database: Database, dsn: str) -> None:
    code, lines = await ccore("explain", "campaign", NAME)
    assert (code, lines[:2]) == (0, [
        "STOPS  nobody has started it: ccore campaigns start NAME",
        f"STOPS  there is no list {NAME}: ccore lists upload",
    ])  # fmt: skip
    await sql(dsn, "INSERT INTO campaigns (name, state, by) VALUES ($1, 'running', 'boss')", NAME)
    await sql(dsn, "INSERT INTO contact_lists (list, made_by) VALUES ($1, 'boss')", NAME)
    await contact(dsn)
    await sql(dsn, "INSERT INTO do_not_call (number, reason, made_by) VALUES ('+8613800138000', 'asked us', 'boss')")
    code, lines = await ccore("explain", "campaign", NAME)
    assert "STOPS  of 1 contacts that are next, 1 are not to be called (do-not-call)" in lines
    assert "STOPS  no agent of queue outbound is signed in" in lines
    assert "STOPS  no ccore dials on this database: none runs, or none has begun yet" in lines
    code, lines = await ccore("explain", "number", "138 0013 8000")
    assert (code, lines[0]) == (0, "+8613800138000")
    assert lines[1].startswith("STOPS  no campaign may call it, says boss since ")
    assert lines[1].endswith(": asked us")
    assert lines[-1] == f"STOPS  campaign {NAME} does not call them (they are not to be called)"
    for wrong in (("campaign", "none"), ("number", "12"), ("a", "b", "c")):
        with pytest.raises(CcoreError):
            await ccore("explain", *wrong)


SAMPLES = {
    "": "SELECT",
    "do-not-call": "INSERT INTO do_not_call_prefixes (prefix, made_by) VALUES ('+86138', 't')",
    "attempts": "UPDATE contacts SET attempts = 5",
    "not-before": "UPDATE contacts SET not_before = now() + interval '1 h'",
    "under-way": "{earlier} 'ringing', NULL, now() FROM generate_series(1, 1)",
    "per-day": "{earlier} 'over', 'busy', now() - h * interval '7 h' FROM generate_series(1, 2) h",
    "abandoned": "{earlier} 'over', 'abandoned', now() - interval '50 h'",
    "quota": 'UPDATE contacts SET fields = \'{{"city": "Wuhan"}}\'',
    "owned": "UPDATE contacts SET agent = '1001'",
    "not-due": "UPDATE contacts SET next_at = now() + interval '1 h'",
}
EARLIER = (
    "INSERT INTO attempts (campaign, contact_id, list, number, node, mode, epoch, state, outcome, dialled_at)"
    " SELECT 'x', 1, 'y', '+8613800138000', 'node1', 'predictive', 1,"
)


async def test_what_forbids_contacts_is_seen_as_the_claim_sees_it(database: Database, dsn: str) -> None:
    for why, change in SAMPLES.items():
        await sql(dsn, "TRUNCATE contacts, attempts, do_not_call_prefixes RESTART IDENTITY CASCADE")
        await contact(dsn)
        await sql(dsn, change.format(earlier=EARLIER))
        full = [{"field": "city", "value": "Wuhan"}]
        limits = (5, 2, timedelta(hours=72), None, full, False)
        rows = await database.fetch("explaining.sample", [NAME], *limits)
        assert [tuple(row) for row in rows] == [(why, 1)]
    rows = await database.fetch("explaining.sample", [NAME], 5, 2, None, "plans", [], True)
    assert [tuple(row) for row in rows] == [("no-consent", 1)]


async def test_the_last_decision_is_explained_to_any_ccore(ccore: Run, database: Database, dsn: str) -> None:
    await sql(dsn, "INSERT INTO campaigns (name, state, by) VALUES ($1, 'running', 'boss')", NAME)
    await sql(dsn, "INSERT INTO leases (name, epoch, holder, life, expires_at)"
                   " VALUES ('dialler', 1, 'ccore-a', 'b', now() + interval '1 min')")  # fmt: skip
    why = {
        "gate": "allowance", "idle": 1, "waiting": 0, "busy": 11, "outstanding": 20, "theta": 0.02, "bank": 1.5,
        "expected_free": 1.8, "expected_answers": 1.6, "wake_at": 0.0, "seats": 12, "free_channels": 10,
    }  # fmt: skip
    await sql(dsn, "INSERT INTO pacing_log (campaign, node, began, hung_up, why) VALUES ($1, 'node1', 0, 0, $2)",
              NAME, json.dumps(why))  # fmt: skip
    _, lines = await ccore("explain", "campaign", NAME)
    assert (
        "STOPS  node1 waits: 1.8 agents will be free within 5 s (1 are now), 1.6 of 20 calls under way will be"
        " answered; one more would meet no agent with a chance above 2.0%"
    ) in lines
    assert "  -    ccore-a dials for all campaigns" in lines


async def test_supervisors_ask_over_http(database: Database, dsn: str) -> None:
    await keep(dsn, "attempts", made(300))
    await contact(dsn)
    centre = load_centre(shipped("dialplan"))
    operations = campaign_reports.operations(database, lambda: centre, list, lambda _: (), ZONE, "CN")
    period = f"from={SINCE:%Y-%m-%dT%H:%M:%SZ}&until={UNTIL:%Y-%m-%dT%H:%M:%SZ}"
    async with api(of(operations, database), await tokens(database)) as served:
        found = await served.get("/api/v1/campaigns/spring/explanation", "super")
        assert found.data["lines"][0] == {
            "gate": "state", "stops": True, "text": "nobody has started it: ccore campaigns start NAME",
            "text_zh": "还没有启动：请点“启动”",
        }  # fmt: skip
        found = await served.post("/api/v1/numbers/explanation", {"number": "13800138000"}, "super")
        assert [line["gate"] for line in found.data["lines"]] == ["attempts", "contact", "turn"]
        assert (await served.post("/api/v1/numbers/explanation", {"number": "123"}, "super")).status == 400
        found = await served.get(f"/api/v1/campaigns/spring/report?{period}", "super")
        funnel = {row["step"]: row["count"] for row in found.data["funnel"]}
        assert funnel["attempts"] == 300
        sheet = await served.get(f"/api/v1/campaigns/spring/report?{period}&format=csv", "super")
        assert sheet.headers["Content-Disposition"] == 'attachment; filename="spring.csv"'
        book = await served.get(f"/api/v1/campaigns/spring/report?{period}&format=xlsx", "super")
        assert load_workbook(io.BytesIO(book.body))["hours"].max_row == 4
        for path, status in {
            "/api/v1/campaigns/none/explanation": 404, "/api/v1/campaigns/none/report": 404,
            "/api/v1/campaigns/spring/report?from=2026-01-02&until=2026-01-01": 400,
            "/api/v1/campaigns/spring/report?from=0001-01-01&until=2026-01-01": 400,
        }.items():  # fmt: skip
            assert (await served.get(path, "super")).status == status, path
        assert (await served.get("/api/v1/campaigns/spring/report", "abel")).status == 403
