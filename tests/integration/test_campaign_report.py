"""Reports of campaigns, of rows written by hand: every figure is counted a second time here."""

import csv
import io
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from ccore import config
from ccore.centre.centre import Centre, load_centre
from ccore.db.pool import Database
from ccore.dialer.reports.counting import report
from ccore.dialer.reports.tables import Table
from ccore.errors import CcoreError
from ccore.shipped import shipped
from tests.support.attempts import NAME, PERIOD, SINCE, UNTIL, Attempt, keep, made, worked
from tests.support.commands import Run, running
from tests.support.operators import working_copy
from tests.support.shop import sql

FULL = os.environ.get("CCORE_FULL") == "1"
ZONE = ZoneInfo("Asia/Shanghai")


def up_at(each: Attempt) -> datetime | None:
    found: datetime | None = each["picked_up_at"] or each["answered_at"]
    return found


def cut(each: Attempt) -> bool:
    if each["outcome"] != "cancelled":
        return False
    rang_s: float = (each["ended_at"] - each["rang_at"]).total_seconds()
    return rang_s < 15


def live(each: Attempt) -> bool:
    return (up_at(each) is not None and each["outcome"] not in {"machine", "fax"}) or cut(each)


def why_abandoned(each: Attempt) -> str:
    """As dialer.md defines it: no agent in 2.0 s of the answer, or gone after 0.5 s of waiting, or cut before 15 s."""
    if cut(each):
        return "cut"
    seen = up_at(each)
    if seen is None or not live(each):
        return ""
    if each["outcome"] == "abandoned":
        return "no_agent"
    if each["connected_at"] is None:
        return "left" if each["answered_at"] is None and (each["ended_at"] - seen).total_seconds() > 0.5 else ""
    return "late" if (each["connected_at"] - seen).total_seconds() > 2.0 else ""


def figures(attempts: Iterable[Attempt]) -> dict[str, Any]:
    """A second time, one by one."""
    some = list(attempts)
    answers, lost = [each for each in some if live(each)], [each for each in some if why_abandoned(each)]
    talk_s = sum((each["ended_at"] - each["connected_at"]).total_seconds() for each in some if each["connected_at"])
    return {
        "attempts": len(some), "dialled": sum(each["dialled_at"] is not None for each in some),
        "rang": sum(each["rang_at"] is not None for each in some),
        "answered": sum(up_at(each) is not None for each in some), "live": len(answers),
        "connected": sum(each["connected_at"] is not None for each in some), "abandoned": len(lost),
        "abandonment": round(100 * len(lost) / len(answers), 2) if answers else None, "talk_s": round(talk_s, 1),
        "yuan": sum(each["fen"] or 0 for each in some) / 100,
    }  # fmt: skip


def files(**more: Any) -> Centre:
    """The shipped ones, where the campaign has another policy."""
    centre = load_centre(shipped("dialplan"))
    return replace(centre, campaigns={NAME: centre.campaigns[NAME].model_copy(update=more)})


async def told(database: Database, centre: Centre, since: datetime = SINCE) -> dict[str, Table]:
    return {table.name: table for table in await report(database, centre, NAME, since, UNTIL, ZONE)}


def by_name(table: Table) -> dict[object, dict[str, Any]]:
    return {row[0]: dict(zip(table.heads[1:], row[1:], strict=True)) for row in table.rows}


