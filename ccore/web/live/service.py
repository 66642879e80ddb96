"""Puts together what is told live by one ccore, and runs what has to go on for it."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

import structlog

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.gaps import GapLedger
from ccore.calls.tracker import Tracker
from ccore.clock import utc_now
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.campaigns import Campaigns
from ccore.numbers.service import Numbers
from ccore.queues.floor import Floor
from ccore.web.live import trunking
from ccore.web.live.dialling import CampaignsLive
from ccore.web.live.floor import FloorLive
from ccore.web.live.hub import Hub
from ccore.web.live.polled import Polled
from ccore.web.live.selling import SellingLive
from ccore.web.live.site import SiteLive
from ccore.web.live.topics import TOPICS
from ccore.web.live.uploads import source as uploads

log = structlog.get_logger()

AGAIN_S = 1.0  # after a fault
COUNTED = "queues"  # the topic with counts, which are made of files that are read after a gap


class Live:
    """Make it before the links run; ``version`` tells which of the operators' files run."""

    def __init__(
        self,
        config: Config,
        dsn: str,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        feed: Feed,
        ledger: GapLedger,
        floor: Floor,
        campaigns: Campaigns,
        numbers: Numbers,
        version: Callable[[], int],
    ) -> None:
        self._links, self._ledger, self._began_at = links, ledger, utc_now()
        self._floor = FloorLive(database, floor, feed, trackers, config.zone)
        self._selling = SellingLive(config, dsn, database)
        dialling, site = CampaignsLive(config, database, campaigns), SiteLive(database, numbers, links, version)
        polled: Mapping[str, Polled] = {
            "campaigns": dialling.source,
            "uploads": uploads(database),
            "trunks": trunking.source(config, links, trackers, campaigns.trunks),
            **site.sources,
        }
        self._polled = polled.values()
        self.hub = Hub(database, {**self._floor.sources, **self._selling.sources, **polled}, self._gaps)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"live": self._run()}

    async def _run(self) -> None:
        """Whatever fails in telling pages ends their sockets, and no call: they come back."""
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    for name, work in self._parts().items():
                        group.create_task(work, name=name)
            except* Exception as errors:  # a fault in what is shown must not end what is done
                log.error("live_failed", exc_info=errors)
            await asyncio.sleep(AGAIN_S)

    def _parts(self) -> dict[str, Coroutine[Any, Any, None]]:
        polled = {f"live {each.topic}": each.run(self.hub.watched, self.hub.mark_all) for each in self._polled}
        return {"live sockets": self.hub.run(), **self._floor.work(self.hub), **self._selling.work(self.hub), **polled}

    def _gaps(self) -> Mapping[str, datetime]:
        away = [link.heard_until or self._began_at for link in self._links.values() if not link.up]
        gaps = dict.fromkeys((name for name, topic in TOPICS.items() if topic.heard), min(away)) if away else {}
        if (unread := self._ledger.open_since) is not None:
            gaps[COUNTED] = min(unread, gaps.get(COUNTED, unread))
        return gaps
