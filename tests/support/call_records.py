"""What the call records tell of a call that is over, for tests of what leans on them."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg

NODE = "node1"
CHANNEL = "node1-1795367413.7"
KEY = f"{NODE}!{CHANNEL}"
CALL = """
INSERT INTO folded_calls (node, linkedid, started_at, ended_at, call_keys, state, disposition, duration_ms, billed_ms,
    talk_ms, caller, caller_name, dialled, context, channel, trunk, hangup_source, legs, transferred, cdrs,
    clock_suspect)
VALUES ($1, $2, $3, $3, ARRAY[$4], 'ended', 'answered', 0, 0, 0, '13812345678', '', '10086', '', '', '', '', 1, false,
    1, false)
"""
EVENT = """
INSERT INTO cel (node, linkedid, digest, eventtype, event_at, channame, uniqueid, eventextra, cid_name, cid_num,
    cid_ani, cid_rdnis, cid_dnid, exten, context, appname, appdata, amaflags, accountcode, userfield, peer)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '', '', '', '', '', '', '', '', '', '')
"""


async def call_records(dsn: str, told: list[Any], at: datetime) -> None:
    """What the channel events tell of the call, which is over: (kind, extra[, channel's name, Uniqueid, second])."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(CALL, NODE, CHANNEL, at, KEY)
        for number, (kind, extra, *where) in enumerate(told):
            name, channel, second = where or ("PJSIP/trunk-1", CHANNEL, number)
            event_at = at + timedelta(seconds=second)
            await connection.execute(EVENT, NODE, CHANNEL, bytes([number]), kind, event_at, name, channel, extra)
    finally:
        await connection.close()
