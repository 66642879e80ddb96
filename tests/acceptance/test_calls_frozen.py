"""A ccore that stood still knows its calls again, whether Asterisk cut it off meanwhile or not (F2 and T2)."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ccore.config import Config
from tests.support import busy
from tests.support.asterisk import NODE, node_config, running, secrets_of, until_no_channels

FULL = os.environ.get("CCORE_FULL") == "1"
FROZEN_S = (1, 5, 15, 30) if FULL else (1, 5, 12)
RATE = 10
EVENTS_PER_S = 1000 if FULL else 400  # at least, of the noise: a busy machine makes less
NOISE_CHANNELS = 11  # two each, being Local
MEASURED_S = 2.0
NOTICED_WITHIN_S = 2.0  # what came before the end of a connection that was cut is read first
ANSWERS_WITHIN_S = 60.0


class Frozen:
    """A witness in a process of its own, which can be stopped in its tracks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def asked(self) -> dict[str, Any]:
        """What it knows, once it is linked and right, or has not become right."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), ANSWERS_WITHIN_S)
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def stand_still(self, seconds: float) -> None:
        """SIGSTOP for so long."""
        self._process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def witness_process(config: Config) -> AsyncIterator[Frozen]:
    secrets = secrets_of(config)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.witness", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    told = (
        config.nodes[NODE].ami_port,
        secrets.ami_events_secret.get_secret_value(),
        secrets.ami_actions_secret.get_secret_value(),
    )
    process.stdin.write(json.dumps(told).encode() + b"\n")
    try:
        yield Frozen(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.figures
@pytest.mark.timeout(300)
async def test_t2_a_ccore_that_stood_still_is_right_again(asterisk_root: Path, tmp_path: Path) -> None:
    config = node_config(tmp_path, busy.DIALPLAN)
    async with running(config) as node, witness_process(config) as frozen:
        await busy.log_agents_in(config)
        await busy.make_noise(config, NOISE_CHANNELS)
        async with busy.calls(config, RATE):
            assert (await frozen.asked())["difference"] == []
            per_s = await events_per_s(frozen)
            for seconds in FROZEN_S:
                assert await right_after(frozen, seconds, per_s) > 2 * NOISE_CHANNELS
        await node.cli("channel request hangup all")
        await until_no_channels(node)
        ended = await frozen.asked()
        assert (ended["difference"], ended["calls"], ended["channels"]) == ([], 0, 0)
    assert per_s > 0.8 * EVENTS_PER_S


async def right_after(frozen: Frozen, seconds: float, per_s: float) -> int:
    """Let it stand still; returns the channels it knows, rightly, afterwards."""
    before = await frozen.asked()
    await frozen.stand_still(seconds)
    began = time.monotonic()
    first = await frozen.asked()
    took = time.monotonic() - began
    await asyncio.sleep(NOTICED_WITHIN_S)
    after = await frozen.asked()
    losses = after["losses"][len(before["losses"]) :]
    cut = f"cut off by Asterisk ({', '.join(losses)})" if losses else "not cut off"
    print(
        f"frozen {seconds} s at {per_s:.0f} events/s: {cut}, "
        f"right {took:.2f} s after it went on; {after['calls']} calls, {after['channels']} channels"
    )
    assert (first["difference"], after["difference"]) == ([], [])
    return int(after["channels"])


async def events_per_s(frozen: Frozen) -> float:
    """How many events cross the wire."""
    first, began = await frozen.asked(), time.monotonic()
    await asyncio.sleep(MEASURED_S)
    second = await frozen.asked()
    return float((second["events"] - first["events"]) / (time.monotonic() - began))
