"""The log of a campaign as ``ccore simulate`` replays it: its attempts and what its agents did, without numbers."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import datetime

from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.live import PREFIX
from ccore.dialer.live_pace import STATES
from ccore.dialer.model import Outcome
from ccore.dialer.pacing import AgentState
from ccore.dialer.reports.counting import queue_line
from ccore.dialer.simulation.log import AgentLog, AttemptLog, CampaignLog, Row

AT_ONCE = 5000  # attempts that are read in one go
HASH_BYTES = 8


async def rows(
    database: Database, centre: Centre, name: str, since: datetime, until: datetime, channels: int | None = None
) -> AsyncIterator[Row]:
    """Of a campaign, what was claimed from ``since`` until before ``until``. Raises Unavailable.

    ``channels``: those its trunks have. A number has the same hash throughout one log, and another in the next: what
    makes it is not kept, so nobody finds the number again.
    """
    campaign, key = centre.campaigns.get(name), secrets.token_bytes(32)
    yield _allowed(name, campaign, channels)
    said: dict[str, AgentState] = {}
    line = queue_line(centre, campaign)
    for row in await database.fetch("campaign_report.states", name, since, until, line):
        state = _state(row)
        if said.get(row["agent"]) is not state:
            said[row["agent"]] = state
            yield AgentLog(row["agent"], row["at"], state)
    after, number = since, 0
    while found := await database.fetch("campaign_report.log", name, since, until, after, number, AT_ONCE):
        for row in found:
            yield _attempt(row, key)
        after, number = found[-1]["claimed_at"], found[-1]["attempt_id"]


def _allowed(name: str, campaign: Campaign | None, channels: int | None) -> CampaignLog:
    if campaign is None:
        return CampaignLog(name, channels=channels)
    pacing = campaign.pacing
    most = pacing.most_channels if channels is None else min(channels, pacing.most_channels)
    return CampaignLog(
        name, pacing.abandonment_percent / 100, pacing.answer_grace_s, most, pacing.most_calls_per_s
    )  # fmt: skip


def _state(row: Record) -> AgentState:
    """Whose phone rings for a campaign's call is still the one who is free for it."""
    if row["state"] == "ringing" and row["call_id"].rpartition("!")[2].startswith(PREFIX):
        return AgentState.IDLE
    return STATES[row["state"]]


def _attempt(row: Record, key: bytes) -> AttemptLog:
    outcome = None if row["outcome"] is None else Outcome(row["outcome"])
    hashed = hashlib.blake2b(row["number"].encode(), key=key, digest_size=HASH_BYTES).hexdigest()
    return AttemptLog(
        row["placed_at"], row["rang_at"], row["answered_at"], row["connected_at"], row["ended_at"], outcome,
        row["agent"], hashed,
    )  # fmt: skip
