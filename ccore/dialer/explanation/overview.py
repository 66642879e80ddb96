"""Every campaign at a glance: its state, its contacts, and what keeps it from dialling."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.explanation.standing import Stock, standstill
from ccore.dialer.running import CampaignState, states


@dataclass(frozen=True, slots=True)
class Overview:
    """One campaign. ``why_not``: in plain words; empty if lists and hours let it dial."""

    name: str
    campaign: Campaign
    state: CampaignState | None
    stocks: Mapping[str, Mapping[str, int]]
    why_not: tuple[str, ...]


async def overview(database: Database, centre: Centre, name: str, now: datetime) -> Overview | None:
    """How a campaign of the files stands; None if there is none of that name. ``now`` is of the site's zone."""
    campaign = centre.campaigns.get(name)
    if campaign is None:
        return None
    lists = [share.list for share in campaign.lists]
    rows = [row for each in lists for row in await database.fetch("contacts.lists", each)]
    zones = [row["zone"] for row in await database.fetch("dialling.zones", lists)]
    state = (await states(database)).get(name)
    stocks = {row["list"]: Stock(row["open"], row["due"], row["next_at"]) for row in rows}
    counts = {row["list"]: {what: row[what] for what in ("open", "due", "claimed", "done", "removed")} for row in rows}
    why_not = tuple(standstill(campaign, centre, state, stocks, zones, now))
    return Overview(name, campaign, state, counts, why_not)
