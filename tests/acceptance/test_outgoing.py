"""Calls of campaigns by a real Asterisk to an exchange of 30 channels: never one too many, and what comes of each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ccore.dialer.model import Outcome
from ccore.dialer.trunks.causes import meaning
from ccore.nodes import E1_CHANNELS
from ccore.pbx.far_end import HOST, TABLE, statistics
from ccore.pbx.node import AsteriskNode
from tests.support.asterisk import NODE, events_of, node_config, records, running, until_channels
from tests.support.far_end import NAME, Far, exchange, trunk_to
from tests.support.manager import Manager, manager
from tests.support.sip import place
from tests.support.waiting import until

CALLS = 60
STAYS_S = 100.0  # longer than the test: until all are hung up on
_SAID, _LINKED_ID = 12, 16  # columns of the channel events
RING_S = 8
# What stands before and after the generated lines; ccore is not asked here.
DIALPLAN = f"""
[every-call]
exten => h,1,NoOp()
exten => i,1,Hangup(1)
exten => T,1,Hangup()
[from-trunk]
exten => 10086,1,Goto(called,s,1)
[called]
include => every-call
exten => s,1,GotoIf($[${{GROUP_COUNT({NAME}@trunk)}} > {E1_CHANNELS}]?full)
 same => n,Answer()
 same => n,Wait(100)
 same => n(full),Hangup(34)
[try]
include => every-call
exten => _X.,1,Set(CCORE_ATTEMPT=1)
 same => n,Set(CCORE_OUTSIDE=${{EXTEN}})
 same => n,Set(CCORE_CALLER_ID=01010086)
 same => n,Set(CCORE_RING_S={RING_S})
 same => n,Set(CCORE_TRUNK=${{BY}})
 same => n,Goto(campaign-trunk,${{CCORE_TRUNK}},1)
[campaign-answered]
include => every-call
exten => s,1,Hangup()
 same => n,CELGenUserEvent(CCORE_DIAL,answered)
 same => n,Wait(${{STAYS}})
 same => n,Hangup()
[campaign-ended]
include => every-call
exten => s,1,CELGenUserEvent(CCORE_DIAL,ended ${{CCORE_ENDED}})
 same => n,Hangup()
[sent]
include => every-call
exten => s,1,Hangup()
"""
# By the last two digits: what ccore has to take a call for that was not answered.
MEANT = {
    "05": Outcome.BUSY, "06": Outcome.NO_ANSWER, "09": Outcome.INVALID, "19": Outcome.INVALID, "29": Outcome.NO_ANSWER,
    "39": Outcome.BUSY, "79": Outcome.CONGESTION, "89": Outcome.CONGESTION, "99": Outcome.CONGESTION,
}  # fmt: skip
ANSWERED = ("00", "08", "49", "59", "69")
FULL = "ended FULL 0 0"
# Sooner than in earnest, that the test does not last.
QUICK = {tail: replace(each, ring_s=min(each.ring_s, 0.3) if tail != "06" else 60) for tail, each in TABLE.items()}


class Site:
    """An Asterisk whose trunk leads to the far end."""

    def __init__(self, node: AsteriskNode, sip_port: int, far: Far, session: Manager) -> None:
        self.node = node
        self.sip_port = sip_port
        self.far = far
        self._session = session
        self._calls = 1000  # all of one length: Asterisk takes attempt-5 for there while attempt-51 is

    async def call(self, number: str, stays_s: float = 0.5, trunk: str = NAME) -> str:
        """Have Asterisk call a number by the trunk, as for an attempt; its LinkedID. Who answers stays so long."""
        self._calls += 1
        name = f"attempt-{self._calls}"
        answer = await self._session.ask(
            "Originate", f"Channel: Local/{number}@try/n", "Context: sent", "Exten: s", "Priority: 1", "Async: true",
            f"ChannelId: {name}", f"OtherChannelId: {name}-2", f"Variable: __STAYS={stays_s},__BY={trunk}",
        )  # fmt: skip
        assert "Success" in answer, answer
        return name

    def told(self) -> dict[str, str]:
        """By LinkedID, what the dialplan has said last of a call."""
        rows = [row for row in records(self.node, "cel") if row[1] == "CCORE_DIAL"]
        return {row[_LINKED_ID]: row[_SAID].partition(",")[2] for row in rows}

    async def carried(self, calls: Sequence[str]) -> int:
        """How many of these calls were not refused, once it is known of all of them."""
        await until(lambda: all(call in self.told() for call in calls))
        return sum(self.told()[call] != FULL for call in calls)

    async def fill(self, prefix: str, places: int) -> None:
        """So many more calls find a place, each by itself, and the next one finds none."""
        for number in range(places):
            assert await self.carried([await self.call(f"{prefix}{number:02}00", STAYS_S)]) == 1, "a place was left"
        assert await self.carried([await self.call(f"{prefix}9900", STAYS_S)]) == 0, "one too many"

    async def hang_up(self) -> None:
        """Nobody is on the line any more."""
        await self.node.cli("channel request hangup all")
        await until_channels(self.node, 0)


@pytest.fixture(scope="module")
async def site(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One for this file."""
    async with _site(tmp_path_factory.mktemp("outgoing")) as built:
        yield built


