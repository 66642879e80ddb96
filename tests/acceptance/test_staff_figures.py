"""A long list of staff in one request: it comes in whole, and calls do not wait for it."""

import asyncio
import gc
import io
import os
import time
import uuid
from typing import Any

import pytest

from ccore.people.model import Role
from ccore.pulse import Pulse
from ccore.web.bodies import MOST_BYTES_EVER
from ccore.web.once import HEADER
from tests.support.shop import value
from tests.support.waiting import beside
from tests.support.whole_api import Api, whole

__all__ = ["whole"]

FULL = os.environ.get("CCORE_FULL") == "1"
PEOPLE = 50_000 if FULL else 5_000
FILES = "/api/v1/employees/files?file=staff.csv"
MOST_LAG_S = 0.5  # of a machine that does nothing else; a caller is waited for twice as long


@pytest.mark.figures
async def test_a_list_of_fifty_thousand_comes_in_at_once(whole: Api, dsn: str) -> None:
    heading = "number,name,phone,department"
    rows = [
        f"S{number:06},{'某' * 60}{number},1391{number:07},Sales/Region {number % 30}/Shop {number % 600}"
        for number in range(PEOPLE)
    ]
    content = "\n".join([heading, *rows]).encode()
    assert len(content) > MOST_BYTES_EVER, "more than a body of JSON may have"
    pulse = Pulse()
    gc.freeze()  # as `ccore run` does
    async with beside(pulse.run()):
        await asyncio.sleep(5 if FULL else 0.2)
        print(f"before, the loop was {pulse.worst_s * 1000:.0f} ms late")
        for word, counted in (("first", "new"), ("again", "same")):
            began = time.monotonic()
            told = await sent(whole, content)
            took_s, lag_ms = time.monotonic() - began, pulse.worst_s * 1000
            assert (told[counted], told["bad"]) == (PEOPLE, 0), told
            print(f"{PEOPLE} people, {len(content) >> 10} KB, {word}: {took_s:.1f} s; the loop {lag_ms:.0f} ms late")
    gc.unfreeze()
    assert await value(dsn, "SELECT count(*) FROM employees WHERE number LIKE 'S%'") == PEOPLE
    if FULL:
        assert pulse.worst_s < MOST_LAG_S


async def sent(whole: Api, content: bytes) -> dict[str, Any]:
    """What is told of the list."""
    headers = {"Authorization": f"Bearer {whole.tokens[Role.ADMIN]}", HEADER: uuid.uuid4().hex}
    async with whole.session.post(whole.url + FILES, data=io.BytesIO(content), headers=headers) as answer:
        told: dict[str, Any] = await answer.json()
        assert answer.status == 200, told
        return told
