"""The paces of campaigns at nodes: begun from what is known, kept for whoever goes on, and their decisions logged."""

import time
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import structlog

from ccore.centre.campaign import Campaign
from ccore.centre.centre import Centre
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.dialer.abandonment import of_30_days
from ccore.dialer.live import Board, Live
from ccore.dialer.live_pace import Pace
from ccore.dialer.samples import Samples
from ccore.dialer.surroundings import Key, Standing

log = structlog.get_logger()

LEARNT_FOR = timedelta(days=7)
LOG_EVERY_S = 10.0  # decisions that begin nothing
LOG_KEPT = timedelta(days=30)
COUNT_EVERY_S = 300.0  # who answered in 30 days, anew: some seconds of PostgreSQL where there are millions
# Of how it stood, for whoever explains a decision later.
FIGURES = ("seats", "kept_for_inbound", "free_channels", "linked", "fresh", "wanted", "got")


class Paces:
    """By campaign and node."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._samples = Samples(database)
        self._paces: dict[Key, Pace] = {}
        self._campaigns: dict[str, Campaign] = {}
        self._logged: dict[Key, float] = {}
        self._counted: dict[Key, float] = {}

    def use(self, centre: Centre) -> None:
        """Campaigns are so from now on."""
        for (name, _), pace in self._paces.items():
            if campaign := centre.campaigns.get(name):
                self._campaigns[name] = campaign
                pace.use(campaign)

    def of(self, live: Live) -> Pace | None:
        """That of an attempt, if its campaign has one there."""
        return self._paces.get((live.campaign, live.node))

    def __contains__(self, key: Key) -> bool:
        return key in self._paces

    async def at(self, key: Key, campaign: Campaign, board: Board) -> Pace:
        """That of a campaign at a node; one that is new knows of all that is under way. Raises Unavailable."""
        if key not in self._paces:
            name, node = key
            self._campaigns[name] = campaign
            learnt = await self._database.fetch_value("dialling.learnt", name, node, LEARNT_FOR)
            pace = _restored(campaign, learnt)
            pace.counted(*await of_30_days(self._database, name, campaign, utc_now()))
            self._counted[key] = time.monotonic()
            for live in board.at(name, node):
                pace.found(time.monotonic(), live)
            self._paces[key] = pace
        return self._paces[key]

    def forget(self, running: Collection[Key], board: Board) -> None:
        """Those of campaigns that dial no more, once nothing of them is under way."""
        for key in self._paces.keys() - set(running):
            if next(board.at(*key), None) is None:
                del self._paces[key]

    async def keep(self) -> None:
        """Write down what was learnt. Raises Unavailable and OutcomeUnknown."""
        for (name, node), pace in list(self._paces.items()):
            await self._database.execute("dialling.keep_learnt", name, node, pace.learnt())
            pace.use(await self._samples.measured(name, self._campaigns[name]))
            if time.monotonic() - self._counted[name, node] > COUNT_EVERY_S:  # days pass, and other nodes dial as well
                pace.counted(*await of_30_days(self._database, name, self._campaigns[name], utc_now()))
                self._counted[name, node] = time.monotonic()
        await self._database.execute("dialling.forget_pace", LOG_KEPT)

    async def log(self, standing: Standing, now: float) -> None:
        """Write down a decision: each that does something, and some of the others. Raises as ``keep``."""
        key, decision = (standing.campaign, standing.node), standing.decision
        did = decision.start or decision.hang_up
        if did or now - self._logged.get(key, float("-inf")) >= LOG_EVERY_S:
            self._logged[key] = now
            why = {name: getattr(decision.why, name) for name in decision.why.__slots__}
            why |= {name: getattr(standing, name) for name in FIGURES}
            await self._database.execute("dialling.log_pace", *key, decision.start, len(decision.hang_up), why)


def _restored(campaign: Campaign, learnt: dict[str, Any] | None) -> Pace:
    try:
        return Pace(campaign, learnt)
    except (KeyError, TypeError, ValueError) as error:  # of another version of ccore: it learns anew
        log.warning("pace_forgotten", reason=str(error))
        return Pace(campaign)