@asynccontextmanager
async def _site(directory: Path) -> AsyncIterator[Site]:
    async with exchange(E1_CHANNELS, QUICK) as far:
        config = node_config(directory, DIALPLAN, trunks={NAME: trunk_to(far.port, E1_CHANNELS)})
        (directory / "dialplan/outgoing.toml").write_text(f"[{NAME}]\n", encoding="utf-8")
        async with running(config) as node, manager(config, "ccore-actions") as session:
            yield Site(node, config.nodes[NODE].sip_port, far, session)


async def test_of_sixty_calls_at_once_a_trunk_of_thirty_channels_carries_thirty(site: Site) -> None:
    before = statistics(site.far.saw())
    carried = await site.carried([await site.call(f"1380013{number:02}00", STAYS_S) for number in range(CALLS)])
    # It may be fewer: each that looks holds a place meanwhile, and two for the moment in which its line takes over.
    assert carried <= E1_CHANNELS
    await site.fill("1380017", E1_CHANNELS - carried)
    assert meaning(0, 0, "FULL").outcome is Outcome.CONGESTION
    assert not meaning(0, 0, "FULL").trunk_fault, "the trunk would rest because it is used"
    await site.far.until("answered", before["answered"] + E1_CHANNELS)
    assert site.far.most_wanted == E1_CHANNELS, "an INVITE was sent that the trunk could not carry"
    seen = statistics(site.far.saw())
    assert seen["invited"] - before["invited"] == seen["answered"] - before["answered"] == E1_CHANNELS
    assert seen["full"] == 0
    await site.hang_up()


async def test_callers_from_the_trunk_are_counted_with_those_who_are_called(site: Site) -> None:
    callers = 12
    rows = [("13900000000", "10086")] * callers
    before = events_of(site.node, "ANSWER")
    waiting = asyncio.create_task(place(site.sip_port, rows, rate=50, hold_ms=round(STAYS_S * 1000), source=HOST))
    await until(lambda: events_of(site.node, "ANSWER") == before + callers)
    free = E1_CHANNELS - callers
    carried = await site.carried([await site.call(f"1380014{number:02}00", STAYS_S) for number in range(E1_CHANNELS)])
    assert carried <= free
    await site.fill("1380018", free - carried)
    await site.hang_up()
    assert all(call.answered for call in await waiting)


async def test_what_comes_of_a_call_is_known_by_its_cause(site: Site) -> None:
    calls = {tail: await site.call(f"138001500{tail}") for tail in (*MEANT, *ANSWERED)}
    await until(lambda: all(call in site.told() for call in calls.values()))
    for tail in ANSWERED:
        assert site.told()[calls[tail]] == "answered", tail
    for tail, outcome in MEANT.items():
        word, status, cause, sip = site.told()[calls[tail]].split()
        found = meaning(int(cause), int(sip), status)
        assert (word, found.outcome) == ("ended", outcome), (tail, site.told()[calls[tail]])
        assert found.trunk_fault == (outcome is Outcome.CONGESTION), tail
    assert {each.caller for each in site.far.saw("invited") if each.number.startswith("1380015")} == {"01010086"}
    await until_channels(site.node, 0)


async def test_a_trunk_without_a_table_leads_nowhere(site: Site) -> None:
    call = await site.call("13800160000", trunk="local")
    await until(lambda: call in site.told())
    assert site.told()[call] == FULL
    assert not [each for each in site.far.saw("invited") if each.number == "13800160000"]
