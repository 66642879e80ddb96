"""Puts together the agents' side of campaigns: whom they look at and call, what they say of it, what they see."""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ccore.ami.link import Link
from ccore.centre.centre import Centre
from ccore.db.pool import Database
from ccore.dialer.claiming import Claiming
from ccore.dialer.preview import Previews, Seats
from ccore.dialer.results import Results, Wish
from ccore.dialer.samples import Samples
from ccore.dialer.screen import Screens

Work = Callable[[], Coroutine[Any, Any, None]]


class AtDesk:
    """One ccore's. ``here`` is the time now, of the site's zone."""

    def __init__(
        self,
        database: Database,
        links: Mapping[str, Link],
        claiming: Claiming,
        seats: Seats,
        here: Callable[[], datetime],
    ) -> None:
        self.results = Results(database, here)
        self.previews = Previews(database, links, claiming, seats, here)
        self.screens = Screens(database)
        self.samples = Samples(database)

    def use(self, centre: Centre) -> None:
        """These are the campaigns from now on."""
        self.results.use(centre)
        self.previews.use(centre)
        self.screens.use(centre)

    async def judged(self, call: str, disposition: str, again_at: datetime | None, own: bool) -> Sequence[str]:
        """What is wrong with such a result of a call, as far as campaigns go."""
        return await self.results.wrong(call, disposition, Wish(again_at, own))

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {**self.results.led(), **self.previews.led(), **self.samples.led()}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        for what, trouble in (
            ("what agents say of contacts is not carried over", self.results.trouble),
            ("agents who look at contacts are not freed", self.previews.trouble),
            ("verdicts of the detection are not put before people", self.samples.trouble),
        ):
            if trouble.reason:
                yield f"{what}: {trouble.reason}"
