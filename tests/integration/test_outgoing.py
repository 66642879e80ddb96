"""Trunks of campaigns with a real database: shut by people, resting by themselves, and what they may cost."""

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ccore import config
from ccore.calls.tracker import Tracker
from ccore.centre.centre import load_centre
from ccore.centre.outgoing import Outgoing
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.model import Outcome
from ccore.dialer.trunks import switch
from ccore.dialer.trunks.causes import Meaning, meaning
from ccore.dialer.trunks.outgoing import Why
from ccore.dialer.trunks.state import Trunks
from ccore.people.audit import Wanted, noted
from ccore.shipped import shipped
from ccore.web.v1 import trunks as http
from tests.support.api import api, of, tokens
from tests.support.commands import Run, running

NODE, TRUNK = "node1", "far-end"
FAULT = meaning(34, 503, "CONGESTION")
FINE = Meaning(Outcome.BUSY, retry=True)


def trunks(database: Database, **settings: Any) -> Trunks:
    """What a ccore that has just started knows of the trunk."""
    made = Trunks(Config(), database, {NODE: Tracker(NODE)})
    told = {"calls_per_s": 100, **settings}
    made.use(replace(load_centre(shipped("dialplan")), outgoing={TRUNK: Outgoing.model_validate(told)}))
    return made


async def attempts(dsn: str, *talked_s: float, over: bool = True) -> None:
    """Attempts dialled by the trunk a moment ago, each answered and so long; 0: not answered."""
    now = utc_now()
    connection = await asyncpg.connect(dsn)
    try:
        for seconds in talked_s:
            picked_up = now - timedelta(seconds=seconds) if seconds else None
            await connection.execute(_INSERT, TRUNK, now, picked_up, now if over else None)
    finally:
        await connection.close()


_INSERT = """
INSERT INTO attempts (campaign, contact_id, list, number, node, trunk, state, outcome, mode, epoch, dialled_at,
                      picked_up_at, ended_at)
SELECT 'spring', 1, 'spring', '+86138' || lpad((random() * 1e8)::bigint::text, 8, '0'), 'node1', $1,
       CASE WHEN $4::timestamptz IS NULL THEN 'dialling' ELSE 'over' END,
       CASE WHEN $4::timestamptz IS NULL THEN NULL ELSE 'no-answer' END, 'progressive', 1, $2, $3, $4
"""


async def test_no_more_calls_are_let_begin_than_the_trunk_has_channels_for_campaigns(database: Database) -> None:
    there = trunks(database, channels=10, kept_for_inbound=23)
    assert there.free([TRUNK, "elsewhere"], NODE) == 7
    assert [there.take([TRUNK], NODE) for _ in range(8)] == [TRUNK] * 7 + [None]
    there.ended(TRUNK, NODE, FINE)
    there.given_back(TRUNK, NODE)
    assert there.free([TRUNK], NODE) == 2
    assert there.free([TRUNK], "elsewhere") == 0


async def test_no_more_calls_begin_in_a_second_than_the_trunk_can_take(database: Database) -> None:
    there = trunks(database, calls_per_s=2)
    assert [there.take([TRUNK], NODE) for _ in range(3)] == [TRUNK, TRUNK, None]
    assert there.choice([TRUNK], NODE).why == {TRUNK: Why.RATE}
    assert there.free([TRUNK], NODE) == 28, "it is not full"
    assert there.may_start([TRUNK], NODE) == 0
    there.given_back(TRUNK, NODE)
    assert there.take([TRUNK], NODE) == TRUNK


async def test_a_trunk_that_is_shut_carries_no_call_of_any_ccore(database: Database) -> None:
    here, there = trunks(database), trunks(database)
    for name in (TRUNK, switch.ALL):
        assert await switch.kill(database, name, "anna", "complaints")
        assert not await switch.kill(database, name, "anna", "again")
        for each in (here, there):
            await each.look()
            assert each.killed(TRUNK)
            assert each.take([TRUNK], NODE) is None
            assert list(each.warnings()) == [f"trunk {TRUNK} is shut for campaigns by anna: complaints"]
        assert await switch.revive(database, name, "anna")
        assert not await switch.revive(database, name, "anna")
        await here.look()
        assert here.take([TRUNK], NODE) == TRUNK
    entries = [row["action"] for row in await noted(database, Wanted(who="anna"), 10)]
    assert entries == ["trunk-revived", "trunk-killed"] * 2


