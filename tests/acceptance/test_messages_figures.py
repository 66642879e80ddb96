"""A thousand messages through Kannel after an hour without it: nothing lost, nothing twice."""

import os
import time
from pathlib import Path

import pytest

from ccore.db.pool import Database
from tests.support.kannel import QUICK, by_kannel, kannel_running, texting_config
from tests.support.ports import free_port
from tests.support.texting import Box, messaging
from tests.support.waiting import until
from tests.support.wirecut import wire

FULL = os.environ.get("CCORE_FULL") == "1"
MESSAGES = 1000 if FULL else 150
TRIES = 360 if FULL else 36  # a gateway that fails is tried each ten seconds; here each tenth of one


@pytest.mark.figures
async def test_an_hour_without_the_gateway_loses_nothing_and_sends_nothing_twice(
    tmp_path: Path, database: Database, dsn: str
) -> None:
    box, port = Box(database), free_port()
    async with (
        kannel_running(texting_config(tmp_path, QUICK)) as around,
        messaging(around.config, around.secrets, database, dsn, by_kannel(around, port, patient=True)) as made,
    ):
        numbers = await box.queue_many(MESSAGES // 2)
        await until(lambda: bool(made.health()["left_alone"]))
        await until(lambda: tried(box, TRIES), within_s=120)
        numbers += await box.queue_many(MESSAGES - MESSAGES // 2, first=MESSAGES // 2)
        async with wire(port, around.kannel.ports.sendsms):
            began = time.monotonic()
            await box.all_come_to("delivered", MESSAGES, within_s=120)
            took = time.monotonic() - began
        assert around.network.times() == dict.fromkeys(numbers, 1)
    print(f"{MESSAGES} messages delivered in {took:.1f} s, {MESSAGES / took:.0f} a second, after {TRIES} tries in vain")


async def tried(box: Box, count: int) -> bool:
    """Whether so many tries have failed."""
    (row,) = await box.sql("SELECT sum(tries) AS n FROM outbox")
    return bool(row["n"] >= count)
