"""The seeds that found something once, and the schedule of the promised figures (CCORE_FULL=1: at full scale)."""

import os
from pathlib import Path

import pytest

from tests.chaos.report import write_report
from tests.chaos.run import Plan, Result, again, run

FULL = os.environ.get("CCORE_FULL") == "1"
LIMIT_S = 3000 if FULL else 240
SEEDS = Path(__file__).with_name("seeds.txt")
REMEMBERED_S = 30.0  # all the seeds of the file together
SHORTEST_S = 20.0  # what a seed needs to be worth its start
RATE = 12.0  # calls a second: the machine that runs all other tests is not to be the fault


def remembered() -> list[tuple[int, float]]:
    """The newest seeds of the file, each with its seconds, as many as the time is for."""
    lines = (line.partition("#")[0].strip() for line in SEEDS.read_text(encoding="utf-8").splitlines())
    seeds = [int(line) for line in lines if line][-int(REMEMBERED_S / SHORTEST_S) :]
    return [(seed, REMEMBERED_S / len(seeds)) for seed in seeds]


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.parametrize(("seed", "seconds"), remembered())
async def test_a_seed_that_found_something_finds_nothing_more(
    asterisk_root: Path, tmp_path: Path, seed: int, seconds: float
) -> None:
    assert_survived(await run(Plan(seed, seconds, RATE), tmp_path), tmp_path)


@pytest.mark.figures
@pytest.mark.timeout(LIMIT_S)
async def test_no_record_is_missing_or_doubled(asterisk_root: Path, tmp_path: Path) -> None:
    """In full: 10,000 calls with PostgreSQL down 60 s and frozen 60 s, and ccore killed 20 times."""
    schedule = "pg-stop:60,pg-freeze:60,ccore-kill*20" if FULL else "pg-stop:3,pg-freeze:3,ccore-kill:0.5*3"
    calls = Plan(1, orders=10_000, schedule=schedule) if FULL else Plan(1, 20, RATE, 2, schedule=schedule)
    assert_survived(await run(calls, tmp_path), tmp_path)


def assert_survived(result: Result, directory: Path) -> None:
    """Nothing is wrong; the figures are said, and where the report is."""
    print(write_report(result, directory / "report.md"))
    shown = "\n".join(result.complaints[:20])
    assert not result.complaints, f"{len(result.complaints)} complaints; again: {again(result.plan)}\n{shown}"
