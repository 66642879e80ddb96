"""An event loop that comes late is noticed, and forgotten after its minute."""

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from ccore import pulse
from ccore.pulse import Pulse
from tests.support.waiting import until

BLOCKED_S = 0.4


def beats_later_than(seconds: str) -> float:
    everything = REGISTRY.get_sample_value("ccore_loop_lag_seconds_count") or 0.0
    return everything - (REGISTRY.get_sample_value("ccore_loop_lag_seconds_bucket", {"le": seconds}) or 0.0)


async def test_a_loop_that_stood_still_is_noticed_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    felt, before = Pulse(), beats_later_than("0.25")
    task = asyncio.create_task(felt.run())
    await asyncio.sleep(2.5 * pulse.BEAT_S)
    time.sleep(BLOCKED_S)  # noqa: ASYNC251 - this is the fault
    await until(lambda: felt.worst_s >= BLOCKED_S - pulse.BEAT_S)
    assert beats_later_than("0.25") > before
    assert REGISTRY.get_sample_value("ccore_loop_lag_max_seconds") == felt.worst_s
    monkeypatch.setattr(pulse, "KEPT_S", 0)  # the minute is over
    await until(lambda: felt.worst_s < BLOCKED_S - pulse.BEAT_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
