"""The path log: from the rows Asterisk wrote to what callers did in the menus."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ccore.cdr.service import CallRecords
from ccore.commands.paths import lines
from ccore.db.pool import Database
from ccore.ivr.flow import Band, mermaid, svg
from ccore.ivr.pathlog import PathLog
from tests.support.command import lonely_home

RECORDED = (Path(__file__).parents[1] / "unit" / "data" / "walks-cel.csv").read_text(encoding="utf-8")
BEGAN = datetime.fromtimestamp(1795356805, UTC)
HOUR = timedelta(hours=1)


class Node:
    """A node whose log files grow, the ccore that reads them, and its path log."""

    def __init__(self, directory: Path, database: Database) -> None:
        self.file = directory / "cel-custom" / "ccore.csv"
        self.file.parent.mkdir()
        (directory / "cdr-custom").mkdir()
        (directory / "cdr-custom" / "ccore.csv").touch()
        self.log = PathLog(database)
        self._records = CallRecords(database, {"node1": directory})

    async def writes(self, text: str) -> None:
        """The node writes these rows, and ccore takes them in."""
        with self.file.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
        await self._records.catch_up()
        await self.log.fold_due()

    async def report(self, name: str, *more: str | None) -> list[dict[str, Any]]:
        """A report of the ten days from the recording on."""
        return [dict(row) for row in await self.log.report(name, BEGAN - HOUR, BEGAN + timedelta(days=10), *more)]


@pytest.fixture
def node(tmp_path: Path, database: Database) -> Node:
    """A node that has not written anything."""
    return Node(tmp_path, database)


def later(after: timedelta, caller: str = "13812345678", calls: str = "") -> str:
    """The recording again, of other calls ``after`` the first; ``calls``: only that one."""
    rows = []
    for row in csv.reader(RECORDED.splitlines()):
        if row[16].endswith(calls):
            row[2] = f"{float(row[2]) + after.total_seconds():.6f}"
            row[15], row[16] = (f"{name}9{after.total_seconds():.0f}" for name in row[15:17])
            row[4] = caller
            rows.append(",".join('"' + field.replace('"', '""') + '"' for field in row) + "\n")
    return "".join(rows)


def by(column: str, rows: list[dict[str, Any]]) -> Mapping[str, dict[str, Any]]:
    return {row[column]: row for row in rows}


async def test_what_asterisk_recorded_is_reported(node: Node) -> None:
    await node.writes(RECORDED)
    [hotline] = await node.report("hotlines")
    assert hotline == {"hotline": "10086", "walks": 6, "contained": 1, "queue": 0, "ordered": 1, "transfer": 1,
                       "voicemail": 1, "given_up": 0, "dropped": 2, "going_on": 0}  # fmt: skip
    main = by("menu", await node.report("menus", None))["main"]
    assert (main["invalid"], main["dropped"]) == (1, 2)
    assert main["entries"] == RECORDED.count("main:entered") // 2  # each row holds its text twice
    assert {(row["key"], row["target"]) for row in await node.report("keys", "main")} >= {
        ("1", "account"),
        ("9", "bye"),
    }
    order = by("target", await node.report("targets"))["order 1008610001"]
    assert (order["walks"], order["median_ms"]) == (1, 529)


async def test_rows_that_come_bit_by_bit_and_again_make_the_same_walks(node: Node, database: Database) -> None:
    for line in RECORDED.splitlines(keepends=True):
        await node.writes(line)
    flow, menus = await node.report("flow", None), await node.report("menus", None)
    await node.writes(RECORDED)  # as after a restored file: every row is there already
    assert (await node.report("flow", None), await node.report("menus", None)) == (flow, menus)
    assert sum(row["callers"] for row in flow if row["source"] == "") == 6
    assert sum(row["callers"] for row in flow if row["ending"]) == 6


async def test_a_call_that_goes_on_has_not_dropped_out(node: Node) -> None:
    rows = RECORDED.splitlines(keepends=True)
    begun = [row for row in rows if "1795356808.1" in row and ('"CCORE_WALK"' in row or '"CHAN_START"' in row)]
    await node.writes("".join(begun))
    [hotline] = await node.report("hotlines")
    assert (hotline["going_on"], hotline["dropped"]) == (1, 0)
    await node.writes("".join(rows))
    assert by("hotline", await node.report("hotlines"))["10086"]["dropped"] == 2


async def test_callers_who_call_again_are_counted_by_what_they_got(node: Node) -> None:
    order = "1795356835.12"
    await node.writes(later(timedelta(0), "13900000001", order) + later(3 * HOUR, "13900000001", order))
    await node.writes(later(timedelta(1), "13900000002", order) + later(timedelta(5), "13900000002", order))
    await node.writes(later(timedelta(2), "anonymous", order) + later(timedelta(2) + HOUR, "anonymous", order))
    [got] = await node.report("targets")
    assert (got["walks"], got["known"], got["again_day"], got["again_week"]) == (6, 4, 1, 2)


async def test_the_reports_read_as_tables_and_pictures(node: Node) -> None:
    await node.writes(RECORDED)
    names = {"hotlines": (), "targets": (), "menus": (None,), "keys": (None,)}
    since, until = BEGAN - HOUR, BEGAN + HOUR
    text = "\n".join(lines({name: await node.log.report(name, since, until, *more) for name, more in names.items()}))
    assert "10086          6   1 (16 %)" in text
    assert "order 1008610001" in text
    assert list(lines({"hotlines": []})) == ["nobody was in a menu"]
    bands = [Band(*row) for row in await node.log.report("flow", since, until, "10086")]
    assert "n_main[main] -->|1| n_order[order]" in mermaid(bands)
    assert svg(bands, "10086 & co").count("<path") == len(bands)
    assert "10086 &amp; co" in svg(bands, "10086 & co")


async def test_the_command_prints_and_draws_them(node: Node, tmp_path: Path, dsn: str) -> None:
    await node.writes(RECORDED)
    (tmp_path / "home").mkdir()
    home = lonely_home(tmp_path / "home", dsn)
    day = ("--from", f"{BEGAN - HOUR:%F %T%z}", "--to", f"{BEGAN + HOUR:%F %T%z}")
    flow = tmp_path / "flow.svg"
    told = await home.ccore("paths", *day, "--menu", "main", "--flow", str(flow), "--json")
    found = json.loads(told.out)
    assert (told.code, found["hotlines"][0]["walks"], {row["menu"] for row in found["menus"]}) == (0, 6, {"main"})
    assert flow.read_text(encoding="utf-8").startswith("<svg ")
