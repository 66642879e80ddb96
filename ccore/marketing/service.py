"""Puts together the marketing of one ccore: the product pool, the staff and their teams, and claims."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ccore.claiming import Claims as Settings
from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.marketing.claims import Claims
from ccore.marketing.model import Policy
from ccore.marketing.products import Products
from ccore.marketing.rehearsal import Around, Rehearsal
from ccore.marketing.staff import Staff
from ccore.marketing.teams import Teams


class Marketing:
    """``around`` is what orders, numbers and messages are to it."""

    def __init__(
        self, database: Database, settings: Settings, around: Around, now: Callable[[], datetime] = utc_now
    ) -> None:
        quarantine = timedelta(days=settings.quarantine_days)
        policy = Policy(quarantine, settings.at_once, frozenset(settings.reserved), settings.nearly_full_percent)
        self.products = Products(database)
        self.staff = Staff(database, quarantine, now)
        self.teams = Teams(database, now)
        self.claims = Claims(database, policy, now)
        self.rehearsal = Rehearsal(database, self.products, around, now)
        self.use(around)

    def use(self, around: Around) -> None:
        """Number claims, and test products, by this from now on."""
        self.claims.use(around.ranges)
        self.rehearsal.around = around

    def work(self) -> dict[str, Coroutine[Any, Any, None]]:
        """What every ccore does for ever, by name."""
        return {"claim codes": self.claims.keep_counting()}

    def health(self) -> Mapping[str, object]:
        """How full the codes of each product on sale are."""
        return {fill.product: f"{fill.taken} of {fill.of}" for fill in self.claims.fills}

    def warnings(self) -> Iterator[str]:
        """What an operator should look at."""
        yield from self.claims.warnings()