async def test_every_figure_is_the_one_counted_here(database: Database, dsn: str) -> None:
    attempts = made(600)
    others = [each | {"campaign": "autumn", "number": f"+87{at:09}"} for at, each in enumerate(made(50, seed=8))]
    await keep(dsn, "attempts", attempts + others)
    found = await told(database, files())
    funnel = {row[0]: row[1] for row in found["funnel"].rows}
    every = figures(attempts)
    assert {name: funnel[name] for name in ("attempts", "dialled", "rang", "answered", "connected", "abandoned")} == {
        name: every[name] for name in ("attempts", "dialled", "rang", "answered", "connected", "abandoned")
    }
    assert funnel["answered by a person"] == every["live"]
    assert funnel["contacts dialled"] == len({each["contact_id"] for each in attempts if each["dialled_at"]})
    for table, column in (("lists", "list"), ("trunks", "trunk"), ("agents", "agent")):
        rows = by_name(found[table])
        for name in {each[column] for each in attempts if each[column]}:
            assert figures(each for each in attempts if each[column] == name).items() <= rows[name].items(), name
    hours = by_name(found["hours"])
    assert len(hours) == 3
    for hour, row in hours.items():
        begin = datetime.fromisoformat(str(hour))
        assert row == figures(e for e in attempts if begin <= e["claimed_at"] < begin + timedelta(hours=1))
    causes = Counter(
        (e["outcome"], e["status"], e["cause"] or None, e["sip"] or None, e["reason"]) for e in attempts
    )  # fmt: skip
    assert {tuple(row[:5]): row[5] for row in found["outcomes"].rows} == causes
    waits = sorted((e["connected_at"] - up_at(e)).total_seconds() for e in attempts if e["connected_at"])
    work = {row[0]: row[1] for row in found["work"].rows}
    middle = (waits[(len(waits) - 1) // 2] + waits[len(waits) // 2]) / 2
    assert work["answered_wait_p50_s"] == pytest.approx(middle, abs=0.02)
    assert waits[int(len(waits) * 0.93)] <= work["answered_wait_p95_s"] <= waits[int(len(waits) * 0.97)]


async def test_abandonment_in_three_windows_by_its_definition(database: Database, dsn: str) -> None:
    recent = made(600)
    yesterday = [
        each | {"claimed_at": each["claimed_at"] - timedelta(days=days), "number": f"+8{days + 8}{at:09}"}
        for days in (1, 29, 31)
        for at, each in enumerate(made(150, seed=days))
    ]
    await keep(dsn, "attempts", recent + yesterday)
    rows = by_name((await told(database, files()))["abandonment"])
    lengths = {
        "30 days, or the campaign": timedelta(days=30),
        "24 h": timedelta(hours=24),
        "30 min": timedelta(minutes=30),
    }
    assert list(rows) == list(lengths)
    for name, length in lengths.items():
        some = [each for each in recent + yesterday if each["claimed_at"] >= UNTIL - length]
        why = Counter(map(why_abandoned, some))
        row, answers = rows[name], sum(map(live, some))
        pieces = {piece: why[piece] for piece in ("no_agent", "left", "late", "cut")}
        assert pieces.items() <= row.items()
        assert (row["live"], row["abandoned"], row["limit"]) == (answers, sum(pieces.values()), 3.0)
        assert row["abandonment"] == round(100 * sum(pieces.values()) / answers, 2)
    assert all(rows["30 days, or the campaign"][piece] > 0 for piece in ("no_agent", "left", "late", "cut"))


async def test_people_taken_for_machines_count_as_abandoned(database: Database, dsn: str) -> None:
    await keep(dsn, "attempts", made(600))
    plain = by_name((await told(database, files()))["abandonment"])["24 h"]
    looks = files(detection=load_centre(shipped("dialplan")).campaigns[NAME].detection.model_copy(
        update={"mode": "human-first", "false_positive_percent": 2.0}
    ))  # fmt: skip
    assumed = by_name((await told(database, looks))["abandonment"])["24 h"]
    wrong = plain["live"] * 2 / 98  # so that they are 2 % of all persons
    assert assumed["false_positives"] == round(wrong, 1)
    assert assumed["abandonment"] == round(100 * (plain["abandoned"] + wrong) / (plain["live"] + wrong), 2)
    machines = sum(each["outcome"] == "machine" for each in made(600))
    await sql(
        dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, state, outcome, mode, epoch, claimed_at,"
        " dialled_at)"
        " SELECT 'spring', 1, 'spring', '+990' || lpad(n::text, 8, '0'), 'node1', 'over', 'machine', 'predictive', 1,"
        " $1::timestamptz - interval '5 days', $1 FROM generate_series(1, 60) n",
        UNTIL,
    )
    await sql(
        dsn,
        "INSERT INTO machine_samples (attempt_id, campaign, trunk, cause, called_at, verdict, by, judged_at)"
        " SELECT attempt_id, campaign, 'far-end', '', now(),"
        " CASE WHEN attempt_id % 10 = 0 THEN 'person' ELSE 'machine' END, 'boss', now()"
        " FROM attempts WHERE number LIKE '+990%'",
    )
    measured = by_name((await told(database, looks))["abandonment"])["24 h"]
    assert measured["false_positives"] == round(machines * 6 / 60, 1)


async def test_a_machine_that_an_agent_was_given_is_no_answer(database: Database, dsn: str) -> None:
    attempts = made(600)
    await keep(dsn, "attempts", attempts)
    before = await told(database, files())
    await sql(dsn, "UPDATE attempts SET machine_met = true WHERE outcome = 'talked' AND attempt_id % 3 = 0")
    met = [each for at, each in enumerate(attempts, 1) if each["outcome"] == "talked" and at % 3 == 0]
    after = await told(database, files())
    was, now = (by_name(each["abandonment"])["24 h"] for each in (before, after))
    late = sum(why_abandoned(each) == "late" for each in met)
    assert (was["live"] - now["live"], was["late"] - now["late"]) == (len(met), late)
    funnel = {row[0]: row[1] for row in after["funnel"].rows}
    assert funnel["answered by a person"] == was["live"] - len(met)
    detected = sum(each["outcome"] == "machine" for each in attempts)
    machines = {row[0]: row[1] for row in after["machines"].rows}
    assert (machines["taken for machines"], machines["machines that agents were given"]) == (detected, len(met))
    assert machines["false_negatives_percent"] == round(100 * len(met) / (detected + len(met)), 2)


async def test_the_work_of_agents_in_the_hours_that_were_dialled(database: Database, dsn: str) -> None:
    def at(minute: int) -> datetime:
        return SINCE + timedelta(minutes=minute)

    first, *_ = [each for each in made(600) if each["agent"] == "1001"]
    hours = [first | {"claimed_at": at(5), "connected_at": at(5), "ended_at": at(35)}]  # in the first hour alone
    await keep(dsn, "attempts", hours)
    await worked(database, dsn, {
        "1001": [
            (at(-90), "ready"), (at(5), "talking"), (at(35), "wrap-up"), (at(40), "paused"), (at(50), "ready"),
            (at(55), "ringing"), (at(70), "talking"), (at(100), "signed-out"),
        ],
        "1002": [(at(0), "ready")],  # never worked for it
    })  # fmt: skip
    found = await told(database, files())
    work = {row[0]: row[1] for row in found["work"].rows}
    assert work["agents"] == 1
    assert work["agent_hours"] == 1.0
    # 30 min of talk; 5 ready before it, 5 after the pause, 5 rung until the hour is over
    assert work["utilisation_percent"] == round(100 * 30 / 45, 2)
    assert (work["talk_min_per_agent_hour"], work["idle_s_per_connected"]) == (30.0, 900.0)
    row = by_name(found["agents"])["1001"]
    assert (row["ready_s"], row["talking_s"], row["wrap_up_s"], row["paused_s"]) == (600.0, 1800.0, 300.0, 600.0)


async def test_results_are_the_last_words_of_agents(database: Database, dsn: str) -> None:
    attempts = made(600)
    await keep(dsn, "attempts", attempts)
    await sql(
        dsn,
        "INSERT INTO dispositions (call_id, agent, queue, disposition, fields, by_whom)"
        " SELECT channel, agent, 'outbound', word, '{}', 'test' FROM attempts, unnest(ARRAY['refused', 'agreed']) word"
        " WHERE connected_at IS NOT NULL AND (word = 'refused' OR agent = '1001') ORDER BY attempt_id, word DESC",
    )
    funnel = {row[0]: row[1] for row in (await told(database, files()))["funnel"].rows}
    talked = Counter(each["agent"] for each in attempts if each["connected_at"])
    assert funnel["result agreed"] == talked["1001"]
    assert funnel["result refused"] == talked["1002"] + talked["1003"]


async def test_nothing_was_done(database: Database) -> None:
    found = await told(database, files())
    assert {row[1] for row in found["funnel"].rows} == {0}
    assert by_name(found["abandonment"])["24 h"]["abandonment"] is None


@pytest.fixture
def ccore(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CCORE_DATABASE_DSN", dsn)
    working_copy(tmp_path)
    return running(config.load(tmp_path / "ccore.toml"), capsys)


async def test_a_report_is_printed_and_written(ccore: Run, database: Database, dsn: str, tmp_path: Path) -> None:
    await keep(dsn, "attempts", [each | {"trunk": "=cmd" if each["trunk"] else None} for each in made(300)])
    code, lines = await ccore("campaigns", "report", NAME, *PERIOD)
    assert code == 0
    assert lines[1:4] == ["", "funnel", "  step                       count  of_dialled"]
    assert any(line.split()[:2] == ["attempts", "300"] for line in lines)
    sheet, book = tmp_path / "report.csv", tmp_path / "report.xlsx"
    assert await ccore("campaigns", "report", NAME, *PERIOD, f"--csv={sheet}", f"--xlsx={book}") == (0, [])
    rows = list(csv.reader(io.StringIO(sheet.read_bytes().decode("utf-8-sig"))))
    dialled = figures(made(300))["dialled"]
    assert ["trunks", "'=cmd", str(dialled)] in [row[:3] for row in rows]
    read_back = load_workbook(book)
    assert read_back.sheetnames == [
        "funnel", "abandonment", "outcomes", "work", "machines", "lists", "trunks", "agents", "hours",
    ]  # fmt: skip
    assert (read_back["trunks"]["A2"].value, read_back["trunks"]["A2"].data_type) == ("=cmd", "s")
    with pytest.raises(CcoreError, match="not after"):
        await ccore("campaigns", "report", NAME, f"--from={UNTIL.isoformat()}", f"--until={SINCE.isoformat()}")


@pytest.mark.figures
@pytest.mark.timeout(900)
async def test_how_long_a_report_of_a_million_attempts_takes(database: Database, dsn: str) -> None:
    count = 1_000_000 if FULL else 20_000
    await sql(
        dsn,
        "INSERT INTO attempts (campaign, contact_id, list, number, node, trunk, state, outcome, agent, mode, epoch,"
        " claimed_at, dialled_at, rang_at, answered_at, connected_at, ended_at, status, cause, sip, fen)"
        " SELECT 'spring', n % 400000, 'spring', '+86' || lpad(n::text, 9, '0'), 'node1', 'far-end', 'over',"
        " CASE WHEN n % 3 = 0 THEN 'talked' WHEN n % 50 = 1 THEN 'abandoned' ELSE 'no-answer' END,"
        " CASE WHEN n % 3 = 0 THEN (1000 + n % 100)::text END, 'predictive', 1, t, t, t + interval '2 s',"
        " CASE WHEN n % 3 = 0 OR n % 50 = 1 THEN t + interval '9 s' END,"
        " CASE WHEN n % 3 = 0 THEN t + interval '9.4 s' END, t + interval '30 s', 'ANSWER', 16, 200, 7"
        " FROM (SELECT n, $1::timestamptz - n * interval '2.5 s' * 1000000 / $2::int AS t"
        " FROM generate_series(1, $2) n) made",
        UNTIL, count,
    )  # fmt: skip
    await sql(dsn, "ANALYZE attempts")
    began = time.monotonic()
    found = await told(database, files(), UNTIL - timedelta(days=30))
    took_s = time.monotonic() - began
    began = time.monotonic()
    await database.fetch_value("explaining.dialled", NAME, timedelta(minutes=10))
    explained_s = time.monotonic() - began
    print(f"\nreport of {count} attempts: {took_s * 1000:.0f} ms; dialled lately: {explained_s * 1000:.1f} ms")
    assert {row[0]: row[1] for row in found["funnel"].rows}["attempts"] == count
    assert took_s < 60
