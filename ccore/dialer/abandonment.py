"""How many of those who answered met nobody, as regulators count it; the report and the pace have the same figures."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from asyncpg import Record

from ccore.centre.campaign import Campaign
from ccore.db.pool import Database

# Whoever is hung up on sooner counts as abandoned, by law, whatever the campaign's own least_ring_s.
LEAST_RING = timedelta(seconds=15)
GRACE = timedelta(seconds=2)  # of a campaign whose file has gone


def grace(campaign: Campaign | None) -> timedelta:
    """How long after answering somebody may wait for an agent."""
    return GRACE if campaign is None else timedelta(seconds=campaign.pacing.answer_grace_s)


async def windows(database: Database, name: str, campaign: Campaign | None, until: datetime) -> Sequence[Record]:
    """The counts of `campaign_report.windows` before ``until``: of 30 days, 24 h and 30 minutes. Raises Unavailable."""
    return await database.fetch("campaign_report.windows", name, until, grace(campaign), LEAST_RING)


async def of_30_days(database: Database, name: str, campaign: Campaign, until: datetime) -> tuple[int, int]:
    """Of the 30 days before ``until``: how many people answered, and how many of them were abandoned."""
    longest = (await windows(database, name, campaign, until))[0]
    return longest["live"], sum(longest[why] for why in ("no_agent", "left", "late", "cut"))
