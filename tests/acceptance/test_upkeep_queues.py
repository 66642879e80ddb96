"""The queues of a real Asterisk stay as ccore's database wants them, whoever or whatever changes them."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.agents import phones
from tests.support.queues import Members, members, until_members, want
from tests.support.site import Site, site
from tests.support.waiting import until

FULL = os.environ.get("CCORE_FULL") == "1"
KILLS = 20 if FULL else 2
BACK_WITHIN_S = 3.0  # after Asterisk takes calls again
MENDED_WITHIN_S = 40.0  # a look every 5 s, on a machine that is not busy
REACHED_WITHIN_S = 8.0  # sooner than it asks by itself
REGISTRATIONS_WRITTEN_S = 2.0  # by Asterisk, into its file

AGENTS: Members = {f"PJSIP/10{n:02}": (n % 3, None if n >= 10 else "午餐 lunch" if n % 2 else "") for n in range(12)}


@pytest.fixture(scope="module")
async def queues(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site for all these tests, one after the other."""
    async with site(tmp_path_factory.mktemp("queues")) as built:
        yield built
        built.assert_log_is_clean()


@pytest.fixture
async def agents(queues: Site) -> Site:
    """Twelve agents are in the queue, ten of them paused."""
    await want(queues.dsn, AGENTS)
    await until_members(queues.node, AGENTS, MENDED_WITHIN_S)
    await until_looked(queues)  # so all that was mended is counted, and the next look is a while away
    return queues


@pytest.mark.figures
@pytest.mark.timeout(600)
async def test_f3_agents_are_back_as_they_were_after_asterisk_is_killed(agents: Site) -> None:
    before, waits = await corrections(agents, "member-missing"), []
    for _ in range(KILLS):
        agents.node.kill()
        await agents.node.wait()
        await agents.node.start()
        waits.append(await until_members(agents.node, AGENTS, BACK_WITHIN_S))
    print(f"10 paused agents after kill -9 of Asterisk, {KILLS} times: all right {max(waits):.2f} s after it is back")
    await until_looked(agents)
    assert await corrections(agents, "member-missing") - before == len(AGENTS) * KILLS


async def test_f3_telephones_are_reached_again_as_soon_as_asterisk_is_back(queues: Site) -> None:
    """It asks each of them by itself only within 10 s."""
    secret = queues.secrets.phone_secret
    assert secret is not None
    numbers = [str(number) for number in range(2001, 2041)]
    async with phones(queues.sip_port, secret.get_secret_value(), numbers):

        async def reached() -> bool:
            shown = await queues.node.cli("pjsip show contacts")
            return sum(" Avail " in line for line in shown.splitlines()) == len(numbers)

        await until(reached)
        await asyncio.sleep(REGISTRATIONS_WRITTEN_S)
        queues.node.kill()
        await queues.node.wait()
        await queues.node.start()
        began = time.monotonic()
        await until(reached, REACHED_WITHIN_S)
        print(f"{len(numbers)} telephones are reached {time.monotonic() - began:.2f} s after Asterisk is back")


async def test_f3_hand_edits_are_mended_and_counted(agents: Site) -> None:
    edits = {
        "member-missing": "queue remove member PJSIP/1000 from service",
        "pause-wrong": "queue unpause member PJSIP/1001 queue service",
        "penalty-wrong": "queue set penalty 9 on PJSIP/1002 in service",
        "member-unwanted": "queue add member PJSIP/1099 to service",
    }
    before = {reason: await corrections(agents, reason) for reason in edits}
    for edit in edits.values():
        await agents.node.cli(edit)
    await agents.node.cli("queue pause member PJSIP/1011 queue service reason tea")
    assert len({who for who, state in (await members(agents.node)).items() if AGENTS.get(who) != state}) == 4
    took_s = await until_members(agents.node, AGENTS, MENDED_WITHIN_S)
    print(f"five hand edits of a queue mended after {took_s:.1f} s")
    await until_looked(agents)
    after = {reason: await corrections(agents, reason) for reason in edits}
    assert {reason: after[reason] - before[reason] for reason in edits} == {**dict.fromkeys(edits, 1), "pause-wrong": 2}
    log = agents.log.read_text(encoding="utf-8")
    assert {reason: log.count(f'"reason": "{reason}"') for reason in edits} == after


async def test_a_queue_that_was_not_given_to_ccore_is_left_alone(agents: Site) -> None:
    await agents.rows("DELETE FROM managed_queues")
    for _ in range(2):  # a look that read the row before may be under way
        await until_looked(agents)
    await agents.node.cli("queue remove member PJSIP/1000 from service")
    await agents.node.cli("queue add member PJSIP/1099 to service")
    edited = await members(agents.node)
    for _ in range(2):
        await until_looked(agents)
        assert await members(agents.node) == edited


async def test_what_the_database_wants_next_is_done_next(queues: Site) -> None:
    fewer: Members = {"PJSIP/1000": (0, None), "PJSIP/1001": (5, "end of day")}
    await want(queues.dsn, fewer)
    await until_members(queues.node, fewer, MENDED_WITHIN_S)
    await queues.node.cli("queue remove member PJSIP/1000 from service")
    await queues.node.cli("queue add member pjsip/1000 to service")  # the same member, to Asterisk
    await until_members(queues.node, fewer, MENDED_WITHIN_S)


async def until_looked(built: Site) -> None:
    """Wait until ccore has looked at the node once more."""
    name = 'ccore_upkeep_look_seconds{node="node1"}'
    before = (await built.metrics()).get(name)

    async def looked() -> bool:
        return (await built.metrics()).get(name) != before

    await until(looked, MENDED_WITHIN_S)


async def corrections(built: Site, reason: str) -> float:
    """How many corrections were made for this reason."""
    name = f'ccore_corrections_total{{node="node1",outcome="done",reason="{reason}"}}'
    return (await built.metrics()).get(name, 0.0)
