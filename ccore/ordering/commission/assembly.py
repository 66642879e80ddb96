"""Puts together what commission is made of on one ccore, and runs what has to go on beside the calls."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any, NoReturn

from prometheus_client import Gauge

from ccore.config import Config
from ccore.db.pool import Database
from ccore.db.trouble import Trouble, until_none
from ccore.ordering.commission.at_phone import AtPhone
from ccore.ordering.commission.closing import Periods
from ccore.ordering.commission.disputes import Disputes
from ccore.ordering.commission.enquiry import Enquiries
from ccore.ordering.commission.ledger import Ledger
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.number import NumberPlan

Work = Callable[[], Coroutine[Any, Any, None]]

RELEASE_EVERY_S = 30.0
PERIODS_EVERY_S = 600.0
TALLIES_EVERY_S = 1.0

OVERDUE = Gauge("ccore_commission_overdue_orders", "Orders whose commission should be payable for an hour and is not")
UNCLOSED = Gauge("ccore_sales_periods_unclosed", "Periods of sales that are over and not closed")


class Commission:
    """``ledger``, ``periods``, ``enquiries``, ``disputes``, and ``at_phone`` for who dials an enquiry."""

    def __init__(self, config: Config, database: Database, plan: NumberPlan) -> None:
        self.ledger = Ledger(database)
        self.periods = Periods(database, config.periods, config.zone)
        self.tallies = Tallies(database, config.zone)
        self.enquiries = Enquiries(database, config.periods, self.tallies)
        self.disputes = Disputes(database)
        self.at_phone = AtPhone(database, self.enquiries, plan)
        self._releasing = Trouble("commission_not_released")
        self._keeping = Trouble("sales_periods_not_made")
        self._tallying = Trouble("sellers_not_tallied")
        self._unclosed: list[str] = []
        self._broken_off: list[str] = []
        self._overdue = 0

    def use(self, plan: NumberPlan) -> None:
        """Understand dialled numbers by ``plan`` from now on."""
        self.at_phone.use(plan)

    def led(self) -> dict[str, Work]:
        """What one ccore does of all those on this database, by name."""
        return {"commission releases": self._release, "sales periods": self._keep, "sellers' tallies": self._tally}

    def health(self) -> Mapping[str, object]:
        """What waits for somebody."""
        return {"overdue": self._overdue, "periods_to_close": self._unclosed}

    def warnings(self) -> Iterator[str]:
        """What an admin should look at."""
        troubles = {
            "commission is not released": self._releasing,
            "periods of sales": self._keeping,
            "what sellers have is not added up": self._tallying,
        }
        for what, trouble in troubles.items():
            if trouble.reason:
                yield f"{what}: {trouble.reason}"
        if self._overdue:
            yield f"the commission of {self._overdue} orders should be payable by now"
        if self._broken_off:
            yield f"closing was broken off, close it again: {', '.join(self._broken_off)}"
        if len(self._unclosed) > 1:
            yield f"periods of sales are over and not closed: {', '.join(self._unclosed)}"

    async def _release(self) -> NoReturn:
        await self._releasing.every(RELEASE_EVERY_S, self._released)

    async def _released(self) -> None:
        await until_none(self.ledger.release_some)
        self._overdue = await self.ledger.overdue()
        OVERDUE.set(self._overdue)

    async def _tally(self) -> NoReturn:
        await self._tallying.every(TALLIES_EVERY_S, self.tallies.add_up)

    async def _keep(self) -> NoReturn:
        await self._keeping.every(PERIODS_EVERY_S, self._kept)

    async def _kept(self) -> None:
        await self.periods.make_ahead()
        self._unclosed = await self.periods.to_close()
        self._broken_off = await self.periods.broken_off()
        UNCLOSED.set(len(self._unclosed))
