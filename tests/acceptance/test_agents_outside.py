"""Agents at numbers outside: of a trunk's channels never one too many is used for them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.test_queue_switch import FAR, Switch, started
from tests.support.agents import phone
from tests.support.asterisk import records
from tests.support.heard import Sounds
from tests.support.manager import manager
from tests.support.waiting import until


@pytest.fixture(scope="module")
async def switch(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Switch]:
    """A node whose trunk outside has one channel."""
    directory = tmp_path_factory.mktemp("outside")
    directory.chmod(0o755)
    async with phone(0, "far", host=FAR, register=False, sounds=Sounds({})) as far, started(directory, far) as built:
        yield built
        await built.clear()


async def test_of_two_agents_outside_called_at_once_one_has_the_last_channel(switch: Switch) -> None:
    """Both are told at the same moment where their agent is."""
    switch.far.answers_after_s = None
    called, refused = len(switch.far.calls), count_full(switch)
    switch.decider.together = asyncio.Barrier(2)
    try:
        async with manager(switch.config, "ccore-actions") as session:
            for agent in ("7001", "7002"):
                answer = await session.ask(
                    "Originate", f"Channel: Local/{agent}@ccore-outside/n", "Context: queue-answered", "Exten: s",
                    "Priority: 1", "Async: true",
                )  # fmt: skip
                assert "Success" in answer, answer
            await until(lambda: len(switch.far.calls) > called and count_full(switch) > refused, 10)
    finally:
        switch.decider.together = None
    assert len(switch.far.calls) == called + 1


def count_full(switch: Switch) -> int:
    """Calls that were refused because the trunk is full, so far."""
    hangups = (row[-1] for row in records(switch.node, "cel") if row[1] == "HANGUP")
    return sum('"hangupcause":34' in extra for extra in hangups)
