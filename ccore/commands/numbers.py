"""``ccore numbers``: how queues, agents and skills did, by interval, as a table or a file."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from ccore.clock import utc_now
from ccore.columns import aligned
from ccore.commands import Add, times
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.numbers.folding import QueueFolding
from ccore.numbers.live import Doing, Live, Now
from ccore.numbers.report import HEADS, INTERVALS, Line
from ccore.numbers.service import report
from ccore.numbers.sheets import as_csv, as_xlsx

SHOWN = {
    "queues": ("offered", "answered", "service_level", "abandoned", "short_abandoned", "overflowed", "called_back",
               "asa_s", "longest_wait_s", "handling_s"),
    "agents": ("rings", "answered", "missed", "talk_s", "wrap_up_s", "signed_in_s", "ready_s", "paused_s", "occupancy"),
}  # fmt: skip


def register(add: Add) -> None:
    """Add the command."""
    command = add("numbers", _run, "print the numbers of queues, agents or skills, in the site's time zone")
    command.add_argument("kind", choices=[*sorted(HEADS), "now"], help="whose numbers, or those of this moment")
    times.add_period(command)
    command.add_argument("--interval", choices=INTERVALS, default="15m", help="one line for each (default: 15m)")
    command.add_argument("--file", type=Path, metavar="FILE", help="write all of it to a .csv, .xlsx or .json")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    if (period := times.period(options, settings)) is None:
        return 2
    file = options.file
    if file is not None and file.suffix not in {".csv", ".xlsx", ".json"}:
        print("ccore: --file writes a .csv, an .xlsx or a .json", file=sys.stderr)
        return 2
    async with opened(settings) as database:
        folding = QueueFolding(database)
        await folding.fold_due()
        await folding.count_due()
        if options.kind == "now":
            doing = [Doing(*row) for row in await database.fetch("numbers.presences")]
            print("\n".join(of_now(await Live(database, settings.zone, lambda: doing).now(utc_now()))))
            return 0
        since, until = (at.astimezone(settings.zone) for at in period)
        lines = await report(database, options.kind, since, until, options.interval)
    if file is None:
        print("\n".join(table(options.kind, lines)))
    else:
        file.write_bytes(_written(options.kind, file.suffix, lines))
    return 0


def _written(kind: str, suffix: str, lines: Sequence[Line]) -> bytes:
    heads = HEADS[kind]
    if suffix == ".json":
        rows = [{"name": line.name, "from": line.began_at.isoformat(), "to": line.ended_at.isoformat(),
                 **dict(zip(heads, line.cells, strict=True)), "complete": line.complete} for line in lines]  # fmt: skip
        return (json.dumps(rows, ensure_ascii=False, indent=2) + "\n").encode()
    return as_csv(heads, lines) if suffix == ".csv" else as_xlsx(kind, heads, lines)


def of_now(now: Now) -> Iterator[str]:
    """Queues and agents at this moment, for people."""
    heads = ["queue", "waiting", "longest s", "SL 30 min", "SL today", "gave up", "ASA s", "offered today"]
    rows = [heads]
    for name, queue in sorted(now.queues.items()):
        figures = (queue.service_level, queue.service_level_today, queue.abandonment, queue.asa_s)
        shown = ["-" if figure is None else f"{figure:.0f}" for figure in figures]
        rows.append([name, str(queue.waiting), f"{now.longest_wait_s(name):.0f}", *shown, str(queue.offered_today)])
    yield from aligned(rows)
    states = Counter(doing.state for doing in now.agents)
    yield "agents: " + (", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none")
    read = "nothing" if now.read_until is None else f"what it wrote until {now.read_until.astimezone(UTC):%T} UTC"
    yield f"of Asterisk's records: {read}"


def table(kind: str, lines: Sequence[Line]) -> Iterator[str]:
    """The report for people: the columns that matter most, ``*`` where records may be missing still."""
    if not lines:
        yield "nothing in this time"
        return
    shown = SHOWN["agents" if kind == "agents" else "queues"]
    places = [HEADS[kind].index(head) for head in shown]
    rows = [["name", "from", *(head.replace("_", " ").removesuffix(" s") for head in shown)]]
    for line in lines:
        cells = [line.cells[place] for place in places]
        rows.append([line.name, f"{line.began_at:%F %R}{'' if line.complete else ' *'}",
                     *("-" if cell is None else str(cell) for cell in cells)])  # fmt: skip
    yield from aligned(rows, left=2)
    if not all(line.complete for line in lines):
        yield "* INCOMPLETE: not all of what Asterisk wrote then is read and counted yet"
