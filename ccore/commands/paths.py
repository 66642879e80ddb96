"""``ccore paths``: what callers do in the menus: entries, keys, drop-outs, what they get, and how soon."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from asyncpg import Record

from ccore.commands import Add, times
from ccore.commands.opened import opened
from ccore.config import Config
from ccore.ivr.flow import Band, mermaid, svg
from ccore.ivr.pathlog import PathLog

REPORTS = ("hotlines", "targets", "menus", "keys")
OF_A_MENU = {"menus", "keys"}


def register(add: Add) -> None:
    """Add the command."""
    command = add("paths", _run, "print what callers did in the menus, in the site's time zone")
    times.add_period(command)
    command.add_argument("--menu", metavar="NODE", help="only this node of the menus")
    command.add_argument("--hotline", metavar="NUMBER", help="of --flow: only this hotline")
    command.add_argument("--flow", metavar="FILE", type=Path, help="draw the flow of callers: a .svg or .mmd (Mermaid)")
    command.add_argument("--json", action="store_true", help="print every line as JSON")


async def _run(options: argparse.Namespace, settings: Config) -> int:
    if (period := times.period(options, settings)) is None:
        return 2
    if options.flow and options.flow.suffix not in {".svg", ".mmd"}:
        print("ccore: --flow draws a .svg or a .mmd", file=sys.stderr)
        return 2
    async with opened(settings) as database:
        log = PathLog(database)
        await log.fold_due()
        if options.flow:
            bands = [Band(*row) for row in await log.report("flow", *period, options.hotline)]
            options.flow.write_text(_drawn(options.flow, bands, *period), encoding="utf-8")
        menu = {name: (options.menu,) if name in OF_A_MENU else () for name in REPORTS}
        found = {name: await log.report(name, *period, *menu[name]) for name in REPORTS}
    if options.json:
        print(json.dumps({name: [dict(row) for row in rows] for name, rows in found.items()}, ensure_ascii=False))
    else:
        print("\n".join(lines(found)))
    return 0


def _drawn(file: Path, bands: Sequence[Band], since: datetime, until: datetime) -> str:
    return mermaid(bands) if file.suffix == ".mmd" else svg(bands, f"{since:%F %R} – {until:%F %R}")


def lines(found: Mapping[str, Sequence[Record]]) -> Iterator[str]:
    """The reports as tables for people."""
    if not found["hotlines"]:
        yield "nobody was in a menu"
        return
    yield from _table(
        ["hotline", "callers", "contained", "queue", "order", "transfer", "voicemail", "given up", "dropped", "now in"],
        [[row["hotline"], row["walks"], _share(row["contained"], row["walks"]), *list(row.values())[3:]]
         for row in found["hotlines"]],
    )  # fmt: skip
    yield ""
    yield from _table(
        ["got", "callers", "median s", "p95 s", "again in 24 h", "in 7 days"],
        [[row["target"] or "(nothing)", row["walks"], _seconds(row["median_ms"]), _seconds(row["p95_ms"]),
          _share(row["again_day"], row["known"]), _share(row["again_week"], row["known"])] for row in found["targets"]],
    )  # fmt: skip
    yield ""
    keys: dict[str, list[str]] = {}
    for row in found["keys"]:
        keys.setdefault(row["menu"], []).append(f"{row['key']}→{row['target']} {row['times']}")
    yield from _table(
        ["menu", "entries", "invalid", "silent", "failed", "dropped out", "keys"],
        [[*row.values(), ", ".join(keys.get(row["menu"], []))] for row in found["menus"]],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    cells = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    for line in cells:
        first, *rest = (cell.ljust(width) if cell == line[0] or column == len(head) - 1 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths, strict=True)))  # fmt: skip
        yield "  ".join([first, *rest]).rstrip()


def _share(part: int, whole: int) -> str:
    return f"{part} ({part * 100 // whole} %)" if whole else "-"


def _seconds(milliseconds: int | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.1f}"
