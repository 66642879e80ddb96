"""Attempts of a campaign and what its agents did, written by hand, for whoever counts them."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from ccore.db.pool import Database
from ccore.queues.staff import Staff

UNTIL = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
SINCE = UNTIL - timedelta(hours=3)
NAME, AGENTS, TRUNKS = "spring", ("1001", "1002", "1003"), ("far-end", "near")
PERIOD = (f"--from={SINCE.isoformat()}", f"--until={UNTIL.isoformat()}")
HOW = {  # share, Dial's words and causes, and whether there is a person
    "talked": (0.34, "ANSWER", 16, 200), "abandoned": (0.05, "ANSWER", 16, 200), "hung-up": (0.04, "ANSWER", 16, 200),
    "no-answer": (0.25, "NOANSWER", 19, 480), "busy": (0.08, "BUSY", 17, 486), "invalid": (0.06, "CONGESTION", 1, 404),
    "machine": (0.06, "ANSWER", 16, 200), "fax": (0.02, "ANSWER", 16, 200), "cancelled": (0.05, "CANCEL", 0, 487),
    "refused": (0.03, "", 0, 0), "lost": (0.02, "", 0, 0),
}  # fmt: skip
Attempt = dict[str, Any]


def made(count: int, seed: int = 7) -> list[Attempt]:
    """Attempts of three hours, one after the other."""
    dice = random.Random(seed)
    step = (UNTIL - SINCE) / count
    outcomes = dice.choices(list(HOW), [share for share, *_ in HOW.values()], k=count)
    return [_attempt(at, SINCE + at * step, outcome, dice) for at, outcome in enumerate(outcomes)]


def _attempt(at: int, claimed: datetime, outcome: str, dice: random.Random) -> Attempt:
    _, status, cause, sip = HOW[outcome]
    dialled = None if outcome == "refused" else claimed + timedelta(seconds=0.3)
    rang = picked_up = answered = connected = None
    ended = claimed + timedelta(seconds=1)
    if dialled is not None and outcome not in {"invalid", "lost"}:
        rang = dialled + timedelta(seconds=dice.uniform(0.5, 3))
        ended = rang + timedelta(seconds=dice.choice([4.0, 14.9, 15.5, 29.0]))
    if status == "ANSWER" and rang is not None:
        picked_up = rang + timedelta(seconds=dice.uniform(1, 20)) if outcome in {"machine", "fax"} or at % 3 else None
        seen = picked_up or rang + timedelta(seconds=5)
        if outcome in {"talked", "abandoned"} or (outcome == "hung-up" and picked_up is None):
            answered = seen + timedelta(seconds=0.5 if picked_up else 0)
        ended = seen + timedelta(seconds=dice.choice([0.3, 0.4, 2.0]))
        if outcome == "talked" and answered is not None:
            connected = answered + timedelta(seconds=dice.choice([0.1, 0.4, 1.4, 1.6, 2.5]))
            ended = connected + timedelta(seconds=dice.uniform(5, 40))
    return {
        "campaign": NAME, "contact_id": at % 400 + 1, "list": "spring" if at % 4 else "summer", "number": f"+86{at:09}",
        "node": "node1", "trunk": None if dialled is None else TRUNKS[at % 2], "state": "over", "outcome": outcome,
        "agent": AGENTS[at % 3] if connected else None, "mode": "predictive", "epoch": 1, "claimed_at": claimed,
        "dialled_at": dialled, "rang_at": rang, "picked_up_at": picked_up, "answered_at": answered,
        "connected_at": connected, "ended_at": ended, "status": status, "cause": cause, "sip": sip,
        "cancelled": outcome == "cancelled", "reason": "no-trunk" if outcome == "refused" else "",
        "fen": None if dialled is None else 7,
    }  # fmt: skip


async def keep(dsn: str, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        records = [list(row.values()) for row in rows]
        await connection.copy_records_to_table(table, columns=list(rows[0]), records=records)
    finally:
        await connection.close()


async def worked(database: Database, dsn: str, changes: Mapping[str, Sequence[tuple[datetime, str]]]) -> None:
    """Agents, and what they did."""
    rows = []
    for agent, states in changes.items():
        await Staff(database, "CN").write(agent, f"agent {agent}", {}, by="test")
        rows += [
            {"agent": agent, "at": at, "state": state, "reason": "", "queue": "", "call_id": "", "by_whom": "test"}
            for at, state in states
        ]  # fmt: skip
    await keep(dsn, "presence_log", rows)
