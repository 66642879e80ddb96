"""``ccore periods``: periods of sales: closing them, who came where, and exceptions for those who came last."""

import argparse

from asyncpg import Record

from ccore.commands import Add
from ccore.commands.given import NotDone
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.money import yuan
from ccore.ordering.commission.closing import Periods, Refused
from ccore.ordering.commission.ledger import Ledger
from ccore.publishing import who

MOST = 100_000  # lines: everybody of a large company


def register(add: Add) -> None:
    """Add the command."""
    command = add("periods", _list, "periods of sales, their ranks, and who may not claim after them")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="print them, the newest first").set_defaults(run=_list)
    closing = actions.add_parser(
        "close", help="book what volume adds, rank, bar who came last, tell everybody; for good"
    )
    closing.set_defaults(run=_close)
    closing.add_argument(
        "--open-orders",
        choices=["count", "leave-out"],
        help="whether orders count that are confirmed and not active yet (default: not closed while there are any)",
    )
    ranks = actions.add_parser("ranks", help="print who came where in a closed one, and why")
    ranks.set_defaults(run=_ranks)
    lifting = actions.add_parser("lift", help="let somebody claim after all who came last in it")
    lifting.set_defaults(run=_lift)
    for parser in (closing, ranks, lifting):
        parser.add_argument("period", metavar="NAME", help="such as 2026-11")
    lifting.add_argument("employee", metavar="EMPLOYEE")
    lifting.add_argument("--why", required=True)


async def _list(_options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        periods = Periods(database, settings.periods, settings.zone)
        await periods.make_ahead()
        rows = await periods.listed(None, MOST)
    for row in rows:
        begins, ends = (f"{row[name].astimezone(settings.zone):%Y-%m-%d}" for name in ("begins", "ends"))
        closed = row["closed_at"] and f"{row['closed_at'].astimezone(settings.zone):%Y-%m-%d %H:%M}"
        print(f"{row['name']:8}  {begins} to {ends}  {f'closed {closed} by ' + row['closed_by'] if closed else 'open'}")
    return 0


async def _close(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        periods = Periods(database, settings.periods, settings.zone)
        await periods.make_ahead()
        closed = await periods.close(options.period, who(), options.open_orders)
    if isinstance(closed, Refused):
        raise NotDone(f"{options.period} is not closed: {closed.why}")
    print(f"{closed.name} is closed: {closed.ranked} ranked, {closed.barred} may not claim in the next; volume adds "
          f"{yuan(closed.tiers_fen)} yuan to {closed.tiers} orders")  # fmt: skip
    return 0


async def _ranks(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        periods = Periods(database, settings.periods, settings.zone)
        period = await _closed(periods, options.period)
        rows = await periods.results(period["period_id"], None, None, 0, MOST)
    print(f"{options.period}, by {period['policy']['measure']}")
    for row in rows:
        print(_line(row))
    return 0


def _line(row: Record) -> str:
    group = f"  {row['group_name']}" if row["group_name"] else ""
    lifted = f", lifted by {row['lifted_by']}: {row['lifted_why']}" if row["lifted_at"] else ""
    sold = (
        f"{row['orders_bp'] / 10000:g} orders  {yuan(row['sales_fen'])} sales  {yuan(row['commission_fen'])} commission"
    )
    return f"{row['rank']:5} of {row['of']}{group}  {row['number']}  {row['name']}  {sold}  {row['fate']}{lifted}"


async def _lift(options: argparse.Namespace, settings: Config) -> int:
    async with opened(settings) as database:
        periods = Periods(database, settings.periods, settings.zone)
        period = await _closed(periods, options.period)
        employee = await Ledger(database).employee(options.employee)
        if employee is None or not await periods.lift(employee.employee_id, period["period_id"], who(), options.why):
            raise NotDone(f"{options.employee} is not barred because of {options.period}")
    print(f"{options.employee} may claim")
    return 0


async def _closed(periods: Periods, name: str) -> Record:
    period = await periods.named(name)
    if period is None or period["closed_at"] is None:
        raise NotDone(f"there is no closed period {name}")
    return period
