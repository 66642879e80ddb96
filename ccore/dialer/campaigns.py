"""Puts together what the campaigns of one ccore are made of, and runs what has to go on beside the calls."""

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from ccore.ami.link import Link
from ccore.calls.feed import Feed
from ccore.calls.tracker import Tracker
from ccore.centre.centre import Centre
from ccore.config import Config
from ccore.db.pool import Database
from ccore.dialer.at_desk import AtDesk
from ccore.dialer.claiming import Claiming
from ccore.dialer.gate import Gate
from ccore.dialer.lists.contacts import Lists
from ccore.dialer.lists.uploading import Uploading, site_of
from ccore.dialer.pacing_loop import Loop
from ccore.dialer.surroundings import Around, Parts, Standing
from ccore.dialer.trunks.state import Trunks

__all__ = ["LEASE", "Around", "Campaigns", "Standing"]

LEASE = "dialler"  # of all campaigns on the database: its epoch is in every claim, and the gate looks at it

Work = Callable[[], Coroutine[Any, Any, None]]


class Campaigns:
    """The campaigns of one ccore. Make it after the trackers of calls, and before the links run."""

    def __init__(
        self,
        config: Config,
        database: Database,
        links: Mapping[str, Link],
        trackers: Mapping[str, Tracker],
        feed: Feed,
        around: Around,
    ) -> None:
        self.trunks = Trunks(config, database, trackers)
        self.claiming = Claiming(database)
        here = partial(datetime.now, config.zone)
        self.gate = Gate(database, self.trunks, around.records, here)
        self.at_desk = AtDesk(database, links, self.claiming, around.kept_free, here)
        self._parts = Parts(database, links, trackers, feed, self.trunks, self.claiming, around, here)
        self.uploading = Uploading(database, site_of(config), config.var / "uploads", config.instance)
        self._lists = Lists(database)
        self._centre: Centre | None = None
        self._loop: Loop | None = None

    @property
    def centre(self) -> Centre:
        """The files that run."""
        assert self._centre is not None, "use comes before work"
        return self._centre

    def use(self, centre: Centre) -> None:
        """These are the campaigns and trunks from now on."""
        self._centre = centre
        self.trunks.use(centre)
        self.gate.use(centre)
        self.at_desk.use(centre)
        if self._loop is not None:
            self._loop.use(centre)

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {**self.trunks.work(), **self.uploading.work()}

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        lists = {"uploads of others": self.uploading.watch, "evidence of the erased": self._lists.watch}
        return {**self.trunks.led(), **self.at_desk.led(), **lists}

    async def dial(self, epoch: int) -> None:
        """Dial, in an epoch of the lease: the work of LEASE."""
        assert self._centre is not None, "use comes before work"
        self._loop = Loop(self._parts, self._centre, epoch)
        try:
            await self._loop.run()
        finally:
            self._loop = None

    def why(self, campaign: str) -> tuple[Standing, ...]:
        """How it stands at each node, as of the last decision; nothing where another ccore dials, or nobody works."""
        standings = {} if self._loop is None else self._loop.standings
        return tuple(standing for (name, _), standing in standings.items() if name == campaign)

    def health(self) -> Mapping[str, object]:
        """Whether this ccore dials, what is under way, and which trunks are closed."""
        lives = () if self._loop is None else self._loop.feeding.board.by_number.values()
        under_way = Counter(live.campaign for live in lives)
        return {"dials": self._loop is not None, "under_way": dict(under_way), "trunks": self.trunks.health()}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        yield from self.trunks.warnings()
        if why := self.uploading.trouble:
            yield f"files of contacts are not taken in: {why}"
        yield from self.at_desk.warnings()
        if self._loop is not None and self._loop.trouble.reason:
            yield f"campaigns do not dial: {self._loop.trouble.reason}"
