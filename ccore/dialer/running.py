"""Which campaigns dial: started, drained and stopped by people, for every ccore of the database at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from ccore.db.pool import Database

log = structlog.get_logger()

CHANNEL = "ccore_campaigns"  # of NOTIFY: the name of a campaign whose state has changed

Running = Literal["stopped", "running", "draining"]


@dataclass(frozen=True, slots=True)
class CampaignState:
    """``draining``: no new calls, those under way go on. ``epoch`` grows with each change; ``by`` is a login."""

    state: Running
    epoch: int
    by: str
    at: datetime
    reason: str


async def states(database: Database) -> dict[str, CampaignState]:
    """Every campaign that was ever started; all others are stopped."""
    rows = await database.fetch("campaigns.states")
    return {row["name"]: CampaignState(row["state"], row["epoch"], row["by"], row["at"], row["reason"]) for row in rows}


def state_of(found: Mapping[str, CampaignState], name: str) -> Running:
    """The state of a campaign among those ``found``."""
    return found[name].state if name in found else "stopped"


async def change(database: Database, name: str, state: Running, who: str, reason: str) -> int | None:
    """Have a campaign of the files run, drain or stop; its new epoch.

    None: it was in that state, or is to drain and does not run. Raises Unavailable and OutcomeUnknown.
    """
    epoch: int | None = await database.fetch_value("campaigns.change", name, state, who, reason)
    if epoch is not None:
        log.info("campaign_changed", campaign=name, state=state, by=who, reason=reason)
    return epoch
