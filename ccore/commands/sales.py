"""``ccore sales``: what was sold, by any columns, as a table or a file; ranks, tries to order, and a proof of it."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from ccore import workbooks
from ccore.columns import aligned
from ccore.commands import Add
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.money import yuan
from ccore.ordering.commission.tallies import Tallies
from ccore.ordering.number import load_plan
from ccore.reports.question import FILTERS, By, Question, columns, named
from ccore.reports.service import Report, Reports, TooMuch
from ccore.reports.totals import MEASURES

_WHAT = ("report", "ranks", "funnel", "verify", "rebuild")


def register(add: Add) -> None:
    """Add the command."""
    command = add("sales", _run, "print what was sold, in days of the site's time zone")
    command.add_argument("what", nargs="?", default="report", choices=_WHAT,
                         help="sales with totals, the best, or tries; whether all is counted, or anew")  # fmt: skip
    command.add_argument("--by", default="product", metavar="COLUMNS", help=f"of {', '.join(By)}, with commas between")
    command.add_argument("--from", dest="since", type=date.fromisoformat, metavar="DAY", help="default: today")
    command.add_argument("--to", dest="until", type=date.fromisoformat, metavar="DAY", help="not with it any more")
    for name in FILTERS:
        command.add_argument(f"--{name}", default="", metavar="NAMES", help="only these, with commas between")
    command.add_argument("--order", choices=MEASURES, help="the largest first, of each total")
    command.add_argument("--file", type=Path, metavar="FILE", help="write all of it to a .csv or .xlsx")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    if options.file is not None and options.file.suffix not in {".csv", ".xlsx"}:
        print("ccore: --file writes a .csv or an .xlsx", file=sys.stderr)
        return 2
    async with opened(settings) as database:
        reports = Reports(database, settings.site.timezone, load_plan(settings.dialplan))
        try:
            if options.what == "rebuild":
                await Tallies(database, settings.zone).again()
            return await _done(options, reports, _question(options, settings))
        except (TooMuch, ValueError) as error:
            print(f"ccore: {error}", file=sys.stderr)
            return 2


async def _done(options: argparse.Namespace, reports: Reports, question: Question) -> int:
    if options.what == "rebuild":
        await reports.counting.rebuild()
    await reports.counting.count_due()
    if options.what in {"verify", "rebuild"}:
        return _verified(await reports.counting.differences())
    if options.what == "funnel":
        heads = [*question.by, "tries", "understood", "placed", "live", "active"]
        rows = [[*step.keys, step.tries, step.understood, step.placed, step.live, step.active]
                for step in await reports.funnel(question)]  # fmt: skip
    elif options.what == "ranks":
        heads = ["rank", *question.by, *MEASURES]
        rows = [
            [rank, *line.cells(len(question.by))]
            for rank, line in await reports.ranks(question, options.order or "live", 100)
        ]
    else:
        report: Report = await reports.sales(question, order=options.order)
        heads = [*question.by, *MEASURES]
        rows = [line.cells(len(question.by)) for line in report.lines]
    if options.file is not None:
        kind: workbooks.Format = "csv" if options.file.suffix == ".csv" else "xlsx"
        options.file.write_bytes(workbooks.as_bytes(kind, "sales", heads, rows))
    else:
        print("\n".join(table(heads, rows)))
    return 0


def _verified(differences: Sequence[object]) -> int:
    for difference in differences:
        print(f"  {difference}")
    print(
        f"{len(differences) or 'no'} difference{'' if len(differences) == 1 else 's'} between the counts and the orders"
    )
    return 1 if differences else 0


def _question(options: argparse.Namespace, settings: Config) -> Question:
    since = options.since or datetime.now(settings.zone).date()
    until = options.until or since + timedelta(days=1)
    return Question(since, until, columns(options.by), *(named(getattr(options, name)) for name in FILTERS))


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """For people: money in yuan."""
    money = [head.endswith("_fen") for head in heads]
    shown = [[head.removesuffix("_fen") for head in heads]]
    shown += [
        [yuan(int(str(cell))) if fen else str(cell) for cell, fen in zip(row, money, strict=True)] for row in rows
    ]
    yield from aligned(shown, left=len(heads))
