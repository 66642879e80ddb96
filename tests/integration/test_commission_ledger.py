"""The books of commission on a real PostgreSQL: given back, released, adjusted, paid, disputed."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator

import pytest

from ccore.clock import utc_now
from ccore.db.pool import Database
from ccore.ordering.commission.disputes import Disputes
from ccore.ordering.commission.ledger import Ledger, claw_back, payout_file
from tests.support.sales import Firm, days, firm_on


@pytest.fixture
async def firm(database: Database, dsn: str) -> AsyncIterator[Firm]:
    async with firm_on(database, dsn) as firm:
        yield firm


async def balanced(firm: Firm) -> bool:
    """Whether every posting sums to nothing and no order has cost anybody anything."""
    wrong = """
        SELECT count(*) FROM (SELECT FROM commission_entries GROUP BY posting_id HAVING sum(amount_fen) <> 0) AS p"""
    below = """
        SELECT count(*) FROM (SELECT FROM commission_ledger WHERE order_id IS NOT NULL
                              GROUP BY order_id, employee_id HAVING sum(amount_fen) < 0) AS o"""
    return not await firm.value(wrong) and not await firm.value(below)


async def test_commission_is_payable_once_its_hold_is_over_and_the_order_still_active(
    firm: Firm, database: Database
) -> None:
    await firm.rule(hold_days=30)
    now, ledger = utc_now(), Ledger(database)
    await firm.sold("E001", now - days(31))
    await firm.sold("E002", now - days(29))
    gone = await firm.sold("E003", now - days(31))
    assert await firm.ended(gone) == 0  # its hold was over
    early = await firm.sold("E006", now - days(29))
    assert await firm.ended(early) == 200
    waiting = await firm.sold("E004", now - days(31))
    await firm.value("INSERT INTO fraud_flags (order_id, reason) VALUES ($1, 'velocity') RETURNING flag_id", waiting)
    await firm.sold("E005", now - days(31), state="confirmed")

    assert await ledger.release_some() == 2
    assert await ledger.release_some() == 0
    assert [await firm.owed(f"E00{n}") for n in range(1, 7)] == [
        {"payable": 200},
        {"held": 200},
        {"payable": 200},
        {"held": 200},
        {"held": 200},
        {},
    ]
    await firm.value("UPDATE fraud_flags SET state = 'cleared', ended_at = now()")
    assert await ledger.release_some() == 1
    assert await firm.owed("E004") == {"payable": 200}
    assert await balanced(firm)


async def test_a_cancellation_gives_all_back_once_whatever_was_booked_and_nothing_when_it_is_late(
    firm: Firm, database: Database
) -> None:
    await firm.rule(clawback_days=30)
    now, ledger = utc_now(), Ledger(database)
    await firm.team("friends", {"E001": 3333, "E002": 3333, "E003": 3334})
    early = await firm.sold("friends", now - days(29), commission_fen=100)
    late = await firm.sold("friends", now - days(31), commission_fen=100)
    never = await firm.sold("friends", now - days(300), state="activating", commission_fen=100)
    assert await ledger.release_some() == 2

    assert await firm.ended(early) == 100
    assert await firm.ended(late) == 0
    assert await firm.ended(never, "activating", "rejected") == 100  # it never was theirs
    assert await claw_back(database, early, now, "active") == 0
    assert [await firm.owed(f"E00{n}") for n in (1, 2, 3)] == [{"payable": 33}, {"payable": 33}, {"payable": 34}]
    assert await balanced(firm)


async def test_a_release_and_a_cancellation_at_the_same_time_leave_nothing_over(
    firm: Firm, dsn: str, database: Database
) -> None:
    """Each order is both due and cancelled: whichever comes first, nobody has anything of it."""
    await firm.rule(clawback_days=30)
    orders = [await firm.sold("E001", utc_now() - days(1)) for _ in range(40)]
    ledger = Ledger(database)

    async def cancel(order: int) -> None:
        async with database.transaction() as transaction:
            await transaction.execute("ordering_life.move", order, "active", "cancelled", "test", "", None)
            await asyncio.sleep(0.002)
            await claw_back(transaction, order, utc_now(), "active")

    async def release() -> None:
        for _ in range(20):
            await ledger.release_some()

    await asyncio.gather(release(), *map(cancel, orders))
    assert await firm.owed("E001") == {}
    assert await balanced(firm)


async def test_what_is_payable_is_paid_once_and_debts_stay(firm: Firm, database: Database) -> None:
    now, ledger = utc_now(), Ledger(database)
    await firm.rule(clawback_days=30)
    order = await firm.sold("E001", now - days(2))
    await firm.sold("E002", now - days(2), commission_fen=50)
    await ledger.release_some()
    await firm.value("UPDATE employees SET name = '=cmd|calc' WHERE number = 'E001'")
    paid = await ledger.pay("anna", least_fen=100)
    assert paid is not None
    assert (paid.payees, paid.fen) == (1, 200)
    assert await ledger.pay("anna", least_fen=100) is None
    assert await firm.owed("E001") == {"paid": 200}
    assert await firm.owed("E002") == {"payable": 50}

    content = payout_file(paid.payout_id, await ledger.payees(paid.payout_id)).decode("utf-8-sig")
    [row] = list(csv.DictReader(io.StringIO(content)))
    assert (row["employee"], row["name"], row["yuan"]) == ("E001", "'=cmd|calc", "2.00")

    await firm.ended(order)  # paid already: it is owed back, and the next sale goes against it
    assert await firm.owed("E001") == {"paid": 200, "payable": -200}
    await firm.sold("E001", now - days(1), commission_fen=500)
    await ledger.release_some()
    again = await ledger.pay("anna")
    assert again is not None
    assert (again.payees, again.fen) == (2, 350)
    assert await balanced(firm)


async def test_two_payouts_at_once_pay_once(firm: Firm, database: Database) -> None:
    ledger = Ledger(database)
    for number in range(1, 6):
        await firm.sold(f"E00{number}", utc_now() - days(1))
    await ledger.release_some()
    paid = await asyncio.gather(*(ledger.pay("anna") for _ in range(4)))
    assert sorted(each.fen for each in paid if each is not None) == [1000]
    assert await firm.value("SELECT sum(amount_fen)::bigint FROM commission_entries WHERE account = 'paid'") == 1000


async def test_an_adjustment_says_why_and_stands_in_the_audit(firm: Firm, database: Database) -> None:
    ledger = Ledger(database)
    employee = await ledger.employee("E001")
    assert employee is not None
    assert "why" in str(await ledger.adjust(employee, 500, "  ", "anna"))
    assert "adjustment" in str(await ledger.adjust(employee, 0, "nothing", "anna"))
    posting = await ledger.adjust(employee, -500, "paid twice in June", "anna")
    assert await firm.owed("E001") == {"payable": -500}
    noted = await firm.value("SELECT detail->>'posting' FROM audit WHERE action = 'commission-adjusted'")
    assert int(noted) == posting
    [line] = await ledger.statement(employee, utc_now() - days(1), utc_now() + days(1), None, 10)
    assert (line["kind"], line["payable"], line["note"], line["by"]) == (
        "adjustment",
        -500,
        "paid twice in June",
        "anna",
    )
    assert await balanced(firm)


async def test_a_dispute_keeps_all_that_was_said_and_ends(firm: Firm, database: Database) -> None:
    ledger, disputes = Ledger(database), Disputes(database)
    mine, other = await ledger.employee("E001"), await ledger.employee("E002")
    assert mine is not None
    assert other is not None
    order = await firm.sold("E001", utc_now() - days(1))
    assert "does not count" in str(await disputes.open(other, None, order, "mine!", "E002"))
    assert "a period, or about an order" in str(await disputes.open(mine, None, None, "?", "E001"))
    number = await disputes.open(mine, None, order, "it should have been 3 yuan", "E001")
    assert isinstance(number, int)
    assert not await disputes.note(number, "answered", "the rule says 2", "anna")
    assert not await disputes.note(number, "open", "it was 3 last year", "E001")
    assert not await disputes.note(number, "closed", "last year's rule has ended", "anna")
    assert "no dispute" in await disputes.note(number, "open", "but!", "E001")
    assert [(row["by"], row["became"]) for row in await disputes.notes(number)] == [
        ("E001", "open"), ("anna", "answered"), ("E001", "open"), ("anna", "closed"),
    ]  # fmt: skip
    assert await firm.value("SELECT count(*) FROM audit WHERE subject = $1", f"dispute:{number}") == 4
    [listed] = await disputes.listed(None, mine.employee_id, None, "closed", 10)
    assert (listed["number"], listed["order_id"]) == ("E001", order)
