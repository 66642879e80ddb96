"""Chaos with a seed of its own each time; CCORE_FULL=1 runs it at full scale."""

import random
from pathlib import Path

import pytest

from tests.chaos.run import Plan, run
from tests.chaos.test_chaos import FULL, LIMIT_S, RATE, assert_survived

FRESH_S = 30.0


@pytest.mark.figures
@pytest.mark.timeout(LIMIT_S)
async def test_a_fresh_seed_finds_nothing(asterisk_root: Path, tmp_path: Path) -> None:
    """In full: 10,000 orders under at least 200 faults, none lost and none doubled."""
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"chaos: seed {seed}")
    plan = Plan(seed, orders=10_000, min_faults=200) if FULL else Plan(seed, FRESH_S, RATE)
    assert_survived(await run(plan, tmp_path), tmp_path)
