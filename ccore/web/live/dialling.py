"""Campaigns as they are told live: of the pace of this ccore, if it dials, and of what is written down."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from ccore.centre.campaign import Campaign
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.abandonment import of_30_days
from ccore.dialer.campaigns import Campaigns, Standing
from ccore.dialer.explanation.chinese import in_chinese
from ccore.dialer.explanation.overview import overview
from ccore.dialer.live_figures import waits_for
from ccore.dialer.model import State
from ccore.dialer.running import CampaignState, state_of, states
from ccore.web.live.polled import Polled
from ccore.web.live.topics import Live, LiveCampaign

EVERY_S = 0.5
EXPLAINED_EVERY_S = 5.0
COUNTED_EVERY_S = 30.0
CLOSED = ("no-link", "hours")  # of several nodes it waits for the first other thing


class CampaignsLive:
    """The topic ``campaigns``."""

    def __init__(self, config: Config, database: Database, campaigns: Campaigns) -> None:
        self.source = Polled("campaigns", EVERY_S, self.look)
        self._zone, self._database, self._campaigns = config.zone, database, campaigns
        self._explained: tuple[float, Mapping[str, list[str]]] = (0.0, {})
        self._counted: tuple[float, Mapping[str, tuple[int, int]]] = (0.0, {})

    async def look(self) -> Mapping[str, Live]:
        """Every campaign of the files. Raises Unavailable."""
        files, running = self._campaigns.centre.campaigns, await states(self._database)
        if time.monotonic() - self._explained[0] > EXPLAINED_EVERY_S or self._explained[1].keys() != files.keys():
            self._explained = time.monotonic(), {name: await self._why(name) for name in files}
        if time.monotonic() - self._counted[0] > COUNTED_EVERY_S or self._counted[1].keys() != files.keys():
            counted = {name: await of_30_days(self._database, name, each, utc_now()) for name, each in files.items()}
            self._counted = time.monotonic(), counted
        return {name: self._entry(name, each, running) for name, each in files.items()}

    async def _why(self, name: str) -> list[str]:
        found = await overview(self._database, self._campaigns.centre, name, datetime.now(self._zone))
        return list(found.why_not) if found else []

    def _entry(self, name: str, campaign: Campaign, running: Mapping[str, CampaignState]) -> LiveCampaign:
        standings, (answered, abandoned) = self._campaigns.why(name), self._counted[1][name]
        under_way = Counter[str]()
        for standing in standings:
            under_way.update(standing.under_way)
        return LiveCampaign(
            title=dict(campaign.title),
            mode=campaign.mode,
            queue=campaign.queue,
            state=state_of(running, name),
            dials=bool(standings),
            agents=sum(standing.seats for standing in standings),
            ringing=under_way[State.CLAIMED] + under_way[State.DIALLING] + under_way[State.RINGING],
            answered_waiting=under_way[State.ANSWERED],
            in_talk=under_way[State.CONNECTED],
            answered=answered,
            abandoned=abandoned,
            abandonment_permille=1000 * abandoned // answered if answered else None,
            limit_permille=round(campaign.pacing.abandonment_percent * 10),
            waits_for=_waits_for(standings),
            predicted_free=_predicted(standings),
            why_not=self._explained[1][name],
            why_not_zh=[in_chinese(why) or why for why in self._explained[1][name]],
        )


def _waits_for(standings: Sequence[Standing]) -> str:
    words = [waits_for(standing) for standing in standings if standing.state == "running"]
    return next((word for word in words if word not in CLOSED), words[0] if words else "")


def _predicted(standings: Sequence[Standing]) -> float | None:
    return round(sum(each.decision.why.expected_free for each in standings), 1) if standings else None
