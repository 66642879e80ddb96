"""Calling back against the real tables: who is dialled, what a lost answer means, and that nobody is dialled twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any, cast

import pytest

from ccore.ami.actions import Action, Originate, Reply
from ccore.ami.wire import Message
from ccore.calls.model import Channel
from ccore.centre.centre import Centre, CentreFile
from ccore.centre.queue import Queue
from ccore.db.pool import Database
from ccore.errors import ActionRefused, OutcomeUnknown, Unavailable
from ccore.hours import Calendar
from ccore.nodes import SipTrunk
from ccore.queues import calling_back
from ccore.queues.call_backs import CallBacks, Place
from ccore.queues.calling_back import CallingBack, Sight
from ccore.queues.routing import Waiting
from ccore.selling import Ordering
from tests.integration.test_waiting import CHANNEL_EVENT
from tests.support.shop import sql

NUMBER, OTHER = "+8613812345678", "+8613812345679"
CAME = datetime(2026, 11, 1, 2, tzinfo=UTC)
QUEUE = Queue.model_validate({"call_back": {"trunk": "local", "caller_id": "10086", "ring_s": 20, "attempts": 2}})
QUEUES = {"sales": QUEUE, "second": QUEUE, "people": Queue()}


@dataclass
class Node:
    """One Asterisk, as far as calling back goes: it is told to call, and has channels."""

    up: bool = True
    said: list[Originate] = field(default_factory=list)
    fails: Exception | None = None
    channels: dict[str, Channel] = field(default_factory=dict)

    async def send(self, action: Action, _timeout_s: float) -> Reply:
        assert isinstance(action, Originate)
        self.said.append(action)
        if self.fails:
            raise self.fails
        return Reply(cast(Message, None))

    def rings(self, name: str = "PJSIP/trunk-local-00000001", **more: Any) -> Channel:
        """The channel that was asked for last is there."""
        uniqueid = self.said[-1].channel_id
        self.channels[uniqueid] = Channel(uniqueid, name, uniqueid, "Ringing", CAME)._replace(**more)
        return self.channels[uniqueid]


@dataclass
class Rest:
    """The rest of ccore: who is free, who waits, and what is sure."""

    free: set[str] = field(default_factory=lambda: {"1001"})
    waiting: list[Waiting] = field(default_factory=list)
    open: bool = True
    known: bool = True
    sure: bool = True
    channels: int = 2

    def sight(self) -> Sight:
        def trunks(_node: str) -> Mapping[str, SipTrunk]:
            return {"local": SipTrunk(kind="sip", peers=[IPv4Network("127.0.0.1/32")], channels=self.channels)}

        return Sight(
            trunks=trunks, known=lambda _node: self.known, waiting=lambda: self.waiting,
            free=lambda _queue, _line, _waited_s: self.free, serves=lambda _queue: self.open, sure=lambda: self.sure,
        )  # fmt: skip


@dataclass
class Desk:
    """All of it, with one call-back of the queue ``sales``."""

    node: Node
    centre: Rest
    database: Database
    calling: CallingBack

    async def wish(self, number: str = NUMBER, queue: str = "sales") -> None:
        call_backs = CallBacks(self.database, "CN", Ordering().internal_extensions)
        assert await call_backs.note(f"node1!{number}.{queue}", number, Place(queue, came_at=CAME))

    async def looks(self, times: int = 1) -> list[str]:
        """After so many looks, the states of all call-backs."""
        for _ in range(times):
            await self.calling.look()
        return [row["state"] for row in await self.database.fetch("waiting.call_backs", True, None, 10)]


@pytest.fixture
async def desk(database: Database) -> Desk:
    node, centre = Node(), Rest()
    calling = CallingBack(database, cast(Any, {"node1": node}), cast(Any, {"node1": node}), centre.sight())
    calling.use(Centre(QUEUES, (), CentreFile(), {}, Calendar(), {}))
    built = Desk(node, centre, database, calling)
    await built.wish()
    return built


async def told(dsn: str, query: str) -> list[tuple[object, ...]]:
    """The rows that the database answers."""
    return [tuple(row) for row in await sql(dsn, query)]


async def test_a_free_agent_is_their_turn_and_they_are_dialled_once(desk: Desk) -> None:
    assert await desk.looks(3) == ["dialling"]
    (said,) = desk.node.said
    assert (said.channel, said.context, said.exten) == ("PJSIP/13812345678@trunk-local", "ccore-call-back", "s")
    assert (said.timeout_ms, said.caller_id) == (20_000, "10086")
    assert dict(said.variable)["CCORE_CALLER"] == NUMBER
    assert said.channel_id.startswith("callback-")


@pytest.mark.parametrize(
    "why", [{"free": set()}, {"open": False}, {"sure": False}, {"channels": 1}, {"waiting": "one before them"}]
)
async def test_who_has_no_turn_is_not_dialled(desk: Desk, why: dict[str, Any]) -> None:
    desk.node.channels["1.1"] = Channel("1.1", "PJSIP/trunk-local-00000009", "1.1", "Up", CAME)
    for name, value in why.items():
        before = [Waiting("node1!2.2", "sales", "sales", "", 0, CAME, 99)]
        setattr(desk.centre, name, before if name == "waiting" else value)
    assert await desk.looks(2) == ["open"]
    assert not desk.node.said


async def test_one_free_agent_is_one_customer_whatever_the_queue(desk: Desk) -> None:
    await desk.wish(OTHER, "second")
    assert sorted(await desk.looks(2)) == ["dialling", "open"]
    desk.centre.free = {"1001", "1002"}
    assert await desk.looks() == ["dialling", "dialling"]


async def test_queues_without_a_trunk_are_called_by_people(desk: Desk) -> None:
    desk.centre.free = {"1001", "1002"}
    await desk.wish(OTHER, "people")
    assert sorted(await desk.looks(2)) == ["dialling", "open"]


async def test_what_was_surely_not_sent_is_sent_later(desk: Desk, dsn: str) -> None:
    desk.node.fails = Unavailable("no link")
    assert await desk.looks() == ["open"]
    desk.node.fails = None
    await sql(dsn, "UPDATE call_backs SET not_before = NULL")
    assert await desk.looks() == ["dialling"]
    assert await told(dsn, "SELECT attempts FROM call_backs") == [(1,)]


async def test_what_asterisk_refuses_was_an_attempt(desk: Desk, dsn: str) -> None:
    desk.node.fails = ActionRefused("no such endpoint")
    assert await desk.looks(2) == ["open"]
    assert await told(dsn, "SELECT attempts, reason, not_before > now() FROM call_backs") == [(1, "no-answer", True)]


async def test_a_lost_answer_counts_as_dialled(desk: Desk, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.node.fails = OutcomeUnknown("lost")
    assert await desk.looks(3) == ["dialling"]
    assert len(desk.node.said) == 1
    monkeypatch.setattr(calling_back, "NEVER_TOLD_S", 0.0)
    assert await desk.looks() == ["open"]
    assert await told(dsn, "SELECT attempts, not_before > now() FROM call_backs") == [(1, True)]


async def test_while_a_node_is_not_known_nothing_is_believed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.looks()
    monkeypatch.setattr(calling_back, "NEVER_TOLD_S", 0.0)
    desk.centre.known = False
    assert await desk.looks(2) == ["dialling"]
    desk.centre.known = True
    desk.node.rings()
    assert await desk.looks(2) == ["dialling"]


async def test_the_way_of_a_call(desk: Desk) -> None:
    await desk.looks()
    desk.node.rings(state="Up")
    assert await desk.looks() == ["asked"]
    desk.node.rings(state="Up", queue="sales")
    assert await desk.looks() == ["accepted"]
    desk.node.rings(state="Up", queue="sales", bridge="b")
    assert await desk.looks() == ["connected"]
    assert len(desk.node.said) == 1


@pytest.mark.parametrize(("events", "state"), [(("BRIDGE_ENTER", "CHAN_END"), "connected"), (("CHAN_END",), "open")])
async def test_what_no_ccore_saw_the_channel_events_tell(
    desk: Desk, dsn: str, events: tuple[str, ...], state: str
) -> None:
    await desk.looks()
    for event in events:
        await sql(dsn, CHANNEL_EVENT.replace("'c.1'", f"'{desk.node.said[0].channel_id}'"), event)
    assert await desk.looks() == [state]
    assert await told(dsn, "SELECT outcome FROM call_back_attempts") == [
        ("connected" if state == "connected" else "no-answer",)
    ]


async def test_who_accepted_and_hung_up_is_not_called_again(desk: Desk, dsn: str) -> None:
    await desk.looks()
    desk.node.rings(state="Up", queue="sales")
    await desk.looks()
    desk.node.channels.clear()
    await sql(dsn, CHANNEL_EVENT.replace("'c.1'", f"'{desk.node.said[0].channel_id}'"), "CHAN_END")
    assert await desk.looks() == ["cancelled"]
