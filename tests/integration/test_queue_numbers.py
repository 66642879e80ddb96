"""Queue numbers in a real PostgreSQL: folded as rows come, counted by quarters, recomputed and mended."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ccore.cdr.service import CallRecords
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.numbers.folding import QueueFolding
from ccore.numbers.live import Doing, Live
from ccore.numbers.model import QUARTER, How, Rang, Ring, Visit, quarter
from ccore.numbers.service import report
from ccore.web.v1.queue_numbers import told
from tests.support.queue_rows import BEGAN, Told, as_csv
from tests.support.shop import sql

ROUNDING_MS = 20  # of some talks in a quarter, each a millisecond at both ends
QUEUES = ("sales", "service")
SKILLS = {"sales": ["sales"], "service": []}
PAST = quarter(utc_now()) - timedelta(hours=5)  # when these calls began: all of their quarters are over


class Node:
    """A node whose log files grow, the ccore that reads them, and its numbers."""

    def __init__(self, directory: Path, database: Database, dsn: str) -> None:
        self.file = directory / "cel-custom" / "ccore.csv"
        self.file.parent.mkdir()
        (directory / "cdr-custom").mkdir()
        (directory / "cdr-custom" / "ccore.csv").touch()
        self.folding = QueueFolding(database)
        self.database = database
        self.dsn = dsn
        self.records = CallRecords(database, {"node1": directory})

    async def writes(self, lines: Iterable[str]) -> None:
        """The node writes these rows, and ccore takes them in, folds and counts them."""
        with self.file.open("a", encoding="utf-8", newline="") as file:
            file.write("".join(lines))
        await self.records.catch_up()
        await self.folding.fold_due()
        await self.folding.count_due()

    async def visits(self) -> list[Visit]:
        """All of them."""
        rows = await sql(self.dsn, "SELECT * FROM queue_calls ORDER BY entered_at, linkedid, visit")
        return [Visit(*row) for row in rows]

    async def rings(self) -> list[Ring]:
        """All of them."""
        return [Ring(*row) for row in await sql(self.dsn, "SELECT * FROM queue_rings ORDER BY rung_at, uniqueid")]


@pytest.fixture
async def node(tmp_path: Path, database: Database, dsn: str) -> Node:
    """A node that has not written anything, and the terms of two queues."""
    for queue in QUEUES:
        await sql(dsn, "INSERT INTO queue_terms VALUES ($1, '-infinity', $1, 80, 10, 5, $2)", queue, SKILLS[queue])
    return Node(tmp_path, database, dsn)


def calls(count: int, chance: random.Random) -> dict[str, Told]:
    """Calls of all kinds within two hours, by LinkedID."""
    return {f"1763.{number}": _call(f"1763.{number}", chance) for number in range(count)}


def _call(caller: str, chance: random.Random) -> Told:
    told, now, queue = Told(caller), chance.uniform(0, 7200), chance.choice(QUEUES)
    for visit in range(1, chance.choice([1, 1, 1, 2]) + 1):
        told.enters(now, queue, visit)
        for ring in range(chance.choice([0, 1, 1, 2])):
            agent, channel = chance.choice(["1001", "1002"]), f"{caller}-{visit}-{ring}"
            told.rings(now + 0.2, f"2{agent[1:]}", channel, queue, queue)
            now += chance.uniform(2, 16)
            if chance.random() < 0.6:
                told.answers(now, agent, channel, queue, queue)
                now += chance.uniform(5, 1500)
                told.gone(now, channel)
                told.leaves(now + 0.01, "answered", queue, visit).gone(now + 0.1, by="dialplan/builtin")
                return told
            told.gone(now, channel)
            now += 2
        now += chance.uniform(0, 20)
        if chance.random() < 0.5:
            return told.gone(now)
        told.leaves(now, chance.choice(["timeout", "key-1", "full"]), queue, visit)
        queue, now = QUEUES[1 - QUEUES.index(queue)], now + 0.2
    return told.gone(now + 1, by=chance.choice(["", "dialplan/builtin"]))


async def counts(dsn: str, table: str, name: str) -> dict[tuple[str, datetime], dict[str, Any]]:
    rows = await sql(dsn, f"SELECT * FROM {table}")
    return {(row[name], row["began_at"]): dict(row) for row in rows}


@pytest.mark.parametrize("seed", range(3))
async def test_rows_in_any_order_and_pieces_come_to_the_same(node: Node, seed: int) -> None:
    chance = random.Random(seed)
    told = calls(60, chance)
    lines = [line for linkedid, each in told.items() for line in as_csv(each, linkedid, PAST - BEGAN)]
    chance.shuffle(lines)
    while lines:
        size = chance.randint(1, 200)
        await node.writes(lines[:size])
        del lines[:size]
    visits, rings = await node.visits(), await node.rings()
    assert len(visits) >= 60
    replayed = await node.folding.replay(write=False)
    assert replayed.same, str(replayed)
    assert replayed.calls == 60
    assert await counts(node.dsn, "queue_intervals", "queue") == by_hand(visits, rings, lambda visit: [visit.queue])
    skills = by_hand(visits, rings, lambda visit: SKILLS[visit.queue], name="skill")
    assert await counts(node.dsn, "skill_intervals", "skill") == skills
    counted, expected = await agents_counted(node), agents_by_hand(visits, rings)
    assert {key: found[:3] for key, found in counted.items()} == {key: found[:3] for key, found in expected.items()}
    assert all(abs(counted[key][3] - found[3]) <= ROUNDING_MS for key, found in expected.items())


def by_hand(visits: list[Visit], rings: list[Ring], names: Any, name: str = "queue") -> dict[Any, dict[str, Any]]:
    """What the intervals must be, counted another way."""
    found: dict[tuple[str, datetime], Counter[str]] = {}
    for visit in visits:
        for each in names(visit):
            total = found.setdefault((each, quarter(visit.entered_at)), Counter())
            wait = visit.wait_ms or 0
            total["offered"] += 1
            total["wait_ms"] += wait
            total["longest_wait_ms"] = max(total["longest_wait_ms"], wait)
            total["talk_ms"] += visit.talk_ms or 0
            total["hold_ms"] += visit.hold_ms
            short = visit.how == How.ABANDONED and wait < 5000
            total["short_abandoned" if short else str(visit.how).replace("-", "_")] += 1
            if visit.how == How.ANSWERED:
                total["answered_wait_ms"] += wait
                total["within"] += wait <= 10_000
            mine = [ring for ring in rings if (ring.caller, ring.visit) == (visit.uniqueid, visit.visit)]
            total["rings"] += len(mine)
            total["missed"] += sum(ring.outcome == Rang.MISSED for ring in mine)
    columns = (
        "offered waiting answered within abandoned short_abandoned overflowed called_back voicemail chose timed_out"
        " refused interrupted transferred answered_wait_ms wait_ms longest_wait_ms talk_ms hold_ms rings"
        " missed wrap_up_ms"
    )
    return {key: {name: key[0], "began_at": key[1], **{column: total[column] for column in columns.split()}}
            for key, total in found.items()}  # fmt: skip


async def agents_counted(node: Node) -> dict[tuple[str, datetime], tuple[int, int, int, int]]:
    rows = await sql(node.dsn, "SELECT * FROM agent_intervals")
    return {(row["agent"], row["began_at"]): (row["rings"], row["answered"], row["missed"], row["talk_ms"])
            for row in rows}  # fmt: skip


def agents_by_hand(visits: list[Visit], rings: list[Ring]) -> dict[tuple[str, datetime], tuple[int, int, int, int]]:
    found: dict[tuple[str, datetime], Counter[str]] = {}
    for ring in rings:
        if ring.agent:
            found.setdefault((ring.agent, quarter(ring.rung_at)), Counter()).update(["rings", str(ring.outcome)])
    for visit in visits:
        at, ended_at = visit.answered_at, visit.ended_at
        while at is not None and ended_at is not None and at < ended_at:
            until = min(quarter(at) + QUARTER, ended_at)
            found.setdefault((visit.agent, quarter(at)), Counter())["talk"] += (until - at) // timedelta(milliseconds=1)
            at = until
    return {key: (total["rings"], total["answered"], total["missed"], total["talk"])
            for key, total in found.items() if total["rings"] or total["talk"]}  # fmt: skip


async def test_what_was_changed_is_found_and_mended(node: Node) -> None:
    told = calls(20, random.Random(9))
    await node.writes(line for linkedid, each in told.items() for line in as_csv(each, linkedid, PAST - BEGAN))
    before = await node.visits(), await counts(node.dsn, "queue_intervals", "queue")
    await sql(node.dsn, "UPDATE queue_calls SET talk_ms = talk_ms + 1 WHERE how = 'answered'")
    await sql(node.dsn, "DELETE FROM queue_rings WHERE linkedid = '1763.1'")
    await sql(node.dsn, "UPDATE queue_intervals SET offered = offered + 1")
    await sql(node.dsn, "DELETE FROM skill_intervals")
    found = await node.folding.replay(write=False)
    assert not found.same
    assert {"queues", "skills"} <= {kind for _, kind, _ in found.miscounted}
    assert "queues sales" in str(found)
    assert not (await node.folding.replay(write=True)).same
    assert (await node.folding.replay(write=False)).same
    assert (await node.visits(), await counts(node.dsn, "queue_intervals", "queue")) == before


async def test_two_ccores_share_the_work(node: Node) -> None:
    told = calls(150, random.Random(5))
    with node.file.open("a", encoding="utf-8", newline="") as file:
        file.writelines(line for linkedid, each in told.items() for line in as_csv(each, linkedid, PAST - BEGAN))
    await node.records.catch_up()
    other = QueueFolding(node.database)
    assert sum(await asyncio.gather(node.folding.fold_due(), other.fold_due())) == 150
    await asyncio.gather(node.folding.count_due(), other.count_due())
    assert (await node.folding.replay(write=False)).same


async def test_terms_of_the_past_count_for_the_past(node: Node) -> None:
    told = Told().enters(0).gone(7)
    await node.writes(as_csv(told, "1763.1", PAST - BEGAN))
    await sql(node.dsn, "INSERT INTO queue_terms VALUES ('sales', $1, 'sales', 90, 10, 60, '{vip}')", utc_now())
    assert (await node.folding.replay(write=False)).same
    await node.writes(as_csv(Told("1763.2").enters(0).gone(7), "1763.2", PAST - BEGAN))
    rows = await sql(node.dsn, "SELECT abandoned, short_abandoned FROM queue_intervals")
    assert [tuple(row) for row in rows] == [(2, 0)]
    [skill] = await sql(node.dsn, "SELECT DISTINCT skill FROM skill_intervals")
    assert skill["skill"] == "sales"


async def test_who_asked_for_a_call_back_or_spoke_to_the_machine(node: Node) -> None:
    for number in (1, 2, 3):
        told = Told(f"1763.{number}").enters(0).leaves(20, "key-1").gone(40, by="dialplan/builtin")
        await node.writes(as_csv(told, f"1763.{number}", PAST - BEGAN))
    await sql(node.dsn, "INSERT INTO call_backs (call_key, number, queue, asked_at) VALUES ($1, $2, 'sales', now())",
              "node1!1763.1", "+8613812345678")  # fmt: skip
    await sql(node.dsn, "UPDATE counted_quarters SET due = true")
    await sql(
        node.dsn,
        "INSERT INTO voicemails (call_key, file, node, box, caller, recorded_at, milliseconds, audio)"
        " VALUES ('node1!1763.2', 'x', 'node1', 'sales', '', $1, 1, '')",
        PAST + timedelta(seconds=25),
    )
    await node.folding.count_due()
    [row] = await sql(node.dsn, "SELECT called_back, voicemail, chose FROM queue_intervals")
    assert tuple(row) == (1, 1, 1)


async def test_a_call_its_asterisk_lost_is_over(node: Node) -> None:
    await node.writes(as_csv(Told().row(0, "CHAN_START").enters(1), "1763.1", PAST - BEGAN))
    assert [visit.how for visit in await node.visits()] == ["waiting"]
    await sql(node.dsn, "INSERT INTO call_nodes VALUES ('node1', $1)", utc_now())
    await sql(node.dsn, "INSERT INTO call_folds_due SELECT node, linkedid FROM folded_calls")
    await node.records.catch_up()
    await node.folding.fold_due()
    await node.folding.count_due()
    assert [visit.how for visit in await node.visits()] == ["interrupted"]
    assert (await node.folding.replay(write=False)).same


async def test_presences_make_the_times_of_agents(node: Node) -> None:
    await sql(node.dsn, "INSERT INTO agents (agent, name, set_by) VALUES ('1001', 'Li', 'test')")
    states = [(-60, "ready", ""), (300, "paused", "lunch"), (1500, "ready", ""), (2000, "talking", ""),
              (2300, "wrap-up", ""), (2310, "ready", ""), (2400, "paused", ""), (2500, "signed-out", "")]  # fmt: skip
    for second, state, reason in states:
        await sql(
            node.dsn,
            "INSERT INTO presence_log (agent, at, state, reason, queue, call_id, device_number, by_whom)"
            " VALUES ('1001', $1, $2, $3, $4, '', '2001', 'test')",
            PAST + timedelta(seconds=second), state, reason, "sales" if state == "wrap-up" else "",
        )  # fmt: skip
    await node.folding.count_due()
    rows = await sql(node.dsn, "SELECT * FROM agent_intervals WHERE began_at >= $1 ORDER BY began_at", PAST)
    seconds = [(row["signed_in_ms"] / 1000, row["ready_ms"] / 1000, row["paused_ms"] / 1000, row["wrap_up_ms"] / 1000,
                row["talking_ms"] / 1000) for row in rows]  # fmt: skip
    assert seconds == [(900, 300, 600, 0, 0), (900, 300, 600, 0, 0), (700, 290, 100, 10, 300)]
    [wrapped] = await sql(node.dsn, "SELECT queue, began_at, wrap_up_ms, offered FROM queue_intervals")
    assert tuple(wrapped) == ("sales", PAST + 2 * QUARTER, 10_000, 0)
    lines = await report(node.database, "agents", PAST.astimezone(UTC), PAST + timedelta(hours=1), "hour")
    assert sum(float(str(line.cells[8])) for line in lines) == 2500
    assert (await node.folding.replay(write=False)).same


async def test_an_agent_is_known_by_the_phone_they_sat_at_then(node: Node) -> None:
    for second, agent, state in [(-100, "1001", "ready"), (30, "1001", "signed-out"), (31, "1002", "ready")]:
        await sql(
            node.dsn,
            "INSERT INTO presence_log (agent, at, state, reason, queue, call_id, device_number, by_whom)"
            " VALUES ($1, $2, $3, '', '', '', '2001', 'test')", agent, PAST + timedelta(seconds=second), state,
        )  # fmt: skip
    told = Told().enters(0).rings(1, "2001", "1763.2").gone(16, "1763.2").rings(40, "2001", "1763.3")
    await node.writes(as_csv(told.gone(55, "1763.3").gone(90), "1763.1", PAST - BEGAN))
    assert [(ring.agent, ring.outcome) for ring in await node.rings()] == [("1001", "missed"), ("1002", "missed")]


async def test_now(node: Node) -> None:
    now = utc_now()
    shift = now - timedelta(seconds=100) - BEGAN
    answered = Told("1.1").enters(0).rings(1, "2001", "1.2").answers(3, "1001", "1.2").gone(30)
    late = Told("2.1").enters(0).rings(1, "2001", "2.2").answers(20, "1001", "2.2").gone(30)
    tellings = {"1.1": answered, "2.1": late, "3.1": Told("3.1").enters(0).gone(2), "4.1": Told("4.1").enters(40)}
    await node.writes(line for linkedid, told in tellings.items() for line in as_csv(told, linkedid, shift))
    live = Live(node.database, UTC, lambda: [Doing("1001", "ready", "", now), Doing("1002", "paused", "lunch", now)])
    everything, alarms = await live.now(now), await live.now(now, whole_day=False)
    assert alarms.queues == {
        name: replace(queue, offered_today=0, service_level_today=None) for name, queue in everything.queues.items()
    }
    found = told(everything).model_dump()
    queues = found["queues"]
    assert isinstance(queues, Mapping)
    sales = queues["sales"]
    assert (sales["waiting"], sales["longest_wait_s"], sales["service_level_30_min"]) == (1, 60.0, 50.0)
    assert (sales["service_level_last_20"], sales["abandonment_30_min"], sales["asa_30_min_s"]) == (50.0, 0.0, 11.5)
    assert (found["agents"], found["paused"]) == ({"paused": 1, "ready": 1}, {"lunch": 1})
    assert queues["service"]["waiting"] == 0
