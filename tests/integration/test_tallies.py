"""What is tallied of those who sell beside what the orders and the books say when they are read one by one."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.counting import Order, Run, Volume, earned_by
from ccore.ordering.commission.ledger import Ledger
from ccore.ordering.commission.rules import Rule, Tier
from ccore.ordering.commission.tallies import Tallies, split
from ccore.ordering.model import FlatCommission, PercentCommission, Seller
from tests.support.sales import Firm, days, firm_on
from tests.support.shop import sql

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS, ENDS = datetime(2026, 6, 1, tzinfo=ZONE), datetime(2026, 7, 1, tzinfo=ZONE)
SELLERS = ("E001", "E002", "E003", "friends")
ONE_BY_ONE = """
SELECT o.placed_at, o.order_id, o.product_id, o.rule_id, o.employee_id, o.team_id, o.department_id, o.price_fen,
       v.version_id AS version
FROM orders o LEFT JOIN team_versions v ON v.team_id = o.team_id AND v.valid @> o.called_at
WHERE o.placed_at >= $2 AND o.placed_at < $3 AND o.state IN ('confirmed', 'activating', 'active')
  AND (o.employee_id = $1 OR o.team_id IN (
        SELECT x.team_id FROM team_versions x JOIN team_shares s USING (version_id) WHERE s.employee_id = $1))
