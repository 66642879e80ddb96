"""What the books of commission cost with many orders in them: to close a period, to prove them, to ask."""

import json
import os
import resource
import time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ccore.clock import utc_now
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.ordering.commission.closing import Closed, Periods
from ccore.ordering.commission.enquiry import Enquiries
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.commission.verify import Verification
from ccore.settling import Periods as Settings
from tests.support.sales import days, firm_on, many_sold

FULL = os.environ.get("CCORE_FULL") == "1"
ORDERS = 1_000_000 if FULL else 4_000
SELLERS = 100
ENQUIRY_S = 1.0  # what a caller may wait for the database, as in the configuration
PROOF_MB = 150  # by which a proof may make the process larger, however many orders there are


def _rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.figures
@pytest.mark.timeout(1800)
async def test_a_period_of_many_orders_is_closed_proved_and_asked_about(
    postgres: EmbeddedPostgres, database: Database, dsn: str
) -> None:
    settings, now = Settings(last_percent=10, least_group=10), utc_now()
    name = dsn.partition("?")[0].rpartition("/")[2]
    async with firm_on(database, dsn) as firm:
        # From the second half of what each sells on they earn more.
        tiers = [{"from": ORDERS // SELLERS // 2 + 1, "fen": 300}]
        await firm.rule(hold_days=366, tiers=json.dumps(tiers))
        await many_sold(postgres.dsn_for(name, user="postgres"), ORDERS, SELLERS)
        ends = (now - days(9), now - days(2), now + days(30), now + days(60))
        for period, (begins, until) in zip(("over", "running", "next"), pairwise(ends), strict=True):
            await database.execute("periods.make", period, begins, until)

        began = time.monotonic()
        closed = await Periods(database, settings, ZoneInfo("Asia/Shanghai")).close("over", "anna", None)
        closing_s = time.monotonic() - began
        assert isinstance(closed, Closed)
        assert closed.tiers_fen == ORDERS // 2 * 100

        before, began = _rss_mb(), time.monotonic()
        verification = Verification(database)
        assert [str(each) async for each in verification.differences()] == []
        proof_s, grown = time.monotonic() - began, _rss_mb() - before
        assert verification.looked.orders == ORDERS
        assert grown < PROOF_MB

        await firm.sold("E001", now)
        tallies = Tallies(database, ZoneInfo("Asia/Shanghai"))
        enquiries, took = Enquiries(database, settings, tallies), []
        for _ in range(20):
            began = time.monotonic()
            found = await enquiries.enquiry("E001", utc_now())
            took.append(time.monotonic() - began)
        assert found is not None
        assert found.orders == 1
        await enquiries.ranked("E001", utc_now())
        await enquiries.end()
    print(
        f"\n{ORDERS} orders: closed in {closing_s:.1f} s ({closed.tiers} tiers), proved in {proof_s:.1f} s "
        f"({ORDERS / proof_s:.0f} orders a second, {grown:.0f} MB), asked in {1000 * sorted(took)[10]:.0f} ms"
    )
    if FULL:
        assert sorted(took)[10] < ENQUIRY_S