async def test_a_failing_trunk_rests_also_for_a_ccore_that_has_just_started(database: Database) -> None:
    here = trunks(database, rest={"in_a_row": 3, "for_s": 600})
    for _ in range(2):
        here.ended(TRUNK, NODE, FAULT)
    here.ended(TRUNK, NODE, meaning(0, 0, "CANCEL"))  # says nothing
    assert here.take([TRUNK], NODE) == TRUNK
    here.ended(TRUNK, NODE, FAULT)
    assert here.take([TRUNK], NODE) is None, "at once, whatever the database does"
    await here.look()
    there = trunks(database)
    await there.look()
    for each in (here, there):
        assert each.choice([TRUNK], NODE).why == {TRUNK: Why.RESTS}
        assert "3 faults in a row" in next(each.warnings())
    assert await switch.wake(database, TRUNK, "anna")
    await there.look()
    assert there.take([TRUNK], NODE) == TRUNK


async def test_after_its_rest_a_trunk_has_to_prove_itself(database: Database, dsn: str) -> None:
    here = trunks(database, rest={"in_a_row": 2, "for_s": 60, "times": 3})

    async def rest_over() -> None:
        await here.look()
        connection = await asyncpg.connect(dsn)
        await connection.execute("UPDATE trunk_rests SET since = since - interval '1 h', until = now()")
        await connection.close()
        await here.look()
        assert here.take([TRUNK], NODE) == TRUNK

    for _ in range(2):
        here.ended(TRUNK, NODE, FAULT)
    await rest_over()
    here.ended(TRUNK, NODE, FAULT)  # one is enough now
    (status,) = here.statuses()
    assert status.why is Why.RESTS
    assert status.rests_until is not None
    assert timedelta(seconds=170) < status.rests_until - utc_now() <= timedelta(seconds=180), "longer than the first"
    await rest_over()
    here.ended(TRUNK, NODE, FINE)
    await here.look()
    here.ended(TRUNK, NODE, FAULT)
    assert here.take([TRUNK], NODE) == TRUNK, "it is as if it had never failed"


async def test_every_attempt_is_counted_once_whoever_counts(database: Database, dsn: str) -> None:
    here, there = (trunks(database, fen_per_call=2, fen_per_minute=10) for _ in range(2))
    await attempts(dsn, 0, 0.5, 60, 61, 600)  # 2 + 12 + 12 + 22 + 102 fen
    await attempts(dsn, 0, 0, over=False)
    counted = await asyncio.gather(*(each.count_spend() for each in (here, there) * 4))
    assert sum(counted) == 5
    today = utc_now().astimezone(Config().zone).date()
    ((trunk, day, calls, seconds, spent),) = await switch.spend(database, None, today, 31)
    assert (trunk, day, calls, spent) == (TRUNK, today, 5, 150)
    assert 721 <= seconds <= 723


