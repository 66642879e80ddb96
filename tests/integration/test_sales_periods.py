"""Periods of sales on a real PostgreSQL: closed once, with tiers, ranks and bars, and counted again to the fen."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccore import config
from ccore.clock import utc_now
from ccore.db.embedded import EmbeddedPostgres
from ccore.db.pool import Database
from ccore.db.trouble import until_none
from ccore.ordering.commission.closing import Closed, Periods, Refused
from ccore.ordering.commission.enquiry import Enquiries, Standing
from ccore.ordering.commission.ledger import Ledger
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.commission.verify import Verification
from ccore.ordering.elimination import Fate
from ccore.ordering.lives import Lives
from ccore.ordering.model import Outcome
from ccore.selling import Confirmation
from ccore.settling import Periods as Settings
from tests.support.sales import Firm, days, firm_on, tampered
from tests.support.shop import call, ordering_on, product

ZONE = ZoneInfo("Asia/Shanghai")
TIERS = [{"from": 3, "fen": 300}, {"from": 5, "basis_points": 5000}]


@dataclass
class Books:
    """The firm with three periods: ``over``, ``running`` and ``next``. ``last``: a moment in the first."""

    firm: Firm
    database: Database
    periods: Periods
    settings: Settings
    last: datetime
    name: str = "over"

    async def differences(self) -> list[str]:
        """What a recount finds."""
        return [str(each) async for each in Verification(self.database).differences()]

    async def closed(self, **kwargs: Any) -> Closed:
        """Close the last week."""
        closed = await self.periods.close(self.name, "anna", kwargs.get("open_orders"))
        assert isinstance(closed, Closed), closed
        return closed


@pytest.fixture
async def books(database: Database, dsn: str) -> AsyncIterator[Books]:
    settings, now = Settings(least_group=10, newcomer_days=30), utc_now()
    async with firm_on(database, dsn) as firm:
        ends = (now - days(9), now - days(2), now + days(30), now + days(60))
        for name, (begins, until) in zip(("over", "running", "next"), pairwise(ends), strict=True):
            assert await database.execute("periods.make", name, begins, until) == 1
        yield Books(firm, database, Periods(database, settings, ZONE), settings, now - days(6))


async def test_periods_are_made_ahead_once_and_cover_all_sales(database: Database, dsn: str) -> None:
    periods = Periods(database, Settings(length="week"), ZONE)
    async with firm_on(database, dsn) as firm:
        await firm.sold("E001", utc_now() - days(20))
        assert await periods.make_ahead() >= (20 + 100) // 7
        assert await periods.make_ahead() == 0
        rows = await periods.listed(None, 100)
        assert all(later["begins"] == earlier["ends"] for later, earlier in pairwise(rows))
        assert await periods.to_close() == [row["name"] for row in reversed(rows) if row["ends"] <= utc_now()]
        assert await firm.value("SELECT bool_and(placed_at <@ (SELECT range_agg(span) FROM sales_periods)) FROM orders")


async def test_closing_books_tiers_by_the_order_of_sales_and_everybody_hears_of_it(books: Books) -> None:
    firm = books.firm
    await firm.rule(tiers=json.dumps(TIERS), hold_days=30, clawback_days=60)
    await firm.team("friends", {"E002": 2500, "E003": 7500})
    *_, sixth = [await firm.sold("E001", books.last + days(number / 10)) for number in range(6)]
    gone = await firm.sold("E001", books.last - days(0.2))
    assert await firm.ended(gone, at=books.last) == 200
    just_now = await firm.sold("E001", books.last + days(1))  # ends too late to change what the period comes to
    assert await firm.ended(just_now) == 200
    for number in range(3):
        await firm.sold("friends", books.last + days(number / 10))
    closed = await books.closed()
    assert (closed.tiers, closed.tiers_fen) == (5, 100 + 100 + 300 + 300 + 100)
    assert await firm.owed("E001") == {"held": 6 * 200 + 800}
    assert await firm.owed("E003") == {"held": 3 * 150 + 75}
    assert await books.differences() == []

    texts = await firm.connection.fetch(
        "SELECT kind, params->>'amount_fen' AS fen FROM outbox WHERE call_key = $1 ORDER BY kind",
        f"period!{books.name}!E001",
    )
    assert [tuple(row) for row in texts] == [("commission-notice", "2400"), ("period-result", "2400")]
    assert await books.periods.close(books.name, "anna", None) == Refused("it is closed")
    with pytest.raises(Exception, match="never changed"):
        await firm.connection.execute("UPDATE sales_periods SET closed_by = 'bob' WHERE name = $1", books.name)

    # A later cancellation gives back base and tier, in the running period; the closed one stays as it is.
    assert await firm.ended(sixth) == 500
    assert await books.differences() == []


async def test_volume_that_earns_less_takes_some_back_and_counts_so(books: Books) -> None:
    await books.firm.rule(tiers=json.dumps([{"from": 2, "fen": 50}]))
    for number in range(3):
        await books.firm.sold("E001", books.last + days(number / 10))
    await Ledger(books.database).release_some()
    closed = await books.closed()
    assert (closed.tiers, closed.tiers_fen) == (2, -300)
    assert await books.firm.owed("E001") == {"payable": 300}
    counted = "SELECT commission_fen FROM period_results WHERE employee_id = $1"
    assert await books.firm.value(counted, await books.firm.employee("E001")) == 300
    assert await books.differences() == []


async def test_tiers_of_orders_that_were_released_before_are_payable_at_once(books: Books) -> None:
    await books.firm.rule(tiers=json.dumps([{"from": 2, "fen": 350}]))
    for number in range(2):
        await books.firm.sold("E001", books.last + days(number / 10))
    assert await Ledger(books.database).release_some() == 2
    await books.closed()
    assert await books.firm.owed("E001") == {"payable": 200 + 350}
    assert await books.differences() == []


async def test_a_period_is_not_closed_before_its_time_nor_with_orders_that_nobody_knows_the_end_of(
    books: Books,
) -> None:
    running = await books.database.fetch_row("periods.running", utc_now())
    assert running is not None
    early = await books.periods.close(running["name"], "anna", None)
    assert isinstance(early, Refused)
    assert "not over" in early.why
    assert await books.periods.close("1999-W01", "anna", None) == Refused("there is no period 1999-W01")
    await books.firm.rule(tiers=json.dumps([{"from": 2, "fen": 300}]))
    await books.firm.sold("E002", books.last, state="confirmed")
    await books.firm.sold("E002", books.last + days(0.1), state="activating")
    await books.firm.sold("E002", books.last + days(0.2), state="pending_confirm")
    refused = await books.periods.close(books.name, "anna", None)
    assert refused == Refused("3 of its orders are still open: wait, or say whether they count")
    closed = await books.closed(open_orders="count")
    assert closed.tiers_fen == 100
    bp = await books.firm.value(
        "SELECT orders_bp FROM period_results WHERE employee_id = $1", await books.firm.employee("E002")
    )
    assert bp == 20_000
    assert await books.differences() == []


async def test_open_orders_that_are_left_out_count_for_nothing_in_it(books: Books) -> None:
    await books.firm.sold("E002", books.last, state="confirmed")
    await books.closed(open_orders="leave-out")
    bp = await books.firm.value(
        "SELECT orders_bp FROM period_results WHERE employee_id = $1", await books.firm.employee("E002")
    )
    assert bp == 0
    assert await books.differences() == []


async def test_only_one_of_those_who_close_at_once_does(books: Books) -> None:
    found = await asyncio.gather(*(books.periods.close(books.name, f"p{n}", None) for n in range(4)))
    assert sum(isinstance(each, Closed) for each in found) == 1
    assert await books.firm.value("SELECT count(*) FROM audit WHERE action = 'period-closed'") == 1


async def test_the_last_tenth_is_barred_from_the_next_period_and_told_why_until_a_manager_lifts_it(
    books: Books,
) -> None:
    firm = books.firm
    # Of a hundred who hold claims E093 to E100 sell nothing, and two for a fen. One of them has just come.
    for number in range(1, 91):
        await firm.sold(f"E{number:03}", books.last, price_fen=1000 + number)
    for number in (91, 92):
        await firm.sold(f"E{number:03}", books.last, price_fen=1)
    await firm.value("UPDATE employees SET joined_at = now() - interval '20 days' WHERE number = 'E100'")
    await Ledger(books.database).release_some()
    closed = await books.closed()
    assert (closed.ranked, closed.barred) == (100, 9)  # 99 compete: nine seats, of which seven have sold nothing
    running = await books.database.fetch_row("periods.running", utc_now())
    barred = await firm.connection.fetch(
        "SELECT number, detail FROM claim_bars b JOIN employees USING (employee_id) WHERE b.period_id = $1 ORDER BY 1",
        running and running["period_id"],
    )
    assert [row["number"] for row in barred] == [f"E{number:03}" for number in range(91, 100)]
    assert '"rank": 93' in barred[-1]["detail"]
    texts = await firm.value("SELECT params->>'barred' FROM outbox WHERE call_key = $1", f"period!{books.name}!E099")
    assert texts == "true"
    assert await books.differences() == []

    period = await books.periods.named(books.name)
    assert period is not None
    employee = await firm.employee("E095")
    assert await books.periods.lift(employee, period["period_id"], "anna", "was ill for three weeks")
    assert not await books.periods.lift(employee, period["period_id"], "anna", "again")
    [row] = await books.periods.results(period["period_id"], employee, None, 0, 10)
    assert (row["rank"], row["of"], row["seats"], row["fate"]) == (93, 100, 9, "barred")
    assert (row["lifted_by"], row["lifted_why"]) == ("anna", "was ill for three weeks")
    assert await firm.value("SELECT count(*) FROM audit WHERE action = 'bar-lifted'") == 1


TAMPERINGS = (
    ("UPDATE commission_entries SET amount_fen = amount_fen + 1 WHERE account = 'held'", "sum to 1 fen"),
    ("UPDATE commission_entries SET amount_fen = amount_fen * 2", "ought to be booked on held"),
    (
        "UPDATE commission_entries SET employee_id = employee_id + 1 WHERE account = 'held'",
        "ought not to be booked",
    ),
    ("DELETE FROM commission_entries", "sum to 0 fen"),
    ("DELETE FROM commission_postings WHERE kind = 'sale'", "sale: 200 fen ought to be booked"),
    ("DELETE FROM commission_postings WHERE kind = 'tier'", "tier: 100 fen ought to be booked"),
    ("DELETE FROM commission_postings WHERE kind = 'clawback'", "clawback: -200 fen ought to be booked"),
    ("UPDATE commission_postings SET rule_id = rule_id + 1 WHERE kind = 'sale'", "names rule"),
    ("UPDATE commission_rules SET fen = 150 WHERE fen = 200", "sale: 150 fen ought to be booked"),
    ("UPDATE orders SET price_fen = 5", "has Figures"),
    ("UPDATE orders SET rule_id = NULL", "when rule"),
    ("UPDATE orders SET state = 'cancelled'", "ought not to be booked"),
    ("UPDATE period_results SET rank = 1", "is not rank"),
    ("UPDATE period_results SET sales_fen = sales_fen + 1", "has Figures"),
    ("UPDATE period_results SET fate = 'barred', seats = of", "the bar says else"),
    ("UPDATE team_shares SET basis_points = 5000", "ought to be booked"),
    ("INSERT INTO commission_postings (kind, note) VALUES ('adjustment', 'mine')", "sum to 0 fen"),
)


async def test_a_recount_finds_what_somebody_changed_past_every_guard(
    books: Books, postgres: EmbeddedPostgres, dsn: str
) -> None:
    firm, name = books.firm, dsn.partition("?")[0].rpartition("/")[2]
    await firm.rule(tiers=json.dumps([{"from": 2, "fen": 300}]), clawback_days=60)
    await firm.team("friends", {"E002": 2500, "E003": 7500})
    for number in range(2):
        await firm.sold("E001", books.last + days(number / 10))
    await firm.sold("friends", books.last)
    await firm.ended(await firm.sold("E004", books.last), at=books.last + days(1))
    await books.closed()
    await Ledger(books.database).release_some()
    await Ledger(books.database).pay("anna")
    for tampering, said in TAMPERINGS:
        assert await books.differences() == []
        async with tampered(postgres.dsn_for(name, user="postgres"), tampering):
            differences = await books.differences()
        assert any(said in each for each in differences), (tampering, differences)


async def test_a_recount_of_orders_that_were_really_placed_confirmed_and_cancelled_finds_no_difference(
    books: Books, dsn: str
) -> None:
    """By persons and a team, with and without confirmation, cancelled and expired; each on its own way by chance."""
    firm, draw = books.firm, random.Random(7)
    await firm.rule(clawback_days=7, hold_days=0, tiers=json.dumps([{"from": 3, "fen": 450}]))
    await firm.team("friends", {"E001": 3333, "E002": 3333, "E003": 3334})
    shop, lives = ordering_on(books.database, orders_per_day=9), Lives(books.database, Confirmation(), "CN")
    for number in range(60):
        await product(dsn, "10", confirm=draw.choice(["none", "sms"]))
        code = draw.choice(["1008610001", "1008610002", "1008610950", "1008611003"])
        assert await shop.place(call(code, f"138{number:08}")) in {Outcome.PLACED, Outcome.CONFIRM_TEXT}
    orders = [row["order_id"] for row in await firm.connection.fetch("SELECT order_id FROM orders")]
    for order in draw.sample(orders, 30):
        await lives.confirm(order, "subscriber", "by-text")
    await Ledger(books.database).release_some()
    for order in draw.sample(orders, 20):
        await lives.cancel(order, "subscriber", "by-text")
    await firm.connection.execute("UPDATE orders SET confirm_until = now() WHERE state = 'pending_confirm'")
    await until_none(lives.look)
    ended = await firm.value(
        "SELECT count(DISTINCT state) FROM orders WHERE state IN ('active', 'cancelled', 'expired')"
    )
    assert ended == 3
    verification = Verification(books.database)
    assert [str(each) async for each in verification.differences()] == []
    assert verification.looked.orders == 60
    assert await firm.value("SELECT count(*) FROM commission_postings WHERE kind = 'clawback'") > 3


async def test_an_enquiry_says_what_is_booked_and_what_volume_would_add(books: Books) -> None:
    firm, now = books.firm, utc_now()
    await firm.rule(tiers=json.dumps([{"from": 2, "fen": 300}]), clawback_days=60)
    await firm.team("friends", {"E001": 2500, "E003": 7500})
    enquiries = Enquiries(books.database, books.settings, Tallies(books.database, ZONE))
    await firm.sold("E001", books.last)
    running = await books.database.fetch_row("periods.running", now)
    assert running is not None
    for _ in range(3):
        await firm.sold("E001", now)
    await firm.sold("friends", now)
    await firm.ended(await firm.sold("E001", now))
    await Ledger(books.database).release_some()
    found = await enquiries.ranked("E001", now)
    assert found is not None
    assert (found.period, found.orders, found.sales_fen) == (running["name"], 4, 3250)
    assert (found.booked_fen, found.forecast_fen) == (650, 850)
    assert (found.held_fen, found.payable_fen) == (0, 850)  # with that of last week
    assert found.rank == Standing(rank=1, of=100, fate=Fate.SAFE, seats=10)
    other = await enquiries.ranked("E003", now)
    assert other is not None
    assert (other.orders, other.sales_fen, other.booked_fen) == (1, 750, 150)
    assert await enquiries.enquiry("E999", now) is None
    await enquiries.end()


def test_the_configuration_has_these_settings() -> None:
    assert config.Config().periods == Settings()