ORDER BY o.placed_at, o.order_id
"""
BALANCE = "SELECT coalesce(sum(amount_fen), 0) FROM commission_entries WHERE employee_id = $1 AND account = $2"
EARNED = """
SELECT coalesce(sum(e.amount_fen), 0) FROM commission_entries e JOIN commission_postings p USING (posting_id)
WHERE e.employee_id = $1 AND p.kind IN ('sale', 'clawback', 'adjustment') AND p.booked_at >= $2 AND p.booked_at < $3
"""
TIERS = (Tier(3, FlatCommission(300)), Tier(5, PercentCommission(3333)), Tier(9, FlatCommission(1)))
RULES = {1: Rule(FlatCommission(200), TIERS), 2: Rule(PercentCommission(1234), TIERS[1:]), 3: Rule(FlatCommission(7))}
TEAMS = {7: [Seller(1, 3333), Seller(2, 6667)]}


@pytest.fixture
async def firm(database: Database, dsn: str) -> AsyncIterator[Firm]:
    async with firm_on(database, dsn) as firm:
        await firm.team("friends", {"E001": 2500, "E003": 7500})
        await firm.rule(tiers=json.dumps([{"from": 3, "fen": 300}]), hold_days=20, clawback_days=60)
        yield firm


async def one_by_one(connection: "asyncpg.Connection[Any]", employee: int) -> list[Order]:
    """The orders that count for somebody in June, from the orders themselves."""
    rows = await connection.fetch(ONE_BY_ONE, employee, BEGINS, ENDS)
    return [Order(*(row[name] for name in Order._fields)) for row in rows]


def volume_of(firm_rule: int, teams: dict[int, list[Seller]]) -> Volume:
    return Volume({firm_rule: Rule(FlatCommission(200), (Tier(3, FlatCommission(300)),))}, teams)


async def compare(firm: Firm, tallies: Tallies) -> int:
    """That everybody is told what orders and books say one by one; how many orders that are."""
    product, rule = tuple(await firm.connection.fetchrow("SELECT product_id, rule_id FROM orders LIMIT 1") or ())
    version = await firm.value("SELECT version_id FROM team_versions")
    teams = {version: [Seller(await firm.employee("E001"), 2500), Seller(await firm.employee("E003"), 7500)]}
    seen = 0
    for number in SELLERS[:3]:
        employee = await firm.employee(number)
        owed = await tallies.owed(employee)
        for account in ("held", "payable", "paid"):
            assert owed[account] == await firm.value(BALANCE, employee, account), (number, account)
        for until in (ENDS, utc_now() + days(1)):
            earned = await tallies.earned_fen(employee, (BEGINS, until))
            assert earned == await firm.value(EARNED, employee, BEGINS, until), number
        orders, runs = (
            await one_by_one(firm.connection, employee),
            await tallies.sold(employee, (BEGINS, ENDS), [product]),
        )
        assert counted(runs) == Counter(map(_kind, orders)), number
        singly, together = volume_of(rule, teams), volume_of(rule, teams)
        one_after_the_other = Counter[int]()
        for order in orders:
            one_after_the_other.update(earned_by(singly.adds(order)))
        in_runs = sum((together.earns(run) for run in runs), Counter[int]())
        assert in_runs == +one_after_the_other, number
        seen += len(orders)
    return seen


def _kind(order: Order) -> Order:
    return order._replace(order_id=0, department_id=None)


def counted(runs: list[Run]) -> Counter[Order]:
    """How many orders of each kind."""
    found = Counter[Order]()
    for order, times in runs:
        found[_kind(order)] += times
    return found


@pytest.mark.parametrize("seed", range(4))
async def test_everybody_is_told_what_the_books_say_after_any_sequence(
    firm: Firm, database: Database, seed: int
) -> None:
    chance, tallies, ledger = random.Random(seed), Tallies(database, ZONE), Ledger(database)
    live: list[tuple[int, str]] = []
    for _ in range(100):
        at = BEGINS + days(chance.choice([-0.01, 0, 0.01, 1, 1.4, 1.6, 14, 29.99, 30, chance.uniform(-3, 33)]))
        match chance.choice(["sold", "sold", "sold", "waits", "ended", "adjusted", "released", "paid", "added"]):
            case "sold":
                price_fen = chance.choice([1000, 1000, 999])
                live.append((await firm.sold(chance.choice(SELLERS), at, price_fen=price_fen), "active"))
            case "waits":
                live.append((await firm.sold(chance.choice(SELLERS), at, state="pending_confirm"), "pending_confirm"))
            case "ended" if live:
                order, was = live.pop(chance.randrange(len(live)))
                await firm.ended(order, was, chance.choice(["cancelled", "rejected"]))
            case "adjusted":
                employee = await ledger.employee("E002")
                assert employee is not None
                assert isinstance(await ledger.adjust(employee, chance.choice([-50, 70]), "a test", "anna"), int)
            case "released":
                await ledger.release_some()
            case "paid":
                await ledger.pay("anna")
            case "added":
                await tallies.add_up()
    assert await compare(firm, tallies) > 5
    assert await tallies.differences() == []
    await tallies.add_up()
    assert await compare(firm, tallies) > 5
    await tallies.again()
    assert await compare(firm, tallies) > 5


async def test_what_is_read_does_not_grow_with_the_orders(firm: Firm, database: Database, dsn: str) -> None:
    tallies, employee = Tallies(database, ZONE), await firm.employee("E001")
    for number in range(40):
        await firm.sold("E001", BEGINS + days(1 + number / 100))
    await tallies.add_up()
    assert await tallies.sold(employee, (BEGINS, ENDS), []) == [
        Run(order, 40) for order in {_kind(each) for each in await one_by_one(firm.connection, employee)}
    ]
    for table, rows in {"sold_days": 1, "owed": 1, "earned_days": 1, "sold_changes": 0, "owed_changes": 0}.items():
        assert await firm.value(f"SELECT count(*) FROM {table}") == rows, table


async def test_what_was_changed_by_hand_is_found_and_tallied_anew(firm: Firm, database: Database, dsn: str) -> None:
    tallies = Tallies(database, ZONE)
    await firm.sold("E001", BEGINS)
    await tallies.add_up()
    await sql(dsn, "UPDATE owed SET fen = fen + 1")
    await sql(dsn, "UPDATE sold_days SET orders = orders + 1")
    assert [(row["what"], row["is_now"], row["tallied"]) for row in await tallies.differences()] == [
        ("sold", 1, 2),
        ("held", 200, 201),
    ]
    await tallies.again()
    assert await tallies.differences() == []


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(1, 12), st.sampled_from([1000, 333])), max_size=6),
       st.booleans())  # fmt: skip
def test_a_run_earns_what_its_orders_earn_one_after_the_other(kinds: list[tuple[int, int, int]], team: bool) -> None:
    whose = (None, 5, None, 7) if team else (1, None, None, None)
    runs = [Run(Order(0, 10, rule, price, *whose), times) for rule, times, price in kinds]
    together, singly = Volume(RULES, TEAMS), Volume(RULES, TEAMS)
    for run in runs:
        each = Counter[int]()
        for _ in range(run.times):
            for employee, fen in earned_by(singly.adds(run.order)).items():
                each[employee] += fen
        earned = together.earns(run)
        assert {who: fen for who, fen in earned.items() if fen} == {who: fen for who, fen in each.items() if fen}


moments = st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + days(minutes / 1440))


@given(moments, moments, st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu", "Europe/Berlin", "UTC"]))
def test_a_time_is_split_into_whole_days_and_what_is_left(one: datetime, other: datetime, name: str) -> None:
    begins, ends = sorted((one, other))
    zone = ZoneInfo(name)
    whole, edges = split((begins, ends), zone)
    pieces = sorted(piece for piece in (whole, *edges) if piece[0] < piece[1])
    if begins < ends:
        assert (pieces[0][0], pieces[-1][1]) == (begins, ends)
    assert all(piece[1] == following[0] for piece, following in pairwise(pieces))
    for moment in whole if whole[0] < whole[1] else ():
        assert moment.astimezone(zone).time() == datetime.min.time()
    assert all((edge[1] - edge[0]).days <= 2 for edge in edges)
