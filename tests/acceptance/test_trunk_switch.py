"""A trunk that somebody shuts, or that fails, on a real Asterisk: campaigns leave it alone, and go on afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ccore.pbx.far_end import Subscriber
from tests.support.asterisk import until_no_channels
from tests.support.call_centre import Desk
from tests.support.calling_out import BUSY, CallingOut, calling_out, campaign, table
from tests.support.far_end import exchange
from tests.support.waiting import until

DESKS = [Desk(f"100{number}", f"200{number}", {}) for number in (1, 2)]
FAILS = Subscriber("no channel", 0.2, 503, 34, "-")
BUSY_NUMBERS = [f"13800000{number:02}5" for number in range(99)]
FAILING_NUMBERS = [f"13900000{number:02}9" for number in range(60)]
EAGER: dict[str, Any] = {
    "mode": "ratio", "pacing": {"ratio": 5.0, "least_agents": 1, "most_calls_per_s": 20, "abandonment_percent": 10.0}
}  # fmt: skip
STOPS_WITHIN_S = 1.0
SLACK_S = 3.0  # of a busy machine, until an INVITE that was let through is seen at the far end
QUIET_S = 2.0
IN_FLIGHT = 12  # of two agents at five calls each, and as many as may begin until the first fault is told


@pytest.fixture(scope="module")
async def out(tmp_path_factory: pytest.TempPathFactory, asterisk_root: Path) -> AsyncIterator[CallingOut]:
    campaigns = {"busy": campaign("busy", **EAGER), "failing": campaign("failing", **EAGER)}
    async with (
        exchange(table=table(d5=BUSY, d9=FAILS)) as far,
        calling_out(tmp_path_factory.mktemp("switch"), far, campaigns, DESKS) as built,
    ):
        yield built


async def test_a_trunk_that_is_shut_carries_no_new_call_within_a_second(out: CallingOut) -> None:
    await out.contacts("busy", BUSY_NUMBERS)
    await out.set("busy", "running")
    await out.far.until("invited", 8, 30)
    shut_at = time.time()
    await out.centre.ask("PUT", "/api/v1/trunks/far/kill", {"reason": "complaints"})
    answered_in_s = time.time() - shut_at
    await asyncio.sleep(STOPS_WITHIN_S + SLACK_S + QUIET_S)
    late = max(each.at for each in out.far.saw("invited")) - shut_at
    print(f"the switch answered in {answered_in_s * 1000:.0f} ms; the last call began {late:.2f} s after it was asked")
    assert late <= answered_in_s + STOPS_WITHIN_S + SLACK_S
    assert len(out.far.saw("invited")) < len(BUSY_NUMBERS), "it had nobody left to call"
    (trunk,) = (await out.centre.ask("GET", "/api/v1/trunks"))["trunks"]
    assert (trunk["why"], trunk["killed_by"]) == ("killed", "boss")
    await until(lambda: is_closed(out, 'ccore_trunk_closed{node="node1",trunk="far",why="killed"}'))
    before = len(out.far.saw("invited"))
    await out.centre.ask("DELETE", "/api/v1/trunks/far/kill")
    await out.far.until("invited", before + 3, 30)
    await out.set("busy", "stopped")
    await until_no_channels(out.site.node)


async def test_a_trunk_that_fails_rests_and_is_tried_again(out: CallingOut) -> None:
    await out.contacts("failing", FAILING_NUMBERS)
    await out.set("failing", "running")
    await out.site.until("SELECT count(*) FROM trunk_rests", 1, 30)
    tried = len([each for each in out.far.saw("invited") if each.number.endswith("9")])
    await asyncio.sleep(QUIET_S)
    after = len([each for each in out.far.saw("invited") if each.number.endswith("9")])
    print(f"{tried} calls failed before the trunk was left alone, and {after - tried} more that were under way")
    assert after <= 5 + IN_FLIGHT
    (trunk,) = (await out.centre.ask("GET", "/api/v1/trunks"))["trunks"]
    assert (trunk["why"], trunk["reason"]) == ("rests", "5 faults in a row")
    await until(lambda: is_closed(out, 'ccore_trunk_closed{node="node1",trunk="far",why="rests"}'))
    before = len(out.far.saw("invited"))
    await out.centre.ask("PUT", "/api/v1/trunks/far/rest", {"minutes": 0})
    await out.far.until("invited", before + 1, 30)
    await out.set("failing", "stopped")
    await until_no_channels(out.site.node)
    # It was not their fault: all of them are called again, later.
    await out.site.until("SELECT count(*) FROM contacts WHERE list = 'failing' AND state <> 'open'", 0)
    counted = "(SELECT sum(calls) FROM trunk_spend WHERE trunk = 'far')"
    await out.site.until(f"SELECT {counted} = (SELECT count(*) FROM attempts WHERE dialled_at IS NOT NULL)", True)


async def is_closed(out: CallingOut, name: str) -> bool:
    """Whether this figure says so."""
    return (await out.site.metrics()).get(name) == 1
