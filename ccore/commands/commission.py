"""``ccore commission``: what people earned, are owed and were paid, what they dispute, and the proof of the books."""

import argparse
import getpass
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ccore.clock import utc_now
from ccore.commands import Add, times
from ccore.commands.given import NotDone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.db.pool import Database
from ccore.money import yuan
from ccore.ordering.commission.assembly import Commission
from ccore.ordering.commission.enquiry import Enquiry
from ccore.ordering.commission.ledger import Employee, payout_file
from ccore.ordering.commission.verify import Verification
from ccore.ordering.number import NumberPlan
from ccore.publishing import who

MOST_LINES = 1000
MOST_DIFFERENCES = 200  # printed; more of them help nobody


def register(add: Add) -> None:
    """Add the command."""
    command = add(
        "commission", _verify, "commission: what was earned, is owed and was paid, and whether the books agree"
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    showing = actions.add_parser("show", help="print what somebody sold and is owed, and what was booked")
    showing.set_defaults(run=_show)
    times.add_period(showing)
    verifying = actions.add_parser("verify", help="count everything again from the orders; exit code 1 if it differs")
    verifying.set_defaults(run=_verify)
    adjusting = actions.add_parser("adjust", help="give somebody an amount, or, below zero, take it")
    adjusting.set_defaults(run=_adjust)
    pin = actions.add_parser("pin", help="let somebody ask by telephone; asks for the PIN")
    pin.set_defaults(run=_pin)
    for parser in (showing, adjusting, pin):
        parser.add_argument("employee", metavar="EMPLOYEE", help="their number, such as E001")
    adjusting.add_argument("amount", type=_fen, metavar="YUAN", help="such as 12.50 or -12.50")
    adjusting.add_argument("--note", required=True, help="why; it stands in the books and in the audit")
    _add_payout(actions.add_parser("payout", help="pay what is payable, and write the files for it"))
    _add_dispute(actions.add_parser("dispute", help="what people do not agree with, and what was said about it"))


def _add_payout(payout: argparse.ArgumentParser) -> None:
    payout.set_defaults(run=_payouts)
    actions = payout.add_subparsers(dest="step", required=True, metavar="STEP")
    actions.add_parser("list", help="print the payouts there were").set_defaults(run=_payouts)
    making = actions.add_parser("make", help="pay all that is payable, and write the file of it")
    making.set_defaults(run=_pay)
    making.add_argument("--least", type=_fen, default=1, metavar="YUAN", help="nobody who is owed less (default: 0.01)")
    again = actions.add_parser("file", help="write the file of a payout once more")
    again.set_defaults(run=_file)
    again.add_argument("payout", type=int, metavar="NUMBER", help="as `list` prints it")
    for parser in (making, again):
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the CSV file to write")


def _add_dispute(dispute: argparse.ArgumentParser) -> None:
    dispute.set_defaults(run=_disputes)
    actions = dispute.add_subparsers(dest="step", required=True, metavar="STEP")
    listing = actions.add_parser("list", help="print disputes, the newest first")
    listing.set_defaults(run=_disputes)
    listing.add_argument("--state", choices=["open", "answered", "closed"])
    showing = actions.add_parser("show", help="print all that was said in one")
    showing.set_defaults(run=_dispute)
    opening = actions.add_parser("open", help="dispute a period's result, or what an order earned")
    opening.set_defaults(run=_open)
    opening.add_argument("employee", metavar="EMPLOYEE")
    about = opening.add_mutually_exclusive_group(required=True)
    about.add_argument("--period", metavar="NAME")
    about.add_argument("--order", type=int, metavar="NUMBER")
    noted = [opening]
    for name, became, text in (
        ("answer", "answered", "answer it"),
        ("reopen", "open", "say why the answer does not do"),
        ("close", "closed", "close it for good"),
    ):
        noting = actions.add_parser(name, help=text)
        noting.set_defaults(run=_note, became=became)
        noted.append(noting)
    for parser in (showing, *noted[1:]):
        parser.add_argument("dispute", type=int, metavar="NUMBER")
    for parser in noted:
        parser.add_argument("--note", required=True)


@asynccontextmanager
async def _commission(settings: Config) -> AsyncIterator[tuple[Database, Commission]]:
    async with opened(settings) as database:
        yield database, Commission(settings, database, NumberPlan())


async def _employee(of: Commission, number: str) -> Employee:
    employee = await of.ledger.employee(number)
    if employee is None:
        raise NotDone(f"there is no employee {number}")
    return employee


async def _show(options: argparse.Namespace, settings: Config) -> int:
    if vars(options)["from"] is None and options.to is None:
        since, until = utc_now() - timedelta(days=31), utc_now()
    elif (period := times.period(options, settings)) is not None:
        since, until = period
    else:
        return 2
    async with _commission(settings) as (_, of):
        employee = await _employee(of, options.employee)
        enquiry = await of.enquiries.ranked(employee.number, utc_now())
        await of.enquiries.end()
        rows = await of.ledger.statement(employee, since, until, None, MOST_LINES)
    print(f"{employee.number}  {employee.name}  {employee.department}")
    if enquiry is not None:
        print(_sold(enquiry))
    for row in reversed(rows):
        order = f"order {row['order_id']} of {row['product']}" if row["order_id"] else row["note"]
        moved = "  ".join(f"{account} {yuan(row[account])}" for account in ("held", "payable", "paid") if row[account])
        print(f"{row['booked_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}  {row['kind']:10}  {moved}  {order}")
    if not rows:
        print("nothing was booked in this time")
    return 0


def _sold(enquiry: Enquiry) -> str:
    rank = "" if enquiry.rank is None else f", rank {enquiry.rank.rank} of {enquiry.rank.of}"
    forecast = "" if enquiry.forecast_fen == enquiry.booked_fen else f", {yuan(enquiry.forecast_fen)} with volume"
    return (
        f"{enquiry.period}: {enquiry.orders} orders, {yuan(enquiry.sales_fen)} yuan of sales, "
        f"commission {yuan(enquiry.booked_fen)}{forecast}{rank}\n"
        f"owed: {yuan(enquiry.held_fen)} held, {yuan(enquiry.payable_fen)} payable; paid: {yuan(enquiry.paid_fen)}"
    )


async def _verify(_options: argparse.Namespace, settings: Config) -> int:
    began, count = time.monotonic(), 0
    async with _commission(settings) as (database, of):
        verification = Verification(database)
        async for difference in verification.differences():
            count += 1
            if count <= MOST_DIFFERENCES:
                print(difference)
        for row in await of.tallies.differences():
            count += 1
            whose = f"team {row['team_id']}" if row["team_id"] else f"employee {row['employee_id']}"
            print(f"tally of {whose}: {row['what']} {row['tallied']}, and is {row['is_now']}: ccore sales rebuild")
    looked = verification.looked
    print(f"{count or 'no'} differences in {looked.orders} orders, {looked.postings} postings and "
          f"{looked.periods} closed periods; {time.monotonic() - began:.1f} s")  # fmt: skip
    return 1 if count else 0


async def _adjust(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        employee = await _employee(of, options.employee)
        posting = await of.ledger.adjust(employee, options.amount, options.note, who())
    if isinstance(posting, str):
        raise NotDone(posting)
    print(f"posting {posting}: {yuan(options.amount)} yuan for {employee.number}")
    return 0


async def _pin(options: argparse.Namespace, settings: Config) -> int:
    pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    async with _commission(settings) as (_, of):
        complaint = await of.at_phone.set_pin(await _employee(of, options.employee), pin, who())
    if complaint:
        raise NotDone(complaint)
    print(f"{options.employee} can ask by telephone")
    return 0


async def _payouts(_options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        rows = await of.ledger.payouts(None, MOST_LINES)
    for row in rows:
        made = f"{row['made_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        print(f"{row['payout_id']:6}  {made}  {row['payees']} payees  {yuan(row['fen'])} yuan  by {row['made_by']}")
    if not rows:
        print("nothing was paid yet")
    return 0


async def _pay(options: argparse.Namespace, settings: Config) -> int:
    if options.out.exists():
        raise NotDone(f"{options.out} is there already")
    async with _commission(settings) as (_, of):
        paid = await of.ledger.pay(who(), options.least)
        if paid is None:
            print("nobody is owed so much")
            return 0
        print(f"payout {paid.payout_id}: {yuan(paid.fen)} yuan to {paid.payees}")
        options.out.write_bytes(payout_file(paid.payout_id, await of.ledger.payees(paid.payout_id)))
    return 0


async def _file(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        payees = await of.ledger.payees(options.payout)
    if not payees:
        raise NotDone(f"there is no payout {options.payout}")
    options.out.write_bytes(payout_file(options.payout, payees))
    return 0


async def _disputes(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        rows = await of.disputes.listed(None, None, None, options.state, MOST_LINES)
    for row in rows:
        about = f"order {row['order_id']}" if row["order_id"] else row["period"]
        changed = f"{row['changed_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        print(f"{row['dispute_id']:6}  {row['state']:8}  {changed}  {row['number']}  {row['name']}  {about}")
    if not rows:
        print("there is no dispute")
    return 0


async def _dispute(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        notes = await of.disputes.notes(options.dispute)
    for row in notes:
        print(f"{row['at'].astimezone(settings.zone):%Y-%m-%d %H:%M}  {row['by']}, {row['became']}: {row['note']}")
    if not notes:
        raise NotDone(f"there is no dispute {options.dispute}")
    return 0


async def _open(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        employee = await _employee(of, options.employee)
        number = await of.disputes.open(employee, options.period, options.order, options.note, who())
    if isinstance(number, str):
        raise NotDone(number)
    print(f"dispute {number} is open")
    return 0


async def _note(options: argparse.Namespace, settings: Config) -> int:
    async with _commission(settings) as (_, of):
        if complaint := await of.disputes.note(options.dispute, options.became, options.note, who()):
            raise NotDone(complaint)
    print(f"dispute {options.dispute} is {options.became}")
    return 0


def _fen(text: str) -> int:
    """Yuan as people write them, in fen. Raises ArgumentTypeError."""
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        fen = Decimal("NaN")
    if not fen.is_finite() or fen != int(fen):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount in yuan, such as 12.50")
    return int(fen)
