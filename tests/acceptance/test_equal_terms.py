"""A queue whose callers others always go before: after so long a wait they are served all the same, and not sooner."""

import asyncio
import re
from datetime import UTC
from pathlib import Path

from ccore.centre.centre import load_centre
from ccore.queues.explained import explained
from ccore.queues.stories import story
from tests.support.asterisk import NODE
from tests.support.call_centre import CallCentre, Desk, call_centre
from tests.support.heard import Sounds
from tests.support.keypad import dialled
from tests.support.waiting import beside, until

COMMON = """
wrap_up_s = 1
[comfort]
position = false
expected_wait = false
[offer]
after_s = 600
keys = { 1 = "voicemail" }
"""
EQUAL_S = 8  # in which one of the others is rung at least
QUEUES = {"heavy": f"weight = 10\n{COMMON}", "light": f"equal_after_s = {EQUAL_S}\n{COMMON}"}
HEAVY = [f"1380000000{number}" for number in range(3)]  # one talks, so others wait at any time
LIGHT = "13900000001"
# Those of the heavy queue who came before the light caller was their equal go first, and chance may be faster than
# ccore is now and then.
MOST_BEFORE = 2 * len(HEAVY)


async def test_who_has_waited_long_goes_on_equal_terms(tmp_path: Path) -> None:
    async with call_centre(tmp_path, QUEUES, [Desk("1001", "2001", {})]) as centre:
        agent = centre.phones["1001"]
        agent.answers_after_s, agent.talks_s = 0.05, 0.3
        async with beside(_calls_for_ever(centre)):
            await until(lambda: _wait(centre, "heavy", 2), 20)
            async with dialled(centre.site.sip_port, centre.number["light"], LIGHT, sounds=Sounds({})) as light:
                await until(lambda: any(call.caller == LIGHT and call.answered_at for call in agent.calls), 60)
                came_at = light.answered_at
        (call,) = [each for each in agent.calls if each.caller == LIGHT]
        before = [each for each in agent.calls if came_at + EQUAL_S < each.rang_at < call.rang_at]
        print(f"rang after {call.rang_at - came_at:.1f} s, {len(before)} others before from {EQUAL_S} s on")
        assert call.rang_at - came_at > EQUAL_S - 1  # app_queue counts whole seconds
        assert [each for each in agent.calls if came_at < each.rang_at < came_at + EQUAL_S], "the agent was free before"
        assert len(before) <= MOST_BEFORE, [each.caller for each in before]
        await _told(centre)
        await _counted(centre)
        centre.site.assert_log_is_clean()


async def _calls_for_ever(centre: CallCentre) -> None:
    await asyncio.gather(*(_calls_again(centre, caller) for caller in HEAVY))


async def _calls_again(centre: CallCentre, caller: str) -> None:
    while True:
        async with dialled(centre.site.sip_port, centre.number["heavy"], caller, sounds=Sounds({})) as call:
            await call.until_over(within_s=60)


async def _wait(centre: CallCentre, line: str, least: int) -> bool:
    found = re.search(r" has (\d+) calls", await centre.site.node.cli(f"queue show {line}"))
    return found is not None and int(found[1]) >= least


async def _told(centre: CallCentre) -> None:
    await centre.site.until("SELECT count(*) FROM offers WHERE line = 'light-aged' AND outcome IS NOT NULL", 1)
    found = await explained(centre.database, LIGHT, [NODE], "CN")
    assert found is not None
    told = "\n".join(story(found.visits, found.offers, load_centre(centre.site.config.dialplan).queues, UTC))
    for words in (
        "line light-aged",
        f"has waited for {EQUAL_S} s: no queue of more weight goes before",
        "line light-aged rings",
    ):
        assert words in told, told
    assert not await centre.site.rows("SELECT line, decision FROM offers WHERE NOT agreed")


async def _counted(centre: CallCentre) -> None:
    """Both lines are one visit to the queue."""
    await centre.site.until("SELECT count(*) FROM queue_calls WHERE queue = 'light' AND how = 'answered'", 1, 30)
    (row,) = await centre.site.rows("SELECT line, entries FROM queue_calls WHERE queue = 'light'")
    assert tuple(row) == ("light-aged", 2)
