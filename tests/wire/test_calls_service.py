"""The calls of a node: what reaches its tracker, the feed and the ledger of gaps, when a wire lies or is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from ccore.ami.actions import Ping
from ccore.ami.link import Link
from ccore.calls import service
from ccore.calls.feed import Feed, Missed, Subscription
from ccore.calls.model import Fact, Kind
from ccore.calls.service import Calls
from ccore.clock import utc_now
from ccore.errors import Unavailable
from tests.support.waiting import until
from tests.support.witness import Notes
from tests.wire.ami_server import Action, AmiServer, Connection, down, event, new_link, running

CALL = (
    "Channel: PJSIP/trunk-local-0000000{0}|ChannelState: 6|ChannelStateDesc: Up|CallerIDNum: 13800138000|"
    "CallerIDName: <unknown>|ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|AccountCode: |"
    "Context: from-trunk|Exten: 100|Priority: 1|Uniqueid: node1-1.{0}|Linkedid: node1-1.{0}"
)
LISTED = "Event: CoreShowChannel|" + CALL + "|Application: Wait|ApplicationData: 10|Duration: 00:00:05|BridgeId: "


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SETTLE_S", 0.1)


class Rig:
    """A link to the forged Asterisk with everything that hears it."""

    def __init__(self, server: AmiServer, node: str) -> None:
        self.server, self.node = server, node
        self.link: Link = new_link(server, node)
        self.notes = Notes()
        feed = Feed()
        self._facts: Subscription = feed.subscribe(node)
        self.calls = Calls({node: self.link}, feed, self.notes)

    def there_are(self, *numbers: int) -> None:
        """From now on Asterisk lists these channels."""

        def listed(to: Connection, action: Action) -> None:
            self.server.channels(to, action, *[LISTED.format(number) for number in numbers])

        self.server.answers["CoreShowChannels"] = listed

    def says(self, name: str, number: int, more: str = "") -> None:
        """Asterisk tells of a channel."""
        self.server.events.send(event(name, CALL.format(number) + more))

    async def fact(self) -> Fact:
        """The next fact."""
        fact = await asyncio.wait_for(anext(self._facts), 30)
        assert not isinstance(fact, Missed)
        return fact

    async def until(self, kind: Kind) -> Fact:
        """The next fact of this kind."""
        while (fact := await self.fact()).kind is not kind:
            pass
        return fact


@asynccontextmanager
async def rig(server: AmiServer, node: str) -> AsyncIterator[Rig]:
    built = Rig(server, node)
    async with running(built.link):
        await built.link.wait_up()
        yield built


def counted(name: str, node: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"node": node, **labels}) or 0.0


async def test_events_become_facts_and_figures(server: AmiServer, node: str) -> None:
    async with rig(server, node) as built:
        built.says("Newchannel", 1)
        started = await built.until(Kind.STARTED)
        assert (started.node, started.call, started.epoch) == (node, "node1-1.1", 1)
        await built.until(Kind.ANSWERED)
        assert built.calls.health() == {node: {"calls": 1, "channels": 1}}
        assert (counted("ccore_calls_open", node), counted("ccore_channels", node)) == (1, 1)
        built.says("Hangup", 1, "|Cause: 16|Cause-txt: Normal Clearing")
        assert (await built.until(Kind.ENDED)).cause == 16
    assert counted("ccore_call_facts_total", node, kind="started") == 1
    assert counted("ccore_call_facts_total", node, kind="ended") == 1
    assert built.calls.health() == {node: {"calls": 0, "channels": 0}}


async def test_a_look_finds_what_no_event_told(server: AmiServer, node: str) -> None:
    async with rig(server, node) as built:
        built.says("Newchannel", 1)
        await built.until(Kind.ANSWERED)
        built.there_are(2)  # 1 ended and 2 began, and a caller had their events withheld
        assert await built.calls.look(node)
        found = {fact.kind: fact for fact in [await built.fact() for _ in range(3)]}
        assert found[Kind.VANISHED].call == "node1-1.1"
        assert (found[Kind.STARTED].call, found[Kind.STARTED].how) == ("node1-1.2", "found")
        assert await built.calls.look(node)  # and finds it once
        assert built.calls.health() == {node: {"calls": 1, "channels": 1}}
    assert counted("ccore_calls_corrections_total", node, by="look", kind="vanished") == 1
    assert counted("ccore_calls_corrections_total", node, by="look", kind="started") == 1


async def test_looks_are_taken_again_and_again_whatever_becomes_of_one(
    server: AmiServer, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LOOK_EVERY_S", 0.05)
    async with rig(server, node) as built:
        looking = asyncio.create_task(built.calls.run())
        await server.stop()
        await down(built.link)
        while counted("ccore_calls_looks_total", node, outcome="unavailable") < 2:
            await asyncio.sleep(0.01)
        built.there_are(1)
        await server.start()
        await built.until(Kind.STARTED)
        built.there_are()
        await built.until(Kind.VANISHED)
        assert not looking.done()
        looking.cancel()
        await asyncio.wait([looking])


async def test_a_look_says_nothing_while_its_events_are_still_to_be_told(server: AmiServer, node: str) -> None:
    built = Rig(server, node)
    gate = asyncio.Event()

    async def slow(_event: object) -> None:
        await gate.wait()

    built.link.on("Hangup", slow)
    async with running(built.link):
        await built.link.wait_up()
        built.says("Newchannel", 1)
        await built.until(Kind.ANSWERED)
        server.events.send(event("Hangup", "Uniqueid: node1-1.9|Linkedid: node1-1.9") * 17)  # a burst, and one to wait
        while built.link.behind_s < service.BEHIND_LIMIT_S:
            await asyncio.sleep(0.01)
        built.says("Hangup", 1, "|Cause: 17")
        built.there_are()
        assert not await built.calls.look(node)
        gate.set()
        assert (await built.until(Kind.ENDED)).cause == 17  # and it did not vanish


async def test_a_look_is_void_after_another_login(
    server: AmiServer, node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SETTLE_S", 3.0)  # the link must be lost and up again within it
    async with rig(server, node) as built:
        looking = asyncio.create_task(built.calls.look(node))
        await server.until(lambda: len(server.received("DeviceStateList")) == 2)
        await built.link.send(Ping())  # answered after the look was
        built.there_are(1)
        server.events.cut()
        await built.until(Kind.STARTED)
        assert not await looking
        assert built.calls.health() == {node: {"calls": 1, "channels": 1}}


async def test_a_look_needs_a_link(server: AmiServer, node: str) -> None:
    with pytest.raises(Unavailable):
        await Rig(server, node).calls.look(node)


async def test_a_gap_goes_from_the_last_sign_of_life_to_the_next_question(server: AmiServer, node: str) -> None:
    async with rig(server, node) as built:
        while not built.notes.lines:
            await asyncio.sleep(0.01)
        (linked,) = built.notes.lines
        assert (linked[0], linked[2]) == ("linked", 1)
        before = utc_now()
        server.events.cut()
        while len(built.notes.lines) < 3:
            await asyncio.sleep(0.01)
        _, lost, again = built.notes.lines
        assert (lost[0], lost[2]) == ("lost", "closed")
        assert linked[1] <= lost[1] <= before + timedelta(milliseconds=10)
        assert (again[0], again[2]) == ("linked", 2)
        assert again[1] > before


async def test_a_login_that_was_lost_before_anybody_was_told_does_not_end_the_gap(server: AmiServer, node: str) -> None:
    built = Rig(server, node)
    gate = asyncio.Event()

    async def slow(_event: object) -> None:
        await gate.wait()

    built.link.on("Hangup", slow)
    async with running(built.link):
        await built.link.wait_up()
        while not built.notes.lines:
            await asyncio.sleep(0.01)
        built.says("Hangup", 1, "|Cause: 16")  # the callbacks stand still from here on
        for epoch in (1, 2):
            server.events.cut()
            await down(built.link)
            await built.link.wait_up()
            assert built.link.epoch == epoch + 1
        gate.set()
        while len([line for line in built.notes.lines if line[0] == "linked"]) < 2:
            await asyncio.sleep(0.01)
        epochs = [what for kind, _, what in built.notes.lines if kind == "linked"]
        assert epochs == [1, 3]


async def test_who_lives_is_told_from_the_last_look_and_only_if_it_was_whole(server: AmiServer) -> None:
    async with rig(server, "living") as site:
        await until(lambda: site.calls.living("living") == frozenset())
        site.there_are(1, 2)
        await site.calls.look("living")
        assert site.calls.living("living") == frozenset({"node1-1.1", "node1-1.2"})
        site.server.answers["CoreShowChannels"] = lambda to, action: site.server.channels(
            to, action, LISTED.format(1), LISTED.format(2).replace("|Uniqueid: ", "|Uniqueid")
        )
        await site.calls.look("living")
        assert site.calls.living("living") is None, "a channel could not be read"
