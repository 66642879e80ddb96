"""Order calls while the gateway of text messages hangs: their callers wait no longer than while it is well."""

import asyncio
import os
import statistics
import time
from itertools import count
from pathlib import Path

import pytest

from ccore.config import Secrets
from ccore.db.pool import Database
from ccore.messaging.gateways.chosen import account
from ccore.messaging.gateways.kannel import KannelGateway
from tests.support.kannel import PATIENT_S, SECRETS, texting_config
from tests.support.order_call import dialling, serving
from tests.support.shop import open_shop
from tests.support.sick_gateway import Mood, sick_gateway
from tests.support.texting import Box, messaging
from tests.support.waiting import until

FULL = os.environ.get("CCORE_FULL") == "1"
ROUNDS = 8 if FULL else 1  # of each mood, in turn
CALLS, RATE = (300, 20.0) if FULL else (20, 20.0)  # of a round; calls a second
WAITING = 500 if FULL else 50  # messages that wait besides when the gateway hangs
MOST_MS = 20.0
CALL_DEADLINE_S = 1.0 if FULL else 10.0  # of a machine that is busy with other tests
DRAINS = "per_second = 2000\nlongest_pause_s = 1"  # what waited is soon sent between the rounds
_calls = count(1)


@pytest.mark.figures
async def test_a_gateway_that_hangs_is_not_heard_by_who_orders(tmp_path: Path, database: Database, dsn: str) -> None:
    box, settings, secrets = Box(database), texting_config(tmp_path, DRAINS), Secrets.model_validate(SECRETS)
    shop = await open_shop(database)
    waits: dict[Mood, list[float]] = {"well": [], "hanging": []}
    async with sick_gateway() as sick, serving(shop, CALL_DEADLINE_S) as port:
        # Five seconds for an answer, and then the breaker, as by default.
        gateway = KannelGateway(account(settings, secrets, sick.url), settings.messages.at_once, PATIENT_S)
        async with messaging(settings, secrets, database, dsn, gateway):
            await _ordered(port)  # the first ones wait for what is made once
            for number in range(ROUNDS):
                for mood, p99_ms in waits.items():
                    await sick.be("well")
                    await until(lambda: _is_empty(box), within_s=120)
                    await sick.be(mood)
                    if mood == "hanging":
                        await box.queue_many(WAITING, first=number * WAITING, prefix="+86150")
                    asked, taken = sick.asked.total(), sick.taken.total()
                    p99_ms.append(await _ordered(port))
                    if mood == "hanging":
                        await until(lambda asked=asked: sick.asked.total() > asked)
                        assert sick.taken.total() == taken
    orders = next(_calls) - 1
    (row,) = await box.sql("SELECT count(*) AS orders FROM orders")
    assert row["orders"] == orders
    (row,) = await box.sql("SELECT count(*) AS told FROM outbox WHERE kind = 'order-accepted'")
    assert row["told"] == orders, "each waits to be told"
    well, hanging = (statistics.median(p99_ms) for p99_ms in waits.values())
    print(
        f"{orders} order calls at {RATE:.0f}/s: p99 {well:.1f} ms with the gateway well, {hanging:.1f} ms while it"
        f" hangs (medians of {ROUNDS} rounds in turn: {_rounds(waits['well'])} and {_rounds(waits['hanging'])})"
    )
    if FULL:
        assert hanging - well < MOST_MS


async def _is_empty(box: Box) -> bool:
    """Whether nothing waits of the round before."""
    return set(await box.states()) <= {"sent"}


async def _ordered(port: int) -> float:
    """The 99th percentile of how long callers waited, in ms; all of them are told that their order is placed."""
    tasks = []
    async with asyncio.TaskGroup() as group:
        for _ in range(CALLS):
            tasks.append(group.create_task(_one(port, next(_calls))))
            await asyncio.sleep(1 / RATE)
    return statistics.quantiles((task.result() for task in tasks), n=100)[-1]


async def _one(port: int, number: int) -> float:
    began = time.perf_counter()
    caller, uniqueid = f"139{number:08}", f"node1-1763800000.{number}"
    async with dialling(port, "1008610001", caller, "node1", "local", uniqueid=uniqueid) as asterisk:
        assert await asterisk.command() == 'SET VARIABLE "CCORE_RESULT" "placed"'
        took_ms = (time.perf_counter() - began) * 1000
        await asterisk.answer("200 result=1")
        assert await asterisk.ended()
    return took_ms


def _rounds(values: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)
