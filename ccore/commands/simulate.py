"""``ccore simulate SCENARIO``: what each way to pace gives in a simulated campaign, or had given in a real one."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from ccore.commands import Add
from ccore.config import Config
from ccore.dialer.simulation import Scenario, load, scenarios
from ccore.dialer.simulation import comparison as compare
from ccore.dialer.simulation.log import read
from ccore.dialer.simulation.picture import svg
from ccore.dialer.simulation.replay import CannotReplay, replayed

PICTURES = (".svg", ".png")
CONVERTER = "rsvg-convert"
MOST_SEEDS = 100


class Unclear(ValueError):
    """The command line makes no sense; the message says what."""


def register(add: Add) -> None:
    """Add the command."""
    command = add("simulate", _run, "try ways to pace a campaign in a simulated world, or in a real campaign's")
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.description = (
        "Try ways to pace a campaign in a simulated world that is the same for each of them: who answers, how long\n"
        "they talk, when agents pause. Prints a table: the share of their time agents talk, how long they wait for\n"
        "each call, the share of those who answered that was abandoned (all runs together, and the worst run),\n"
        "calls per agent-hour and how many times those of dialling by hand and of progressive they are."
    )
    pacers = "\n".join(f"  {name:20}{said}" for name, said in compare.SAID.items())
    command.epilog = (
        f"pacers:\n{pacers}\n\nexamples:\n"
        "  ccore simulate --list\n"
        "  ccore simulate a20-steady --pacers progressive,ratio=2.5,predictive --seeds 1-5 --picture a20.svg\n"
        "  ccore simulate my-campaign.toml --agents 40 --limit 2%    (write it after one of the shipped scenarios)\n"
        "  ccore simulate --campaign june.jsonl --agents +10         (what would 10 more agents have given?)\n"
    )
    command.add_argument("scenario", nargs="?", metavar="SCENARIO", help="a shipped scenario's name, or a TOML file")
    command.add_argument("--list", action="store_true", dest="lists", help="print the shipped scenarios, and stop")
    command.add_argument(
        "--campaign", type=Path, metavar="FILE.jsonl", help="instead of a scenario: a real campaign's log"
    )
    command.add_argument("--pacers", default=",".join(compare.DEFAULT), metavar="NAME,...",
                         help=f"which (default: {','.join(compare.DEFAULT)})")  # fmt: skip
    command.add_argument("--seeds", metavar="1-5", help="of the dice: one run for each (default: the scenario's)")
    command.add_argument("--agents", metavar="+10", help="so many more (+10) or fewer (-10), or so many (40)")
    command.add_argument("--limit", metavar="2%", help="of abandonment (default: the scenario's)")
    command.add_argument("--json", type=Path, metavar="FILE", help="write all figures of every run; - prints them")
    command.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw each pacer's first run over time")


async def _run(options: argparse.Namespace, _settings: Config) -> int:
    if options.lists:
        _list()
        return 0
    try:
        scenario = _changed(_scenario(options), options.agents, options.limit)
        seeds = _seeds(options.seeds) if options.seeds else scenario.seeds
        pacers = tuple(dict.fromkeys(options.pacers.split(",")))
        for pacer in pacers:
            compare.made(pacer, scenario)
        if options.picture is not None and options.picture.suffix not in PICTURES:
            raise Unclear(f"{options.picture} has no ending that can be drawn: {', '.join(PICTURES)}")
    except (Unclear, CannotReplay, compare.UnknownPacer) as error:
        print(f"ccore: {error}", file=sys.stderr)
        return 2
    rows = _table(scenario, pacers, seeds, quiet=str(options.json) == "-")
    if options.json is not None:
        await _write_json(options.json, compare.as_data(scenario, seeds, rows))
    if options.picture is not None:
        return await _draw(options.picture, scenario, rows)
    return 0


def _list() -> None:
    for name, scenario in scenarios().items():
        seeds = f"{len(scenario.seeds)} seed{'s' if len(scenario.seeds) > 1 else ''}"
        print(f"{name:18}{scenario.title:24}{scenario.agents:4} agents  {scenario.hours:g} h  {seeds}")


def _scenario(options: argparse.Namespace) -> Scenario:
    if (options.scenario is None) == (options.campaign is None):
        raise Unclear("name a scenario (`ccore simulate --list`), a TOML file, or a log with --campaign")
    if options.campaign is not None:
        return replayed(read(options.campaign), options.campaign.stem)
    shipped = scenarios()
    if options.scenario in shipped:
        return shipped[options.scenario]
    if not options.scenario.endswith(".toml"):
        raise Unclear(f"{options.scenario} is no shipped scenario and no .toml file; there is: {', '.join(shipped)}")
    return load(Path(options.scenario))


def _changed(scenario: Scenario, agents: str | None, limit: str | None) -> Scenario:
    """The scenario with so many agents, and this limit."""
    values = scenario.model_dump()
    try:
        if agents is not None:
            values["agents"] = int(agents) + (scenario.agents if agents[0] in "+-" else 0)
        if limit is not None:
            values["limit"] = float(limit.removesuffix("%")) / (100.0 if limit.endswith("%") else 1.0)
        return Scenario.model_validate(values)
    except ValidationError as error:
        why = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise Unclear(why) from error
    except ValueError as error:
        raise Unclear("--agents is a number such as 40, +10 or -10; --limit is a share such as 2% or 0.02") from error


def _seeds(text: str) -> tuple[int, ...]:
    """Of ``1-5``, ``7``, or ``1,3,8-10``."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise Unclear(f"--seeds {text}: write 7, 1-5, or 1,3,8-10")
        seeds += range(int(first), min(int(last or first), int(first) + MOST_SEEDS) + 1)
    if not 0 < len(seeds) <= MOST_SEEDS:
        raise Unclear(f"--seeds {text}: from one to {MOST_SEEDS} of them")
    return tuple(dict.fromkeys(seeds))


def _table(scenario: Scenario, pacers: Sequence[str], seeds: Sequence[int], quiet: bool) -> list[compare.Row]:
    """Run all, and print each row when it is there."""
    out = sys.stderr if quiet else sys.stdout
    runs = f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    print(f"{scenario.title}: {scenario.agents} agents, {scenario.hours:.3g} h, limit {scenario.limit:.1%}, {runs}",
          file=out)  # fmt: skip
    print(compare.heading(), file=out)
    rows: dict[str, compare.Row] = {}
    for row in compare.compared(scenario, pacers, seeds, time.thread_time):
        rows[row.pacer] = row
        print(compare.line(row, rows), file=out, flush=True)
    return list(rows.values())


async def _write_json(file: Path, data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, indent=2)
    if str(file) == "-":
        print(text)
    else:
        await asyncio.to_thread(file.write_text, text + "\n", encoding="utf-8")


async def _draw(file: Path, scenario: Scenario, rows: Sequence[compare.Row]) -> int:
    drawn = svg(scenario.title, {row.pacer: row.runs[0] for row in rows}, scenario.limit)
    if file.suffix == ".svg":
        await asyncio.to_thread(file.write_text, drawn, encoding="utf-8")
        return 0
    try:
        converter = await asyncio.create_subprocess_exec(
            CONVERTER, "-f", "png", "-o", str(file), stdin=asyncio.subprocess.PIPE
        )
    except FileNotFoundError:
        print(f"ccore: a .png needs the program {CONVERTER}: install it, or name an .svg", file=sys.stderr)
        return 1
    await converter.communicate(drawn.encode())
    return 0 if converter.returncode == 0 else 1