async def test_a_cap_lets_no_call_begin_that_could_go_over_it(database: Database, dsn: str) -> None:
    here = trunks(database, fen_per_call=2, fen_per_minute=10, most_fen_per_day=200, most_fen_per_month=5000)
    await attempts(dsn, 600, over=True)  # 102 fen
    await attempts(dsn, 0, 0, over=False)  # 24 fen as they are
    await here.count_spend()
    await here.look()
    assert here.free([TRUNK], NODE) == 6, "74 fen are left for calls of 12"
    assert [here.take([TRUNK], NODE) for _ in range(9)][7:] == [TRUNK, None], "the two under way are among ours now"
    (status,) = here.statuses()
    assert (status.why, status.fen_today) == (Why.DAY_CAP, 102)
    assert list(here.warnings()) == [f"trunk {TRUNK} has spent what it may: day-cap"]
    month = trunks(database, fen_per_call=2, most_fen_per_month=100)
    await month.look()
    assert month.choice([TRUNK], NODE).why == {TRUNK: Why.MONTH_CAP}


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process: its exit code, and what it prints."""
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    shutil.copytree(shipped("dialplan"), tmp_path / "dialplan", ignore=shutil.ignore_patterns("sounds"))
    (tmp_path / "ccore.toml").write_text('[paths]\ndialplan = "dialplan"\n', encoding="utf-8")
    table = f"[{TRUNK}]\nkept_for_inbound = 4\nfen_per_call = 2\nmost_fen_per_day = 20000\n"
    (tmp_path / "dialplan/outgoing.toml").write_text(table, encoding="utf-8")
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_people_see_and_shut_trunks_on_the_command_line(ccore: Run, database: Database, dsn: str) -> None:
    await attempts(dsn, 0, 0, 90)
    await trunks(database, fen_per_call=2, fen_per_minute=10).count_spend()
    line = f"{TRUNK}  30 of 30 channels, 5 calls/s; priority 0; 4 kept for callers; today ¥0.26 of ¥200.00"
    assert await ccore("trunks", "list") == (0, [line])
    assert (await ccore("trunks", "kill", "elsewhere"))[0] == 1
    assert (await ccore("trunks", "kill", TRUNK, "--reason", "complaints"))[1] == [
        f"trunk {TRUNK} is shut for campaigns"
    ]
    assert (await ccore("trunks", "kill", TRUNK))[1] == [f"trunk {TRUNK} is shut already"]
    assert (await ccore("trunks", "kill", "--all"))[0] == 0
    _, lines = await ccore("trunks", "list")
    assert lines[1].startswith("    shut by ")
    assert lines[1].endswith(": complaints")
    assert lines[2].startswith("ALL of them are shut: shut by ")
    assert (await ccore("trunks", "revive", "--all"))[0] == (await ccore("trunks", "revive", TRUNK))[0] == 0
    assert (await ccore("trunks", "revive", TRUNK))[0] == 1
    assert (await ccore("trunks", "rest", TRUNK, "--minutes", "5", "--reason", "works"))[0] == 0
    assert (await ccore("trunks", "list"))[1][1].endswith(": works")
    assert (await ccore("trunks", "rest", TRUNK, "--minutes", "0"))[1] == [f"trunk {TRUNK} rests no longer"]
    assert (await ccore("trunks", "rest", "elsewhere"))[0] == 1
    _, (day, total) = await ccore("trunks", "spend")
    assert day.endswith(f"{TRUNK}  3 calls, 2 min, ¥0.26")
    assert total == "total ¥0.26"
    assert (await ccore("trunks", "spend", "elsewhere"))[1] == ["nothing was spent: ¥0.00"]


async def test_supervisors_see_and_shut_trunks_over_http(database: Database) -> None:
    here = trunks(database)
    async with api(of(http.operations(database, here, Config().zone), database), await tokens(database)) as asked:
        (seen,) = (await asked.get("/api/v1/trunks", "super")).data["trunks"]
        assert (seen["trunk"], seen["channels"], seen["ours"], seen["why"]) == (TRUNK, 30, 0, "")
        shut = await asked.ask("PUT", f"/api/v1/trunks/{TRUNK}/kill", "super", {"reason": "complaints"})
        assert shut.status == 200
        assert here.take([TRUNK], NODE) is None, "at once where it was asked"
        (seen,) = (await asked.get("/api/v1/trunks", "super")).data["trunks"]
        assert (seen["why"], seen["killed_by"], seen["reason"]) == ("killed", "super", "complaints")
        assert (await asked.ask("PUT", f"/api/v1/trunks/{TRUNK}/kill", "super", {})).status == 409
        assert (await asked.ask("DELETE", f"/api/v1/trunks/{TRUNK}/kill", "super")).status == 200
        assert (await asked.ask("PUT", "/api/v1/trunks/all/kill", "super", {})).status == 200
        assert (await asked.get("/api/v1/trunks", "super")).data["all_shut"] is True
        assert (await asked.ask("DELETE", "/api/v1/trunks/all/kill", "super")).status == 200
        assert (await asked.ask("PUT", f"/api/v1/trunks/{TRUNK}/rest", "super", {"minutes": 5})).status == 200
        assert here.choice([TRUNK], NODE).why == {TRUNK: Why.RESTS}
        assert (await asked.ask("PUT", f"/api/v1/trunks/{TRUNK}/rest", "super", {"minutes": 0})).status == 200
        assert here.take([TRUNK], NODE) == TRUNK
        assert (await asked.ask("PUT", "/api/v1/trunks/elsewhere/kill", "super", {})).status == 404
        assert (await asked.get("/api/v1/trunks/spend?days=7", "super")).data == {"spend": []}
        assert (await asked.ask("PUT", f"/api/v1/trunks/{TRUNK}/kill", "abel", {})).status == 403
